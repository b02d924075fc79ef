"""The onset forecaster: fitted on a corpus cut at landmarks, asked about one partial history or many."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from features.extract import FEATURES, extract
from features.landmarks import MIN_EVALS, MIN_LANDMARK
from features.operations import OPERATIONS, separable
from features.phase import PHASES, phase_index, phase_of
from features.table import TARGETS, FeatureTable
from predictor.answering.advice import AdviceRule, fit_advice
from predictor.answering.answer import Reading, answer, answer_generalized
from predictor.answering.support import Reach, Resemblance, fit_reach, fit_resemblance, worlds_of
from predictor.fitting_tables import FittingTables
from predictor.forecast import Forecast, Question
from predictor.hazard.cross_fitting import HazardModel, Rows
from predictor.hazard.curves import OnsetCurves
from predictor.hazard.survival import cdf_at, kaplan_meier
from predictor.hazard.time_bins import EDGES, decades_after
from training_runs import Context, InvalidInput, Onset, Run
from training_runs.arrays import FloatArray
from training_runs.onset import chance_accuracy_of, generalization, memorization, target_accuracy_of

# The context: what learners of it alone read, and the log-linear part of the others, since with the history in it forecasts
# without context were worse elsewhere.
CONTEXT_COLUMNS = tuple(k for k, f in enumerate(FEATURES.values()) if f.group == "context")
_AT_ONCE = 64  # histories answered together: where each ends in the trees takes some 100 kB
_AGE, _MEMORIZED, _DECAY_CLOCK, _VAL_ACC = (
    list(FEATURES).index(n) for n in ("memorization_age", "memorized", "decay_clock", "val_acc_level")
)
TOLD = _DECAY_CLOCK  # known where learning rate and weight decay are
_NEARLY = 0.02  # of accuracy: a run that rises and is this near its target has all but arrived


@dataclass(frozen=True, eq=False)
class OnsetForecaster:
    """Says whether and when a run will generalise.

    Attributes
    ----------
    version : name under which it is stored and quoted in every forecast.
    hazard : the boosted hazards and their calibration.
    population : P(onset by each edge) over the corpus, one row for each phase; what is said of unlike histories.
    memorization : P(memorised by each edge) over the corpus's rows that were still fitting.
    reach, resemblance : how far ahead, and how far around it, the corpus supports a forecast.
    advice : thresholds and their error rates.
    """

    version: str
    hazard: HazardModel
    population: FloatArray
    memorization: FloatArray
    reach: Reach
    resemblance: Resemblance
    advice: AdviceRule

    @classmethod
    def fit(
        cls,
        runs: Sequence[Run],
        version: str,
        on_fold: Callable[[], None] = lambda: None,
        *,
        tables: FittingTables | None = None,
    ) -> "OnsetForecaster":
        """Learn from runs, or from their tables where they are at hand. The same runs give the same forecaster."""
        tables = tables or FittingTables.of(runs)
        table = tables.training
        x = decades_after(table.time, table.landmark)
        rows = Rows.of(
            table,
            table.features,
            calibration_group(table.features, table.phase, table.target),
        )
        hazard = HazardModel.fit(rows, list(FEATURES), CONTEXT_COLUMNS, on_fold, told=TOLD)
        reach = fit_reach(_age(table.features), table.landmark, x, table.configuration)
        population = np.stack([_population(rows, table.phase == g) for g in range(len(PHASES) - 1)])
        return cls(
            version=version,
            hazard=hazard,
            population=population,
            memorization=_memorization(table),
            reach=reach,
            resemblance=fit_resemblance(
                table.features,
                table.phase,
                hazard.importance(len(FEATURES)),
                worlds_of([r.context for r in runs]),
            ),
            advice=_fit_advice(tables.watched, hazard, reach),
        )

    def forecast(self, question: Question) -> Forecast:
        """Answer one question.

        Raises
        ------
        InvalidInput : too few checkpoints, or a horizon or target that cannot be.
        """
        result = self.forecast_many([question])[0]
        if isinstance(result, InvalidInput):
            raise result
        return result

    def forecast_many(self, questions: Sequence[Question]) -> list[Forecast | InvalidInput]:
        """Answer many questions at once; in the place of one that cannot be answered stands the reason."""
        readings = [_read(q) for q in questions]
        open_ = [r for r in readings if isinstance(r, Reading) and r.phase != "generalized"]
        answers = chain.from_iterable(self._answers(open_[k : k + _AT_ONCE]) for k in range(0, len(open_), _AT_ONCE))
        results: list[Forecast | InvalidInput] = []
        for reading in readings:
            if isinstance(reading, InvalidInput):
                results.append(reading)
            elif reading.phase == "generalized":
                results.append(answer_generalized(self.version, reading, self.advice))
            else:
                results.append(next(answers))
        return results

    def curves(self, table: FeatureTable, *, blind: bool = False, to_reach: bool = True) -> OnsetCurves:
        """Return calibrated curves of a table's rows.

        Parameters
        ----------
        blind : by the learners that did not see each row's configuration.
        to_reach : only as far as they are supported, as forecasts are; else as far as the model goes.
        """
        group = calibration_group(table.features, table.phase, table.target)
        if blind:
            cdf = self.hazard.blind_curves(table.features, table.target, group, table.configuration)
        else:
            cdf = self.hazard.curves(table.features, table.target, group)
        if not to_reach:
            return OnsetCurves(cdf, np.full(len(table), EDGES[-1]))
        return OnsetCurves(cdf, self.reach(_age(table.features), table.landmark))

    def _answers(self, readings: list[Reading]) -> list[Forecast]:
        features = np.stack([extract(r.history, r.context) for r in readings])
        target = np.array([r.target_accuracy for r in readings])
        landmark = np.array([r.landmark for r in readings], dtype=float)
        phase = np.array([phase_index(r.phase) for r in readings])
        score = self.resemblance.score(features, [r.context for r in readings])
        trust = self.resemblance.trust(score)
        leaves = self.hazard.leaves(features, target)
        cdf = self.hazard.curves(features, target, calibration_group(features, phase, target), leaves)
        curves = OnsetCurves(self._widened(cdf, phase, trust), self.reach(_age(features), landmark))
        median = curves.quantile(0.5 * curves.probability(curves.reach))
        bins = np.searchsorted(EDGES[1:-1], np.where(np.isnan(median), 0.0, median), side="right")
        moved = self.hazard.contributions(features, target, bins, leaves)
        return [
            answer(
                self.version,
                reading,
                curve,
                memorization=self.memorization,
                features=features[k],
                contribution=moved[k],
                support_score=float(trust[k]),
                in_support=bool(score[k] >= self.resemblance.threshold),
                advice=self.advice,
            )
            for k, (reading, curve) in enumerate(zip(readings, curves, strict=True))
        ]

    def _widened(self, cdf: FloatArray, phase: np.ndarray, trust: FloatArray) -> FloatArray:
        """Mix in what the corpus as a whole did, the more so the less a history resembles it."""
        own = trust[:, None]
        return np.asarray(own * cdf + (1 - own) * self.population[phase])


def calibration_group(features: FloatArray, phase: NDArray[np.int64], target: FloatArray) -> NDArray[np.int64]:
    """Return which calibration each row belongs to: by phase, and by whether learning rate and weight decay are known.

    Without them a forecast is more often wrong, and has to be less sure. Runs that rise and have come near their target stand
    in the place of those that generalised, which nobody forecasts: next to all of them are confirmed within two checkpoints.
    """
    arriving = (phase == PHASES.index("rising")) & (features[:, _VAL_ACC] >= target - _NEARLY)
    stage = np.where(arriving, PHASES.index("generalized"), phase)
    return np.asarray(stage + len(PHASES) * np.isnan(features[:, _DECAY_CLOCK]))


def _age(features: FloatArray) -> FloatArray:
    """Return the decades since memorisation; NaN where it is not confirmed or not known."""
    return features[:, _AGE]


def _population(rows: Rows, members: np.ndarray) -> FloatArray:
    times, cdf, _ = kaplan_meier(rows.x[members], rows.event[members], rows.weight[members])
    return cdf_at(EDGES, times, cdf)


def _memorization(table: FeatureTable) -> FloatArray:
    """Return P(memorised by each edge) of rows that record training accuracy and are not confirmed to have memorised."""
    fitting = table.where(table.as_recorded & (table.features[:, _MEMORIZED] == 0))
    x = decades_after(fitting.memorized_time, fitting.landmark)
    times, cdf, _ = kaplan_meier(x, fitting.memorized_event, fitting.weight)
    return cdf_at(EDGES, times, cdf)


def _fit_advice(watched: FeatureTable, hazard: HazardModel, reach: Reach) -> AdviceRule:
    rows = watched.where(watched.outcome_known())
    group = calibration_group(rows.features, rows.phase, rows.target)
    cdf = hazard.blind_curves(rows.features, rows.target, group, rows.configuration)
    curves = OnsetCurves(cdf, reach(_age(rows.features), rows.landmark))
    probability = curves.probability(decades_after(rows.budget, rows.landmark))
    return fit_advice(probability, rows.event, rows.blocked, rows.run, rows.configuration)


def _read(question: Question) -> Reading | InvalidInput:
    """Check a question and fill in what was not said."""
    try:
        return _reading(question)
    except InvalidInput as error:
        return error


def _reading(question: Question) -> Reading:
    history, context = question.trajectory, question.context
    landmark = history.observed_until
    if len(history) < MIN_EVALS or landmark < MIN_LANDMARK:
        raise InvalidInput(
            field="history.step",
            value=f"{len(history)} checkpoints up to step {landmark}",
            expected=f"at least {MIN_EVALS} checkpoints, the last at step {MIN_LANDMARK} or later",
            hint="send the history again when the run has gone further",
        )
    warnings = list(question.warnings)
    target = question.target_accuracy
    if target is None:
        target = target_accuracy_of(context)
    elif not 0 < target <= 1:
        raise InvalidInput(field="target_accuracy", value=target, expected="a number in (0, 1]")
    if not TARGETS[0] <= target <= TARGETS[-1]:
        near = min(max(target, TARGETS[0]), TARGETS[-1])
        warnings.append(f"target_accuracy {target:g} is outside what was learnt: it is forecast as {near:g}")
    warnings += _unknown_operation(context)
    recorded = history.recorded_names()
    warnings += [absence for name, absence in _ABSENCES.items() if name not in recorded]
    if not recorded:
        warnings.append("no signal at all: the answer rests on the context alone")
    memorized = memorization(history)
    if memorized.step is not None and memorized.step == history.recorded("train_acc")[0][0]:
        warnings.append("the history begins after memorisation: its first step stands for the memorisation step")
    if context.chance_accuracy is not None and context.chance_accuracy >= target:
        raise InvalidInput(
            field="context.chance_accuracy",
            value=context.chance_accuracy,
            expected=f"less than the target accuracy, {target:g}",
        )
    chance_warning = chance_accuracy_of(context, history)[1]
    if "val_acc" in recorded and chance_warning:
        warnings.append(chance_warning)
    generalized = generalization(history, target)
    return Reading(
        history=history,
        context=context,
        landmark=landmark,
        phase=phase_of(history, context, target),
        memorized=memorized,
        generalized=generalized,
        horizon=_horizon(question, landmark, generalized, warnings),
        horizon_stated=question.horizon_step is not None or (context.budget_step or 0) > landmark,
        target_accuracy=target,
        warnings=warnings,
    )


_ABSENCES = {
    "train_acc": "no train_acc: the memorisation step is not known, and the phase is judged from train_loss if it is there",
    "val_acc": "no val_acc: onset is forecast in the sense of the runs learnt from, and cannot be observed",
}


def _unknown_operation(context: Context) -> list[str]:
    """Say that the name of a modular operation says nothing; operations of other tasks have no names here."""
    named = context.operation is not None and context.task_family in (None, "modular")
    if not named or separable(context.operation) is not None:
        return []
    known = ", ".join(OPERATIONS)
    return [
        f"context.operation {context.operation!r} is not known and counts as none; known are {known} and usual names of theirs"
    ]


def _horizon(question: Question, landmark: int, generalized: Onset, warnings: list[str]) -> int:
    horizon, budget = question.horizon_step, question.context.budget_step
    if horizon is not None:
        # A run watched past its horizon is still told that it has generalised.
        if horizon <= landmark and generalized.step is None:
            raise InvalidInput(
                field="horizon_step",
                value=horizon,
                expected=f"a step after the last one, {landmark}",
            )
        return horizon
    if budget is not None and budget > landmark:
        return budget
    if budget is not None:
        warnings.append(f"budget_step {budget} has passed: the horizon is 10x the last step")
    return 10 * landmark
