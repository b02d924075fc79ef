"""Commands that make and describe runs: `generate` and `corpus`."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from grokcast.commands.assignments import assignments
from grokcast.commands.folders import read_runs
from grokcast.commands.json_output import AsJson, print_json
from grokcast.display.notices import say


def generate(
    preset: Annotated[str | None, typer.Argument(metavar="PRESET", help="name of a set of runs; see --list")] = None,
    runs: Annotated[int, typer.Option(metavar="NUMBER", min=1, help="number of runs")] = 8,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="a field of the runs and its value, instead of the preset's; repeatable",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="folder of runs to write")] = Path("out"),
    workers: Annotated[
        int | None, typer.Option(metavar="NUMBER", min=1, help="number of processes [default: one per core]")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="NUMBER", min=0, help="seed of the preset's random draws")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="finish an interrupted sweep")] = False,
    executor: Annotated[str, typer.Option(metavar="EXECUTOR", help="local or ray")] = "local",
    ray_address: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="address of a Ray cluster, or auto [default: a local Ray]")
    ] = None,
    device: Annotated[str, typer.Option(metavar="DEVICE", help="auto, cpu or cuda")] = "auto",
    data_dir: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="directory with MNIST's IDX files, or with IMDb's reviews")
    ] = None,
    again: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="folder of runs to train again, each from its own configuration"),
    ] = None,
    check: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER",
            min=1,
            help="with --again: train so many of its runs, drawn with --seed, each alone, and compare; write none",
        ),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="describe the presets")] = False,
) -> None:
    """Train networks and record them (extra `runs`)."""
    from grokcast.display.progress import sweep_progress
    from grokcast.display.runs import show_presets
    from training_runs.generator.made_again import drawn
    from training_runs.generator.presets import configs_of, preset_configs
    from training_runs.generator.sweep import Sweep, run_sweep

    if check is not None and (again is None or set_):
        raise typer.BadParameter("--check compares runs of a folder: give it --again FOLDER, and no --set")
    if list_ or (preset is None and again is None):
        return show_presets()
    overrides = assignments(set_ or [])
    kept = read_runs(again) if again is not None else []
    if check is not None:
        kept = drawn(kept, check, seed)
    if again is not None:
        preset, seed = f"again {again}", 0
        configs = configs_of(kept, overrides)
        runs = len(configs)
    else:
        configs = preset_configs(str(preset), runs, seed, overrides)
    device = _device(device)
    execute = _executor(executor, workers or os.cpu_count() or 1, device, data_dir, ray_address)
    if check is not None:
        return _check(kept, configs, execute)
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
        _say_not_made(failure.configs, failure.reason)
    if failures:
        raise typer.Exit(1)
    return None


def _check(kept: list[Any], configs: list[Any], execute: Any) -> None:
    """Train runs again, each alone, and print what came back."""
    from grokcast.display.made_again import show_made_again
    from grokcast.display.progress import sweep_progress
    from training_runs.generator.made_again import compared

    by_id = {run.run_id: run for run in kept}
    pairs = []
    with sweep_progress(len(kept)) as on_runs:
        for stack, made in execute([[config] for config in configs]):
            if isinstance(made, str):
                _say_not_made(stack, made)
            else:
                pairs += [compared(by_id[run.run_id], run) for run in made]
                on_runs(made)
    show_made_again(pairs)
    if len(pairs) < len(kept):
        raise typer.Exit(1)


def _say_not_made(configs: list[Any], reason: str) -> None:
    for config in configs:
        say(f"grokcast: not made: {config}: {reason}")


def _executor(name: str, workers: int, device: str, data_dir: Path | None, ray_address: str | None) -> Any:
    """Return the function that trains stacks: `local` processes or a `ray` cluster."""
    import importlib.util
    from functools import partial

    from training_runs.generator import executors

    if name == "local":
        return partial(executors.run_local, workers=workers, device=device, data_dir=data_dir)
    if name != "ray":
        raise typer.BadParameter(f"--executor {name}; expected local or ray")
    if importlib.util.find_spec("ray") is None:
        raise typer.BadParameter("--executor ray needs Ray: pip install 'grokcast[ray]'")
    return partial(executors.run_ray, workers=workers, device=device, data_dir=data_dir, address=ray_address)


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


def corpus(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FOLDER", help="folders of runs, described as one set [default: the shipped corpus]"),
    ] = None,
    datasheet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Markdown file to write too, its pictures beside it (extra `plots`)"),
    ] = None,
    json_: AsJson = False,
) -> None:
    """Describe a set of runs."""
    from training_runs.datasheet.summary import summarize

    each = [read_runs(folder) for folder in folders] if folders else [read_runs(None)]
    runs = list({run.run_id: run for runs in each for run in runs}.values())
    summary = summarize(runs)
    if datasheet is not None:
        from training_runs.datasheet.page import write_datasheet

        write_datasheet(runs, datasheet, shipped=not folders)
    if json_:
        print_json(summary)
    else:
        from grokcast.display.runs import show_corpus

        show_corpus(summary)
