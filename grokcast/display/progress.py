"""Progress on stderr: bars where someone looks, lines for long work where nobody does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from grokcast.display.console import ERR
from training_runs import Run
from training_runs.onset import generalization, target_accuracy_of


@contextmanager
def progress(what: str, *, lines: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on stderr, or where that is no terminal, `lines`; the value is called with (stage, done, total)."""
    if lines and not ERR.is_terminal:
        yield lambda stage, done, total: ERR.print(f"{stage} {done} of {total}", highlight=False)
        return
    with _bar() as bar:
        task = bar.add_task(what, total=None)
        yield lambda stage, done, total: bar.update(task, description=stage, completed=done, total=total)


@contextmanager
def sweep_progress(n_runs: int) -> Iterator[Callable[[list[Run]], None]]:
    """Show a bar on stderr with runs done and generalised so far; the value is called with each stack of runs."""
    generalised = 0
    with _bar() as bar:
        task = bar.add_task("0 generalised", total=n_runs)

        def on_runs(runs: list[Run]) -> None:
            nonlocal generalised
            for run in runs:
                onset = generalization(run.trajectory, target_accuracy_of(run.context))
                generalised += onset.step is not None
            bar.update(task, advance=len(runs), description=f"{generalised} generalised")

        yield on_runs


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=ERR,
        disable=not ERR.is_terminal,
    )
