"""`grokcast runs import`: anybody's recordings as a folder of runs to learn from."""

from pathlib import Path
from typing import Annotated

import typer

from grokcast.display.notices import say


def import_runs(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="files or folders with histories, of any format that is read"),
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="folder of runs to write or add to")],
    context: Annotated[
        list[str] | None,
        typer.Option(metavar="CONTEXT", help="configuration of the runs, as `grokcast forecast --context` takes it"),
    ] = None,
    finished: Annotated[
        bool | None,
        typer.Option(
            "--finished/--unfinished",
            help="whether runs that did not generalise had ended [default: as their budgets show; without one, that they had]",
        ),
    ] = None,
    format: Annotated[str, typer.Option(metavar="FORMAT", help="as of `grokcast forecast`")] = "auto",
) -> None:
    """Write your own recordings as runs to retrain on.

    `grokcast retrain --runs` learns from them. Contexts are read from the recordings and from files beside them. What teaches nothing is named and left out.
    """
    from grokcast.histories import read_histories
    from grokcast.own_runs import own_runs
    from grokcast.stated_context import stated_context
    from training_runs import archive

    found = list(own_runs(list(read_histories(files, format)), stated_context(context or []), finished))
    known = archive.run_ids(out)
    new = {each.run.run_id: each.run for each in found if each.run is not None and each.run.run_id not in known}
    for note in dict.fromkeys(note for each in found for note in each.notes):
        say(note)
    for each in found:
        say(f"{each.name}: {each.said}")
    if new:
        archive.append(out, list(new.values()))
    left_out = sum(each.run is None for each in found)
    say(f"{len(new)} new runs in {out}, {left_out} left out")
    if left_out == len(found):
        raise typer.Exit(2)
