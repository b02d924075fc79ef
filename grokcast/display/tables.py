"""Tables of figures in a terminal."""

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as Grid

from grokcast.display.console import OUT, WIDEST, out_for_tables
from predictor.report.table import Table

_NAME_WIDTH = 20  # characters that the names of rows keep in a narrow terminal


def show_table(table: Table) -> None:
    """Print a table under its title and over its note; in a narrow terminal without intervals, then without lines."""
    out, grid = out_for_tables(), _grid(table, intervals=True)
    if not _fits(grid, out):
        grid = _grid(table, intervals=False)
    if not _fits(grid, out):
        _narrow(grid, table, out)
    out.print(grid)
    if table.note:
        OUT.print(table.note, highlight=False)
    OUT.print()


def _grid(table: Table, *, intervals: bool) -> Grid:
    grid = Grid(title=table.title, title_justify="left")
    for k, column in enumerate(table.columns):
        grid.add_column(column.title, justify="right" if k else "left", overflow="fold")
    for row in table.texts():
        grid.add_row(*(str(text) if intervals else text.value for text in row))
    return grid


def _fits(grid: Grid, out: Console) -> bool:
    return Measurement.get(out, out.options.update(width=WIDEST), grid).maximum <= out.width


def _narrow(grid: Grid, table: Table, out: Console) -> None:
    """Give columns the width of their longest word; where that is still too wide, of the names alone.

    rich keeps widths that it is given. A least width it does not count, and the last columns are cut.
    """
    grid.box, grid.padding = None, (0, 1, 0, 0)
    texts = [[column.title for column in table.columns], *([text.value for text in row] for row in table.texts())]
    for column, cells in zip(grid.columns, zip(*texts, strict=True), strict=True):
        column.width = max(len(word) for cell in cells for word in cell.split() or [""])
    grid.columns[0].width = min(max(len(row[0]) for row in texts), _NAME_WIDTH)
    if not _fits(grid, out):
        for column in grid.columns[1:]:
            column.width = None
