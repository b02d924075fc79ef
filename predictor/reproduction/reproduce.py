"""Test claims on runs and keep what was found."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from predictor.reproduction.claim import Claim
from predictor.reproduction.registry import CLAIMS
from predictor.reproduction.results import Result, Scale, result_of
from training_runs import archive
from training_runs.errors import InvalidInput
from training_runs.labelled_run import LabelledRun, label
from training_runs.run import Run

# Runs that nothing learns from yet; a checkout has them, an installed package does not.
_CANDIDATES = archive.CORPUS.parent / "corpus_next"


def claim_of(name: str) -> Claim:
    """Return a claim.

    Raises
    ------
    InvalidInput : there is none of that name.
    """
    if name not in CLAIMS:
        raise InvalidInput(field="claim", value=name, expected=f"one of {', '.join(CLAIMS)}")
    return CLAIMS[name]


@cache
def stored_runs() -> list[LabelledRun]:
    """Return the runs of the corpus and the candidates for it."""
    candidates = sorted(folder for folder in _CANDIDATES.glob("*") if any(folder.glob("*.parquet")))
    return [label(run) for folder in (archive.CORPUS, *candidates) for run in archive.read(folder)]


def judged(name: str, runs: Iterable[Run] = (), *, quick: bool = False) -> Result:
    """Return what runs found of a claim; the stored ones where it needs none of its own.

    Raises
    ------
    InvalidInput : there is no such claim, or no test of it.
    """
    claim = claim_of(name)
    if claim.test is None:
        raise InvalidInput(
            field="claim", value=name, expected="one that can be tested", hint=f"missing: {claim.missing}"
        )
    if claim.configs is None:
        return result_of(claim.test(stored_runs()), "stored runs")
    scale: Scale = "quick" if quick else "full"
    # In an order of their own, not that in which they were made: pictures show the first.
    ordered = sorted(runs, key=lambda run: (run.config["seed"], run.run_id))
    return result_of(claim.test([label(run) for run in ordered]), scale)


def folder_of_runs(out: Path, name: str, *, quick: bool) -> Path:
    """Return where the runs of a claim are made; claims that are tested on the same runs share a folder."""
    owner = claim_of(name).runs_of or name
    return out / (f"{owner}_quick" if quick else owner)
