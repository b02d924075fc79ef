"""The onset forecaster: fitted on a corpus cut at landmarks, answering questions about one partial history or many."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.columns import Column, positions
from features.context_features import CONTEXT_MARKER
from features.extract import COLUMNS, FEATURES, extract, extract_with_each
from features.phase import phase_index
from features.table import FeatureTable
from predictor.answering.advice import AdviceRule, fit_advice
from predictor.answering.answer import answer, answer_generalized
from predictor.answering.clock import clock_of
from predictor.answering.drivers import drivers_of
from predictor.answering.gaps import gaps_of, signal_gaps, suppose
from predictor.answering.seen_contexts import SeenContexts
from predictor.answering.support import (
    SimilarityScore,
    SupportedHorizon,
    categories_of,
    fit_similarity,
    fit_supported_horizon,
)
from predictor.calibration_groups import calibration_group, group_of
from predictor.fitting_tables import FittingTables
from predictor.forecast import Forecast, Gap
from predictor.hazard.cross_fitting import HazardModel
from predictor.hazard.curves import OnsetCurves
from predictor.hazard.rows import Rows
from predictor.hazard.time_bins import EDGES, decades_after
from predictor.planning.comparison import Comparison
from predictor.planning.plan import Plan
from predictor.planning.planner import Planner
from predictor.planning.question import PlanQuestion
from predictor.population import memorization_of, onset_by_phase
from predictor.question import CheckedQuestion, Question, check
from training_runs import Context, InvalidInput, Run
from training_runs.arrays import FloatArray

_AT_ONCE = 64  # histories answered together: where each ends in the trees takes some 100 kB
# Of runs whose last checkpoint, or last two, were at the target, the share that held it sooner or later, and less than it: 0.96 to
# 0.98 and 0.99 of the corpus's runs, thinned to 6 checkpoints or as recorded; 0.81 and 0.95 of such checkpoints elsewhere.
_CONFIRMED = (0.0, 0.9, 0.96)


@dataclass(frozen=True, eq=False)
class OnsetForecaster:
    """Forecasts whether and when a run will generalise.

    Attributes
    ----------
    version : name under which it is stored and quoted in every forecast.
    columns : the features that it reads, by name and version, in its own order; all else here is in that order.
    hazard : the fitted hazards and their calibration.
    population : P(onset by each edge) over the corpus, one row for each phase; mixed into forecasts of unlike histories.
    memorization : P(memorised by each edge) over the corpus's rows that were still fitting.
    supported_horizon, similarity : how far ahead, and how far around it, the corpus supports a forecast.
    advice : thresholds and their error rates.
    seen_contexts : of the configurations learnt from; None in versions fitted before it was kept, which tell no gaps.
    sources : of runs recorded elsewhere that it has learnt from.
    planner : answers about settings that have not begun; None where too few runs generalised to learn that.
    """

    version: str
    columns: tuple[Column, ...]
    hazard: HazardModel
    population: FloatArray
    memorization: FloatArray
    supported_horizon: SupportedHorizon
    similarity: SimilarityScore
    advice: AdviceRule
    seen_contexts: SeenContexts | None
    sources: tuple[str, ...]
    planner: Planner | None

    @classmethod
    def fit(
        cls,
        runs: Sequence[Run],
        version: str,
        on_fold: Callable[[], None] = lambda: None,
        *,
        tables: FittingTables | None = None,
        n_trees: int | None = None,
        plans: bool = True,
    ) -> "OnsetForecaster":
        """Learn from runs, or from their tables where they are at hand. The same runs give the same forecaster.

        Parameters
        ----------
        on_fold : called each time one of the folds is done.
        n_trees : of each learner; by default as many as the shipped forecaster has. Simple corpora need fewer.
        plans : whether it learns to answer about settings too, from the runs themselves.
        """
        tables = tables or FittingTables.of(runs)
        table = tables.training
        rows = Rows.of(table, table.features, group_of(table))
        hazard = HazardModel.fit(
            rows,
            context_positions(table.columns),
            on_fold,
            context_marker=table.position(CONTEXT_MARKER),
            n_trees=n_trees,
        )
        supported_horizon = fit_supported_horizon(_age(table), table.landmark, rows.x, table.configuration)
        return cls(
            version=version,
            columns=table.columns,
            hazard=hazard,
            population=onset_by_phase(rows, table.phase),
            memorization=memorization_of(table),
            supported_horizon=supported_horizon,
            similarity=fit_similarity(
                table.features,
                table.phase,
                hazard.importance(),
                np.array([FEATURES[column.name].group == "history" for column in table.columns]),
                categories_of([r.context for r in runs]),
            ),
            advice=_fit_advice(tables.monitored_rows, hazard, supported_horizon),
            seen_contexts=SeenContexts.fit(runs),
            sources=tuple(sorted({r.origin for r in runs} - {""})),
            planner=Planner.fit(runs, n_trees) if plans else None,
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
        checked = [_checked(q) for q in questions]
        open_ = [q for q in checked if isinstance(q, CheckedQuestion) and q.phase != "generalized"]
        answers = chain.from_iterable(self._answers(open_[k : k + _AT_ONCE]) for k in range(0, len(open_), _AT_ONCE))
        results: list[Forecast | InvalidInput] = []
        for question in checked:
            if isinstance(question, InvalidInput):
                results.append(question)
            elif question.phase == "generalized":
                results.append(answer_generalized(self.version, question, self.advice))
            else:
                results.append(next(answers))
        return [
            self._completed(question, result) if isinstance(result, Forecast) else result
            for question, result in zip(questions, results, strict=True)
        ]

    def plan(
        self, contexts: Sequence[Context], *, budget_step: int | None = None, target_accuracy: float | None = None
    ) -> list[Plan]:
        """Return what runs of some settings would do, before they have begun. Arguments as for `Planner.plan`.

        Raises
        ------
        InvalidInput : a setting without a budget, a target that cannot be, or this version has not learnt to plan.
        """
        if self.planner is None:
            raise InvalidInput(
                field="forecaster",
                value=self.version,
                expected="a version that has learnt to plan",
                hint="the shipped one has; a version retrained on few runs that generalise has not",
            )
        return self.planner.plan(self.version, contexts, budget_step=budget_step, target_accuracy=target_accuracy)

    def compare(self, question: PlanQuestion) -> Comparison:
        """Return what each of some settings would do, and which to take.

        Raises
        ------
        InvalidInput : as `plan`, and what is asked cannot be read.
        """
        contexts, notes = question.settings()
        plans = self.plan(contexts, budget_step=question.budget_step, target_accuracy=question.target_accuracy)
        return Comparison.of(self.version, question, contexts, plans, notes)

    def curves(self, table: FeatureTable, *, blind: bool = False, to_reach: bool = True) -> OnsetCurves:
        """Return calibrated curves of a table's rows.

        Parameters
        ----------
        blind : by the learners that did not see each row's configuration.
        to_reach : only as far as they are supported, as forecasts are; else as far as the model goes.

        Raises
        ------
        MissingColumn : the table lacks a feature that is read here, or has it in another version.
        """
        features, group = table.select(self.columns), group_of(table)
        if blind:
            cdf = self.hazard.blind_curves(features, table.target, group, table.configuration)
        else:
            cdf = self.hazard.table_curves(features, table.target, group)
        if not to_reach:
            return OnsetCurves(cdf, np.full(len(table), EDGES[-1]))
        return OnsetCurves(cdf, self.supported_horizon(_age(table), table.landmark))

    def in_support(self, table: FeatureTable, contexts: Sequence[Context]) -> NDArray[np.bool_]:
        """Return whether each row, with the context that it was given, resembles what was learnt from.

        Raises
        ------
        MissingColumn : the table lacks a feature that is read here, or has it in another version.
        """
        score = self.similarity.score(table.select(self.columns), contexts)
        return np.asarray(score >= self.similarity.threshold)

    def warm_up(self) -> None:
        """Make ready what the first question would wait for.

        Raises
        ------
        MissingColumn : a feature is not measured any more, or means something else today.
        ValueError, IndexError : the parts do not fit together.
        """
        self._positions, self._column  # noqa: B018
        self.hazard.warm_up()

    def state(self) -> dict[str, Any]:
        """Return everything but the version: nested dictionaries and lists of arrays, numbers and words."""
        return {
            "columns": [[column.name, column.version] for column in self.columns],
            "hazard": self.hazard.state(),
            "population": self.population,
            "memorization": self.memorization,
            "supported_horizon": self.supported_horizon.state(),
            "similarity": self.similarity.state(),
            "advice": self.advice.state(),
            "seen_contexts": None if self.seen_contexts is None else self.seen_contexts.state(),
            "sources": list(self.sources),
            "planner": None if self.planner is None else self.planner.state(),
        }

    @classmethod
    def of_state(cls, version: str, state: dict[str, Any]) -> "OnsetForecaster":
        """Return the forecaster whose state this is."""
        seen = state.get("seen_contexts")
        return cls(
            version=version,
            columns=tuple(Column(name, number) for name, number in state["columns"]),
            hazard=HazardModel.of_state(state["hazard"]),
            population=state["population"],
            memorization=state["memorization"],
            supported_horizon=SupportedHorizon.of_state(state["supported_horizon"]),
            similarity=SimilarityScore.of_state(state["similarity"]),
            advice=AdviceRule.of_state(state["advice"]),
            seen_contexts=None if seen is None else SeenContexts.of_state(seen),
            sources=tuple(state["sources"]),
            planner=None if state["planner"] is None else Planner.of_state(state["planner"]),
        )

    @cached_property
    def _positions(self) -> NDArray[np.intp]:
        """Where today's features have the columns that are read."""
        return positions(self.columns, COLUMNS)

    @cached_property
    def _column(self) -> dict[str, int]:
        return {column.name: k for k, column in enumerate(self.columns)}

    def supposed_curves(self, questions: Sequence[CheckedQuestion], *, unseen: str | None = None) -> OnsetCurves:
        """Return the curves that answer questions about one history beside several contexts.

        Parameters
        ----------
        unseen : by the learner that has not seen this configuration.
        """
        features = extract_with_each(questions[0].history, [q.context for q in questions])
        read = self._read(questions, features)
        if unseen is None:
            cdf = self.hazard.table_curves(read.features, read.target, read.group)
        else:
            cdf = self.hazard.blind_curves(read.features, read.target, read.group, np.full(len(questions), unseen))
        return self._curves(questions, read, cdf)

    def _answers(self, questions: list[CheckedQuestion]) -> list[Forecast]:
        read = self._read(questions, np.stack([extract(q.history, q.context) for q in questions]))
        rows = self.hazard.prepare(read.features, read.target)
        curves = self._curves(questions, read, self.hazard.curves(rows, read.group))
        median = curves.quantile(0.5 * curves.probability(curves.reach))
        bins = np.searchsorted(EDGES[1:-1], np.where(np.isnan(median), 0.0, median), side="right")
        moved = self.hazard.contributions(rows, bins)
        trust, is_like = self.similarity.trust(read.score), read.score >= self.similarity.threshold
        return [
            answer(
                self.version,
                question,
                curve,
                memorization=self.memorization,
                drivers=drivers_of(self.columns, moved[k], read.features[k]),
                support_score=float(trust[k]),
                in_support=bool(is_like[k]),
                support_reasons=() if is_like[k] else self._reasons(read.features[k], question),
                advice=self.advice,
            )
            for k, (question, curve) in enumerate(zip(questions, curves, strict=True))
        ]

    def _read(self, questions: Sequence[CheckedQuestion], measured: FloatArray) -> "_Read":
        """Return questions as this forecaster reads them, from today's features of each."""
        features = np.take(measured, self._positions, axis=1)
        target = np.array([q.target_accuracy for q in questions])
        phase = np.array([phase_index(q.phase) for q in questions])
        val_acc, marker = (features[:, self._column[name]] for name in ("val_acc_level", CONTEXT_MARKER))
        return _Read(
            features=features,
            target=target,
            phase=phase,
            group=calibration_group(phase, target, val_acc=val_acc, marker=marker),
            score=self.similarity.score(features, [q.context for q in questions]),
        )

    def _curves(self, questions: Sequence[CheckedQuestion], read: "_Read", cdf: FloatArray) -> OnsetCurves:
        """Return calibrated curves as far as they are trusted and supported."""
        widened = self._widened(cdf, read.phase, self.similarity.trust(read.score))
        landmark = np.array([q.landmark for q in questions], dtype=float)
        reach = self.supported_horizon(read.features[:, self._column["memorization_age"]], landmark)
        return OnsetCurves(np.maximum(widened, _confirmed(questions)), reach)

    def _completed(self, question: Question, forecast: Forecast) -> Forecast:
        """Return a forecast with what was asked for beside it."""
        clock = clock_of(question, forecast)
        if question.with_gaps:
            forecast = replace(forecast, gaps=self._gaps(question, forecast))
        return forecast if clock is None else replace(forecast, clock=clock)

    def _gaps(self, question: Question, forecast: Forecast) -> tuple[Gap, ...] | None:
        """Return what to tell next: nothing where the forecast is none of this run's own, or none at all."""
        if self.seen_contexts is None:
            return None
        if forecast.phase == "generalized" or forecast.support.score == 0:
            return ()
        fields = gaps_of(suppose(question, self.seen_contexts), self.supposed_curves)
        return fields + signal_gaps(forecast.support.signals_missing, forecast.probability_onset_by_horizon)

    def _reasons(self, features: FloatArray, question: CheckedQuestion) -> tuple[str, ...]:
        def in_words(k: int) -> str:
            return FEATURES[self.columns[k].name].in_words(float(features[k]))

        return self.similarity.reasons(features, question.context, in_words)

    def _widened(self, cdf: FloatArray, phase: np.ndarray, trust: FloatArray) -> FloatArray:
        """Mix in what the corpus as a whole did, the more so the less a history resembles it."""
        own = trust[:, None]
        return np.asarray(own * cdf + (1 - own) * self.population[phase])


@dataclass(frozen=True, eq=False)
class _Read:
    """Questions as a forecaster reads them.

    Attributes
    ----------
    features : those that it reads, shape (n, n_features).
    target, phase, group : target accuracy, index of the phase, and group of calibration, shape (n,).
    score : how much each resembles what was learnt from, shape (n,).
    """

    features: FloatArray
    target: FloatArray
    phase: NDArray[np.int64]
    group: NDArray[np.int64]
    score: FloatArray


def context_positions(columns: Sequence[Column]) -> list[int]:
    """Return the positions of the columns of the context.

    Learners of it alone read them, and the log-linear part of the others: with the history in that, forecasts without
    context were worse elsewhere.
    """
    return [k for k, column in enumerate(columns) if FEATURES[column.name].group == "context"]


def _age(table: FeatureTable) -> FloatArray:
    """Return the decades since memorisation; NaN where it is not confirmed or not known."""
    return table.feature("memorization_age")


def _fit_advice(monitored: FeatureTable, hazard: HazardModel, supported_horizon: SupportedHorizon) -> AdviceRule:
    rows = monitored.where(monitored.outcome_known())
    cdf = hazard.blind_curves(rows.features, rows.target, group_of(rows), rows.configuration)
    curves = OnsetCurves(cdf, supported_horizon(_age(rows), rows.landmark))
    probability = curves.probability(decades_after(rows.budget, rows.landmark))
    return fit_advice(probability, rows.event, rows.blocked, rows.run, rows.configuration)


def _confirmed(questions: Sequence[CheckedQuestion]) -> FloatArray:
    """Return the least probability of an onset that the last checkpoints have reached, of shape (n, 1); 0 where none has."""
    return np.array([[_CONFIRMED[min(q.arrived, 2)]] for q in questions])


def _checked(question: Question) -> CheckedQuestion | InvalidInput:
    """Return a checked question, or the reason why there is none."""
    try:
        return check(question)
    except InvalidInput as error:
        return error
