"""The value of a feature as a clause that can be read without knowing how the feature is computed.

Logarithms become factors and quantities again, ages become shares of the steps so far, and what is practically zero is not
given as a number.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np

Scale = Literal["plain", "log10", "arsinh"]  # how a curve's values are read
Wording = Callable[[float], str]

# Signals whose names are not words; any other is read off its name.
_NAMES = {
    "dead_frac": "share of dead units",
    "drc_auc": "area under the dropout robustness curve",
    "drc_half": "dropout rate at which validation accuracy halves",
    "dropout_acc_mean": "mean accuracy under dropout",
    "dropout_acc_var": "variance of accuracy under dropout",
    "embedding_cos_std": "spread of the embedding's cosine similarities",
    "embedding_cos_structure": "codiagonal structure of the embedding",
    "embedding_fourier_gini": "concentration of the embedding's Fourier power",
    "grad_norm": "gradient norm",
    "inactive_frac": "share of inactive units",
    "margin_q10": "10 % quantile of the margin",
    "margin_q50": "median margin",
    "train_acc": "training accuracy",
    "train_loss": "training loss",
    "val_acc": "validation accuracy",
    "val_loss": "validation loss",
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


def signal_words(signal: str) -> str:
    """Return the name of a signal in whole words.

    >>> signal_words("val_acc"), signal_words("weight_norm_hidden")
    ('validation accuracy', 'weight norm of the hidden layers')
    """
    if signal in _NAMES:
        return _NAMES[signal]
    stem, _, part = signal.rpartition("_")
    words = f"{stem}_{_PARTS[part]}" if stem and part in _PARTS else signal
    return words.replace("_", " ").replace(" std ", " spread ")


def number(value: float) -> str:
    """Return a number of about three digits.

    >>> number(-0.0), number(0.01234), number(12345.6)
    ('0', '0.0123', '12,346')
    """
    if abs(value) >= 1000:
        return f"{value:,.0f}" if abs(value) < 1e6 else f"{value:.2g}"
    return "0" if abs(value) < _ZERO else f"{value:.3g}"


def quantity(text: str) -> Wording:
    """Return the wording of a quantity from its phrase, of which `log10 of` is taken off."""
    plain = text.removeprefix("log10 of ")
    return lambda value: f"{plain} is {number(value if plain == text else 10**value)}"


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
            return f"{curve} is already at {goal}"
        if decades >= _NEVER:
            return f"{curve} does not approach {goal} at its recent slope"
        return f"{curve} would be at {goal} after {number(10**decades)} times the steps so far, at its recent slope"

    return word


def change(curve: str, scale: Scale) -> Wording:
    """Return the wording of a recent change per decade of steps."""
    return _change(
        curve, scale, "{curve} has hardly changed lately", "{curve} has lately {moved} {by} per tenfold of steps"
    )


def _long_change(curve: str, scale: Scale) -> Wording:
    span = "over the last tenfold of steps"
    return _change(curve, scale, "{curve} has hardly changed " + span, "{curve} has {moved} {by} " + span)


def _change(curve: str, scale: Scale, unchanged: str, changed: str) -> Wording:
    def word(slope: float) -> str:
        if abs(slope) < _NOTHING:
            return unchanged.format(curve=curve)
        by = _amount(abs(slope), scale, factor="by a factor of {}", plain="by {}")
        return changed.format(curve=curve, moved="risen" if slope > 0 else "fallen", by=by)

    return word


def _amount(size: float, scale: Scale, *, factor: str, plain: str) -> str:
    """Return the size of a difference of a curve's values."""
    if scale == "log10":
        return factor.format(number(10**size) if size < 6 else "more than a million")
    return plain.format(number(size)) + (" (arsinh)" if scale == "arsinh" else "")


def oscillation(curve: str) -> Wording:
    """Return the wording of the standard deviation of a curve's log10 around its trend."""
    return lambda deviation: f"{curve} oscillates around its trend by {100 * (10**deviation - 1):.2g} %"


def decay_share(share: float) -> str:
    """Word how fast the weight norm falls, as a share of what weight decay alone would do."""
    if abs(share) < _NOTHING:
        return "the weight norm hardly changes, in spite of weight decay"
    if share < 0:
        return "the weight norm grows, in spite of weight decay"
    return f"the weight norm falls at {100 * share:.2g} % of the rate that weight decay alone would give"


def of_curve(signal: str, shape: str, scale: Scale) -> Wording:
    """Return the wording of one shape of a signal's curve."""
    return _SHAPES[shape](signal_words(signal), scale)


def _share_of_steps(decades_ago: float) -> str:
    """Return when something happened, as a share of the steps so far."""
    return (
        "at the last checkpoint" if decades_ago < _NOTHING else f"at {100 * 10**-decades_ago:.2g} % of the steps so far"
    )


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
        if scale == "log10" and abs(difference) < np.log10(2):
            percent = 100 * (10 ** abs(difference) - 1 if direction == "higher" else 1 - 10 ** -abs(difference))
            return f"{curve} is {percent:.2g} % {direction} than {from_}"
        return f"{curve} is {_amount(abs(difference), scale, factor='{} times', plain='{}')} {direction} than {from_}"

    return word


def _bend(curve: str, scale: Scale) -> Wording:
    def word(bend: float) -> str:
        if abs(bend) < _NOTHING:
            return f"{curve} goes on as before"
        return f"{curve} bends {'upwards' if bend > 0 else 'downwards'}, compared with its slope before"

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
    "peak_age": lambda curve, scale: since(f"{curve} was at its highest"),
    "above_trough": partial(
        _distance, from_="its lowest value", up="higher", down="lower", none="at its lowest value so far"
    ),
    "trough_age": lambda curve, scale: since(f"{curve} was at its lowest"),
}
