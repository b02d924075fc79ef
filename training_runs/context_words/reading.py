"""From fields in somebody's words to a context: what was read as what, and what counts as not given."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training_runs.context import WORDS, Context, checked
from training_runs.context_words.descriptions import parts_of
from training_runs.context_words.fields import is_of_another, nearest_field, plain_name
from training_runs.context_words.gathering import (
    FULL_BATCH,
    MAY_BE_ZERO,
    NUMBER_OF_SAMPLES,
    Gathered,
    last_word,
    leaves,
    quoted,
    said_by,
    shown,
    take,
)
from training_runs.context_words.numbers import number_of
from training_runs.context_words.values import known_values, read_word
from training_runs.errors import InvalidInput

_MOST_NAMED = 20  # unknown fields that a warning lists
# Names that may hold something else where a tool records all that it is given: `layers` may count anything.
_UNCERTAIN_WHERE_RECORDED = {
    "layers",
    "momentum",
    "params",
    "decay",
    "l2",
    "ln",
    "hidden",
    "fraction",
    "op",
    "d",
}
# What a word's other words say: `AdamW(lr=1e-3)`, `1L transformer, d_model 128`, `modular addition, p=97, 30 %`.
_SAID_BESIDE = {
    "optimizer": {"learning_rate", "weight_decay", "beta1", "beta2", "momentum", "nesterov", "warmup_steps"},
    "architecture": {
        "architecture",
        "layers",
        "width",
        "model_width",
        "embedding_dim",
        "parameters",
        "dropout",
        "layer_norm",
        "classes",
    },
    "task_family": {"modulus", "train_fraction", "train_size", "classes", "label_noise"},
}
_OF_A_NETWORK = {"layers", "width", "model_width", "embedding_dim", "parameters", "blocks"}
_OF_ROLLOUTS = re.compile(
    r"gae_lambda|total_timesteps|ent_coef|clip_range|\bn(?:um)?_envs\b|\b(?:PPO|A2C|TRPO)\b", re.IGNORECASE
)
# What shows that a name of a budget is of another thing: scikit-learn counts epochs, reinforcement learning the steps of a rollout.
_OTHER_BUDGETS = (
    (re.compile(r"hidden_layer_sizes|learning_rate_init|MLP(?:Classifier|Regressor)\b"), "max_iter", "epochs"),
    (_OF_ROLLOUTS, "n_steps", ""),
    (_OF_ROLLOUTS, "num_steps", ""),
)
_ENDS_IN_A_COUNT = re.compile(
    r"\b(?:but|only|just|subset|its?|I|we|to|on|with|has|have|are|uses?d?|fe?ed|keep|kept|take|took|pick(?:ed)?|select(?:ed)?|sampled?)"
    r' (\d[\d,]*k?)"$',
    re.IGNORECASE,
)
_OF_INPUTS = {"parity", "teacher", "clusters"}  # their `d` is that of a sample


@dataclass(frozen=True)
class ContextReading:
    """A context as it was understood.

    Attributes
    ----------
    context : the fields that were understood.
    notes : what was read under another name or in other words, one phrase each.
    warnings : what was not understood and counts as not given, in sentences that name field, value and what is known.
    """

    context: Context
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def report(self) -> tuple[str, ...]:
        """Return one line that has all notes, and the warnings."""
        notes = (f"context: {'; '.join(self.notes)}",) if self.notes else ()
        return (*notes, *self.warnings)

    def fields(self) -> dict[str, Any]:
        """Return the fields so that reading them again gives the same: a lone width of a transformer is called `d_mlp`."""
        fields = self.context.as_dict()
        if self.context.architecture == "transformer" and "width" in fields and "embedding_dim" not in fields:
            fields["d_mlp"] = fields.pop("width")
        return fields


def read_context(values: Mapping[str, Any], beside: Context | None = None) -> ContextReading:
    """Return a context from fields in somebody's words.

    Names and values that are certain are read and noted; what is not understood counts as not given, with a warning.
    A transformer's `width` is read as its model width, `embedding_dim`, unless that is given too. `description` holds a
    sentence, `1L transformer, d_model 128, AdamW lr 1e-3 wd 1`.

    Parameters
    ----------
    values : name -> value, as people write both; objects inside (`{"optimizer": {"name": ..., "lr": ...}}`) are opened.
    beside : what is known of the run already; its architecture says what a width is. Not part of the result.

    Raises
    ------
    InvalidInput : a value of a known field that cannot be: no number where one is expected, or one out of range. What a
        description says so counts as not given: a sentence may mean something else.
    """
    gathered = Gathered()
    for path, value in leaves(values):
        try:
            take(gathered, path, value)
        except InvalidInput as error:
            if (phrase := said_by(path)) is None:
                raise
            hint = f" ({error.hint})" if error.hint else ""
            gathered.warnings.append(f"{phrase} is not read: expected {error.expected}{hint}")
    return _reading(gathered, beside or Context())


def read_hyperparameters(parameters: Mapping[str, Any], source: str) -> ContextReading:
    """Return what recorded hyperparameters say for certain; all others, of which there may be hundreds, are passed over.

    A parameter counts under the last word of its path; one that is given twice, differently, counts as not given.

    Parameters
    ----------
    source : what notes call the place where they were recorded.

    >>> read = read_hyperparameters({"optimizer/lr": "1e-3", "weight_decay": 1, "schedule": "none", "max_steps": -1}, "params")
    >>> read.context.as_dict(), read.notes
    ({'learning_rate': 0.001, 'weight_decay': 1.0}, ('params: optimizer/lr is read as learning_rate',))
    """
    gathered = Gathered()
    for path, value in leaves(parameters, with_words=False):
        if said_by(path) or last_word(path) not in _UNCERTAIN_WHERE_RECORDED:
            _take_recorded(gathered, path, value)
    reading = _reading(gathered, Context())
    twice = (w.removeprefix("context.") for w in reading.warnings if " is given twice" in w)
    return ContextReading(reading.context, tuple(f"{source}: {note}" for note in (*reading.notes, *twice)))


def _take_recorded(gathered: Gathered, path: str, value: Any) -> None:
    """Take a recorded parameter where its value can be; a rate, size or budget of 0 stands for one that is not set."""
    one = Gathered()
    try:
        take(one, path, value)
    except InvalidInput:
        return
    if any(v == 0 and name not in MAY_BE_ZERO for name, by in one.given.items() for v in by.values() if v is not False):
        return
    for name, by in one.given.items():
        gathered.given.setdefault(name, {}).update(by)
    gathered.notes += one.notes
    gathered.unknown += one.unknown


def _reading(gathered: Gathered, beside: Context) -> ContextReading:
    """Put together what all names say."""
    _sort_budgets(gathered)
    fields, implied = _words(gathered)
    if fields.get("task_family") in _OF_INPUTS:
        _leave_out_inputs(gathered)
    sizes = gathered.given.get("train_size", {})
    is_of_all = "train_fraction" in gathered.given or any(last_word(path) != NUMBER_OF_SAMPLES for path in sizes)
    if is_of_all or (sizes and _counts_fewer(gathered.unknown, min(sizes.values()))):
        _leave_out_totals(gathered)
    if "architecture" in gathered.given and "architecture" not in fields:
        _leave_out_networks(gathered)
    fields |= {
        name: next(iter(by.values()))
        for name, by in gathered.given.items()
        if name not in WORDS and _is_one_value(gathered, name, by)
    }
    for name, (source, value) in implied.items():
        if name in gathered.given or (name == "model_width" and {"width", "embedding_dim"} & set(gathered.given)):
            continue
        if name == "model_width":
            gathered.add(name, source, value)
            fields[name] = value
        else:
            fields[name] = checked(name, value)
            gathered.notes.append(f"{source} says {name} {shown(value)}")
    blocks = fields.pop("blocks", None)  # attention heads or feed-forward layers
    if blocks and not fields.get("architecture", beside.architecture) and "architecture" not in gathered.given:
        fields["architecture"] = "transformer"
        path = next(iter(gathered.given["blocks"]))
        gathered.notes.append(f"{said_by(path) or path} says architecture 'transformer'")
    _sort_widths(gathered, fields, fields.get("architecture", beside.architecture))
    _count_epochs(gathered, fields, beside)
    is_full_batch = fields.get("batch_size") == FULL_BATCH
    if is_full_batch:
        del fields["batch_size"]
    context = Context(**fields)
    if is_full_batch:
        context = context.with_full_batch()
    return ContextReading(context, tuple(gathered.notes), (*gathered.warnings, *_unknown(gathered.unknown)))


def _sort_budgets(gathered: Gathered) -> None:
    """Take out budgets whose name means epochs, or the steps of something else, beside names that only such settings have."""
    budgets = gathered.given.get("budget_step", {})
    given = (f"{path} {value}" for by in gathered.given.values() for path, value in by.items())
    said = " ".join((*gathered.unknown, *given)) if budgets else ""
    for shows, name, counted in _OTHER_BUDGETS:
        for path in [path for path in budgets if last_word(path) == name and shows.search(said)]:
            value = budgets.pop(path)
            gathered.notes = [n for n in gathered.notes if not n.startswith(f"{said_by(path) or path} is read as")]
            if counted:
                gathered.add(counted, path, value)
            else:
                gathered.warnings.append(f"{quoted(path, value)} is not read: if it is budget_step, call it so")
    if not budgets:
        gathered.given.pop("budget_step", None)


def _leave_out_networks(gathered: Gathered) -> None:
    """Take out what sentences say of the size of one network where they name several."""
    if not any(warning.startswith("context.architecture is given twice") for warning in gathered.warnings):
        return
    for name in _OF_A_NETWORK & set(gathered.given):
        for path in [path for path in gathered.given[name] if said_by(path)]:
            gathered.warnings.append(f"{quoted(path, gathered.given[name].pop(path))} is not read: of which network?")
        if not gathered.given[name]:
            del gathered.given[name]


def _leave_out_totals(gathered: Gathered) -> None:
    """Take out numbers of samples beside a share or a number that is trained on: they may be all."""
    sizes = gathered.given.get("train_size", {})
    for path in [path for path in sizes if last_word(path) == NUMBER_OF_SAMPLES]:
        gathered.warnings.append(f"{said_by(path)} samples are not read: if they are train_size, say training samples")
        note = next(note for note in gathered.notes if note.startswith(f"{said_by(path)} is read as train_size"))
        gathered.notes.remove(note)
        del sizes[path]
    if not sizes:
        gathered.given.pop("train_size", None)


def _counts_fewer(unread: Sequence[str], samples: int) -> bool:
    """Return True if words that say nothing end in a smaller count, `but only 1k`: it may be what is trained on."""
    counts = (_ENDS_IN_A_COUNT.search(words) for words in unread)
    numbers = [number_of(found[1]) or 0 for found in counts if found is not None]
    return any(10 <= number < samples for number in numbers)


def _leave_out_inputs(gathered: Gathered) -> None:
    """Take out each `d`, which is that of a sample."""
    sizes = gathered.given.get("model_width", {})
    for path in [path for path in sizes if last_word(path) == "d"]:
        warning = f"{quoted(path, sizes.pop(path))} is not read: if it is width or embedding_dim, call it so"
        gathered.warnings.append(warning)
    if not sizes:
        gathered.given.pop("model_width", None)


def _is_one_value(gathered: Gathered, name: str, by: Mapping[str, Any]) -> bool:
    """Return whether all names of a field agree; where they do not, the field counts as not given, with a warning."""
    if len(set(by.values())) == 1:
        return True
    each = ", ".join(said_by(path) or f"{path} {shown(value)}" for path, value in list(by.items())[:3])
    gathered.warnings.append(f"context.{'width' if name == 'model_width' else name} is given twice ({each}): left out")
    return False


def _words(gathered: Gathered) -> tuple[dict[str, Any], dict[str, tuple[str, Any]]]:
    """Return what each word stands for, and what words say of other fields: field -> (which word, value)."""
    fields: dict[str, Any] = {}
    implied: dict[str, list[tuple[str, Any]]] = {}
    for name in ("task_family", "operation", "architecture", "optimizer", "loss"):
        by: dict[str, str] = {}
        for path, word in gathered.given.get(name, {}).items():
            if name == "operation" and fields.get("task_family") not in (None, "modular"):
                by[path] = word.lower()  # other tasks' operations have no names here
                continue
            reading, beside = read_word(name, word), _said_beside(name, word)
            if name in beside and (
                reading.value is None or "(" in word
            ):  # `nn.Sequential(nn.Linear(2, 8), nn.Linear(8, 2))`
                reading = read_word(name, beside.pop(name))
            source = said_by(path) or f"{path} {shown(word)}"
            if reading.value is None:
                gathered.warnings.append(_not_understood(name, path, word))
                for other, value in beside.items():
                    implied.setdefault(other, []).append((source, value))
                continue
            by[path] = reading.value
            if path != name or reading.value != word.lower():
                said = reading.value if path == name else f"{name} {reading.value}"
                gathered.notes.append(f"{source} is read as {said}")
            for other, value in {**beside, **reading.implied}.items():
                implied.setdefault(other, []).append((source, value))
        if by and _is_one_value(gathered, name, by):
            fields[name] = next(iter(by.values()))
    agreed = {other: said for other, said in implied.items() if _is_one_value(gathered, other, dict(said))}
    return fields, {other: said[0] for other, said in agreed.items()}


def _said_beside(name: str, word: str) -> dict[str, Any]:
    """Return the fields that a word's value says of others, as far as they can be."""
    allowed = _SAID_BESIDE.get(name, set())
    if not allowed or not any(c.isdigit() for c in word):
        return {}
    gathered = Gathered()
    for path, value in parts_of(word):
        try:
            take(gathered, path, value)
        except InvalidInput:
            continue
    return {
        other: next(iter(by.values()))
        for other, by in gathered.given.items()
        if other in allowed and len(set(by.values())) == 1
    }


def _not_understood(name: str, path: str, word: str) -> str:
    known = ", ".join(known_values(name))
    return f"{quoted(path, word)} is not understood and counts as not given; known values of {name}: {known}"


def _sort_widths(gathered: Gathered, fields: dict[str, Any], architecture: str | None) -> None:
    """Replace `model_width` by the field that it is: of a transformer the model width, else the hidden width."""
    width = fields.pop("model_width", None)
    if width is None:
        return
    path = next(iter(gathered.given["model_width"]))
    phrase = said_by(path) or f"{path} {width}"
    embedding_dim, is_stated = fields.get("embedding_dim"), last_word(path) == "width"
    if architecture == "transformer" and embedding_dim is None:
        fields["embedding_dim"] = width
        gathered.notes.append(
            f"{phrase} of a transformer is read as its model width, embedding_dim; its feed-forward width is d_mlp"
        )
    elif architecture == "transformer" and embedding_dim == width and not is_stated:
        return  # one size under two names: {"d_model": 128, "hidden_size": 128}
    elif fields.get("width", width) == width:
        fields["width"] = width
        if said_by(path):
            gathered.notes.append(f"{phrase} is read as width {width}")
        elif path != "width":
            gathered.notes.append(f"{path} is read as width")
    else:
        gathered.warnings.append(f"context.width is given twice ({path} {width}, {fields.pop('width')}): left out")


def _count_epochs(gathered: Gathered, fields: dict[str, Any], beside: Context) -> None:
    """Replace `epochs` by the budget that follows where the steps of an epoch are known."""
    epochs = fields.pop("epochs", None)
    is_full_batch = fields.get("batch_size") == FULL_BATCH
    steps = fields.get("steps_per_epoch", 1 if is_full_batch else beside.steps_per_epoch)
    if epochs is None or "budget_step" in fields:
        return
    if steps is None:
        gathered.warnings.append(
            f"context.epochs {shown(epochs)} is not read without steps_per_epoch: give it, or budget_step"
        )
        return
    fields["budget_step"] = checked("budget_step", round(epochs * steps))
    gathered.notes.append(
        f"epochs {shown(epochs)} x {'1 step of the full batch' if is_full_batch else f'steps_per_epoch {steps:g}'} is budget_step {fields['budget_step']}"
    )


def _unknown(names: list[str]) -> tuple[str, ...]:
    """Return a warning that names fields that are not known, and those that were probably meant."""
    if not names:
        return ()
    listed = [_with_guess(name) for name in sorted(names)[:_MOST_NAMED]]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return (
        f"unknown context fields ignored: {', '.join(listed)}{more} (`grokcast context` and /docs list the known ones)",
    )


def _with_guess(name: str) -> str:
    near = None if is_of_another(name) else nearest_field(plain_name(name.split("/")[-1]))
    return f"{name[:60]} (did you mean {near}?)" if near else name[:60]
