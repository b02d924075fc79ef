"""How the report's drawings are made: matplotlib's SVG (the extra `plots`), turned into a part of the page.

Text stays text and every colour is a CSS variable of the page, so one drawing serves light and dark, any font and any
width. Legends are left to the page, where they wrap.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training_runs.extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

# Colours that no one would choose, each to be replaced by the page's variable.
INK, MUTED, LINE, FAINT = "#010203", "#010204", "#010205", "#010206"
SERIES = [f"#0102{0x10 + k:02x}" for k in range(8)]
_VARIABLES = {INK: "--ink", MUTED: "--muted", LINE: "--line", FAINT: "--faint"} | {
    colour: f"--series-{k}" for k, colour in enumerate(SERIES)
}
MARKERS = {"o": "●", "s": "■", "^": "▲", "D": "◆", "v": "▼", "P": "✚", "X": "✖", "*": "★"}
DASHES: dict[str, Any] = {"solid": "-", "dashed": (0, (5, 2)), "dotted": (0, (1.5, 1.5))}

WIDTH = 4.6  # inches: as wide as a phone at the size of its text
_STYLE: Any = {
    "font.size": 10.5,
    "svg.fonttype": "none",
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "grid.color": FAINT,
    "grid.linewidth": 0.8,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "axes.axisbelow": True,
}


@dataclass(frozen=True)
class Entry:
    """A line of a legend: the number of its colour, its mark (a character, or the style of a line), its words."""

    series: int
    mark: str
    text: str


@dataclass(frozen=True)
class Drawing:
    """An SVG element without width or height, what it shows in words, and its legend."""

    svg: str
    description: str
    legend: list[Entry] = field(default_factory=list)


def drawn_svg(name: str, draw: "Callable[[Axes], None]", height: float) -> str:
    """Draw on one pair of axes and return it as an SVG element to stand in a page, its ids made the page's own.

    Raises
    ------
    InvalidInput : matplotlib is not installed.
    """
    return drawn_panels(name, lambda canvas: draw(canvas.subplots()), height)


def drawn_panels(name: str, draw: "Callable[[Canvas], None]", height: float) -> str:
    """Draw on a canvas, which may have several pairs of axes; else as `drawn_svg`.

    Raises
    ------
    InvalidInput : matplotlib is not installed.
    """
    require("matplotlib", extra="plots")
    from matplotlib import rc_context
    from matplotlib.figure import Figure as Canvas

    text = StringIO()
    with rc_context({**_STYLE, "svg.hashsalt": name}):
        canvas = Canvas(figsize=(WIDTH, height), layout="constrained")
        draw(canvas)
        canvas.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return _inlined(text.getvalue(), name)


def _inlined(svg: str, name: str) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)  # would hold for the whole page
    svg = re.sub(r'<svg [^>]*viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true">', svg, count=1)
    svg = re.sub(r'\bid="([^"]*)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]*)\)", rf"url(#{name}-\1)", svg)
    svg = re.sub(r'xlink:href="#([^"]*)"', rf'href="#{name}-\1"', svg)
    svg = svg.replace('xlink:href="data:', 'href="data:')  # an image; the namespace went with the head
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    return svg.strip()


def standing_alone(svg: str) -> str:
    """Return a drawing as a file of its own: in the page's light colours, on white, with a size."""
    colours = dict(
        re.findall(r"(--[\w-]+): (#\w+)", (Path(__file__).parent / "report.css").read_text().split("@media")[0])
    )
    for variable, colour in colours.items():
        svg = svg.replace(f"var({variable})", colour)
    width, height = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)[0]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" style="background:#fff"'
    return svg.replace("<svg", head, 1) + "\n"
