"""The command that tests the papers' claims: `reproduce`."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from grokcast.commands.json_output import AsJson, print_json
from grokcast.display.notices import say


def reproduce(
    names: Annotated[list[str] | None, typer.Argument(metavar="CLAIM", help="names of claims; see --list")] = None,
    all_: Annotated[bool, typer.Option("--all", help="every claim that can be tested")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="make fewer and smaller runs than the paper")] = False,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="folder of runs that are made, and resumed")] = Path(
        "out/reproduction"
    ),
    results: Annotated[
        Path, typer.Option(metavar="FOLDER", help="folder for results and pictures; its pages are written beside it")
    ] = Path("docs/reproduction"),
    workers: Annotated[
        int | None, typer.Option(metavar="NUMBER", min=1, help="number of processes [default: one per core]")
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="directory of MNIST's IDX files or IMDb's reviews; of both: GROKCAST_MNIST_DIR and GROKCAST_IMDB_DIR",
        ),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="describe the claims, and what became of each")] = False,
    json_: AsJson = False,
) -> None:
    """Test claims of the papers (extras `plots` and `runs`).

    By stored runs, or by runs that are made for a claim.
    """
    from predictor.reproduction.registry import CLAIMS
    from predictor.reproduction.results import held_results
    from training_runs.extras import require

    if all_:
        names = [name for name, claim in CLAIMS.items() if claim.test is not None]
    untested: list[str] = []
    if not list_ and names:
        require("matplotlib", extra="plots")  # before the runs
        at_once = workers or os.cpu_count() or 1
        untested = [name for name in names if not _reproduce(name, quick, out, results, at_once, data_dir)]
        _write_pages(results)
    held = held_results(results, names or list(CLAIMS))
    if json_:
        print_json({name: _as_dict(result) for name, result in held.items()})
    else:
        from grokcast.display.claims import show_claims

        show_claims(names or list(CLAIMS), held)
    if untested:
        say(f"grokcast: not tested, since runs are missing: {', '.join(untested)}")
        raise typer.Exit(1)


def _reproduce(name: str, quick: bool, out: Path, results: Path, workers: int, data_dir: Path | None) -> bool:
    """Test a claim and keep what was found; return False where its runs could not be made."""
    from predictor.reproduction.reproduce import claim_of, folder_of_runs, judged
    from predictor.reproduction.results import write_result
    from training_runs import archive

    claim, runs = claim_of(name), []
    if claim.configs is not None:
        folder = folder_of_runs(out, name, quick=quick)
        if not _make_runs(claim.runs_of or name, list(claim.configs(quick)), folder, workers, data_dir):
            return False
        runs = archive.read(folder)
    if not write_result(results, name, judged(name, runs, quick=quick)):
        say(f"grokcast: {name}: the full result that is held is kept")
    return True


def _make_runs(name: str, configs: list[Any], folder: Path, workers: int, data_dir: Path | None) -> bool:
    """Make what a claim's folder does not hold yet; say what could not be made, and return whether all is there."""
    from functools import partial

    from grokcast.display.progress import sweep_progress
    from training_runs.errors import InvalidInput
    from training_runs.extras import require

    require("torch", extra="runs")
    from training_runs.generator.executors import run_local
    from training_runs.generator.sweep import Sweep, run_sweep

    execute = partial(run_local, workers=workers, device="cpu", data_dir=data_dir)
    sweep = Sweep(f"reproduce {name}", len(configs), 0, {})
    try:
        with sweep_progress(len(configs)) as on_runs:
            failures = run_sweep(sweep, configs, folder, execute, resume=True, on_runs=on_runs)
    except InvalidInput as error:  # their data are not there
        say(f"grokcast: {name}: {error}")
        return False
    for failure in failures:
        say(f"grokcast: {name}: {len(failure.configs)} runs were not made: {failure.reason}")
    return not failures


def _write_pages(results: Path) -> None:
    from predictor.reproduction.pages import laws_page, reproduction_page, with_signals
    from predictor.reproduction.registry import CLAIMS
    from predictor.reproduction.results import held_results

    held = held_results(results, list(CLAIMS))
    results.with_suffix(".md").write_text(reproduction_page(held))
    (results.parent / "laws.md").write_text(laws_page(held))
    signals = results.parent / "signals.md"
    if signals.exists():  # a checkout has it
        signals.write_text(with_signals(signals.read_text(), held))


def _as_dict(result: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return {key: value for key, value in asdict(result).items() if key != "picture"}
