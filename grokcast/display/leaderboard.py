"""The leaderboard in a terminal."""

from collections.abc import Sequence

from grokcast.display.console import OUT
from grokcast.display.tables import show_table
from predictor.leaderboard.page import entry_table, leaderboard_table, verdict_text
from predictor.leaderboard.result import Result


def show_result(result: Result) -> None:
    """Print the figures of one entry, and what they come to."""
    show_table(entry_table(result))
    OUT.print(verdict_text(result), highlight=False)


def show_results(results: Sequence[Result]) -> None:
    """Print the table of the first task."""
    if not results:
        OUT.print("no results yet: grokcast leaderboard run FILE makes one", highlight=False)
        return
    show_table(leaderboard_table(results))
