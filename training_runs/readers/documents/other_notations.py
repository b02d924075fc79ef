"""Documents that are not JSON: TOML, YAML, and lists as programs and sources have them, `val_acc = [0.1, 0.2]`."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from training_runs.context_words.documents import PlainLoader, parsed_toml
from training_runs.metric_names import canonical_name, metric_like
from training_runs.readers.documents.printed_lists import as_assigned
from training_runs.readers.documents.tables import table_by_key
from training_runs.readers.step_lists import counts

_TOML = re.compile(r"\[{1,2}[\w.\"' -]+\]{1,2}\s*(#.*)?$|[\w.\"'-]+\s*=\s*\S")
_YAML = re.compile(r"(- +)?[\w /.\"'()-]+:(\s|$)")
_YAML_LIST = re.compile(r"^\s*- |:\s*\[|:\s*\{\s*\d+\s*:", re.MULTILINE)
_REFERENCE = re.compile(r"(?:^|[\s\[{,])[&*]\w")  # a few lines of YAML can repeat each other without end
_YAML_BYTES, _TOML_BYTES = 100_000, 1_000_000  # at most: they are parsed slowly
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?:\s?%|[kKM](?!\w))?|[-+]?(?:nan|NaN|NA|inf|Inf)|None|null"
# `[0.1, 0.2]`, `(0.1 0.2)`, and of a line that is `step: 100, 200`, `step: 100 200 300` or `step | 100 | 200 | 300` what follows the name
_LIST = re.compile(
    rf"[\[({{]\s*(?P<within>(?:{_NUMBER})(?:[\s,;]+(?:{_NUMBER}))+)[\s,]*[\])}}]"
    rf"|(?<=[:=])[ \t]*(?P<bare>(?:{_NUMBER})(?:[ \t]*(?:[,;]|->|\u2192)[ \t]*(?:{_NUMBER}))+)[ \t]*$"
    rf"|(?<=[:=|])[ \t]*(?P<spaced>(?:{_NUMBER})(?:(?:[ \t]*\|[ \t]*|[ \t]+)(?:{_NUMBER})){{2,}})[ \t]*\|?[ \t]*$",
    re.MULTILINE,
)
# `val_acc = np.array(`, `val_acc <- c`, `Val acc:`, `val_acc`
_BEFORE_A_LIST = re.compile(
    r"(?:const |let |var )?(?P<name>[^\W\d][\w./ -]*?)['\"]?\s*(?:(?:=>|=|:|<-|\|)\s*(?:(?P<call>[\w.]+)!?\(?)?|)\s*$"
)
# Calls and types that hold values as they are; what another call makes of them is not known.
_HOLDERS = {"array", "asarray", "tensor", "floattensor", "longtensor", "as_tensor", "series", "list", "tuple", "deque"}
_HOLDERS |= {"c", "vec", "vector", "float64", "float32", "float", "double", "int", "int64", "int32", "real", "any"}
# What makes other values of a list that it stands behind: `* 100`, `[1:]`, `.cumsum()`
_CHANGED = re.compile(
    r"(?:,[ \t]*(?:dtype|device|requires_grad)=[\w.:'\"]*)*[ \t]*\)*"
    r"(?:\.(?:tolist|numpy|cpu|detach|astype|to|float|double|round|copy|squeeze|flatten)\([^()\n]*\))*[ \t]*(?:[*+/%^-]|\[|\.[A-Za-z])"
)
_COMPUTED = re.compile(r"^[ \t]*(?P<name>[A-Za-z]\w*)[ \t]*(?:=|<-)[^\n\[(]*[\[(][^\n]*\d", re.MULTILINE)
_THOUSANDS_BETWEEN_BARS = re.compile(r"(\| \d{1,3}),(?=\d{3} \|)")
_ROW = re.compile(rf"^\W*(?P<name>[^\W\d][\w /.-]*?)\s+(?P<values>(?:{_NUMBER})(?:\s+(?:{_NUMBER}))+)\s*$")
_MOST_ROWS = 20
_LONGEST_NAME = 80
_LOOKED_AT = 5_000  # characters of the first line


def in_another_notation(text: str) -> Any:
    """Return the document that a text holds in TOML, in YAML or as a program's lists; None where it holds no history so.

    >>> in_another_notation("step = [10, 20]\\nval_acc = [0.1, 0.2]")
    {'step': [10, 20], 'val_acc': [0.1, 0.2]}
    >>> in_another_notation("step <- c(10, 20)\\nval_acc <- c(0.1, 0.2)")
    {'step': [10.0, 20.0], 'val_acc': [0.1, 0.2]}
    """
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith(("#", "//", "---"))), "")
    first = first[:_LOOKED_AT]
    if first.startswith("{"):
        return None
    parsers: list[Callable[[str], Any]] = [_lists]
    if _YAML.match(first) and len(text) <= _YAML_BYTES and _YAML_LIST.search(text) and not _REFERENCE.search(text):
        parsers.insert(0, _yaml)
    if _TOML.match(first) and len(text) <= _TOML_BYTES:
        parsers.insert(0, parsed_toml)
    for parse in parsers:
        try:
            document = parse(text)
        except (ValueError, TypeError, RecursionError, yaml.YAMLError):
            continue
        if _holds_history(document):
            return document
    return None


class _Loader(PlainLoader):
    """Refuses a name that stands twice: of a log with `Epoch 1:` again after a restart the first would be lost."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        names = [key.value for key, _ in node.value]
        if len(set(map(str, names))) < len(names):
            raise yaml.YAMLError("a name stands twice")
        return super().construct_mapping(node, deep)


def _yaml(text: str) -> Any:
    return yaml.load(text, _Loader)


def _lists(text: str) -> Mapping[str, list[float | str | None]]:
    """Return the lists that a text assigns or prints, each once."""
    found: list[tuple[str, list[str]]] = []
    text = as_assigned(_THOUSANDS_BETWEEN_BARS.sub(r"\1", text))
    for each in _LIST.finditer(text):
        named = _BEFORE_A_LIST.search(text, max(each.start() - _LONGEST_NAME, 0), each.start())
        if named and not _CHANGED.match(text, each.end()):
            found.append(
                (_name_of(named), re.split(r"(?:[\s,;|]|->|\u2192)+", each["within"] or each["bare"] or each["spaced"]))
            )
    found = found or _rows_of_values(text)
    lists = {name: [_value(word) for word in words] for name, words in found}
    signals = {canonical_name(name) for name in lists} - {None, "step"}
    computed = (each["name"] for each in _COMPUTED.finditer(text) if each["name"] not in lists)
    if any(canonical_name(name) for name in computed):  # in a way that is not known
        return {}
    return lists if len(lists) == len(found) and any(map(counts, lists)) and signals else {}


def _name_of(named: re.Match[str]) -> str:
    """Return the name of a list, with the call that makes other values of it, `np.cumsum(`."""
    call = named["call"] or ""
    is_plain = not call or call.rpartition(".")[2].lower() in _HOLDERS
    return named["name"].strip() if is_plain else f"{named['name'].strip()} {call}"


def _rows_of_values(text: str) -> list[tuple[str, list[str]]]:
    """Return the lines of a text that is a name and as many values behind it in each, the first of steps; none of others.

    >>> _rows_of_values("step 10 20\\nval acc 1% 2%")
    [('step', ['10', '20']), ('val acc', ['1%', '2%'])]
    """
    lines = [line for line in text[:_YAML_BYTES].splitlines() if line.strip()]
    rows = [row for line in lines[:_MOST_ROWS] if (row := _ROW.match(line))]
    found = [(row["name"], re.findall(_NUMBER, row["values"])) for row in rows]
    is_whole = len(rows) == len(lines) > 1 and len({len(values) for _, values in found}) == 1
    return found if is_whole and counts(found[0][0]) else []


def _value(word: str) -> float | str | None:
    """Return a number; a share or thousands (`35%`, `10k`) as they are written, which are cells."""
    return None if word in ("None", "null", "NA") else word if word[-1] in "%kKM" else float(word)


def _holds_history(node: Any) -> bool:
    """Return True for lists of metrics, or records with a step, wherever in a document."""
    if isinstance(node, list):
        records = [item for item in node if isinstance(item, dict)]
        return len(records) > 1 and all(any(map(counts, map(str, record))) for record in records)
    if not isinstance(node, dict):
        return False
    return table_by_key(node) is not None or any(
        _holds_history(value) or (_is_metric(str(name)) and _is_curve(value)) for name, value in node.items()
    )


def _is_metric(name: str) -> bool:
    return canonical_name(name) is not None or metric_like(name) is not None


def _is_curve(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(isinstance(v, int | float | str | None) for v in value)
