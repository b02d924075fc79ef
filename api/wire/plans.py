"""The wire format of plans: settings in, what each would do and cost out."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.wire.examples import PLAN_ANSWER, PLAN_REQUEST
from api.wire.forecasts import Answer, OnsetCurve, Probability, StepQuantiles, ignored_names
from api.wire.history import MOST_TEXT, Number, StatedContext, WholeNumber, sentences_in, too_much_text
from predictor.planning.comparison import Comparison
from predictor.planning.question import MAX_SETTINGS, WANTED, PlanQuestion
from training_runs.context import MEANINGS
from training_runs.onset import Outcome
from training_runs.pace import MOST_COST, MOST_SECONDS

_Values = Annotated[list[Any], Field(min_length=1, max_length=MAX_SETTINGS)]


class PlanRequest(BaseModel):
    """Settings of runs that have not begun: a list of contexts, or every combination of some values. Unknown fields are ignored with a warning."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [PLAN_REQUEST]})

    context: StatedContext | None = Field(
        None, description="fields that all settings share, where theirs say nothing else"
    )
    contexts: list[StatedContext] = Field(
        default_factory=list, max_length=MAX_SETTINGS, description="settings, one by one; instead of `grid`"
    )
    grid: dict[str, _Values] = Field(
        default_factory=dict,
        max_length=len(MEANINGS),
        description=f"field of a context -> values; each combination is a setting, at most {MAX_SETTINGS}",
    )
    budget_step: WholeNumber | None = Field(
        None, description="step at which training would end; default: each context's `budget_step`"
    )
    target_accuracy: Annotated[Number, Field(gt=0, le=1)] | None = Field(
        None, description="validation accuracy that counts as generalised; default: by task family"
    )
    wanted_probability: Annotated[Number, Field(gt=0, lt=1)] = Field(
        WANTED, description="of onset by the budget: the cheapest setting that reaches it is named"
    )
    seconds_per_step: Annotated[Number, Field(gt=0, le=MOST_SECONDS)] | None = Field(
        None, description="of training; with it the expected costs are in hours too"
    )
    cost_per_hour: Annotated[Number, Field(ge=0, le=MOST_COST)] | None = Field(
        None, description="of training, in any currency; with `seconds_per_step` the expected costs are in money too"
    )

    def to_question(self) -> PlanQuestion:
        """Return the request as the forecaster takes it.

        Raises
        ------
        InvalidInput : its settings hold too much text.
        """
        stated = [dict(context) for context in (self.context, *self.contexts) if context is not None]
        found = sum(map(len, set(sentences_in([*stated, self.grid]))))
        if found > MOST_TEXT:
            raise too_much_text("contexts", found)
        return PlanQuestion(
            context={} if self.context is None else dict(self.context),
            contexts=[dict(context) for context in self.contexts],
            grid=self.grid,
            budget_step=self.budget_step,
            target_accuracy=self.target_accuracy,
            wanted_probability=self.wanted_probability,
            seconds_per_step=self.seconds_per_step,
            cost_per_hour=self.cost_per_hour,
            warnings=tuple(ignored_names(("fields", self.model_extra))),
        )


class PlanOfSetting(Answer):
    """Whether and when a run of a setting would memorise and generalise. Steps are counted from the start of training."""

    forecaster: str = Field(description="version of the forecaster")
    budget_step: int = Field(description="step at which training would end")
    target_accuracy: float = Field(description="validation accuracy that counts as generalised")
    supported_until_step: int = Field(description="too few runs were observed beyond it")
    probability_memorization_by_budget: Probability = Field(
        description="probability of a training accuracy of 0.95 by the budget, or by `supported_until_step` if that is earlier"
    )
    probability_onset_by_budget: Probability = Field(description="probability of onset by then")
    memorization_step: StepQuantiles = Field(
        description="quantiles of the memorisation step; runs that never memorise count as later"
    )
    onset_step: StepQuantiles = Field(description="quantiles of the onset step; runs without onset count as later")
    onset_step_if_onset: StepQuantiles = Field(description="quantiles of the onset step, given onset by the budget")
    expected_steps: int = Field(description="mean number of steps to onset or to the budget, whichever comes first")
    outcome: Outcome = Field(description="the most probable of the outcomes below")
    outcome_probabilities: dict[Outcome, Probability] = Field(
        description="probability of each outcome at the budget; they add up to 1"
    )
    curve: OnsetCurve
    in_support: bool = Field(
        description="whether runs like this one were learnt from; if not, its figures are no verdict"
    )
    reasons: list[str] = Field(description="why not; empty within support")
    warnings: list[str] = Field(description="what was assumed")


class PlannedSetting(Answer):
    """One of the settings."""

    setting: dict[str, Any] = Field(description="the fields in which the settings differ, as they were read")
    plan: PlanOfSetting
    expected_hours: float | None = Field(description="`expected_steps` in hours; null without `seconds_per_step`")
    expected_cost: float | None = Field(description="of `expected_hours`; null without `cost_per_hour`")


class PlanAnswer(Answer):
    """What each setting would do and cost, and which to take. Every field is always present."""

    model_config = ConfigDict(json_schema_extra={"examples": [PLAN_ANSWER]})

    forecaster: str = Field(description="version of the forecaster")
    wanted_probability: Probability = Field(description="of onset by the budget")
    shared: dict[str, Any] = Field(description="the fields that all settings have alike, as they were read")
    settings: list[PlannedSetting] = Field(description="in the order in which they were asked for")
    cheapest: int | None = Field(
        description="index of the setting that reaches the wanted probability in the fewest expected steps; null if none "
        "within support does"
    )
    recommendation: str = Field(description="the same in a sentence, or which setting is the likeliest")
    warnings: list[str] = Field(description="how the contexts were read, and what was ignored")

    @classmethod
    def from_comparison(cls, comparison: Comparison) -> "PlanAnswer":
        """Return the wire form of an answer."""
        return cls.model_validate(comparison)
