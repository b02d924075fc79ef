"""What a plan answers."""

from dataclasses import dataclass

from predictor.forecast import Curve, Quantiles
from training_runs.onset import Outcome


@dataclass(frozen=True)
class Plan:
    """Whether and when a run of a setting would memorise and generalise, before it has begun. Steps are absolute.

    Attributes
    ----------
    budget_step : where training would end.
    supported_until_step : beyond it too few runs were observed: probabilities are those of that step.
    probability_memorization_by_budget, probability_onset_by_budget : of the training accuracy at 0.95, and of validation
        accuracy at the target.
    memorization_step, onset_step : quantiles over all runs of the setting.
    onset_step_if_onset : given onset by the budget.
    expected_steps : to onset or to the budget, whichever comes first, on average: what a run costs that is ended there.
    outcome, outcome_probabilities : of the four classes at the budget.
    curve : P(onset by step).
    in_support, reasons : whether runs like this one were learnt from, and why not if not.
    warnings : what was assumed.
    """

    forecaster: str
    budget_step: int
    target_accuracy: float
    supported_until_step: int
    probability_memorization_by_budget: float
    probability_onset_by_budget: float
    memorization_step: Quantiles
    onset_step: Quantiles
    onset_step_if_onset: Quantiles
    expected_steps: int
    outcome: Outcome
    outcome_probabilities: dict[Outcome, float]
    curve: Curve
    in_support: bool
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]


def cheapest(plans: list[Plan], wanted: float) -> int | None:
    """Return which of several settings reaches a probability of onset by the budget in the fewest expected steps.

    None where none in support reaches it.
    """
    reaching = [k for k, plan in enumerate(plans) if plan.in_support and plan.probability_onset_by_budget >= wanted]
    return min(reaching, key=lambda k: plans[k].expected_steps, default=None)
