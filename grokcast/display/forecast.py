"""A forecast in a few lines of a terminal."""

from dataclasses import asdict

from rich.table import Table

from grokcast.answer import gap_in_words
from grokcast.display.console import ERR, OUT
from grokcast.display.curves import curve_lines, legend
from grokcast.display.outcomes import outcome_lines
from grokcast.display.quantiles import delay_range, onset_range
from predictor.forecast import Forecast, percent
from training_runs import Trajectory

_Line = tuple[str, str]
_GAPS = 3  # at most


def show_notes(notes: tuple[str, ...]) -> None:
    """Print how a file was read, on stderr."""
    for note in notes:
        ERR.print(note, style="dim", highlight=False, soft_wrap=True)


def show_forecast(forecast: Forecast, history: Trajectory, *, horizon_assumed: bool = False) -> None:
    """Print a forecast in a few lines, under the curves that it was made from.

    Parameters
    ----------
    horizon_assumed : neither a horizon nor a budget was given.
    """
    picture = curve_lines(history, forecast, max(min(OUT.width - 8, 72), 20))
    for line in picture:
        OUT.print(line, highlight=False, no_wrap=True)
    if picture:
        OUT.print(legend(picture), style="dim", highlight=False, soft_wrap=True)
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, text in _lines(forecast, horizon_assumed):
        table.add_row(name, text)
    OUT.print(table, highlight=False)


def _lines(f: Forecast, horizon_assumed: bool) -> list[_Line]:
    lines = [("now", _now(f))]
    if f.phase == "generalized":
        lines += [("advice", f"{f.advice.action}: {f.advice.reason}")]
    elif f.support.in_support:
        lines += [("advice", _advice(f)), *_again(f), *_horizon(f, horizon_assumed), *_expected(f)]
        lines += [("drivers (> 0: sooner)", "\n".join(f"{d.effect:+.2f}  {d.text}" for d in f.drivers))]
    else:
        lines += [*_no_verdict(f), *_again(f), *_horizon(f, horizon_assumed)]
        lines += _expected(f) if f.support.score > 0 else []
    likeness = "like" if f.support.in_support else "unlike"
    return [
        *lines,
        *_tell_next(f),
        ("support", f"{f.support.score:.2f} of 1: {likeness} the training corpus"),
        ("forecaster", f.forecaster),
        *(("warning", w) for w in f.warnings if not _is_said(f, w)),
    ]


def _now(f: Forecast) -> str:
    phase = (f.phase or "phase not known").replace("ized", "ised")
    memorised = phase if phase == "memorised" else f"{phase}, memorised"
    since = phase if f.memorization_step is None else f"{memorised} since step {f.memorization_step:,}"
    return f"step {f.observed_until_step:,}: {since}"


def _advice(f: Forecast) -> str:
    rates = {
        "continue": (
            f"\n(of the runs that do not generalise, {_percent(f.advice.false_positive_rate)} are told to continue)"
        ),
        "stop": f"\n(of the runs that do generalise, {_percent(f.advice.false_stop_rate)} are told to stop)",
    }
    return f"{f.advice.action}: {f.advice.reason}{rates.get(f.advice.action, '')}"


def _again(f: Forecast) -> list[_Line]:
    step = f.advice.check_again_step
    return [] if step is None else [("look again", f"at step {step:,}")]


def _horizon(f: Forecast, assumed: bool) -> list[_Line]:
    if not assumed:
        return []
    return [("horizon", f"{f.horizon_step:,} was assumed, 10 times the last step; --horizon STEP asks for another")]


def _expected(f: Forecast) -> list[_Line]:
    """Return when the rise is expected, how long after memorisation, and which class the run will be of."""
    by = min(f.horizon_step, f.supported_until_step)
    return [
        ("onset", onset_range(f.onset_step, f.supported_until_step) + "; a run that never rises counts as later"),
        (f"if by step {by:,}", onset_range(f.onset_step_if_onset, f.supported_until_step)),
        ("delay, if so", delay_range(f.delay_steps_if_onset, f.delay_epochs_if_onset)),
        (f"by step {by:,}", "\n".join(outcome_lines(f))),
    ]


def _no_verdict(f: Forecast) -> list[_Line]:
    """Return why a forecast that is hardly this run's own is no advice, and what would make it one."""
    by = min(f.horizon_step, f.supported_until_step)
    lines = [("no advice", reason) for reason in f.support.reasons]
    if f.support.signals_missing:
        lines += [("not recorded", f"{', '.join(f.support.signals_missing)}: with these it may become a forecast")]
    share = "all" if f.support.score == 0 else percent(1 - f.support.score)
    average = f"{percent(f.probability_onset_by_horizon)} to generalise by step {by:,}"
    return [*lines, ("average", f"{average}: {share} of it is the average of the runs learnt from")]


def _tell_next(f: Forecast) -> list[_Line]:
    """Return the fields that would move the forecast most, were they given."""
    most = [gap_in_words(asdict(gap)) for gap in (f.gaps or ())[:_GAPS]]
    return [("tell next", "\n".join(most))] if most else []


def _is_said(f: Forecast, warning: str) -> bool:
    """Whether a warning only repeats why a forecast is out of support."""
    return bool(f.support.reasons) and warning.startswith("; ".join(f.support.reasons))


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
