"""A benchmark's result made by hand, with every layer and with figures that are not defined."""

from predictor.benchmark.bootstrap import Interval
from predictor.benchmark.result import (
    IMAGES,
    AlarmFigures,
    BenchmarkResult,
    Decision,
    DelayFigures,
    ExternalMeans,
    ExternalResult,
    ExternalRow,
    FactorFigures,
    GroupFigures,
    Headline,
    IfRight,
    LandmarkFigures,
    LevelFigures,
    MethodFigures,
    Negatives,
    OutcomeFigures,
    SignalSetFigures,
    When,
    Whether,
)
from training_runs.datasheet.noise_floor import NoiseFloor
from training_runs.onset import OUTCOMES

UNKNOWN = Interval(None, None, None)
CONFUSION = {came: {forecast: 12 if came == forecast else 1 for forecast in OUTCOMES} for came in OUTCOMES}


def interval(value: float | None, half: float = 0.02) -> Interval:
    """Return a figure with an interval around it, or one that is not defined."""
    return UNKNOWN if value is None else Interval(value, round(value - half, 4), round(value + half, 4))


def method(auroc: float, log10_mae: float | None, brier: float) -> MethodFigures:
    """Return the figures of a method; one without a log10 MAE has no median."""
    whether, when = interval(auroc), interval(log10_mae)
    return MethodFigures(whether, whether, whether, whether, interval(brier), when, when)


def whole_result() -> BenchmarkResult:
    """Return a result with every layer."""
    methods = {
        "grokcast": method(0.97, 0.09, 0.06),
        "context only, boosted": method(0.91, 0.16, 0.1),
        "best single signal": method(0.8, None, 0.15),
    }
    negatives = Negatives(700, 134)
    table = LandmarkFigures(1234, 400, 300, negatives, methods, interval(0.91))
    alarm = AlarmFigures(
        0.05, 90, 80, 60, interval(0.04), 0.08, interval(0.85), interval(0.9), interval(2100, 300), interval(0.6)
    )
    whether = Whether(
        auroc=interval(0.97),
        average_precision=interval(0.9),
        brier=interval(0.06),
        negatives=negatives,
        context_only="context only, boosted",
        context_only_auroc=interval(0.91),
        minus_context_only=interval(0.06),
        best_signal="best single signal",
        minus_best_signal=interval(0.17),
    )
    when = When(
        grokking_runs=300,
        mape=interval(0.2),
        log10_mae=interval(0.09),
        noise_floor=NoiseFloor(0.11, 0.08, 120, 3),
        context_only="context only, boosted",
        context_only_log10_mae=interval(0.16),
        coverage90=interval(0.91),
        c_index=0.95,
        ibs=0.03,
    )
    level = LevelFigures(80, 30, interval(0.9), interval(0.1), interval(0.85), interval(0.2))
    external = ExternalRow(
        source="elsewhere",
        horizon=10,
        context="full",
        already_rising=5,
        rows=60,
        onsets=20,
        left_out=7,
        in_support=0.9,
        auroc=interval(0.9),
        log10_mae=interval(0.15),
        coverage90=interval(0.93),
        too_early=UNKNOWN,
        held=interval(0.8),
        unlikely_happened=UNKNOWN,
        if_right=IfRight(0.12, 0.95, 0.85),
    )
    return BenchmarkResult(
        runs=2000,
        configurations=1200,
        folds=5,
        tables={"at memorisation": table, "any, before the rise": table},
        alarm={"grokcast": alarm, "context only, boosted": alarm},
        signal_sets={
            "everything": SignalSetFigures(interval(0.97), interval(0.09)),
            "no validation data": SignalSetFigures(interval(0.9), UNKNOWN),
        },
        groups={
            "modular": GroupFigures(
                "task_family", 800, 300, 250, interval(0.98), interval(0.09), interval(0.2), interval(0.9)
            )
        },
        transfer={
            "modulus": FactorFigures({"97": level}, ("23",), 0.9, 0.1, 0.85, 0.2),
            "operation": FactorFigures({}, ("S5",), None, None, None, None),
        },
        decision={
            "no pruning": Decision(interval(1.0, 0), interval(1.0, 0)),
            "MedianPruner": Decision(interval(0.1), interval(0.2)),
            "grokcast": Decision(interval(0.96), interval(0.55)),
        },
        delay={
            "at memorisation, memorisation seen": DelayFigures(300, 200, {"grokcast": interval(0.1), "other": UNKNOWN})
        },
        outcomes={"at memorisation": OutcomeFigures(60, {"grokcast": CONFUSION}, {"grokcast": interval(0.8)})},
        families=FactorFigures({"parity": level}, ("mnist",), 0.87, 0.2, 0.8, 0.3),
        designs={"long_delays": {"at memorisation": table}, IMAGES: {"10 % of budget": table}},
        headline=Headline("at memorisation", whether, when),
        external=ExternalResult(
            "2026.12.1",
            ("elsewhere",),
            (external,),
            (ExternalMeans(10, "full", 0.9, 0.15, 0.93, None, 0.8, 0.9, None, IfRight(0.12, 0.95, 0.85)),),
        ),
    )
