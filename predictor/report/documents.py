"""The benchmark in the documents: docs/benchmark.md and its part of the README, both written from a card alone."""

from predictor.benchmark.methods import CONTEXT_BOOSTED, FORECASTER, NO_PRUNING
from predictor.benchmark.result import BenchmarkResult, ExternalResult, Headline, LandmarkFigures
from predictor.benchmark.rows import ANY
from predictor.report.markdown import markdown_section, markdown_table
from predictor.report.table import Table, figure_text
from predictor.report.tables import (
    AUROC,
    BRIER,
    LOG10_MAE,
    MAPE,
    METHOD,
    external_means_table,
    external_table,
    landmark_table,
    result_tables,
    rows_text,
)
from predictor.report.targets import targets_table


def benchmark_page(result: BenchmarkResult, version: str) -> str:
    """Return docs/benchmark.md.

    Raises
    ------
    ValueError : no row at the headline landmark could be scored, or the result is a quick one.
    """
    if result.quick:
        raise ValueError("a quick benchmark is not documented; run the whole one")
    tables = [targets_table(result)]
    tables += [_methods(landmark, figures) for landmark, figures in result.tables.items()]
    tables += result_tables(result)
    parts = [_opening(result, version)]
    if not result.delay:
        parts.append(_NO_DELAY)
    if result.external is not None:
        tables += [external_means_table(result.external), external_table(result.external)]
    parts += [markdown_section(table) for table in tables]
    for text, landmarks in ((_BLIND, result.blind), (_SECOND_BLIND, result.second_blind)):
        if landmarks:
            parts.append(text)
            parts += [markdown_section(_methods(name, figures), level=3) for name, figures in landmarks.items()]
    return "\n\n".join(parts) + "\n"


def readme_part(result: BenchmarkResult) -> str:
    """Return the table of the headline landmark, and under it the rows, the differences, and what forecasts are worth.

    Raises
    ------
    ValueError : no row at the headline landmark could be scored.
    """
    headline = _headline(result)
    figures = result.tables[headline.landmark]
    return (
        f"{markdown_table(_methods(headline.landmark, figures))}\n\n"
        f"Forecasts {headline.landmark}: {rows_text(figures)} {_headline_text(headline)}\n\n"
        f"{_use_text(result)}{_blind_text(headline.landmark, result)}{_elsewhere_text(result.external)}"
    )


def _methods(landmark: str, figures: LandmarkFigures) -> Table:
    return landmark_table(landmark, figures).only(METHOD, AUROC, BRIER, LOG10_MAE, MAPE)


def _headline(result: BenchmarkResult) -> Headline:
    if result.headline is None:
        raise ValueError("no row at the headline landmark could be scored; a document needs a larger corpus")
    return result.headline


def _opening(result: BenchmarkResult, version: str) -> str:
    return (
        "# Benchmark\n\n"
        f"Written by `python -m predictor.release`; the figures are those of forecaster {result.recipe or version}'s recipe on "
        f"{result.runs:,} runs of {result.configurations:,} configurations, {result.folds} outer folds, whole configurations "
        "held out. `grokcast benchmark` makes them again. Figures are given with 95 % intervals by bootstrap over "
        "configurations. AUROC (WHETHER) leaves blocked negatives out; `auroc_all` and `auroc_blocked` are in `results.json`. "
        "log10 MAE and MAPE (WHEN) score the median given onset within the budget: on runs that grok (a delay of more than "
        "1,000 steps), but on every onset for levels left out and runs recorded elsewhere. A dash means that there were too "
        f"few rows to tell.\n\n{_headline_text(_headline(result))}"
    )


_BLIND = (
    "## The blind test\n\nConfigurations frozen before any forecaster saw them, scored once a release: 144, with moduli that "
    "the corpus does not have. In both blind tests the context alone is fitted on all that the forecaster has learnt "
    "from, the best single signal on other configurations of the same test."
)
_SECOND_BLIND = (
    "## The second blind test\n\n200 configurations of the designs that are learnt from beside the corpus (long delays, groups, "
    "optimisers, other worlds, clusters and parity, images), drawn apart and frozen before any of them was trained."
)
_NO_DELAY = (
    "These figures are older than the tables of the delay from memorisation to onset and of the four classes, which "
    "`grokcast benchmark` makes beside them; `python -m predictor.report.shipped_delays` makes those tables of the shipped forecaster, "
    "each run judged by the learner that has not seen its configuration (measured in docs/decisions.md, 2026-11-27)."
)


def _headline_text(headline: Headline) -> str:
    whether, floor = headline.whether, headline.when.noise_floor
    return (
        f"AUROC minus the stronger context-only model: {figure_text(whether.minus_context_only)}; minus the best single "
        f"signal: {figure_text(whether.minus_best_signal)}. Two seeds of one configuration differ by "
        f"{floor.difference} in log10 onset on average ({floor.pairs:,} pairs, {floor.half_censored_pairs:,} more "
        f"half-censored): knowing a configuration's typical onset would leave an error of about {floor.value}."
    )


_GIVEN = {"full": "with all of the context", "half": "with half of it", "none": "with none"}


def _elsewhere_text(external: ExternalResult | None) -> str:
    """Return in words how well other people's runs are ranked with all of their context, half of it and none."""
    if external is None or not external.means:
        return ""
    nearest = min(mean.horizon for mean in external.means)
    found = [mean for mean in external.means if mean.horizon == nearest]
    figures = "; ".join(f"{_GIVEN[m.context]} {figure_text(m.auroc)}, {figure_text(m.log10_mae)}" for m in found)
    return (
        f"\n\nRuns of {len(external.left_out)} public sources, each by a learner that has seen nothing of the source, whether and when they "
        f"generalise within {nearest} times their steps so far, AUROC and log10 MAE, means over sources: {figures}."
    )


def _blind_text(landmark: str, result: BenchmarkResult) -> str:
    """Return in words what the second blind test says at a landmark, beside the context alone, and of intervals."""
    if landmark not in result.second_blind:
        return ""
    found = result.second_blind[landmark].methods
    ours, context = found[FORECASTER], found[CONTEXT_BOOSTED]
    coverage = result.second_blind[ANY].coverage90
    return (
        f"\n\nThe second blind test, 200 configurations of the designs beside the corpus, most of them near the edge or slow to "
        f"generalise, {landmark}: AUROC {figure_text(ours.auroc)}, context only {figure_text(context.auroc)}; log10 MAE "
        f"{figure_text(ours.log10_mae)} and {figure_text(context.log10_mae)}. At any landmark before the rise the 90 % intervals "
        f"hold {figure_text(coverage)} of the onsets."
    )


def _use_text(result: BenchmarkResult) -> str:
    """Return in words what alarms and stopping are worth, beside the alternatives."""
    ours, context, decision = result.alarm[FORECASTER], result.alarm[CONTEXT_BOOSTED], result.decision
    pruners = [name for name in decision if name not in (FORECASTER, NO_PRUNING)]
    best = max(pruners, key=lambda name: decision[name].kept.value or 0)
    return (
        f"Alarms on algorithmic tasks, by run: {figure_text(ours.coverage_watched)} of the grokking runs that have not risen "
        f"when memorisation is confirmed ({ours.grokking_watched:,} of {ours.grokking:,}) are announced before their rise, at "
        f"a false-positive rate of {figure_text(ours.fpr)}; of all that grok {figure_text(ours.coverage)}, with a median lead "
        f"of {figure_text(ours.lead_share)} of the delay, misses counted as 0. By context alone "
        f"{figure_text(context.coverage_watched)} and {figure_text(context.coverage)} at {figure_text(context.fpr)}. The "
        f"corpus as one sweep: stopping the runs that the forecast gives up keeps {figure_text(decision[FORECASTER].kept)} of "
        f"the grokking runs at {figure_text(decision[FORECASTER].compute)} of the compute; the pruner that keeps most ({best}) "
        f"keeps {figure_text(decision[best].kept)} at {figure_text(decision[best].compute)}."
    )
