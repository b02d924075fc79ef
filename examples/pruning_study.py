"""GrokPruner beside Optuna's own pruners, on one set of real runs: `python examples/pruning_study.py` (a quarter of an hour).

Random search over learning rate, weight decay and train fraction of small networks that add and subtract modulo a prime.
Every trial is trained once, to its budget, and recorded; each pruner is then an Optuna study that replays the trials
in a random order and stops them where its pruner says so. That is exact: a pruner cannot change what a trial would have
recorded. Trials are drawn until enough of them are late bloomers, whatever any pruner makes of them; stop it at any moment,
and the same command goes on. It writes docs/pruning/results.json, docs/pruning/study.png, and the table of docs/pruning.md.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import optuna
from optuna.pruners import BasePruner, MedianPruner, NopPruner, SuccessiveHalvingPruner

from grokcast.in_process import LocalForecaster
from grokcast.pruner import GrokPruner
from predictor.report.markdown import between
from predictor.store import ForecasterStore
from training_runs import Run, archive
from training_runs.config import RunConfig
from training_runs.generator.executors import run_local
from training_runs.generator.sweep import Sweep, run_sweep
from training_runs.labelled_run import label

DOCS = Path(__file__).parent.parent / "docs"
MARKS = "<!-- study: written by examples/pruning_study.py -->", "<!-- /study -->"
BUDGET_STEP = 4_000
BLOCK = 24  # trials that are drawn at once, before the late bloomers are counted again
LATE = 20  # late bloomers that are enough: one of them is 5 %
MOST_TRIALS = 384
N_ORDERS = 8  # in which the trials come: what a pruner knows depends on which it saw first
SEED = 20261124
REPORTS_PER_DECADE = 25


def designed(n_trials: int) -> list[RunConfig]:
    """Return the first trials of a random search; more of them begin with the same."""
    draw = np.random.default_rng(SEED)
    return [
        RunConfig(
            operation=str(draw.choice(["add", "sub"])),
            modulus=23,
            embedding_dim=32,
            width=64,
            train_fraction=round(float(draw.uniform(0.45, 0.8)), 3),
            learning_rate=float(f"{10 ** draw.uniform(-3.0, -2.0):.3g}"),
            weight_decay=float(f"{10 ** draw.uniform(-1.5, 0.5):.3g}"),
            seed=int(draw.integers(1_000_000)),
            budget_step=BUDGET_STEP,
        )
        for _ in range(n_trials)
    ]


def recorded(n_trials: int, folder: Path, workers: int) -> "list[Trial]":
    """Train what is not recorded yet of the first trials, and return them."""
    configs = designed(n_trials)
    failures = run_sweep(
        Sweep("pruning study", n_trials, SEED, {}),
        configs,
        folder,
        lambda stacks: run_local(stacks, workers, "cpu", None),
        resume=True,
        device="cpu",
        on_runs=lambda runs: print(f"trained {len(runs)} more", flush=True),
    )
    if failures:
        raise SystemExit(f"trials could not be trained: {failures[0].reason}")
    wanted = {config.run_id for config in configs}
    runs = [run for run in archive.read(folder) if run.run_id in wanted]
    return [trial_of(run) for run in sorted(runs, key=lambda run: run.run_id)]


def enough(late: int, most: int, folder: Path, workers: int) -> "list[Trial]":
    """Return the trials of the fewest blocks that hold so many late bloomers."""
    trials: list[Trial] = []
    while len(trials) < most and sum(t.groks for t in trials) < late:
        trials = recorded(min(len(trials) + BLOCK, most), folder, workers)
        print(f"{len(trials)} trials, {sum(t.groks for t in trials)} late bloomers", flush=True)
    return trials


@dataclass(frozen=True)
class Trial:
    """A recorded trial as a study sees it."""

    run: Run
    onset: int | None
    groks: bool  # more than 1,000 steps after memorisation

    @property
    def end(self) -> int:
        """The step at which it ends if no one stops it; one that generalised is stopped soon after."""
        return self.run.trajectory.observed_until


def trial_of(run: Run) -> Trial:
    """Return a recorded trial with what became of it."""
    labelled = label(run)
    return Trial(run, labelled.generalized.step, labelled.outcome == "grokking")


class Replay:
    """One study: trials in one order under one pruner."""

    def __init__(self, pruner: BasePruner, trials: list[Trial]) -> None:
        self._pruner, self._trials = pruner, trials
        self.stopped: dict[str, int] = {}

    def run(self) -> None:
        """Replay the trials."""
        study = optuna.create_study(
            direction="maximize", pruner=self._pruner, sampler=optuna.samplers.RandomSampler(seed=0)
        )
        study.optimize(self._objective, n_trials=len(self._trials))

    def _objective(self, trial: optuna.Trial) -> float:
        recorded = self._trials[trial.number]
        history = recorded.run.trajectory
        best = 0.0
        for k, step in enumerate(history.steps.tolist()):
            values = {n: float(v[k]) for n, v in history.signals.items() if np.isfinite(v[k])}
            best = max(best, values["val_acc"])
            if isinstance(self._pruner, GrokPruner):
                self._pruner.report(trial, step, **values)
            else:
                trial.report(values["val_acc"], step)
            if trial.should_prune():
                self.stopped[recorded.run.run_id] = step
                raise optuna.TrialPruned
        return best


def outcome(trials: list[Trial], stopped: dict[str, int]) -> dict[str, float]:
    """Return what a study kept of the trials that generalise, and the share of the full budgets that it spent."""

    def kept(some: list[Trial]) -> float:
        survive = [t for t in some if stopped.get(t.run.run_id, np.inf) > (t.onset or 0)]
        return len(survive) / len(some) if some else float("nan")

    generalise = [t for t in trials if t.onset is not None]
    late = [t for t in generalise if t.groks]
    spent = sum(min(stopped.get(t.run.run_id, t.end), t.end) for t in trials)
    return {
        "kept": kept(generalise),
        "kept_late": kept(late),
        "compute": spent / (BUDGET_STEP * len(trials)),
    }


class Pinned(GrokPruner):
    """GrokPruner for a replay, where a trial is a run whose context is recorded."""

    def __init__(self, trials: list[Trial], stop_below: float | None, forecaster: Any) -> None:
        super().__init__(
            budget_step=BUDGET_STEP,
            context=lambda trial: trials[trial.number].run.context.as_dict(),
            stop_below=stop_below,
            forecaster=forecaster,
        )


class Remembered:
    """The forecaster, which is asked the same of a trial in every order: it answers from memory the second time."""

    def __init__(self) -> None:
        self._forecaster, self._answers = LocalForecaster(), {}

    def forecast(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a request."""
        key = json.dumps(request, sort_keys=True)
        if key not in self._answers:
            self._answers[key] = self._forecaster.forecast(request)
        return self._answers[key]


def compare(trials: list[Trial], orders: int) -> dict[str, dict[str, Any]]:
    """Return what each pruner keeps and spends, mean and range over the orders."""
    forecaster = Remembered()
    pruners = {"no pruning": lambda _: NopPruner()}
    for warmup in (0, 500, 1_500):
        pruners[f"MedianPruner, warm-up {warmup:,}"] = lambda _, w=warmup: MedianPruner(n_warmup_steps=w)
    for factor, resource in ((4, "auto"), (2, "auto"), (2, 1_000)):
        pruners[f"SuccessiveHalvingPruner by {factor}, from {resource}"] = lambda _, f=factor, r=resource: (
            SuccessiveHalvingPruner(min_resource=r, reduction_factor=f)
        )
    pruners["GrokPruner, advice"] = lambda order: Pinned(order, None, forecaster)
    for limit in (0.05, 0.1, 0.2, 0.4):
        pruners[f"GrokPruner, below {limit:g}"] = lambda order, b=limit: Pinned(order, b, forecaster)
    results = {}
    for name, make in pruners.items():
        figures = []
        for order in range(orders):
            permuted = [trials[k] for k in np.random.default_rng(order).permutation(len(trials))]
            replay = Replay(make(permuted), permuted)
            replay.run()
            figures.append(outcome(trials, replay.stopped))
        results[name] = {
            figure: {
                "mean": float(np.mean([f[figure] for f in figures])),
                "low": float(np.min([f[figure] for f in figures])),
                "high": float(np.max([f[figure] for f in figures])),
            }
            for figure in ("kept", "kept_late", "compute")
        }
        line = results[name]
        print(
            f"{name:45} keeps {line['kept_late']['mean']:.2f} of late bloomers, {line['kept']['mean']:.2f} of all, at {line['compute']['mean']:.2f} of the compute",
            flush=True,
        )
    return results


def plot(results: dict[str, dict[str, Any]], path: Path) -> None:
    """Draw kept late bloomers over compute."""
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
    styles = {"no": ("#555555", "s"), "Me": ("#c2571a", "o"), "Su": ("#7a4fa3", "^"), "Gr": ("#1a6fb0", "D")}
    for name, line in results.items():
        color, marker = styles[name[:2]]
        x, y = line["compute"], line["kept_late"]
        axes.errorbar(
            x["mean"],
            y["mean"],
            xerr=[[x["mean"] - x["low"]], [x["high"] - x["mean"]]],
            yerr=[[y["mean"] - y["low"]], [y["high"] - y["mean"]]],
            color=color,
            marker=marker,
            capsize=2,
            linewidth=1,
        )
        axes.annotate(name, (x["mean"], y["mean"]), xytext=(6, 4), textcoords="offset points", fontsize=7, color=color)
    axes.set(
        xlabel="compute spent, share of all budgets",
        ylabel="late bloomers kept, share",
        xlim=(0, 1.15),
        ylim=(-0.05, 1.1),
    )
    axes.set_title("Pruners on one random search (mean and range over orders of the trials)", fontsize=9)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(path, dpi=150)


def table(found: dict[str, Any]) -> str:
    """Return the study in words and as a table, for docs/pruning.md."""
    lines = [
        f"{found['trials']} trials of {found['budget_step']:,} steps, of which {found['generalise']} generalise and {found['late']} do so "
        f"more than 1,000 steps after memorisation; forecaster {found['forecaster']}, {found['orders']} orders of the trials: mean and range.",
        "",
        "| pruner | late bloomers kept | all that generalise, kept | compute, share of all budgets |",
        "|---|---|---|---|",
    ]
    for name, line in found["pruners"].items():
        late, kept, compute = line["kept_late"], line["kept"], line["compute"]
        lines.append(
            f"| {name} | {late['mean']:.2f} ({late['low']:.2f} to {late['high']:.2f}) | {kept['mean']:.2f} | "
            f"{compute['mean']:.2f} ({compute['low']:.2f} to {compute['high']:.2f}) |"
        )
    return "\n".join(lines)


def write(found: dict[str, Any], docs: Path) -> None:
    """Write the figures, the picture, and the table into its page where the page is there."""
    folder = docs / "pruning"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(found, indent=1) + "\n")
    plot(found["pruners"], folder / "study.png")
    page = docs / "pruning.md"
    if page.is_file():
        page.write_text(between(page.read_text(), table(found), *MARKS))


def main() -> None:
    """Train, replay, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--runs",
        type=Path,
        default=Path("out/pruning"),
        help="folder of trials: what is there is not trained again [%(default)s]",
    )
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder to write to [%(default)s]")
    parser.add_argument("--late", type=int, default=LATE, help="late bloomers that are enough [%(default)s]")
    parser.add_argument("--most", type=int, default=MOST_TRIALS, help="trials at most [%(default)s]")
    parser.add_argument("--orders", type=int, default=N_ORDERS, help="orders of the trials [%(default)s]")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    trials = enough(options.late, options.most, options.runs, options.workers)
    known = {run.configuration_id for run in archive.read(archive.CORPUS)}
    if learnt := sum(t.run.configuration_id in known for t in trials):
        raise SystemExit(f"the forecaster has learnt from {learnt} of these trials: change SEED")
    results = compare(trials, options.orders)
    found = {
        "forecaster": ForecasterStore().load().version,
        "trials": len(trials),
        "generalise": sum(t.onset is not None for t in trials),
        "late": sum(t.groks for t in trials),
        "budget_step": BUDGET_STEP,
        "orders": options.orders,
        "pruners": results,
    }
    write(found, options.docs)


if __name__ == "__main__":
    main()
