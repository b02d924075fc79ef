"""The README's part of the benchmark, written from a card alone: what forecasts are worth, in one screen."""

from collections.abc import Iterator

from predictor.benchmark.bootstrap import Interval
from predictor.benchmark.methods import BEST_SIGNAL, CONTEXT_BOOSTED, CONTEXT_ONLY, FORECASTER, NO_PRUNING
from predictor.benchmark.result import BenchmarkResult, ExternalResult, LandmarkFigures
from predictor.benchmark.rows import ANY
from predictor.report.markdown import markdown_table
from predictor.report.table import Cell, Table, columns, figure_text
from predictor.report.tables import AUROC, GIVEN, LOG10_MAE

_HEADER = columns(
    "runs",
    AUROC,
    "AUROC, context alone",
    "AUROC, best signal",
    LOG10_MAE,
    "log10 MAE, context alone",
    "onsets in 90 % intervals",
)
_FIRST_BLIND = "blind test: moduli that the corpus lacks"
_SECOND_BLIND = "second blind test: slow runs, and settings near the edge"


def readme_part(result: BenchmarkResult) -> str:
    """Return a row for each set of runs that forecasts were judged on, and what alarms and stopping are worth.

    Raises
    ------
    ValueError : no row at the headline landmark could be scored.
    """
    if result.headline is None:
        raise ValueError("no row at the headline landmark could be scored; a document needs a larger corpus")
    landmark = result.headline.landmark
    judged = (
        ("configurations held out of the corpus", result.tables),
        (_FIRST_BLIND, result.blind),
        (_SECOND_BLIND, result.second_blind),
    )
    rows = [_row(name, landmark, tables) for name, tables in judged if landmark in tables]
    return (
        f"{markdown_table(Table('What forecasts are worth', _HEADER, (*rows, *_public(result.external))))}\n\n"
        f"{_reading(landmark, result)}\n\n{_use(result)}"
    )


def _row(name: str, landmark: str, tables: dict[str, LandmarkFigures]) -> tuple[Cell, ...]:
    """Return the figures of a set of runs; intervals are judged at any landmark, since few rows of one are followed long."""
    figures = tables[landmark]
    ours, context = figures.methods[FORECASTER], figures.methods[CONTEXT_BOOSTED]
    return (
        f"{name} ({figures.rows:,} forecasts, {figures.positives:,} onsets)",
        ours.auroc,
        context.auroc,
        figures.methods[BEST_SIGNAL].auroc,
        ours.log10_mae,
        context.log10_mae,
        _covered(tables[ANY].coverage90),
    )


def _covered(share: Interval) -> Cell:
    """Return the share of onsets in intervals; where too few rows are followed to the end of theirs to bound it, that is said."""
    if share.value is None or share.low is not None:
        return share
    return f"{figure_text(share.value)}, from too few for an interval"


def _public(external: ExternalResult | None) -> Iterator[tuple[Cell, ...]]:
    """Yield how well other people's runs are forecast at the nearest horizon, by how much of their context is given."""
    if external is None or not external.means:
        return
    nearest = min(mean.horizon for mean in external.means)
    for mean in external.means:
        if mean.horizon == nearest:
            name = f"{len(external.left_out)} public sources, {GIVEN[mean.context]}, within {nearest}x the steps so far"
            yield (name, mean.auroc, None, None, mean.log10_mae, None, None)


def _reading(landmark: str, result: BenchmarkResult) -> str:
    """Return in words what the table is of, and its bounds: the best of the other baselines, and two seeds of one configuration."""
    headline = result.headline
    assert headline is not None
    methods = result.tables[landmark].methods
    others = {name: m.auroc for name, m in methods.items() if name not in (FORECASTER, BEST_SIGNAL, *CONTEXT_ONLY)}
    best = max(others, key=lambda name: others[name].value or 0)
    return (
        f"Forecasts are made {landmark}, before validation accuracy rises; the last column is of all forecasts before the rise. In "
        "brackets stand 95 % intervals. Public sources: means, each "
        "judged by a learner that has not seen it. AUROC minus that of the stronger context-only model: "
        f"{figure_text(headline.whether.minus_context_only)}. The best of {len(others)} other baselines ({best}) has an AUROC of "
        f"{figure_text(others[best].value)}. Two seeds of one configuration differ by "
        f"{figure_text(headline.when.noise_floor.difference)} in log10 onset."
    )


def _use(result: BenchmarkResult) -> str:
    """Return in words what alarms and stopping are worth, beside the alternatives."""
    ours, context, decision = result.alarm[FORECASTER], result.alarm[CONTEXT_BOOSTED], result.decision
    pruners = [name for name in decision if name not in (FORECASTER, NO_PRUNING)]
    best = max(pruners, key=lambda name: decision[name].kept.value or 0)
    return (
        f"As an alarm: of the runs that grok and are still flat when they memorise, {_percent(ours.coverage_watched.value)} are "
        f"announced before they rise, {_percent(context.coverage_watched.value)} by the context alone; the false-positive rates "
        f"are {_percent(ours.fpr.value)} and {_percent(context.fpr.value)}. As a pruner: stopping what the forecast gives up keeps "
        f"{_percent(decision[FORECASTER].kept.value)} of the grokking runs at {_percent(decision[FORECASTER].compute.value)} of the "
        f"compute; of the other pruners the one that keeps most ({best}) keeps {_percent(decision[best].kept.value)} at "
        f"{_percent(decision[best].compute.value)}."
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}".replace("%", " %")
