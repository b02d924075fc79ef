"""A result as JSON and back, and its tables as Markdown and in a terminal."""

import json
from dataclasses import replace

import pytest

from grokcast.display.console import OUT
from grokcast.display.tables import show_table
from predictor.benchmark.bootstrap import Interval
from predictor.benchmark.result import BenchmarkResult
from predictor.release import shipped_result
from predictor.report.markdown import markdown_section
from predictor.report.table import Column, Table, cell_text, columns
from predictor.store import SHIPPED, ForecasterStore
from tests.benchmark_results import whole_result
from training_runs import InvalidInput


def test_a_result_comes_back_from_json_as_it_was() -> None:
    whole = whole_result()
    assert BenchmarkResult.of_json(json.loads(json.dumps(whole.as_dict(), allow_nan=False))) == whole
    without = replace(whole, headline=None, external=None)
    assert BenchmarkResult.of_json(without.as_dict()) == without
    assert "external" not in without.as_dict()


def test_the_card_of_the_shipped_forecaster_comes_back_to_the_byte() -> None:
    result, version = shipped_result()
    assert json.dumps(result.as_dict()) == json.dumps(ForecasterStore(SHIPPED).card(version)["benchmark"])


def test_the_headline_repeats_the_forecasters_figures_of_every_layer() -> None:
    data = whole_result().as_dict()
    headline = data["headline"]
    assert list(headline) == ["landmark", "whether", "when", "alarm", "transfer", "decision", "signal_sets"]
    assert headline["alarm"] == data["alarm"]["grokcast"]
    assert headline["decision"] == data["decision"]
    assert headline["signal_sets"] == data["signal_sets"]
    assert headline["transfer"]["modulus"] == {
        "auroc": 0.9,
        "log10_mae": 0.1,
        "context_only_auroc": 0.85,
        "context_only_log10_mae": 0.2,
    }


def test_what_is_no_result_is_refused_by_the_figure_that_is_missing() -> None:
    data = whole_result().as_dict()
    del data["tables"]["at memorisation"]["rows"]
    with pytest.raises(
        InvalidInput,
        match=r"benchmark\.tables\.at memorisation\.rows is not given; expected a value.*grokcast benchmark --json",
    ):
        BenchmarkResult.of_json(data)


@pytest.mark.parametrize(
    ("cell", "digits", "text"),
    [
        (Interval(0.5, 0.25, 0.75), 3, "0.500 [0.250, 0.750]"),
        (Interval(1436.0, 1145.9, 1807.0), 0, "1,436 [1,146, 1,807]"),
        (Interval(0.5, None, None), 3, "–"),
        (None, 3, "–"),
        (1234, 3, "1,234"),
        (0.05, 2, "0.05"),
        (True, 3, "yes"),
        ("any", 3, "any"),
    ],
)
def test_a_cell_as_text(cell: Interval | str | float | None, digits: int, text: str) -> None:
    assert str(cell_text(cell, digits)) == text


def test_a_table_in_markdown() -> None:
    table = Table(
        "Kept", (*columns("policy", "kept"), Column("steps", 0)), (("a|b", 0.5, 1e4), ("c", None, 7)), "By run."
    )
    assert markdown_section(table.only("steps", "policy")) == (
        "## Kept\n\n| steps | policy |\n| --- | --- |\n| 10,000 | a\\|b |\n| 7 | c |\n\nBy run."
    )


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="Kept: 1 cells under 2 columns"):
        Table("Kept", columns("policy", "kept"), (("a",),))


@pytest.mark.parametrize(("width", "cell"), [(200, "0.500 [0.250, 0.750]"), (40, "0.500")])
def test_a_narrow_terminal_leaves_intervals_out(monkeypatch: pytest.MonkeyPatch, width: int, cell: str) -> None:
    monkeypatch.setattr(OUT, "width", width)
    monkeypatch.setattr(OUT, "_force_terminal", True)
    figure = Interval(0.5, 0.25, 0.75)
    with OUT.capture() as printed:
        show_table(Table("Kept", columns("policy", "kept", "compute"), (("grokcast", figure, figure),), "By run."))
    (row,) = [line for line in printed.get().splitlines() if "grokcast" in line]
    assert [part.strip() for part in row.split("│")[1:-1]] == ["grokcast", cell, cell]
    assert "By run." in printed.get()


@pytest.mark.parametrize("width", [80, 60])
def test_no_column_of_a_narrow_terminal_is_cut(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setattr(OUT, "width", width)
    monkeypatch.setattr(OUT, "_force_terminal", True)
    titles = ("entry", "status", "Brier skill", "AUROC", "log10 MAE", "coverage of 90 %", "interval score")
    row = ("norm_first_passage", "SUPPORTED_FOR_ALARM", *(Interval(k / 8, 0.0, 1.0) for k in range(5)))
    with OUT.capture() as printed:
        show_table(Table("At memorisation", columns(*titles), (row,)))
    figures = ["0.000", "0.125", "0.250", "0.375", "0.500"]
    (shown,) = [line for line in printed.get().splitlines() if "norm_first_passage" in line]
    assert shown.split()[-5:] == figures
    assert (shown.split()[1] == "SUPPORTED_FOR_ALARM") == (width == 80)


def test_a_row_in_a_file_is_as_long_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    figure = Interval(0.5, 0.25, 0.75)
    show_table(Table("Kept", columns("policy", *"abcdefgh"), (("grokcast", *[figure] * 8),)))
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "grokcast" in line]
    assert row.count("0.500 [0.250, 0.750]") == 8
