"""Tables of the benchmark's report: trees of figures as HTML."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from predictor.benchmark.methods import FORECASTER
from predictor.benchmark.plots import Figure

Tree = Mapping[str, Any]
"""Names to figures, numbers or words, or to further trees; drawn as a table with a row for each tree that holds some."""

_WORDS = {
    "auroc": "AUROC",
    "auroc_all": "AUROC, all negatives",
    "auroc_blocked": "AUROC, blocked only",
    "average_precision": "average precision",
    "brier": "Brier",
    "log10_mae": "log10 MAE",
    "mape": "MAPE",
    "c_index": "C-index",
    "ibs": "integrated Brier",
    "coverage90": "coverage of 90 %",
    "context_only_auroc": "AUROC, context only",
    "context_only_log10_mae": "log10 MAE, context only",
    "target_fpr": "FPR aimed at",
    "fpr": "FPR",
    "fpr_bound": "FPR, 95 % bound",
    "lead_steps": "median lead (steps)",
    "lead_share": "median lead / delay",
    "kept": "grokking runs kept",
    "compute": "compute spent",
    "with_context": "context",
    "horizon": "horizon (x landmark)",
}


def tree_table(tree: Tree | None, title: str, note: str = "") -> str:
    """Return a table with a row for each branch that holds some figures; nothing where none does."""
    rows = [{"": name, **cells} for name, cells in _flat(tree or {})]
    return rows_table(rows, title, note)


def _flat(tree: Tree, path: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the cells of each branch that holds some."""
    cells = {k: v for k, v in tree.items() if is_cell(v)}
    if cells:
        yield " · ".join(path), cells
    for name, branch in tree.items():
        if isinstance(branch, Mapping) and not is_figure(branch):
            yield from _flat(branch, (*path, str(name)))


def rows_table(rows: Sequence[Tree], title: str, note: str = "") -> str:
    """Return a table of rows, a column for each name that one of them has."""
    columns = list(dict.fromkeys(k for row in rows for k in row))
    if not columns:
        return ""
    head = "".join(f'<th scope="col">{escape(words_of(c))}</th>' for c in columns)
    body = "\n".join(_row(row, columns) for row in rows)
    note = f'<p class="note">{escape(note)}</p>' if note else ""
    return (
        f'<div class="table" role="region" tabindex="0" aria-label="{escape(title)}">\n'
        f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody></table></div>{note}"
    )


def _row(row: Tree, columns: Sequence[str]) -> str:
    first, *others = columns
    cells = "".join(f"<td>{_cell(row.get(c))}</td>" for c in others)
    own = ' class="own"' if row.get(first) == FORECASTER else ""
    return f'<tr{own}><th scope="row">{_cell(row.get(first))}</th>{cells}</tr>'


def _cell(value: Any) -> str:
    interval = interval_text(value)
    return value_text(value) + (f" <small>{interval}</small>" if interval else "")


def is_figure(value: Any) -> bool:
    """Say whether something is a figure with its interval."""
    return isinstance(value, Mapping) and "value" in value


def is_cell(value: Any) -> bool:
    """Say whether something stands in one cell of a table."""
    return value is None or isinstance(value, (int, float, str)) or is_figure(value)


def as_figure(value: Any) -> Figure:
    """Return a figure, without an interval if it comes as a plain number."""
    if isinstance(value, Mapping):
        return {"value": value.get("value"), "low": value.get("low"), "high": value.get("high")}
    return {"value": value, "low": None, "high": None}


def value_of(figure: Any) -> Any:
    """Return the value of a figure, or the plain number that it is."""
    return figure.get("value") if isinstance(figure, Mapping) else figure


def value_text(figure: Any) -> str:
    """Return the value of a cell as HTML."""
    value = value_of(figure)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(value) if isinstance(value, str) else number_text(value)


def interval_text(figure: Any) -> str:
    """Return the interval of a figure; nothing where it has none."""
    if not isinstance(figure, Mapping) or figure.get("low") is None or figure.get("high") is None:
        return ""
    return f"[{number_text(figure['low'])}, {number_text(figure['high'])}]"


def number_text(value: float | int | None) -> str:
    """Return a number as it stands in a table: counts with separators, three decimals for the rest."""
    if value is None:
        return "–"
    whole = isinstance(value, int) or abs(value) >= 100
    return f"{value:,.0f}" if whole else f"{value:.3f}"


def count_text(value: Any) -> str:
    """Return a count with separators; a dash where it is not known."""
    return "–" if value is None else f"{value:,}"


def words_of(name: str) -> str:
    """Return what a key is called on the page."""
    return _WORDS.get(name, name.replace("_", " "))
