"""Forecasts of many runs as a table of a terminal, a line a run."""

from collections.abc import Sequence
from typing import Any

from grokcast.display.console import OUT
from grokcast.display.rows import show_rows
from training_runs.probability import percent

_COLUMNS = ("run", "step", "phase", "by step", "P", "median onset", "90 %", "delay", "advice", "look again")
_LEFT = ("run", "phase", "advice")  # aligned; numbers stand at the right
_FIRST_TO_GO = ("phase", "delay", "by step", "look again", "90 %")  # in a narrow terminal


def show_many(items: Sequence[dict[str, Any]]) -> None:
    """Print a line for each run, and below the table the reasons why runs have no forecast."""
    rows = [(item["run"], *_cells(item["forecast"])) for item in items if "forecast" in item]
    show_rows(_COLUMNS, rows, _LEFT, _FIRST_TO_GO)
    for item in items:
        if "problem" in item:
            OUT.print(f"{item['run']}: no forecast: {item['problem']['detail']}", highlight=False, soft_wrap=True)


def _cells(f: dict[str, Any]) -> tuple[str, ...]:
    end = f"> {f['supported_until_step']:,}"
    onset = {name: _steps(f["onset_step"][name], end) for name in ("p05", "p50", "p95")}
    by = min(f["horizon_step"], f["supported_until_step"])
    chance = percent(f["probability_onset_by_horizon"])
    is_over = f["phase"] == "generalized"
    memorised = f["memorization_step"] is not None
    return (
        f"{f['observed_until_step']:,}",
        (f["phase"] or "not known").replace("ized", "ised"),
        "" if is_over else f"{by:,}",
        "" if is_over else chance,
        onset["p50"],
        "" if is_over else f"{onset['p05']} to {onset['p95']}",
        _steps(f["delay_steps"]["p50"], "beyond") if memorised else "",
        f["advice"]["action"],
        _steps(f["advice"]["check_again_step"], ""),
    )


def _steps(step: int | None, otherwise: str) -> str:
    return otherwise if step is None else f"{step:,}"
