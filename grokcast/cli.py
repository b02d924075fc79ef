"""The command line. Every heavy import sits inside its command, so that `--help` is quick.

Exit codes: 0 done, 1 the work failed, 2 bad usage or bad input, told in one line on stderr.
"""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from grokcast.service_commands import keys, run_service, runs as stored_runs, stored_training_runs

app = typer.Typer(
    name="grokcast",
    help="Early warning for grokking: whether and when a run will generalise, from its first part.\n\n"
    "A run is flat? grokcast forecast HISTORY --context CONTEXT.json --horizon STEP",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
forecasters = typer.Typer(help="List, show and activate stored forecasters.", no_args_is_help=True)
app.add_typer(forecasters, name="forecasters")
app.add_typer(keys, name="keys")
app.add_typer(stored_runs, name="runs")

AsJson = Annotated[bool, typer.Option("--json", help="print one JSON document and nothing else")]


def main() -> None:
    """Run the command line; bad input and failures become one line and an exit code."""
    from pydantic import ValidationError

    from predictor.errors import DamagedForecaster, ForecasterNotFound
    from training_runs.errors import InvalidInput

    try:
        code = app(standalone_mode=False)
        if code == 130:
            _fail("interrupted; a sweep goes on with --resume", 130)
        sys.exit(code)
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message())
            sys.exit(2)
        _fail(error.format_message(), 2)
    except ValidationError as error:
        # Of the settings: the environment says something that cannot be.
        first = error.errors()[0]
        name = "_".join(["GROKCAST", *(str(part).upper() for part in first["loc"])])
        _fail(f"{name} is {first['input']!r}: {first['msg']}", 2)
    except (InvalidInput, ForecasterNotFound) as error:
        _fail(str(error), 2)
    except (DamagedForecaster, OSError) as error:
        _fail(str(error), 1)
    except (KeyboardInterrupt, typer.Abort):
        _fail("interrupted; a sweep goes on with --resume", 130)


def _fail(message: str, code: int) -> None:
    print(f"grokcast: {' '.join(message.split())[:1000]}", file=sys.stderr)
    sys.exit(code)


def _print_json(document: Any) -> None:
    print(json.dumps(document, indent=1, allow_nan=False))


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="print the version and exit")] = False,
) -> None:
    if version:
        from grokcast import __version__

        print(__version__)
        raise typer.Exit


@app.command()
def forecast(
    history: Annotated[
        str, typer.Argument(help="file or folder with a metric history; - for stdin")
    ],
    horizon: Annotated[
        int | None,
        typer.Option(help="step the question is about [default: the budget, else 10x the last]"),
    ] = None,
    target_accuracy: Annotated[
        float | None, typer.Option(help="validation accuracy that counts as generalised")
    ] = None,
    context: Annotated[
        Path | None,
        typer.Option(
            help='JSON file with what is known of the run: {"chance_accuracy": 0.1, "weight_decay": 1}'
        ),
    ] = None,
    run: Annotated[str | None, typer.Option(help="which run, where a file holds several")] = None,
    format: Annotated[
        str,
        typer.Option(
            help="auto, csv, json, jsonl, parquet, tensorboard, lightning, hf, mlflow or wandb"
        ),
    ] = "auto",
    steps_per_epoch: Annotated[
        float | None, typer.Option(help="updates in an epoch, where the file counts epochs")
    ] = None,
    percent: Annotated[bool, typer.Option("--percent", help="accuracies are in percent")] = False,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", help="COLUMN=SIGNAL (or step), where names do not tell; repeatable"),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="picture to write: .png, .svg, .pdf (extra `plots`) or .html"),
    ] = None,
    json_: AsJson = False,
) -> None:
    """Say whether and when a run will generalise.

    HISTORY is what your logger wrote: CSV, JSON, or the folder of TensorBoard, Lightning, Hugging Face, MLflow or W&B.
    """
    from grokcast.questions import read_question
    from training_runs.readers import Spelling

    if plot is not None:
        from grokcast.forecast_picture import check_path, write_picture

        check_path(plot)
    question, notes = read_question(
        history,
        format,
        run,
        context,
        horizon,
        target_accuracy,
        Spelling(_assignments(map_ or [], "--map", "COLUMN=SIGNAL"), steps_per_epoch, percent),
    )

    from api.schemas import ForecastAnswer
    from predictor.store import ForecasterStore

    answer = ForecasterStore(_store_folder()).load().forecast(question)
    from grokcast.terminal import show_forecast, show_notes

    show_notes(notes)
    if plot is not None:
        write_picture(plot, question.trajectory, answer)
    if json_:
        print(ForecastAnswer.from_forecast(answer).model_dump_json(indent=1))
    else:
        show_forecast(answer, question.trajectory)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="[default: 127.0.0.1]")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 takes a free one [default: 8321]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="processes that answer [default: 1]")
    ] = None,
) -> None:
    """Start the service."""
    run_service(host, port, workers)


@app.command()
def benchmark(
    corpus: Annotated[Path | None, typer.Option(help="[default: the shipped corpus]")] = None,
    external: Annotated[
        list[Path] | None, typer.Option(help="folder of runs recorded elsewhere; repeatable")
    ] = None,
    locked: Annotated[
        bool, typer.Option("--locked", help="of --external, only the half kept for releases")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="folder for results.json and report.html")
    ] = None,
    json_: AsJson = False,
) -> None:
    """Measure the forecasts beside every baseline.

    On configurations that were not learnt from, in folds (minutes).

    With --external, the forecaster in use is measured, unchanged, on runs recorded elsewhere.
    """
    from grokcast.terminal import progress, show_benchmark, show_external
    from training_runs.extras import require

    if out is not None:
        require("matplotlib", extra="plots")  # before the minutes that the figures take
        out.mkdir(parents=True, exist_ok=True)
    if external:
        from predictor.external import benchmark_external
        from predictor.store import ForecasterStore

        forecaster = ForecasterStore(_store_folder()).load()
        result = benchmark_external(forecaster, external, locked=locked)
        show, page = show_external, {"external": result}
    else:
        from predictor.benchmark import benchmark as run_benchmark

        with progress("folds") as advance:
            result = run_benchmark(_runs(corpus), advance)
        page = dict(result)
        del result["plots"]  # thousands of points, for the page alone
        show = show_benchmark
    if out is not None:
        (out / "results.json").write_text(json.dumps(result, indent=1, allow_nan=False) + "\n")
        _write_report(out / "report.html", page)
    if json_:
        _print_json(result)
    else:
        show(result)


def _write_report(path: Path, result: dict[str, Any]) -> None:
    from typing import cast

    from predictor.html_report import Result, html_report

    path.write_text(html_report(cast(Result, result)))


@app.command()
def retrain(
    runs: Annotated[
        list[Path] | None, typer.Option(help="folder of further runs to learn from; repeatable")
    ] = None,
    stored: Annotated[
        bool, typer.Option("--stored", help="learn from the finished runs of the service too")
    ] = False,
    promote: Annotated[bool, typer.Option(help="activate the challenger if it is better")] = True,
    json_: AsJson = False,
) -> None:
    """Learn from further runs, and promote what is better.

    Fits a challenger on the corpus and these runs, and compares it with the forecaster in use (minutes).
    """
    from grokcast.terminal import progress, show_comparison
    from predictor import retrain as retraining
    from predictor.store import ForecasterStore
    from training_runs import archive

    added = [run for folder in runs or [] for run in _runs(folder)]
    if stored:
        known = {run.run_id for run in added}
        added += [run for run in stored_training_runs() if run.run_id not in known]
    with progress("retraining") as advance:
        comparison = retraining.retrain(
            archive.read(archive.CORPUS),
            added,
            ForecasterStore(_store_folder()),
            promote=promote,
            on_progress=advance,
        )
    if json_:
        _print_json(retraining.as_dict(comparison))
    else:
        show_comparison(comparison)


@app.command()
def generate(
    preset: Annotated[str | None, typer.Argument(help="which set of runs; see --list")] = None,
    runs: Annotated[int, typer.Option(min=1, help="how many")] = 8,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=VALUE of RunConfig; repeatable")
    ] = None,
    out: Annotated[Path, typer.Option(help="folder of runs to write")] = Path("out"),
    workers: Annotated[int | None, typer.Option(min=1, help="[default: one a core]")] = None,
    seed: Annotated[int, typer.Option(min=0, help="of the preset's draws")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="finish a sweep that was begun")] = False,
    executor: Annotated[str, typer.Option(help="local or ray")] = "local",
    ray_address: Annotated[
        str | None, typer.Option(help="of a Ray cluster, or auto [default: a local Ray]")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda")] = "auto",
    data_dir: Annotated[
        Path | None, typer.Option(help="directory with MNIST's IDX files, or with IMDb's reviews")
    ] = None,
    again: Annotated[
        Path | None, typer.Option(help="a folder of runs: make each again, from its own config")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="describe the presets")] = False,
) -> None:
    """Train networks and record them (extra `runs`)."""
    from grokcast.terminal import show_presets, sweep_progress
    from training_runs.presets import configs_of, preset_configs
    from training_runs.sweep import Sweep, run_sweep

    if list_ or (preset is None and again is None):
        return show_presets()
    overrides = _assignments(set_ or [])
    if again is not None:
        preset, seed = f"again {again}", 0
        configs = configs_of(_runs(again), overrides)
        runs = len(configs)
    else:
        configs = preset_configs(str(preset), runs, seed, overrides)
    device = _device(device)
    processes = workers or os.cpu_count() or 1
    execute = _executor(executor, processes, device, data_dir, ray_address)
    with sweep_progress(len(configs)) as on_runs:
        failures = run_sweep(
            Sweep(str(preset), runs, seed, overrides),
            configs,
            out,
            execute,
            resume=resume,
            device=device,
            on_runs=on_runs,
        )
    for failure in failures:
        for config in failure.configs:
            print(f"grokcast: not made: {config}: {failure.reason}", file=sys.stderr)
    if failures:
        raise typer.Exit(1)
    return None


def _executor(
    name: str, workers: int, device: str, data_dir: Path | None, ray_address: str | None
) -> Any:
    """Return what trains stacks: `local` processes or a `ray` cluster."""
    import importlib.util
    from functools import partial

    from training_runs import executors

    if name == "local":
        return partial(executors.run_local, workers=workers, device=device, data_dir=data_dir)
    if name != "ray":
        raise typer.BadParameter(f"--executor {name}; expected local or ray")
    if importlib.util.find_spec("ray") is None:
        raise typer.BadParameter("--executor ray needs Ray: pip install 'grokcast[ray]'")
    return partial(
        executors.run_ray, workers=workers, device=device, data_dir=data_dir, address=ray_address
    )


def _assignments(
    texts: list[str], flag: str = "--set", expected: str = "FIELD=VALUE"
) -> dict[str, str]:
    from training_runs.errors import InvalidInput

    pairs = [text.rpartition("=") for text in texts]
    for text, (_, equals, _) in zip(texts, pairs, strict=True):
        if not equals:
            raise InvalidInput(field=flag, value=text, expected=expected)
    return {name: value for name, _, value in pairs}


def _device(name: str) -> str:
    """Return the device to train on; `auto` takes a GPU where there is one."""
    import importlib.util

    if importlib.util.find_spec("torch") is None:
        raise typer.BadParameter("making runs needs torch: pip install 'grokcast[runs]'")
    import torch

    if name not in ("auto", "cpu", "cuda"):
        raise typer.BadParameter(f"--device {name}; expected auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise typer.BadParameter("--device cuda, but torch sees no GPU here")
    return name if name != "auto" else "cuda" if torch.cuda.is_available() else "cpu"


@app.command()
def corpus(
    folder: Annotated[Path | None, typer.Argument(help="[default: the shipped corpus]")] = None,
    datasheet: Annotated[
        Path | None,
        typer.Option(help="Markdown file to write too, its pictures beside it (extra `plots`)"),
    ] = None,
    json_: AsJson = False,
) -> None:
    """Say what a set of runs holds."""
    from training_runs.summary import summarize

    runs = _runs(folder)
    summary = summarize(runs)
    if datasheet is not None:
        from training_runs.datasheet import write_datasheet

        write_datasheet(runs, datasheet, shipped=folder is None)
    if json_:
        _print_json(summary)
    else:
        from grokcast.terminal import show_corpus

        show_corpus(summary)


def _runs(folder: Path | None) -> list[Any]:
    from training_runs import archive
    from training_runs.errors import InvalidInput

    runs = archive.read(folder or archive.CORPUS)
    if not runs:
        raise InvalidInput(
            field="folder of runs",
            value=str(folder),
            expected="at least one run",
            hint="`grokcast generate` and `grokcast runs export` write such folders",
        )
    return runs


@forecasters.command("list")
def list_forecasters(json_: AsJson = False) -> None:
    """List every stored forecaster, newest first."""
    from grokcast.terminal import show_forecasters
    from predictor.store import ForecasterStore

    cards = ForecasterStore(_store_folder()).cards()
    if json_:
        _print_json(cards)
    else:
        show_forecasters(cards)


@forecasters.command("show")
def show_forecaster(version: str) -> None:
    """Print the card of one: its making, its figures."""
    from predictor.store import ForecasterStore

    _print_json(ForecasterStore(_store_folder()).card(version))


@forecasters.command("activate")
def activate_forecaster(version: str) -> None:
    """Make one the one that answers, or roll back to it."""
    from predictor.store import ForecasterStore

    ForecasterStore(_store_folder()).activate(version)
    print(f"{version} answers now", file=sys.stderr)


def _store_folder() -> Path | None:
    from api.settings import Settings

    return Settings().forecaster_store
