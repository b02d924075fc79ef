"""Runs that were trained again, beside themselves, in a terminal."""

from collections.abc import Sequence

from grokcast.display.tables import show_table
from predictor.report.table import Table, columns
from training_runs.generator.made_again import MadeAgain
from training_runs.labelled_run import LabelledRun


def show_made_again(pairs: Sequence[MadeAgain]) -> None:
    """Print a run a line, and how many end alike."""
    rows = tuple(
        (
            pair.kept.run.run_id,
            pair.kept.family,
            f"{len(pair.same)} of {pair.signals}",
            f"{pair.alike_until:,} of {pair.kept.run.trajectory.observed_until:,}",
            _end(pair.kept),
            _end(pair.again),
        )
        for pair in pairs
    )
    header = columns("run", "task", "signals bit for bit", "losses alike to step", "ended", "again")
    alike = sum(pair.ends_alike for pair in pairs)
    note = f"{alike} of {len(pairs)} end alike: in one class, with onsets at most a tenth apart."
    show_table(Table("Runs trained again", header, rows, note))


def _end(labelled: LabelledRun) -> str:
    onset = labelled.generalized.step
    return labelled.outcome if onset is None else f"{labelled.outcome}, onset {onset:,}"
