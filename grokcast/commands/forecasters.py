"""Commands that measure, make and choose forecasters: `benchmark`, `retrain` and `forecasters`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from grokcast.commands.database import stored_training_runs
from grokcast.commands.folders import read_runs
from grokcast.commands.json_output import AsJson, print_json
from grokcast.display.notices import say

forecasters = typer.Typer(help="List, show and activate stored forecasters.", no_args_is_help=True)
Version = Annotated[str, typer.Argument(metavar="VERSION", help="a version, as `grokcast forecasters list` shows it")]


def benchmark(
    corpus: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="folder of runs [default: the shipped corpus]")
    ] = None,
    external: Annotated[
        list[Path] | None, typer.Option(metavar="FOLDER", help="folder of runs recorded elsewhere; repeatable")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="folder for results.json and report.html [default: none is written]"),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="a fifth of the configurations, few trees")] = False,
    json_: AsJson = False,
) -> None:
    """Measure the forecaster against every baseline.

    On held-out configurations, in folds (about an hour). --quick is to try something: its figures are none of the benchmark's.

    With --external, the forecaster in use is measured on runs recorded elsewhere: sources that taught it, by a learner that
    has not seen them.
    """
    from training_runs.extras import require

    if out is not None:
        require("matplotlib", extra="plots")  # before the hour that the figures take
        out.mkdir(parents=True, exist_ok=True)
    if external and quick:
        raise typer.BadParameter("--quick is of the corpus; --external takes a minute anyway")
    if external:
        _benchmark_external(external, out, json_)
    else:
        _benchmark_corpus(corpus, out, json_, quick=quick)


def _benchmark_corpus(corpus: Path | None, out: Path | None, json_: bool, *, quick: bool) -> None:
    from grokcast.display.benchmark import show_benchmark
    from grokcast.display.progress import progress
    from predictor.benchmark.run import benchmark as run_benchmark
    from predictor.report.html import html_report

    runs = read_runs(corpus)
    long = "minutes" if quick else "about an hour on two cores; --quick takes minutes"
    say(f"measuring on {len(runs):,} runs, in folds: {long}")
    with progress("folds") as advance:
        result, plots = run_benchmark(runs, advance, quick=quick)
    if out is not None:
        _write(out, result.as_dict(), html_report(result, plots))
    if json_:
        print_json(result.as_dict())
    else:
        show_benchmark(result)


def _benchmark_external(folders: list[Path], out: Path | None, json_: bool) -> None:
    from grokcast.display.benchmark import show_external
    from predictor.benchmark.external import benchmark_external
    from predictor.report.html import external_report
    from predictor.store import ForecasterStore

    result = benchmark_external(ForecasterStore().load(), folders)
    if out is not None:
        _write(out, result.as_dict(), external_report(result))
    if json_:
        print_json(result.as_dict())
    else:
        show_external(result)


def _write(folder: Path, result: dict[str, Any], page: str) -> None:
    (folder / "results.json").write_text(json.dumps(result, indent=1, allow_nan=False) + "\n")
    (folder / "report.html").write_text(page)


def retrain(
    runs: Annotated[
        list[Path] | None, typer.Option(metavar="FOLDER", help="folder of further runs to train on; repeatable")
    ] = None,
    stored: Annotated[bool, typer.Option("--stored", help="train on the finished runs of the service too")] = False,
    promote: Annotated[bool, typer.Option(help="activate the challenger if it is better")] = True,
    json_: AsJson = False,
) -> None:
    """Retrain on further runs; promote the result if it is better.

    Fits a challenger on the corpus and these runs, and compares it with the forecaster in use (minutes).
    """
    from grokcast.display.forecasters import show_comparison
    from grokcast.display.progress import progress
    from predictor import retrain as retraining
    from predictor.store import ForecasterStore
    from training_runs import InvalidInput, archive

    added = [run for folder in runs or [] for run in read_runs(folder)]
    if stored:
        known = {run.run_id for run in added}
        added += [run for run in stored_training_runs() if run.run_id not in known]
        if not added:
            raise InvalidInput(
                field="--stored",
                value="no run",
                expected="runs that have finished, with val_acc",
                hint="`grokcast runs finish RUN_ID` says how one ended",
            )
    corpus = archive.read(archive.CORPUS)
    say(_about_to_train(corpus, added))
    with progress("retraining", lines=True) as advance:
        comparison = retraining.retrain(
            corpus,
            added,
            ForecasterStore(),
            promote=promote,
            on_progress=advance,
        )
    if json_:
        print_json(retraining.as_dict(comparison))
    else:
        show_comparison(comparison)


def _about_to_train(corpus: list[Any], added: list[Any]) -> str:
    """Return in words what a challenger is about to learn from."""
    new = {run.run_id for run in added} - {run.run_id for run in corpus}
    return f"training on {len(corpus) + len(new):,} runs, {len(new):,} of them not in the shipped corpus: minutes"


@forecasters.command("list")
def list_forecasters(json_: AsJson = False) -> None:
    """List every stored forecaster, newest first."""
    from grokcast.display.forecasters import show_forecasters
    from predictor.store import ForecasterStore

    cards = ForecasterStore().cards()
    if json_:
        print_json(cards)
    else:
        show_forecasters(cards)


@forecasters.command("show")
def show_forecaster(version: Version) -> None:
    """Print the card of a forecaster as JSON.

    Its training data, features and benchmark figures.
    """
    from predictor.store import ForecasterStore

    print_json(ForecasterStore().card(version))


@forecasters.command("activate")
def activate_forecaster(version: Version) -> None:
    """Make a forecaster the active one, also to roll back."""
    from predictor.store import ForecasterStore

    ForecasterStore().activate(version)
    say(f"{version} is active")
