"""What each name of a context says by itself, before the fields are seen together."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from training_runs.context import COUNTS, FLAGS, WORDS, checked
from training_runs.context_words.descriptions import DESCRIPTIONS, LONGEST, parts_of
from training_runs.context_words.documents import settings_in
from training_runs.context_words.fields import (
    AMBIGUOUS,
    BETAS,
    EPOCHS,
    FEED_FORWARD,
    HEADS,
    MODEL_WIDTHS,
    OWN_NAMES,
    SIZES,
    UNUSED,
    field_named,
    is_of_another,
    plain_name,
)
from training_runs.context_words.numbers import (
    amount_of,
    first_share,
    flag_of,
    is_missing,
    number_of,
    pair_of,
    sizes_of,
)
from training_runs.context_words.plain_text import plain_text
from training_runs.context_words.values import read_word
from training_runs.errors import InvalidInput

FULL_BATCH = "full"
NUMBER_OF_SAMPLES = "number_of_samples"  # what a sentence counts, `1000 images`: those that are trained on, or all
_FULL_BATCH_WORDS = {"full", "full_batch", "fullbatch", "all"}
_LONGEST = 200  # characters of a word
MAY_BE_ZERO = {"weight_decay", "dropout", "label_noise", "momentum", "beta1", "beta2", "warmup_steps"}
# What a description's rules find and no field holds.
_NOT_READ = {
    "several_values": "has several values: a context is of one run",
    "of_another": "is not of the run: left out",
    "formula": "is not read: give its value",
}
_SMALL_COUNTS = {"width", "embedding_dim", "layers", "batch_size", "modulus"}  # of which lists are written
_OF_ONE_VALUE = {"value", "desc", "type", "default", "help"}
_DEEPEST = 6  # objects inside objects
_MOST_OBJECTS = 8  # in a list


@dataclass
class Gathered:
    """What names say.

    Attributes
    ----------
    given : field -> the names it was given under -> value; `model_width` and `epochs` stand beside the fields.
    notes, warnings : what there is to report.
    unknown : names that say nothing.
    """

    given: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def add(self, name: str, path: str, value: Any) -> None:
        """Add a value under the name that it was given under."""
        self.given.setdefault(name, {})[path] = value


def shown(value: Any) -> str:
    """Return a value as it is quoted in a note."""
    if isinstance(value, float):
        return f"{value:g}"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def leaves(
    values: Mapping[str, Any], prefix: str = "", depth: int = 0, *, with_words: bool = True
) -> Iterator[tuple[str, Any]]:
    """Yield each value with the path of its name; the kind of a thing that an object describes has the object's name.

    Parameters
    ----------
    with_words : yield what descriptions say, part by part.
    """
    for name, value in values.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping) and "value" in value and (_is_named(path) or set(value) <= _OF_ONE_VALUE):
            yield from leaves({n: v for n, v in value.items() if n not in _OF_ONE_VALUE}, f"{path}/", depth + 1)
            value = value["value"]  # as W&B writes config.yaml
        if isinstance(value, list) and 0 < len(value) <= _MOST_OBJECTS and depth < _DEEPEST:  # of parameter groups
            objects = {f"{path}[{k}]": each for k, each in enumerate(value) if isinstance(each, Mapping)}
            yield from leaves(objects, depth=depth + 1, with_words=with_words)
            if objects:
                continue
        if isinstance(value, Mapping) and depth < _DEEPEST:
            if (kind := _kind_above(path, value)) is not None:
                yield path, kind
            yield from leaves(value, f"{path}/", depth + 1, with_words=with_words)
        elif with_words and isinstance(value, str) and len(value) <= LONGEST and last_word(path) in DESCRIPTIONS:
            settings = settings_in(value)
            yield from parts_of(value) if settings is None else leaves(settings, depth=depth + 1)
        elif last_word(path) in OWN_NAMES and (parent := re.match(r"(.+)[./]", path)) is not None:
            is_number = field_named(last_word(parent[1])) not in {None, *WORDS}  # {"learning_rate": {"type": "float"}}
            yield (path if is_number else parent[1]), value
        else:
            yield path, value


def _is_named(path: str) -> bool:
    return field_named(last_word(path)) is not None


def _kind_above(path: str, value: Mapping[str, Any]) -> str | None:
    """Return the kind of thing that is the one name of an object: `{"optimizer": {"AdamW": {"lr": 1e-3}}}`."""
    field = field_named(last_word(path))
    if field not in WORDS or len(value) != 1:
        return None
    ((name, inside),) = value.items()
    is_kind = isinstance(inside, Mapping) and read_word(field, str(name)).value is not None
    return str(name) if is_kind else None


def said_by(path: str) -> str | None:
    """Return the words of a description that a path quotes, `"1L"` of `"1L"/layers`; None where it is the path of a name."""
    return path.rsplit("/", 1)[0] if path.startswith('"') else None


def quoted(path: str, value: Any) -> str:
    """Return how a warning names a field and its value: by the words of a description, else by its path."""
    return said_by(path) or f"context.{path} {shown(value)}"


def last_word(path: str) -> str:
    """Return the plain name at the end of a path, `optimizer/lr`, `model.dropout` or `--lr`."""
    return plain_name(path[-_LONGEST:].replace(".", "/").split("/")[-1].lstrip("-+"))


def take(gathered: Gathered, path: str, value: Any) -> None:
    """Add what one name and its value say.

    Raises
    ------
    InvalidInput : a value of a known field that cannot be.
    """
    if not isinstance(value, str) and hasattr(value, "item"):  # a number of NumPy or torch
        value = value.item()
    name = last_word(path)
    known = field_named(name)
    if name in _NOT_READ:
        gathered.warnings.append(f"{quoted(path, value)} {_NOT_READ[name]}")
    elif said_by(path) is None and is_of_another(path):
        gathered.unknown.append(path)
    elif is_missing(value) and not (known == "operation" and value == "-"):
        if known is None and name not in {*BETAS, *EPOCHS, *AMBIGUOUS, *UNUSED}:
            gathered.unknown.append(path)
        elif known in MAY_BE_ZERO and value is not None and str(value).strip().lower() == "none":
            gathered.warnings.append(f"{quoted(path, value)} counts as not given; say 0 if there is no {known}")
    elif name in BETAS and (pair := pair_of(value)) is not None:
        for each, number in zip(("beta1", "beta2"), pair, strict=True):
            gathered.add(each, path, checked(each, number))
        gathered.notes.append(f"{said_by(path) or path} is read as beta1 {pair[0]:g} and beta2 {pair[1]:g}")
    elif (known in ("width", "layers") or name in SIZES) and (sizes := sizes_of(value)) is not None:
        # Of `layers` with inputs and outputs, or without? Of `width` of several layers, or of several runs?
        if name not in {*SIZES, "hidden", "hidden_dims"} and len(set(sizes)) > 1:
            gathered.warnings.append(f"{quoted(path, sizes)} is not read: if it is hidden_sizes, call it so")
        else:
            _take_sizes(gathered, path, sizes)
    elif name in EPOCHS:
        gathered.add("epochs", path, _number("epochs", value))
    elif name in AMBIGUOUS:
        gathered.warnings.append(f"{quoted(path, value)} is not read: if it is {AMBIGUOUS[name]}, call it so")
    elif name == "step_size" and (_number(path, value) or 0) >= 1:  # of a schedule, in epochs
        gathered.warnings.append(f"{quoted(path, value)} is not read: if it is learning_rate, call it so")
    elif name == NUMBER_OF_SAMPLES:
        _take_field(gathered, "train_size", path, value)
    elif name in HEADS:
        gathered.given.setdefault("blocks", {}).update({path: True} if value else {})
    elif name == "p" and not _is_modulus(value):
        gathered.warnings.append(
            f"{quoted(path, value)} is not read: a modulus is a whole number > 1; if it is dropout, train_fraction or "
            "label_noise, call it so"
        )
    elif name in ("full_batch", "fullbatch"):
        if flag_of(value):
            gathered.add("batch_size", path, FULL_BATCH)
            gathered.notes.append(f"{path} is read as batch_size {FULL_BATCH}")
    elif known is not None:
        _take_field(gathered, known, path, value)
    elif name in DESCRIPTIONS and isinstance(value, str):
        gathered.warnings.append(f"{path} has {len(value):,} characters and is not read: shorten it to {LONGEST:,}")
    elif name not in UNUSED:
        gathered.unknown.append(path)


def _take_sizes(gathered: Gathered, path: str, sizes: Sequence[int]) -> None:
    """Add what a list of the sizes of hidden layers says: how many there are, and their width where it is one."""
    gathered.add("layers", path, checked("layers", len(sizes)))
    said = said_by(path) or f"{path} {list(sizes)}"
    gathered.notes.append(f"{said} is read as layers {len(sizes)}")
    if len(set(sizes)) == 1:
        is_model_width = last_word(path) in MODEL_WIDTHS
        gathered.add("model_width" if is_model_width else "width", path, checked("width", sizes[0]))
        gathered.notes += [] if is_model_width else [f"{said} is read as width {sizes[0]}"]
    else:
        gathered.warnings.append(
            f"{quoted(path, list(sizes))} is not read as a width: layers differ; give the one of most"
        )


def _take_field(gathered: Gathered, known: str, path: str, value: Any) -> None:
    if known in WORDS:
        if not isinstance(value, str):
            raise InvalidInput(field=f"context.{path}", value=value, expected="a word")
        if len(value) > _LONGEST:
            raise InvalidInput(field=f"context.{path}", value=value[:60], expected=f"at most {_LONGEST} characters")
        gathered.add(known, path, value.strip())
        return
    if known == "batch_size" and isinstance(value, str) and plain_name(value) in _FULL_BATCH_WORDS:
        gathered.add(known, path, FULL_BATCH)
        if (phrase := said_by(path)) is not None:
            gathered.notes.append(f"{phrase} is read as batch_size {FULL_BATCH}")
        return
    if known in COUNTS and isinstance(value, str) and re.fullmatch(r"\s*[1-9]\d{0,2}(?:\.\d{3})+\s*", value):
        gathered.warnings.append(f"{quoted(path, value)} is not read: write it without the dot, or without .000")
        return
    if known in _SMALL_COUNTS and isinstance(value, str) and re.fullmatch(r"\d{2,3},(?!000)\d{3}", value.strip()):
        gathered.warnings.append(f"{quoted(path, value)} {_NOT_READ['several_values']}")
        return
    if known in COUNTS and _stands_for_none(known, value):
        gathered.warnings.append(f"{quoted(path, value)} counts as not given")
        return
    if known in MAY_BE_ZERO and (value is False or (isinstance(value, str) and flag_of(value) is False)):
        value = 0  # `off`
    if known == "train_fraction" and isinstance(value, str) and (share := first_share(value)) is not None:
        value = share  # `80/20`
    number = _flag(path, value) if known in FLAGS else _number(path, value)
    if known == "warmup_steps" and isinstance(number, int | float) and 0 < number < 1:
        gathered.warnings.append(f"{quoted(path, value)} is not read: give the steps of it")
        return
    if last_word(path).endswith(("pct", "percent", "percentage")) and isinstance(number, int | float) and number >= 1:
        number = number / 100
    if known == "train_size" and isinstance(number, float) and 0 < number < 1:  # scikit-learn's
        known = "train_fraction"
    number = number if known in FLAGS else checked(known, number, field=f"context.{path}")
    name = last_word(path)
    if name in FEED_FORWARD:
        gathered.add("blocks", path, True)
    # What a width is depends on the architecture: sorted out when all fields are known.
    gathered.add("model_width" if name in MODEL_WIDTHS else known, path, number)
    if name in MODEL_WIDTHS:
        return
    if (phrase := said_by(path)) is not None:
        gathered.notes.append(f"{phrase} is read as {known} {number:g}")
    elif path != known or _is_rewritten(value):
        rewritten = _is_rewritten(value)
        gathered.notes.append(f"{path}{f' {shown(value)}' * rewritten} is read as {known}{f' {number:g}' * rewritten}")


def _is_rewritten(value: Any) -> bool:
    """Return True for a text that is a number in other words: `98%`, not `1e-3`."""
    try:
        return isinstance(value, str) and not isinstance(float(value), float)
    except ValueError:
        return True


def _stands_for_none(known: str, value: Any) -> bool:
    """Return True for what tools write where a count is not set: -1, and 0 for the batch."""
    number = number_of(value) if isinstance(value, str) else value
    return number == -1 or (known == "batch_size" and number == 0 and not isinstance(number, bool))


def _flag(path: str, value: Any) -> bool:
    read = flag_of(value)
    if read is None:
        raise InvalidInput(field=f"context.{path}", value=value, expected="true or false")
    return read


def _number(path: str, value: Any) -> Any:
    """Return the number that a value is; a text that is none is refused."""
    if isinstance(value, list | tuple) and len(value) == 1:
        return _number(path, value[0])
    if isinstance(value, list | tuple):
        raise InvalidInput(field=f"context.{path}", value=value, expected="one number", hint="a context is of one run")
    if not isinstance(value, str):
        return value
    number = amount_of(value) if len(value) <= _LONGEST else None
    if number is None and len(value) <= _LONGEST:
        number = amount_of(plain_text(value))  # `10⁻³`, `one third`
    if number is None:
        hint = "a context is of one run" if len(re.findall(r"(?<![\w.-])\.?\d", value[:_LONGEST])) > 1 else ""
        raise InvalidInput(
            field=f"context.{path}", value=value[:60], expected="one number" if hint else "a number", hint=hint
        )
    return number


def _is_modulus(value: Any) -> bool:
    number = amount_of(value) if isinstance(value, str) else value
    return isinstance(number, (int, float)) and not isinstance(number, bool) and number > 1 and number % 1 == 0
