"""The tables of docs/gaps.md: `python -m predictor.report.gaps [EXTERNAL]` prints them.

Of the corpus, and of the public runs in the folder EXTERNAL: one run of each configuration. The horizon of a run of the corpus is its
budget, of a public one ten times the last step, since their ends were not fixed beforehand.
"""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from predictor.benchmark.gaps import Horizon, SignalWorth, Worth, signal_worth, told, worth
from predictor.benchmark.result import ContextGiven
from predictor.report.markdown import markdown_section
from predictor.report.table import Table, columns
from predictor.store import ForecasterStore
from training_runs import Run, archive
from training_runs.readers import read_source_folder

_CONFIGURATIONS = 400  # of the corpus: all of them would take ten minutes on one core
_PUBLIC_HORIZON = 10  # times the last step
_CONTEXTS: tuple[ContextGiven, ...] = ("half", "none")
_COLUMNS = columns(
    *("runs", "number", "as given", "one at random", "the one named first", "everything"),
    *("first - random", "first - as given"),
)
_FIGURES: dict[str, Callable[[Worth], tuple[float, ...]]] = {
    "Brier score": lambda w: w.brier,
    "Width of the 90 % interval, in decades": lambda w: w.width,
}


def tables(found: dict[str, Worth]) -> list[Table]:
    """Return a table of the Brier score and one of the width, a row for each kind of runs and of context."""
    return [
        Table(
            title,
            _COLUMNS,
            tuple(
                (name, w.runs, *figures(w), w.first_minus_random[k], w.first_minus_without[k])
                for name, w in found.items()
            ),
        )
        for k, (title, figures) in enumerate(_FIGURES.items())
    ]


def signal_table(found: dict[str, SignalWorth], part: ContextGiven) -> Table:
    """Return a row for each core signal."""
    return Table(
        f"One more core signal, {part} of the context",
        columns("signal", "Brier score with it - without it", "P moves by", "share of sqrt(P (1 - P))"),
        tuple((name, w.brier, w.moved, w.share) for name, w in found.items()),
    )


def _one_of_each(runs: Iterable[Run], most: int | None = None) -> list[Run]:
    """Return a run of each configuration, or of as many as are wanted: identifiers of our own are hashes, in no order."""
    first = {run.configuration_id: run for run in runs}
    return [first[name] for name in sorted(first)[:most]]


def main(external: Path | None) -> None:
    """Print what gaps are worth: on the corpus, and on public runs where they are at hand."""
    forecaster = ForecasterStore().load()
    kinds: dict[str, tuple[list[Run], Horizon]] = {
        "corpus": (_one_of_each(archive.read(archive.CORPUS), _CONFIGURATIONS), lambda run, _: run.budget_step)
    }
    if external is not None:
        public = [run for runs in read_source_folder(external).values() for run in runs]
        kinds["public runs"] = (_one_of_each(public), lambda _, landmark: _PUBLIC_HORIZON * landmark)
    found = {
        f"{name}, {part} of the context": worth(list(told(forecaster, runs, part, horizon)))
        for name, (runs, horizon) in kinds.items()
        for part in _CONTEXTS
    }
    named = [
        f"- {name}: {', '.join(f'{field} {count}' for field, count in w.named.most_common(5))}"
        for name, w in found.items()
    ]
    own, _ = kinds["corpus"]
    of_signals = [signal_table(signal_worth(forecaster, own, part), part) for part in ("full", "none")]
    sections = [markdown_section(table) for table in (*tables(found), *of_signals)]
    sys.stdout.write(
        "\n\n".join([f"Forecaster {forecaster.version}.", *sections, "Named first:", "\n".join(named)]) + "\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
