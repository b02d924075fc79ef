"""Patterns of what sentences hold of settings: names, numbers, shares, and the words around them."""

from collections.abc import Iterable

from training_runs.context_words.fields import (
    AMBIGUOUS,
    BETAS,
    EPOCHS,
    FIELDS,
    MODEL_WIDTHS,
    OF_OTHERS,
    SYNONYMS,
    UNUSED,
)


def any_of(names: Iterable[str]) -> str:
    """Return a pattern of names, the longest first, with blanks, dashes or nothing where they have underscores."""
    return "|".join(name.replace("_", r"[\s_-]?") for name in sorted(names, key=len, reverse=True))


NUMBER = (
    r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:\.\d+|\.(?!\s|$))?|\.\d+)(?:[eE][-+]?\d+)?"  # not the full stop of `wd 1. lr`
    r"(?:\s?%|[kKM](?!\w)|\s?(?:/|\*\*|\^)\s?-?\d+(?![\w.])|\s?\*\s?\d+\.?\d*(?:e-?\d+)?(?![\w.(]))?"
)
ENDS = (
    r"(?![\w-]|\.\d|\s?\*\s?[\w.(]|\s?\|\s?[\d.][\d.e+-]*\s*(?:[|,;.\n]|$))"  # of a number, not before the rest of it
)
COUNT = r"\d+(?:,\d{3})*(?:\.\d+)?(?:[kKM]|[eE]\+?\d+)?"
SMALL = {word: k for k, word in enumerate(("one", "two", "three", "four", "five", "six"), 1)} | {"single": 1}
SAMPLES = "data(?:set)?|samples|examples|patterns|strings|points|pts|images|imgs|pairs|table|equations|sequences|reviews|instances"
# What a share is of: `80% of the 9,409 possible pairs`, `30% of the entire dataset`.
WHOLE = (
    r"(?:(?:of|the|all|our|its|a|entire|full|whole|available|total|possible|distinct|unique|input|training|\d[\d,]*)[\s-]+)*"
    rf"(?:{SAMPLES}|products|combinations|inputs|entries|problems|facts)"
)
SHARE = r"(\d[\d.]*\s?%)"
RANDOM = "replaced|flipped|random(?:i[sz]ed)?|shuffled|corrupted|mislabell?ed|wrong|noisy|permuted"
STEPS = "(?:steps|updates|iterations)"
FEW = rf"\d{{1,3}}|{'|'.join(SMALL)}"
WORD = r"'[^'\n]*'|\"[^\"\n]*\"|[A-Za-z][\w./*+-]*(?:\s*\((?:[^()]|\([^()]*\))*\))?"
LIST = r"[(\[]\s*[\d.eE+-]+(?:(?:\s*,\s*[\d.eE+-]+)+|,)\s*[)\]]"

OF_WORDS = ("task_family", "operation", "architecture", "optimizer", "loss")
NUMERIC = [n for f in FIELDS if f not in OF_WORDS for n in (f, *SYNONYMS.get(f, ()))]
NAMES = {*NUMERIC, *MODEL_WIDTHS, *BETAS, *EPOCHS, *AMBIGUOUS, *UNUSED}
KNOWN = {*NAMES, *OF_WORDS, *(n for f in OF_WORDS for n in SYNONYMS[f])}
NAMED = any_of(name for name in NAMES if name != "d" and not name.startswith(("sgd_", "adam_")))
OTHERS = any_of(OF_OTHERS | {"head", "base"})
FIELDS_OF_OTHERS = any_of(
    name for name in NAMES if "_" in name and name.split("_")[0] in OF_OTHERS | {"base"}
)  # `val_size` is a field
RATES = any_of(
    ("learning_rate", "lr", "weight_decay", "wd", "dropout", "train_fraction", "frac", "modulus", "prime", "p")
)
OPTIMIZERS = r"adamw|adam|sgd|rmsprop|muon|lion"
# Behind a number: `0.1 weight decay`, but not `97 p`.
BEHIND = any_of(
    ("learning_rate", "lr", "weight_decay", "wd", "momentum", "dropout", "label_noise", "init_scale")
    + ("train_fraction", "train_frac", "frac_train")
)
SWITCHED = {
    name: field
    for field, names in {
        "weight_decay": ("weight_decay", "wd", "regularization", "regularisation", "reg"),
        "warmup_steps": ("warmup", "warm_up"),
        "layer_norm": ("layernorm", "layer_norm", "layer_normalization", "layer_normalisation", "ln"),
        **{field: (field,) for field in ("dropout", "momentum", "label_noise", "nesterov")},
    }.items()
    for name in names
}
FLAGS = ("layer_norm", "nesterov")


HELD_OUT = r"(?:held[\s-]out|unseen|withheld|left out|set aside|(?:reserved )?(?:for|as)(?: the| a)? (?:test|val|eval|held)\w*)"
LINEAR = r"Linear\(\s*(?:in_features=)?(\d{1,6})\s*,\s*(?:out_features=)?(\d{1,6})[^()]*\)"
PARTS = r"(?P<train>0?\.\d+|\d{1,2})\s?[/:-]\s?(?P<rest>0?\.\d+|\d{1,2})"
THREE = r"(?P<parts>\d*\.?\d+(?:\s?%)?(?:\s?[/:-]\s?\d*\.?\d+(?:\s?%)?){2})"
WORDS_OF_THREE = r"train(?:ing)?\s?[/:\s-]\s?val\w*\s?[/:\s-]\s?test(?:ing)?"
WORDS_OF_SPLIT = r"(?:(?:train(?:ing)?\s?[/:\s-]\s?(?:test|val)\w*|data)(?: split)?|split)"

# What a share or a number of samples is of, if they are not what is trained on.
BOUND = r"at least|at most|more than|less than|fewer than|no more than|not more than|up to|over|above|below|under"
SOME = r"top|bottom|first|last|hardest|easiest|remov\w+|drop(?:s|ped|ping)?|discard\w*|exclud\w*|filter\w*|ignor\w*|lack\w*|without|all but"
TRAINED_ON = r"used|shown|seen|random\w*|chosen|sampled|selected|taken|drawn|train\w*|(?:in|for)[\s-]+(?:(?:the|our)[\s-]+)?train\w*|labell?ed|available|given"
IS_NOT_TRAINED_ON = (
    rf"[\s-]+(?:(?:get|gets|remain|remains|become|have|has|had|stay)\b|(?:is|are|was|were)[\s-]+(?!(?:{TRAINED_ON})\b)"
    r"|(?:(?:mis|un|in)?(?:classif|label|predict|memori|learn|remov|drop|discard|duplic|outlier|easy|hard|wrong|correct|corrupt|nois|fail)))"
)

# Before the first of several names, and after the last of their values: `2 layers, p = 97, 25% train` is no pair.
NOT_COUNTED = r"(?<!\d\x20)(?<!\d-)(?<!no\x20)(?<!without\x20)"
NOT_OF_DATA = rf"|\s?(?:of|for|in)? (?:the )?(?:train|test|{SAMPLES})"
# In brackets between a name and its value: `learning rate (peak) = 1e-3`, not `lr (min) = 1e-5`.
SURELY = rf"peak|max\w*|initial|init|base|constant|fixed|total|decoupled|{OPTIMIZERS}|{NAMED}|[A-Za-z\u03b1-\u03c9]"
SPANS = r"(?:s|sec|seconds?|min|minutes?|h|hr|hours?|days?)"
