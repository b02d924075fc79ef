"""Every table of a benchmark, built once from its result for Markdown, the terminal and the page."""

from collections.abc import Mapping

from predictor.benchmark.methods import BEST_SIGNAL, CONTEXT_BOOSTED, FORECASTER
from predictor.benchmark.result import (
    AlarmFigures,
    BenchmarkResult,
    Decision,
    DelayFigures,
    ExternalResult,
    FactorFigures,
    GroupFigures,
    Headline,
    LandmarkFigures,
    LevelFigures,
    OutcomeFigures,
    SignalSetFigures,
)
from predictor.report.table import Cell, Column, Table, columns, figure_text
from training_runs.onset import OUTCOMES

METHOD = "method"
AUROC, LOG10_MAE, BRIER, MAPE = "AUROC", "log10 MAE", "Brier", "MAPE"
GIVEN = {"full": "whole context", "half": "half the context", "none": "no context"}
CONTEXT_AUROC, CONTEXT_LOG10_MAE = "AUROC, context only", "log10 MAE, context only"


def result_tables(result: BenchmarkResult) -> list[Table]:
    """Return the tables of every layer but the landmarks and runs recorded elsewhere; only those that have rows."""
    tables = (
        alarm_table(result.alarm),
        decision_table(result.decision),
        delay_table(result.delay),
        *(outcomes_table(landmark, figures) for landmark, figures in result.outcomes.items()),
        groups_table(result.groups),
        designs_table(result.designs),
        signal_sets_table(result.signal_sets),
        transfer_means_table(result.transfer),
        transfer_levels_table(result.transfer),
        families_table(result.families),
    )
    return [table for table in tables if table.rows]


def headline_table(headline: Headline) -> Table:
    """Return the figures that are quoted."""
    whether, when = headline.whether, headline.when
    floor = when.noise_floor
    rows = (
        ("whether", AUROC, whether.auroc),
        ("whether", f"AUROC, {whether.context_only}", whether.context_only_auroc),
        ("whether", f"AUROC minus {whether.context_only}", whether.minus_context_only),
        ("whether", f"AUROC minus {whether.best_signal}", whether.minus_best_signal),
        ("whether", "average precision", whether.average_precision),
        ("whether", BRIER, whether.brier),
        ("when", LOG10_MAE, when.log10_mae),
        ("when", f"log10 MAE, {when.context_only}", when.context_only_log10_mae),
        ("when", "noise floor", floor.value),
        ("when", MAPE, when.mape),
        ("when", "coverage of 90 %", when.coverage90),
        ("when", "C-index", when.c_index),
        ("when", "integrated Brier", when.ibs),
    )
    note = (
        f"When: {when.grokking_runs:,} runs that grok. The noise floor is that of {floor.pairs:,} pairs of seeds, "
        f"{floor.half_censored_pairs:,} more half-censored."
    )
    return Table(f"Headline, {headline.landmark}", columns("question", "figure", "reached"), rows, note)


def landmark_table(landmark: str, figures: LandmarkFigures) -> Table:
    """Return every method at one kind of landmark."""
    header = columns(
        METHOD, AUROC, "AUROC, all negatives", "AUROC, blocked only", "average precision", BRIER, LOG10_MAE, MAPE
    )
    rows = tuple(
        (name, f.auroc, f.auroc_all, f.auroc_blocked, f.average_precision, f.brier, f.log10_mae, f.mape)
        for name, f in figures.methods.items()
    )
    return Table(landmark.capitalize(), header, rows, rows_text(figures))


def rows_text(figures: LandmarkFigures) -> str:
    """Return in words what the rows of a landmark are, and how many of their onsets the intervals hold."""
    counts = (
        f"{figures.rows:,} rows before the rise, of which {figures.positives:,} generalise within their budget "
        f"({figures.grokking:,} grok), {figures.negatives.budget_censored:,} run out of it and "
        f"{figures.negatives.blocked:,} never can."
    )
    coverage = figures.coverage90
    if coverage.value is None:
        held = "None of them was followed to the end of its 90 % interval."
    elif coverage.low is None:
        held = "Too few of them were followed to the end of their 90 % intervals to tell how many onsets these hold."
    else:
        held = (
            f"The 90 % intervals hold {figure_text(coverage)} of the onsets (by Kaplan-Meier, since many runs end before their "
            "interval does; each configuration counts once)."
        )
    return f"{counts} {held} {_silent_text(figures)}".rstrip()


def _silent_text(figures: LandmarkFigures) -> str:
    """Return in words of how many rows some methods say nothing."""
    silent = [f"{f.silent:,} ({name})" for name, f in figures.methods.items() if f.silent]
    return (
        f"Rows of which a method says nothing, and gives the population's answer: {', '.join(silent)}."
        if silent
        else ""
    )


def alarm_table(alarm: Mapping[str, AlarmFigures]) -> Table:
    """Return the ALARM layer: algorithmic tasks, by run, thresholds from the other folds."""
    header = (
        *columns("alarm", "FPR", "95 % bound", "of grokking runs", "of those watched"),
        Column("median lead, steps", digits=0),
        Column("median lead share"),
    )
    rows = tuple(
        (name, a.fpr, a.fpr_bound, a.coverage, a.coverage_watched, a.lead_steps, a.lead_share)
        for name, a in alarm.items()
    )
    counts = {
        f"{a.negatives:,} runs without onset, {a.grokking:,} that grok, {a.grokking_watched:,} of these watched."
        for a in alarm.values()
    }  # the same for every method
    title = "Alarms on algorithmic tasks, for a false-positive rate of 5 %"
    return Table(title, header, rows, " ".join(counts))


def decision_table(decision: Mapping[str, Decision]) -> Table:
    """Return the DECISION layer: what pruning the corpus as one sweep would have kept and spent."""
    header = columns("policy", "grokking runs kept", "share of the full compute")
    rows = tuple((name, d.kept, d.compute) for name, d in decision.items())
    return Table("The corpus as one sweep", header, rows)


def delay_table(delay: Mapping[str, DelayFigures]) -> Table:
    """Return the error of the forecast delay, on rows whose runs grok, beside the baselines."""
    methods = list(dict.fromkeys(method for figures in delay.values() for method in figures.log10_mae))
    rows: list[tuple[Cell, ...]] = [
        (name, d.rows, d.configurations, *(d.log10_mae.get(method) for method in methods)) for name, d in delay.items()
    ]
    note = (
        "Mean absolute error of log10 of the delay from memorisation to onset, on runs that grok: the median given onset by the "
        "budget. Of each run there are several rows before the rise."
    )
    return Table("The delay", columns("at", "rows", "configurations", *methods), tuple(rows), note)


def outcomes_table(landmark: str, figures: OutcomeFigures) -> Table:
    """Return how often each class was the likeliest for each class that came by the budget, in rows."""
    rows: list[tuple[Cell, ...]] = [
        (method, came, sum(counts.values()), *(counts[forecast] for forecast in OUTCOMES))
        for method, confusion in figures.confusion.items()
        for came, counts in confusion.items()
    ]
    right = "; ".join(f"{method} {figure_text(share)}" for method, share in figures.right.items())
    header = columns(METHOD, "came", "rows", *(f"forecast {name}" for name in OUTCOMES))
    note = f"{figures.rows:,} rows. Share whose likeliest class came: {right}."
    return Table(f"The four classes, {landmark}", header, tuple(rows), note)


def groups_table(groups: Mapping[str, GroupFigures]) -> Table:
    """Return the figures of each task family and architecture at the headline landmark."""
    header = columns("at memorisation", "rows", "generalise", "grok", AUROC, LOG10_MAE, MAPE, "coverage of 90 %")
    rows = tuple(
        (name, g.rows, g.positives, g.grokking, g.auroc, g.log10_mae, g.mape, g.coverage90)
        for name, g in groups.items()
    )
    return Table("By task family and architecture", header, rows)


def designs_table(designs: Mapping[str, Mapping[str, LandmarkFigures]]) -> Table:
    """Return the figures of what a release learns from beside the corpus, each row forecast by learners that have not seen it."""
    header = columns(
        *("design", "forecast", "rows", "generalise", "grok", AUROC, CONTEXT_AUROC, "AUROC, best single signal"),
        *(LOG10_MAE, CONTEXT_LOG10_MAE, "coverage of 90 %"),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            name,
            landmark,
            f.rows,
            f.positives,
            f.grokking,
            *(f.methods[method].auroc for method in (FORECASTER, CONTEXT_BOOSTED, BEST_SIGNAL)),
            *(f.methods[method].log10_mae for method in (FORECASTER, CONTEXT_BOOSTED)),
            f.coverage90,
        )
        for name, landmarks in designs.items()
        for landmark, f in landmarks.items()
    )
    note = (
        "Each run by the learner that has not seen its configuration, as is context only; the best single signal is chosen and fitted "
        "on other configurations of the same design. Images are of every design and of the corpus. The corpus is learnt from together "
        "with all else here, and alone above. A dash for coverage: too few runs were followed to the end of their intervals."
    )
    return Table("Designs beside the corpus", header, rows, note)


def signal_sets_table(signal_sets: Mapping[str, SignalSetFigures]) -> Table:
    """Return the figures of the same forecaster when fewer signals are available."""
    rows = tuple((name, s.auroc, s.log10_mae) for name, s in signal_sets.items())
    return Table("By available signals, at memorisation", columns("available", AUROC, LOG10_MAE), rows)


_LEFT_OUT = (AUROC, CONTEXT_AUROC, LOG10_MAE, CONTEXT_LOG10_MAE)
_LEVELS = columns("left out", "rows", "generalise", *_LEFT_OUT)


def transfer_means_table(transfer: Mapping[str, FactorFigures]) -> Table:
    """Return the means over the levels of each factor that were left out of fitting, one at a time."""
    rows = tuple((_words(factor), *_left_out_cells(f)) for factor, f in transfer.items())
    missing = [f"{_words(name)}: {', '.join(f.not_estimable)}" for name, f in transfer.items() if f.not_estimable]
    header = columns("left out", *_LEFT_OUT)
    note = f"Not estimable: {'; '.join(missing)}." if missing else ""
    return Table("One level left out, at memorisation: means over levels", header, rows, note)


def transfer_levels_table(transfer: Mapping[str, FactorFigures]) -> Table:
    """Return every level that was left out of fitting, beside the context alone."""
    rows = tuple(
        (f"{_words(factor)} {level}", *_level_cells(f))
        for factor, found in transfer.items()
        for level, f in found.levels.items()
    )
    return Table("One level left out, at memorisation: every level", _LEVELS, rows)


def families_table(families: FactorFigures | None) -> Table:
    """Return the task families that were left out of all own runs that a release learns from, and their mean."""
    title = "One task family left out of the corpus and the designs beside it, at memorisation"
    if families is None:
        return Table(title, _LEVELS, ())
    rows = tuple((name, *_level_cells(f)) for name, f in families.levels.items())
    note = f"Not estimable: {', '.join(families.not_estimable)}." if families.not_estimable else ""
    return Table(title, _LEVELS, (*rows, ("mean", None, None, *_left_out_cells(families))), note)


def _level_cells(level: LevelFigures) -> tuple[Cell, ...]:
    return (level.rows, level.positives, *_left_out_cells(level))


def _left_out_cells(figures: LevelFigures | FactorFigures) -> tuple[Cell, ...]:
    return (figures.auroc, figures.context_only_auroc, figures.log10_mae, figures.context_only_log10_mae)


TOO_EARLY, HELD = "onset before the 5 % quantile", "of onsets held"
COVERAGE_BY_ROWS = "coverage of 90 %, by rows"


IN_SUPPORT, HAPPENED = "in support", "below 0.1 in support, and happened"
_IF_RIGHT = "if forecasts were right"
_FIGURES_ELSEWHERE = (
    *(AUROC, LOG10_MAE, _IF_RIGHT, COVERAGE_BY_ROWS, _IF_RIGHT, TOO_EARLY, HELD, _IF_RIGHT, IN_SUPPORT, HAPPENED),
)


def external_means_table(external: ExternalResult) -> Table:
    """Return the means over the sources of runs recorded elsewhere."""
    rows = tuple(
        (
            *(m.context, f"{m.horizon}x", m.auroc, m.log10_mae, m.if_right.log10_mae),
            *(m.coverage90, m.if_right.coverage90, m.too_early, m.held, m.if_right.held, m.in_support),
            m.unlikely_happened,
        )
        for m in external.means
    )
    header = columns("context", "horizon", *_FIGURES_ELSEWHERE)
    return Table(f"{_ELSEWHERE}: means over sources", header, rows, _how_judged(external))


def external_table(external: ExternalResult) -> Table:
    """Return the figures on each source of runs recorded elsewhere."""
    header = columns(
        *("source", "horizon", "context", "rows", "onsets", "left out: already rising", "left out: too short"),
        *_FIGURES_ELSEWHERE,
    )
    rows = tuple(
        (
            *(r.source, f"{r.horizon}x", r.context),
            *(r.rows, r.onsets, r.already_rising, r.left_out),
            *(r.auroc, r.log10_mae, r.if_right.log10_mae, r.coverage90, r.if_right.coverage90),
            *(r.too_early, r.held, r.if_right.held, r.in_support, r.unlikely_happened),
        )
        for r in external.rows
    )
    return Table(f"{_ELSEWHERE}: every source", header, rows, _BY_ROWS)


_ELSEWHERE = "Runs recorded elsewhere"


def _how_judged(external: ExternalResult) -> str:
    if not external.left_out:
        return "None of these sources taught the forecaster: it is judged as it is."
    return (
        f"Judged leave-one-source-out, by a learner that has not seen the source, calibrated without it: "
        f"{', '.join(external.left_out)}. Of the context each field is given, each by the toss of a coin, or none."
    )


_BY_ROWS = (
    "Coverage by rows counts a row without onset by the horizon as covered where its interval reaches beyond that: even a "
    "forecast that is right is above 0.90. What a figure would be if forecasts were right is computed from their own curves: "
    "each onset drawn from the curve of its row. Beside it: the share of rows whose onset comes before the interval begins (at "
    "most 0.05 if forecasts were right), and the share of onsets within their intervals. Recordings that end before the horizon without an onset are too short; recordings that end early with an "
    "onset stay in, so this sample over-represents onsets."
)


def _words(name: str) -> str:
    return name.replace("_", " ")
