"""Ray Tune's schedulers at equal compute, on runs of the corpus: `python tests/performance/scheduler_study.py` (minutes).

Modular runs whose budget is 10,000 steps or more are the trials of a search that ends at step 10,000. They are replayed in random orders
on a few slots by a controller that asks the real schedulers, report by report, and counts steps: what share of the late bloomers has
reached its onset when a share of all budgets is spent? A trial ends at its onset, whatever the scheduler. Each run is forecast
by the learner that has not seen its configuration. Pausing and resuming cost nothing here. It writes the table of docs/pruning.md.
"""

import argparse
import heapq
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ray.tune.experiment import Trial
from ray.tune.schedulers import AsyncHyperBandScheduler, FIFOScheduler, MedianStoppingRule, TrialScheduler

from features.phase import PHASES
from features.table import table_at
from grokcast.ray_scheduler import GrokScheduler
from predictor.benchmark.bootstrap import Interval, interval
from predictor.forecaster import OnsetForecaster
from predictor.report.markdown import between
from predictor.store import SHIPPED, ForecasterStore
from training_runs import InvalidInput, Run, archive
from training_runs.onset import generalization, memorization, outcome_by, target_accuracy_of

BUDGET = 10_000
REPORTS = sorted({round(10 ** (1 + k / 10)) for k in range(31)})  # steps
SPENT = (0.05, 0.1, 0.2, 0.3)  # of all budgets
SLOTS = 16
ORDERS = 4
RUNS = 300  # drawn of those: the median rule takes their square
PAGE = Path(__file__).parents[2] / "docs/pruning.md"
MARKS = "<!-- schedulers: written by tests/performance/scheduler_study.py -->", "<!-- /schedulers -->"


@dataclass(frozen=True, eq=False)
class Curve:
    """A run as a search sees it: its validation accuracy at the reports, and the step that ends it."""

    run: Run
    values: list[float]
    end: int
    generalises: bool
    groks: bool


def curve_of(run: Run) -> Curve:
    onset = generalization(run.trajectory, target_accuracy_of(run.context))
    confirmed = onset.confirmed_step
    found = confirmed is not None and confirmed <= BUDGET
    at, recorded = run.trajectory.recorded("val_acc")
    last = np.searchsorted(at, REPORTS, side="right") - 1
    return Curve(
        run,
        np.where(last >= 0, recorded[last], 0.0).tolist(),
        next(step for step in REPORTS if step >= (confirmed if found else BUDGET)),
        found,
        found and outcome_by(BUDGET, memorization(run.trajectory), onset) == "grokking",
    )


@dataclass(eq=False)
class Replayed:
    """A trial, with what schedulers read of one."""

    trial_id: str
    curve: Curve
    config: dict[str, Any] = field(default_factory=dict)
    status: str = Trial.PENDING
    reports: int = 0


class Controller:
    """Runs trials on slots, and notes how many steps were spent in all when each was found."""

    def __init__(self, scheduler: TrialScheduler, curves: Sequence[Curve], most: float) -> None:
        self.trials = [Replayed(f"{k}", curve) for k, curve in enumerate(curves)]
        self.scheduler, self.most, self.spent = scheduler, most, 0
        self.found_at = np.full(len(curves), np.inf)

    def get_trials(self) -> list[Replayed]:
        return self.trials

    def get_live_trials(self) -> list[Replayed]:
        return [trial for trial in self.trials if trial.status != Trial.TERMINATED]

    def run(self) -> NDArray[np.float64]:
        running: list[tuple[int, int, Replayed]] = []
        for trial in self.trials:
            self.scheduler.on_trial_add(self, trial)
        clock = 0
        while self.spent < self.most:
            while len(running) < SLOTS and (trial := self.scheduler.choose_trial_to_run(self)) is not None:
                trial.status = Trial.RUNNING
                heapq.heappush(running, (clock + self._next(trial), int(trial.trial_id), trial))
            if not running:
                break
            clock, number, trial = heapq.heappop(running)
            self.spent += self._next(trial)
            trial.reports += 1
            if (decision := self._report(trial)) == TrialScheduler.CONTINUE:
                heapq.heappush(running, (clock + self._next(trial), number, trial))
            elif decision == TrialScheduler.PAUSE:
                trial.status = Trial.PAUSED
        return self.found_at

    def _next(self, trial: Replayed) -> int:
        return REPORTS[trial.reports] - (REPORTS[trial.reports - 1] if trial.reports else 0)

    def _report(self, trial: Replayed) -> str:
        step = REPORTS[trial.reports - 1]
        result = {"step": step, "val_acc": trial.curve.values[trial.reports - 1]}
        if step >= trial.curve.end:
            decision = TrialScheduler.STOP
            if trial.curve.generalises:
                self.found_at[int(trial.trial_id)] = self.spent
        else:
            decision = self.scheduler.on_trial_result(self, trial, result)
        if decision == TrialScheduler.STOP:
            trial.status = Trial.TERMINATED
            self.scheduler.on_trial_complete(self, trial, result)
        return str(decision)


class Blind:
    """Answers by the learner that has not seen a run, as `POST /v1/forecasts` would, with the advice's own thresholds."""

    def __init__(self, forecaster: OnsetForecaster, runs: Sequence[Run]) -> None:
        rows = table_at(runs, lambda run: _checkpoints(run))
        curves = forecaster.curves(rows, blind=True)
        probability = curves.probability(np.log10(BUDGET / rows.landmark))
        supported = rows.landmark * 10**curves.reach
        self._answers = {
            (run, int(step)): self._answer(forecaster, p, PHASES[phase], int(step), reach)
            for run, step, p, phase, reach in zip(
                rows.run, rows.landmark, probability, rows.phase, supported, strict=True
            )
        }

    def _answer(self, forecaster: OnsetForecaster, p: float, phase: Any, step: int, reach: float) -> dict[str, Any]:
        advice = forecaster.advice.advise(
            float(p),
            phase=phase,
            landmark=step,
            horizon=BUDGET,
            answered_at=min(BUDGET, int(reach)),
            horizon_stated=True,
            unlike=None,
        )
        return {"phase": phase, "probability_onset_by_horizon": float(p), "advice": vars(advice)}

    def forecast(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer about the checkpoint that a report shows: the last at or before it."""
        history = request["context"]["replayed"].trajectory
        step = int(history.steps[history.index_at(request["history"]["step"][-1])])
        run_id = request["context"]["replayed"].run_id
        if (run_id, step) not in self._answers:
            raise InvalidInput(field="history.step", value=step, expected="at least 3 checkpoints and 10 steps")
        return self._answers[run_id, step]


def _checkpoints(run: Run) -> list[int]:
    history = run.trajectory
    at = {int(history.index_at(step)) for step in REPORTS if step < BUDGET}
    return [int(history.steps[k]) for k in sorted(at) if k >= 2 and history.steps[k] >= 10]


def schedulers(answers: Blind) -> dict[str, Callable[[Sequence[Curve]], TrialScheduler]]:
    compared = {"time_attr": "step", "metric": "val_acc", "mode": "max"}
    made: dict[str, Callable[[Sequence[Curve]], TrialScheduler]] = {"none (FIFO)": lambda _: FIFOScheduler()}
    for grace in (500, 2_000):
        made[f"MedianStoppingRule, from {grace:,}"] = lambda _, g=grace: MedianStoppingRule(grace_period=g, **compared)
    for factor, grace in ((4, 100), (2, 1_000)):
        made[f"ASHA by {factor}, from {grace:,}"] = lambda _, f=factor, g=grace: AsyncHyperBandScheduler(
            max_t=BUDGET, grace_period=g, reduction_factor=f, **compared
        )
    for name, options in {
        "GrokScheduler, advice, no pauses": {"pauses": False},
        "GrokScheduler, advice": {},
        "GrokScheduler, below 0.1": {"stop_below": 0.1},
    }.items():
        made[name] = lambda curves, o=options: GrokScheduler(
            budget_step=BUDGET,
            context=lambda trial: {"replayed": curves[int(trial.trial_id)].run},
            forecaster=answers,
            **o,
        )
    return made


def study(curves: Sequence[Curve], answers: Blind) -> dict[str, list[Interval]]:
    """Return the share of late bloomers that each scheduler has found at each share of all budgets, over configurations."""
    groks = np.array([curve.groks for curve in curves])
    configuration = np.array([curve.run.configuration_id for curve in curves])
    whole = BUDGET * len(curves)
    figures = {}
    for name, make in schedulers(answers).items():
        spent = np.empty((ORDERS, len(curves)))
        for k in range(ORDERS):
            order = np.random.default_rng(k).permutation(len(curves))
            ordered = [curves[j] for j in order]
            spent[k, order] = Controller(make(ordered), ordered, max(SPENT) * whole).run()
        shares = [(spent <= limit * whole).mean(axis=0) for limit in SPENT]
        figures[name] = [
            interval(lambda i, s=share: float(s[i][groks[i]].mean()) if groks[i].any() else np.nan, configuration)
            for share in shares
        ]
        print(name, [f"{each.value:.2f} [{each.low:.2f}, {each.high:.2f}]" for each in figures[name]], flush=True)
    return figures


def table(figures: Mapping[str, Sequence[Interval]], curves: Sequence[Curve], version: str) -> str:
    late, all_ = sum(c.groks for c in curves), sum(c.generalises for c in curves)
    configurations = len({c.run.configuration_id for c in curves})
    lines = [
        f"{len(curves):,} runs of {configurations:,} configurations, {all_:,} of which generalise by step {BUDGET:,} and {late:,} bloom late; {SLOTS} slots, "
        f"{ORDERS} orders; forecaster {version}. Share of the late bloomers found, with 95 % intervals over configurations:",
        "",
        f"| scheduler | {' | '.join(f'{100 * s:g} % of all budgets' for s in SPENT)} |",
        "|---|" + "---|" * len(SPENT),
    ]
    for name, row in figures.items():
        lines.append(f"| {name} | {' | '.join(f'{x.value:.2f} [{x.low:.2f}, {x.high:.2f}]' for x in row)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=RUNS, help="of the corpus, at most [%(default)s]")
    options = parser.parse_args()
    logging.getLogger("ray").setLevel(logging.ERROR)
    runs = [
        run
        for run in archive.read(archive.CORPUS)
        if run.context.task_family == "modular" and run.budget_step >= BUDGET and not run.blocked
    ]
    drawn = np.random.default_rng(0).permutation(len(runs))[: options.runs]
    runs = [runs[k] for k in sorted(drawn)]
    forecaster = ForecasterStore(SHIPPED).load()
    curves = [curve_of(run) for run in runs]
    found = table(study(curves, Blind(forecaster, runs)), curves, forecaster.version)
    print(found)
    if options.runs == RUNS:
        PAGE.write_text(between(PAGE.read_text(), found, *MARKS))


if __name__ == "__main__":
    main()
