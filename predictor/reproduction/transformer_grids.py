"""Claims of Li & Sakib (ECE 826) on grids of transformers made for them: table 1, table 2 and figure 4."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from predictor.benchmark.bootstrap import Interval
from predictor.reproduction import evidence
from predictor.reproduction.claim import Figure, Finding, Picture, Series, at_least, at_most, graded, line, points
from predictor.reproduction.evidence import Runs
from predictor.reproduction.replicates import by_level, each_seed
from training_runs.config import RunConfig
from training_runs.labelled_run import LabelledRun
from training_runs.onset import OUTCOMES

# Section 3, reduced: the paper's are 128 wide, at p = 97 with 30 % of the pairs, of which fewer are not enough in 10,000 steps.
BASE = RunConfig(
    architecture="transformer",
    operation="div",
    modulus=67,
    embedding_dim=32,
    layers=2,
    learning_rate=1e-3,
    train_fraction=0.4,
    budget_step=10_000,
    early_stop=False,
)
SMALL = replace(BASE, modulus=23, embedding_dim=16, layers=1, train_fraction=0.6, budget_step=3000)

# Table 1: four of its six batch sizes, the middle three of five levels of noise and scale, all rates and decays.
_KNOBS: dict[str, tuple[str, float]] = {
    "batch size": ("batch_size", 0.538),
    "noise": ("embedding_noise", 0.123),
    "learning rate": ("learning_rate", -0.063),
    "weight decay": ("weight_decay", -0.26),
    "init scale": ("init_scale", -0.001),
}
_LEVELS: dict[str, tuple[float, ...]] = {
    "batch_size": (8, 32, 128, 512),
    "embedding_noise": (0.0, 0.1, 1.0),
    "learning_rate": (1e-4, 1e-3, 1e-2),
    "weight_decay": (0.01, 0.1, 1.0),
    "init_scale": (0.1, 1.0, 10.0),
}
_QUICK_LEVELS: dict[str, tuple[float, ...]] = {
    "batch_size": (16, 128),
    "embedding_noise": (0.0, 0.1),
    "learning_rate": (1e-3, 3e-3),
    "weight_decay": (0.3, 1.0),
    "init_scale": (0.5, 2.0),
}
_ENOUGH = 20  # runs with a delay, and configurations on either side of the band

_RISE = 0.05  # of an accuracy
_BAND = (20, 800)  # training samples over batch size: where comprehension lies (figure 4)


def correlation_configs(quick: bool) -> Sequence[RunConfig]:
    """Return the grid of table 1, a run a cell."""
    base, levels = (SMALL, _QUICK_LEVELS) if quick else (BASE, _LEVELS)
    cells = [dict(zip(levels, values, strict=True)) for values in product(*levels.values())]
    return [replace(base, **{**cell, "batch_size": int(cell["batch_size"])}) for cell in cells]  # type: ignore[arg-type]


def correlations(runs: Runs) -> Finding:
    """Test whether delays in epochs correlate with what the grid varies as table 1 prints."""
    tested = [r for r in runs if r.memorized.step is not None and r.generalized.step is not None]
    delays = [evidence.delay(r) / _steps_per_epoch(r) for r in tested]
    figures: dict[str, Figure] = {}
    found: dict[str, Interval] = {}
    for name, (knob, printed) in _KNOBS.items():
        found[name] = evidence.spearman(tested, [float(r.run.config[knob]) for r in tested], delays)
        figures[f"correlation of {name} and delay in epochs (printed: {printed:+.2g})"] = found[name]
    signs = [
        at_least(found[name], 0.0) if printed > 0 else at_most(found[name], 0.0)
        for name, (_, printed) in _KNOBS.items()
        if name != "init scale"
    ]
    none = not at_least(found["init scale"], 0.0) and not at_most(found["init scale"], 0.0)
    figures["runs of the grid"] = len(runs)
    figures["runs with a delay"] = len(tested)
    figures |= {f"runs in {outcome}": sum(r.outcome == outcome for r in runs) for outcome in OUTCOMES}
    return Finding(
        graded(all(signs) and none, any(signs)) if len(tested) >= _ENOUGH else None,
        figures,
        tested,
        Picture("batch size", "delay (epochs)", _by_decay(tested), x_log=True, y_log=True),
        "A delay is of runs that both memorise and generalise within the budget: elsewhere there is none to correlate.",
    )


def _by_decay(tested: Runs) -> list[Series]:
    levels = by_level(tested, lambda config: config.weight_decay)
    return [
        points(
            f"decay {decay:g}",
            np.array([float(r.run.config["batch_size"]) for r in some]),
            np.array([evidence.delay(r) / _steps_per_epoch(r) for r in some]),
        )
        for decay, some in levels.items()
    ]


def _steps_per_epoch(run: LabelledRun) -> float:
    return run.run.context.steps_per_epoch or 1.0


def regime_configs(quick: bool) -> Sequence[RunConfig]:
    """Return runs over training sizes, by p as in the paper, and batch sizes; rates and decays make each cell several."""
    if quick:
        settings = list(product((16, 128), (5e-4, 1e-3, 2e-3, 4e-3, 8e-3), (0.1, 0.3, 0.6, 1.0)))
        return [
            replace(SMALL, train_fraction=0.8, batch_size=b, learning_rate=r, weight_decay=d) for b, r, d in settings
        ]
    cells = product((67, 97), (8, 32, 128, 512), (5e-4, 1e-3, 2e-3), (0.3, 1.0, 2.0))
    return each_seed(
        [
            replace(BASE, modulus=p, batch_size=b, learning_rate=r, weight_decay=d, budget_step=20_000)
            for p, b, r, d in cells
        ]
    )


def regimes(runs: Runs) -> Finding:
    """Test whether comprehension lies where there are 20 to 800 training samples to a batch, and grokking below."""
    inside = [r for r in runs if _BAND[0] <= _ratio(r) <= _BAND[1]]
    below = [r for r in runs if _ratio(r) < _BAND[0]]
    excess = evidence.share_difference(inside, below, _comprehends)
    fewest = min(len({r.run.configuration_id for r in some}) for some in (inside, below))
    figures: dict[str, Figure] = {"share of comprehension in the band minus below it": excess}
    figures |= _of_place("in the band", inside) | _of_place("below it", below)
    for unit, measure in (("steps", lambda r: 1.0), ("epochs", _steps_per_epoch)):
        figures[f"rank correlation of batch size and memorisation in {unit}"] = _with_batch(runs, measure)
    figures |= _medians(runs)
    return Finding(
        graded(at_least(excess, 0.25), at_least(excess, 0.0)) if fewest >= _ENOUGH else None,
        figures,
        runs,
        Picture("training samples / batch size", "share of runs", _shares(runs), x_log=True),
        f"{np.mean([r.outcome == 'confusion' for r in inside]):.0%} of the runs in the band neither memorise nor generalise."
        if fewest >= _ENOUGH
        else f"Only {fewest} configurations on one side of the band; {_ENOUGH} are needed.",
    )


def _of_place(place: str, runs: Runs) -> dict[str, Figure]:
    """Return what became of the runs on one side of the band's lower end."""
    by_outcome = {outcome: [r for r in runs if r.outcome == outcome] for outcome in OUTCOMES}
    ended = [r for r in runs if r.outcome != "confusion"]
    return {
        f"runs {place}": len(runs),
        **{f"share of {name} {place}": evidence.share(runs, some.__contains__) for name, some in by_outcome.items()},
        f"share of comprehension {place}, of runs that memorise or generalise": evidence.share(ended, _comprehends),
        f"share of confusion {place} whose training accuracy still rises": evidence.share(
            by_outcome["confusion"], _still_rises
        ),
    }


def _comprehends(run: LabelledRun) -> bool:
    return run.outcome == "comprehension"


def _still_rises(run: LabelledRun) -> bool:
    """Return True if the training accuracy has risen over the second half of the budget."""
    half, end = (evidence.value_at(run, "train_acc", share * run.run.budget_step) for share in (0.5, 1.0))
    return end > half + _RISE


def _ratio(run: LabelledRun) -> float:
    context = run.run.context
    return (context.train_size or 0) / (context.batch_size or context.train_size or 1)


def _with_batch(runs: Runs, unit: Callable[[LabelledRun], float]) -> Interval:
    known = [r for r in runs if r.memorized.step is not None]
    batches = [float(r.run.context.batch_size or 0) for r in known]
    return evidence.spearman(known, batches, [evidence.memorized(r) / unit(r) for r in known])


def _cells(runs: Runs) -> dict[tuple[float, ...], list[LabelledRun]]:
    return by_level(runs, lambda config: (float(config.train_size), float(config.samples_a_step)))


def _medians(runs: Runs) -> dict[str, Figure]:
    """Return what table 2 prints: when accuracies get there, in epochs and steps, of those that do."""
    figures: dict[str, Figure] = {}
    for (size, batch), some in _cells(runs).items():
        for name, event in (("memorisation", evidence.memorized), ("onset", evidence.onset)):
            known = [event(r) for r in some if np.isfinite(event(r))]
            if known:
                steps = float(np.median(known))
                epochs = steps / _steps_per_epoch(some[0])
                figures[f"{size:,.0f} samples, batches of {batch:g}: {name}, median"] = (
                    f"{epochs:,.0f} epochs, {steps:,.0f} steps ({len(known)} of {len(some)} runs)"
                )
    return figures


def _shares(runs: Runs) -> list[Series]:
    cells = sorted(_cells(runs).values(), key=lambda some: _ratio(some[0]))
    ratios = np.array([_ratio(some[0]) for some in cells])
    return [
        line(outcome, ratios, np.array([np.mean([r.outcome == outcome for r in some]) for some in cells]))
        for outcome in OUTCOMES
    ]
