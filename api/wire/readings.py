"""The wire form of files that were read: their runs, how their columns were understood, and what could not be."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import BaseModel, Field

from api.wire.history import MAX_VALUES, wire_history
from api.wire.problems import Problem
from training_runs import InvalidInput

# Readers import pandas, which takes half a second of the start of a service: they are imported with the first file.
if TYPE_CHECKING:
    from training_runs.readers import ReadRun, Recording

# Parameters of the route, which readers name as the options of the command line that they are too.
Asked = Literal["run", "run_column", "map", "steps_per_epoch", "percent", "sort", "columns", "format"]

_MAP = re.compile(r"""--map\s+(['"]?)(?P<column>[^'"]+?)=(?P<signal>\w+)\1""")
_OPTION = re.compile(r"--([a-z]+(?:-[a-z]+)*)(?: [A-Z]+\b)?")
_FLAGS = {"percent", "sort"}


class RunRead(BaseModel):
    """A run in a file, and how its columns were read."""

    run: str = Field(description="its name in the file; `?run=` chooses it")
    mapping: dict[str, str] = Field(description="column -> signal, `1-val_acc` for an error rate, or `step`")
    context_columns: dict[str, str] = Field(description="column -> field of the context that its one value gives")
    run_columns: list[str] = Field(description="columns whose values distinguish the runs of the file")
    left_out: list[str] = Field(description="columns that were not used")
    suspected: dict[str, str] = Field(
        description="unused columns that look like a metric -> the signal that `?map=COLUMN:SIGNAL` would read them as"
    )
    asked: list[Asked] = Field(description="parameters that would settle what was assumed")
    notes: list[str] = Field(description="what was assumed or changed, in words")
    context: dict[str, Any] = Field(description="configuration that the file holds")
    checkpoints: int = Field(description="number of checkpoints; 0 if it cannot be read")
    observed_until_step: int | None = Field(description="last step; null if it cannot be read")
    problem: Problem | None = Field(description="why this run cannot be read; null if it can")

    @classmethod
    def of(cls, name: str, run: "ReadRun") -> "RunRead":
        """Return the wire form of a run that was read."""
        reading = run.reading
        return cls(
            run=name,
            mapping=dict(reading.mapping),
            context_columns=dict(reading.context_columns),
            run_columns=list(reading.run_columns),
            left_out=list(reading.left_out),
            suspected=dict(reading.suspected),
            asked=_parameters(reading.asked),
            notes=[_parameter(note) for note in reading.notes],
            context=dict(run.context),
            checkpoints=len(run.trajectory),
            observed_until_step=run.trajectory.observed_until,
            problem=None,
        )

    @classmethod
    def refused(cls, name: str, error: InvalidInput) -> "RunRead":
        """Return the wire form of a run that cannot be read."""
        return cls(
            run=name,
            mapping={},
            context_columns={},
            run_columns=[],
            left_out=[],
            suspected={},
            asked=asked_by(error),
            notes=[],
            context={},
            checkpoints=0,
            observed_until_step=None,
            problem=Problem.of_input(in_parameters(error)),
        )


class RequestRead(BaseModel):
    """The body of `POST /v1/forecasts` that a run makes."""

    history: dict[str, list[float | None]]
    context: dict[str, Any]
    horizon_step: int | None
    target_accuracy: float | None
    seconds_per_step: float | None
    cost_per_hour: float | None

    @classmethod
    def of(cls, run: "ReadRun") -> "RequestRead":
        """Return the request of a run that was read.

        Raises
        ------
        InvalidInput : more values than the service takes.
        """
        if len(run.trajectory) > MAX_VALUES:
            raise InvalidInput(
                field="history.step",
                value=f"{len(run.trajectory)} checkpoints",
                expected=f"at most {MAX_VALUES}",
                hint="thin the history, keeping more checkpoints early than late",
            )
        return cls(
            history=wire_history(run.trajectory),
            context=dict(run.context),
            **{name: run.question.get(name) for name in cls.model_fields.keys() - {"history", "context"}},
        )


class HistoriesRead(BaseModel):
    """The runs of a file, of several or of a folder, and one of them as a request. Nothing is stored."""

    name: str = Field(description="name of the file; of several all names, separated by commas")
    runs: list[RunRead]
    run: str | None = Field(description="the run that was chosen, or the only one; null if there are several")
    request: RequestRead | None = Field(
        description="that run as the body of `POST /v1/forecasts`; null as long as none is chosen"
    )
    asked: list[Asked] = Field(description="parameters that are needed for a `request`")

    @classmethod
    def of(cls, name: str, recording: "Recording", run: str | None) -> "HistoriesRead":
        """Return the wire form of a file, with the run that is chosen or the only one.

        Raises
        ------
        InvalidInput : there is no such run, or it cannot be read.
        """
        runs = [RunRead.of(name, read) for name, read in recording.runs.items()]
        refused = [RunRead.refused(name, error) for name, error in recording.problems.items()]
        if run is None and len(runs) + len(refused) > 1:
            return cls(name=name, runs=[*runs, *refused], run=None, request=None, asked=["run"])
        chosen, read = recording.run(run)
        request = RequestRead.of(read)
        return cls(name=name, runs=[*runs, *refused], run=chosen, request=request, asked=[])


class ReadProblem(Problem):
    """Why a file cannot be read, and what would help."""

    asked: list[Asked] = Field(default=[], description="parameters that would help to read it")
    columns: list[str] = Field(default=[], description="the columns that were found")
    mapping: dict[str, str] = Field(default={}, description="column -> signal, by its name alone")
    suspected: dict[str, str] = Field(
        default={},
        description="columns that look like a metric -> the signal that `?map=COLUMN:SIGNAL` would read them as",
    )

    @classmethod
    def of_file(cls, error: InvalidInput) -> "ReadProblem":
        """Return the problem with a file."""
        problem = Problem.of_input(in_parameters(error))
        more: dict[str, Any] = {"asked": asked_by(error)}
        from training_runs.metric_names import canonical_name
        from training_runs.readers import UnreadColumns

        if isinstance(error, UnreadColumns):
            known = {column: signal for column in error.columns if (signal := canonical_name(column))}
            more |= {"columns": list(error.columns), "mapping": known, "suspected": error.suspected}
        return cls(**problem.model_dump(exclude_unset=True), **{k: v for k, v in more.items() if v})


def asked_by(error: InvalidInput) -> list[Asked]:
    """Return the parameters that a reader asks for."""
    texts = (error.field, error.expected, error.hint)
    return _parameters(option.replace("-", "_") for text in texts for option in _OPTION.findall(text))


def _parameters(names: Iterable[str]) -> list[Asked]:
    given = set(names)
    return [known for known in get_args(Asked) if known in given]


def in_parameters(error: InvalidInput) -> InvalidInput:
    """Return an error of a reader in the words of this route: `?map=acc_te:val_acc` for `--map acc_te=val_acc`."""
    return InvalidInput(
        field="name" if error.field == "HISTORY" else _parameter(error.field),
        value=error.value,
        expected=_parameter(error.expected),
        hint=_parameter(error.hint),
    )


def _parameter(text: str) -> str:
    return _OPTION.sub(_as_parameter, _MAP.sub(r"?map=\g<column>:\g<signal>", text))


def _as_parameter(option: re.Match[str]) -> str:
    name = option[1].replace("-", "_")
    return f"?{name}={'true' if name in _FLAGS else '...'}"
