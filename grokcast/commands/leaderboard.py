"""Commands of the leaderboard: its tasks, a method put through them, and the table."""

from pathlib import Path
from typing import Annotated, Any

import typer

from grokcast.commands.folders import read_runs
from grokcast.commands.json_output import AsJson, print_json

leaderboard = typer.Typer(help="Put a method of your own through the benchmark's tasks.", no_args_is_help=True)

Corpus = Annotated[Path | None, typer.Option(metavar="FOLDER", help="folder of runs [default: the shipped corpus]")]
External = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="folder of runs recorded elsewhere, for tasks of their own")
]
Results = Annotated[Path, typer.Option(metavar="FOLDER", help="folder of results")]
_HELD = Path("docs/leaderboard")


@leaderboard.command("tasks")
def list_tasks(corpus: Corpus = None, external: External = None, json_: AsJson = False) -> None:
    """Describe the tasks: rows, folds and fingerprints."""
    from dataclasses import asdict

    summaries = {task.name: task.summary() for task in _tasks(corpus, external)}
    if json_:
        print_json({name: asdict(summary) for name, summary in summaries.items()})
    else:
        from grokcast.display.tables import show_table
        from predictor.leaderboard.page import tasks_table

        show_table(tasks_table(summaries))


@leaderboard.command("run")
def run_method(
    method: Annotated[
        str, typer.Argument(metavar="METHOD", help="a Python file, or grokcast for the shipped forecaster")
    ],
    quick: Annotated[bool, typer.Option("--quick", help="two fifths of one task, to try a method; not kept")] = False,
    time_limit: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, help="seconds that the method may take in all")
    ] = 900,
    corpus: Corpus = None,
    external: External = None,
    out: Results = _HELD,
    json_: AsJson = False,
) -> None:
    """Judge a method on configurations that it has not seen.

    The result is kept, and the page is written again. docs/leaderboard.md says what such a file defines. Example: grokcast leaderboard run examples/my_detector.py --quick
    """
    from dataclasses import asdict

    from grokcast.display.progress import progress
    from predictor.leaderboard.result import held_results, with_tasks_not_asked, write_result
    from predictor.leaderboard.run import run

    asked = _method(method, time_limit, [folder for folder in (corpus, external) if folder is not None])
    tasks = _tasks(corpus, external, quick=quick)
    with progress("tasks") as advance:
        result = run(asked, tasks, advance, quick=quick)
    if not quick and corpus is None:
        from predictor.leaderboard.page import with_results

        result = with_tasks_not_asked(result, held_results(out))
        write_result(out, result)
        page = out.with_suffix(".md")
        if page.exists():  # a checkout has it
            page.write_text(with_results(page.read_text(), held_results(out)))
    if json_:
        print_json(asdict(result))
    else:
        from grokcast.display.leaderboard import show_result

        show_result(result)


@leaderboard.command("table")
def table(out: Results = _HELD, json_: AsJson = False) -> None:
    """Show the results that are kept."""
    from dataclasses import asdict

    from predictor.leaderboard.result import held_results

    held = held_results(out)
    if json_:
        print_json([asdict(result) for result in held])
    else:
        from grokcast.display.leaderboard import show_results

        show_results(held)


def _tasks(corpus: Path | None, external: Path | None, *, quick: bool = False) -> list[Any]:
    from predictor.benchmark.rows import few
    from predictor.leaderboard.task import CORPUS_TASKS, corpus_tasks, public_tasks
    from training_runs.readers import read_source_folder

    runs = read_runs(corpus)
    if quick:
        return corpus_tasks(few(runs, folds=2), CORPUS_TASKS[:1])
    return corpus_tasks(runs) + (public_tasks(runs, read_source_folder(external)) if external else [])


def _method(name: str, time_limit: float, forbidden: list[Path]) -> Any:
    """Return a file as a method, or the shipped forecaster."""
    from predictor.benchmark.methods import FORECASTER
    from predictor.leaderboard.isolated import IsolatedMethod

    if name != FORECASTER:
        return IsolatedMethod(Path(name), time_limit, forbidden)
    from predictor.store import SHIPPED, ForecasterStore

    return ForecasterStore(SHIPPED).load()
