"""A question to a forecaster: as it is put, and as it is once checked and completed."""

from dataclasses import dataclass

from features.landmarks import MIN_EVALS, MIN_LANDMARK
from features.operations import separable
from features.phase import Phase, phase_of
from features.table import TARGETS
from training_runs import Context, InvalidInput, Onset, Trajectory
from training_runs.context_words.values import OPERATIONS
from training_runs.errors import percent_hint
from training_runs.onset import (
    MEMORIZED_ACCURACY,
    SUSTAINED_EVALS,
    arrived,
    chance_accuracy_of,
    generalization,
    memorization,
    target_accuracy_of,
)
from training_runs.pace import pace_of, require_rates
from training_runs.trajectory import NOT_BEGUN


@dataclass(frozen=True, eq=False)
class Question:
    """A partial history, and what is to be forecast of it.

    Attributes
    ----------
    trajectory : everything recorded so far; its last step is the landmark.
    horizon_step : the step the probability is for. Default: `context.budget_step`, else 10x the last step.
    target_accuracy : the validation accuracy that counts as generalised. Default: by task family.
    warnings : what the caller already ignored or assumed; repeated in the answer.
    with_gaps : whether to say what to tell next, which takes ten times as long as the forecast.
    seconds_per_step : how fast the training goes, by the wall clock. Default: by the times of the trajectory.
    cost_per_hour : of the training, in any currency.
    """

    trajectory: Trajectory
    context: Context = Context()
    horizon_step: int | None = None
    target_accuracy: float | None = None
    warnings: tuple[str, ...] = ()
    with_gaps: bool = False
    seconds_per_step: float | None = None
    cost_per_hour: float | None = None


@dataclass(frozen=True, eq=False)
class CheckedQuestion:
    """A question that can be answered, with what its history shows and what was not given filled in.

    Attributes
    ----------
    history, context : as given.
    landmark : the last step of the history.
    phase : at the landmark; None where no signal decides it.
    memorized, generalized : as far as the history confirms them.
    arrived : how many of the last checkpoints are at the target, which three would confirm.
    horizon : the step the probability is for.
    horizon_stated : whether the horizon, or a budget that is not used up, was given.
    target_accuracy : the validation accuracy that counts as generalised.
    warnings : what was assumed or ignored, in sentences.
    """

    history: Trajectory
    context: Context
    landmark: int
    phase: Phase | None
    memorized: Onset
    generalized: Onset
    arrived: int
    horizon: int
    horizon_stated: bool
    target_accuracy: float
    warnings: tuple[str, ...]


def check(question: Question) -> CheckedQuestion:
    """Return a question checked and completed.

    Raises
    ------
    InvalidInput : too few checkpoints, no signal in them, or a horizon, target, chance accuracy, pace or price that cannot be.
    """
    history, context = question.trajectory, question.context
    landmark = history.observed_until
    if len(history) < MIN_EVALS or landmark < MIN_LANDMARK:
        raise InvalidInput(
            field="history.step",
            value=f"{len(history)} checkpoints up to step {landmark}",
            expected=f"at least {MIN_EVALS} checkpoints, the last at step {MIN_LANDMARK} or later",
            hint="add earlier checkpoints, or send the history again when the run has gone further",
        )
    if not history.recorded_names():
        raise InvalidInput(
            field="history",
            value="steps without a value of any signal",
            expected="values of at least one signal, such as train_acc and val_acc",
            hint=f"docs/signals.md lists the signals; {NOT_BEGUN}",
        )
    require_rates(question.seconds_per_step, question.cost_per_hour)
    target, target_warnings = _target(question)
    chance_warnings = _chance_warnings(question, target)
    memorized, generalized = memorization(history), generalization(history, target)
    horizon, horizon_warnings = _horizon(question, landmark, generalized)
    return CheckedQuestion(
        history=history,
        context=context,
        landmark=landmark,
        phase=phase_of(history, context, target),
        memorized=memorized,
        generalized=generalized,
        arrived=arrived(history, "val_acc", target),
        horizon=horizon,
        horizon_stated=question.horizon_step is not None or (context.budget_step or 0) > landmark,
        target_accuracy=target,
        warnings=(
            *question.warnings,
            *target_warnings,
            *_unknown_operation(context),
            *_signal_warnings(history, memorized),
            *chance_warnings,
            *horizon_warnings,
            *_price_without_pace(question),
        ),
    )


def _target(question: Question) -> tuple[float, list[str]]:
    """Return the target accuracy, and a warning where it lies outside those learnt from."""
    target = question.target_accuracy
    if target is None:
        target = target_accuracy_of(question.context)
    elif not 0 < target <= 1:
        raise InvalidInput(
            field="target_accuracy", value=target, expected="a number in (0, 1]", hint=percent_hint(target)
        )
    if TARGETS[0] <= target <= TARGETS[-1]:
        return target, []
    near = min(max(target, TARGETS[0]), TARGETS[-1])
    return target, [f"target_accuracy {target:g} is outside what was learnt: it is forecast as {near:g}"]


_ABSENCES = {
    "train_acc": "no train_acc: the memorisation step is not known, and the phase is judged from train_loss if it is there",
    "val_acc": "no val_acc: onset is forecast in the sense of the runs learnt from, and cannot be observed",
}


def _signal_warnings(history: Trajectory, memorized: Onset) -> list[str]:
    """Return a warning for each thing that a history leaves open."""
    recorded = history.recorded_names()
    warnings = [absence for name, absence in _ABSENCES.items() if name not in recorded]
    if memorized.step is not None and memorized.step == history.recorded("train_acc")[0][0]:
        warnings.append("the history begins after memorisation: its first step stands for the memorisation step")
    fitted = arrived(history, "train_acc", MEMORIZED_ACCURACY)
    if memorized.step is None and fitted and _has_waited(history, fitted):
        at = "the last checkpoint" if fitted == 1 else f"the last {fitted} checkpoints"
        warnings.append(
            f"train_acc is {MEMORIZED_ACCURACY} or more at {at}: memorisation is confirmed by {SUSTAINED_EVALS} in a row; "
            "give more of the checkpoints since"
        )
    return warnings


def _has_waited(history: Trajectory, fitted: int) -> bool:
    """Return True if a run has gone on for long since its last checkpoint with less: one that is watched has the next ones soon."""
    steps, _ = history.recorded("train_acc")
    return fitted == len(steps) or bool(steps[-1] >= 2 * steps[-fitted - 1])


def _chance_warnings(question: Question, target: float) -> list[str]:
    """Return a warning where the chance accuracy is a guess; raise where it leaves nothing to reach."""
    history, chance = question.trajectory, question.context.chance_accuracy
    if chance is not None and chance >= target:
        raise InvalidInput(
            field="context.chance_accuracy",
            value=chance,
            expected=f"less than the target accuracy, {target:g}",
        )
    warning = chance_accuracy_of(question.context, history)[1]
    return [warning] if warning and "val_acc" in history.recorded_names() else []


def _unknown_operation(context: Context) -> list[str]:
    """Return a warning where the name of a modular operation is not known; other tasks' operations have no names here."""
    named = context.operation is not None and context.task_family in (None, "modular")
    if not named or separable(context.operation) is not None:
        return []
    known = ", ".join(OPERATIONS)
    return [
        f"context.operation {context.operation!r} is not known and counts as none; known are {known} and usual names of theirs"
    ]


def _price_without_pace(question: Question) -> list[str]:
    """Return a warning where a price is of no use."""
    if question.cost_per_hour is None or pace_of(question.trajectory, question.seconds_per_step) is not None:
        return []
    return [
        "cost_per_hour is not used: nothing says how fast the training goes (seconds_per_step, or times in the history)"
    ]


def _horizon(question: Question, landmark: int, generalized: Onset) -> tuple[int, list[str]]:
    """Return the step that the probability is for, and a warning where the budget cannot be it."""
    horizon, budget = question.horizon_step, question.context.budget_step
    if horizon is not None:
        # A run observed past its horizon is still answered if it has generalised.
        if horizon <= landmark and generalized.step is None:
            raise InvalidInput(
                field="horizon_step",
                value=horizon,
                expected=f"a step after the last one, {landmark}",
            )
        return horizon, []
    if budget is None:
        return 10 * landmark, []
    if budget > landmark:
        return budget, []
    return 10 * landmark, [f"budget_step {budget} has passed: the horizon is 10x the last step"]
