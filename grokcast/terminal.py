"""What people see in a terminal: answers on stdout, progress on stderr and only where someone looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from grokcast.terminal_curve import curve_lines
from predictor.forecast import Forecast, Quantiles
from predictor.report.markdown import SECTIONS, external_table
from predictor.report.text import interval_text
from predictor.retrain import Comparison
from training_runs import Run, Trajectory
from training_runs.onset import generalization, target_accuracy_of

# What is printed holds names that people gave: [/s] and :fire: stand for themselves.
_OUT = Console(markup=False, emoji=False)
_ERR = Console(stderr=True, markup=False, emoji=False)


def show_notes(notes: tuple[str, ...]) -> None:
    """Print how a file was read, on stderr."""
    for note in notes:
        _ERR.print(note, style="dim", highlight=False, soft_wrap=True)


def show_forecast(forecast: Forecast, history: Trajectory) -> None:
    """Print a forecast in a few lines, under the curves that it was made from."""
    f = forecast
    for line in curve_lines(history, forecast, max(min(_OUT.width - 8, 72), 20)):
        _OUT.print(line, highlight=False, no_wrap=True)
    lines = [
        ("now", _now(f)),
        ("advice", _advice(f)),
    ]
    if f.phase != "generalized":
        lines += [
            ("onset", _range(f.onset_step)),
            (
                f"by {min(f.horizon_step, f.supported_until_step)}, if at all",
                _range(f.onset_step_if_onset),
            ),
            ("outcome", _outcomes(f)),
            ("why (> 0 is sooner)", "\n".join(f"{d.effect:+.2f}  {d.text}" for d in f.drivers)),
        ]
    lines += [
        (
            "support",
            f"{f.support.score:.2f}{'' if f.support.in_support else ', unlike the runs learnt from'}",
        ),
        ("forecaster", f.forecaster),
        *(("warning", w) for w in f.warnings),
    ]
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, text in lines:
        table.add_row(name, text)
    _OUT.print(table, highlight=False)


def _now(f: Forecast) -> str:
    phase = (f.phase or "phase not known").replace("ized", "ised")
    memorised = phase if phase == "memorised" else f"{phase}, memorised"
    since = phase if f.memorization_step is None else f"{memorised} since step {f.memorization_step}"
    return f"step {f.observed_until_step}: {since}"


def _advice(f: Forecast) -> str:
    rates = {
        "continue": f" (wrong for {f.advice.false_positive_rate:.1%} of runs that never do)",
        "stop": f" (wrong for {f.advice.false_stop_rate:.1%} of runs that do)",
    }
    rate = "" if f.phase == "generalized" else rates.get(f.advice.action, "")
    return f"{f.advice.action}: {f.advice.reason}{rate}"


def _range(quantiles: Quantiles) -> str:
    if quantiles.p05 is None:
        return "not within what is supported"
    median = "later than is supported" if quantiles.p50 is None else f"about step {quantiles.p50}"
    return f"{median} (90 %: {quantiles.p05} to {quantiles.p95 or 'later than is supported'})"


def _outcomes(forecast: Forecast) -> str:
    return ", ".join(f"{name} {p:.0%}" for name, p in forecast.outcome_probabilities.items())


def show_benchmark(result: dict[str, Any]) -> None:
    """Print the benchmark: one table for each kind of landmark."""
    _OUT.print(f"{result['runs']} runs of {result['configurations']} configurations, {result['folds']} folds")
    for landmark, part in result["tables"].items():
        negatives = part["negatives"]
        table = Table(
            title=f"{landmark}: {part['positives']} generalise ({part['grokking']} grok), "
            f"{negatives['budget_censored']} run out of budget, {negatives['blocked']} are blocked",
            title_justify="left",
        )
        columns = ("auroc", "auroc_all", "average_precision", "brier", "log10_mae", "mape")
        for column in ("", *columns):
            table.add_column(column.replace("_", " "), justify="left" if not column else "right")
        for name, figures in part["methods"].items():
            table.add_row(name, *(interval_text(figures[c]) for c in columns))
        _OUT.print(table)
        _OUT.print(f"90 % intervals hold {interval_text(part['coverage90'])}\n")
    for section in SECTIONS:
        _OUT.print(_section(*section(result)))
    _OUT.print(headline_text(result["headline"]), highlight=False)


def headline_text(headline: dict[str, Any] | None) -> str:
    """Return the headline figures in three lines."""
    if headline is None:
        return "no landmark at memorisation could be scored"
    whether, when = headline["whether"], headline["when"]
    floor = when["noise_floor"]
    return (
        f"whether, {headline['landmark']}: AUROC {interval_text(whether['auroc'])}; "
        f"minus {whether['context_only']} {interval_text(whether['minus_context_only'])}; "
        f"minus best single signal {interval_text(whether['minus_best_signal'])}\n"
        f"when, {when['grokking_runs']} runs that grok: log10 MAE {interval_text(when['log10_mae'])}; "
        f"{when['context_only']} {interval_text(when['context_only_log10_mae'])}; "
        f"noise floor {floor['value']} ({floor['pairs']} pairs)\n"
        f"90 % intervals hold {interval_text(when['coverage90'])}"
    )


_SHOWN_ELSEWHERE = (
    "source",
    "horizon",
    "context",
    "rows",
    "onsets",
    "AUROC",
    "log10 MAE",
    "of onsets held",
)


def show_external(result: dict[str, Any]) -> None:
    """Print how the forecaster does on runs recorded elsewhere, as much of it as a terminal is wide."""
    _OUT.print(f"forecaster {result['forecaster']}, unchanged; --json has all figures with their intervals")
    title, header, rows = external_table(result)
    shown = [k for k, name in enumerate(header) if name in _SHOWN_ELSEWHERE]
    bare = [[row[k].partition(" [")[0] for k in shown] for row in rows]
    _OUT.print(_section(title, [header[k] for k in shown], bare))


def _section(title: str, header: list[str], rows: list[list[str]]) -> Table:
    table = Table(*header, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    return table


def show_comparison(comparison: Comparison) -> None:
    """Print champion and challenger side by side."""
    c = comparison
    table = Table(title=f"{c.rows} rows of {c.configurations} held-out configurations", title_justify="left")
    for column in ("", f"champion {c.champion}", f"challenger {c.challenger}", "gain"):
        table.add_column(column, justify="left" if not column else "right")
    table.add_row(
        "Brier",
        f"{c.champion_brier:.4f}",
        f"{c.challenger_brier:.4f}",
        interval_text(vars(c.brier_gain)),
    )
    table.add_row(
        "log10 MAE",
        f"{c.champion_log10_mae:.4f}",
        f"{c.challenger_log10_mae:.4f}",
        interval_text(vars(c.log10_mae_gain)),
    )
    _OUT.print(table)
    verdict = "promoted" if c.promoted else "better, not promoted" if c.better else "not better: not promoted"
    _OUT.print(f"{c.challenger}: {verdict}")


def show_corpus(summary: dict[str, Any]) -> None:
    """Print the counts of a set of runs."""
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    rows = dict(summary)
    for name, value in rows.pop("in_configurations").items():
        rows[f"{name} in configurations"] = value
    for name, value in rows.items():
        table.add_row(name.replace("_", " "), _counts(value))
    _OUT.print(table, highlight=False)


def _counts(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_counts(count)}" for name, count in value.items())
    return " + ".join(value) if isinstance(value, list) else str(value)


def show_presets() -> None:
    """Print the presets and what they are."""
    from training_runs.generator.presets import PRESETS

    table = Table.grid(padding=(0, 2))
    for name, preset in PRESETS.items():
        table.add_row(name, preset.description)
    _OUT.print(table, highlight=False)


def show_forecasters(cards: list[dict[str, Any]]) -> None:
    """Print stored forecasters, one a line, the active one marked."""
    table = Table.grid(padding=(0, 2))
    for card in cards:
        made_from = card["corpus"]
        table.add_row("*" if card["active"] else "", card["version"], f"{made_from['runs']} runs")
    _OUT.print(table, highlight=False)


@contextmanager
def progress(what: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on stderr; the value is called with (stage, done, total)."""
    with _bar() as bar:
        task = bar.add_task(what, total=None)
        yield lambda stage, done, total: bar.update(task, description=stage, completed=done, total=total)


@contextmanager
def sweep_progress(n_runs: int) -> Iterator[Callable[[list[Run]], None]]:
    """Show a bar on stderr with runs done and generalised so far; the value is called with each stack of runs."""
    generalised = 0
    with _bar() as bar:
        task = bar.add_task("0 generalised", total=n_runs)

        def on_runs(runs: list[Run]) -> None:
            nonlocal generalised
            for run in runs:
                onset = generalization(run.trajectory, target_accuracy_of(run.context))
                generalised += onset.step is not None
            bar.update(task, advance=len(runs), description=f"{generalised} generalised")

        yield on_runs


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=_ERR,
        disable=not _ERR.is_terminal,
    )
