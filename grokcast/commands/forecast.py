"""`grokcast forecast`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from grokcast.commands.assignments import assignments
from grokcast.commands.json_output import AsCsv, AsJson, print_json, require_one_form
from grokcast.commands.steps import step_of
from grokcast.commands.target_accuracy import TargetAccuracy


def forecast(
    history: Annotated[
        list[str],
        typer.Argument(metavar="HISTORY", help="file or folder with a metric history, or several; - for stdin"),
    ],
    horizon: Annotated[
        str | None,
        typer.Option(
            metavar="STEP",
            help="step that the probability refers to, as 20000 or 20k [default: the budget, else 10x the last]",
        ),
    ] = None,
    target_accuracy: TargetAccuracy = None,
    context: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONTEXT",
            help="configuration of the run: NAME=VALUE,..., words ('1L transformer, AdamW lr 1e-3 wd 1'), a JSON "
            "object, or a JSON, YAML or TOML file; repeatable "
            "(`grokcast context` lists names and values). Of many, a file run -> configuration, or a CSV with a column `run`",
        ),
    ] = None,
    seconds_per_step: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="how long a step takes: the forecast is in hours too [default: as a column of times in the file shows]",
        ),
    ] = None,
    cost_per_hour: Annotated[
        float | None, typer.Option(metavar="COST", help="what an hour of training costs, in any currency")
    ] = None,
    run: Annotated[
        str | None, typer.Option(metavar="NAME", help="name of the run to forecast, where there are several, or all")
    ] = None,
    format: Annotated[
        str,
        typer.Option(
            metavar="FORMAT",
            help="auto, csv, json, jsonl, parquet, npz, npy, log, tensorboard, lightning, hf, mlflow, wandb, trackio, dvclive or clearml",
        ),
    ] = "auto",
    steps_per_epoch: Annotated[
        float | None, typer.Option(metavar="STEPS", help="optimiser steps per epoch, if the file counts epochs")
    ] = None,
    percent: Annotated[bool, typer.Option("--percent", help="accuracies are in percent")] = False,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=SIGNAL",
            help="what a column is, where its name is not recognised: a signal, step, time, or none to leave it out; repeatable",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,NAME,...", help="names of the columns of a table without a header: step,train_acc,val_acc"
        ),
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX", help="regular expression for the lines of a text log: its named groups are the columns"
        ),
    ] = None,
    run_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="column whose values distinguish the runs of a table")
    ] = None,
    sort: Annotated[bool, typer.Option("--sort", help="rows are in no order: sort them by step")] = False,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="picture to write: .png, .svg, .pdf (extra `plots`) or .html"),
    ] = None,
    gaps: Annotated[
        bool,
        typer.Option("--gaps", help="also say what to tell next with --json and --csv; in words one run always does"),
    ] = False,
    csv: AsCsv = False,
    json_: AsJson = False,
) -> None:
    """Forecast whether and when runs will generalise.

    HISTORY is a table (CSV, JSON, Parquet, .npz ...) or a text log, or what was written by TensorBoard, Lightning, Hugging Face, MLflow, W&B, trackio, DVCLive or ClearML. Several of them, a
    folder of files, or --run all make a table: those to continue first, the likeliest at the top. exp_01.json beside
    exp_01.csv is its context.
    """
    require_one_form(as_csv=csv, as_json=json_)
    from grokcast.forecaster import chosen
    from grokcast.histories import is_folder_of_files, read_histories
    from grokcast.stated_context import stated_context
    from training_runs.readers import ReadOptions

    if plot is not None:
        from grokcast.display.picture import check_path

        check_path(plot)
    options = ReadOptions(
        assignments(map_ or [], "--map", "COLUMN=SIGNAL"),
        steps_per_epoch,
        percent,
        columns=tuple(name.strip() for name in columns.split(",")) if columns else (),
        pattern=pattern or "",
        run_column=run_column,
        sort=sort,
    )
    asked = {
        "horizon_step": step_of("--horizon", horizon),
        "target_accuracy": target_accuracy,
        "seconds_per_step": seconds_per_step,
        "cost_per_hour": cost_per_hour,
    }
    stated = stated_context(context or [])
    histories = list(read_histories(history, format, options))
    is_many = len(histories) > 1 < len(history) or run == "all" or is_folder_of_files(history[0], format)
    if is_many and run in (None, "all"):
        _require_one_alone("--plot", plot)
        return _forecast_many(histories, stated, {**asked, "with_gaps": gaps}, as_csv=csv, as_json=json_)
    in_words = not (csv or json_)
    asked["with_gaps"] = gaps or in_words
    return _forecast_one(chosen(histories, run), stated, asked, plot, as_csv=csv, as_json=json_)


def _require_one_alone(flag: str, value: Path | None) -> None:
    from training_runs.errors import InvalidInput

    if value is not None:
        raise InvalidInput(field=flag, value=str(value), expected="one run", hint="choose it with --run")


def _forecast_one(
    history: Any,
    context: Mapping[str, Any] | Path | None,
    asked: Mapping[str, Any],
    plot: Path | None,
    *,
    as_csv: bool,
    as_json: bool,
) -> None:
    from grokcast.forecaster import to_json
    from grokcast.read_question import questions_of
    from predictor.question import Question
    from predictor.store import ForecasterStore

    ((question, notes),) = questions_of([history], context, **asked)
    if not isinstance(question, Question):
        raise question
    answer = ForecasterStore().load().forecast(question)
    from grokcast.display.forecast import show_forecast, show_notes

    show_notes(notes)
    if plot is not None:
        from grokcast.display.picture import write_picture

        write_picture(plot, question.trajectory, answer)
    if as_csv:
        _print_csv([{"run": history.run, "forecast": to_json(answer)}])
    elif as_json:
        print_json(to_json(answer))
    else:
        show_forecast(answer, question.trajectory)


def _forecast_many(
    histories: Sequence[Any],
    context: Mapping[str, Any] | Path | None,
    asked: Mapping[str, Any],
    *,
    as_csv: bool,
    as_json: bool,
) -> None:
    from grokcast.display.forecast import show_notes
    from grokcast.display.progress import progress
    from grokcast.forecaster import Forecaster
    from grokcast.frames import ranked

    with progress("forecasting") as advance:
        items = ranked(
            Forecaster().items(
                histories,
                context,
                on_progress=lambda done: advance("forecasting", done, len(histories)),
                **asked,
            )
        )
    show_notes(_counted(items))
    if as_csv:
        _print_csv(items)
    elif as_json:
        print_json({"items": [{k: v for k, v in item.items() if k != "error"} for item in items]})
    else:
        from grokcast.display.many import show_many

        show_many(items)
    if not any("forecast" in item for item in items):
        raise typer.Exit(2)


def _counted(items: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Return each note once, with the number of runs that it is about."""
    runs: dict[str, int] = {}
    for item in items:
        for note in item["notes"]:
            runs[note] = runs.get(note, 0) + 1
    return tuple(note if count == 1 else f"{note} ({count} runs)" for note, count in runs.items())


def _print_csv(items: Sequence[dict[str, Any]]) -> None:
    from grokcast.display.csv_output import print_csv
    from grokcast.frames import table_of

    # Counts stay whole where others are missing.
    print_csv(table_of([item["run"] for item in items], list(items)).convert_dtypes())
