"""The figures that were aimed at, beside those that were reached."""

from collections.abc import Iterator, Mapping

from predictor.benchmark.bootstrap import Interval
from predictor.benchmark.methods import FORECASTER
from predictor.benchmark.result import (
    IMAGES,
    AlarmFigures,
    BenchmarkResult,
    Decision,
    ExternalResult,
    FactorFigures,
    GroupFigures,
    LandmarkFigures,
    When,
    Whether,
)
from predictor.report.table import Table, columns, figure_text
from predictor.report.tables import GIVEN

_NETWORKS = {"embedding_mlp": 0.18, "transformer": 0.30}  # MAPE aimed at
_LEAST_ONSETS = 20  # of a family whose coverage means anything

Target = tuple[str, str, str, bool]
"""A figure, what was aimed at, what was reached, and whether that is enough."""


def targets_table(result: BenchmarkResult) -> Table:
    """Return every target as a row."""
    header = columns("figure", "aimed at", "reached", "met")
    return Table("What was aimed at", header, tuple(_targets(result)))


def _targets(result: BenchmarkResult) -> Iterator[Target]:
    if result.headline is not None:
        yield from _whether(result.headline.whether)
    yield from _alarm(result.alarm)
    if result.headline is not None:
        yield from _when(result.headline.when, result.groups)
    yield from _coverage_in_families(result.groups)
    yield from _left_out(result.transfer)
    yield from _families(result.families)
    yield from _images(result.designs)
    yield from _elsewhere(result.external)
    yield _decision(result.decision[FORECASTER])


def _at_least(figure: Interval, least: float) -> bool:
    return figure.value is not None and figure.value >= least


def _at_most(figure: Interval, most: float) -> bool:
    return figure.value is not None and figure.value <= most


def _whether(found: Whether) -> Iterator[Target]:
    yield "WHETHER at memorisation: AUROC", "0.95", figure_text(found.auroc), _at_least(found.auroc, 0.95)
    for name, gain in (
        ("context only", found.minus_context_only),
        ("the best single signal", found.minus_best_signal),
    ):
        yield f"minus that of {name}", "interval above 0", figure_text(gain), gain.low is not None and gain.low > 0


def _alarm(found: Mapping[str, AlarmFigures]) -> Iterator[Target]:
    ours, (context,) = found[FORECASTER], [a for name, a in found.items() if name != FORECASTER]
    bound = f"{figure_text(ours.fpr)}, bound {ours.fpr_bound:.3f}"
    yield "ALARM: false-positive rate by run", "at most 0.05", bound, _at_most(ours.fpr, 0.05)
    most = f"{ours.grokking_watched / ours.grokking:.3f} are watched" if ours.grokking else "none groks"
    enough = _at_least(ours.coverage, 0.60)
    yield f"of {ours.grokking:,} grokking runs announced", f"0.60 ({most})", figure_text(ours.coverage), enough
    of_watched = ours.coverage_watched
    yield f"of the {ours.grokking_watched:,} watched", "0.83", figure_text(of_watched), _at_least(of_watched, 0.83)
    lead = ours.lead_share
    yield "median lead as a share of the delay", "0.50", figure_text(lead), _at_least(lead, 0.50)
    enough = (ours.coverage.value or 0) > (context.coverage.value or 0)
    yield "announced by context alone", "less", figure_text(context.coverage), enough


def _when(found: When, groups: Mapping[str, GroupFigures]) -> Iterator[Target]:
    floor = found.noise_floor.value
    aim = "1.3 x the noise floor" if floor is None else f"1.3 x the noise floor, {1.3 * floor:.3f}"
    enough = floor is not None and _at_most(found.log10_mae, 1.3 * floor)
    yield "WHEN at memorisation: log10 MAE", aim, figure_text(found.log10_mae), enough
    for network, most in _NETWORKS.items():
        if (group := groups.get(network)) is not None:
            name = f"MAPE, {network} ({group.grokking:,} runs)"
            yield name, f"{most:.2f}", figure_text(group.mape), _at_most(group.mape, most)
    held = found.coverage90
    enough = _at_least(held, 0.87) and _at_most(held, 0.93) and (held.low or 1) <= 0.90 <= (held.high or 0)
    yield "90 % interval: onsets held", "0.87 to 0.93, 0.90 in its interval", figure_text(held), enough


def _coverage_in_families(groups: Mapping[str, GroupFigures]) -> Iterator[Target]:
    for name, group in groups.items():
        if group.factor == "task_family" and group.positives >= _LEAST_ONSETS:
            held = group.coverage90
            unknown = "no run was followed to the end of its interval"
            reached = unknown if held.value is None else figure_text(held)
            yield f"the same in {name} ({group.positives:,} onsets)", "0.80", reached, _at_least(held, 0.80)


def _left_out(found: Mapping[str, FactorFigures]) -> Iterator[Target]:
    aim = "AUROC 0.85, error 25 % below context only"
    for factor, mean in found.items():
        name = f"{factor.replace('_', ' ')} left out"
        if mean.auroc is None or mean.log10_mae is None or mean.context_only_log10_mae is None:
            yield name, aim, "no level is estimable", False
            continue
        less = 1 - mean.log10_mae / mean.context_only_log10_mae
        side = f"{100 * abs(less):.0f} % {'below' if less >= 0 else 'above'}"
        reached = f"{mean.auroc:.3f}, {mean.log10_mae:.3f} ({side})"
        yield name, aim, reached, mean.auroc >= 0.85 and less >= 0.25


def _families(found: FactorFigures | None) -> Iterator[Target]:
    if found is not None and found.auroc is not None:
        name = f"each of {len(found.levels)} task families left out of all runs"
        yield name, "AUROC 0.86, 4 families", f"{found.auroc:.3f}", found.auroc >= 0.86 and len(found.levels) >= 4


def _images(designs: Mapping[str, Mapping[str, LandmarkFigures]]) -> Iterator[Target]:
    for landmark, figures in designs.get(IMAGES, {}).items():
        found = figures.methods[FORECASTER]
        reached = f"{figure_text(found.auroc)}, {figure_text(found.log10_mae)}"
        enough = _at_least(found.auroc, 0.85) and _at_most(found.log10_mae, 0.15)
        yield f"{IMAGES}, {landmark}", "AUROC 0.85, log10 MAE 0.15", reached, enough


_ELSEWHERE = {"full": (0.91, 0.15), "half": (0.84, 0.175), "none": (0.80, 0.185)}  # AUROC, log10 MAE


def _elsewhere(found: ExternalResult | None) -> Iterator[Target]:
    for mean in () if found is None else found.means:
        figures = (mean.auroc, mean.log10_mae, mean.coverage90)
        auroc, error, held = (float("nan") if figure is None else figure for figure in figures)
        least, most = _ELSEWHERE[mean.context]
        yield (
            f"sources left out, {GIVEN[mean.context]}, {mean.horizon}x",
            f"AUROC {least:.2f}, log10 MAE {most:g}, coverage 0.87 to 0.93",
            f"{', '.join(figure_text(figure) for figure in figures)} (right forecasts would have an error of "
            f"{figure_text(mean.if_right.log10_mae)} and a coverage of {figure_text(mean.if_right.coverage90)})",
            auroc >= least and error <= most and 0.87 <= held <= 0.93,
        )


def _decision(ours: Decision) -> Target:
    reached = f"{figure_text(ours.kept)} at {figure_text(ours.compute)}"
    enough = _at_least(ours.kept, 0.95) and _at_most(ours.compute, 0.60)
    return "DECISION: grokking runs kept", "0.95 at 0.60 of the compute", reached, enough
