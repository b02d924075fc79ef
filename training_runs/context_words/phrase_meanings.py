"""What a phrase that a rule has found says: fields, something else than the run, or nothing."""

import itertools
import re
from collections.abc import Callable
from typing import Any

from training_runs.context_words.fields import BETAS, OWN_NAMES, SIZES, is_of_another, plain_name
from training_runs.context_words.numbers import number_of
from training_runs.context_words.phrase_patterns import FLAGS, KNOWN, LINEAR, NAMED, NUMBER, SMALL, SWITCHED

Said = tuple[str, Any]


def switched(found: re.Match[str], value: bool) -> list[Said]:
    """Return the fields that are said to be on or off: both of `without dropout or weight decay`."""
    said = []
    for each in re.split(r"\s*(?:/|\bor\b|\bnor\b)\s*(?:any\s)?", found["name"].lower()):
        name = re.sub(r"[\s_-]+", "", each)
        field = next(field for known, field in SWITCHED.items() if known.replace("_", "") == name)
        said.append((field, value if field in FLAGS else 0))
    return said


def shape(found: re.Match[str]) -> list[Said]:
    """Return what the sizes of a network's layers say: `784-200-200-10` has two hidden layers of 200 and ten classes."""
    return layer_sizes([int(size) for size in re.findall(r"\d+", found[0])])


def layer_sizes(sizes: list[int]) -> list[Said]:
    """Return what the sizes of all layers say, of hidden ones alone where all are the same."""
    if len(set(sizes)) == 1:  # `256-256-256` are the hidden ones
        return [("layers", len(sizes)), ("hidden_units", sizes[0])]
    hidden = sizes[1:-1]
    of_hidden = (
        [("hidden_sizes", hidden)] if len(set(hidden)) > 1 else [("layers", len(hidden)), ("hidden_units", hidden[0])]
    )
    return of_hidden + ([("classes", sizes[-1])] if sizes[-1] > 1 else [])


def stack(found: re.Match[str]) -> list[Said]:
    """Return what a stack of linear layers says, in code or as it prints itself; nothing where others stand beside them."""
    pairs = [tuple(map(int, pair)) for pair in re.findall(LINEAR, found[0])]
    units = [0, *map(int, re.findall(r"Dense\(\s*(?:\w+=)?(\d{1,6})", found[0]))]
    pairs = pairs or list(itertools.pairwise(units))
    is_whole = len(pairs) > 1 and all(before[1] == after[0] for before, after in itertools.pairwise(pairs))
    if not is_whole or re.search(r"Conv|LSTM|GRU|RNN|Attention|Transformer|Embedding", found.string):
        return []
    return [("architecture", "mlp"), *layer_sizes([pairs[0][0], *(after for _, after in pairs)])]


def own_name(name: str) -> str:
    """Return the name that a text assigns, `optim` of `--optim.name`, without dashes."""
    path = name.strip().lstrip("-+").replace("/", ".")
    parent, _, last = path.rpartition(".")
    return parent if parent and plain_name(last) in OWN_NAMES else path


def is_known_name(name: str) -> bool:
    """Return True for the name of a field, of the names in other words, too."""
    return plain_name(name) in KNOWN


def assigned(found: re.Match[str]) -> list[Said]:
    """Return a name and its value; nothing after a colon for what is no field, `for S5: transformer`."""
    name, value = own_name(found["name"]), found["value"].strip("'\"")
    if is_of_another(name):
        return another(found)
    if name == "D":  # of a sample, or of the model
        return [("dim", value)]
    is_known = plain_name(name.split(".")[-1]) in KNOWN and value.lower() not in ("a", "an", "the")
    is_call = re.match(r"[A-Za-z][\w.]*\s*\(", value) and not is_of_another(
        f"{name}/"
    )  # `tx = optax.adamw(1e-3)`: what is called says it
    return [(name, value)] if is_known or not (":" in found[0] or is_call) else []


def counted(*fields: str) -> Callable[[re.Match[str]], list[Said]]:
    """Return what says these fields, a group of the pattern each; of a group that is not there nothing."""
    return lambda found: [(f, SMALL.get(n.lower(), n)) for f, n in zip(fields, found.groups(), strict=True) if n]


def nothing(found: re.Match[str]) -> list[Said]:
    """Return what is understood and is no field."""
    return [("notes", found[0])]


def another(found: re.Match[str]) -> list[Said]:
    """Return what is of something else than the run."""
    return [("of_another", found[0])]


def replaced(found: re.Match[str]) -> list[Said]:
    """Return a name and the value that stands in place of a former one: `wd was 1, now 0.1`."""
    name = re.search(rf"(?<![a-z])(?:{NAMED})(?![a-z])", found[0], re.IGNORECASE)
    return [(name[0], found["now"])] if name else []


def each_set_to(found: re.Match[str]) -> list[Said]:
    """Return the fields of `set the weight decay to zero and lr to 0.01`."""
    pairs = re.findall(rf"({NAMED}) (?:to|at) ({NUMBER}|zero)", found[0], re.IGNORECASE)
    return [(name, "0" if value.lower() == "zero" else value) for name, value in pairs]


def layers_of_blocks(found: re.Match[str]) -> list[Said]:
    """Return the layers of `two layers`, and the network of `two transformer blocks`."""
    is_transformer = found[2] is not None and "lstm" not in found.string.lower()
    return [("layers", SMALL.get(found[1].lower(), found[1])), *([("architecture", "transformer")] * is_transformer)]


def for_so_long(found: re.Match[str]) -> list[Said]:
    """Return what says for how long something has been as it is, `stuck for 30k steps`; nothing of `still lr 1e-3 for 30k steps`."""
    return [] if re.search(rf"\b(?:{NAMED})\s*[=:]?\s*\d", found[0], re.IGNORECASE) else another(found)


def formula(found: re.Match[str]) -> list[Said]:
    """Return a value that is to be worked out."""
    return [("formula", found[0])]


def flag(found: re.Match[str]) -> list[Said]:
    """Return an option of a command line, whatever its name: `--lr-decay-iters 1000` says no learning rate."""
    name, values = found["name"], [found["value"].strip("'\""), *re.findall(r"[^\s,]+", found["more"])]
    if is_of_another(name):
        return another(found)
    if len(values) == 1:
        return [(name, values[0])]
    is_list = plain_name(name) in {*BETAS, *SIZES}
    return [(name, f"[{', '.join(values)}]")] if is_list else [("several_values", found[0])]


def several(found: re.Match[str]) -> list[Said]:
    """Return several values of one name."""
    is_list = not ("," in found[0] and found[0].count("%") == 1)  # `wd 1, 30%` are two things
    return [("several_values", found[0])] if is_list else []


def several_shares(found: re.Match[str]) -> list[Said]:
    """Return several shares of the data, `20%, 30% and 40%`; nothing of two that are all of it."""
    shares = [float(share) for share in re.findall(r"(\d+(?:\.\d+)?)\s?%", found[0])]
    return [] if abs(sum(shares) - 100) < 1e-6 else [("several_values", found[0])]


def share_of_labels(found: re.Match[str]) -> list[Said]:
    """Return what `label noise on 10 of 100 samples` says."""
    noisy, samples = (number_of(found[k]) or 0 for k in (1, 2))
    return [("label_noise", noisy / samples), ("number_of_samples", found[2])] if 0 < noisy < samples else []


def rest_of_samples(found: re.Match[str]) -> list[Said]:
    """Return what `1,400 images from MNIST, of which 200 for validation` says."""
    samples, validating = (number_of(found[k]) or 0 for k in (1, 3))
    if not 0 < validating < samples:
        return []
    source = [("dataset", found[2])] if found[2] else []
    return [("train_size", samples - validating), ("val_size", validating), *source]


def split(found: re.Match[str]) -> list[Said]:
    """Return the training's share of `70/30 train/test split` and `0.3/0.7`."""
    first, second = float(found["train"]), float(found["rest"])
    whole = next((whole for whole in (1, 10, 100) if abs(first + second - whole) < 1e-9), None)
    return [("train_fraction", first / whole)] if whole else []


def split_in_three(found: re.Match[str]) -> list[Said]:
    """Return the training's share of `60/20/20 train/val/test`, of nothing where these are no shares."""
    parts = [float(part) for part in re.findall(r"\d*\.?\d+", found["parts"])]
    whole = next((whole for whole in (1, 100) if abs(sum(parts) - whole) < 1e-9), None)
    return [("train_fraction", parts[0] / whole)] if whole else [("several_values", found[0])]


def heads_beside_a_width(found: re.Match[str]) -> list[Said]:
    """Return the heads that `h=4` says beside `d=128`; nothing of another h."""
    return [("heads", found[1])] if re.search(r"\bd(?:_?model)?\s?=?\s?\d|transformer", found.string) else []


def unpacked(found: re.Match[str]) -> list[Said]:
    """Return the fields of `lr, wd, bs = 1e-3, 1.0, 512`; nothing where there are not as many of both."""
    names, values = (re.split(r"\s*,\s*", found[part].strip()) for part in ("names", "values"))
    return list(zip(names, values, strict=True)) if len(names) == len(values) else []


def reached(found: re.Match[str]) -> list[Said]:
    """Return what `train 100%, val acc 1%` says of curves; nothing of shares of the data, `train 30% test 70%`."""
    shares = [float(share) for share in re.findall(r"(\d+(?:\.\d+)?)\s?%", found[0])]
    is_split = abs(sum(shares) - 100) < 1e-6 and "acc" not in found[0].lower()
    return [] if is_split else another(found)
