"""The value of a feature as a clause that can be read without knowing how the feature is computed, nor survival analysis.

Logarithms become factors and quantities again, slopes become changes over a part of the steps so far, ages become shares of
the steps so far, and what is practically zero is not given as a number.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np

Scale = Literal["plain", "log10", "arsinh"]  # how a curve's values are read
Wording = Callable[[float], str]

# Signals whose names do not say what they are; any other is read off its name.
_NAMES = {
    "activation_sparsity": "share of hidden activations near zero",
    "attention_entropy_std": "spread of the attention heads' entropies",
    "attention_similarity": "similarity of the attention patterns",
    "circuit_complexity": "change of the outputs when 10 % of the weights are removed",
    "dead_frac": "share of dead hidden units (zero on every sample)",
    "drc_auc": "mean validation accuracy over dropout rates from 0 to 0.9",
    "drc_half": "dropout rate at which validation accuracy halves",
    "dropout_acc_mean": "mean validation accuracy under dropout",
    "dropout_acc_var": "variance of validation accuracy under dropout",
    "embedding_bimodality": "separation of the embedding's values into two groups",
    "embedding_cos_std": "spread of the cosine similarities between embedding vectors",
    "embedding_cos_structure": "regularity of the embedding (how far sums or differences of symbols explain its similarities)",
    "embedding_effective_rank": "number of dimensions that the embedding uses (effective rank)",
    "embedding_fourier_gini": "concentration of the embedding on few frequencies",
    "embedding_std": "spread of the embedding's values",
    "grad_norm": "gradient norm",
    "inactive_frac": "share of inactive hidden units (zero on a sample)",
    "landscape_ruggedness": "roughness of the loss around the current weights",
    "logit_scale": "mean size of the logits",
    "margin_q10": "margin that 90 % of the samples exceed (logit of the correct class minus the best other)",
    "margin_q50": "median margin (logit of the correct class minus the best other)",
    "representation_entropy": "diversity of directions in the last hidden layer (spectral entropy)",
    "train_acc": "training accuracy",
    "train_loss": "training loss",
    "update_norm": "size of the last update (norm)",
    "val_acc": "validation accuracy",
    "val_loss": "validation loss",
    "weight_entropy": "entropy of the weights' sizes",
    "weight_std_hidden": "spread of the hidden layers' weights",
    "weight_std_output": "spread of the output layer's weights",
}
_PARTS = {
    "embedding": "of the embedding",
    "attention": "of the attention matrices",
    "hidden": "of the hidden layers",
    "output": "of the output layer",
}
_ZERO = 1e-12  # a value that is rounding and nothing else
_NOTHING = 2e-3  # a change that is not worth a number
_NEVER = 4.0  # decades
_DOUBLING = float(np.log10(2))  # decades


def signal_words(signal: str) -> str:
    """Return the name of a signal in whole words.

    >>> signal_words("val_acc"), signal_words("weight_norm_hidden")
    ('validation accuracy', 'weight norm of the hidden layers')
    """
    if signal in _NAMES:
        return _NAMES[signal]
    stem, _, part = signal.rpartition("_")
    words = f"{stem}_{_PARTS[part]}" if stem and part in _PARTS else signal
    return words.replace("_", " ")


def number(value: float) -> str:
    """Return a number of about three digits.

    >>> number(-0.0), number(0.01234), number(12345.6)
    ('0', '0.0123', '12,346')
    """
    if abs(value) >= 1000:
        return f"{value:,.0f}" if abs(value) < 1e6 else f"{value:.2g}"
    return "0" if abs(value) < _ZERO else f"{value:.3g}"


def measured(clause: str, scale: Scale = "log10") -> Wording:
    """Return the wording of a quantity from a clause with a place for it: `there are {} samples for each class`.

    >>> measured("a batch is {} of the training set")(-1.0)
    'a batch is 0.1 of the training set'
    """
    return lambda value: clause.format(number(10**value if scale == "log10" else value))


def percentage(clause: str, scale: Scale = "log10") -> Wording:
    """Return the wording of a share from a clause with a place for it in percent.

    >>> percentage("a batch is {} of the training set")(-1.0)
    'a batch is 10 % of the training set'
    """
    return lambda value: clause.format(f"{number(100 * (10**value if scale == 'log10' else value))} %")


def flag(if_true: str, if_false: str) -> Wording:
    """Return the wording of a 1 and a 0."""
    return lambda value: if_true if value > 0.5 else if_false


def since(event: str) -> Wording:
    """Return the wording of the decades of steps since something happened."""
    return lambda value: f"{event} {_share_of_steps(value)}"


def passage(curve: str, goal: str) -> Wording:
    """Return the wording of the decades until a curve is at a goal, at its recent slope; 4 stands for never."""

    def word(decades: float) -> str:
        if decades < _NOTHING:
            return f"{curve} has already reached {goal}"
        if decades >= _NEVER:
            return f"{curve} is not on its way to {goal} at its recent pace"
        return f"{curve} would reach {goal} at {number(10**decades)} times the steps so far, at its recent pace"

    return word


def gap(above: str, below: str) -> Wording:
    """Return the wording of one value minus another."""

    def word(difference: float) -> str:
        if abs(difference) < _NOTHING:
            return f"{above} equals {below}"
        return f"{above} is {number(abs(difference))} {'higher' if difference > 0 else 'lower'} than {below}"

    return word


def change(curve: str, scale: Scale) -> Wording:
    """Return the wording of a recent change per decade of steps: what it made over the last doubling of their number."""
    word = _change(curve, scale, "over the last half of the steps so far")
    return lambda slope: word(slope * _DOUBLING)


def _long_change(curve: str, scale: Scale) -> Wording:
    return _change(curve, scale, "over the last 90 % of the steps so far")  # one decade


def _change(curve: str, scale: Scale, span: str) -> Wording:
    def word(difference: float) -> str:
        if abs(difference) < _NOTHING:
            return f"{curve} has hardly changed {span}"
        by = _amount(difference, scale)
        return f"{curve} has {'risen' if difference > 0 else 'fallen'} {f'by {by} ' if by else ''}{span}"

    return word


def _amount(difference: float, scale: Scale) -> str:
    """Return the size of a change of a curve's values; empty for one that cannot be told without the values themselves."""
    size = abs(difference)
    if scale == "plain":
        return number(size)
    if scale == "arsinh":
        return ""
    if size < _DOUBLING:
        return f"{number(100 * (10**size - 1 if difference > 0 else 1 - 10**-size))} %"
    return f"a factor of {_factor(size)}"


def _factor(decades: float) -> str:
    return number(10**decades) if decades < 6 else "more than a million"


def oscillation(curve: str) -> Wording:
    """Return the wording of the standard deviation of a curve's log10 around its trend."""

    def word(deviation: float) -> str:
        return f"{curve} goes up and down by {_amount(max(deviation, 0.0), 'log10')} around its trend"

    return word


def decay_share(share: float) -> str:
    """Word how fast the weight norm falls, as a share of what weight decay alone would do."""
    if abs(share) < _NOTHING:
        return "the weight norm hardly changes, in spite of weight decay"
    if share < 0:
        return "the weight norm grows, in spite of weight decay"
    return f"the weight norm falls at {number(100 * share)} % of the rate that weight decay alone would give"


def of_curve(signal: str, shape: str, scale: Scale) -> Wording:
    """Return the wording of one shape of a signal's curve."""
    return _SHAPES[shape](signal_words(signal), scale)


def _share_of_steps(decades_ago: float) -> str:
    """Return when something happened, as a share of the steps so far."""
    if decades_ago < _NOTHING:
        return "at the last checkpoint"
    return f"after {number(100 * 10**-decades_ago)} % of the steps so far"


def _level(curve: str, scale: Scale) -> Wording:
    def word(level: float) -> str:
        value = 10**level if scale == "log10" else float(np.sinh(level)) if scale == "arsinh" else level
        return f"{curve} is {number(value)}"

    return word


def _distance(curve: str, scale: Scale, *, from_: str, up: str, down: str, none: str) -> Wording:
    """Return the wording of a difference of a curve's values; positive is up."""

    def word(difference: float) -> str:
        if abs(difference) < _NOTHING:
            return f"{curve} is {none}"
        direction = up if difference > 0 else down
        if scale == "log10" and abs(difference) >= _DOUBLING:
            return f"{curve} is {_factor(abs(difference))} times {direction} than {from_}"
        by = _amount(abs(difference) if direction == "higher" else -abs(difference), scale)
        return f"{curve} is {by}{' ' if by else ''}{direction} than {from_}"

    return word


def _bend(curve: str, scale: Scale) -> Wording:
    def word(bend: float) -> str:
        if abs(bend) < _NOTHING:
            return f"{curve} goes on at the same pace as before"
        pace = "rises faster, or falls more slowly," if bend > 0 else "falls faster, or rises more slowly,"
        return f"{curve} now {pace} than before"

    return word


_SHAPES: dict[str, Callable[[str, Scale], Wording]] = {
    "level": _level,
    "slope": change,
    "slope_long": _long_change,
    "since_start": partial(
        _distance,
        from_="at the first checkpoint",
        up="higher",
        down="lower",
        none="what it was at the first checkpoint",
    ),
    "bend": _bend,
    "below_peak": partial(
        _distance, from_="its highest value", up="lower", down="higher", none="at its highest value so far"
    ),
    "peak_age": lambda curve, scale: since(f"{curve} was highest"),
    "above_trough": partial(
        _distance, from_="its lowest value", up="higher", down="lower", none="at its lowest value so far"
    ),
    "trough_age": lambda curve, scale: since(f"{curve} was lowest"),
}
