"""A table of figures, and the text of its cells: the same in Markdown, in a terminal and on the page."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from predictor.benchmark.bootstrap import Interval

Cell = str | bool | int | float | Interval | None
"""Words, a yes or no, a count, a figure, a figure with its interval, or None where nothing is known."""

_UNKNOWN = "–"


class CellText(NamedTuple):
    """The text of a cell: its value, and its interval in brackets where it has one."""

    value: str
    interval: str = ""

    def __str__(self) -> str:
        return f"{self.value} {self.interval}" if self.interval else self.value


@dataclass(frozen=True)
class Column:
    """What stands over a column, and to how many decimals its figures are given."""

    title: str
    digits: int = 3


@dataclass(frozen=True)
class Table:
    """Rows of cells under named columns; `note` is what a reader must know to read them."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.title}: {len(row)} cells under {len(self.columns)} columns: {row}")

    def only(self, *titles: str) -> "Table":
        """Return the columns of these titles, in this order."""
        position = {column.title: k for k, column in enumerate(self.columns)}
        kept = [position[title] for title in titles]
        return replace(
            self,
            columns=tuple(self.columns[k] for k in kept),
            rows=tuple(tuple(row[k] for k in kept) for row in self.rows),
        )

    def texts(self) -> list[list[CellText]]:
        """Return the text of every cell, row by row."""
        return [[cell_text(cell, c.digits) for cell, c in zip(row, self.columns, strict=True)] for row in self.rows]


def columns(*titles: str) -> tuple[Column, ...]:
    """Return columns with three decimals."""
    return tuple(Column(title) for title in titles)


def cell_text(cell: Cell, digits: int = 3) -> CellText:
    """Return the text of a cell; a dash where a figure, or its interval, is not defined."""
    if isinstance(cell, Interval):
        if cell.value is None or cell.low is None or cell.high is None:
            return CellText(_UNKNOWN)
        value, low, high = (f"{number:,.{digits}f}" for number in (cell.value, cell.low, cell.high))
        return CellText(value, f"[{low}, {high}]")
    if cell is None:
        return CellText(_UNKNOWN)
    if isinstance(cell, bool):
        return CellText("yes" if cell else "no")
    if isinstance(cell, str):
        return CellText(cell)
    return CellText(f"{cell:,}" if isinstance(cell, int) else f"{cell:,.{digits}f}")


def figure_text(figure: Cell, digits: int = 3) -> str:
    """Return `value [low, high]`; a dash where a figure is not defined."""
    return str(cell_text(figure, digits))
