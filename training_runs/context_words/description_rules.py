"""What says a field in a sentence beside single words: names with a number, counts of things, sizes of layers."""

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from training_runs.context_words.fields import (
    AMBIGUOUS,
    BETAS,
    EPOCHS,
    FIELDS,
    MODEL_WIDTHS,
    OF_OTHERS,
    OWN_NAMES,
    SIZES,
    SYNONYMS,
    UNUSED,
    is_of_another,
    plain_name,
)

Said = tuple[str, Any]


@dataclass(frozen=True, eq=False)
class Rule:
    """A pattern, and what a match of it says; compiled with the first sentence: few trainings have one, and all import this.

    Attributes
    ----------
    needs : parts of words of which a match holds one; a text without them need not be searched.
    """

    source: str
    flags: int
    said: Callable[[re.Match[str]], list[Said]]
    needs: tuple[str, ...] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern, compiled."""
        return re.compile(self.source, self.flags)

    def may_match(self, text: str) -> bool:
        """Return whether a text in lower case holds what a match needs."""
        return not self.needs or any(word in text for word in self.needs)


def any_of(names: Iterable[str]) -> str:
    """Return a pattern of names, the longest first, with blanks, dashes or nothing where they have underscores."""
    return "|".join(name.replace("_", r"[\s_-]?") for name in sorted(names, key=len, reverse=True))


_NUMBER = (
    r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:\.\d+|\.(?!\s|$))?|\.\d+)(?:[eE][-+]?\d+)?"  # not the full stop of `wd 1. lr`
    r"(?:\s?%|[kKM](?!\w)|\s?(?:/|\*\*|\^)\s?-?\d+(?![\w.])|\s?\*\s?\d+\.?\d*(?:e-?\d+)?(?![\w.(]))?"
)
_ENDS = (
    r"(?![\w-]|\.\d|\s?\*\s?[\w.(]|\s?\|\s?[\d.][\d.e+-]*\s*(?:[|,;.\n]|$))"  # of a number, not before the rest of it
)
_COUNT = r"\d+(?:,\d{3})*(?:\.\d+)?(?:[kKM]|[eE]\+?\d+)?"
_SMALL = {word: k for k, word in enumerate(("one", "two", "three", "four", "five", "six"), 1)} | {"single": 1}
_SAMPLES = "data(?:set)?|samples|examples|patterns|strings|points|pts|images|imgs|pairs|table|equations|sequences|reviews|instances"
# What a share is of: `80% of the 9,409 possible pairs`, `30% of the entire dataset`.
_WHOLE = (
    r"(?:(?:of|the|all|our|its|a|entire|full|whole|available|total|possible|distinct|unique|input|training|\d[\d,]*)[\s-]+)*"
    rf"(?:{_SAMPLES}|products|combinations|inputs|entries|problems|facts)"
)
_SHARE = r"(\d[\d.]*\s?%)"
_RANDOM = "replaced|flipped|random(?:i[sz]ed)?|shuffled|corrupted|mislabell?ed|wrong|noisy|permuted"
_STEPS = "(?:steps|updates|iterations)"
_FEW = rf"\d{{1,3}}|{'|'.join(_SMALL)}"
_WORD = r"'[^'\n]*'|\"[^\"\n]*\"|[A-Za-z][\w./*+-]*(?:\s*\((?:[^()]|\([^()]*\))*\))?"
_LIST = r"[(\[]\s*[\d.eE+-]+(?:(?:\s*,\s*[\d.eE+-]+)+|,)\s*[)\]]"

_OF_WORDS = ("task_family", "operation", "architecture", "optimizer", "loss")
_NUMERIC = [n for f in FIELDS if f not in _OF_WORDS for n in (f, *SYNONYMS.get(f, ()))]
_NAMES = {*_NUMERIC, *MODEL_WIDTHS, *BETAS, *EPOCHS, *AMBIGUOUS, *UNUSED}
_KNOWN = {*_NAMES, *_OF_WORDS, *(n for f in _OF_WORDS for n in SYNONYMS[f])}
_NAMED = any_of(name for name in _NAMES if name != "d" and not name.startswith(("sgd_", "adam_")))
_OTHERS = any_of(OF_OTHERS | {"head", "base"})
_OWN_NAMES = any_of(
    name for name in _NAMES if "_" in name and name.split("_")[0] in OF_OTHERS | {"base"}
)  # `val_size` is a field
_RATES = any_of(
    ("learning_rate", "lr", "weight_decay", "wd", "dropout", "train_fraction", "frac", "modulus", "prime", "p")
)
_OPTIMIZERS = r"adamw|adam|sgd|rmsprop|muon|lion"
# Behind a number: `0.1 weight decay`, but not `97 p`.
_BEHIND = any_of(
    ("learning_rate", "lr", "weight_decay", "wd", "momentum", "dropout", "label_noise", "init_scale")
    + ("train_fraction", "train_frac", "frac_train")
)
_SWITCHED = {
    name: field
    for field, names in {
        "weight_decay": ("weight_decay", "wd", "regularization", "regularisation", "reg"),
        "warmup_steps": ("warmup", "warm_up"),
        "layer_norm": ("layernorm", "layer_norm", "layer_normalization", "layer_normalisation", "ln"),
        **{field: (field,) for field in ("dropout", "momentum", "label_noise", "nesterov")},
    }.items()
    for name in names
}
_FLAGS = ("layer_norm", "nesterov")


def _switched(found: re.Match[str], value: bool) -> list[Said]:
    """Return the fields that are said to be on or off: both of `without dropout or weight decay`."""
    said = []
    for each in re.split(r"\s*(?:/|\bor\b|\bnor\b)\s*(?:any\s)?", found["name"].lower()):
        name = re.sub(r"[\s_-]+", "", each)
        field = next(field for known, field in _SWITCHED.items() if known.replace("_", "") == name)
        said.append((field, value if field in _FLAGS else 0))
    return said


def _shape(found: re.Match[str]) -> list[Said]:
    """Return what the sizes of a network's layers say: `784-200-200-10` has two hidden layers of 200 and ten classes."""
    return _sizes([int(size) for size in re.findall(r"\d+", found[0])])


def _sizes(sizes: list[int]) -> list[Said]:
    if len(set(sizes)) == 1:  # `256-256-256` are the hidden ones
        return [("layers", len(sizes)), ("hidden_units", sizes[0])]
    hidden = sizes[1:-1]
    of_hidden = (
        [("hidden_sizes", hidden)] if len(set(hidden)) > 1 else [("layers", len(hidden)), ("hidden_units", hidden[0])]
    )
    return of_hidden + ([("classes", sizes[-1])] if sizes[-1] > 1 else [])


def _stack(found: re.Match[str]) -> list[Said]:
    """Return what a stack of linear layers says, in code or as it prints itself; nothing where others stand beside them."""
    pairs = [tuple(map(int, pair)) for pair in re.findall(_LINEAR, found[0])]
    units = [0, *map(int, re.findall(r"Dense\(\s*(?:\w+=)?(\d{1,6})", found[0]))]
    pairs = pairs or list(itertools.pairwise(units))
    is_whole = len(pairs) > 1 and all(before[1] == after[0] for before, after in itertools.pairwise(pairs))
    if not is_whole or re.search(r"Conv|LSTM|GRU|RNN|Attention|Transformer|Embedding", found.string):
        return []
    return [("architecture", "mlp"), *_sizes([pairs[0][0], *(after for _, after in pairs)])]


def own_name(name: str) -> str:
    """Return the name that a text assigns, `optim` of `--optim.name`, without dashes."""
    path = name.strip().lstrip("-+").replace("/", ".")
    parent, _, last = path.rpartition(".")
    return parent if parent and plain_name(last) in OWN_NAMES else path


def is_known_name(name: str) -> bool:
    """Return True for the name of a field, of the names in other words, too."""
    return plain_name(name) in _KNOWN


def _assigned(found: re.Match[str]) -> list[Said]:
    """Return a name and its value; nothing after a colon for what is no field, `for S5: transformer`."""
    name, value = own_name(found["name"]), found["value"].strip("'\"")
    if is_of_another(name):
        return _another(found)
    if name == "D":  # of a sample, or of the model
        return [("dim", value)]
    is_known = plain_name(name.split(".")[-1]) in _KNOWN and value.lower() not in ("a", "an", "the")
    is_call = re.match(r"[A-Za-z][\w.]*\s*\(", value) and not is_of_another(
        f"{name}/"
    )  # `tx = optax.adamw(1e-3)`: what is called says it
    return [(name, value)] if is_known or not (":" in found[0] or is_call) else []


def _counted(*fields: str) -> Callable[[re.Match[str]], list[Said]]:
    """Return what says these fields, a group of the pattern each; of a group that is not there nothing."""
    return lambda found: [(f, _SMALL.get(n.lower(), n)) for f, n in zip(fields, found.groups(), strict=True) if n]


def _nothing(found: re.Match[str]) -> list[Said]:
    return [("notes", found[0])]  # understood, and no field


def _rule(
    pattern: str, said: Callable[[re.Match[str]], list[Said]], flags: int = re.IGNORECASE, needs: str = ""
) -> Rule:
    """Return a rule; in its pattern `<n>` is a number, `<few>` one that may be a word, a blank is blanks or a dash."""
    spaced = (
        pattern.replace(" ?", r"[\s-]*")
        .replace(" ", r"[\s-]+")
        .replace("<n>", rf"({_COUNT})(?!\d|\s?%)")
        .replace("<few>", f"({_FEW})")
    )
    return Rule(rf"(?<![\w.])(?!(?<=\d,)\d)(?:{spaced})", flags, said, tuple(needs.split()))


def _another(found: re.Match[str]) -> list[Said]:
    return [("of_another", found[0])]  # named, and no field


def _now(found: re.Match[str]) -> list[Said]:
    """Return a name and the value that stands in place of a former one: `wd was 1, now 0.1`."""
    name = re.search(rf"(?<![a-z])(?:{_NAMED})(?![a-z])", found[0], re.IGNORECASE)
    return [(name[0], found["now"])] if name else []


def _set_to(found: re.Match[str]) -> list[Said]:
    """Return the fields of `set the weight decay to zero and lr to 0.01`."""
    pairs = re.findall(rf"({_NAMED}) to ({_NUMBER}|zero)", found[0], re.IGNORECASE)
    return [(name, "0" if value.lower() == "zero" else value) for name, value in pairs]


def _blocks(found: re.Match[str]) -> list[Said]:
    """Return the layers of `two layers`, and the network of `two transformer blocks`."""
    is_transformer = found[2] is not None and "lstm" not in found.string.lower()
    return [("layers", _SMALL.get(found[1].lower(), found[1])), *([("architecture", "transformer")] * is_transformer)]


def _since(found: re.Match[str]) -> list[Said]:
    """Return what says for how long something has been as it is, `stuck for 30k steps`; nothing of `still lr 1e-3 for 30k steps`."""
    return [] if re.search(rf"\b(?:{_NAMED})\s*[=:]?\s*\d", found[0], re.IGNORECASE) else _another(found)


def _formula(found: re.Match[str]) -> list[Said]:
    return [("formula", found[0])]


def _flag(found: re.Match[str]) -> list[Said]:
    """Return an option of a command line, whatever its name: `--lr-decay-iters 1000` says no learning rate."""
    name, values = found["name"], [found["value"].strip("'\""), *re.findall(r"[^\s,]+", found["more"])]
    if is_of_another(name):
        return _another(found)
    if len(values) == 1:
        return [(name, values[0])]
    is_list = plain_name(name) in {*BETAS, *SIZES}
    return [(name, f"[{', '.join(values)}]")] if is_list else [("several_values", found[0])]


def _several(found: re.Match[str]) -> list[Said]:
    is_list = not ("," in found[0] and found[0].count("%") == 1)  # `wd 1, 30%` are two things
    return [("several_values", found[0])] if is_list else []


def _several_shares(found: re.Match[str]) -> list[Said]:
    """Return several shares of the data, `20%, 30% and 40%`; nothing of two that are all of it."""
    shares = [float(share) for share in re.findall(r"(\d+(?:\.\d+)?)\s?%", found[0])]
    return [] if abs(sum(shares) - 100) < 1e-6 else [("several_values", found[0])]


def _share_of_labels(found: re.Match[str]) -> list[Said]:
    """Return what `label noise on 10 of 100 samples` says."""
    noisy, samples = (float(found[k].replace(",", "")) for k in (1, 2))
    return [("label_noise", noisy / samples), ("number_of_samples", found[2])] if 0 < noisy < samples else []


def _split(found: re.Match[str]) -> list[Said]:
    """Return the training's share of `70/30 train/test split` and `0.3/0.7`."""
    first, second = float(found["train"]), float(found["rest"])
    whole = next((whole for whole in (1, 10, 100) if abs(first + second - whole) < 1e-9), None)
    return [("train_fraction", first / whole)] if whole else []


def _split_in_three(found: re.Match[str]) -> list[Said]:
    """Return the training's share of `60/20/20 train/val/test`, of nothing where these are no shares."""
    parts = [float(part) for part in re.findall(r"\d*\.?\d+", found["parts"])]
    whole = next((whole for whole in (1, 100) if abs(sum(parts) - whole) < 1e-9), None)
    return [("train_fraction", parts[0] / whole)] if whole else [("several_values", found[0])]


def _heads_beside_a_width(found: re.Match[str]) -> list[Said]:
    """Return the heads that `h=4` says beside `d=128`; nothing of another h."""
    return [("heads", found[1])] if re.search(r"\bd(?:_?model)?\s?=?\s?\d|transformer", found.string) else []


def _unpacked(found: re.Match[str]) -> list[Said]:
    """Return the fields of `lr, wd, bs = 1e-3, 1.0, 512`; nothing where there are not as many of both."""
    names, values = (re.split(r"\s*,\s*", found[part].strip()) for part in ("names", "values"))
    return list(zip(names, values, strict=True)) if len(names) == len(values) else []


def _reached(found: re.Match[str]) -> list[Said]:
    """Return what `train 100%, val acc 1%` says of curves; nothing of shares of the data, `train 30% test 70%`."""
    shares = [float(share) for share in re.findall(r"(\d+(?:\.\d+)?)\s?%", found[0])]
    is_split = abs(sum(shares) - 100) < 1e-6 and "acc" not in found[0].lower()
    return [] if is_split else _another(found)


_HELD_OUT = r"(?:held[\s-]out|unseen|withheld|left out|set aside|(?:reserved )?(?:for|as)(?: the| a)? (?:test|val|eval|held)\w*)"
_LINEAR = r"Linear\(\s*(?:in_features=)?(\d{1,6})\s*,\s*(?:out_features=)?(\d{1,6})[^()]*\)"
_PARTS = r"(?P<train>0?\.\d+|\d{1,2})\s?[/:-]\s?(?P<rest>0?\.\d+|\d{1,2})"
_THREE = r"(?P<parts>\d*\.?\d+(?:\s?%)?(?:\s?[/:-]\s?\d*\.?\d+(?:\s?%)?){2})"
_WORDS_OF_THREE = r"train(?:ing)?\s?[/:\s-]\s?val\w*\s?[/:\s-]\s?test(?:ing)?"
_WORDS_OF_SPLIT = r"(?:(?:train(?:ing)?\s?[/:\s-]\s?(?:test|val)\w*|data)(?: split)?|split)"

# What a share or a number of samples is of, if they are not what is trained on.
_BOUND = r"at least|at most|more than|less than|fewer than|no more than|not more than|up to|over|above|below|under"
_SOME = r"top|bottom|first|last|hardest|easiest|remov\w+|drop(?:s|ped|ping)?|discard\w*|exclud\w*|filter\w*|ignor\w*|lack\w*|without|all but"
_TRAINED_ON = r"used|shown|seen|random\w*|chosen|sampled|selected|taken|drawn|train\w*|(?:in|for)[\s-]+(?:(?:the|our)[\s-]+)?train\w*|labell?ed|available|given"
_IS_NOT_TRAINED_ON = (
    rf"[\s-]+(?:(?:get|gets|remain|remains|become|have|has|had|stay)\b|(?:is|are|was|were)[\s-]+(?!(?:{_TRAINED_ON})\b)"
    r"|(?:(?:mis|un|in)?(?:classif|label|predict|memori|learn|remov|drop|discard|duplic|outlier|easy|hard|wrong|correct|corrupt|nois|fail)))"
)

# Before the first of several names, and after the last of their values: `2 layers, p = 97, 25% train` is no pair.
_NOT_COUNTED = r"(?<!\d\x20)(?<!\d-)(?<!no\x20)(?<!without\x20)"
_NOT_OF_DATA = rf"|\s?(?:of|for|in)? (?:the )?(?:train|test|{_SAMPLES})"
# In brackets between a name and its value: `learning rate (peak) = 1e-3`, not `lr (min) = 1e-5`.
_SURELY = rf"peak|max\w*|initial|init|base|constant|fixed|total|decoupled|{_OPTIMIZERS}|{_NAMED}|[A-Za-z\u03b1-\u03c9]"
_SPANS = r"(?:s|sec|seconds?|min|minutes?|h|hr|hours?|days?)"

# In this order: what a rule takes, no later one sees.
RULES: tuple[Rule, ...] = (
    # A line below its name, as a table is copied; lines are divided by semicolons here.
    _rule(rf"(?:(?<=;\x20)|(?<!.))(?P<name>{_NAMED})\x20?:?\x20?;\x20(?P<value>{_NUMBER})(?=\x20;|\x20?$)", _assigned),
    _rule(
        rf"(?<![)\]])--?(?P<name>[A-Za-z][\w.-]+)(?:\s*=\s*|[ ]+)(?P<value>{_LIST}|'(?:(?!--)[^'\n])*'|\"(?:(?!--)[^\"\n])*\"|[^\s,;'\"-][^\s,;'\"]*|-?\.?\d[^\s,;'\"]*)(?P<more>(?:(?:,|[ ]+)\.?\d[\d.eE+-]*%?(?=[\s,;]|$))*)".replace(
            " ", "\\x20"
        ),
        _flag,
    ),
    _rule(
        rf"{_NOT_COUNTED}(?P<first>{_NAMED})(?: and |\s?[,/&]\s?)(?P<second>{_NAMED})\s*(?:=|:| of| are) ?(?P<one>{_NUMBER})(?:,? and |\s?[,/&]\s?)(?P<two>{_NUMBER})(?!\w{_NOT_OF_DATA})",
        lambda found: [(found["first"], found["one"]), (found["second"], found["two"])],
    ),
    _rule(
        rf"{_NOT_COUNTED}\(?\s*(?P<names>(?:{_NAMED})(?:\s*,\s*(?:{_NAMED}))+)\s*\)?\s*=\s*\(?\s*(?P<values>{_NUMBER}(?:\s*,\s*{_NUMBER})+)\s*\)?(?!\w{_NOT_OF_DATA})",
        _unpacked,
    ),
    _rule(
        r"hidden layers (?:of|with)(?: sizes?| widths?)? (\d+(?:(?:,? and |, ?)\d+)+)",
        lambda found: [("hidden_sizes", str([int(n) for n in re.findall(r"\d+", found[1])]))],
        needs="hidden",
    ),
    _rule(
        r"\d+(?:[-x]\d+)+ (?:channels|filters|kernels|feature maps)\b",
        _another,
        needs="channels feature filters kernels",
    ),
    # How fast a run is, how long its numbers are, and since when a curve is as it is.
    _rule(
        rf"(?:at |with )?~?{_COUNT}\s?(?:[a-z]+\s?(?:/|per )|/)\s?{_SPANS}\b(?!\s*[=\d])|{_COUNT}\s?(?:ms|{_SPANS})\s?(?:/|per |an? )\s?(?:it|iter\w*|steps?|epochs?|batch|update)\b",
        _nothing,
    ),
    # What takes the place of a value, and what is denied.
    _rule(
        rf"(?:{_NAMED})\s*[=:]?\s*{_NUMBER}[^.;\n]{{0,30}}? (?:overrid|overwr|replac)\w* (?:it|that|this) (?:with|to|by) (?P<now>{_NUMBER})(?!\w)",
        _now,
        needs="overrid overwr replac",
    ),
    _rule(
        rf"(?:{_NAMED})\s*[=:]?\s*{_NUMBER}[^.;\n]{{0,30}}? (?:I|we) (?:\w+ )?(?:chang|set|rais|lower|bump|increas|decreas|reduc|dropp|went|mov|switch|cut)\w*(?: (?:it|that|this))?(?: up| down| back)? (?:to|at) {_NUMBER}(?!\w)",
        _several,
        needs="chang set rais lower bump increas decreas reduc dropp went mov switch cut",
    ),
    _rule(
        rf"(?:{_NAMED})\s*[=:]?\s*{_NUMBER} (?:\w+ )?(?:crash|diverg|explod|blew|blow|oom|nans?\b)[^.;\n]{{0,30}}?(?<![\d.]){_NUMBER}(?!\w)",
        _several,
        needs="crash diverg explod blew blow oom nan",
    ),
    _rule(
        rf"(?:{_NAMED})(?: (?:is|was) not|(?: is| was)?n't| not) {_NUMBER},?(?: but|,? it's|,? it is) (?P<now>{_NUMBER})(?!\w)",
        _now,
        needs="n't not",
    ),
    _rule(
        rf"not(?: (?:an?|the|with))? (?:{_NAMED})(?: of)?\s*[=:]?\s*{_NUMBER}(?=\s*(?:[!,;.)]|$)(?!,? but))",
        _another,
        needs="not",
    ),
    # Parts of a network that train at rates of their own, or do not decay.
    _rule(
        r"(?:except|excluding|apart from|other than|but not|all but|all except)(?: \w+){0,2}? layer[\s_-]?norms?\b[^,;.]{0,30}|(?:biases|gains|norms)(?: and |\s?[/,&]\s?)layer[\s_-]?norms?\b|layer[\s_-]?norms?(?: and |\s?[/,&]\s?)(?:biases|embeddings)\b",
        _another,
        needs="norm",
    ),
    _rule(r"(?:<few> )?param(?:eter)? groups?\b", _nothing, needs="param"),
    _rule(
        rf"(?:\w+) (?:{_RATES})\s*[=:]?\s*{_NUMBER}[,;]? (?:and )?(?:the )?(?:rest|others?|remaining|everything else|all else|elsewhere)\b[^,;.\d]{{0,20}}{_NUMBER}(?!\w)",
        _several,
        needs="else everything other remaining rest",
    ),
    # Several shares or counts.
    _rule(rf"(?:{_SHARE},? )*(?:{_SHARE}),? (?:and|or|to|vs\.?) {_SHARE}(?: {_WHOLE})?(?!\w)", _several_shares),
    _rule(
        rf"(?<!=)(?<!=\x20)(?:(?:\d+,\s?)*\d[\d,]*k?,? (?:or|to)|between \d[\d,]*k? and|(?:\d+,\s?)+\d+,? and) \d[\d,]*k? (?:\w+ )?(?:layers?|blocks?|heads?|units?|neurons?|epochs|classes|{_STEPS[3:-1]}|{_SAMPLES})\b",
        _several,
    ),
    _rule(
        rf"(?:validat\w*|evaluat\w*|test\w*) on (?:the )?(?:(?:other|remaining|rest|held-?out) )?{_SHARE}(?: {_WHOLE})?(?!\w)",
        _counted("validation_split"),
        needs="evaluat test validat",
    ),
    _rule(
        rf"(?:keep|kept|leav|left|hold|held|set)\w* {_SHARE}(?: {_WHOLE})? (?:out|aside|back|apart)\b(?: (?:for|as) \w+)?",
        _counted("validation_split"),
        needs="apart aside back out",
    ),
    _rule(
        rf"train\w*(?: is)? on (?:the )?(?:other|remaining|rest(?: of)?) {_SHARE}(?: {_WHOLE})?(?!\w)",
        _counted("train_fraction"),
        needs="train",
    ),
    _rule(
        rf"(?:label noise|noise) (?:on|in|for|to) <n> (?:out )?of (?:the )?<n> (?:\w+ )?(?:labels|{_SAMPLES})\b",
        _share_of_labels,
        needs="label noise",
    ),
    # How many of all are trained on.
    _rule(
        rf"(?:only|just) <n>(?: (?:of (?:them|these|those)|{_SAMPLES}))?(?: (?:are|is|were|was))? (?:used|kept|trained on)\b",
        _counted("train_size"),
        needs="just only",
    ),
    _rule(
        r"(?:of (?:which|these|those|them)|but)(?: I| we)?(?: only| just)? (?:use|used|keep|kept|take|took|train(?:ed)? on)(?: only| just)? <n>(?![\w.%])(?! (?:layers?|heads?|steps|epochs|gpus?))",
        _counted("train_size"),
        needs="but them these those which",
    ),
    _rule(r"with (?:an? )?(LN)\b", lambda found: [("layer_norm", True)], flags=0, needs="with"),
    _rule(r"<few>[\s-]*digits?\b(?! (?:dataset|data|images|classification))", _nothing, needs="digit"),
    _rule(
        r"(?:been(?! (?:re)?train)|stuck|flat|stay\w*|still|remain\w*|plateau\w*|sit(?:s|ting)|hover\w*|hasn't|haven't)[^,;.\n]{0,40}?(?:\d\.\d[^,;.\n]{0,20}?)? (?:for|after|at|since|over) (?:the last |about )?<n> (?:\w+ )?(?:steps|updates|iter\w*|its|epochs)\b",
        _since,
        needs="epochs iter its steps updates",
    ),
    _rule(
        rf"(?:\w*parser\.)?(?:add_argument|click\.option|option|add_option)\(\s*(?:'-\w'\s*,\s*|\"-\w\"\s*,\s*)?['\"]-*(?P<name>[\w-]+)['\"][^;]{{0,80}}?\bdefault\s*=\s*(?P<value>{_LIST}|{_NUMBER}|{_WORD})[^;]*",
        lambda found: [(found["name"], found["value"].strip("'\""))],
        needs="default",
    ),
    _rule(
        rf"(?:\w+\.)*DEFINE_\w+\(\s*['\"](?P<name>\w+)['\"]\s*,\s*(?:default\s*=\s*)?(?P<value>{_NUMBER}|{_WORD})[^;]*",
        lambda found: [(found["name"], found["value"].strip("'\""))],
        needs="define_",
    ),
    _rule(
        rf"<n> (?:{_SAMPLES})(?: (?:per|in each|in a|in every|each|an?) |\s?/\s?)(?:mini-?)?(?:batch|step|update)\b",
        _counted("batch_size"),
        needs="batch step update",
    ),
    _rule(
        rf"{_SHARE} of (?:which|them|these|those)(?: (?:is|are|was|were|we))?(?: used?)? (?:for|as|in) (?:the )?train\w*(?: on)?\b",
        _counted("train_fraction"),
        needs="train",
    ),
    _rule(
        rf"{_SHARE} of (?:which|them|these|those)(?: (?:is|are|was|were|we))?(?: used?)? (?:{_HELD_OUT}|(?:for|as|in) (?:the )?(?:test|val|eval)\w*)",
        _counted("validation_split"),
        needs="them these those which",
    ),
    _rule(
        r"hidden states? (?:of |with |has |have )?(?:(?:a|an) )?(?:size|dim(?:ension)?s?|width)(?: of| is)?\s?<n>(?!\w)",
        _counted("hidden_units"),
        needs="hidden",
    ),
    _rule(
        r"(mlp) (?:hidden )?(?:width|dim(?:ension)?|size)(?: of| is|\s?[=:])?\s?<n>(?!\w)",
        lambda found: (
            []
            if re.search(r"heads?\b|attention|d_?model|transformer", found.string)
            else [("architecture", found[1]), ("hidden_units", found[2])]
        ),
        needs="mlp",
    ),
    _rule(
        rf"(momentum) (sgd)\s*\(\s*({_NUMBER})\s*\)",
        lambda found: [("optimizer", found[2]), ("momentum", found[3])],
        needs="momentum",
    ),
    _rule(
        rf"(?:schedule|ramp)\w*\s*:? {_NUMBER} (?:->|to) {_NUMBER} (?:over|in|during|within) <n> {_STEPS}\b",
        _another,
        needs="ramp schedule",
    ),
    _rule(rf"(?:{_NAMED})\s*[=:]\s*{_NUMBER} if [^,;\n]{{1,60}}? else {_NUMBER}(?!\w)", _several, needs="else"),
    # Of inputs: `in d=100`.
    _rule(r"(?:in|inputs?(?: of)?|(?:input|data) dim(?:ension)?|dimension) d\s*=\s*<n>(?!\w)", _another),
    # What is accumulated: a batch of one device, unless the whole is said.
    _rule(
        r"(?:(?:mini-?)?batch(?:[\s_]?size)?|bsz?)(?: of)?\s*[=:]?\s*\d+ \([^()\d]*<n> (?:effective(?:ly)?|in (?:total|all)|global(?:ly)?)[^()\d]*\)",
        _counted("batch_size"),
        needs="all effective global total",
    ),
    _rule(
        r"grad(?:ient)?s?[\s_-]?accum\w*(?:[\s_]?steps)?\s*[=:]?\s*(?:[2-9]|\d\d+)[^.;\n]{0,40}?batch(?:[\s_]?size)?(?: of)?\s*[=:]?\s*<n>(?! \()(?!\w)",
        _counted("per_device_train_batch_size"),
        needs="accum",
    ),
    _rule(
        rf"(?:train(?:ing)?[\s_])?(?:frac(?:tion)?)\s*(?:of |[=:])?\s*{_NUMBER} of (?:the |all )*(?!{_SAMPLES}|train|pairs|inputs|them|total|whole|entire|full)[a-z]\w+(?: \w+)?",
        _another,
        needs="frac",
    ),
    _rule(r"L\s*=\s*(\d{1,2})[\s,;/]+H\s*=\s*(\d{1,2})(?![\w.])", _counted("layers", "heads"), flags=0),
    _rule(r"H\s*=\s*(\d{1,2})[\s,;/]+L\s*=\s*(\d{1,2})(?![\w.])", _counted("heads", "layers"), flags=0),
    _rule(r"H\s*=\s*(\d{1,2})(?![\w.])", _counted("heads"), flags=0),
    _rule(
        rf"(?:lr|learning rate)? ?(?:linear )?warm-?up(?: (?:of|over|for))?\s*[=:]?\s*<n>(?: {_STEPS})?,? then (?:constant|flat|fixed|stays?|held)?(?: at)? ?({_NUMBER})(?!\w)",
        _counted("warmup_steps", "learning_rate"),
        needs="warm",
    ),
    _rule(
        rf"(?P<name>lr|learning rate|{_BEHIND}) (?:starts?|starting|begins?|initially|peaks?|peaking|stays?|remains?)(?: at| from| with)? (?P<value>{_NUMBER})(?!\w)",
        _assigned,
        needs="peak stay remain begin initially start",
    ),
    _rule(
        r"nesterov(?: momentum)?\s*[=:(]?\s*(0?\.\d+)\)?(?!\w)",
        lambda found: [("nesterov", True), ("momentum", found[1])],
        needs="nesterov",
    ),
    _rule(
        r"train(?:ing)?(?:[\s_](?:set|size|data))?\s*[:=]\s*(\d{3,}|\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?k)(?: \w+)?[,;/|\s]+(?:val|valid\w*)(?:[\s_](?:set|size|data))?\s*[:=]\s*(\d{3,}|\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?k)(?![\w.%])",
        _counted("train_size", "val_size"),
        needs="train",
    ),
    _rule(
        r"[nN]\s*=\s*<n> (?!(?:steps|epochs|updates|iter\w*|layers?|units|neurons|classes)\b)[a-z]+ for (?:the )?train(?:ing)?\b",
        _counted("train_size"),
        needs="train",
    ),
    _rule(
        rf"<n> (?:out )?of (?:the |all )*{_COUNT} [a-z]+ (?:(?:is|are|was|were) )?(?:used )?for (?:the )?train(?:ing)?\b",
        _counted("train_size"),
        needs="train",
    ),
    _rule(
        r"(\d{3,}|\d+(?:\.\d+)?k)\s?/\s?(\d{3,}|\d+(?:\.\d+)?k) (?:train[\s/-]+(?:val\w*|test) )?split\b",
        _counted("train_size", "val_size"),
        needs="split",
    ),
    _rule(r"h\s*=\s*([1248]|12|16)(?![\w.])", _heads_beside_a_width, flags=0),
    _rule(r"<n> emb(?=\s*[,;/)]|\s*$)", _counted("embedding_dim"), needs="emb"),
    _rule(
        rf"(?P<name>{_NAMED}) (?:was |is )?(?:set|doubled|raised|increased|lowered|reduced|halved|changed)(?: up| down)? to (?P<value>{_NUMBER})(?!\w)",
        _assigned,
        needs="changed doubled halved increased lowered raised reduced set",
    ),
    _rule(
        r"<few> hidden layers?\s*[:(]\s*(\d+(?:-\d+)+)\)?(?![\w-])",
        lambda found: [("hidden_sizes", str([int(n) for n in found[2].split("-")]))],
        needs="hidden",
    ),
    # `alpha = 0.1 learning rate`
    _rule(
        rf"(?:alpha|lambda|eta|gamma|[A-Za-z\u03b1-\u03c9])\s*=\s*(?P<value>{_NUMBER}) (?P<name>{_BEHIND}|l2)(?!\w|\s*[=:]?\s*[\d.])",
        _assigned,
    ),
    _rule(r"<n> deep(?=\s*(?:[,.;/)]|$))", _counted("layers"), needs="deep"),
    _rule(r"init(?:iali[sz]ation)?\s?[*x]\s?<n>(?!\w)", _counted("init_scale"), needs="init"),
    _rule(
        r"mod(?:ular)?[\s_-]?(add(?:ition)?|sub(?:traction)?|mult?(?:iplication)?|div(?:ision)?)(?: mod)? (\d{2,4})(?=\s*(?:[,.;/|)]|$))",
        lambda found: [("task_family", f"modular {found[1]}"), ("modulus", found[2])],
        needs="mod",
    ),
    # A value of each of several parts, or one that follows from another.
    _rule(
        rf"(?:{_NAMED}|decay)(?: of)?\s*[=:]?\s*{_NUMBER} (?:for|on|in) [^,;.\d]{{1,40}}\d?(?:,|,? and|,? but|,? while) {_NUMBER} (?:for|on|in) (?:the )?\w+",
        _several,
    ),
    _rule(
        rf"(?:no|zero|without) (?:{any_of(_SWITCHED)}) (?:on|for|in) (?!th(?:e|is) (?:run|experiment|model)\b)[^,;.]{{1,60}}(?:, {_NUMBER} (?:for|on|in) [^,;.]{{1,40}})?",
        _another,
    ),
    _rule(
        rf"(?:{_NAMED})\s*[=:]?\s*{_NUMBER}\s*(?:->|\u2192)\s*{_NUMBER}(?= \(?(?:cosine|linear|decay|anneal|schedule))",
        lambda found: (
            [("learning_rate", re.findall(_NUMBER, found[0])[-2])]
            if re.match("lr|learning", found[0], re.IGNORECASE)
            else _several(found)
        ),
    ),
    _rule(
        rf"(?!layers)(?:{_NAMED})\s*[=:]?\s*{_NUMBER}(?:\s*(?:->|\u2192|\.\.+|to\s)\s*{_NUMBER}|\s*\|\s*{_NUMBER}(?![\d.]|\s?[A-Za-z]))+",
        _several,
    ),
    _rule(rf"(?:{_NAMED})\s*[=:]?\s*{_NUMBER} \([^()\d]+\),? (?:and )?{_NUMBER} \([^()\d]+\)", _several),
    _rule(
        rf"(?:{_NAMED})\s*[=:]?\s*{_NUMBER} [^;.]{{1,40}},? (?:and )?(?:then|later|afterwards|after that)(?: \w+ed)?(?: to)? {_NUMBER}(?!\w)",
        _several,
        needs="after later then",
    ),
    _rule(r"(?:global )?batch(?:[\s_]?size)?\s*[=:]?\s*\d+ x \d+(?: \w+)?", _formula, needs="batch"),
    _rule(
        rf"(?:encoder|decoder|backbone|embeddings?|bias(?:es)?|body|trunk|generator|actor|critic) (?:{_RATES})\s*[=:]?\s*{_NUMBER}",
        _another,
    ),
    _rule(
        rf"(?:{any_of(_SWITCHED)}) (?:is|are|was) (?:not |only )*(?:used|applied) (?:only )?(?:to|on|for|in) [^,;.]{{1,60}}",
        _another,
        needs="applied used",
    ),
    _rule(rf"(?:[a-z]\w*\.)*(?!betas?\b)(?:{_NAMED})\s*=\s*{_NUMBER}(?:,{_NUMBER})+(?=\s|$)(?<!,\d\d\d)", _several),
    _rule(
        rf"(?!betas?\b)(?:{_NAMED})\s*[=:]?\s*{_NUMBER}\s*/\s*{_NUMBER}",
        lambda found: _several(found) if "." in found[0] or "e" in found[0].split("/")[1] else [],
    ),
    _rule(rf"(?:{_NAMED})\s*[=:]?\s*{_NUMBER}(?:\s*\*\s*|/)[A-Za-z(][\w.]*(?:\([^()]*\))?", _formula),
    _rule(
        rf"(?:{_NAMED})\s*[=:]\s*{_NUMBER}\s/\s(?:(?:{_NAMED})(?=\s*(?:[,;.)]|$))|(?!{_OPTIMIZERS})[a-z]\w*\([^()]*\))",
        _formula,
    ),
    _rule(
        rf"(?P<name>{_NAMED}) \((?:(?:coefficient|rate|strength|probability|factor|value)(?: of)?|p|\u03bb)\s*[=:]?\s*(?P<value>{_NUMBER})\)",
        _assigned,
        needs="(",
    ),
    _rule(
        r"train\w*(?: only)? on (\d{2,}k?|\d{1,3},\d{3})(?=\s*(?:[;)]|$|[,.](?!\d)))",
        _counted("train_size"),
        needs="train",
    ),
    _rule(
        rf"(?:half|twice|double|triple|(?:\d+|two|three|ten) times|\d+x|a third|1/\d+)(?: of)?(?: (?:the|our|my|their|its|usual|default|standard|original|base)){{1,3}} (?:{_NAMED})(?: of)?\s*[=:]?\s*{_NUMBER}",
        _formula,
    ),
    _rule(rf"(?:{_NAMED}) was {_NUMBER}[,;]? (?:but )?(?:is )?now(?: is)? (?P<now>{_NUMBER})(?!\w)", _now, needs="was"),
    _rule(rf"not (?:{_NAMED})\s*[=:]?\s*{_NUMBER},? but (?P<now>{_NUMBER})(?!\w)", _now, needs="not"),
    _rule(
        rf"(?:set|sets|setting|raised?|increased?|doubled?|bumped?|lowered?|fixed|changed?) (?:the |our |my )?(?:{_NAMED}) to (?:{_NUMBER}|zero)(?:,? (?:and )?(?:the )?(?:{_NAMED}) to (?:{_NUMBER}|zero))*(?!\w)",
        _set_to,
        needs="set rais increase double bump lower fixed change",
    ),
    # Bounds, and shares of something else than all samples.
    _rule(rf"(?:{_BOUND}|[<>\u2264\u2265]) {_SHARE}(?: {_WHOLE})?(?!\w)", _another),
    _rule(
        rf"(?:at least|more than|less than|fewer than|over|above|below|under) {_NUMBER} (?:\w+ )?(?:param(?:eter)?s|units|neurons|classes|{_SAMPLES})\b",
        _another,
        needs="above below fewer least less more over under",
    ),
    _rule(
        rf"(?:train\w*|fit\w*|learn\w*)(?: only)? (?:on|with|from) (?:the |a )?(?:first|last|top|bottom) {_SHARE}(?: {_WHOLE})?(?!\w)",
        _counted("train_fraction"),
        needs="fit learn train",
    ),
    _rule(
        rf"<n>\s?/\s?{_COUNT} (?:{_SAMPLES}) (?:for|used|in) (?:the )?train\w*", _counted("train_size"), needs="train"
    ),
    _rule(rf"{_THREE} \(?(?:{_WORDS_OF_THREE}(?: split)?|(?:data )?split)\b\)?", _split_in_three, needs="split train"),
    _rule(rf"{_WORDS_OF_THREE}(?: split)?(?: of|\s*[:=])? ?{_THREE}(?![\w%])", _split_in_three, needs="train"),
    _rule(
        rf"(?:test|val(?:idation)?|evaluation|held-?out) (?:set|data|split|share|part)(?: (?:is|of|has|size|with))*\s*[:=]?\s*{_SHARE}(?: (?:of )?{_WHOLE})?(?!\w)",
        _counted("validation_split"),
        needs="held test val",
    ),
    # Of each class, and what was seen of them.
    _rule(rf"<n> (?:\w+ )?(?:{_SAMPLES})(?: (?:per|each|seen|processed|consumed)\b|\s?/\s?[a-z])(?: \w+)?", _another),
    _rule(r"<n> for (?:the )?train(?:ing)?\b", _counted("train_size"), needs="train"),
    _rule(r"<n> for (?:the )?(?:val\w*|test\w*)\b", _counted("val_size"), needs="for"),
    # All that there is.
    _rule(rf"(?<![a-z%\d]\s)(?:out )?of (?:all |the )*{_COUNT} (?:\w+ )?(?:{_SAMPLES})\b", _nothing),
    _rule(r"step <n> (?:of|out of|/) <n>(?!\w)", lambda found: [("budget_step", found[2])], needs="step"),
    _rule(
        rf"until (?:step <n>|<n> {_STEPS})(?!\w)", lambda found: [("budget_step", found[1] or found[2])], needs="until"
    ),
    _rule(rf"out of <n>(?: {_STEPS})? planned\b", _counted("budget_step"), needs="planned"),
    _rule(
        rf"<n> epochs(?:,| of| with)? <n> (?:{_STEPS}|batches)(?: each)?\b",
        _counted("epochs", "steps_per_epoch"),
        needs="epochs",
    ),
    _rule(r"<n> train(?:ing)?\s*[/,]\s*<n> (?:test|val\w*)\b", _counted("train_size", "val_size"), needs="train"),
    _rule(r"(\d{2,6}) mod(?=\s*(?:[,.;]|$))", _counted("modulus"), needs="mod"),
    _rule(rf"(?:{_NAMED})\s*[=:]\s*\d(?= \d) \d+(?![\w.%]| ?(?:%|[a-z]))", _several),  # `p = 9 7`
    _rule(rf"(?:{_NAMED})\s*[=:]?\s*\d+\s*//\s*\d+(?!\s*=)", _formula),
    _rule(
        rf"(?P<name>{_NAMED})\s*[=:]?\s*\d+\s*(?://|/|\*)\s*\d+\s*=\s*(?P<value>{_NUMBER})(?!\w)",
        lambda found: [(found["name"], found["value"])],
    ),
    _rule(rf"(?:{_NAMED})(?: of| is| was)?\s*[=:]?\s*{_NUMBER} times\b", _formula, needs="times"),
    _rule(
        rf"dropout(?: of)?\s*[=:]?\s*{_NUMBER} (?:only )?(?:on|in|for|after|to) (?:the )?(?:embeddings?|attention|inputs?|residuals?|softmax|classifier|outputs?)\b",
        _another,
        needs="dropout",
    ),
    _rule(
        r"(?:(?:mini-?)?batch(?:[\s_]?size)?|bsz?)(?: of)?\s*[=:]?\s*\d+ \((?:effective(?:ly)?|global|total)[^()\d]*<n>(?!\w)[^()]*\)",
        _counted("batch_size"),
        needs="effective global total",
    ),
    # What was done until now, and what a batch is of.
    _rule(
        rf"<n> (?:\w+ )?(?:{_STEPS[3:-1]}|iters|its|epochs)(?: (?:are|were|is|have been))? (?:so far|already|by now|until now|done|completed|passed|elapsed|in(?! (?:all|total)))\b",
        _another,
        needs="epochs iterations iters its steps updates",
    ),
    _rule(r"(?:(?:mini-?)?batch(?:[\s_]?size)?|bsz?)(?: of)?\s*[=:]?\s*<n> tokens\b", _another, needs="tokens"),
    _rule(rf"tokens per (?:mini-?)?batch\s*[=:]?\s*{_NUMBER}(?!\w)", _another, needs="tokens"),
    _rule(
        r"(?:(?:mini-?)?batch(?:[\s_]?size)?|bsz?)(?: of)?\s*[=:]?\s*<n>\s*(?:(?:per|each|a)\s|/)\s*(?:device|gpu|worker|card|node|rank|replica|process|core|tpu)\b",
        _counted("per_device_train_batch_size"),
    ),
    _rule(r"[pP]\s*=\s*\d+ (?!(?:classes|steps|samples)\b)[a-z]{3,}s\b(?! ?=)", _another),
    _rule(
        r"<few> layers? (decoder)(?:[\s-]only)?\b",
        lambda found: [("layers", _SMALL.get(found[1].lower(), found[1])), ("architecture", "decoder")],
        needs="decoder",
    ),
    _rule(
        rf"(?:data(?:set)?|split)\s*[=:]\s*{_SHARE}(?: (?:for )?train\w*)?(?! ?(?:\w|[/-]\s?\d))",
        _counted("train_fraction"),
        needs="data split",
    ),
    _rule(
        r"<n> (?:linear )?warm-?up\b(?! (?:epochs|steps|updates|iterations))", _counted("warmup_steps"), needs="warm"
    ),
    _rule(
        r"(?:\w+\.)*Dropout\(\s*(?:(?:p|rate)\s*=\s*)?(0?\.\d+)\s*\)", _counted("dropout"), flags=0, needs="dropout("
    ),
    # Schedules.
    _rule(
        rf"(?:cosine|linear|exponential)(?:ly)?(?: \w+)? from ({_NUMBER})(?: down)? to {_NUMBER}(?!\w)",
        _counted("learning_rate"),
        needs="from",
    ),
    _rule(
        rf"warm(?:ed|s|ing)?-?(?: )?up (?:\w+ly )?to ({_NUMBER}) (?:over|for|during|in|within)(?: the first)? <n> {_STEPS}\b",
        _counted("learning_rate", "warmup_steps"),
        needs="warm",
    ),
    _rule(
        rf"(?:lr|learning rate) (?:is |was )?(?:increas|ramp|ris|grow|rais|warm)\w*(?: \w+)? from {_NUMBER} to ({_NUMBER}) (?:over|for|during|in|within)(?: the first)? <n> {_STEPS}\b",
        _counted("learning_rate", "warmup_steps"),
        needs="from",
    ),
    _rule(r"train\w*(?: only)? on <n> of (?:them|these|those)\b", _counted("train_size"), needs="train"),
    _rule(r"with <n> (?:linear )?warm-?up\b", _counted("warmup_steps"), needs="with"),
    _rule(r"<n> dim(?:ensional)? embeddings?\b", _counted("embedding_dim"), needs="embedding"),
    _rule(r"<n> dim(?:ensional)? (?:mlp|ffn)\b", _counted("d_mlp"), needs="dim"),
    # How large weights begin.
    _rule(
        r"init(?:iali[sz](?:ed|e|ation|ing))? (?:(?:with|at|by) )?(?:(?:a )?(?:scale|factor) (?:of )?)?(?:x )?<n>(?:x| times)?(?: (?:larger|bigger|the usual|as large))?(?!\w)|init x<n>(?!\w)",
        lambda found: [("init_scale", found[1] or found[2])],
        needs="init",
    ),
    # Code.
    _rule(
        r"(?:\w+\.)*(LSTM)\(\s*(?:\w+=)?\d+\s*,\s*(?:\w+=)?(\d+)(?!\w)",
        _counted("architecture", "hidden_units"),
        flags=0,
        needs="lstm",
    ),
    _rule(r"(?<=\))\s?%\s?(\d{2,6})(?!\w)", _counted("modulus")),
    _rule(
        r"random_split\(\s*[\w.]+\s*,\s*[\[(]\s*(0?\.\d+)\s*,\s*0?\.\d+\s*[\])]",
        _counted("train_fraction"),
        needs="random_split(",
    ),
    _rule(
        r"(?:\w+\.)*scale_by_adam(?=.*add_decayed_weights)",
        lambda found: [("optimizer", "adamw")],
        needs="scale_by_adam",
    ),
    _rule(
        rf"(?:\w+\.)*add_decayed_weights\(\s*(?:\w+\s*=\s*)?({_NUMBER})[^()]*\)",
        _counted("weight_decay"),
        needs="add_decayed_weights(",
    ),
    _rule(
        rf"(?:\w+\.)*(?:scale\(\s*-|scale_by_learning_rate\(\s*)({_NUMBER})\s*\)",
        _counted("learning_rate"),
        needs="scale",
    ),
    _rule(
        rf"(?:\w+\.)*{_LINEAR}(?:(?:[^()]|\([^()]*\)){{0,80}}?(?:\w+\.)*{_LINEAR})+", _stack, flags=0, needs="linear("
    ),
    _rule(
        r"(?:\w+\.)*Dense\((?:[^()]|\([^()]*\))*\)(?:(?:[^()]|\((?:[^()]|\([^()]*\))*\)){0,80}?(?:\w+\.)*Dense\((?:[^()]|\([^()]*\))*\))+",
        _stack,
        flags=0,
        needs="dense(",
    ),
    _rule(
        r"(?:\w+\.)*Embedding\(\s*(?:\w+=)?\d+\s*,\s*(?:\w+=)?(\d+)[^()]*\)",
        _counted("embedding_dim"),
        flags=0,
        needs="embedding(",
    ),
    _rule(r"(?:test|val|eval|dev)\w*\s*=\s*(?:[\w.]*\.)?DataLoader\([^()]*\)", _another, needs="dataloader("),
    # Ahead of what is after so many steps: `50k steps after 500 steps of linear warmup`.
    _rule(
        rf"<n> (?:{_STEPS}|step) (?:of )?(?:linear )?(?:lr |learning rate )?warm-?up\b",
        _counted("warmup_steps"),
        needs="warm",
    ),
    _rule(
        rf"warm(?:ed|s)?-?(?: )?up (?:\w+ly )?(?:over|for|during|in)(?: the first)? <n> {_STEPS}\b",
        _counted("warmup_steps"),
        needs="warm",
    ),
    _rule(rf"(?:(?:over|for|during|in|within) )?the first <n> {_STEPS}\b", _another, needs="first"),
    _rule(rf"(?:after )?<n> (?:linear )?warm-?up {_STEPS}\b", _counted("warmup_steps"), needs="warm"),
    _rule(
        r"(?:decay|anneal\w*|cycle|inner|rollout|accumulation|restart) (?:steps|epochs|iterations)\s*[=:]?\s*<n>(?!\w)",
        _another,
        needs="epochs iterations steps",
    ),
    # What something took, and bounds.
    _rule(
        rf"(?:within|takes?|took|need(?:s|ed)?|requires?|in|more than|less than|fewer than|been (?:running|training)(?: for)?) <n> (?:\w+ )?(?:steps|epochs|updates|iterations|{_SAMPLES})\b",
        _another,
    ),
    _rule(
        r"per[\s-](?:device|gpu|worker) batch[\s-]?size(?: of |\s*[=:]?\s*)<n>(?!\w)",
        _counted("per_device_train_batch_size"),
        needs="batch",
    ),
    _rule(
        r"batch[\s-]?size(?: of |\s*[=:]?\s*)<n> per (?:device|gpu|worker)\b",
        _counted("per_device_train_batch_size"),
        needs="batch",
    ),
    _rule(
        r"output classes\s*[=:]?\s*<n>(?!\w)|<n> way classification\b",
        lambda found: [("classes", found[1] or found[2])],
        needs="classes classification",
    ),
    _rule(r"(0?\.\d+) of (?:the |all )*data\b", _counted("train_fraction"), needs="data"),
    # All that there is, of which some is trained on.
    _rule(
        rf"{_COUNT} (?:\w+ )?(?:{_SAMPLES}) (?:in total|altogether|overall)\b",
        _nothing,
        needs="altogether overall total",
    ),
    _rule(
        rf"{_COUNT} (?:\w+ )?(?:{_SAMPLES}),? of which {_SHARE}(?: (?:is|are|was|were))?(?: used)?(?: (?:for|as))?(?: the)? train\w*",
        _counted("train_fraction"),
        needs="which",
    ),
    _rule(rf"{_SHARE} (?:random )?(?:subset|sample)\b", _counted("train_fraction"), needs="ample ubset"),
    _rule(rf"(?<!%\x20of\x20)all (?:p\^2\s*=\s*|the )?{_COUNT} (?:possible )?(?:{_SAMPLES})\b", _nothing, needs="all"),
    _rule(
        rf"(?:test|val(?:idation)?|evaluation|held-?out) (?:set|data)(?:(?: (?:has|have|of|with|contains?|is|size))? |\s?[:=]\s?)<n>(?: (?:{_SAMPLES}))?(?!\w)",
        _counted("val_size"),
        needs="data set",
    ),
    # Held out, not trained on.
    _rule(
        rf"(?:(?:hold|held|holding|set|setting|leave|leaving|left) (?:out|aside)|withhold|withheld|withholding|reserved?) {_SHARE}(?: {_WHOLE})?(?!\w)",
        _counted("validation_split"),
        needs="aside out reserve withheld withhold",
    ),
    _rule(
        rf"{_SHARE}(?: {_WHOLE})?(?:,)? (?:is |are |was |were )?{_HELD_OUT}\b",
        _counted("validation_split"),
        needs="aside held left test unseen val",
    ),
    _rule(
        rf"(?:random )?labels of {_SHARE}(?: {_WHOLE})? (?:is|are|was|were)(?: \w+ly)? (?:{_RANDOM})(?: at random)?\b",
        _counted("label_noise"),
        needs="labels",
    ),
    _rule(
        rf"{_SHARE} (?:of )?(?:(?:the|all|training) )*(?:labels|targets) (?:(?:is|are|was|were) )?(?:\w+ly )?(?:{_RANDOM})(?: at random)?\b",
        _counted("label_noise"),
        needs="labels targets",
    ),
    # Of other samples than those that are trained on.
    _rule(rf"(?:{_SOME}) (?:the )?{_SHARE}(?: {_WHOLE})?(?:[^,;.]{{0,40}})", _another),
    _rule(
        rf"{_SHARE}(?: {_WHOLE})? (?:is|are|was|were) (?:used (?:for|in) )?train\w*(?: on)?\b",
        _counted("train_fraction"),
        needs="train",
    ),
    _rule(
        rf"{_SHARE} {_WHOLE} (?:held out|for (?:the )?(?:test|val|eval)\w*)",
        _counted("validation_split"),
        needs="for held",
    ),
    _rule(rf"{_SHARE} {_WHOLE}(?={_IS_NOT_TRAINED_ON})[^,;.]{{0,40}}", _another),
    # What a curve reached.
    _rule(
        r"train\w*(?: (?:acc\w*|set|is|at))* \d[\d.]*\s?%[^.;\n\d]{0,20}\b(?:val|test)\w*(?: (?:acc\w*|set|is|at|still|only))* \d[\d.]*\s?%",
        _reached,
        needs="train",
    ),
    _rule(
        r"(?:val|test)\w*(?: (?:acc\w*|set|is|at|still|only))* \d[\d.]*\s?%[^.;\n]{0,30}?\btrain\w*(?: (?:acc\w*|set|is|at))* \d[\d.]*\s?%",
        _reached,
        needs="train",
    ),
    _rule(
        rf"(?:accuracy|acc)(?: (?:of|is|was))? {_SHARE}(?: (?:on )?(?:train|test|val)\w*)?(?!\w)", _another, needs="acc"
    ),
    _rule(rf"{_SHARE} (?:(?:train|test|val)\w* )?(?:accuracy|acc)\b", _another, needs="acc"),
    _rule(
        rf"<n> full-?batch (?:gradient )?{_STEPS}\b",
        lambda found: [("budget_step", found[1]), ("batch_size", "full")],
        needs="batch",
    ),
    _rule(
        rf"{_SHARE} of (?:the )?(?=(?:modular|addition|subtraction|multiplication|division|(?:fashion[\s-]?)?mnist|cifar|imdb|imagenet|svhn|[(]?[ax]\s?[-+*/])\b)",
        _counted("train_fraction"),
    ),
    _rule(
        rf"(?:train(?:ed|ing)?(?: on)? )?<n> (?:(?:out )?of|from|among) (?:the |all )?(?:full )?{_COUNT}(?: (?:{_SAMPLES})\b|(?= (?:\w+ ){{1,2}}(?:{_SAMPLES})\b)|(?= mnist digits\b))",
        _counted("train_size"),
    ),
    _rule(
        r"(hinge|softmax|logistic|quadratic|l1|l2|squared?|focal|cosine|poisson|kl|triplet|contrastive) loss\b",
        _counted("loss"),
        needs="loss",
    ),
    _rule(
        r"(?:weights|init(?:iali[sz]ation)?)(?: (?:is|are|was|were))? (?:scaled|multiplied)(?: up)?(?: by)?(?: a factor)?(?: of)?(?: [a-z\u03b1-\u03c9]\s*=)?\s*<n>(?:x| times)?(?!\w)",
        _counted("init_scale"),
        needs="multiplied scaled",
    ),
    _rule(r"(?:init(?:iali[sz]ation)?|weight) scale(?: of)? <n>x\b", _counted("init_scale"), needs="scale"),
    # Of other things than the run: `eval batch size 512`, `lr decay 0.95`, `memorised after 400 steps`.
    _rule(
        rf"(?!(?:{_OWN_NAMES})\b)(?:{_OTHERS}) (?:{_NAMED})(?: (?:of|is) |\s*[=:~]\s*|\s*){_NUMBER}(?![\w-])", _another
    ),
    _rule(
        rf"(?:lr|learning rate)(?: (?:is|was))? (?:decay|anneal|decreas|reduc|lower|cosine|linear)\w*(?: [a-z]+){{0,5}} from ({_NUMBER}) to {_NUMBER}(?!\w)",
        _counted("learning_rate"),
        needs="from",
    ),
    _rule(
        rf"(?:lr|learning rate) (?:decay|gamma)(?: of |\s*[=:]\s*|\s*){_NUMBER}(?![\w-])", _another, needs="decay gamma"
    ),
    _rule(
        r"(?:stop(?:s|ped)?|end(?:s|ed)?|finish(?:es|ed)) (?:at|after) <n> (?:steps|updates|iterations)\b",
        _counted("budget_step"),
        needs="iterations steps updates",
    ),
    _rule(
        rf"(?:(?!{_OPTIMIZERS})[a-z]+ )?(?:after|at|around|since|before) <n> (?:\w+ )?(?:steps|epochs|updates|iterations)\b",
        _another,
        needs="epochs iterations steps updates",
    ),
    _rule(r"(?:warm-?up|patience) epochs\s*[=:]?\s*<n>(?!\w)", _another, needs="epochs"),
    _rule(r"(?:pretrain\w*|warm-?up|patience)(?: (?:for|of|over))? <n> epochs\b", _another, needs="epochs"),
    _rule(
        r"(?:pretrain\w*|patience)(?: (?:for|of|over))? <n> (?:steps|updates|iterations)\b",
        _another,
        needs="atience retrain",
    ),
    _rule(
        rf"(?:evaluat\w+|test(?:ed|ing)?|validat\w+)(?: the (?:model|network))?(?: every \d+ \w+)? on <n>(?: (?:test|held-?out|other|new))?(?: (?:{_SAMPLES}))?(?!\w)",
        _counted("val_size"),
        needs="evaluat test validat",
    ),
    _rule(
        rf"(?:{_RATES})\s*[=:]?\s*{_NUMBER} (?:for|on) [^,;.\d]{{1,40}} and {_NUMBER} (?:for|on)\b",
        _several,
        needs="and",
    ),
    _rule(
        r"(?:between \d+ and|(?:from )?\d+\s?(?:-|to|or)|(?<=\d,\s)\d+ and)\s?\d+ (?:hidden )?(?:layers?|blocks?|heads?|units?|neurons?|epochs|classes)\b",
        _several,
        needs="block classes epochs head layer neuron unit",
    ),
    # Of several runs: `lr 1e-3, 3e-3 and 1e-2`, `wd between 0.1 and 1`, `lr in {1e-3, 1e-4}`.
    _rule(
        rf"(?!betas?\b)(?:{_NAMED})\s*(?:[=:]\s*)?{_NUMBER}(?!,\d{{3}}(?!\d))(?:\s*(?:,|or|and|,\s*and|vs\.?|to|-)\s*{_NUMBER})+(?=\s*(?:\.(?!\d)|[;)]|$|,\s*[a-z]))",
        _several,
    ),
    _rule(
        rf"(?:{_RATES}) (?:between|from|in|among) [{{(\[]?\s*{_NUMBER}(?:\s*(?:,|or|and|to)\s*{_NUMBER})+\s*[}})\]]?",
        _several,
    ),
    _rule(rf"\d[\d.]*\s?%?\s?(?:-|to)\s?\d[\d.]*\s?% (?:of )?(?:the |all )*(?:{_SAMPLES})\b", _several),
    _rule(
        rf"(?:no|without|zero|w/o|neither|not using|remov(?:ed?|ing)|never us(?:e|ed|ing)|(?:do(?:es)?|did)(?:n't| not) use)(?: any)? (?P<name>(?:{any_of(_SWITCHED)})(?:\s*(?:/|or|nor)\s*(?:any )?(?:{any_of(_SWITCHED)})(?!\s*[=:]?\s*[\d.]))*)\b",
        lambda found: _switched(found, value=False),
    ),
    _rule(
        rf"(?P<name>{any_of(_SWITCHED)})\s*[=:]?\s*(?:(?:is|are|was|were) )?(?:off|none|(?:is|are|was|were)n't (?:used|applied)|no(?=\s*(?:[,.;)]|$))|disabled|not (?:used|applied|included)|unused|turned off|switched off|removed|omitted|ablated|dropped|absent)\b",
        lambda found: _switched(found, value=False),
    ),
    _rule(r"unregulari[sz]ed\b", lambda found: [("weight_decay", 0)], needs="unregulari"),
    _rule(
        r"full[\s-]?batch\b|batch[\s_-]?size\s*[=:]?\s*(?:full|all)\b",
        lambda found: [("batch_size", "full")],
        needs="batch",
    ),
    _rule(r"(?:mini-?)?batch(?:es)? of (?:size )?<n>(?!\w)", _counted("batch_size"), needs="batch"),
    _rule(rf"{_PARTS} \(?{_WORDS_OF_SPLIT}\b\)?", _split, needs="data split train"),
    _rule(rf"{_WORDS_OF_SPLIT}(?: of|\s*[:=])? ?{_PARTS}(?![\w%])", _split, needs="data split train"),
    _rule(
        rf"(?:l2|weight) (?:regulari[sz]ation|penalty|reg)(?: of |\s*[=:]\s*|\s*)({_NUMBER})(?![\w-])",
        _counted("weight_decay"),
        needs="penalty reg",
    ),
    _rule(
        r"(\d[\d.]*\s?%) (?:corrupted|noisy|random|randomi[sz]ed|wrong|flipped|shuffled) (?:training )?labels\b",
        _counted("label_noise"),
        needs="labels",
    ),
    _rule(r"p\s*=\s*(0?\.\d+) dropout\b", _counted("dropout"), needs="dropout"),
    _rule(
        r"(?:modular )?(?:addition|sum|subtraction|multiplication|product) (?:of|with|over) (?:[3-9]|three|four|five) (?:operands|numbers|summands|terms)\b",
        lambda found: [("task_family", found[0])] if "modular" in found[0].lower() else _nothing(found),
        needs="numbers operands summands terms",
    ),
    _rule(r"Z(?:_\{?|\s?/\s?)(\d{2,6})\}?Z?\b", _counted("modulus"), flags=0),
    _rule(r"(?:\w+\.)*(?:op|operation|operator)\s*[=:]\s*([-+*/])(?=[\s,;]|$)", _counted("operation")),
    _rule(
        rf"({_OPTIMIZERS})\s*\(\s*(0?\.[5-9]\d*)\s*,\s*(0?\.9\d*)\s*\)",
        _counted("optimizer", "beta1", "beta2"),
        needs="adam lion muon rmsprop sgd",
    ),
    # The first argument of an optimiser is its rate: `AdamW(model.parameters(), 1e-3)`, `Adam 1e-3`.
    _rule(
        rf"(?:[a-z]+\.)*({_OPTIMIZERS})(?:Optimizer)?\s*\(\s*(?:[a-z_][\w.]*(?:\(\))?\s*,\s*)?(?!\d\d)(\d*\.?\d+(?:e-?\d+)?)(?=\s*[,)])",
        _counted("optimizer", "learning_rate"),
        needs="adam lion muon rmsprop sgd",
    ),
    _rule(
        rf"({_OPTIMIZERS})(?:(?: at|\s?@)? (?=\d\.?\d*e-\d|0\.0\d)| at (?=0?\.\d))(\d*\.?\d+(?:e-\d+)?)(?!\w|\.\d)(?! (?:{_BEHIND})(?!\s*[=:]?\s*[\d.]))",
        _counted("optimizer", "learning_rate"),
        needs="adam lion muon rmsprop sgd",
    ),
    _rule(
        r"betas?(?: (?:are|of))?\s*[=:]?\s*(0?\.\d+)(?:\s*[,/\s]\s*| and )(0?\.\d+)",
        _counted("beta1", "beta2"),
        needs="beta",
    ),
    _rule(rf"(?:{_NAMED})\s*[=:]?\s*\d+(?:/\d+){{2,}}(?!\w)", _several),
    _rule(r"(\d{1,2})x(\d{2,5})(?=(?: \w+)? mlp\b)", _counted("layers", "hidden_units")),
    _rule(r"(mlp) (\d{1,2})x(\d{2,5})(?!\w)", _counted("architecture", "layers", "hidden_units"), needs="mlp"),
    _rule(r"(mlp) (\[\s*\d{1,6}\s*,\s*\d{1,6}\s*\])", _counted("architecture", "hidden_sizes"), needs="mlp"),
    _rule(
        r"embeddings? (?:of|with)(?: a)? (?:size|dim(?:ension)?|width) <n>(?!\w)",
        _counted("embedding_dim"),
        needs="embedding",
    ),
    _rule(
        r"hidden layers? (?:of|with)(?: a)? (?:size|dim(?:ension)?|width) <n>(?!\w)",
        _counted("hidden_units"),
        needs="hidden",
    ),
    _rule(r"<n> wide\b", _counted("width"), needs="wide"),
    _rule(
        r"mlp\s?[(\[]\s*\d{1,6}(?:\s*,\s*\d{1,6}){2,}\s*[)\]]",
        lambda found: [("architecture", "mlp"), *_shape(found)],
        needs="mlp",
    ),
    _rule(r"(?:\w+ )?every <n>(?: \w*(?:steps|epochs|updates|iterations))?(?!\w)", _nothing, needs="every"),
    _rule(
        r"<n> (?:steps?|updates?|batches|iterations|iters?|its?)\s*(?:per|/|an|each)\s*epoch\b",
        _counted("steps_per_epoch"),
        needs="epoch",
    ),
    _rule(r"warm-?up (?:of |over |for )?<n>(?: steps)?\b", _counted("warmup_steps"), needs="warm"),
    _rule(
        r"<few>[\s-]*(?:hidden )?(?:layers?|blocks?) (?:of |with |x )(?:width |size )?<n>(?: (?:hidden )?(?:units|neurons))?(?!\w)",
        _counted("layers", "hidden_units"),
        needs="block layer",
    ),
    _rule(
        rf"(?P<name>(?:--)?(?:[a-z]\w*\.)*(?:{_NAMED}))\s*\(\s*(?:[a-z\u03b1-\u03c9]\s*=\s*)?(?P<value>{_NUMBER})\s*\)",
        _assigned,
    ),
    _rule(
        rf"(?P<name>(?:--)?(?:[a-z]\w*\.)*(?:{_NAMED}))(?: (?:coefficient|coeff|strength|parameter|factor))?(?: [a-z\u03b1-\u03c9](?=\s*=)| \((?:{_SURELY})\)(?=\s*[=:]))?(?: of [a-z\u03b1-\u03c9]\s*=\s*| (?:of|at|is|was|(?:(?:is|was|are|were) )?(?:\w+ly )?(?:set|fixed|equal|left|kept|held|unchanged)(?: constant| fixed)? (?:to|at)) |\s*[=:~]\s*|[\s-]*)(?P<value>{_LIST}|{_NUMBER}{_ENDS})",
        _assigned,
    ),
    _rule(
        rf"(?P<name>-{{0,2}}\+{{0,2}}[A-Za-z][\w./-]{{0,80}})\s*[=:]\s*(?P<value>{_LIST}|{_NUMBER}{_ENDS}|{_WORD})",
        _assigned,
    ),
    _rule(rf"(?P<value>{_NUMBER}) (?P<name>{_BEHIND})(?!\w|\s*[=:]?\s*[\d.])", _assigned),
    _rule(r"d(?:_| )?(\d{2,5})(?!\w)", _counted("d"), flags=0),
    _rule(r"<few>[\s-]*(?:attention )?heads?\b", _counted("heads"), needs="head"),
    _rule(r"h([1-8]|12)\b", _counted("heads")),
    _rule(r"h\d{1,2}\b", _nothing),
    _rule(r"\d{1,6}(?:\s?(?:-|\u2013|\u2192|->|x|\u00d7)\s?\d{1,6}){2,12}(?![\w-])", _shape),
    _rule(
        r"<few>[\s-]*(?:(?:hidden|(transformer|decoder|attention)|encoder) )?(?:layers?|layered|blocks?)\b",
        _blocks,
        needs="block layer",
    ),
    _rule(r"(\d{1,2})L\b", _counted("layers"), flags=0),
    _rule(
        rf"{_SHARE} (?:{_WHOLE}|(?:of )?(?:the |all )*train(?:ing)? (?:{_SAMPLES}|fraction|split|set)|train(?:ing)?|split|for train(?:ing)?)(?!\w| (?:label|noise|target|time|steps|budget|run|cent|load))",
        _counted("train_fraction"),
    ),
    _rule(r"train(?:ed|ing)?(?: on)? (?!100)(\d[\d.]*\s?%)(?!\w)", _counted("train_fraction"), needs="train"),
    _rule(
        rf"(?:data(?:set)?|fraction)\s*(?:of |is |[=:]\s*)?{_SHARE}(?!\w)",
        _counted("train_fraction"),
        needs="data fraction",
    ),
    _rule(
        rf"(?:train(?:ing)? )?fraction (?:of|for) (?:the )?(?:train(?:ing)? )?(?:{_SAMPLES}|train(?:ing)?)\s*(?:of|is|=|:)?\s*({_NUMBER})",
        _counted("train_fraction"),
        needs="fraction",
    ),
    _rule(rf"<n> (?:test|val|validation) (?:{_SAMPLES})\b", _counted("val_size"), needs="test val"),
    _rule(
        rf"<n>(?= (?:(?:mnist|digits?|imdb|cifar\S*|fashion\S*|random|labell?ed) )?(?:{_SAMPLES}|(?<=mnist\s)digits)\b)",
        _counted("number_of_samples"),
    ),
    _rule(
        rf"<n>(?= (?:train(?:ing)? )?(?:(?:mnist|digits?|imdb|cifar\S*|fashion\S*|random|labell?ed) )?(?:{_SAMPLES}|(?<=mnist\s)digits)\b)",
        _counted("train_size"),
    ),
    _rule(r"<n> epochs\b", _counted("epochs"), needs="epochs"),
    _rule(
        r"<n> (?:(?:train(?:ing)?|optimi[sz](?:er|ation)|gradient|sgd|parameter|weight|total|max(?:imum|imal)?) ){0,2}(?:steps|iterations|iters|its|updates)\b",
        _counted("budget_step"),
        needs="iterations iters its steps updates",
    ),
    _rule(r"<n> classes\b", _counted("classes"), needs="classes"),
    _rule(r"<n> (?:trainable )?param(?:eter)?s\b", _counted("parameters"), needs="param"),
    _rule(
        r"<n> (?:(?:hidden|relu|gelu|tanh|sigmoid) ){0,2}(?:units?|neurons?)\b|<n> hidden\b",
        lambda found: [("hidden_units", found[1] or found[2])],
        needs="hidden neuron unit",
    ),
    _rule(
        rf"(?P<name>nesterov|{any_of(n for n, f in _SWITCHED.items() if f == 'layer_norm' and n != 'ln')})\b(?![\s-]*(?:gain|scale|param|weight|bias|eps|lr))",
        lambda found: _switched(found, value=True),
        needs="layer nesterov normalisation normalization",
    ),
)
