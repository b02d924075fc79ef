"""A forecast in a few lines of a terminal."""

from dataclasses import asdict

from rich.table import Table

from api.wire.forecasts import ForecastAnswer
from grokcast.answer import gap_in_words
from grokcast.display.console import ERR, OUT
from grokcast.display.curves import curve_lines, legend
from predictor.forecast import Forecast
from training_runs import Trajectory

_GAPS = 3  # at most


def show_notes(notes: tuple[str, ...]) -> None:
    """Print how a file was read, on stderr."""
    for note in notes:
        ERR.print(note, style="dim", highlight=False, soft_wrap=True)


def show_forecast(forecast: Forecast, history: Trajectory) -> None:
    """Print a forecast in a few lines, under the curves that it was made from."""
    picture = curve_lines(history, forecast, max(min(OUT.width - 8, 72), 20))
    for line in picture:
        OUT.print(line, highlight=False, no_wrap=True)
    if picture:
        OUT.print(legend(picture), style="dim", highlight=False, soft_wrap=True)
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    before = ""
    for title, text in _lines(forecast):
        table.add_row("" if title == before else title, text)
        before = title
    OUT.print(table, highlight=False)


def _lines(f: Forecast) -> list[tuple[str, str]]:
    words = [(said.title, said.text) for said in ForecastAnswer.from_forecast(f).words]
    drivers = f.drivers if f.support.in_support else ()
    likeness = "like" if f.support.in_support else "unlike"
    return [
        *words,
        *(("drivers (> 0: sooner)", f"{d.effect:+.2f}  {d.text}") for d in drivers),
        *_tell_next(f),
        ("support", f"{f.support.score:.2f} of 1: {likeness} the training corpus"),
        ("forecaster", f.forecaster),
        *(("warning", w) for w in f.warnings if not _is_said(f, w)),
    ]


def _tell_next(f: Forecast) -> list[tuple[str, str]]:
    """Return the fields that would move the forecast most, were they given."""
    most = [gap_in_words(asdict(gap)) for gap in (f.gaps or ())[:_GAPS]]
    return [("tell next", "\n".join(most))] if most else []


def _is_said(f: Forecast, warning: str) -> bool:
    """Whether a warning only repeats why a forecast is out of support."""
    return bool(f.support.reasons) and warning.startswith("; ".join(f.support.reasons))
