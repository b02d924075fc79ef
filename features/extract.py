"""From the history up to a landmark to a vector of features.

Nothing here takes a landmark: the history passed in ends there. Time is relative to it, but for two features in absolute
steps: networks are trained at rates of about 1e-3, and a history that fitted by step 400 or by step 5,000 says something
by that alone, the more so where no rate is given (docs/decisions.md).

Rates of the last gradient and update depend on the learning rate and the batch; norms on width. Of those signals only
relative changes are read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from features.columns import Column
from features.context_features import CONTEXT_FEATURES
from features.curves import decades_above, extremes, relative_log_time, roughness, window_means
from features.versions import VERSIONS
from features.wording import (
    Scale,
    Wording,
    change,
    decay_share,
    flag,
    gap,
    measured,
    of_curve,
    oscillation,
    passage,
    percentage,
    signal_words,
    since,
)
from training_runs import Context, Trajectory
from training_runs.arrays import FloatArray
from training_runs.onset import chance_accuracy_of, memorization
from training_runs.signals import signal_names

Group = Literal["history", "context"]


@dataclass(frozen=True)
class Feature:
    """One column.

    Attributes
    ----------
    name : of the column.
    text : what it is, in a phrase.
    group : whether it needs the history or only the context.
    in_words : turns a value of it into a clause.
    """

    name: str
    text: str
    group: Group
    in_words: Wording


# Window edges in decades before the landmark, and the centres of the windows.
_EDGES = -np.array([0.0, 0.1, 0.3, 0.6, 1.0])
_CENTRES = (_EDGES[:-1] + _EDGES[1:]) / 2

_LOSSES = signal_names("loss")
_ACCURACIES = signal_names("accuracy")
_NORMS = signal_names("norm")
# Signals of the network's inside. Shares and coefficients are read as they are, scales and sizes as logarithms.
_PROBED_SHARES = signal_names("share")
_PROBED_SCALES = signal_names("scale", "size")
_MARGINS = signal_names("margin")  # of either sign and any size
_PLAIN = (*_LOSSES, *_ACCURACIES, *_NORMS)
_PROBED = (*_PROBED_SHARES, *_PROBED_SCALES, *_MARGINS)
_CURVES = (*_PLAIN, *_PROBED)
# Signals whose value itself means the same in every network.
_LEVELS = set(signal_names("loss", "accuracy", "share", "scale", "margin"))

_AS_THEY_ARE = {*_ACCURACIES, *_PROBED_SHARES, *_MARGINS}

_SHAPES: dict[str, str] = {
    "level": "recent value",
    "slope": "change per decade of steps, over the last third of a decade",
    "slope_long": "change per decade of steps, over the last decade",
    "since_start": "change since the first checkpoint",
    "bend": "recent slope minus the slope before it",
    "below_peak": "distance below its highest value",
    "peak_age": "decades of steps since its highest value",
    "above_trough": "distance above its lowest value",
    "trough_age": "decades of steps since its lowest value",
}
_PROBED_SHAPES = ("level", "slope", "slope_long", "since_start")
_FAR = 4.0  # decades
# Accuracy of a blind guess, as far as a first checkpoint is believed.
_LEAST_CHANCE, _MOST_CHANCE = 1e-3, 0.9
_UNSEEN = 0.01  # a fall of the norm, in decades per decade, that a log's noise hides
_SMALL = 1e-8  # below any loss, norm or variance worth telling apart


def _scale(signal: str) -> Scale:
    if signal in _MARGINS:
        return "arsinh"
    return "plain" if signal in _AS_THEY_ARE else "log10"


def _curve_features() -> list[Feature]:
    table = []
    for signal in _CURVES:
        scale, few = _scale(signal), signal not in _PLAIN
        curve = signal_words(signal) if scale == "plain" else f"{scale} of {signal_words(signal)}"
        shapes = [s for s in _SHAPES if (s != "level" or signal in _LEVELS) and (not few or s in _PROBED_SHAPES)]
        table += [
            Feature(f"{signal}_{shape}", f"{curve}: {_SHAPES[shape]}", "history", of_curve(signal, shape, scale))
            for shape in shapes
        ]
    return table


_JOINT: tuple[tuple[str, str, Wording], ...] = (
    (
        "memorized",
        "training accuracy has held at 0.95",
        flag("the training set is memorised", "the training set is not memorised yet"),
    ),
    ("memorization_age", "decades of steps since memorisation", since("the training set was memorised")),
    (
        "half_fit_age",
        "decades of steps since training accuracy passed one half",
        since("training accuracy passed one half"),
    ),
    (
        "half_fit_step",
        "log10 of the step at which training accuracy passed one half",
        measured("training accuracy passed one half at step {}"),
    ),
    (
        "train_acc_last",
        "training accuracy at its last checkpoint",
        measured("training accuracy is {} at the last checkpoint", "plain"),
    ),
    (
        "val_acc_last",
        "validation accuracy at its last checkpoint",
        measured("validation accuracy is {} at the last checkpoint", "plain"),
    ),
    (
        "val_acc_over_chance",
        "log10 of the ratio of validation accuracy to chance",
        measured("validation accuracy is {} times that of guessing"),
    ),
    (
        "val_loss_over_chance",
        "log10 of the ratio of validation loss to that of a blind guess",
        measured("validation loss is {} times that of guessing"),
    ),
    ("accuracy_gap", "training minus validation accuracy", gap("training accuracy", "validation accuracy")),
    (
        "loss_gap",
        "log10 of the ratio of validation to training loss",
        measured("validation loss is {} times the training loss"),
    ),
    (
        "loss_gap_slope",
        "log10 of the ratio of validation to training loss: change per decade of steps, recently",
        change("the ratio of validation to training loss", "log10"),
    ),
    (
        "val_loss_passage",
        "decades until validation loss is a tenth of a blind guess's, at its recent slope",
        passage("validation loss", "a tenth of the loss of guessing"),
    ),
    (
        "val_acc_passage",
        "decades until validation accuracy is 0.95, at its recent slope",
        passage("validation accuracy", "0.95"),
    ),
    (
        "structure_passage",
        "decades until the embedding's codiagonal structure is complete, at its recent slope",
        passage(signal_words("embedding_cos_structure"), "its maximum"),
    ),
    (
        "margin_over_scale",
        "median margin over the mean absolute logit",
        measured("the median margin is {} times the mean size of a logit", "plain"),
    ),
    (
        "rank_share",
        "log10 of the embedding's effective rank over its width",
        percentage("the embedding uses {} of its dimensions (effective rank)"),
    ),
    (
        "weight_norm_per_weight",
        "log10 of the root mean square weight",
        measured("the typical size of a weight (root mean square) is {}"),
    ),
    (
        "free_decay_share",
        "how fast the weight norm falls, as a share of what weight decay alone would make it fall",
        decay_share,
    ),
    (
        "embedding_share",
        "log10 of the embedding's norm over the whole norm",
        percentage("the weight norm of the embedding is {} of that of all weights"),
    ),
    (
        "hidden_share",
        "log10 of the hidden layers' norm over the whole norm",
        percentage("the weight norm of the hidden layers is {} of that of all weights"),
    ),
    (
        "output_share",
        "log10 of the output layer's norm over the whole norm",
        percentage("the weight norm of the output layer is {} of that of all weights"),
    ),
    ("train_loss_roughness", "oscillation of log10 training loss over its trend", oscillation("training loss")),
    ("val_loss_roughness", "oscillation of log10 validation loss over its trend", oscillation("validation loss")),
)

FEATURES: dict[str, Feature] = {
    f.name: f
    for f in (
        *_curve_features(),
        *(Feature(name, text, "history", wording) for name, text, wording in _JOINT),
        *(Feature(name, text, "context", wording) for name, (text, _, wording) in CONTEXT_FEATURES.items()),
    )
}
COLUMNS: tuple[Column, ...] = tuple(Column(name, VERSIONS.get(name, 1)) for name in FEATURES)
_COLUMN = {name: k for k, name in enumerate(FEATURES)}
# The column of each of these shapes of each curve; -1 where there is none.
_SHAPE_COLUMNS = np.array([[_COLUMN.get(f"{s}_{shape}", -1) for s in _CURVES] for shape in _SHAPES])
_CURVE_INDEX = {signal: k for k, signal in enumerate(_CURVES)}


def extract(history: Trajectory, context: Context) -> FloatArray:
    """Return the features of a history that ends at its landmark, shape (n_features,), in the order of `COLUMNS`.

    NaN where a signal, a context field, or enough of the history is missing.
    """
    return np.asarray(extract_with_each(history, [context])[0])


def extract_with_each(history: Trajectory, contexts: Sequence[Context]) -> FloatArray:
    """Return the same of one history beside each of several contexts, shape (n_contexts, n_features)."""
    curves = np.full(len(FEATURES), np.nan)
    for names, values in _groups(history):
        _fill_curves(curves, history, names, values)
    rows = np.tile(curves, (len(contexts), 1))
    for row, context in zip(rows, contexts, strict=True):
        _fill_with_context(row, history, context.completed())
    return rows


def _fill_with_context(row: FloatArray, history: Trajectory, context: Context) -> None:
    _fill_joint(row, history, context)
    landmark = float(history.observed_until)
    for name, (_, value, _) in CONTEXT_FEATURES.items():
        number = value(context, landmark)
        row[_COLUMN[name]] = np.nan if number is None else number


def _groups(history: Trajectory) -> Iterator[tuple[list[str], FloatArray]]:
    """Yield the recorded signals that have values at the same checkpoints, which are computed together, and all their values."""
    names = [name for name in history.recorded_names() if name in _CURVE_INDEX]
    values = np.array([history.signals[name] for name in names])
    groups: dict[bytes, list[int]] = {}
    for k, present in enumerate(np.isfinite(values)):
        groups.setdefault(present.tobytes(), []).append(k)
    for group in groups.values():
        yield [names[k] for k in group], values[group]


def _fill_curves(row: FloatArray, history: Trajectory, names: list[str], values: FloatArray) -> None:
    present = np.isfinite(values[0])
    # Relative to the landmark, even where this signal was last recorded before it.
    x = relative_log_time(np.append(history.steps[present], history.steps[-1]))[:-1]
    curves = _scaled(names, values[:, present])
    means = window_means(x, curves, _EDGES)
    level = np.where(np.isnan(means[:, 0]), curves[:, -1], means[:, 0])
    slope = (level - means[:, 1]) / (_CENTRES[0] - _CENTRES[1])
    before = (means[:, 1] - means[:, 2]) / (_CENTRES[1] - _CENTRES[2])
    top, top_age, bottom, bottom_age = extremes(x, curves)
    shapes = {
        "level": level,
        "slope": slope,
        "slope_long": (level - means[:, 3]) / (_CENTRES[0] - _CENTRES[3]),
        "bend": slope - before,
        "since_start": level - curves[:, 0],
        "below_peak": top - level,
        "peak_age": top_age,
        "above_trough": level - bottom,
        "trough_age": bottom_age,
    }
    columns = _SHAPE_COLUMNS[:, [_CURVE_INDEX[name] for name in names]]
    is_feature = columns >= 0
    row[columns[is_feature]] = np.array([shapes[name] for name in _SHAPES])[is_feature]
    losses = [name for name in _LOSSES if name in names]
    rough = roughness(x, curves[[names.index(name) for name in losses]])
    for name, value in zip(losses, rough, strict=True):
        row[_COLUMN[f"{name}_roughness"]] = value


def _fill_joint(row: FloatArray, history: Trajectory, context: Context) -> None:
    def put(name: str, value: float) -> None:
        row[_COLUMN[name]] = value

    def get(name: str) -> float:
        return float(row[_COLUMN[name]])

    landmark = max(history.observed_until, 1)
    steps, train_acc = history.recorded("train_acc")
    if len(train_acc):
        memorized = memorization(history)
        put("memorized", float(memorized.step is not None))
        if memorized.step is not None:
            put("memorization_age", np.log10(landmark / max(memorized.step, 1)))
        x = relative_log_time(np.append(steps, history.observed_until))[:-1]
        put("half_fit_age", decades_above(x, train_acc, 0.5))
        put("half_fit_step", np.log10(landmark) - get("half_fit_age"))
        put("train_acc_last", train_acc[-1])
    # If the chance accuracy is not given, the first val_acc: it is the only task information in a bare history.
    chance = min(max(chance_accuracy_of(context, history)[0], _LEAST_CHANCE), _MOST_CHANCE)
    val_acc = history.recorded("val_acc")[1]
    has_val_acc = bool(len(val_acc))
    if has_val_acc:
        put("val_acc_last", val_acc[-1])
        share = max(get("val_acc_level"), _LEAST_CHANCE) / chance
        put("val_acc_over_chance", np.log10(share))
    if has_val_acc or context.chance_accuracy is not None:
        put("val_loss_over_chance", get("val_loss_level") - np.log10(-np.log(chance)))
        put("val_loss_passage", _passage(get("val_loss_over_chance") + 1, -get("val_loss_slope")))
    put("val_acc_passage", _passage(0.95 - get("val_acc_level"), get("val_acc_slope")))
    structure = get("embedding_cos_structure_level"), get("embedding_cos_structure_slope")
    put("structure_passage", _passage(1 - structure[0], structure[1]))
    put("margin_over_scale", np.sinh(get("margin_q50_level")) / 10 ** get("logit_scale_level"))
    if context.embedding_dim is not None:
        rank = _last(history, "embedding_effective_rank")
        put("rank_share", rank - np.log10(context.embedding_dim))
    put("accuracy_gap", get("train_acc_level") - get("val_acc_level"))
    put("loss_gap", get("val_loss_level") - get("train_loss_level"))
    put("loss_gap_slope", get("val_loss_slope") - get("train_loss_slope"))
    norm = _last(history, "weight_norm")
    if context.parameters is not None:
        put("weight_norm_per_weight", norm - 0.5 * np.log10(context.parameters))
    if context.learning_rate and context.weight_decay:
        # Decay alone: d ln(norm) / dt = -lr wd, so d log10(norm) / d log10(t) = -lr wd t.
        free = context.learning_rate * context.weight_decay * landmark
        put("free_decay_share", np.clip(-get("weight_norm_slope") / (free + _UNSEEN), -_FAR, _FAR))
    for part in ("embedding", "hidden", "output"):
        put(f"{part}_share", _last(history, f"weight_norm_{part}") - norm)


def _scaled(names: list[str], curves: FloatArray) -> FloatArray:
    """Return curves as they are read: scales as logarithms, margins by arsinh, the others as they are."""
    for k, name in enumerate(names):
        if name in _MARGINS:
            curves[k] = np.arcsinh(curves[k])
    logarithmic = [k for k, name in enumerate(names) if name not in _AS_THEY_ARE]
    curves[logarithmic] = np.log10(np.maximum(curves[logarithmic], _SMALL))
    return curves


def _passage(distance: float, slope: float) -> float:
    """Return after how many decades a curve has gone a distance at its slope: 0 if it has, 4 if it will not before."""
    if not np.isfinite(distance) or not np.isfinite(slope):
        return float("nan")
    if distance <= 0:
        return 0.0
    return min(distance / slope, _FAR) if slope > distance / _FAR else _FAR


def _last(history: Trajectory, name: str) -> float:
    _, values = history.recorded(name)
    return float(np.log10(max(values[-1], _SMALL))) if len(values) else float("nan")
