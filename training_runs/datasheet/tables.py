"""The tables of a corpus's datasheet, each read off labelled runs and written as Markdown.

Counts are runs unless a heading says configurations. A configuration whose seeds end differently counts for each of
its ends.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from training_runs.datasheet.noise_floor import noise_floor
from training_runs.labelled_run import FACTORS, NEGATIVES, LabelledRun, configurations
from training_runs.onset import OUTCOMES, as_event_time
from training_runs.signals import SIGNALS

DELAYS = (
    1,
    3,
    10,
    30,
    100,
)  # onset over memorisation step, where a column begins and the one before ends
_DELAY_COLUMNS = ("not later", "1-3x", "3-10x", "10-30x", "30-100x", "over 100x")


_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
_LIKENESS = str.maketrans("<>`|[]\\&", "‹›'¦()/+")  # in code and out of it: an escape would show in code


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; a row is a sequence of cells, and all columns but the first are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def share(part: float, whole: float) -> str:
    """Return a share in percent; a dash where there is nothing to share."""
    return f"{100 * part / whole:.0f} %" if whole else "-"


def grouped(runs: Sequence[LabelledRun], level: Callable[[LabelledRun], Any]) -> dict[Any, list[LabelledRun]]:
    """Return the runs of each level, in the order of levels; runs that do not tell theirs are left out.

    Words of levels come with what Markdown would take for its own replaced by what looks like it.
    """
    groups: dict[Any, list[LabelledRun]] = {}
    for run in runs:
        groups.setdefault(_word(level(run)), []).append(run)
    groups.pop(None, None)
    return {name: groups[name] for name in sorted(groups)}


def _word(level: Any) -> Any:
    return " ".join(_CONTROLS.sub(" ", level).split()).translate(_LIKENESS) if isinstance(level, str) else level


def contents(runs: Sequence[LabelledRun]) -> str:
    """Return how much there is: runs, configurations, seeds, checkpoints, steps."""
    seeds = [len(group) for group in grouped(runs, lambda r: r.run.configuration_id).values()]
    counts = ", ".join(f"{seeds.count(n):,} with {n}" for n in sorted(set(seeds)))
    repeated = share(sum(n in (2, 3, 4) for n in seeds), len(seeds))
    rows = [
        ("runs", f"{len(runs):,}"),
        ("configurations", f"{configurations(runs):,}"),
        ("their seeds", f"{counts} ({repeated} have 2 to 4)"),
        ("checkpoints of a run", spread([len(r.run.trajectory.steps) for r in runs])),
        ("budgets, in steps", spread([r.run.budget_step for r in runs])),
        ("steps recorded in all", f"{sum(r.run.trajectory.observed_until for r in runs):,}"),
    ]
    return table(("", ""), rows)


def outcomes(runs: Sequence[LabelledRun], name: str, level: Callable[[LabelledRun], Any]) -> str:
    """Return outcomes at the budget by the levels of a factor: runs, and configurations in brackets."""
    groups = {**grouped(runs, level), "all": list(runs)}
    return table(
        (name, *OUTCOMES, "all"),
        ((n, *(both([r for r in g if r.outcome == o]) for o in OUTCOMES), both(g)) for n, g in groups.items()),
    )


def both(runs: Sequence[LabelledRun]) -> str:
    """Return runs, and configurations in brackets."""
    return f"{len(runs):,} ({configurations(runs):,})" if runs else "-"


def levels(runs: Sequence[LabelledRun], factor: str) -> str:
    """Return what there is of each level of a factor, in configurations, and how they ended."""
    return table(
        (factor, "runs", "configurations", "generalised", "did not, though not blocked", "blocked"),
        (
            (f"`{name}`", f"{len(group):,}", *(f"{configurations(g):,}" for g in _ends(group)))
            for name, group in grouped(runs, FACTORS[factor]).items()
        ),
    )


def _ends(group: list[LabelledRun]) -> Iterator[list[LabelledRun]]:
    yield group
    yield [r for r in group if r.negative is None]
    yield [r for r in group if r.negative and not r.run.blocked]
    yield [r for r in group if r.run.blocked]


def pairs(runs: Sequence[LabelledRun]) -> str:
    """Return configurations of each architecture on each task family."""
    families, architectures = (grouped(runs, FACTORS[name]) for name in ("task family", "architecture"))
    return table(
        ("configurations", *(f"`{a}`" for a in architectures)),
        (
            (f"`{f}`", *(configurations(set(some) & set(others)) or "-" for others in architectures.values()))
            for f, some in families.items()
        ),
    )


def negatives(runs: Sequence[LabelledRun]) -> str:
    """Return why runs did not generalise, and how many of them memorised."""
    every = [r for r in runs if r.negative]
    kinds = [(kind, [r for r in every if r.negative == kind]) for kind in NEGATIVES]
    return table(
        ("why not", "runs", "configurations", "memorised", "share of negatives"),
        (
            (
                kind,
                f"{len(group):,}",
                f"{configurations(group):,}",
                share(sum(r.memorized.step is not None for r in group), len(group)),
                share(len(group), len(every)),
            )
            for kind, group in [*kinds, ("all", every)]
            if group
        ),
    )


def delays(runs: Sequence[LabelledRun]) -> str:
    """Return how late runs generalised, onset over memorisation step, by family."""
    groups = {**grouped(runs, lambda r: r.family), "all": list(runs)}
    late = [r for r in runs if r.delay_ratio is not None]
    shares = [share(n, len(late)) for n in _delay_counts(late)]
    return table(
        ("family", "generalised", "never memorised", *_DELAY_COLUMNS, "median"),
        [
            *(_delay_row(name, group) for name, group in groups.items()),
            ("share", "", "", *shares, ""),
        ],
    )


def _delay_row(name: object, group: list[LabelledRun]) -> tuple[object, ...]:
    done = [r for r in group if r.negative is None]
    ratios = [r.delay_ratio for r in done if r.delay_ratio is not None]
    median = f"{np.median(ratios):.1f}x" if ratios else "-"
    return name, len(done), len(done) - len(ratios), *_delay_counts(done), median


def _delay_counts(runs: list[LabelledRun]) -> list[int]:
    ratios = [r.delay_ratio for r in runs if r.delay_ratio is not None]
    columns = np.searchsorted(DELAYS, ratios)
    return [int((columns == k).sum()) for k in range(len(_DELAY_COLUMNS))]


def budgets(runs: Sequence[LabelledRun]) -> str:
    """Return how far beyond memorisation budgets reach, by family, of the runs that memorised."""
    groups = {**grouped(runs, lambda r: r.family), "all": list(runs)}
    return table(
        (
            "family",
            "memorised",
            "budget over memorisation step, 5 % - median - 95 %",
            "10x or more",
            "50x or more",
            "100x or more",
        ),
        (_budget_row(name, group) for name, group in groups.items()),
    )


def _budget_row(name: object, group: list[LabelledRun]) -> tuple[object, ...]:
    ratios = np.array([r.budget_ratio for r in group if r.budget_ratio is not None])
    reach = (share(float((ratios >= n).sum()), len(ratios)) for n in (10, 50, 100))
    return name, len(ratios), spread(ratios.tolist()), *reach


def cadences(runs: Sequence[LabelledRun]) -> str:
    """Return how often runs were recorded."""
    return table(
        ("cadence", "runs", "share", "checkpoints, 5 % - median - 95 %"),
        (
            (name, len(g), share(len(g), len(runs)), spread([len(r.run.trajectory.steps) for r in g]))
            for name, g in grouped(runs, lambda r: r.run.cadence).items()
        ),
    )


def noise_floors(runs: Sequence[LabelledRun]) -> str:
    """Return by family how far seeds of one configuration lie apart."""
    groups = {**grouped(runs, lambda r: r.family), "all": list(runs)}
    return table(
        (
            "family",
            "mean difference of log10 onset",
            "noise floor (over sqrt 2)",
            "as a factor",
            "pairs",
            "half-censored pairs",
        ),
        (_noise_row(name, group) for name, group in groups.items()),
    )


def _noise_row(name: object, group: list[LabelledRun]) -> tuple[object, ...]:
    event, time = as_event_time([r.generalized for r in group])
    floor = noise_floor(time, event, np.array([r.run.configuration_id for r in group]))
    if floor.value is None:
        return name, "-", "-", "-", 0, floor.half_censored_pairs
    figures = f"{floor.difference:.3f}", f"{floor.value:.3f}", f"{10**floor.value:.2f}"
    return name, *figures, floor.pairs, floor.half_censored_pairs


def signals(runs: Sequence[LabelledRun]) -> str:
    """Return the share of runs in which each signal has values, in all and by architecture."""
    groups = {"all": list(runs), **grouped(runs, FACTORS["architecture"])}
    names = [set(r.run.trajectory.recorded_names()) for r in runs]
    held = {id(run): n for run, n in zip(runs, names, strict=True)}
    return table(
        ("signal", *(f"`{g}`" if g != "all" else "all" for g in groups)),
        (
            (
                f"`{s}`",
                *(share(sum(s in held[id(r)] for r in g), len(g)) for g in groups.values()),
            )
            for s in SIGNALS
        ),
    )


def spread(numbers: Sequence[float]) -> str:
    """Return the 5 % quantile, the median and the 95 % quantile."""
    if not len(numbers):
        return "-"
    return " - ".join(f"{q:,.0f}" for q in np.quantile(numbers, (0.05, 0.5, 0.95)))
