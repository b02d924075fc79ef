"""The content of one file, by its format: the runs in it as tables under their own names."""

import io
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from training_runs import archive
from training_runs.context_words import parts_of, read_hyperparameters
from training_runs.errors import InvalidInput, percent_hint
from training_runs.metric_names import canonical_name
from training_runs.pace import require_rates
from training_runs.readers.aim_tables import from_aim
from training_runs.readers.bracketed_shares import in_own_columns
from training_runs.readers.cells import read_cells
from training_runs.readers.charts import named_by_file
from training_runs.readers.delimited import header_of, is_table, read_delimited
from training_runs.readers.documents import are_records, document_of, in_another_notation, leaves, runs_of
from training_runs.readers.encodings import text_of
from training_runs.readers.known_documents import as_written_plainly
from training_runs.readers.known_tables import with_their_split
from training_runs.readers.long_tables import upright
from training_runs.readers.numpy_files import read_npy, read_npz
from training_runs.readers.pages import is_web_page, parts_of_page
from training_runs.readers.paired_columns import apart, named_by_order
from training_runs.readers.recording import RawRun, ReadOptions
from training_runs.readers.split_orders import order_of_splits
from training_runs.readers.split_shares import named_shares
from training_runs.readers.step_lists import counts, with_epochs, with_steps_of_splits, without_words_for_steps
from training_runs.readers.text_logs import has_measurements, read_text_log

# Of files that are tables, and their formats; what a text holds goes before its ending.
SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".npz": "npz",
    ".npy": "npy",
    ".txt": "log",
    ".log": "log",
}
# Names of what was printed, in records of loggers.
_MESSAGES = {"message", "msg", "log", "line", "event", "text", "textpayload", "body", "content"}
_MOST_COLUMNS = 20_000  # of Parquet
_TEXT_BYTES = 100 * 2**20  # of a column, written out
_BEFORE = 50  # lines in which parameters are looked for
_PAIR = re.compile(r"^\"?(?P<name>[A-Za-z][\w ]*)\"?\s*[,;\t:=|]\s*\"?(?P<value>[\w.+-]+)\"?\s*$")
# `[10] loss 3` is a log.
_JSON = re.compile(
    r"(?!\s*\[\d+,\d+\]<std)(?:\s*//[^\n]*\n)*\s*(\{|\[\s*[\[{\"]|\[\s*-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?\s*(,|\]\s*([,\]\[]|$)))"
)


def read_table(
    content: bytes, format: str, name: str, path: str, options: ReadOptions | None = None
) -> dict[str, RawRun]:
    """Return the runs in the content of a file; a column `run_id` makes several, else the one run has the name that is given.

    Raises
    ------
    InvalidInput : the content is not of its format, or a request to the service with a context or question that cannot be.
    """
    options = options or ReadOptions()
    runs: dict[str, RawRun] = {}
    for run, raw in _read(content, format, name, path, options).items():
        table, of_pairs = apart(raw.table, options.names)
        table, of_losses = in_own_columns(table)
        table, of_shares = named_shares(table)
        table, notes = read_cells(table, options.percent)
        table, of_words = without_words_for_steps(table)
        table, of_program = with_their_split(table)
        notes = (*of_pairs, *of_losses, *of_shares, *notes, *of_words, *of_program)
        parts = {run: table}
        if "run_id" in table.columns:
            parts = {str(key): part.drop(columns="run_id") for key, part in table.groupby("run_id", sort=False)}
        for key, part in parts.items():
            named, of_names = named_by_file(part, name)
            counted, of_epochs = with_epochs(named, options)
            own, of_steps = with_steps_of_splits(counted, options)
            runs[key] = RawRun(own, raw.context, (*raw.notes, *notes, *of_names, *of_epochs, *of_steps), raw.question)
    return runs


def parsed(content: bytes, format: str, path: str) -> pd.DataFrame:
    """Return the content of a file with one run as a table, columns under their own names."""
    return next(iter(_read(content, format, "", path, ReadOptions()).values())).table


def sniffed(content: bytes, path: str) -> str | None:
    """Return the format of a file's content; None where it shows none."""
    if content.startswith((b"PAR1", b"PK\x03\x04", b"\x93NUMPY")):
        return {b"PAR1": "parquet", b"PK\x03\x04": "npz", b"\x93NUM": "npy"}[content[:4]]
    return _format_of(_text_within(content, path)[0])


def _format_of(text: str) -> str | None:
    if _JSON.match(text):
        return "json"
    if is_table(text):
        return "csv"
    if in_another_notation(text) is not None:
        return "json"
    return "log" if has_measurements(text) else None


def _text_within(content: bytes, path: str) -> tuple[str, tuple[str, ...]]:
    """Return the text of a file, of a page the part that holds a history, and notes.

    Of several parts the longest is taken, where it is a table; what a program printed in several, is one log.

    Raises
    ------
    InvalidInput : it is no text, or a web page without a history.
    """
    text, notes = text_of(content, path)
    parts = parts_of_page(text)
    formats = {part: found for part in parts if (found := _format_of(part)) and (found != "json" or _has_steps(part))}
    logs = "\n".join(part for part, found in formats.items() if found == "log")
    held = max([logs, *(part for part, found in formats.items() if found != "log")], key=len)
    if held:
        return held, (*notes, f"{path} is a page: a {'log' if held == logs else 'table'} in it is read")
    if is_web_page(text):
        raise InvalidInput(
            field=path,
            value="a web page in which no table has steps and metrics",
            expected="a metric history",
            hint="download the numbers as CSV instead",
        )
    return text, notes


def _has_steps(text: str) -> bool:
    """Return True for JSON with a name of steps, and for what is no JSON and was read as lists with steps."""
    names = re.findall(r"[\"'](\w+)[\"']\s*:", text[:100_000])
    return any(map(counts, names)) if _JSON.match(text) else True


def _read(content: bytes, format: str, name: str, path: str, options: ReadOptions) -> dict[str, RawRun]:
    """Return the runs in the content of a file, cells as they stand in it."""
    try:
        if format == "parquet":
            return _of_parquet(content, name, path, options)
        if format == "npz":
            return read_npz(content, name, path, options)
        if format == "npy":
            return read_npy(content, name, path, options)
        text, notes = _text_within(content, path)
        if options.pattern or (format == "log" and not options.columns):
            runs = read_text_log(text, name, path, options)
        elif format in ("csv", "log"):
            table, of_table = read_delimited(text, path, options.columns)
            before = read_hyperparameters(_said_before(text), "lines before the table")
            table = named_by_order(upright(from_aim(table)), order_of_splits(text[:20_000].splitlines()[:_BEFORE]))
            runs = {name: RawRun(table, before.fields(), (*of_table, *before.notes))}
        else:
            runs = _of_json(text, name, path, options)
    except InvalidInput:
        raise
    except (
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        pa.ArrowException,
        pd.errors.ParserError,
        RecursionError,
        OverflowError,
    ) as error:
        raise InvalidInput(
            field=path,
            value=f"a file of {len(content)} bytes",
            expected=f"{format} with a column for `step` and one for each signal",
            hint=str(error).split("\n")[0][:120],
        ) from None
    return {run: RawRun(r.table, r.context, (*notes, *r.notes), r.question) for run, r in runs.items()}


def _said_before(text: str) -> dict[str, Any]:
    """Return what lines before a table say of parameters: `# lr=0.001, wd=1`, `lr,0.001`, or a sentence."""
    said: dict[str, Any] = {}
    lines = text[:20_000].splitlines()[:_BEFORE]
    header = header_of(lines)
    for k, line in enumerate(lines):
        if pair := _PAIR.match(line.strip("| ")):
            said[pair["name"]] = pair["value"]
        elif line.startswith("#") or (header and k < header.line):
            said |= {path: value for path, value in parts_of(line.strip("# ")) if value is not None}
    return said


def _of_parquet(content: bytes, name: str, path: str, options: ReadOptions) -> dict[str, RawRun]:
    """Return the runs of a Parquet file: one of `grokcast generate`, a row a run with lists, or a plain table."""
    with pq.ParquetFile(io.BytesIO(content)) as file:
        options.require_values(_declared_values(file.metadata), path)
        if file.metadata.num_columns > _MOST_COLUMNS:
            raise InvalidInput(
                field=path,
                value=f"a file of {file.metadata.num_columns:,} columns",
                expected=f"at most {_MOST_COLUMNS:,}",
                hint="keep the metrics of a run, or of a few",
            )
        if _text_bytes(content, file.metadata) > _TEXT_BYTES:
            raise InvalidInput(
                field=path,
                value=f"a file of over {_TEXT_BYTES // 2**20} MiB of texts",
                expected="numbers, and names of runs",
                hint="leave the columns of texts out",
            )
        table = file.read()
    if archive.is_shard(table):
        return {run.run_id: _of_run(run) for run in archive.runs_of(table)}
    if any(pa.types.is_list(f.type) or pa.types.is_large_list(f.type) for f in table.schema):
        return runs_of(table.to_pylist(), name, path, options)
    return {name: RawRun(table.to_pandas())}


def _declared_values(metadata: Any) -> int:
    """Return how many values a Parquet file holds, from its end: equal ones are packed to nearly nothing."""
    groups = [metadata.row_group(k) for k in range(metadata.num_row_groups)]
    in_columns = [group.column(k).num_values for group in groups for k in range(group.num_columns)]
    return max(sum(map(int, in_columns)), int(metadata.num_rows * metadata.num_columns))


def _text_bytes(content: bytes, metadata: Any) -> int:
    """Return how large the texts of a Parquet file may be once each is written out: one that repeats is packed to nearly nothing.

    Columns that cannot be large by their end of the file count nothing.
    """
    groups = [metadata.row_group(k) for k in range(metadata.num_row_groups)]
    chunks = [group.column(k) for group in groups for k in range(group.num_columns)]
    texts = [chunk for chunk in chunks if chunk.physical_type == "BYTE_ARRAY"]
    suspect = {c.path_in_schema: c for c in texts if c.num_values * c.total_uncompressed_size > _TEXT_BYTES}
    if not suspect:
        return 0
    with pq.ParquetFile(io.BytesIO(content), read_dictionary=list(suspect)) as file:
        held = [file.read(columns=[path]).column(0) for path in suspect]
    return max(sum(map(_written_out, column.chunks)) for column in held)


def _written_out(texts: Any) -> int:
    """Return how many bytes some texts have, each as often as it stands there."""
    if not pa.types.is_dictionary(texts.type):
        return int(texts.nbytes)
    lengths = pc.binary_length(texts.dictionary).take(texts.indices)
    return int(pc.sum(lengths).as_py() or 0)


def _of_run(run: Any) -> RawRun:
    columns = {"step": run.trajectory.steps, **run.trajectory.signals}
    return RawRun(pd.DataFrame(columns), {**run.context.as_dict(), "budget_step": run.budget_step})


_QUESTION = ("horizon_step", "target_accuracy", "seconds_per_step", "cost_per_hour")


def _of_json(text: str, name: str, path: str, options: ReadOptions) -> dict[str, RawRun]:
    document, notes = document_of(text)
    if (messages := _messages(document)) is not None:
        return read_text_log(messages, name, path, options)
    document, of_tool = as_written_plainly(document, options)
    notes += of_tool
    context: dict[str, Any] = {}
    question: dict[str, Any] = {}
    if _is_request(document):
        context, question = _context_and_question(document)
        document = {k: v for k, v in document.items() if k not in ("context", *_QUESTION)}
    runs = runs_of(document, name, path, options)
    return {
        run: RawRun(raw.table, {**raw.context, **context}, (*notes, *raw.notes), question) for run, raw in runs.items()
    }


def _messages(document: Any) -> str | None:
    """Return the lines that a program printed and a container or a logger wrapped in records, `{"log": "step 1 loss 2"}`; None for others.

    The records may stand under a name, and the lines deeper in each.
    """
    held = list(document.values()) if isinstance(document, dict) else [document]
    lists = [each for each in held if are_records(each)]
    records = [dict(leaves(record, ())) for record in lists[0]] if len(lists) == 1 else []
    names = {name: None for record in records for name in record}
    if any(map(canonical_name, names)):
        return None
    for said in (name for name in names if name.rsplit("/", 1)[-1].lower() in _MESSAGES):
        texts = [record.get(said) or "" for record in records]
        if not all(isinstance(text, str) for text in texts):
            continue  # `{"log": [...]}` is a history
        lines = "\n".join(text.rstrip("\n") for text in texts) + "\n"
        if has_measurements(lines):
            return lines
    return None


def _is_request(document: Any) -> bool:
    """Return True if a document is a request to the service; columns and records are taken as they are."""
    return isinstance(document, dict) and "history" in document


def _context_and_question(request: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the context and the question of a request, those of its fields that are not null."""
    context = request.get("context") or {}
    if not isinstance(context, dict):
        raise InvalidInput(field="context", value=context, expected="an object of fields")
    horizon, target = request.get("horizon_step"), request.get("target_accuracy")
    if horizon is not None and not (_is_number(horizon) and horizon > 0 and horizon % 1 == 0):
        raise InvalidInput(field="horizon_step", value=horizon, expected="a whole number > 0")
    if target is not None and not (_is_number(target) and 0 < target <= 1):
        hint = percent_hint(target) if _is_number(target) else ""
        raise InvalidInput(field="target_accuracy", value=target, expected="a number in (0, 1]", hint=hint)
    pace, price = request.get("seconds_per_step"), request.get("cost_per_hour")
    for name, value in (("seconds_per_step", pace), ("cost_per_hour", price)):
        if value is not None and not _is_number(value):
            raise InvalidInput(field=name, value=value, expected="a number")
    require_rates(pace, price)
    question = dict(zip(_QUESTION, (horizon and int(horizon), target, pace, price), strict=True))
    return _known(context), _known(question)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
