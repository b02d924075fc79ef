"""Closed laws of grokking time, beside what is fitted here: a constant, a censored regression, the context as a whole."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor

from predictor.benchmark.baselines.laws import PUBLISHED as PUBLISHED_EXPONENTS
from predictor.benchmark.bootstrap import Interval, interval, plain
from predictor.benchmark.metrics import auroc
from predictor.hazard import censored_regression
from predictor.hazard.folds import N_FOLDS, fold_of
from predictor.reproduction import evidence
from predictor.reproduction.claim import Figure, Finding, Picture, at_least, at_most, graded, points
from predictor.reproduction.evidence import Runs
from training_runs.arrays import FloatArray
from training_runs.labelled_run import LabelledRun

PAPER = "Laws of grokking time"
CONSTANT, PUBLISHED, CLOSED, REFIT, ATTENUATED, TREES = (
    "constant",
    "D^-2.04 rate^-0.50 decay^-0.64 width^-0.27, D = train fraction (OpenReview Qh29Wjs8oo)",
    "the same, D = samples / p^1.5",
    "refit, censored: D^a rate^b decay^c",
    "refit on runs with onset only",
    "all of the context, boosted trees on runs with onset",
)
# How the names of the figures begin that docs/laws.md puts into tables.
ERROR, RANKING, EXPONENT = "log10 MAE given onset: ", "AUROC of onset within the budget: ", "exponent of "
_ARCHITECTURES = ("embedding_mlp", "transformer")
_OPERATIONS = ("add", "sub", "mul", "div")

_Design = Callable[[LabelledRun], Sequence[float]]


def _density(run: LabelledRun) -> float:
    """Return training samples over p^1.5: what a table of p symbols needs grows about as fast."""
    return float((run.run.context.train_size or 1) / (run.run.context.modulus or 2) ** 1.5)


def _logs(run: LabelledRun) -> tuple[float, float, float, float, float]:
    """Return log10 of density, train fraction, rate, decay and width."""
    c = run.run.context
    values = (_density(run), c.train_fraction or 0.5, c.learning_rate or 1.0, c.weight_decay or 1.0, c.width or 1)
    density, fraction, rate, decay, width = (math.log10(v) for v in values)
    return density, fraction, rate, decay, width


def _published(run: LabelledRun, size: float) -> float:
    _, _, rate, decay, width = _logs(run)
    terms = {"fraction": size, "rate": rate, "decay": decay, "width": width}
    return sum(exponent * terms[name] for name, exponent in PUBLISHED_EXPONENTS.items())


# Each law as log10 steps, up to a factor for each architecture that is fitted.
LAWS: dict[str, Callable[[LabelledRun], float]] = {
    CONSTANT: lambda r: 0.0,
    "1 / (rate x decay), arXiv 2603.13331": lambda r: -_logs(r)[2] - _logs(r)[3],
    "memorisation step x a constant": lambda r: math.log10(max(evidence.memorized(r), 1)),
    PUBLISHED: lambda r: _published(r, _logs(r)[1]),
    CLOSED: lambda r: _published(r, _logs(r)[0]),
}


@dataclass(frozen=True, eq=False)
class _Rows:
    """Runs as arrays: log10 of onset or end, whether onset was seen, log10 of the budget, factors of architectures."""

    runs: list[LabelledRun]
    time: FloatArray
    event: NDArray[np.bool_]
    budget: FloatArray
    intercepts: FloatArray
    configuration: NDArray[np.str_]

    @classmethod
    def of(cls, runs: Runs) -> "_Rows":
        kept = [r for r in runs if _is_in_scope(r)]
        ends = [min(evidence.onset(r), r.generalized.observed_until) for r in kept]
        return cls(
            kept,
            np.log10(ends),
            np.array([r.generalized.step is not None for r in kept]),
            np.log10([r.run.budget_step for r in kept]),
            np.array([[float(r.run.context.architecture == a) for a in _ARCHITECTURES] for r in kept]),
            np.array([r.run.configuration_id for r in kept]),
        )

    def columns(self, design: _Design) -> FloatArray:
        """Return the factors of architectures and a law's terms."""
        return np.column_stack([self.intercepts, np.array([design(r) for r in self.runs])])


def _is_in_scope(run: LabelledRun) -> bool:
    """Return True for runs that the laws are stated of: AdamW with decay, arithmetic, memorised, able to generalise."""
    c = run.run.context
    return bool(
        run.family == "modular"
        and run.operation in _OPERATIONS
        and c.architecture in _ARCHITECTURES
        and c.optimizer == "adamw"
        and c.weight_decay
        and not c.label_noise
        and not run.run.blocked
        and run.run.status != "diverged"
        and run.memorized.step is not None
    )


def _terms(run: LabelledRun) -> tuple[float, float, float]:
    density, _, rate, decay, _ = _logs(run)
    return density, rate, decay


@dataclass(frozen=True, eq=False)
class _Forecasts:
    """Of each row, by a model that has not seen its configuration: log10 medians, and P(onset within the budget)."""

    median: FloatArray
    median_by_budget: FloatArray
    probability: FloatArray


def _cross_fitted(rows: _Rows, matrix: FloatArray, offset: FloatArray, learnt: NDArray[np.bool_]) -> _Forecasts:
    found = np.full((3, len(rows.time)), np.nan)
    fold = fold_of(rows.configuration, "laws")
    for k in range(N_FOLDS):
        train, test = (fold != k) & learnt, fold == k
        model = censored_regression.fit(matrix[train], rows.time[train], rows.event[train], offset[train])
        horizon = rows.budget[test] - offset[test]
        found[0, test] = model.median(matrix[test]) + offset[test]
        found[1, test] = model.median_by(matrix[test], horizon) + offset[test]
        found[2, test] = model.probability_by(matrix[test], horizon)
    return _Forecasts(*found)


def _trees(rows: _Rows) -> FloatArray:
    """Return log10 onsets by boosted trees on every number of the context."""
    contexts = [r.run.context.as_dict() for r in rows.runs]
    names = sorted({n for c in contexts for n, v in c.items() if isinstance(v, int | float)})
    numbers = np.array([[c.get(n, np.nan) for n in names] for c in contexts], dtype=float)
    words = sorted({f"{c.get('architecture')}/{c.get('operation')}" for c in contexts})
    kinds = [words.index(f"{c.get('architecture')}/{c.get('operation')}") for c in contexts]
    matrix, fold = np.column_stack([numbers, kinds]), fold_of(rows.configuration, "laws")
    found = np.full(len(rows.time), np.nan)
    for k in range(N_FOLDS):
        train = (fold != k) & rows.event
        model = HistGradientBoostingRegressor(loss="absolute_error", max_iter=150, learning_rate=0.07, random_state=0)
        found[fold == k] = model.fit(matrix[train], rows.time[train]).predict(matrix[fold == k])
    return found


def grokking_time(runs: Runs) -> Finding:
    """Compare the laws on configurations that their factors were not fitted on."""
    rows = _Rows.of(runs)
    everything, nothing = np.ones(len(rows.time), dtype=bool), np.zeros(len(rows.time))
    terms = rows.columns(_terms)
    forecasts = {
        name: _cross_fitted(rows, rows.intercepts, np.array([law(r) for r in rows.runs]), everything)
        for name, law in LAWS.items()
    }
    forecasts[ATTENUATED] = _cross_fitted(rows, terms, nothing, rows.event)
    forecasts[REFIT] = _cross_fitted(rows, terms, nothing, everything)
    figures: dict[str, Figure] = {}
    errors = {name: _errors(rows, f.median_by_budget) for name, f in forecasts.items()}
    errors[TREES] = _errors(rows, _trees(rows))
    refit_better = _mean(rows, errors[REFIT] - errors[CONSTANT])
    closed_better = _mean(rows, errors[PUBLISHED] - errors[CONSTANT])
    figures["log10 MAE of the published exponents minus that of a constant"] = closed_better
    figures["log10 MAE of the censored refit minus that of a constant"] = refit_better
    figures |= {f"{ERROR}{name}": _mean(rows, e) for name, e in errors.items()}
    figures |= {f"{RANKING}{name}": _ranking(rows, f.probability) for name, f in forecasts.items()}
    figures |= _exponents(rows, terms)
    figures["runs with onset"] = int(rows.event.sum())
    return Finding(
        graded(at_most(closed_better, -0.05), at_most(closed_better, 0.0)),
        figures,
        rows.runs,
        Picture(
            "onset (step)",
            "median given onset by the budget (step)",
            [
                points(word, 10 ** rows.time[rows.event], 10 ** forecasts[name].median_by_budget[rows.event])
                for word, name in (("published exponents", PUBLISHED), ("censored refit", REFIT))
            ],
            x_log=True,
            y_log=True,
        ),
        "No law reads the history; a forecast does (docs/benchmark.md).",
    )


def _errors(rows: _Rows, median: FloatArray) -> FloatArray:
    return np.abs(median - rows.time)


def _mean(rows: _Rows, values: FloatArray) -> Interval:
    """Return the mean over runs with onset."""
    seen = rows.event
    return interval(lambda i: float(values[seen][i].mean()), rows.configuration[seen])


def _ranking(rows: _Rows, probability: FloatArray) -> Interval:
    return interval(lambda i: auroc(probability[i], rows.event[i]), rows.configuration)


def _exponents(rows: _Rows, terms: FloatArray) -> dict[str, Interval]:
    """Return the exponents of the censored refit, and those of the runs with onset alone."""
    found: dict[str, Interval] = {}
    for how, kept in (("censored refit", np.ones(len(rows.time), dtype=bool)), ("runs with onset only", rows.event)):
        fitted = _refit(terms[kept], rows.time[kept], rows.event[kept])
        for at, name in enumerate(("samples / p^1.5", "rate", "decay"), start=len(_ARCHITECTURES)):
            found[f"{EXPONENT}{name}, {how}"] = interval(partial(_coefficient, fitted, at), rows.configuration[kept])
    return found


def _refit(terms: FloatArray, time: FloatArray, event: NDArray[np.bool_]) -> Callable[[bytes], FloatArray]:
    """Return the function from rows, as bytes of their indices, to coefficients: each draw is fitted once."""

    @cache
    def fitted(rows: bytes) -> FloatArray:
        i = np.frombuffer(rows, dtype=np.intp)
        return censored_regression.fit(terms[i], time[i], event[i]).coefficients

    return fitted


def _coefficient(fitted: Callable[[bytes], FloatArray], at: int, i: NDArray[np.intp]) -> float:
    return float(fitted(i.astype(np.intp).tobytes())[at])


def critical_norm(runs: Runs) -> Finding:
    """Test whether the norm at onset is a constant of the network and p, whatever the rate and the fraction."""
    tested = [r for r in _Rows.of(runs).runs if r.generalized.step is not None and _is_mlp(r)]
    tested = [r for r in tested if _has_fallen(r)]
    norms = np.log10([evidence.value_at(r, "weight_norm", evidence.onset(r)) for r in tested])
    knobs = np.array([_norm_terms(r) for r in tested])
    configuration = np.array([r.run.configuration_id for r in tested])
    matrix = np.column_stack([np.ones(len(tested)), knobs])

    def exponent(at: int) -> Interval:
        return interval(lambda i: float(np.linalg.lstsq(matrix[i], norms[i], rcond=None)[0][at]), configuration)

    of_p, of_rate, of_fraction, of_decay = (exponent(at) for at in (1, 2, 3, 4))
    pairs = _seed_differences(tested, 10**norms)
    flat = all(at_least(f, -0.1) and at_most(f, 0.1) for f in (of_rate, of_fraction))
    near = of_p.low is not None and of_p.high is not None and of_p.low <= 0.38 <= of_p.high
    return Finding(
        graded(flat and near, flat or near),
        {
            "exponent of p (printed: 0.38)": of_p,
            "exponent of the learning rate": of_rate,
            "exponent of the train fraction": of_fraction,
            "exponent of weight decay": of_decay,
            "relative difference between two seeds of a configuration, median": plain(float(np.median(pairs))),
            "pairs of seeds": len(pairs),
        },
        tested,
        Picture(
            "p",
            "weight norm at onset",
            [points("embedding-MLPs", np.array([r.run.context.modulus or 0 for r in tested], dtype=float), 10**norms)],
            x_log=True,
            y_log=True,
        ),
        "Embedding-MLPs under AdamW whose norm falls; width and embedding are terms of the regression too.",
    )


def _is_mlp(run: LabelledRun) -> bool:
    return run.run.context.architecture == "embedding_mlp" and run.outcome == "grokking"


def _has_fallen(run: LabelledRun) -> bool:
    """Return True if the norm at onset is lower than it has been: the law is one of falling norms."""
    _, norms = evidence.before(run, "weight_norm", evidence.onset(run) + 1)
    return bool(norms[-1] < norms.max())


def _norm_terms(run: LabelledRun) -> list[float]:
    c = run.run.context
    _, fraction, rate, decay, width = _logs(run)
    return [math.log10(c.modulus or 2), rate, fraction, decay, width, math.log10(c.embedding_dim or 1)]


def _seed_differences(runs: Runs, values: FloatArray) -> FloatArray:
    """Return the relative difference of the first two seeds of each configuration that has several."""
    by_configuration: dict[str, list[float]] = {}
    for run, value in zip(runs, values, strict=True):
        by_configuration.setdefault(run.run.configuration_id, []).append(float(value))
    return np.array([abs(v[0] - v[1]) / (v[0] + v[1]) * 2 for v in by_configuration.values() if len(v) > 1])
