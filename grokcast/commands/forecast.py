"""`grokcast forecast`."""

from pathlib import Path
from typing import Annotated

import typer

from grokcast.commands.assignments import assignments
from grokcast.commands.folders import store_folder
from grokcast.commands.json_output import AsJson


def forecast(
    history: Annotated[str, typer.Argument(help="file or folder with a metric history; - for stdin")],
    horizon: Annotated[
        int | None,
        typer.Option(help="step that the probability refers to [default: the budget, else 10x the last step]"),
    ] = None,
    target_accuracy: Annotated[
        float | None, typer.Option(help="validation accuracy that counts as generalised")
    ] = None,
    context: Annotated[
        Path | None,
        typer.Option(help='JSON file with the configuration of the run: {"chance_accuracy": 0.1, "weight_decay": 1}'),
    ] = None,
    run: Annotated[str | None, typer.Option(help="name of the run, if the file holds several")] = None,
    format: Annotated[
        str,
        typer.Option(
            help="auto, csv, json, jsonl, parquet, npz, npy, log, tensorboard, lightning, hf, mlflow or wandb"
        ),
    ] = "auto",
    steps_per_epoch: Annotated[
        float | None, typer.Option(help="optimiser steps per epoch, if the file counts epochs")
    ] = None,
    percent: Annotated[bool, typer.Option("--percent", help="accuracies are in percent")] = False,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", help="COLUMN=SIGNAL (or step), for names that are not recognised; repeatable"),
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="names of the columns of a table without a header: step,train_acc,val_acc")
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(help="regular expression for the lines of a text log: its named groups are the columns"),
    ] = None,
    run_column: Annotated[str | None, typer.Option(help="column whose values distinguish the runs of a table")] = None,
    sort: Annotated[bool, typer.Option("--sort", help="rows are in no order: sort them by step")] = False,
    plot: Annotated[
        Path | None,
        typer.Option(help="picture to write: .png, .svg, .pdf (extra `plots`) or .html"),
    ] = None,
    json_: AsJson = False,
) -> None:
    """Forecast whether and when a run will generalise.

    HISTORY is a table (CSV, JSON, Parquet, .npz ...) or a text log, or what was written by TensorBoard, Lightning, Hugging Face, MLflow or W&B.
    """
    from grokcast.read_question import read_question
    from training_runs.readers import ReadOptions

    if plot is not None:
        from grokcast.display.picture import check_path, write_picture

        check_path(plot)
    question, notes = read_question(
        history,
        format,
        run,
        context,
        horizon,
        target_accuracy,
        ReadOptions(
            assignments(map_ or [], "--map", "COLUMN=SIGNAL"),
            steps_per_epoch,
            percent,
            columns=tuple(name.strip() for name in columns.split(",")) if columns else (),
            pattern=pattern or "",
            run_column=run_column,
            sort=sort,
        ),
    )

    from api.wire.forecasts import ForecastAnswer
    from predictor.store import ForecasterStore

    answer = ForecasterStore(store_folder()).load().forecast(question)
    from grokcast.display.forecast import show_forecast, show_notes

    show_notes(notes)
    if plot is not None:
        write_picture(plot, question.trajectory, answer)
    if json_:
        print(ForecastAnswer.from_forecast(answer).model_dump_json(indent=1))
    else:
        show_forecast(answer, question.trajectory)
