"""`grokcast runs`: the runs that a service has stored, and those that are imported."""

from pathlib import Path
from typing import Annotated

import typer

from grokcast.commands.database import service_database, stored_runs, stored_training_runs
from grokcast.commands.import_runs import import_runs
from grokcast.commands.json_output import AsJson, print_json
from grokcast.display.notices import say

runs = typer.Typer(help="List, show, end and export runs; import recordings.", no_args_is_help=True)
RunId = Annotated[str, typer.Argument(metavar="RUN_ID", help="name of the run, as `grokcast runs list` shows it")]
_STATUSES = ("running", "finished", "stopped_early", "diverged")
runs.command("import")(import_runs)


@runs.command("list")
def list_runs(
    limit: Annotated[int, typer.Option(metavar="NUMBER", min=1, help="number of runs")] = 50,
    status: Annotated[
        str | None,
        typer.Option(metavar="STATUS", help="only those: running, finished, stopped_early or diverged [default: all]"),
    ] = None,
    json_: AsJson = False,
) -> None:
    """List stored runs with their newest forecasts, newest first."""
    from api.caller import LOCAL
    from api.storage.forecasts import ForecastStore
    from api.storage.runs import RunStore
    from api.wire.runs import RunPage

    with service_database() as (settings, database):
        found = RunStore(database, settings.run_point_limit).page(LOCAL, limit, status=_known(status))
        page = RunPage.of(found, ForecastStore(database).newest_of(found), limit)
    for problem in page.damaged:
        say(problem)
    listed = page.model_dump(mode="json")["runs"]
    if json_:
        print_json(listed)
    else:
        from grokcast.display.stored_runs import show_stored_runs

        show_stored_runs(listed)
        if not listed:
            say("no run is stored" if status is None else f"no stored run is {status}")


@runs.command("show")
def show_run(run_id: RunId) -> None:
    """Print a run, its points and its newest forecast as JSON."""
    from api.caller import LOCAL
    from api.storage.forecasts import ForecastStore
    from api.storage.runs import RunStore
    from api.wire.runs import RunAnswer

    with service_database() as (settings, database):
        run, points = RunStore(database, settings.run_point_limit).history(LOCAL, run_id)
        newest = ForecastStore(database).newest(run)
    print_json(RunAnswer.of(run, points, newest).model_dump(mode="json"))


@runs.command("finish")
def finish_run(
    run_id: RunId,
    status: Annotated[str, typer.Option(metavar="STATUS", help="finished, stopped_early or diverged")] = "finished",
    blocked: Annotated[bool, typer.Option("--blocked", help="it could not generalise, by construction")] = False,
) -> None:
    """Note how a run ended, so that it can be learnt from."""
    from api.caller import LOCAL

    if _known(status) == "running":
        raise typer.BadParameter("--status running; expected finished, stopped_early or diverged")
    with stored_runs() as store:
        store.finish(LOCAL, run_id, status, blocked)
    say(f"{run_id} is {status}")


@runs.command("stop")
def stop_run(
    run_id: RunId,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="shown where the training stops")] = "requested by hand",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="take the request back")] = False,
) -> None:
    """Request that a training stops.

    Its loop learns so from `monitor.should_stop`.
    """
    from api.caller import LOCAL
    from api.errors import RunFinished

    with stored_runs() as store:
        try:
            store.request_stop(LOCAL, run_id, None if withdraw else reason)
        except RunFinished:
            raise typer.BadParameter(f"{run_id} has ended: there is nothing to stop") from None
    say(f"{run_id}: {'goes on' if withdraw else 'a stop is requested'}")


@runs.command("delete")
def delete_run(run_id: RunId) -> None:
    """Forget a run, its points and its forecasts."""
    from api.caller import LOCAL

    with stored_runs() as store:
        store.delete(LOCAL, run_id)
    say(f"{run_id} is deleted")


def _known(status: str | None) -> str | None:
    if status not in (None, *_STATUSES):
        raise typer.BadParameter(f"--status {status}; expected {', '.join(_STATUSES)}")
    return status


@runs.command("export")
def export_runs(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="folder of runs to write or add to")],
) -> None:
    """Write finished runs for `grokcast retrain --runs`."""
    from training_runs import archive

    known = archive.run_ids(folder)
    new = [run for run in stored_training_runs() if run.run_id not in known]
    if new:
        archive.append(folder, new)
    say(f"{len(new)} new runs in {folder}")
