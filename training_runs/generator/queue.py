"""Work off the queue of sweeps, `training_runs/designs/queue.toml`, for some minutes: what `make sweep` does.

    python -m training_runs.generator.queue --minutes 150

The first item that is not complete and wants this device goes on where it was left. Its runs are stored as they end,
and merged into shards when the time is up: each shard is written once and can be committed.
"""

import argparse
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from training_runs import archive
from training_runs.config import RunConfig
from training_runs.errors import InvalidInput
from training_runs.generator.deadline import Deadline
from training_runs.generator.executors import run_local, train_and_store
from training_runs.generator.presets import preset_configs
from training_runs.generator.sweep import Sweep, run_sweep
from training_runs.run import Run

_PACKAGE = Path(__file__).parents[1]
QUEUE = _PACKAGE / "designs" / "queue.toml"
# Candidates for the corpus: a release learns from those that it names, its benchmark of configurations held out from none.
NEXT = _PACKAGE / "corpus_next"


@dataclass(frozen=True)
class Item:
    """A sweep to be made.

    Attributes
    ----------
    name : of its folder.
    preset, runs, seed : as of `grokcast generate`.
    device : cpu or cuda, where it is to be made.
    why : what it is for.
    cut : whether runs that have not ended when the time is up end there, for where nobody comes back to go on.
    apart : whether its folder lies beside that of the candidates, so that whoever learns from all of them does not see it.
    """

    name: str
    preset: str
    runs: int
    seed: int
    device: str
    why: str
    cut: bool = False
    apart: bool = False

    def folder(self, candidates: Path) -> Path:
        """Return where its runs go, given the folder of candidates."""
        return candidates.with_name(self.name) if self.apart else candidates / self.name

    def missing(self, folder: Path) -> list[RunConfig]:
        """Return the runs that its folder does not hold yet; a run that was cut counts as made."""
        made = {(run.configuration_id, run.config["seed"]) for run in _held(folder)}
        configs = preset_configs(self.preset, self.runs, self.seed, {})
        return [config for config in configs if (config.configuration_id, config.seed) not in made]


def read_queue(file: Path = QUEUE) -> list[Item]:
    """Return the items of the queue, in order."""
    return [Item(**fields) for fields in tomllib.loads(file.read_text())["item"]]


def chosen(items: Sequence[Item], device: str, names: Sequence[str] | None = None) -> list[Item]:
    """Return the items meant for a device, or those named, as to be made on it.

    Raises
    ------
    InvalidInput : no item has such a name.
    """
    if names is None:
        return [item for item in items if item.device == device]
    by_name = {item.name: item for item in items}
    for name in names:
        if name not in by_name:
            raise InvalidInput(field="--item", value=name, expected=f"one of {', '.join(by_name)}")
    return [replace(by_name[name], device=device) for name in names]


def work_off(items: Sequence[Item], minutes: float, workers: int, out: Path, data_dir: Path | None = None) -> None:
    """Make what is missing of the items, one after the other, until the time is up."""
    end = time.monotonic() + 60 * minutes
    for item in items:
        left = (end - time.monotonic()) / 60
        folder = item.folder(out)
        missing = item.missing(folder)
        if left > 0 and missing:
            _make(item, missing, left, workers, folder, data_dir)


def _make(
    item: Item, missing: Sequence[RunConfig], minutes: float, workers: int, folder: Path, data_dir: Path | None
) -> None:
    print(f"{item.name}: {len(missing)} of {item.runs} runs are missing; {minutes:.1f} minutes for them", flush=True)
    train = partial(train_and_store, folder=folder, deadline=Deadline.after(minutes, cut=item.cut))
    start, made = time.monotonic(), list[Run]()

    def report(runs: list[Run]) -> None:
        if not runs:  # its stack was not begun
            return
        made.extend(runs)
        steps, seconds = sum(run.trajectory.observed_until for run in made), time.monotonic() - start
        print(f"{item.name}: {len(made)} runs, {steps:,} steps, {steps / seconds:,.0f} a second", flush=True)

    failures = run_sweep(
        Sweep(item.preset, item.runs, item.seed, {}),
        missing,
        folder,
        partial(run_local, workers=workers, device=item.device, data_dir=data_dir, train=train),
        resume=True,
        device=item.device,
        on_runs=report,
        against_time=True,
    )
    for failure in failures:
        print(f"{item.name}: {len(failure.configs)} runs were not made: {failure.reason}", flush=True)
    if not made and not failures:
        print(f"{item.name}: no run ended in {minutes:.1f} minutes; those under way begin anew next time", flush=True)
    archive.compact(folder)


def _held(folder: Path) -> list[Run]:
    return archive.read(folder) if folder.is_dir() else []


def main() -> None:
    """Read the arguments of the command line and work off the queue."""
    parser = argparse.ArgumentParser(prog="python -m training_runs.generator.queue", description=__doc__)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--item", action="append", help="this item, for whichever device it is; may be given again")
    parser.add_argument("--minutes", type=float, default=150)
    parser.add_argument("--workers", type=int, default=1, help="stacks at a time, one core each")
    parser.add_argument("--out", type=Path, default=NEXT, help="folder of folders of runs")
    parser.add_argument("--data-dir", type=Path, help="directory with MNIST's IDX files")
    parser.add_argument("--cut", action="store_true", help="runs that have not ended when the time is up end there")
    arguments = parser.parse_args()
    items = chosen(read_queue(), arguments.device, arguments.item)
    if arguments.cut:
        items = [replace(item, cut=True) for item in items]
    work_off(items, arguments.minutes, arguments.workers, arguments.out, arguments.data_dir)


if __name__ == "__main__":
    main()
