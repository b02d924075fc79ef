"""What other people call the signals."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from training_runs.languages import in_english, without_accents
from training_runs.signals import SIGNALS, Kind, Split, signal_names

# In order of preference: `step` before W&B's `_step`, which counts calls of its log().
_STEP = (
    *("step", "steps", "global_step", "global_steps", "optimizer_step", "optimiser_step", "optimizer_steps"),
    *(
        "gradient_step",
        "gradient_steps",
        "iteration",
        "iterations",
        "iter",
        "iters",
        "it",
        "itr",
        "iter_num",
        "n_iter",
        "n_iters",
        "num_iter",
        "num_iters",
        "step_num",
    ),
    *("num_steps", "n_steps", "updates", "update", "num_updates", "n_updates", "train_step", "train_steps"),
    *("optimization_step", "optimization_steps", "optimisation_step", "optimisation_steps", "iteration_number"),
    *("gradient_update", "gradient_updates", "parameter_updates", "weight_updates", "num_iterations", "n_iterations"),
    *("step_number", "step_count", "step_idx", "step_index", "current_step", "global_iteration", "global_iter"),
    *("train_iteration", "train_iterations", "training_iterations", "iteration_count", "iter_count"),
    *("trainer_step", "training_step", "training_steps", "train_iter", "train_iters", "train_num_updates"),
)
_EPOCH = {"epoch", "epochs", "ep", "epoch_num", "epoch_number", "epoch_idx", "epoch_index", "current_epoch", "n_epoch"}
_EPOCH |= {"training_iteration"}  # of Ray Tune: reports, which most make once an epoch
_EPOCH |= {"train_epoch", "training_epoch"}
# When a row was recorded, dates before seconds since the start. What one epoch took is called otherwise.
_TIME = (
    *("timestamp", "time_stamp", "wall_time", "walltime", "datetime", "date_time", "time", "unix_time", "logged_at"),
    *("created_at", "recorded_at", "date", "runtime", "elapsed", "elapsed_time", "time_elapsed", "elapsed_seconds"),
    *("relative_time", "wall_clock", "wall_clock_time", "seconds"),
)
# Words for a split, the surer ones first: validation before test, test before what is only like a validation.
_SPLITS: dict[Split, tuple[set[str], ...]] = {
    "train": ({"train", "training"}, {"tr", "trn"}, {"seen"}),
    "val": (
        {"val", "valid", "validation", "validate", "vld"},
        {"eval", "evaluation", "dev", "heldout", "holdout"},
        {"test", "testing", "te", "tst", "ts"},
        {"gen", "generalization", "generalisation", "ood", "iid", "unseen"},
    ),
}
# By the kind of the signal; plain words first.
METRICS: dict[Kind, tuple[set[str], ...]] = {
    "loss": ({"loss"}, {"crossentropy", "ce", "nll", "xent", "mse", "logloss", "mlogloss"}),
    "accuracy": ({"acc", "accuracy"}, {"acc1", "top1", "prec1"}),
}
_NORMS = {
    "weight_norm": {"weights_norm", "param_norm", "params_norm", "parameter_norm", "l2_norm"},
    "grad_norm": {"gradient_norm", "gradients_norm", "total_grad_norm"},
}
# Words that do not change which signal a name means. `best`, `ema`, `smoothed`, `log` do, and `train_loss_std`.
_FILLERS = {
    *("epoch", "avg", "average", "mean", "metric", "metrics", "logs", "history", "stats", "scalars", "results"),
    *("set", "split", "data", "percent", "pct", "perc", "score", "value", "values", "on", "curve"),
    *("categorical", "sparse", "binary", "multiclass", "language", "lm", "main"),
    *("of", "de", "du", "da", "di", "del", "the", "and", "network", "images"),
}
# Values of less than an epoch, and medians over runs: better ones are taken where they stand beside them.
_COARSE = {"median": 2, "running": 2, "step": 3, "batch": 3}
_PLURALS = {
    "merror": "errorrate",
    "losses": "loss",
    "accs": "acc",
    "accuracies": "accuracy",
    "errors": "error",
    "errs": "err",
}
_PHRASES = {
    "cross_entropy": "crossentropy",
    "log_loss": "logloss",
    "top_1": "top1",
    "error_rate": "errorrate",
    "err_rate": "errorrate",
    "0_1_loss": "errorrate",
    "0_1_error": "errorrate",
    "01_loss": "errorrate",
    "01_error": "errorrate",
    "zero_one_loss": "errorrate",
    "neg_log_lik": "nll",
    "neg_log_likelihood": "nll",
    "negative_log_likelihood": "nll",
    "held_out": "heldout",
    "hold_out": "holdout",
    "in_sample": "train",
    "out_of_sample": "unseen",
    "mini_batch": "train_batch",
    "loss_train_total": "train_loss",  # Composer's
}
_METRIC_LIKE = re.compile(
    r"^(acc|loss|err|correct|top1|nll|xent)|(acc|loss|err|error|accuracy|crossentropy)$|^precision$"
)
# `val acc \u00b1 std`, `train_acc (n=113)`
_BESIDE_A_NAME = re.compile(r"\s*(?:\u00b1|\+/-|\+-)\s*\w*\s*$|\s*\(\s*n\s*=\s*[\d,]+\s*\)\s*$", re.IGNORECASE)
_OF_LIGHTGBM = re.compile(r"^(training|valid)(?:_\d+)?'s (?:binary_|multi_)?")  # `valid_1's multi_logloss`
_ONE_MINUS = re.compile(r"^\s*1\s*[-\u2212]\s*(?P<name>[^\d\s].*)$")  # `1 - val_acc`
_SPLIT_ALONE = {"train", "training", "val", "valid", "validation", "test"}
_LETTERS: dict[str, Kind] = {"a": "accuracy", "l": "loss"}  # of `tr_a` and `L_test`: asked for, never read
_NO_METRIC = {"accum", "accumulated", "accumulation", "access", "accelerator"}
# What stands beside `loss` in the names of quantities that are none.
_BESIDE = {"scale", "scaler", "weight", "coef", "lambda", "penalty", "time", "norm", "std", "var", "grad", "lr", "gap"}


@dataclass(frozen=True)
class Meaning:
    """The signal that a name means; of two names with one meaning the one of lower rank is taken."""

    signal: str
    rank: int = 0


@dataclass(frozen=True)
class ValueMeaning:
    """A meaning that holds only if the values agree.

    Attributes
    ----------
    signal : the accuracy.
    form : `error rate` is 1 - accuracy; `error` may be a loss too; `correct` may be a share or a count.
    """

    signal: str
    form: Literal["error rate", "error", "correct"]


def canonical_name(column: str) -> str | None:
    """Return the signal (or `step`) that a column means; None where that is not certain.

    >>> [canonical_name(c) for c in ("valid/acc", "eval_accuracy", "Training Loss", "global_step", "lr")]
    ['val_acc', 'val_acc', 'train_loss', 'step', None]
    >>> [canonical_name(c) for c in ("acc_te", "trainLosses", "test_cross_entropy", "best_val_acc", "val/perplexity")]
    ['val_acc', 'train_loss', 'val_loss', None, None]
    """
    meaning = meaning_of(column)
    return meaning.signal if meaning else None


@lru_cache(maxsize=4096)
def meaning_of(column: str) -> Meaning | None:
    """Return what a name means, and how good a source of it it is; None where that is not certain."""
    words = words_of(column)
    name = re.sub(r"_(percent|pct)$", "", "_".join(words))
    if name in SIGNALS:
        # A bare name may be the value of an epoch or of a batch; `_epoch` says which, and goes before it.
        return Meaning(name, 1 if SIGNALS[name].kind in ("loss", "accuracy") else 0)
    if name in _STEP:
        return Meaning("step", _STEP.index(name))
    if name in ("train_global_step", "trainer_global_step"):  # Hugging Face's and Lightning's, in W&B
        return Meaning("step")
    for signal, others in _NORMS.items():
        if name.removeprefix("train_") in others | {signal}:
            return Meaning(signal)
    split, rest = _split_of(words)
    if split is None:
        return None
    for kind, ranks in METRICS.items():
        found = [k for word in rest for k, known in enumerate(ranks) if word in known]
        others_left = [w for w in rest if not any(w in known for known in ranks)]
        if found and all(w in _FILLERS or w in _COARSE for w in others_left):
            form = max([_COARSE.get(w, 0) for w in others_left] + [0 if "epoch" in others_left else 1])
            form += len(found) - 1  # `loss` before `nll_loss`
            return Meaning(recorded_as(kind, split), form + 4 * min(found) + 10 * _split_rank(words, split))
    return None


@lru_cache(maxsize=4096)
def value_meaning(column: str) -> ValueMeaning | None:
    """Return what a name means if its values agree; None where it means nothing, or something for certain.

    >>> value_meaning("test_error_rate"), value_meaning("train_loss")
    (ValueMeaning(signal='val_acc', form='error rate'), None)
    """
    if (accuracy := _ONE_MINUS.match(column)) and (signal := canonical_name(accuracy["name"])) in SIGNALS:
        return ValueMeaning(str(signal), "error rate") if SIGNALS[str(signal)].kind == "accuracy" else None
    split, others = split_and_rest(column)
    is_of_answers = "top1" in others  # a loss has no first guess
    others = [word for word in others if word != "top1"]
    if split is None or len(others) != 1:
        return None
    signal = recorded_as("accuracy", split)
    forms: dict[str, Literal["error rate", "error", "correct"]] = {
        "errorrate": "error rate",
        "error": "error rate" if is_of_answers else "error",
        "err": "error rate" if is_of_answers else "error",
        "correct": "correct",
    }
    return ValueMeaning(signal, forms[others[0]]) if others[0] in forms else None


@lru_cache(maxsize=4096)
def is_epoch(column: str) -> bool:
    """Return True if a name is that of a count of epochs.

    >>> [is_epoch(c) for c in ("Epoch", "epochs", "epoch_loss")]
    [True, True, False]
    """
    return "_".join(words_of(column)) in _EPOCH


@lru_cache(maxsize=4096)
def time_rank(column: str) -> int | None:
    """Return how good a name for the time of a checkpoint is, 0 the best; None where it is none.

    >>> [time_rank(c) for c in ("_timestamp", "Wall time", "_runtime", "epoch_time")]
    [0, 2, 12, None]
    """
    name = "_".join(words_of(column))
    return _TIME.index(name) if name in _TIME else None


@lru_cache(maxsize=4096)
def metric_like(column: str) -> tuple[Kind, Split | None] | None:
    """Return the kind and the split that a name seems to be of; None where it does not look like a metric.

    >>> metric_like("acc_holdout2"), metric_like("L_train"), metric_like("loss_scale"), metric_like("lr")
    (('accuracy', None), ('loss', 'train'), None, None)
    """
    words = words_of(column)
    split, rest = _split_of(words)
    if split and len(rest) == 1 and rest[0] in _LETTERS:
        return _LETTERS[rest[0]], split
    if split and not rest and words[0] in _SPLIT_ALONE:  # `train` beside `val`: accuracies, or losses
        return "accuracy", split
    found = [w for w in words if w not in _NO_METRIC and (_METRIC_LIKE.search(w) or w in METRICS["loss"][1])]
    if not found or _BESIDE & set(words):
        return None
    kind: Kind = "loss" if any(re.search(r"loss|ce$|nll|xent|entropy|mse", w) for w in found) else "accuracy"
    splits = {s for s in _SPLITS if any(w in known for w in words for known in _SPLITS[s])}
    return kind, splits.pop() if len(splits) == 1 else None


@lru_cache(maxsize=4096)
def words_of(column: str) -> tuple[str, ...]:
    """Return the words of a name in lower case, in the singular, joined ones apart.

    >>> words_of("metrics.trainLosses/dataloader_idx_0"), words_of("valacc"), words_of("acc@1 (%)")
    (('metrics', 'train', 'loss'), ('val', 'acc'), ('acc1', 'percent'))
    >>> words_of("Genauigkeit_Validierung"), words_of("训练损失")
    (('accuracy', 'validation'), ('train', 'loss'))
    """
    column = _OF_LIGHTGBM.sub(r"\1 ", column)
    text = _BESIDE_A_NAME.sub("", without_accents(column.strip())).replace("%", " percent ")
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    text = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", text).lower()
    text = re.sub(r"(acc|accuracy|top|prec)@1\b", r"\g<1>1", text).replace("accuracy1", "acc1")
    name = "_".join(in_english(word) for word in re.split(r"[\W_]+", text) if word)
    name = re.sub(r"_?dataloader_idx_0\b", "", name)
    for phrase, word in _PHRASES.items():
        name = re.sub(rf"(^|_){phrase}(?=_|$)", rf"\1{word}", name)
    singular = (_PLURALS.get(word, word) for word in name.split("_") if word)
    return tuple(part for word in singular for part in _parted(word))


def _parted(word: str) -> tuple[str, ...]:
    """Return a split and a metric that are written as one word, apart: `trainloss`, `accval`."""
    for ranks in _SPLITS.values():
        for split in sorted(set().union(*ranks), key=len, reverse=True):
            for metric in ("loss", "acc", "accuracy", "losses", "accs"):
                if word in (split + metric, metric + split):
                    return (split, _PLURALS.get(metric, metric))
    return (word,)


def split_and_rest(column: str) -> tuple[Split | None, list[str]]:
    """Return the one split that a name says, and its other words that say something.

    >>> split_and_rest("test set correct"), split_and_rest("n")
    (('val', ['correct']), (None, ['n']))
    """
    split, rest = _split_of(words_of(column))
    return split, [word for word in rest if word not in _FILLERS]


def _split_of(words: tuple[str, ...]) -> tuple[Split | None, list[str]]:
    """Return the one split that words name, and the other words; no split where they name none or both."""
    named = {s for s, ranks in _SPLITS.items() if any(w in known for w in words for known in ranks)}
    rest = [w for w in words if not any(w in known for ranks in _SPLITS.values() for known in ranks)]
    return (named.pop(), rest) if len(named) == 1 else (None, rest)


def _split_rank(words: tuple[str, ...], split: Split) -> int:
    return max(k for k, known in enumerate(_SPLITS[split]) if any(w in known for w in words))


def recorded_as(kind: Kind, split: Split) -> str:
    """Return the name of the loss or the accuracy on a split."""
    (name,) = signal_names(kind, split=split)
    return name


def hugging_face_name(name: str) -> str:
    """Return a metric's name without the prefixes of Hugging Face's Trainer, which evaluates sets of any name.

    `loss` is the training's. The loss of an evaluated training set stays apart: a step has one training loss.

    >>> [hugging_face_name(n) for n in ("loss", "eval_accuracy", "eval_train_accuracy", "eval_val_loss", "eval_train_loss")]
    ['train_loss', 'eval_accuracy', 'train_accuracy', 'val_loss', 'eval_train_loss']
    """
    if name == "loss":
        return "train_loss"
    words = name.split("_")
    sets = {"train", "val", "valid", "validation", "test"}
    is_of_a_set = words[0] == "eval" and len(words) > 2 and words[1] in sets
    return "_".join(words[1:]) if is_of_a_set and name != "eval_train_loss" else name
