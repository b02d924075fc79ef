"""Pages that hold a history in their midst: Markdown with fences, tables of LaTeX and of HTML, outputs of a notebook."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

_FENCED = re.compile(r"^[ \t]*(```|~~~)[^\n`]*\n(?P<inside>.*?)^[ \t]*\1[ \t]*$", re.MULTILINE | re.DOTALL)
_HTML_TABLE = re.compile(r"<(?:tr|pre)\b", re.IGNORECASE)
_LATEX_ROW = re.compile(r"&[^\n]*\\\\|\\begin\{(?:tabular|longtable)")
_TABULAR = re.compile(
    r"\\begin\{(?P<kind>tabular[*xy]?|longtable)\}(?:\[[^\]]*\])?(?:\{[^{}]*\})*(?P<inside>.*?)\\end\{(?P=kind)\}",
    re.DOTALL,
)
_CAPTION = re.compile(r"\\caption\{(?P<said>[^{}]*)\}")
_RULES = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot|cline\{[^}]*\}|cmidrule(?:\([^)]*\))?\{[^}]*\}"
    r"|rowcolor\{[^}]*\}|addlinespace(?:\[[^\]]*\])?)"
)
# What a cell says in commands, in plain characters.
_PLAINLY = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"\\multirow\{[^{}]*\}\{[^{}]*\}", ""),
        (r"\s*(?:\\times|\\cdot)\s*10\^\{?(-?\d+)\}?", r"e\1"),
        (r"\\pm", "\u00b1"),
        (r"\{,\}", ","),
        (r"\\([%_&#$])", r"\1"),
        (r"\\(?:SI|qty)\{([^{}]*)\}\{\\?percent\}", r"\1%"),
        (r"\\[A-Za-z]+\s*|(?<!\\)[{}$]|~", " "),
        (r"(?<=\d)\s+%", "%"),
    )
)


def parts_of_page(text: str) -> list[str]:
    r"""Return the texts that a page holds, each a table or what a program printed; none of a text that is no page.

    >>> parts_of_page("My log:\n```\nstep 1 loss 2\n```\nWill it grok?")
    ['step 1 loss 2\n']
    >>> parts_of_page(r"step & val acc \\ \hline 100 & $\mathbf{0.5}$ \\")
    ['step\tval acc\n100\t0.5\n']
    """
    if '"cells"' in text and (outputs := _of_notebook(text)):
        return outputs
    if is_web_page(text):
        return _of_html(text)
    return [found["inside"] for found in _FENCED.finditer(text)] or _of_latex(text)


def is_web_page(text: str) -> bool:
    """Return True for HTML with a table, or with a text as it was printed."""
    return text.lstrip().startswith("<") and _HTML_TABLE.search(text) is not None


def _of_notebook(text: str) -> list[str]:
    """Return what the cells of a notebook printed and showed."""
    try:
        cells = json.loads(text)["cells"]
        return list(_outputs(cells))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return []


def _outputs(cells: list[dict[str, Any]]) -> Iterator[str]:
    for output in (output for cell in cells for output in cell.get("outputs", [])):
        shown = output.get("data", {})
        for content in (output.get("text"), shown.get("text/html"), shown.get("text/plain")):
            said = "".join(content) if isinstance(content, list) else content
            if isinstance(said, str):
                yield from _of_html(said) if content is shown.get("text/html") else [said]


class _Page(HTMLParser):
    """Collects the tables of a page, cells divided by tabs, and its texts as they were printed (`<pre>`)."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._text: list[str] | None = None  # of the cell or the printed text that is open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("table", "pre"):
            self.parts.append("")
        if tag in ("td", "th", "pre"):
            self._end()
            self._text = []
            self._columns = _whole(dict(attrs).get("colspan"))
            self._is_cell = tag != "pre"
        elif tag in ("tr", "br"):
            self._end()

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "pre", "tr", "table"):
            self._end()
        if tag == "tr" and self.parts:
            self.parts[-1] = self.parts[-1].removesuffix("\t") + "\n"

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def _end(self) -> None:
        if self._text is None:
            return
        said = "".join(self._text)
        if not self.parts:  # rows of no table
            self.parts.append("")
        self.parts[-1] += " ".join(said.split()) + "\t" * self._columns if self._is_cell else said
        self._text = None


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and int(text) < 100 else 1


def _of_html(text: str) -> list[str]:
    page = _Page()
    page.feed(text)
    page.close()
    return page.parts


def _of_latex(text: str) -> list[str]:
    """Return the tables of LaTeX, rows a line and cells divided by tabs, each below what its caption says."""
    if not _LATEX_ROW.search(text):
        return []
    said = "".join(f"# {_plainly(found['said'])}\n" for found in _CAPTION.finditer(text))
    bodies = [found["inside"] for found in _TABULAR.finditer(text)] or [text]
    return [said + "".join(map(_row, re.split(r"\\\\(?:\[[^\]]*\])?|\\tabularnewline", body))) for body in bodies]


def _row(text: str) -> str:
    cells: list[str] = []
    for cell in re.split(r"(?<!\\)&", _RULES.sub(" ", text)):
        merged = re.search(r"\\multicolumn\{(\d+)\}\{[^{}]*\}", cell)
        cells += [
            _plainly(cell.replace(merged[0], "") if merged else cell),
            *[""] * (_whole(merged[1]) - 1 if merged else 0),
        ]
    return "\t".join(cells) + "\n" if any(cells) else ""


def _plainly(text: str) -> str:
    for pattern, plain in _PLAINLY:
        text = pattern.sub(plain, text)
    return " ".join(text.split())
