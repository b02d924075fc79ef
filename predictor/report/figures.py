"""The drawings of the benchmark's report: plain arrays in, inline SVG, words and legend out."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from predictor.benchmark.bootstrap import Interval
from predictor.benchmark.decision import Frontier
from predictor.benchmark.plots import Calibration, Coverage, Onsets, Roc
from predictor.benchmark.result import Decision
from predictor.report.svg import (
    DASHES,
    FAINT,
    INK,
    LINE,
    MARKERS,
    MUTED,
    SERIES,
    WIDTH,
    Drawing,
    Entry,
    drawn_svg,
)
from training_runs.arrays import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_roc(curves: Mapping[str, Roc]) -> Drawing:
    """Draw a ROC curve for each kind of landmark."""
    styles = _line_styles(len(curves))

    def draw(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], color=LINE, linewidth=1, linestyle=(0, (2, 3)))
        for curve, (series, style) in zip(curves.values(), styles, strict=True):
            axes.plot(
                curve.false_positive,
                curve.true_positive,
                color=SERIES[series],
                linewidth=1.8,
                linestyle=DASHES[style],
                drawstyle="steps-post",
            )
        axes.set(
            xlim=(-0.01, 1.01),
            ylim=(-0.01, 1.01),
            aspect="equal",
            xlabel="false alarms among runs without onset",
            ylabel="found among runs with onset",
        )

    texts = [f"{name}, AUROC {c.auroc:.3f}" for name, c in curves.items()]
    return Drawing(
        drawn_svg("roc", draw, height=WIDTH),
        f"ROC curves of onset within the budget. {'; '.join(texts)}.",
        [Entry(k, style, text) for (k, style), text in zip(styles, texts, strict=True)],
    )


def draw_calibration(methods: Mapping[str, Calibration]) -> Drawing:
    """Draw observed over predicted shares with their intervals, a series a method."""
    styles = _point_styles(len(methods))

    def draw(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], color=LINE, linewidth=1, linestyle=(0, (2, 3)))
        for (series, marker), bins in reversed([*zip(styles, methods.values(), strict=True)]):
            x, y = _floats(bins.predicted), _floats(bins.observed)
            low, high = _floats(bins.low), _floats(bins.high)
            axes.vlines(x, low, high, color=SERIES[series], linewidth=1.2, alpha=0.55)
            axes.plot(x, y, color=SERIES[series], linewidth=1.4, marker=marker, markersize=5.5)
        axes.set(
            xlim=(-0.03, 1.03),
            ylim=(-0.03, 1.03),
            aspect="equal",
            xlabel="predicted probability of onset within the budget",
            ylabel="share with onset",
        )

    worst = {
        name: max(
            (abs(p - o) for p, o in zip(b.predicted, b.observed, strict=True) if o is not None),
            default=0.0,
        )
        for name, b in methods.items()
    }
    words = "; ".join(f"{name} is off by at most {w:.2f} in a bin" for name, w in worst.items())
    return Drawing(
        drawn_svg("calibration", draw, height=WIDTH),
        f"Calibration: share of runs with onset over the predicted probability, in bins. {words}.",
        [Entry(k, MARKERS[m], name) for (k, m), name in zip(styles, methods, strict=True)],
    )


def draw_onsets(onsets: Onsets) -> Drawing:
    """Draw forecast over actual onset steps, a mark a family, with a band of a factor of two."""
    actual, predicted = _floats(onsets.actual), _floats(onsets.predicted)
    families = sorted(set(onsets.family), key=onsets.family.count, reverse=True)
    shown = np.isfinite(actual) & np.isfinite(predicted) & (actual > 0) & (predicted > 0)
    actual, predicted, of = actual[shown], predicted[shown], np.array(onsets.family)[shown]
    styles = _point_styles(len(families))

    def draw(axes: "Axes") -> None:
        ends = np.array([1.0, 10.0])
        if len(actual):
            low, high = (f(np.append(actual, predicted)) for f in (np.min, np.max))
            ends = np.array([low / 1.4, high * 1.4])
        axes.fill_between(ends, ends / 2, ends * 2, color=FAINT, linewidth=0)
        axes.plot(ends, ends, color=LINE, linewidth=1, linestyle=(0, (2, 3)))
        for family, (series, marker) in zip(families, styles, strict=True):
            axes.plot(
                actual[of == family],
                predicted[of == family],
                color=SERIES[series],
                marker=marker,
                linestyle="",
                markersize=5,
                alpha=0.75,
                markeredgewidth=0,
            )
        axes.set(
            xscale="log",
            yscale="log",
            xlim=ends,
            ylim=ends,
            aspect="equal",
            xlabel="actual onset (step)",
            ylabel="median forecast (step)",
        )
        axes.minorticks_off()
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda step, _: f"{step:,.0f}")

    within = float(np.mean(np.abs(np.log2(predicted / actual)) <= 1)) if len(actual) else 0.0
    return Drawing(
        drawn_svg("onsets", draw, height=WIDTH),
        f"Forecast over actual onset of {len(actual)} runs that grokked: {_percent(within)} lie within a "
        "factor of two, the shaded band.",
        [
            Entry(k, MARKERS[m], f"{family} ({onsets.family.count(family)})")
            for family, (k, m) in zip(families, styles, strict=True)
        ],
    )


def draw_coverage(families: Mapping[str, Coverage]) -> Drawing:
    """Draw how often the 90 % intervals hold, a row a family, beside the 87 to 93 % that are required."""
    named = {f"{name}, {c.onsets} onsets": c.held for name, c in families.items()}

    def draw(axes: "Axes") -> None:
        axes.axvspan(0.87, 0.93, color=FAINT, linewidth=0)
        _intervals(axes, named, highlight=None)
        axes.set(xlim=(min(0.5, _lowest(named) - 0.03), 1.02), xlabel="coverage of 90 % intervals")

    return Drawing(
        drawn_svg("coverage", draw, height=_rows_height(len(named))),
        f"Coverage of the 90 % intervals by family. {_in_words(named)}.",
    )


def draw_intervals(name: str, rows: Mapping[str, Interval], label: str, highlight: str) -> Drawing:
    """Draw a figure with its interval, a row a method, the best first in the order given.

    `name` distinguishes the drawing from others on the page.
    """

    def draw(axes: "Axes") -> None:
        _intervals(axes, rows, highlight)
        axes.set(xlabel=label)

    words = f"{label}, with 95 % intervals. {_in_words(rows)}."
    return Drawing(drawn_svg(name, draw, height=_rows_height(len(rows))), words)


def draw_leads(shares: Sequence[float]) -> Drawing:
    """Draw how far ahead of the onset alarms came, as shares of the delay, and how many runs were missed."""
    lead = _floats(shares)
    raised = lead[lead > 0]
    missed = len(lead) - len(raised)
    median = float(np.median(lead)) if len(lead) else float("nan")

    def draw(axes: "Axes") -> None:
        axes.hist(raised, bins=list(np.linspace(0, 1, 21)), color=SERIES[0], rwidth=0.86)
        axes.bar([-0.055], [missed], width=0.043, color=SERIES[2])
        if np.isfinite(median):
            axes.axvline(median, color=INK, linewidth=1.2)
            axes.annotate(
                f"median {_percent(median)}",
                (median, 1.02),
                xycoords=("data", "axes fraction"),
                ha="right" if median > 0.5 else "left",
                va="bottom",
            )
        axes.set(xlim=(-0.09, 1.01), xlabel="lead, as a share of the delay", ylabel="runs that grok")
        axes.set_xticks([-0.055, 0.25, 0.5, 0.75, 1], ["missed", "25 %", "50 %", "75 %", "100 %"])
        axes.grid(axis="x", visible=False)

    return Drawing(
        drawn_svg("leads", draw, height=0.62 * WIDTH),
        f"How early alarms come for {len(lead)} runs that grok: {missed} are missed; the median lead "
        f"is {_percent(median)} of the delay between memorisation and onset.",
        [Entry(0, "■", "alarm before the onset"), Entry(2, "■", "no alarm")],
    )


def draw_frontier(frontier: Frontier | None, decisions: Mapping[str, Decision], forecaster: str) -> Drawing:
    """Draw grokking runs kept over compute spent: the forecast as a line, every method of the decision as a point."""
    points = {n: d for n, d in decisions.items() if d.kept.value is not None and d.compute.value is not None}
    others = [n for n in points if n != forecaster]
    marks = dict(zip(others, _point_styles(len(others) + 1)[1:], strict=True))
    styles = {forecaster: (0, "o")} | marks

    def draw(axes: "Axes") -> None:
        axes.fill_between([0, 0.6], 0.95, 1.0, color=FAINT, linewidth=0)
        if frontier is not None:
            compute, kept = _floats(frontier.compute), _floats(frontier.kept)
            order = np.argsort(compute)
            axes.plot(compute[order], kept[order], color=SERIES[0], linewidth=1.8)
        for name, d in points.items():
            x, y = d.compute.value or 0.0, d.kept.value or 0.0
            series, marker = styles[name]
            colour = SERIES[series]
            axes.hlines([y], *_ends(d.compute), color=colour, linewidth=1, alpha=0.6)
            axes.vlines([x], *_ends(d.kept), color=colour, linewidth=1, alpha=0.6)
            axes.plot([x], [y], color=colour, marker=marker, markersize=8)
        axes.set(
            xlim=(0, 1.03),
            ylim=(-0.02, 1.04),
            aspect="equal",
            xlabel="compute spent, of the full budgets",
            ylabel="grokking runs kept",
        )

    words = [
        f"{n} keeps {_percent(d.kept.value)} at {_percent(d.compute.value)} of the compute" for n, d in points.items()
    ]
    return Drawing(
        drawn_svg("frontier", draw, height=WIDTH),
        f"Grokking runs kept over compute spent in a simulated sweep. {'; '.join(words)}.",
        [Entry(styles[n][0], MARKERS[styles[n][1]], n) for n in styles if n in points],
    )


def _point_styles(count: int) -> list[tuple[int, str]]:
    """Return colours and markers that differ for as many points as there are pairs of them."""
    n = len(MARKERS)
    return [(k % len(SERIES), [*MARKERS][(k + k // n) % n]) for k in range(count)]


def _line_styles(count: int) -> list[tuple[int, str]]:
    return [(k % len(SERIES), [*DASHES][k % len(DASHES)]) for k in range(count)]


def _intervals(axes: "Axes", rows: Mapping[str, Interval], highlight: str | None) -> None:
    """Draw a dot and a whisker for each row, its name above it: beside it, names would take half a phone."""
    for k, (name, figure) in enumerate(rows.items()):
        own = name == highlight or highlight is None
        colour = SERIES[0] if own else MUTED
        if figure.value is not None:
            axes.hlines([k], *_ends(figure), color=colour, linewidth=2, alpha=0.55)
            axes.plot([figure.value], [k], color=colour, marker="o", markersize=6)
        value = "–" if figure.value is None else f"{figure.value:.3f}"
        axes.annotate(
            f"{name} · {value}",
            (0, k - 0.17),
            xycoords=("axes fraction", "data"),
            va="bottom",
            color=INK if own else MUTED,
        )
    axes.set(ylim=(len(rows) - 0.6, -0.85), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.06)


def _ends(figure: Interval) -> tuple[float, float]:
    value = figure.value or 0.0
    return (value if figure.low is None else figure.low), (value if figure.high is None else figure.high)


def _lowest(rows: Mapping[str, Interval]) -> float:
    return min((_ends(f)[0] for f in rows.values() if f.value is not None), default=0.0)


def _in_words(rows: Mapping[str, Interval]) -> str:
    return "; ".join(f"{n}: {f.value:.3f}" for n, f in rows.items() if f.value is not None)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _rows_height(rows: int) -> float:
    return 0.65 + 0.45 * rows


def _floats(values: Sequence[float | None]) -> FloatArray:
    return np.array([np.nan if v is None else v for v in values], dtype=float)
