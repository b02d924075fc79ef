"""Tables as CSV that is safe to open: a spreadsheet runs a cell that begins like a formula, and names of runs are other people's."""

from typing import TYPE_CHECKING, Any

from training_runs.escapes import printable

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def print_csv(table: "pd.DataFrame") -> None:
    """Print a table; what a spreadsheet would run begins with an apostrophe, and control characters are written out."""
    print(table.rename(columns=_safe).map(_safe).to_csv(index=False), end="")


def _safe(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return printable(f"'{value}" if value.lstrip(" \n").startswith(_FORMULA) else value)
