"""The picture of a forecast, in files and in the terminal."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from api.wire.forecasts import ForecastAnswer
from api.wire.words import delay_range, onset_range
from grokcast.answer import Answer
from grokcast.display.curves import curve_lines
from grokcast.display.forecast import show_forecast
from grokcast.display.picture import check_path, title, write_picture
from predictor.forecast import EpochQuantiles, Quantiles
from predictor.question import Question
from training_runs import Context, InvalidInput, Trajectory
from training_runs.readers import read_recording

EXAMPLE = str(Path(__file__).parent.parent / "examples" / "history.csv")


@pytest.fixture(scope="module")
def history():
    return read_recording(EXAMPLE).histories["history"]


@pytest.fixture(scope="module")
def forecast(shipped, history):
    context = Context(task_family="modular", learning_rate=1e-3, weight_decay=1.0, modulus=47)
    return shipped.forecast(Question(history, context, horizon_step=20_000))


@pytest.mark.parametrize(
    ("suffix", "begin"),
    [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF"), (".html", b"<!doctype html>")],
)
def test_each_kind_of_file(tmp_path, history, forecast, suffix, begin):
    path = tmp_path / f"f{suffix}"
    check_path(path)
    write_picture(path, history, forecast)
    assert path.read_bytes().startswith(begin)
    assert path.stat().st_size > 5_000


def test_the_page_needs_no_network_and_says_what_it_shows(tmp_path, history, forecast):
    write_picture(tmp_path / "f.html", history, forecast)
    page = (tmp_path / "f.html").read_text()
    HTMLParser().feed(page)
    assert not re.findall(r'(?:src|href)="(?!#)', page)
    assert "<script" not in page
    assert title(forecast).split("\n")[0] in page
    assert f'aria-label="{title(forecast).splitlines()[0]}' in page
    for driver in forecast.drivers:
        assert driver.text in page
    assert forecast.advice.reason in page


def test_the_same_forecast_is_the_same_file(tmp_path, history, forecast):
    for name in ("a.svg", "b.svg"):
        write_picture(tmp_path / name, history, forecast)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_what_came_later_is_drawn_and_a_history_of_losses_alone_too(tmp_path, history, forecast):
    future = Trajectory([1_000, 5_000, 9_000], {"val_acc": [0.0, 0.5, 1.0]})
    write_picture(tmp_path / "with.svg", history, forecast, future)
    write_picture(tmp_path / "without.svg", history, forecast)
    assert (tmp_path / "with.svg").read_bytes() != (tmp_path / "without.svg").read_bytes()
    losses = history.only(["train_loss", "val_loss"])
    write_picture(tmp_path / "losses.svg", losses, forecast)
    assert curve_lines(losses, forecast) == []


@pytest.mark.parametrize("path", ["f.gif", "no/such/folder/f.png", "f"])
def test_a_picture_that_cannot_be_written_is_refused_before_the_work(path):
    with pytest.raises(InvalidInput, match="--plot"):
        check_path(Path(path))


@pytest.mark.parametrize(
    ("quantiles", "expected"),
    [
        ((4_290, 8_546, 39_872), "median step 8,546 (90 %: 4,290 to 39,872)"),
        ((3_798, 10_021, None), "median step 10,021 (90 %: 3,798 to > 40,000)"),
        ((9_713, None, None), "median beyond the supported range (90 %: 9,713 to > 40,000)"),
        ((None, None, None), "beyond the supported range (> 40,000)"),
    ],
)
def test_quantiles_in_words(quantiles, expected):
    assert onset_range(Quantiles(*quantiles), 40_000) == expected


def test_the_curve_in_the_terminal(history, forecast):
    train, val, marks, axis = curve_lines(history, forecast, 60)
    bars = train.removeprefix("train ")
    now = marks.index("|") - 6
    assert bars[0] == "▁"
    assert bars[now] == "█"
    assert set(bars[now + 1 :]) <= {" "}
    assert set(val.removeprefix("  val ").strip()) == {"▁"}
    low, median = marks.index("["), marks.index("o")
    assert marks.index("|") < low < median < max(marks.find("]"), marks.find(">"))
    assert axis.split() == ["step", "1", "20,000"]


def test_a_run_that_has_generalised_is_drawn_without_a_forecast(shipped, tmp_path):
    steps = list(range(10, 210, 10))
    accuracy = [min(1.0, s / 100) for s in steps]
    history = Trajectory(steps, {"train_acc": accuracy, "val_acc": accuracy})
    forecast = shipped.forecast(Question(history))
    assert forecast.phase == "generalized"
    assert title(forecast).startswith("Generalised at step 100")
    write_picture(tmp_path / "f.html", history, forecast)
    assert "[" not in "".join(curve_lines(history, forecast))


def test_the_terminal_explains_itself(history, forecast, capsys):
    show_forecast(replace(forecast, horizon_assumed=True), history)
    said = " ".join(capsys.readouterr().out.split())
    for words in (
        "| now [ ] 90 % interval of the onset o its median",
        f"look again at step {forecast.advice.check_again_step:,}",
        "20,000 was assumed, 10 times the last step; give a horizon or a budget",
        "delay, if it generalises onset expected about",
        "steps after memorisation (90 %:",
        "grokking: generalises more than 1,000 steps after memorising",
        "confusion: does not memorise by then, nor generalise",
    ):
        assert words in said, said
    show_forecast(forecast, history)
    assert "was assumed" not in capsys.readouterr().out


def test_a_continue_says_of_which_runs_its_error_rate_is(history, forecast, capsys):
    advice = replace(forecast.advice, action="continue", false_positive_rate=0.05)
    show_forecast(replace(forecast, advice=advice), history)
    said = " ".join(capsys.readouterr().out.split())
    assert "of the runs that do not generalise, 5.0 % are told to continue" in said


def test_out_of_support_there_is_no_verdict_but_what_is_foreign_or_missing(shipped, history, capsys):
    forecast = shipped.forecast(Question(history, Context(optimizer="adafactor"), horizon_step=20_000))
    assert not forecast.support.in_support
    show_forecast(forecast, history)
    said = " ".join(capsys.readouterr().out.split())
    assert "drivers" not in said
    assert "undecided" not in said
    assert "no advice context.optimizer 'adafactor' is understood" in said
    assert "all of it is the average of the runs learnt from" in said


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((100, 900, 2_500), "onset expected about 900 steps, 9 epochs after memorisation (90 %: 100 to 2,500)"),
        ((100, 900, None), "about 900 steps, 9 epochs after memorisation (90 %: 100 to beyond the supported range)"),
        ((None, None, None), "beyond the supported range"),
    ],
)
def test_a_delay_in_words(steps, expected):
    delay = Quantiles.of(steps)
    assert expected in delay_range(delay, EpochQuantiles.of(delay, 100))
    assert "not known yet" in delay_range(Quantiles(None, None, None, "not_known_yet"), None)


def test_out_of_support_the_page_and_the_line_say_why(shipped, history, tmp_path):
    forecast = shipped.forecast(Question(history, Context(optimizer="adafactor"), horizon_step=20_000))
    write_picture(tmp_path / "f.html", history, forecast)
    page = unescape((tmp_path / "f.html").read_text())
    assert "<li>context.optimizer 'adafactor' is understood" in page
    assert not any(driver.text in page for driver in forecast.drivers)
    line = str(Answer(ForecastAnswer.from_forecast(forecast).model_dump(mode="json")))
    assert "no verdict: unlike the runs learnt from, look again at step 2,000" in line
