"""Rows predicted by models that did not see their configuration: what every figure of the benchmark is made from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.table import FeatureTable
from predictor.benchmark.baselines.registry import Baseline, baselines
from predictor.benchmark.delay import DelayForecasts
from predictor.benchmark.methods import CONTEXT_BOOSTED, FORECASTER
from predictor.benchmark.prediction import Prediction, Predictor, predict
from predictor.benchmark.rows import HEADLINE, CorpusTables
from predictor.forecaster import OnsetForecaster
from predictor.hazard.curves import OnsetCurves
from predictor.hazard.folds import N_FOLDS, fold_of
from predictor.hazard.time_bins import EDGES, decades_after
from training_runs import Run
from training_runs.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Test rows of one kind of landmark, with the predictions of every method.

    `cdf` holds the forecaster's curves at the bin edges, `at_end` their value at the onset or the end of the recording.
    """

    rows: FeatureTable
    predictions: dict[str, Prediction]
    cdf: FloatArray
    at_end: FloatArray

    def where(self, kept: NDArray[np.bool_]) -> "HeldOut":
        """Return some of the rows."""
        predictions = {name: p.where(kept) for name, p in self.predictions.items()}
        return HeldOut(self.rows.where(kept), predictions, self.cdf[kept], self.at_end[kept])

    @classmethod
    def of(
        cls,
        forecaster: OnsetForecaster,
        predictors: Mapping[str, Predictor],
        at: FeatureTable,
        test: FeatureTable,
        *,
        blind: bool = False,
    ) -> "HeldOut":
        """Predict test rows by a forecaster and by baselines, which have the training rows `at` the same landmark.

        `blind` : the forecaster by those of its learners that did not see each row's configuration.
        """
        # As far as the model goes: baselines know no supported horizon, and all predict the same budgets.
        curves = forecaster.curves(test, blind=blind, to_reach=False)
        predictions = {FORECASTER: predict(curves, test)}
        predictions |= {name: predictor(at, test) for name, predictor in predictors.items()}
        at_end = curves.probability(decades_after(test.time, test.landmark))
        return cls(test, predictions, curves.cdf, at_end)

    def delays(self, memorization: FloatArray, learnt_from: FeatureTable) -> DelayForecasts:
        """Return the delays and classes that the forecaster, the context alone and typical runs give; as `DelayForecasts.of`."""
        curves = OnsetCurves(self.cdf, np.full(len(self.rows), EDGES[-1]))
        return DelayForecasts.of(
            self.rows, curves, memorization, learnt_from, context_only=self.predictions.get(CONTEXT_BOOSTED)
        )

    @classmethod
    def concatenate(cls, parts: Sequence["HeldOut"]) -> "HeldOut":
        """Return the rows of several folds, which have the same methods."""
        predictions = {
            name: Prediction.concatenate([p.predictions[name] for p in parts]) for name in parts[0].predictions
        }
        return cls(
            FeatureTable.concatenate([p.rows for p in parts]),
            predictions,
            np.concatenate([p.cdf for p in parts]),
            np.concatenate([p.at_end for p in parts]),
        )


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Held-out rows by kind of landmark, of runs watched from memorisation to the rise, and by signal set.

    `baselines` are those that stand beside the forecaster in `at`; `delays` has the rows of `at` with their delays and classes.
    """

    baselines: tuple[Baseline, ...]
    at: dict[str, HeldOut]
    watched: HeldOut
    by_signals: dict[str, HeldOut]
    delays: dict[str, DelayForecasts]


def cross_validate(
    runs: Sequence[Run],
    tables: CorpusTables,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    n_trees: int | None = None,
) -> Evaluation:
    """Predict every row by models that did not see its configuration."""
    configuration = np.array([r.configuration_id for r in runs])
    fold = fold_of(configuration, "benchmark")
    beside = baselines({r.run_id: r.trajectory for r in runs}, n_trees)
    at: dict[str, list[HeldOut]] = {name: [] for name in tables.early}
    by_signals: dict[str, list[HeldOut]] = {name: [] for name in tables.by_signals}
    watched: list[HeldOut] = []
    delays: dict[str, list[DelayForecasts]] = {name: [] for name in tables.early}
    for k in range(N_FOLDS):
        train = tables.of_configurations(configuration[fold != k])
        test = tables.of_configurations(configuration[fold == k])
        assert not set(train.fitting.training.configuration) & set(test.fitting.training.configuration)
        train_runs = [r for r, f in zip(runs, fold, strict=True) if f != k]
        forecaster = OnsetForecaster.fit(train_runs, f"fold-{k}", tables=train.fitting, n_trees=n_trees, plans=False)
        predictors = {baseline.name: baseline.fit(train.fitting.training) for baseline in beside}
        for name, rows in test.early.items():
            if len(rows):
                held_out = HeldOut.of(forecaster, predictors, train.early[name], rows)
                at[name].append(held_out)
                delays[name].append(held_out.delays(forecaster.memorization, train.early[name]))
        context = {CONTEXT_BOOSTED: predictors[CONTEXT_BOOSTED]}
        watched.append(HeldOut.of(forecaster, context, train.fitting.monitored_rows, test.fitting.monitored_rows))
        for name, rows in test.by_signals.items():
            by_signals[name].append(HeldOut.of(forecaster, {}, train.early[HEADLINE], rows))
        on_progress(k + 1, N_FOLDS)
    return Evaluation(
        beside,
        {name: HeldOut.concatenate(parts) for name, parts in at.items() if parts},
        HeldOut.concatenate(watched),
        {name: HeldOut.concatenate(parts) for name, parts in by_signals.items()},
        {name: DelayForecasts.concatenate(parts) for name, parts in delays.items() if parts},
    )
