"""Forecasts in this process, without a service: of one history or of many.

answer = grokcast.forecast("history.csv", context={"learning_rate": 1e-3, "weight_decay": 1.0}, horizon=20_000)
print(answer)                     # one line
answer.onset_step.p50             # the fields of the service's answer
table = grokcast.forecast("runs/", context="contexts.json")   # many: a DataFrame with a row a run
"""

import functools
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokcast.answer import Answer
from grokcast.argument_names import in_arguments, with_arguments
from grokcast.own_packages import own_packages

if TYPE_CHECKING:
    import pandas as pd

    from grokcast.histories import History, Source
    from grokcast.plans import Plans
    from predictor.forecast import Forecast
    from predictor.forecaster import OnsetForecaster
    from predictor.planning.comparison import Comparison

_AT_ONCE = 64  # histories between two reports of progress


class Forecaster:
    """A forecaster in this process, loaded with the first question and kept.

    Parameters
    ----------
    version : of the stored ones (`grokcast forecasters list`), or the folder of one; by default the active one.
    """

    def __init__(self, version: str | Path | None = None) -> None:
        self._asked_for = version
        self._loading = threading.Lock()
        self._loaded: OnsetForecaster | None = None

    @property
    def version(self) -> str:
        """The version that answers."""
        with own_packages():
            return self._forecaster().version

    def forecast(
        self,
        source: "Source | Sequence[Source]",
        *,
        run: str | None = None,
        context: Mapping[str, Any] | str | Path | None = None,
        horizon: int | None = None,
        target_accuracy: float | None = None,
        seconds_per_step: float | None = None,
        cost_per_hour: float | None = None,
        steps_per_epoch: float | None = None,
        percent: bool = False,
        names: Mapping[str, str] | None = None,
        columns: str | Sequence[str] = (),
        pattern: str = "",
        run_column: str | None = None,
        sort: bool = False,
        format: str = "auto",
        gaps: bool = False,
    ) -> "Answer | pd.DataFrame":
        """Forecast whether and when a run will generalise, or each of many.

        Parameters
        ----------
        source : a file, or a folder that a tool wrote; a DataFrame with a row a checkpoint; a mapping of columns, or a request to
            the service. A list of these, a folder of files, and what holds several runs are many;
            files of a list that are charts of one run are one row.
        run : of several runs in the source, the one to forecast.
        context : what is known of the run: fields, or a JSON or CSV file of them; of many, also run -> fields.
        horizon : step that the probability refers to; by default the budget, else 10x the last step.
        target_accuracy : validation accuracy that counts as generalised.
        seconds_per_step : of training, for dates and hours (`answer.clock`); by default as a column of times in the source shows.
        cost_per_hour : of training, in any currency.
        steps_per_epoch : optimiser steps in an epoch, if the source counts epochs.
        percent : accuracies are in percent.
        names : column -> signal (or `step`), for names that are not recognised.
        columns : names of the columns of a table without a header, as a list or divided by commas.
        pattern : regular expression for the lines of a text log: its named groups are the columns.
        run_column : column whose values distinguish the runs of a table.
        sort : rows are in no order, and are sorted by step.
        format : of files, where it is not seen by their names and content.
        gaps : also say what to tell next (`answer.gaps`, the column `tell_next`), which takes about 0.1 s a run.

        Returns
        -------
        Answer of one run; of many a table with a row a run, the likeliest to generalise first, and the reason in the column
        `problem` where a run has no forecast.

        Raises
        ------
        ValueError : one run that cannot be read or forecast, in words; of many, only what is wrong with the call.
        """
        with own_packages():
            from grokcast.histories import is_folder_of_files, read_histories
            from training_runs.errors import InvalidInput, require_numbers
            from training_runs.readers import ReadOptions

            require_numbers(
                horizon=horizon,
                target_accuracy=target_accuracy,
                seconds_per_step=seconds_per_step,
                cost_per_hour=cost_per_hour,
                steps_per_epoch=steps_per_epoch,
            )
            if names is not None and not isinstance(names, Mapping):
                raise InvalidInput(field="names", value=names, expected='column -> signal, as {"holdout": "val_acc"}')
            is_list = isinstance(source, Sequence) and not isinstance(source, str)
            sources: Sequence[Source] = source if is_list else [source]  # type: ignore[list-item,assignment]
            header = columns.split(",") if isinstance(columns, str) and columns else columns
            options = ReadOptions(
                dict(names or {}),
                steps_per_epoch,
                percent,
                columns=tuple(name.strip() for name in header),
                pattern=pattern,
                run_column=run_column,
                sort=sort,
            )
            try:
                histories = list(read_histories(sources, format, options))
                if run is not None:
                    histories = [chosen(histories, run)]
                many = is_list or len(histories) > 1 or is_folder_of_files(sources[0], format)
                items = self.items(
                    histories,
                    context,
                    horizon_step=horizon,
                    target_accuracy=target_accuracy,
                    seconds_per_step=seconds_per_step,
                    cost_per_hour=cost_per_hour,
                    with_gaps=gaps,
                )
            except InvalidInput as error:
                raise with_arguments(error) from None
            items = [_with_arguments(item) for item in items]
            if many and run is None:
                from grokcast.frames import ranked, table_of

                items = ranked(items)
                return table_of([item["run"] for item in items], items)
            (item,) = items
            if "problem" in item:
                raise item["error"]
            return Answer(item["forecast"], item["run"], item["notes"])

    def plan(
        self,
        context: Mapping[str, Any] | str | Path | None = None,
        *,
        grid: Mapping[str, Sequence[Any]] | None = None,
        contexts: Sequence[Any] = (),
        budget: int | None = None,
        target_accuracy: float | None = None,
        wanted: float = 0.9,
        seconds_per_step: float | None = None,
        cost_per_hour: float | None = None,
    ) -> "Plans":
        """Return what runs of some settings would do, before they have begun, and which setting to take.

        Parameters
        ----------
        context : what all settings share, as `forecast` takes it; a file of several runs is a setting for each.
        grid : field -> values, or one value: each combination is a setting. Names and words are read as everywhere.
        contexts : settings one by one, in fields or in words, instead of a grid.
        budget : step at which training would end; by default each context's `budget_step`.
        target_accuracy : validation accuracy that counts as generalised.
        wanted : probability of onset by the budget; the cheapest setting that reaches it is named.
        seconds_per_step : of training, for the costs in hours.
        cost_per_hour : of training, for the costs in money too.

        Raises
        ------
        ValueError : no budget, or a value that cannot be, in words.
        """
        with own_packages():
            from grokcast.plans import Plans, question_of
            from training_runs.errors import InvalidInput, require_numbers

            require_numbers(
                budget=budget,
                target_accuracy=target_accuracy,
                wanted=wanted,
                seconds_per_step=seconds_per_step,
                cost_per_hour=cost_per_hour,
            )
            try:
                question = question_of(
                    context,
                    grid or {},
                    contexts,
                    budget_step=budget,
                    target_accuracy=target_accuracy,
                    wanted_probability=wanted,
                    seconds_per_step=seconds_per_step,
                    cost_per_hour=cost_per_hour,
                )
                return Plans(to_json(self._forecaster().compare(question)))
            except InvalidInput as error:
                raise with_arguments(error) from None

    def items(
        self,
        histories: "Sequence[History]",
        context: Mapping[str, Any] | str | Path | None = None,
        on_progress: Callable[[int], None] = lambda done: None,
        **asked: Any,
    ) -> list[dict[str, Any]]:
        """Return an item for each history, in order: `run`, `notes`, and `forecast`, or `problem` and the `error` itself.

        `asked` are fields of `Question`, for all of them.
        """
        from grokcast.read_question import questions_of
        from predictor.forecast import Forecast
        from predictor.question import Question
        from training_runs.errors import InvalidInput

        forecaster = self._forecaster()
        questions = questions_of(histories, context, **asked)
        found: list[Forecast | InvalidInput] = []
        for start in range(0, len(questions), _AT_ONCE):
            part = questions[start : start + _AT_ONCE]
            answers = iter(forecaster.forecast_many([q for q, _ in part if isinstance(q, Question)]))
            found += [next(answers) if isinstance(q, Question) else q for q, _ in part]
            on_progress(len(found))
        return [_item(h.run, notes, f) for h, (_, notes), f in zip(histories, questions, found, strict=True)]

    def _forecaster(self) -> "OnsetForecaster":
        with self._loading:
            if self._loaded is None:
                from predictor.store import ForecasterStore

                asked_for = self._asked_for
                if asked_for is not None and (Path(asked_for) / "manifest.json").is_file():
                    folder = Path(asked_for).resolve()
                    self._loaded = ForecasterStore(folder.parent).load(folder.name)
                else:
                    self._loaded = ForecasterStore().load(None if asked_for is None else str(asked_for))
            return self._loaded


def chosen(histories: "Sequence[History]", run: str | None) -> "History":
    """Return the history of a run, or the only one where none is named.

    Raises
    ------
    InvalidInput : several and none named, or none of that name.
    """
    from training_runs.readers.recording import not_chosen

    if run is None and len(histories) == 1:
        return histories[0]
    for history in histories:
        if run is not None and run in history.names:
            return history
    raise not_chosen(run, [history.run for history in histories], "--run, or --run all")


def _with_arguments(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item of `Forecaster.items` as Python is told it: with arguments in the place of options."""
    told = {**item, "notes": tuple(map(in_arguments, item["notes"]))}
    if "problem" not in item:
        return told
    error = with_arguments(item["error"])
    return {**told, "problem": {"detail": str(error)}, "error": error}


def _item(run: str, notes: tuple[str, ...], found: "Forecast | ValueError") -> dict[str, Any]:
    if isinstance(found, ValueError):
        return {"run": run, "notes": notes, "problem": {"detail": str(found)}, "error": found}
    return {"run": run, "notes": notes, "forecast": to_json(found)}


def to_json(answer: "Forecast | Comparison") -> dict[str, Any]:
    """Return an answer as the service sends it: plain dictionaries, lists and numbers."""
    from api.wire.forecasts import ForecastAnswer
    from api.wire.plans import PlanAnswer
    from predictor.forecast import Forecast

    if isinstance(answer, Forecast):
        return ForecastAnswer.from_forecast(answer).model_dump(mode="json")
    return PlanAnswer.from_comparison(answer).model_dump(mode="json")


@functools.cache
def _shared() -> Forecaster:
    return Forecaster()


def forecast(source: "Source | Sequence[Source]", **options: Any) -> "Answer | pd.DataFrame":
    """Forecast one history, or each of many, with the active forecaster; see `Forecaster.forecast` for what it takes."""
    return _shared().forecast(source, **options)


def plan(context: Mapping[str, Any] | str | Path | None = None, **options: Any) -> "Plans":
    """Plan runs that have not begun, with the active forecaster; see `Forecaster.plan` for what it takes."""
    return _shared().plan(context, **options)
