"""A stored picture as an SVG file that stands alone."""

from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from predictor.report.svg import FAINT, INK, MUTED, SERIES, WIDTH, drawn_panels, drawn_svg, standing_alone
from predictor.reproduction.claim import Panel, Picture, Series
from training_runs.arrays import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ONE_COLUMN = 6  # names that a legend has one below the other; more stand in two columns
_LINE = 0.19  # inches that a further line of the legend takes
_LEVELS = 14  # contours up to the largest loss
_MARKERS = ("o", "s", "^", "D", "v", "P")


def picture_svg(name: str, picture: Picture) -> str:
    """Draw a picture; series of one name share a colour.

    Raises
    ------
    InvalidInput : matplotlib is not installed.
    """
    if picture.panels:
        return standing_alone(_panels_svg(name, picture))
    names = list(dict.fromkeys(series.name for series in picture.series))
    columns = 1 if len(names) <= _ONE_COLUMN else 2
    rows = -(-len(names) // columns)

    def draw(axes: "Axes") -> None:
        for series in picture.series:
            _draw(axes, series, names.index(series.name))
        axes.set(xlabel=picture.x_label, ylabel=picture.y_label)
        for axis, is_log, rescale in (
            (axes.xaxis, picture.x_log, axes.set_xscale),
            (axes.yaxis, picture.y_log, axes.set_yscale),
        ):
            if is_log:
                rescale("log")
                axis.set_major_formatter(lambda value, _: f"{value:,g}")
        axes.minorticks_off()
        axes.legend(
            frameon=False, fontsize=8.5, labelcolor=INK, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=columns
        )

    return standing_alone(drawn_svg(name, draw, height=0.8 * WIDTH + _LINE * max(rows - 3, 0) * (columns - 1)))


def _panels_svg(name: str, picture: Picture) -> str:
    columns = min(len(picture.panels), 2)
    rows = -(-len(picture.panels) // columns)

    def draw(canvas: "Figure") -> None:
        grid = canvas.subplots(rows, columns, squeeze=False)
        levels = np.linspace(0, max(max(map(max, panel.values)) for panel in picture.panels), _LEVELS + 1)[1:]
        for axes, panel in zip_longest(grid.flat, picture.panels):
            if panel is None:
                axes.set_visible(False)
            else:
                _draw_panel(axes, panel, levels)
        canvas.supxlabel(picture.x_label, color=MUTED, fontsize=10.5)
        canvas.supylabel(picture.y_label, color=MUTED, fontsize=10.5)

    return drawn_panels(name, draw, height=WIDTH / columns * rows + 0.3)


def _draw_panel(axes: "Axes", panel: Panel, levels: FloatArray) -> None:
    """Draw a matrix; the heights of contours are the same in every panel, so that closer lines are steeper slopes."""
    values = np.array(panel.values)
    axes.set_title(panel.name, fontsize=9.5, color=INK)
    axes.set_aspect("equal")
    axes.grid(visible=False)
    axes.locator_params(nbins=4)
    if panel.radius is None:
        axes.imshow(values, cmap="RdBu_r", vmin=-1, vmax=1, origin="lower", interpolation="none")
        return
    at = np.linspace(-panel.radius, panel.radius, len(values))
    axes.set(xticks=at[[0, len(at) // 2, -1]], yticks=at[[0, len(at) // 2, -1]])
    drawn = axes.contour(at, at, values, levels=levels, colors=SERIES[0], linewidths=0.9)
    axes.clabel(drawn, levels[::2], fmt=lambda value: f"{value:.2g}", fontsize=7, colors=INK)


def _draw(axes: "Axes", series: Series, at: int) -> None:
    colour = SERIES[at % len(SERIES)]
    if series.mark == "band":
        axes.fill_between(series.x, series.y, series.top, color=FAINT, edgecolor=colour, linewidth=0.4, alpha=0.8)
    elif series.mark == "line":
        axes.plot(series.x, series.y, color=colour, linewidth=1.6, label=series.name)
    else:
        marker = _MARKERS[at % len(_MARKERS)]
        axes.plot(series.x, series.y, color=colour, marker=marker, linestyle="", markersize=3.5, label=series.name)
