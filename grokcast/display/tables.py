"""Tables of figures in a terminal."""

from rich.measure import Measurement
from rich.table import Table as Grid

from grokcast.display.console import OUT, WIDEST, out_for_tables
from predictor.report.table import Table

_NAME_WIDTH = 20  # characters that the names of rows keep in a narrow terminal


def show_table(table: Table) -> None:
    """Print a table under its title and over its note; without intervals where the terminal is too narrow for them."""
    out, grid = out_for_tables(), _grid(table, intervals=True)
    if Measurement.get(out, out.options.update(width=WIDEST), grid).maximum > out.width:
        grid = _grid(table, intervals=False)
    out.print(grid)
    if table.note:
        OUT.print(table.note, highlight=False)
    OUT.print()


def _grid(table: Table, *, intervals: bool) -> Grid:
    grid = Grid(title=table.title, title_justify="left")
    longest = max((len(row[0].value) for row in table.texts()), default=0)
    for k, column in enumerate(table.columns):
        grid.add_column(column.title, justify="right" if k else "left", overflow="fold")
    grid.columns[0].min_width = min(longest, _NAME_WIDTH)
    for row in table.texts():
        grid.add_row(*(str(text) if intervals else text.value for text in row))
    return grid
