"""The pictures of a corpus's datasheet, drawn with matplotlib (the extra `plots`)."""

from collections.abc import Callable, Sequence
from io import BytesIO
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from training_runs.datasheet.tables import grouped
from training_runs.extras import require
from training_runs.labelled_run import LabelledRun
from training_runs.onset import OUTCOMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe & Ito's palette: told apart by people who do not see every colour.
_OUTCOME_COLOURS = {
    "grokking": "#0072B2",
    "comprehension": "#56B4E9",
    "memorization": "#E69F00",
    "confusion": "#999999",
}
_FAMILY_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999")
_STYLE: Any = {
    "font.size": 9,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "legend.frameon": False,
    "legend.fontsize": 8,
}
_DPI = 150
_COLOURS = 64
_PILOT_LIMIT = 2.7  # over sqrt(p): the share of pairs from which pilot runs began to generalise

Draw = Callable[["Axes", Sequence[LabelledRun]], None]


def draw_pictures(runs: Sequence[LabelledRun], folder: Path) -> None:
    """Write every picture of `PICTURES` as a small PNG into a folder, which is made if need be.

    Raises
    ------
    InvalidInput : matplotlib is not installed.
    """
    require("matplotlib", extra="plots")
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    for name, (draw, size) in PICTURES.items():
        with rc_context(_STYLE):
            figure = Figure(figsize=size, layout="constrained")
            draw(figure.subplots(), runs)
            _save(figure, folder / f"{name}.png")


def _save(figure: "Figure", path: Path) -> None:
    """Write a figure with a palette instead of full colours: a third of the bytes, and no difference to the eye."""
    from PIL import Image

    drawn = BytesIO()
    figure.savefig(drawn, dpi=_DPI)
    Image.open(drawn).convert("RGB").quantize(_COLOURS).save(path, optimize=True)


def _outcomes(axes: "Axes", runs: Sequence[LabelledRun]) -> None:
    """Draw the share of each outcome, a bar a family."""
    groups = grouped(runs, lambda r: r.family)
    names = [f"{family}  {len(group):,}" for family, group in groups.items()]
    left = np.zeros(len(groups))
    for outcome in OUTCOMES:
        shares = np.array([100 * np.mean([r.outcome == outcome for r in group]) for group in groups.values()])
        bars = axes.barh(names, shares, left=left, color=_OUTCOME_COLOURS[outcome], label=outcome, height=0.72)
        texts = [f"{s:.0f}" if s >= 4 else "" for s in shares]
        dark = outcome in ("grokking", "confusion")
        axes.bar_label(bars, texts, label_type="center", color="white" if dark else "#222222", fontsize=8)
        left += shares
    axes.invert_yaxis()
    axes.set(xlim=(0, 100), xlabel="% of the family's runs, by their budget")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    _legend_above(axes, ncols=len(OUTCOMES))


def _delays(axes: "Axes", runs: Sequence[LabelledRun]) -> None:
    """Draw onset over memorisation step by family, and for how long the others were watched."""
    groups = grouped([r for r in runs if r.delay_ratio is not None], lambda r: r.family)
    ratios = [np.log10([r.delay_ratio or 1 for r in group]) for group in groups.values()]
    watched = np.log10([r.budget_ratio or 1 for r in _watched_in_vain(runs)])
    every = np.concatenate([*ratios, watched, np.zeros(1)])
    bins = np.arange(np.floor(8 * every.min()), 8 * every.max() + 2) / 8  # of a decade
    if groups:
        colours = [_family_colour(runs, family) for family in groups]
        axes.hist(ratios, bins.tolist(), stacked=True, color=colours, label=list(groups))
    counts, _ = np.histogram(watched, bins)
    axes.stairs(counts, bins, color="#444444", linewidth=1, label="no onset: its budget")
    _decades(axes, bins[0], bins[-1])
    axes.set(xlabel="onset step / memorisation step", ylabel="runs")
    _legend_above(axes, ncols=len(groups) + 1)


def _watched_in_vain(runs: Sequence[LabelledRun]) -> list[LabelledRun]:
    """Return runs that memorised and could have generalised, but did not within their budget."""
    return [r for r in runs if r.negative and not r.run.blocked and r.run.status != "diverged" and r.budget_ratio]


def _decades(axes: "Axes", low: float, high: float) -> None:
    """Write powers of ten under an axis of logarithms."""
    ticks = range(int(np.ceil(low)), int(high) + 1)
    axes.set_xticks(list(ticks), [f"{10.0**t:g}x" for t in ticks])


def _data(axes: "Axes", runs: Sequence[LabelledRun]) -> None:
    """Draw train fraction against modulus, coloured by outcome, of modular runs that are not blocked."""
    shown = [r for r in runs if r.family == "modular" and not r.run.blocked]
    shown = [r for r in shown if r.run.context.modulus and r.run.context.train_fraction]
    moduli = sorted({r.run.context.modulus or 0 for r in shown})
    # Points of one modulus would hide one another.
    jitter = np.random.default_rng(0).uniform(-0.32, 0.32, len(shown))
    places = jitter + [moduli.index(r.run.context.modulus or 0) for r in shown]
    fractions = np.array([r.run.context.train_fraction for r in shown], dtype=float)
    for outcome in OUTCOMES:
        of = np.array([r.outcome == outcome for r in shown], dtype=bool)
        axes.scatter(
            places[of],
            fractions[of],
            s=11,
            alpha=0.75,
            linewidths=0,
            color=_OUTCOME_COLOURS[outcome],
            label=outcome,
        )
    limit = [_PILOT_LIMIT / p**0.5 for p in moduli]
    axes.plot(limit, color="#444444", linewidth=0.9, dashes=(4, 3), zorder=0)
    axes.set_xticks(range(len(moduli)), [str(p) for p in moduli])
    axes.tick_params(axis="x", length=0)
    axes.set(xlabel="modulus p", ylabel="share of all pairs that train", ylim=(0.1, 0.95))
    _legend_above(axes, ncols=len(OUTCOMES))


def _seeds(axes: "Axes", runs: Sequence[LabelledRun]) -> None:
    """Draw the onsets of two seeds of one configuration against each other."""
    seen = [r for r in runs if r.generalized.step]
    for family, group in grouped(seen, lambda r: r.family).items():
        pairs = _pairs_of_seeds(group)
        if pairs:
            earlier, later = zip(*pairs, strict=True)
            colour = _family_colour(runs, family)
            axes.scatter(earlier, later, s=14, alpha=0.75, linewidths=0, color=colour, label=family)
    axes.set(xscale="log", yscale="log")
    axes.set(xlabel="onset of the earlier seed", ylabel="onset of the later seed")
    ends = np.array(axes.get_xlim())
    for factor, name in ((1, "equal"), (2, "2x")):
        axes.plot(ends, factor * ends, color="#888888", linewidth=0.8, dashes=(4, 3), zorder=0)
        axes.annotate(
            name,
            (ends[1], factor * ends[1]),
            xytext=(3, -3),
            textcoords="offset points",
            color="#666666",
            fontsize=8,
            annotation_clip=False,
        )
    axes.set(xlim=ends, ylim=(ends[0], 2.2 * ends[1]))
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left")


def _pairs_of_seeds(runs: Sequence[LabelledRun]) -> list[list[int]]:
    """Return the onset steps of every two runs of one configuration, the earlier first."""
    return [
        sorted((a.generalized.step or 0, b.generalized.step or 0))
        for seeds in grouped(runs, lambda r: r.run.configuration_id).values()
        for a, b in combinations(seeds, 2)
    ]


def _legend_above(axes: "Axes", ncols: int) -> None:
    axes.legend(
        ncols=ncols,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        handlelength=1,
        columnspacing=1,
        handletextpad=0.4,
    )


def _family_colour(runs: Sequence[LabelledRun], family: str) -> str:
    """Return the colour of a family, the same in every picture of these runs."""
    place = list(grouped(runs, lambda r: r.family)).index(family)
    return _FAMILY_COLOURS[place % len(_FAMILY_COLOURS)]


# Name of the file, without its ending: what draws it, and its size in inches.
PICTURES: dict[str, tuple[Draw, tuple[float, float]]] = {
    "outcomes": (_outcomes, (7.0, 2.6)),
    "delays": (_delays, (7.0, 3.0)),
    "data": (_data, (7.0, 3.4)),
    "seeds": (_seeds, (4.2, 3.8)),
}
