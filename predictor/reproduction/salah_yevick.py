"""Claims of Salah & Yevick, Tracing the path to grokking (arXiv 2507.11645), on stored runs."""

import numpy as np

from predictor.reproduction import evidence
from predictor.reproduction.claim import Finding, Picture, at_least, at_most, graded
from predictor.reproduction.courses import course
from predictor.reproduction.evidence import Runs
from training_runs.labelled_run import LabelledRun

PAPER = "Salah & Yevick"

_ANNOUNCED = 0.25  # of the variance's peak: reached before the rise it can be seen coming
_PROBED = 256  # validation samples that dropout is tried on (training_runs/generator/measure.py)
STRUCTURE = 0.1  # of the similarities' variance in bands: more than chance gives for p >= 11
_BIMODAL = 5 / 9  # Sarle's coefficient of a uniform distribution


def _grokking(runs: Runs, signal: str) -> list[LabelledRun]:
    return evidence.recording(evidence.grokking(evidence.of(runs, "modular", "embedding_mlp")), signal)


def dropout_variance(runs: Runs) -> Finding:
    """Test whether the variance under dropout rises before the validation accuracy does."""
    tested = [r for r in _grokking(runs, "dropout_acc_var") if evidence.rise(r) < evidence.onset(r)]
    early = evidence.share(tested, variance_is_early)
    at_peak = evidence.median(tested, lambda r: evidence.value_at(r, "val_acc", _peak_step(r)))
    binomial = evidence.median(tested, _over_binomial)
    shape = evidence.share(tested, lambda r: evidence.memorized(r) < _peak_step(r))
    return Finding(
        graded(at_least(early, 0.5), at_least(shape, 0.5)),
        {
            "share of runs whose variance reaches a quarter of its peak between memorisation and rise": early,
            "share with the peak after memorisation": shape,
            "validation accuracy at the peak, median": at_peak,
            "variance over that of independent draws, median": binomial,
        },
        tested,
        Picture(
            "step / step of the rise",
            "variance of the accuracy under dropout",
            course("generalises late", tested, "dropout_acc_var"),
            x_log=True,
        ),
        "The variance is that of accuracies, p (1 - p) / N of the mean: it tells little that the mean does not.",
    )


def _peak(run: LabelledRun) -> float:
    return float(np.max(run.run.trajectory.recorded("dropout_acc_var")[1])) or 1.0


def _peak_step(run: LabelledRun) -> float:
    steps, values = run.run.trajectory.recorded("dropout_acc_var")
    return float(steps[np.argmax(values)])


def variance_is_early(run: LabelledRun) -> bool:
    """Return True if the variance first reaches a quarter of its peak between memorisation and rise."""
    risen = evidence.crossing(run, "dropout_acc_var", _ANNOUNCED * _peak(run))
    return evidence.memorized(run) < risen < evidence.rise(run)


def _over_binomial(run: LabelledRun) -> float:
    """Return the variance over that of as many independent answers, median where the mean is away from 0 and 1."""
    _, mean = run.run.trajectory.recorded("dropout_acc_mean")
    _, variance = run.run.trajectory.recorded("dropout_acc_var")
    samples = min(_PROBED, run.run.context.val_size or _PROBED)
    between = (mean > 0.05) & (mean < 0.95)
    ratios = variance[between] * samples / (mean[between] * (1 - mean[between]))
    return float(np.median(ratios)) if between.any() else float("nan")


def robustness_curve(runs: Runs) -> Finding:
    """Test whether the robustness curve is low while memorised and high after, halving near a rate of 0.5."""
    tested = _grokking(runs, "drc_auc")
    gain = evidence.share(tested, lambda r: _last(r, "drc_auc") > 3 * evidence.value_at(r, "drc_auc", _halfway(r)))
    half = evidence.median(tested, lambda r: _last(r, "drc_half"))
    return Finding(
        graded(at_least(gain, 0.75) and at_least(half, 0.4), at_least(gain, 0.75)),
        {
            "share of runs whose curve's area triples between memorisation and end": gain,
            "rate at which the accuracy has halved at the end, median": half,
            "area at the end, median": evidence.median(tested, lambda r: _last(r, "drc_auc")),
        },
        tested,
        Picture("step / step of the rise", "area under the curve", course("area", tested, "drc_auc"), x_log=True),
        "Most stored runs stop soon after they generalise, while the curve still rises.",
    )


def _halfway(run: LabelledRun) -> float:
    """Return the middle, on a log scale, of memorisation and rise."""
    return float(np.sqrt(evidence.memorized(run) * min(evidence.rise(run), evidence.onset(run))))


def _last(run: LabelledRun, signal: str) -> float:
    values = run.run.trajectory.recorded(signal)[1]
    return float(values[-1]) if len(values) else float("nan")


def _adds(run: LabelledRun) -> bool:
    """Return True for operations in whose order the residues are: bands are looked for in no other."""
    return run.operation in ("add", "sub")


def embedding_bands(runs: Runs) -> Finding:
    """Test whether bands of similarity come before the rise, and only where it comes."""
    signal = "embedding_cos_structure"
    tested = [r for r in _grokking(runs, signal) if _adds(r)]
    waiting = evidence.recording(evidence.of(runs, "modular", "embedding_mlp"), signal)
    waiting = [r for r in waiting if _adds(r) and r.outcome == "memorization"]
    tables = evidence.recording(evidence.random_tables(runs, "embedding_mlp"), signal)
    banded = evidence.share(tested, lambda r: evidence.crossing(r, signal, STRUCTURE) < evidence.rise(r))
    of_tables = evidence.share(tables, _has_bands)
    of_waiting = evidence.share(waiting, _has_bands)
    lead = evidence.median(
        [r for r in tested if _has_bands(r)], lambda r: evidence.rise(r) / evidence.crossing(r, signal, STRUCTURE)
    )
    return Finding(
        graded(at_least(banded, 0.9) and at_most(of_waiting, 0.25), at_least(banded, 0.9) and at_most(of_tables, 0.1)),
        {
            "share of grokking runs with bands before the rise": banded,
            "share of runs that memorise and miss their budget with bands": of_waiting,
            "share of random tables with bands": of_tables,
            "step of the rise over that of the bands, median": lead,
        },
        [*tested, *waiting, *tables],
        Picture(
            "step / step of memorisation",
            "structure of the similarities",
            [
                *course("generalises late", tested, signal, origin=evidence.memorized),
                *course("memorises, misses its budget", waiting, signal, origin=evidence.memorized),
                *course("random table", tables, signal, origin=evidence.memorized),
            ],
            x_log=True,
        ),
        "Bands tell whether there is structure to find, not whether the budget suffices to find it.",
    )


def _has_bands(run: LabelledRun) -> bool:
    return bool(np.isfinite(evidence.crossing(run, "embedding_cos_structure", STRUCTURE)))


def bimodality(runs: Runs) -> Finding:
    """Test whether two peaks of the embedding values come with the rise, and only where it comes."""
    signal = "embedding_bimodality"
    tested = _grokking(runs, signal)
    tables = evidence.recording(evidence.random_tables(runs, "embedding_mlp"), signal)
    waiting = evidence.recording(evidence.of(runs, "modular", "embedding_mlp"), signal)
    waiting = [r for r in waiting if r.outcome == "memorization"]

    def peaks(run: LabelledRun) -> bool:
        return evidence.crossing(run, signal, _BIMODAL) < min(evidence.rise(run), run.run.trajectory.observed_until + 1)

    early, of_waiting, of_tables = (evidence.share(found, peaks) for found in (tested, waiting, tables))
    excess = evidence.share_difference(tested, [*waiting, *tables], peaks)
    return Finding(
        graded(at_least(early, 0.75) and at_least(excess, 0.25), at_least(early, 0.25) and at_least(excess, 0.0)),
        {
            "share of grokking runs with Sarle's coefficient above 5/9 before the rise": early,
            "the same of runs that memorise and miss their budget": of_waiting,
            "the same of random tables": of_tables,
            "difference from both": excess,
        },
        [*tested, *waiting, *tables],
        Picture(
            "step / step of memorisation",
            "Sarle's coefficient",
            [
                *course("generalises late", tested, signal, origin=evidence.memorized),
                *course("random table", tables, signal, origin=evidence.memorized),
            ],
            x_log=True,
        ),
        "The coefficient grows with skew too, and where the peaks lie is not stored: +-0.4 is not tested.",
    )


def inactive_units(runs: Runs) -> Finding:
    """Test whether units fall silent less while memorising and more after, sooner with more decay."""
    tested = _grokking(runs, "inactive_frac")
    tables = evidence.recording(evidence.random_tables(runs, "embedding_mlp"), "inactive_frac")
    dips = evidence.share(tested, _dips)
    excess = evidence.share_difference(tested, tables, _dips)
    decay = [(r.run.context.learning_rate or 0) * (r.run.context.weight_decay or 0) for r in tested]
    sooner = evidence.spearman(tested, decay, [_lowest_step(r) for r in tested])
    return Finding(
        graded(
            at_least(dips, 0.75) and at_most(sooner, 0.0) and at_least(excess, 0.0),
            at_least(dips, 0.5) and at_most(sooner, 0.0),
        ),
        {
            "share of runs in which inactive units fall by 0.02 and rise by 0.02": dips,
            "difference from random tables": excess,
            "rank correlation of the lowest point's step with rate x decay": sooner,
            "step of the lowest point over memorisation, median": evidence.median(
                tested, lambda r: _lowest_step(r) / evidence.memorized(r)
            ),
        },
        [*tested, *tables],
        Picture(
            "step / step of memorisation",
            "inactive units",
            [
                *course("generalises late", tested, "inactive_frac", origin=evidence.memorized),
                *course("random table", tables, "inactive_frac", origin=evidence.memorized),
            ],
            x_log=True,
        ),
        "The course is the same where nothing can be learnt: it follows memorising, not generalising.",
    )


def _lowest_step(run: LabelledRun) -> float:
    steps, values = run.run.trajectory.recorded("inactive_frac")
    return float(steps[np.argmin(values)])


def _dips(run: LabelledRun) -> bool:
    values = run.run.trajectory.recorded("inactive_frac")[1]
    return bool(values[0] - values.min() > 0.02 and values[-1] - values.min() > 0.02)


def init_scale(runs: Runs) -> Finding:
    """Test whether delays grow with the scale of initial weights, all else varying."""
    tested = evidence.grokking(evidence.of(runs, "modular", "embedding_mlp"))
    scale = [r.run.context.init_scale or 1.0 for r in tested]
    found = evidence.spearman(tested, scale, [evidence.delay(r) for r in tested])
    return Finding(
        graded(at_least(found, 0.2), at_least(found, 0.0)),
        {"rank correlation of scale and delay": found, "largest scale": max(scale, default=0.0)},
        tested,
        note="Few stored runs have a scale above 2, and all else varies: `sy_initialisation` holds the rest fixed.",
    )
