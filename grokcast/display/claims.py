"""The papers' claims in a terminal."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from grokcast.display.console import OUT
from predictor.reproduction.registry import CLAIMS
from predictor.reproduction.results import Result


def show_claims(names: Sequence[str], results: Mapping[str, Result]) -> None:
    """Print claims, and what became of each."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for name in names:
        claim, result = CLAIMS[name], results.get(name)
        became = "not run yet" if result is None else result.verdict or "not decided"
        table.add_row(name, f"{claim.paper}, {claim.figure}: {claim.states}", became)
    OUT.print(table, highlight=False)
