"""A claim of a paper, how runs test it, and what they found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from predictor.benchmark.bootstrap import Interval
from training_runs.arrays import FloatArray
from training_runs.config import RunConfig
from training_runs.labelled_run import LabelledRun

Verdict = Literal["holds", "in part", "does not hold here"]
HOLDS: Verdict = "holds"
IN_PART: Verdict = "in part"
FAILS: Verdict = "does not hold here"
Mark = Literal["line", "points", "band"]
Figure = Interval | float | str | None

_SHOWN = 200  # points of a series: a picture of more is not read better, only larger


@dataclass(frozen=True)
class Series:
    """What one colour of a picture shows: a line, points, or a band from `y` to `top`."""

    name: str
    x: list[float]
    y: list[float]
    mark: Mark = "line"
    top: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Panel:
    """A matrix that a picture shows beside others: similarities as an image, a loss by its contours.

    Attributes
    ----------
    values : rows from below; a loss is not negative.
    radius : of a loss, how far the square reaches from the parameters each way; None: rows and columns have numbers.
    """

    name: str
    values: list[list[float]]
    radius: float | None = None


@dataclass(frozen=True)
class Picture:
    """A picture as numbers, so that it can be drawn again from a stored result: series on one pair of axes, or panels."""

    x_label: str
    y_label: str
    series: list[Series]
    x_log: bool = False
    y_log: bool = False
    panels: list[Panel] = field(default_factory=list)


@dataclass(frozen=True)
class Finding:
    """What runs say of a claim.

    Attributes
    ----------
    verdict : by the claim's rule; None where the runs do not suffice.
    figures : name -> figure with its 95 % interval over configurations, or a number without one; the first decides.
    tested : the runs that the figures are of.
    note : what a reader should know beside the figures.
    """

    verdict: Verdict | None
    figures: Mapping[str, Figure]
    tested: Sequence[LabelledRun]
    picture: Picture | None = None
    note: str = ""


@dataclass(frozen=True)
class Claim:
    """A claim as a paper makes it, and how it is tested.

    Attributes
    ----------
    paper, figure : where it is made.
    states : what the paper says, in our words.
    configuration : which runs test it: the paper's settings, or ours and why.
    rule : when it holds, holds in part or does not, in words; `test` says it in code.
    test : from runs to what they found; None where it has not been written.
    configs : the runs to make for it, by whether they should be quick; None where stored runs test it.
    missing : what an untested claim lacks.
    signals : those of docs/signals.md that it is about.
    runs_of : another claim whose runs it is tested on; none: it has its own.
    """

    paper: str
    figure: str
    states: str
    configuration: str = ""
    rule: str = ""
    test: Callable[[Sequence[LabelledRun]], Finding] | None = None
    configs: Callable[[bool], Sequence[RunConfig]] | None = None
    missing: str = ""
    signals: tuple[str, ...] = ()
    runs_of: str = ""


def graded(holds: bool, in_part: bool) -> Verdict:
    """Return the verdict of a rule with two thresholds."""
    return HOLDS if holds else IN_PART if in_part else FAILS


def at_least(figure: Interval, least: float) -> bool:
    """Return True if a figure's whole interval is at or above a value."""
    return figure.low is not None and figure.low >= least


def at_most(figure: Interval, most: float) -> bool:
    """Return True if a figure's whole interval is at or below a value."""
    return figure.high is not None and figure.high <= most


def line(name: str, x: FloatArray, y: FloatArray) -> Series:
    """Return a line through what is recorded, thinned to what a picture shows."""
    return _thinned(name, x, y, "line")


def points(name: str, x: FloatArray, y: FloatArray) -> Series:
    """Return a cloud of points, thinned to what a picture shows."""
    return _thinned(name, x, y, "points")


def panel(name: str, values: FloatArray, radius: float | None = None) -> Panel:
    """Return a matrix to three digits: a picture shows no more."""
    return Panel(name, [[float(f"{v:.3g}") for v in row] for row in values], radius)


def band(name: str, x: FloatArray, low: FloatArray, high: FloatArray) -> Series:
    """Return a band between two lines."""
    return Series(name, _rounded(x), _rounded(low), "band", _rounded(high))


def _thinned(name: str, x: FloatArray, y: FloatArray, mark: Mark) -> Series:
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    kept = (
        known[np.unique(np.linspace(0, len(known) - 1, min(len(known), _SHOWN)).astype(int))] if len(known) else known
    )
    return Series(name, _rounded(x[kept]), _rounded(y[kept]), mark)


def _rounded(values: FloatArray) -> list[float]:
    return [float(f"{v:.4g}") for v in values]
