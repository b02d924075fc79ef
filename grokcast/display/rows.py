"""Rows of stored things or of forecasts, one a line under a header."""

from collections.abc import Collection, Sequence

from rich.measure import Measurement
from rich.table import Table

from grokcast.display.console import WIDEST, out_for_tables


def show_rows(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    left: Collection[str] | None = None,
    first_to_go: Sequence[str] = (),
) -> None:
    """Print rows under the names of their columns; what is missing (None) stays empty.

    Parameters
    ----------
    left : columns aligned at the left, None for all; numbers stand at the right.
    first_to_go : columns that are left out, one after the other, while the terminal is too narrow for all.
    """
    shown = list(columns)
    out = out_for_tables()

    def table() -> Table:
        grid = Table(box=None, pad_edge=False)
        for name in shown:
            grid.add_column(name, justify="left" if left is None or name in left else "right", overflow="fold")
        for row in rows:
            cells = dict(zip(columns, row, strict=True))
            grid.add_row(*("" if cells[name] is None else str(cells[name]) for name in shown))
        return grid

    for name in first_to_go:
        if Measurement.get(out, out.options.update(width=WIDEST), table()).maximum > out.width:
            shown.remove(name)
    if rows:
        out.print(table(), highlight=False)
