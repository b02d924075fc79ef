"""Rows of stored things, one a line."""

from typing import Any

from rich.table import Table

from grokcast.display.console import OUT


def show_rows(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    """Print some columns of rows, one row a line; what is missing stays empty."""
    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in columns))
    OUT.print(table, highlight=False)
