"""The benchmark as a page, docs/benchmark.md, written from a card alone."""

from predictor.benchmark.result import BenchmarkResult, Headline, LandmarkFigures
from predictor.report.markdown import markdown_section
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
