"""Pages that hold a history in their midst: Markdown with fences, tables of LaTeX and of HTML, outputs of a notebook."""

import html
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from training_runs.readers.markup_tables import as_html, tables_in_markup

_LONGEST_TABLE = 200_000  # characters
_MOST_TABLES = 50
_FENCES = ("```", "~~~")
_HTML_TABLE = re.compile(r"<(?:tr|pre)\b", re.IGNORECASE)
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9]*)(?P<rest>[^<>]*)>|(?P<text>[^<]+|<)")
_CELLS = {"td", "th", "pre"}
_COLSPAN = re.compile(r"\bcolspan\s*=\s*[\"']?(\d{1,2})\b", re.IGNORECASE)
_TABULAR = re.compile(r"\\begin\{(?P<kind>tabular[*xy]?|longtable)\}(?:\[[^\[\]]*\])?(?:\{[^{}]*\})*")
_END_OF_ROW = re.compile(r"\\\\(?:\[[^\]]{,20}\])?\s*(?:\\[a-z]+(?:\{[^}]{,20}\})?\s*)*$")
_MERGED = re.compile(r"\\multicolumn\{(\d{1,2})\}\{[^{}]*\}")
_CAPTION = re.compile(r"\\caption\{(?P<said>[^{}]{,500})\}")
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
    text = as_html(text)
    if is_web_page(text):
        return _of_html(text)
    return _fenced(text) or _of_latex(text) or tables_in_markup(text)


def _fenced(text: str) -> list[str]:
    """Return what stands between the fences of Markdown."""
    parts: list[str] = []
    if not any(fence in text for fence in _FENCES):
        return parts
    fence, inside = "", ""
    for line in text.splitlines(keepends=True):
        mark = line.strip()[:3]
        if not fence and mark in _FENCES:
            fence, inside = mark, ""
        elif fence and line.strip() == fence:
            parts.append(inside)
            fence = ""
        else:
            inside += line
    return parts


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


def _of_html(text: str) -> list[str]:
    """Return the tables of a page, cells divided by tabs, and its texts as they were printed (`<pre>`).

    `html.parser` takes minutes for a page of unclosed tags; here each character is looked at once.
    """
    parts = [""]
    said: list[str] | None = None  # of the cell or the printed text that is open
    width = 1
    for tag in _TAG.finditer(text):
        name, is_end = (tag["name"] or "").lower(), bool(tag["end"])
        if said is not None and tag["text"]:
            said.append(tag["text"])
        if name in _CELLS | {"tr", "table"} and said is not None:  # an end may be left out
            words = html.unescape("".join(said))
            parts[-1] += words if is_end and name == "pre" else " ".join(words.split()) + "\t" * width
            said = None
        if name in _CELLS and not is_end:
            said, width = [], _whole(_COLSPAN.search(tag["rest"]))
        if name in ("table", "pre") and not is_end:
            parts.append("")
        elif name == "tr" and is_end:
            parts[-1] = parts[-1].removesuffix("\t") + "\n"
    return parts


def _whole(found: re.Match[str] | None) -> int:
    """Return the columns that a merged cell is over."""
    return int(found[1]) if found else 1


def _of_latex(text: str) -> list[str]:
    """Return the tables of LaTeX, rows a line and cells divided by tabs, each below what its caption says."""
    rows = [line.rstrip() for line in text.splitlines() if "&" in line]
    if not rows or not (_TABULAR.search(text) or all(map(_END_OF_ROW.search, rows))):
        return []
    said = "".join(f"# {_plainly(found['said'])}\n" for found in _CAPTION.finditer(text))
    begins = islice(_TABULAR.finditer(text), _MOST_TABLES)
    bodies = [text[found.end() : end] for found in begins if (end := _end(text, found)) > 0] or [text]
    return [said + "".join(map(_row, re.split(r"\\\\(?:\[[^\]]*\])?|\\tabularnewline", body))) for body in bodies]


def _end(text: str, begin: re.Match[str]) -> int:
    return text.find(f"\\end{{{begin['kind']}}}", begin.end(), begin.end() + _LONGEST_TABLE)


def _row(text: str) -> str:
    cells: list[str] = []
    for cell in re.split(r"(?<!\\)&", _RULES.sub(" ", text)):
        merged = _MERGED.search(cell)
        cells += [_plainly(_MERGED.sub("", cell)), *[""] * (_whole(merged) - 1)]
    return "\t".join(cells) + "\n" if any(cells) else ""


def _plainly(text: str) -> str:
    for pattern, plain in _PLAINLY:
        text = pattern.sub(plain, text)
    return " ".join(text.split())
