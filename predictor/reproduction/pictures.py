"""A stored picture as an SVG file that stands alone."""

from typing import TYPE_CHECKING

from predictor.report.svg import FAINT, INK, SERIES, WIDTH, drawn_svg, standing_alone
from predictor.reproduction.claim import Picture, Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ONE_COLUMN = 6  # names that a legend has one below the other; more stand in two columns
_LINE = 0.19  # inches that a further line of the legend takes
_MARKERS = ("o", "s", "^", "D", "v", "P")


def picture_svg(name: str, picture: Picture) -> str:
    """Draw a picture; series of one name share a colour.

    Raises
    ------
    InvalidInput : matplotlib is not installed.
    """
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


def _draw(axes: "Axes", series: Series, at: int) -> None:
    colour = SERIES[at % len(SERIES)]
    if series.mark == "band":
        axes.fill_between(series.x, series.y, series.top, color=FAINT, edgecolor=colour, linewidth=0.4, alpha=0.8)
    elif series.mark == "line":
        axes.plot(series.x, series.y, color=colour, linewidth=1.6, label=series.name)
    else:
        marker = _MARKERS[at % len(_MARKERS)]
        axes.plot(series.x, series.y, color=colour, marker=marker, linestyle="", markersize=3.5, label=series.name)
