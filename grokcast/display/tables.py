"""Tables of figures in a terminal."""

from rich.table import Table as Grid

from grokcast.display.console import OUT
from predictor.report.table import Table


def show_table(table: Table, *, intervals: bool = True) -> None:
    """Print a table under its title and over its note; without intervals where a terminal is too narrow for them."""
    grid = Grid(title=table.title, title_justify="left")
    for k, column in enumerate(table.columns):
        grid.add_column(column.title, justify="right" if k else "left", overflow="fold")
    for row in table.texts():
        grid.add_row(*(str(text) if intervals else text.value for text in row))
    OUT.print(grid)
    if table.note:
        OUT.print(table.note, highlight=False)
    OUT.print()
