"""A forecast in a few lines of a terminal."""

from rich.table import Table

from grokcast.display.console import ERR, OUT
from grokcast.display.curves import curve_lines
from grokcast.display.quantiles import onset_range
from predictor.forecast import Forecast, percent
from training_runs import Trajectory


def show_notes(notes: tuple[str, ...]) -> None:
    """Print how a file was read, on stderr."""
    for note in notes:
        ERR.print(note, style="dim", highlight=False, soft_wrap=True)


def show_forecast(forecast: Forecast, history: Trajectory) -> None:
    """Print a forecast in a few lines, under the curves that it was made from."""
    f, horizon = forecast, min(forecast.horizon_step, forecast.supported_until_step)
    for line in curve_lines(history, forecast, max(min(OUT.width - 8, 72), 20)):
        OUT.print(line, highlight=False, no_wrap=True)
    lines = [
        ("now", _now(f)),
        ("advice", _advice(f)),
    ]
    if f.phase != "generalized":
        lines += [
            ("onset", onset_range(f.onset_step, f.supported_until_step)),
            (f"given onset by {horizon:,}", onset_range(f.onset_step_if_onset, f.supported_until_step)),
            (f"outcome at {horizon:,}", _outcomes(f)),
            ("drivers (> 0: sooner)", "\n".join(f"{d.effect:+.2f}  {d.text}" for d in f.drivers)),
        ]
    lines += [
        (
            "support",
            f"{f.support.score:.2f} of 1: {'like' if f.support.in_support else 'unlike'} the training corpus",
        ),
        ("forecaster", f.forecaster),
        *(("warning", w) for w in f.warnings),
    ]
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, text in lines:
        table.add_row(name, text)
    OUT.print(table, highlight=False)


def _now(f: Forecast) -> str:
    phase = (f.phase or "phase not known").replace("ized", "ised")
    memorised = phase if phase == "memorised" else f"{phase}, memorised"
    since = phase if f.memorization_step is None else f"{memorised} since step {f.memorization_step:,}"
    return f"step {f.observed_until_step:,}: {since}"


def _advice(f: Forecast) -> str:
    rates = {
        "continue": f" (given to {_percent(f.advice.false_positive_rate)} of runs without onset)",
        "stop": f" (given to {_percent(f.advice.false_stop_rate)} of runs with an onset)",
    }
    rate = "" if f.phase == "generalized" else rates.get(f.advice.action, "")
    return f"{f.advice.action}: {f.advice.reason}{rate}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _outcomes(forecast: Forecast) -> str:
    return ", ".join(f"{name} {percent(p)}" for name, p in forecast.outcome_probabilities.items())
