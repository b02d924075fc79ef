"""Whatever bytes a file holds, it is read or refused in our words: no traceback, no sentence of a library."""

import gzip
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from training_runs import InvalidInput
from training_runs.readers import read_content
from training_runs.readers.recording import ReadOptions
from training_runs.readers.tables import SUFFIXES

ROWS = [{"step": s, "train_loss": 3 / (1 + s), "train/acc": 0.5, "val_acc": 0.1 * (s % 3)} for s in range(0, 900, 100)]
COLUMNS = {name: [row[name] for row in ROWS] for name in ROWS[0]}
FILES = [
    "\n".join([",".join(COLUMNS), *(",".join(map(str, row.values())) for row in ROWS), ""]),
    "\n".join(["\t".join(COLUMNS), *("\t".join(map(str, row.values())) for row in ROWS), ""]),
    "\n".join([" ".join(COLUMNS), *(" ".join(map(str, row.values())) for row in ROWS), ""]),
    json.dumps(COLUMNS),
    json.dumps({"config": {"lr": 0.1}, "seed_0": COLUMNS, "seed_1": {"history": ROWS}}),
    "\n".join(map(json.dumps, ROWS)),
    "\n".join(map(repr, ROWS)),
    "\n".join(" | ".join(f"{k} {v}" for k, v in row.items()) for row in ROWS),
]
PIECES = [
    *(
        "step",
        "epoch",
        "train_acc",
        ",",
        ";",
        "\t",
        " ",
        '"',
        "'",
        "\n",
        "\r\n",
        "{",
        "}",
        "[",
        "]",
        ":",
        "|",
        "#",
        "%",
        "-",
        "=",
    ),
    *("1,000", "0,98", "1e999", "nan", "NaN", "null", "tensor(0.1)", "[1, 2]", "[[1,2],[3]]", "100/200", "9" * 400),
    *("\ufeff", "\u2028"),
]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1"]
FORMATS = st.sampled_from(["auto", *dict.fromkeys(SUFFIXES.values())])
OPTIONS = st.builds(
    ReadOptions,
    steps_per_epoch=st.sampled_from([None, 40.0]),
    columns=st.sampled_from([(), ("step", "val_acc")]),
    percent=st.booleans(),
)
FOREIGN = re.compile(
    r"Series|DataFrame con|ambiguous|tokeniz|C error|codec|NoneType|object is not|subscript|dtype|Traceback"
)


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """A file that is cut, repeated, has pieces put in, or another encoding."""
    text = draw(st.sampled_from(FILES))
    for _ in range(draw(st.integers(0, 4))):
        at, end = sorted(draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
        kind = draw(st.sampled_from(["cut", "drop", "repeat", "put"]))
        if kind == "cut":
            text = text[:end]
        elif kind == "drop":
            text = text[:at] + text[at + min(end - at, 40) :]
        elif kind == "repeat":
            text = text[:end] + text[at:end] + text[end:]
        else:
            text = text[:at] + draw(st.sampled_from(PIECES)) + text[at:]
    content = text.encode(draw(st.sampled_from(ENCODINGS)), errors="replace")
    return gzip.compress(content) if draw(st.integers(0, 9)) == 0 else content


def is_read_or_refused(content: bytes, format: str, options: ReadOptions) -> None:
    refused, runs = None, {}
    try:
        runs = read_content(content, "h", format, options).runs
    except InvalidInput as error:
        refused = error
    assert (refused is None) == bool(runs)
    assert refused is None or not FOREIGN.search(refused.expected + refused.hint), str(refused)
    assert all(run.trajectory.recorded_names() and run.reading.mapping for run in runs.values())


@given(content=mangled(), format=FORMATS, options=OPTIONS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mangled_files_are_read_or_refused(content: bytes, format: str, options: ReadOptions) -> None:
    is_read_or_refused(content, format, options)


@given(content=st.binary(max_size=300), format=FORMATS, options=OPTIONS)
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(content: bytes, format: str, options: ReadOptions) -> None:
    is_read_or_refused(content, format, options)


@given(content=st.lists(st.sampled_from(PIECES), max_size=40).map("".join), format=FORMATS, options=OPTIONS)
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused(content: str, format: str, options: ReadOptions) -> None:
    is_read_or_refused(content.encode(), format, options)


NAMES = st.sampled_from(
    [
        "step",
        "train",
        "val",
        "loss",
        "acc",
        "train_acc",
        "val_steps",
        "epoch",
        "history",
        "config",
        "0",
        "100",
        "seed_0",
        "columns",
        "data",
        "",
    ]
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 10**3)
    | st.floats()
    | st.sampled_from(["0.5", "a", "98%", "tensor(1)"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)


@given(document=JSON, options=OPTIONS)
@settings(max_examples=500, deadline=None)
def test_any_json_is_read_or_refused(document: Any, options: ReadOptions) -> None:
    is_read_or_refused(json.dumps(document).encode(), "json", options)
    is_read_or_refused(repr(document).encode(), "auto", options)


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"a":['])
def test_json_of_any_depth_is_read_or_refused(opening: str) -> None:
    for depth in (200, 900, 100_000):
        closing = "".join("]" if c == "[" else "}" for c in reversed(opening) if c in "[{")
        is_read_or_refused((opening * depth + "1" + closing * depth).encode(), "json", ReadOptions())
