"""Accuracies over log steps as a few lines of text, with the forecast marked below them."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from predictor.forecast import Forecast
from training_runs.trajectory import Trajectory

_BARS = " ▁▂▃▄▅▆▇█"
_ROWS = (("train", "train_acc"), ("val", "val_acc"))


def curve_lines(history: Trajectory, forecast: Forecast, width: int = 60) -> list[str]:
    """Return the curves as lines of text: each accuracy as bars from 0 to 1, then where the onset is expected.

    The axis is log steps from the first checkpoint to the horizon; `|` is now, `[` and `]` the 90 % interval, `o` the
    median, `>` an interval that is open to the right. None without accuracies.
    """
    rows = [(label, *history.recorded(name)) for label, name in _ROWS]
    rows = [(label, steps, values) for label, steps, values in rows if len(steps)]
    if not rows:
        return []
    first = max(int(history.steps[history.steps > 0][0]) if (history.steps > 0).any() else 1, 1)
    last = max(forecast.horizon_step, forecast.observed_until_step, first + 1)

    def column(step: int) -> int:
        share = math.log(max(step, first) / first) / math.log(last / first)
        return min(round(share * (width - 1)), width - 1)

    lines = [f"{label:>5} {_bars(steps, values, column, width)}" for label, steps, values in rows]
    marks = _marks(forecast, column, width)
    axis = f"{first:<{width // 2},}{last:>{width - width // 2},}"
    return [*lines, f"{'':5} {marks}".rstrip(), f" step {axis}"]


# What each mark below the curves means, in the order of its place.
_LEGEND = (("|", "| now"), ("[", "[ ] 90 % interval of the onset"), ("o", "o its median"), (">", "> it may come later"))


def legend(lines: list[str]) -> str:
    """Return what the bars, and the marks in the line below them, mean."""
    marks = lines[-2]
    return "      " + "   ".join(["bars: accuracy, 0 to 1", *(words for mark, words in _LEGEND if mark in marks)])


def _bars(
    steps: NDArray[np.int64],
    values: NDArray[np.float64],
    column: Callable[[int], int],
    width: int,
) -> str:
    """Return one character a column: the last value there, or the one before where none was recorded."""
    heights: list[float | None] = [None] * width
    for step, value in zip(steps.tolist(), values.tolist(), strict=True):
        heights[column(step)] = value
    text, now = "", column(int(steps[-1]))
    before: float | None = None
    for k, height in enumerate(heights):
        before = height if height is not None else before
        is_known = before is not None and k <= now
        text += _BARS[1 + round((before or 0) * (len(_BARS) - 2))] if is_known else " "
    return text


def _marks(forecast: Forecast, column: Callable[[int], int], width: int) -> str:
    cells = [" "] * width
    now, quantiles = column(forecast.observed_until_step), forecast.onset_step
    if forecast.phase != "generalized" and quantiles.p05 is not None:
        low, end = column(quantiles.p05), min(forecast.horizon_step, forecast.supported_until_step)
        high = column(min(quantiles.p95, end) if quantiles.p95 is not None else end)
        cells[low : high + 1] = "─" * (high + 1 - low)
        is_open = quantiles.p95 is None or quantiles.p95 > end
        cells[high] = ">" if is_open else "]"
        cells[low] = "["
        if quantiles.p50 is not None and quantiles.p50 <= end:
            cells[column(quantiles.p50)] = "o"
    cells[now] = "|"
    return "".join(cells)
