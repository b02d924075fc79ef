"""Headers of several rows: `train` above `loss`, or units below the names."""

from collections.abc import Sequence

from training_runs.readers.step_lists import counts
from training_runs.readers.units import has_unit

_UNITS = {"%", "nats", "nat", "bits", "bit", "s", "sec", "ms", "min", "h", "k"}


def joined_names(rows: Sequence[Sequence[str]]) -> list[str] | None:
    """Return the names that the rows of a header say together; None where one row says them.

    A name that is empty in a row above another is that before it, as merged cells of a sheet are written.

    >>> joined_names([["", "train", "", "val", ""], ["step", "loss", "acc", "loss", "acc"]])
    ['step', 'train loss', 'train acc', 'val loss', 'val acc']
    >>> joined_names([["step", "val_acc"], ["(updates)", "%"]]), joined_names([["a", "b"], ["step", "val_acc"]])
    (['step', 'val_acc (%)'], None)
    """
    at = [k for k, row in enumerate(rows) if any(counts(cell) for cell in row if not cell.startswith(("(", "[")))]
    if len(rows) < 2 or len(at) != 1:
        return None
    row = rows[at[0]]
    if at[0] == len(rows) - 1 and len(set(row)) == len(row):
        return None
    filled = [*map(_filled, rows[:-1]), [*rows[-1]]]
    return [_joined(column, column[at[0]]) for column in zip(*filled, strict=True)]


def _filled(row: Sequence[str]) -> list[str]:
    last, filled = "", []
    for cell in row:
        last = cell or last
        filled.append(last)
    return filled


def _joined(words: Sequence[str], name: str) -> str:
    said = [f"({word})" if word in _UNITS else word for word in words if word and word != "-"]
    both = " ".join(dict.fromkeys(said))
    return name if counts(name) and not has_unit(both) else both
