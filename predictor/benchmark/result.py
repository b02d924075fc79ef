"""Everything that a benchmark finds, as one typed value: what tables, the page, and a forecaster's card are made from.

`BenchmarkResult.as_dict` gives the JSON of `results.json`, of `grokcast benchmark --json` and of a card, and
`BenchmarkResult.of_json` reads it back. Figures are `Interval`s: a value with its 95 % interval by bootstrap over
configurations.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from predictor.benchmark.bootstrap import Interval
from predictor.benchmark.methods import FORECASTER
from training_runs.datasheet.noise_floor import NoiseFloor
from training_runs.errors import InvalidInput
from training_runs.onset import Outcome

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")
ALL_DESIGNS = "all of them"  # the designs beside the corpus that a release has learnt from
CORPUS_BESIDE = "the corpus"  # as a part of all that a release has learnt from
IMAGES = "MNIST and digits"  # of every design, among those that a release has learnt from
QUICK = "Quick: a fifth of the configurations, with few trees and no levels left out; not to be compared with the whole benchmark."


@dataclass(frozen=True)
class Negatives:
    """Rows without onset: of runs that ran out of their budget, and of runs that could never generalise."""

    budget_censored: int
    blocked: int


@dataclass(frozen=True)
class MethodFigures:
    """One method on the rows of a landmark.

    Attributes
    ----------
    auroc, auroc_all, auroc_blocked : without blocked negatives; with all negatives; with blocked ones only.
    average_precision, brier : of P(onset by the budget), on all rows.
    log10_mae, mape : of the median onset, on rows that grok; not defined for a method without a median.
    silent : rows of which it says nothing and has the population's answer; None where it answers all, or none were counted.
    """

    auroc: Interval
    auroc_all: Interval
    auroc_blocked: Interval
    average_precision: Interval
    brier: Interval
    log10_mae: Interval
    mape: Interval
    silent: int | None = None


@dataclass(frozen=True)
class LandmarkFigures:
    """One kind of landmark: counts of rows, with onset, that grok and without; every method; coverage of ours."""

    rows: int
    positives: int
    grokking: int
    negatives: Negatives
    methods: dict[str, MethodFigures]
    coverage90: Interval


@dataclass(frozen=True)
class AlarmFigures:
    """Alarms of one method on algorithmic tasks, by run; `predictor.benchmark.alarm` has the rules.

    Attributes
    ----------
    target_fpr : the rate of false positives that is aimed at.
    negatives, grokking, grokking_watched : runs without onset; that grok; that grok and were watched.
    fpr, fpr_bound : achieved, and its one-sided 95 % bound on one run a configuration.
    coverage, coverage_watched : share of the grokking runs announced: of all, and of those watched.
    lead_steps, lead_share : median lead over the onset; the same as a share of the delay. A miss counts as 0.
    """

    target_fpr: float
    negatives: int
    grokking: int
    grokking_watched: int
    fpr: Interval
    fpr_bound: float
    coverage: Interval
    coverage_watched: Interval
    lead_steps: Interval
    lead_share: Interval


@dataclass(frozen=True)
class DelayFigures:
    """Rows of one kind whose runs grok, of how many configurations, and by method the mean absolute error of log10 delay."""

    rows: int
    configurations: int
    log10_mae: dict[str, Interval]


@dataclass(frozen=True)
class OutcomeFigures:
    """The four classes at the budget, on rows of one kind of landmark.

    Attributes
    ----------
    confusion : by method; class that came -> class that was the likeliest -> number of rows.
    right : by method, the share of rows whose likeliest class came.
    """

    rows: int
    confusion: dict[str, dict[Outcome, dict[Outcome, int]]]
    right: dict[str, Interval]


@dataclass(frozen=True)
class SignalSetFigures:
    """The forecaster at the headline landmark with some of the signals."""

    auroc: Interval
    log10_mae: Interval


@dataclass(frozen=True)
class GroupFigures:
    """The forecaster at the headline landmark in one task family or architecture (`factor`)."""

    factor: str
    rows: int
    positives: int
    grokking: int
    auroc: Interval
    log10_mae: Interval
    mape: Interval
    coverage90: Interval


@dataclass(frozen=True)
class LevelFigures:
    """A level left out of fitting; beside it, for each figure, the context-only model that is stronger on the mean."""

    rows: int
    positives: int
    auroc: Interval
    log10_mae: Interval
    context_only_auroc: Interval
    context_only_log10_mae: Interval


@dataclass(frozen=True)
class FactorFigures:
    """The levels of one factor, those that are not estimable, and means over the estimable ones; None without any."""

    levels: dict[str, LevelFigures]
    not_estimable: tuple[str, ...]
    auroc: float | None
    log10_mae: float | None
    context_only_auroc: float | None
    context_only_log10_mae: float | None


@dataclass(frozen=True)
class Decision:
    """What a policy did to a sweep.

    Attributes
    ----------
    kept : share of the grokking runs that were not stopped before their onset.
    compute : steps run, over the steps that the full budgets take.
    """

    kept: Interval
    compute: Interval


@dataclass(frozen=True)
class Whether:
    """WHETHER at the headline landmark: ours, and paired differences of AUROC to the best baseline of each kind."""

    auroc: Interval
    average_precision: Interval
    brier: Interval
    negatives: Negatives
    context_only: str
    context_only_auroc: Interval
    minus_context_only: Interval
    best_signal: str
    minus_best_signal: Interval


@dataclass(frozen=True)
class When:
    """WHEN at the headline landmark: errors of ours and of the best context-only model, beside the noise floor.

    `c_index` is Harrell's concordance, `ibs` the integrated Brier score, both over two decades after the landmark.
    """

    grokking_runs: int
    mape: Interval
    log10_mae: Interval
    noise_floor: NoiseFloor
    context_only: str
    context_only_log10_mae: Interval
    coverage90: Interval
    c_index: float | None
    ibs: float | None


@dataclass(frozen=True)
class Headline:
    """The landmark that is quoted, and the two questions there."""

    landmark: str
    whether: Whether
    when: When


ContextGiven = Literal["full", "half", "none"]  # half: each field by the toss of a coin


@dataclass(frozen=True)
class IfRight:
    """What figures would be if each onset were drawn from its own forecast: no honest forecast as unsure as these does better."""

    log10_mae: float | None
    coverage90: float | None
    held: float | None


@dataclass(frozen=True)
class ExternalRow:
    """One source of runs recorded elsewhere, at one horizon, with all, half or none of its context.

    Attributes
    ----------
    horizon : in multiples of the landmark.
    already_rising : landmarks left out because validation accuracy had risen.
    left_out : rows left out because the recording ends before the horizon without an onset.
    in_support : share of the rows that are in support.
    coverage90 : by rows; one without onset counts as covered where its interval reaches beyond the horizon.
    too_early : share of rows with an onset before the 5 % quantile, at most 0.05 if forecasts were right.
    held : share of the onsets within their 90 % intervals.
    unlikely_happened : of forecasts below 0.1 that are in support, the share with an onset by the horizon.
    if_right : what some of these would be if the forecasts were right.
    """

    source: str
    horizon: int
    context: ContextGiven
    already_rising: int
    rows: int
    onsets: int
    left_out: int
    in_support: float | None
    auroc: Interval
    log10_mae: Interval
    coverage90: Interval
    too_early: Interval
    held: Interval
    unlikely_happened: Interval
    if_right: IfRight


@dataclass(frozen=True)
class ExternalMeans:
    """Means over the sources, with one share of the context given, at one horizon."""

    horizon: int
    context: ContextGiven
    auroc: float | None
    log10_mae: float | None
    coverage90: float | None
    too_early: float | None
    held: float | None
    in_support: float | None
    unlikely_happened: float | None
    if_right: IfRight


@dataclass(frozen=True)
class ExternalResult:
    """One forecaster on runs recorded elsewhere; `left_out` are the sources that taught it, judged by a learner without them."""

    forecaster: str
    left_out: tuple[str, ...]
    rows: tuple[ExternalRow, ...]
    means: tuple[ExternalMeans, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return dict(_json_form(ExternalResult).dump_python(self, mode="json"))


@dataclass(frozen=True)
class BenchmarkResult:
    """Every figure of a benchmark.

    Attributes
    ----------
    runs, configurations, folds : counts.
    tables : by kind of landmark.
    alarm : by method.
    signal_sets : by set.
    groups : by task family, then by architecture.
    transfer : by factor.
    decision : by policy.
    headline : None where no row at the headline landmark could be scored.
    blind, second_blind, external : of the fitted forecaster, by a release only: the two blind tests by kind of landmark,
        and runs recorded elsewhere.
    delay : by kind of landmark and whether memorisation was seen; empty where it was not measured, as before 2026-11-27.
    outcomes : by kind of landmark, likewise.
    designs : by design beside the corpus that a release has learnt from, and by kind of landmark; by a release only.
    families : each task family left out of all own runs that a release has learnt from; by a release only.
    recipe : the version whose recipe the held-out figures are of, where it is not the version at hand.
    quick : of a fifth of the configurations, with few trees: to try something, never beside figures of the whole.
    """

    runs: int
    configurations: int
    folds: int
    tables: dict[str, LandmarkFigures]
    alarm: dict[str, AlarmFigures]
    signal_sets: dict[str, SignalSetFigures]
    groups: dict[str, GroupFigures]
    transfer: dict[str, FactorFigures]
    decision: dict[str, Decision]
    headline: Headline | None
    blind: dict[str, LandmarkFigures] = field(default_factory=dict)
    second_blind: dict[str, LandmarkFigures] = field(default_factory=dict)
    external: ExternalResult | None = None
    delay: dict[str, DelayFigures] = field(default_factory=dict)
    outcomes: dict[str, OutcomeFigures] = field(default_factory=dict)
    designs: dict[str, dict[str, LandmarkFigures]] = field(default_factory=dict)
    families: FactorFigures | None = None
    recipe: str | None = None
    quick: bool = False

    @property
    def counts(self) -> str:
        """What the figures are of, in words."""
        found = f"{self.runs:,} runs, {self.configurations:,} configurations, {self.folds} folds."
        return f"{found} {QUICK}" if self.quick else found

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, the headline with the other layers' figures of the forecaster in it."""
        data: dict[str, Any] = _json_form(BenchmarkResult).dump_python(self, mode="json")
        if data["headline"] is not None:
            data["headline"] |= {
                "alarm": data["alarm"][FORECASTER],
                "transfer": {f: _without_levels(figures) for f, figures in data["transfer"].items()},
                "decision": data["decision"],
                "signal_sets": data["signal_sets"],
            }
        return {key: value for key, value in data.items() if value or key not in _WHERE_KNOWN}

    @classmethod
    def of_json(cls, data: Any) -> "BenchmarkResult":
        """Read what `as_dict` gave.

        Raises
        ------
        InvalidInput : a figure is missing or not what it should be.
        """
        from pydantic import ValidationError

        try:
            result: BenchmarkResult = _json_form(BenchmarkResult).validate_python(data)
        except ValidationError as error:
            first = error.errors()[0]
            is_missing = first["type"] == "missing"
            raise InvalidInput(
                field=".".join(["benchmark", *map(str, first["loc"])]),
                value=None if is_missing else first["input"],
                expected="a value" if is_missing else first["msg"],
                hint="`grokcast benchmark --json` makes such a result",
            ) from error
        return result


_WHERE_KNOWN = (
    "blind",
    "second_blind",
    "external",
    "delay",
    "outcomes",
    "designs",
    "families",
    "recipe",
    "quick",
)  # else left out of the JSON


def _without_levels(factor: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in factor.items() if name not in ("levels", "not_estimable")}


@cache
def _json_form(kind: type[T]) -> "TypeAdapter[T]":
    from pydantic import TypeAdapter  # here: the terminal, which only names these types, starts without it

    return TypeAdapter(kind)
