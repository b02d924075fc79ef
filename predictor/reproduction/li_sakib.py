"""Claims of Li & Sakib (ECE 826) on stored runs."""

import math
from collections.abc import Callable

import numpy as np

from predictor.benchmark.bootstrap import Interval
from predictor.reproduction import evidence
from predictor.reproduction.claim import Figure, Finding, Picture, Series, at_least, at_most, graded, points
from predictor.reproduction.courses import course
from predictor.reproduction.evidence import Runs
from training_runs.labelled_run import LabelledRun

PAPER = "Li & Sakib"

_SPIKE = 1.05  # of the norm at memorisation: above it later counts as a spike
_MODULUS, _FRACTIONS = 97, (0.2, 0.4)  # of figures 2, 11 and 12: theirs is 0.3
_OPERATIONS = ("add", "sub", "mul", "div")
_SEVERAL = 3  # runs: one is no evidence


def _transformers(runs: Runs) -> list[LabelledRun]:
    return evidence.of(runs, "modular", "transformer")


def late_validation(runs: Runs) -> Finding:
    """Test whether delays are large because validation is late, not because training is early."""
    tested = [r for r in _transformers(runs) if r.memorized.step is not None and r.generalized.step is not None]
    tested = [r for r in tested if evidence.delay(r) > 0]
    delays = [evidence.delay(r) for r in tested]
    with_validation = evidence.spearman(tested, delays, [evidence.onset(r) for r in tested])
    with_training = evidence.spearman(tested, delays, [evidence.memorized(r) for r in tested])
    stronger = at_least(with_validation, _largest(with_training))
    return Finding(
        graded(stronger and at_least(with_validation, 0.8), stronger),
        {
            "rank correlation of delay and step of validation": with_validation,
            "rank correlation of delay and step of memorisation": with_training,
        },
        tested,
        Picture(
            "delay (steps)",
            "step",
            [
                points(
                    "validation reaches its target", np.array(delays), np.array([evidence.onset(r) for r in tested])
                ),
                points("training reaches 0.95", np.array(delays), np.array([evidence.memorized(r) for r in tested])),
            ],
            x_log=True,
            y_log=True,
        ),
    )


def _largest(correlation: Interval) -> float:
    """Return how strong a correlation may be, either way."""
    return max(abs(correlation.low or 0.0), abs(correlation.high or 0.0))


def attention_norms(runs: Runs) -> Finding:
    """Test whether the norms of Q, K and V rise after memorisation, and more where a run groks."""
    signal = "weight_norm_attention"
    known = [r for r in evidence.recording(_transformers(runs), signal) if r.memorized.step is not None]
    late, soon, never = ([r for r in known if r.outcome == o] for o in ("grokking", "comprehension", "memorization"))
    spiking, of_soon, of_never = (evidence.share(found, _spikes) for found in (late, soon, never))
    excess = evidence.share_difference(late, soon, _spikes)
    return Finding(
        graded(at_least(spiking, 0.5) and at_least(excess, 0.0), at_least(excess, 0.0)),
        {
            "share of grokking runs with a spike after memorisation": spiking,
            "share of comprehension": of_soon,
            "share of runs that do not generalise": of_never,
            "grokking minus comprehension": excess,
        },
        known,
        Picture(
            "step / step of memorisation",
            "norm of Q, K and V",
            [
                *course("grokking", late, signal, evidence.memorized),
                *course("comprehension", soon, signal, evidence.memorized),
                *course("does not generalise", never, signal, evidence.memorized),
            ],
            x_log=True,
        ),
        "Nearly all stored transformers begin with weights of the usual scale or above, whose norms decay from the first step.",
    )


def _spikes(run: LabelledRun) -> bool:
    """Return True if the norm is more than 5 % above its value at memorisation between that and the onset."""
    steps, values = run.run.trajectory.recorded("weight_norm_attention")
    later = (steps > evidence.memorized(run)) & (steps <= evidence.onset(run))
    return bool(
        later.any()
        and values[later].max() > _SPIKE * evidence.value_at(run, "weight_norm_attention", evidence.memorized(run))
    )


def landscape(runs: Runs) -> Finding:
    """Test whether the loss is more rugged around optima of grokking than around those of comprehension."""
    signal = "landscape_ruggedness"
    figures, tested, series = {}, [], list[Series]()
    for architecture, name in (("transformer", "transformers"), ("embedding_mlp", "embedding-MLPs")):
        known = evidence.recording(evidence.of(runs, "modular", architecture), signal, least=1)
        known = [r for r in known if r.outcome in ("grokking", "comprehension")]
        last = [float(r.run.trajectory.recorded(signal)[1][-1]) for r in known]
        groks = [r.outcome == "grokking" for r in known]
        figures[f"AUROC of the last ruggedness for grokking against comprehension, {name}"] = evidence.separation(
            known, last, groks
        )
        tested += known
        series += [
            points(f"{name}, {word}", *_ranked(np.array(last)[np.array(groks) == late]))
            for word, late in (("grokking", True), ("comprehension", False))
        ]
    separate = list(figures.values())
    return Finding(
        graded(all(at_least(f, 0.75) for f in separate), all(at_least(f, 0.5) for f in separate)),
        figures,
        tested,
        Picture("ruggedness at the last checkpoint", "share of runs below", series),
        "One number along random lines, not two-dimensional contours: those are not stored.",
    )


def _ranked(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.sort(values), (np.arange(len(values)) + 0.5) / max(len(values), 1)


_NO_CORRELATION = 0.01  # what Table 1 prints of the scale of initial weights, -0.001, is none
_KNOBS: dict[str, tuple[Callable[[LabelledRun], float], float]] = {
    "batch size": (lambda r: r.run.context.batch_size or math.nan, 0.538),
    "learning rate": (lambda r: r.run.context.learning_rate or math.nan, -0.063),
    "weight decay": (lambda r: r.run.context.weight_decay or math.nan, -0.26),
    "init scale": (lambda r: r.run.context.init_scale or math.nan, -0.001),
}


def correlations(runs: Runs) -> Finding:
    """Test whether delays in epochs correlate with hyperparameters as in Table 1."""
    tested = [r for r in _transformers(runs) if r.generalized.step is not None and r.memorized.step is not None]
    tested = [r for r in tested if (r.run.context.steps_per_epoch or 0) > 0 and (r.run.context.weight_decay or 0) > 0]
    delays = [evidence.delay(r) / (r.run.context.steps_per_epoch or 1.0) for r in tested]
    figures, signs = {}, []
    for name, (knob, printed) in _KNOBS.items():
        figures[f"correlation of {name} and delay in epochs (printed: {printed:+.2g})"] = found = evidence.pearson(
            tested, [math.log10(knob(r)) for r in tested], delays
        )
        if abs(printed) > _NO_CORRELATION:
            signs.append(at_least(found, 0.0) if printed > 0 else at_most(found, 0.0))
    return Finding(
        graded(all(signs), any(signs)),
        figures,
        tested,
        Picture(
            "batch size",
            "delay (epochs)",
            [points("runs", np.array([r.run.context.batch_size or 0 for r in tested], dtype=float), np.array(delays))],
            x_log=True,
            y_log=True,
        ),
        "Random draws of all settings at once, not the paper's grid of five values; noise on embeddings was never drawn.",
    )


def operations(runs: Runs) -> Finding:
    """Test whether each of the four operations groks at p = 97 with about 30 % of the pairs."""
    of_size = [r for r in _transformers(runs) if r.run.context.modulus == _MODULUS]
    tested = [r for r in of_size if _FRACTIONS[0] <= (r.run.context.train_fraction or 0.0) <= _FRACTIONS[1]]
    late = {name: evidence.grokking([r for r in tested if r.operation == name]) for name in _OPERATIONS}
    figures: dict[str, Figure] = {
        f"operations of four with {_SEVERAL} grokking runs or more": sum(
            len(some) >= _SEVERAL for some in late.values()
        )
    }
    for name, some in late.items():
        figures[f"{name}: grokking runs"] = len(some)
        figures[f"{name}: delay (steps), median"] = evidence.median(some, evidence.delay)
    counts = [len(some) >= _SEVERAL for some in late.values()]
    series = [
        points(name, *(np.array(v) for v in ([evidence.memorized(r) for r in some], [evidence.onset(r) for r in some])))
        for name, some in late.items()
    ]
    return Finding(
        graded(all(counts), sum(counts) >= len(counts) / 2),
        figures,
        [r for r in tested if r.operation in _OPERATIONS],
        Picture("step of memorisation", "step of onset", series, x_log=True, y_log=True),
        "Rates, decays, batches and layers vary: the paper's are among them.",
    )
