"""What the keys of a document say, and which values stand under them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from training_runs.metric_names import canonical_name

# Keys whose content is never a metric.
CONFIGS = re.compile(
    "config|configuration|cfg|conf|args|arguments|argv|hparams|hyper_?param(eter)?s|params|parameters|settings|options|opts"
    "|flags|setup|meta|metadata|context",
    re.IGNORECASE,
)
# Keys that say no more of a metric than that it is one.
_CONTAINERS = re.compile(
    "metrics?|log(s|ged)?|history|histories|log_history|results?|data|scalars|stats|statistics|records|curves|values|trajectory"
    "|training|runs?|experiments?|outputs?|series",
    re.IGNORECASE,
)
KINDS = re.compile("loss(es)?|acc(s|uracy|uracies)?|norms?", re.IGNORECASE)


def leaves(node: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Yield the values of nested dictionaries by their paths; lists are values."""
    for key, value in node.items():
        inner = (*path, str(key))
        if isinstance(value, dict):
            yield from leaves(value, inner)
        else:
            yield name_of(inner), value[0] if isinstance(value, list) and len(value) == 1 else value


def name_of(path: Sequence[str]) -> str:
    """Return the name of a path, without first words that say only that metrics follow, or what is said again."""
    kept = list(path)
    while len(kept) > 1 and (_CONTAINERS.fullmatch(kept[0]) or _is_said_again(kept[0], kept[1:])):
        kept.pop(0)
    return "/".join(kept)


def _is_said_again(word: str, path: Sequence[str]) -> bool:
    """Return True if a name has the split or the kind that the key around it is: `losses/train_loss`, `val/val_acc`."""
    signal = canonical_name("/".join(path))
    if signal is None or signal == "step":
        return False
    of_split = canonical_name(f"{word}_loss")
    return bool(KINDS.fullmatch(word)) or (of_split is not None and signal.split("_")[0] == of_split.split("_")[0])


def is_split(key: str) -> bool:
    """Return True for the name of a split, such as `train` or `val`."""
    return canonical_name(f"{key}_loss") is not None and canonical_name(key) is None


def are_records(node: Any) -> bool:
    """Return True for a list of objects, at least one."""
    return isinstance(node, list) and bool(node) and all(isinstance(item, dict) for item in node)


def is_scalar(value: Any) -> bool:
    """Return True for a single value, or a missing one."""
    return value is None or isinstance(value, str | int | float)


def is_column(value: Any) -> bool:
    """Return True for a list of single values, or of lists of one each."""
    return (
        isinstance(value, list | tuple)
        and len(value) > 0
        and all(is_scalar(v) or (isinstance(v, list | tuple) and len(v) == 1 and is_scalar(v[0])) for v in value)
    )


def is_flat(node: Mapping[str, Any]) -> bool:
    """Return True for a dictionary of single values."""
    return all(is_scalar(v) for v in node.values())
