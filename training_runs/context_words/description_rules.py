"""What says a field in a sentence beside single words: names with a number, counts of things, sizes of layers."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from training_runs.context_words.fields import (
    AMBIGUOUS,
    BETAS,
    EPOCHS,
    FIELDS,
    MODEL_WIDTHS,
    SYNONYMS,
    UNUSED,
    plain_name,
)

Said = tuple[str, Any]
Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], list[Said]]]


def any_of(names: Iterable[str]) -> str:
    """Return a pattern of names, the longest first, with blanks, dashes or nothing where they have underscores."""
    return "|".join(name.replace("_", r"[\s_-]?") for name in sorted(names, key=len, reverse=True))


_NUMBER = (
    r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
    r"(?:\s?%|[kKM](?!\w)|\s?(?:/|\*\*|\^)\s?-?\d+(?!\w))?"
)
_COUNT = r"\d+(?:,\d{3})*(?:\.\d+)?(?:[kKM]|[eE]\+?\d+)?"
_SMALL = {word: k for k, word in enumerate(("one", "two", "three", "four", "five", "six"), 1)} | {"single": 1}
_SAMPLES = "data(?:set)?|samples|examples|points|images|pairs"
_FEW = rf"\d{{1,3}}|{'|'.join(_SMALL)}"
_WORD = r"'[^'\n]*'|\"[^\"\n]*\"|[A-Za-z][\w./*+-]*(?:\s*\((?:[^()]|\([^()]*\))*\))?"
_LIST = r"[(\[]\s*[\d.eE+-]+(?:\s*,\s*[\d.eE+-]+)+\s*[)\]]"

_OF_WORDS = ("task_family", "operation", "architecture", "optimizer", "loss")
_NUMERIC = [n for f in FIELDS if f not in _OF_WORDS for n in (f, *SYNONYMS.get(f, ()))]
_NAMES = {*_NUMERIC, *MODEL_WIDTHS, *BETAS, *EPOCHS, *AMBIGUOUS, *UNUSED}
_KNOWN = {*_NAMES, *_OF_WORDS, *(n for f in _OF_WORDS for n in SYNONYMS[f])}
_NAMED = any_of(name for name in _NAMES if name != "d" and not name.startswith(("sgd_", "adam_")))
# Behind a number: `0.1 weight decay`, but not `97 p`.
_BEHIND = any_of(("learning_rate", "lr", "weight_decay", "wd", "momentum", "dropout", "label_noise", "init_scale"))
_SWITCHED = {
    name: field
    for field, names in {
        "weight_decay": ("weight_decay", "wd"),
        "warmup_steps": ("warmup", "warm_up"),
        "layer_norm": ("layernorm", "layer_norm", "layer_normalization", "layer_normalisation"),
        **{field: (field,) for field in ("dropout", "momentum", "label_noise", "nesterov")},
    }.items()
    for name in names
}
_FLAGS = ("layer_norm", "nesterov")


def _switched(found: re.Match[str], value: bool) -> list[Said]:
    name = re.sub(r"[\s_-]+", "", found["name"].lower())
    field = next(field for known, field in _SWITCHED.items() if known.replace("_", "") == name)
    return [(field, value if field in _FLAGS else 0)]


def _shape(found: re.Match[str]) -> list[Said]:
    """Return what the sizes of a network's layers say: `784-200-200-10` has two hidden layers of 200 and ten classes."""
    sizes = [int(size) for size in re.findall(r"\d+", found[0])]
    hidden = sizes[1:-1]
    of_hidden = (
        [("hidden_sizes", hidden)] if len(set(hidden)) > 1 else [("layers", len(hidden)), ("hidden_units", hidden[0])]
    )
    return of_hidden + ([("classes", sizes[-1])] if sizes[-1] > 1 else [])


def _assigned(found: re.Match[str]) -> list[Said]:
    """Return a name and its value; nothing for a word after a colon, `for S5: transformer`."""
    name, value = found["name"].lstrip("-+").replace("/", "."), found["value"].strip("'\"")
    is_known = plain_name(name.split(".")[-1]) in _KNOWN
    return [(name, value)] if is_known or ":" not in found[0] or re.match(_NUMBER, value) else []


def _counted(*fields: str) -> Callable[[re.Match[str]], list[Said]]:
    """Return what says these fields, a group of the pattern each; of a group that is not there nothing."""
    return lambda found: [(f, _SMALL.get(n.lower(), n)) for f, n in zip(fields, found.groups(), strict=True) if n]


def _nothing(found: re.Match[str]) -> list[Said]:
    return [("notes", found[0])]  # understood, and no field


def _rule(pattern: str, said: Callable[[re.Match[str]], list[Said]], flags: int = re.IGNORECASE) -> Rule:
    """Return a rule; in its pattern `<n>` is a number, `<few>` one that may be a word, a blank is blanks or a dash."""
    spaced = pattern.replace(" ", r"[\s-]+").replace("<n>", f"({_COUNT})").replace("<few>", f"({_FEW})")
    return re.compile(rf"(?<![\w.])(?:{spaced})", flags), said


# In this order: what a rule takes, no later one sees.
RULES: tuple[Rule, ...] = (
    _rule(rf"(?:no|without|zero) (?P<name>{any_of(_SWITCHED)})\b", lambda found: _switched(found, value=False)),
    _rule(
        rf"(?P<name>{any_of(_SWITCHED)})\s*[=:]?\s*(?:off|none|disabled)\b", lambda found: _switched(found, value=False)
    ),
    _rule(r"full[\s-]?batch\b", lambda found: [("batch_size", "full")]),
    _rule(r"(?:log|eval|evaluate|save|checkpoint)\w* every <n>(?: \w*steps| epochs)?", _nothing),
    _rule(r"<n> (?:steps?|updates?|batches|iterations)\s*(?:per|/|an|each)\s*epoch\b", _counted("steps_per_epoch")),
    _rule(r"<n> (?:linear )?warm-?up steps\b", _counted("warmup_steps")),
    _rule(r"warm-?up (?:of |over |for )?<n>(?: steps)?\b", _counted("warmup_steps")),
    _rule(
        r"<few>[\s-]*(?:hidden )?(?:layers?|blocks?) (?:of |with )(?:width |size )?<n>(?: (?:hidden )?(?:units|neurons))?(?!\w)",
        _counted("layers", "hidden_units"),
    ),
    _rule(
        rf"(?P<name>(?:--)?(?:[a-z]\w*\.)*(?:{_NAMED}))(?: (?:of|is) |\s*[=:]\s*|[\s-]*)(?P<value>{_LIST}|{_NUMBER}(?![\w-]))",
        _assigned,
    ),
    _rule(
        rf"(?P<name>-{{0,2}}\+{{0,2}}[A-Za-z][\w./-]*)\s*[=:]\s*(?P<value>{_LIST}|{_NUMBER}(?!\w)|{_WORD})", _assigned
    ),
    _rule(rf"(?P<value>{_NUMBER}) (?P<name>{_BEHIND})(?!\w|\s*[=:]?\s*[\d.])", _assigned),
    _rule(r"d(?:_| )?(\d{2,5})(?!\w)", _counted("d"), flags=0),
    _rule(r"<few>[\s-]*(?:attention )?heads?\b", _nothing),
    _rule(r"h\d{1,2}\b", _nothing),
    _rule(r"\d{1,6}(?:\s?(?:-|\u2013|\u2192|->|x|\u00d7)\s?\d{1,6}){2,}(?![\w-])", _shape),
    _rule(
        r"<few>[\s-]*(?:(?:hidden|transformer|decoder|encoder|attention) )?(?:layers?|layered|blocks?)\b",
        _counted("layers"),
    ),
    _rule(r"(\d{1,2})L\b", _counted("layers"), flags=0),
    _rule(
        rf"(\d[\d.]*\s?%) (?:(?:of )?(?:the |all )*(?:train(?:ing)?|{_SAMPLES}|split)(?: (?:{_SAMPLES}|fraction|split|set))?|for train(?:ing)?)(?!\w| (?:label|noise|target))",
        _counted("train_fraction"),
    ),
    _rule(r"train(?:ed|ing)?(?: on)? (\d[\d.]*\s?%)(?!\w)", _counted("train_fraction")),
    _rule(rf"<n> (?:test|val|validation) (?:{_SAMPLES})\b", _counted("val_size")),
    _rule(
        rf"<n>(?= (?:train(?:ing)? )?(?:(?:mnist|digits?|imdb|cifar\S*|fashion\S*|random|labell?ed) )?(?:{_SAMPLES})\b)",
        _counted("train_size"),
    ),
    _rule(r"<n> epochs\b", _counted("epochs")),
    _rule(
        r"<n> (?:train(?:ing)? |optimi[sz](?:er|ation) )?(?:steps|iterations|iters|updates)\b", _counted("budget_step")
    ),
    _rule(r"<n> classes\b", _counted("classes")),
    _rule(r"<n> (?:trainable )?param(?:eter)?s\b", _counted("parameters")),
    _rule(r"<n> (?:hidden )?(?:units|neurons)\b", _counted("hidden_units")),
    _rule(
        rf"(?P<name>nesterov|{any_of(n for n, f in _SWITCHED.items() if f == 'layer_norm')})\b",
        lambda found: _switched(found, value=True),
    ),
)
