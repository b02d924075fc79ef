"""Tables of a corpus kept on disk: measuring features takes minutes for thousands of runs, and they never change.

A file is named by a hash of the runs and of the features (names and versions), holds plain arrays (no pickle), and appears whole or not at
all. A damaged one is measured again.
"""

import hashlib
import os
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from features.extract import COLUMNS
from features.table import FeatureTable
from predictor.fitting_tables import FittingTables
from training_runs import Run, archive

_FORMAT = 9  # a change of the tables themselves, or runs made again under the same names, need another


def fitting_tables(
    corpus: Sequence[Run],
    added: Sequence[Run],
    folder: Path,
    on_part: Callable[[int, int], None] = lambda done, total: None,
) -> FittingTables:
    """Return the tables of a corpus, read from the cache where it has them, and of runs added to it.

    Runs added to configurations of the corpus change the weights of its rows: then all are measured again. `on_part` as
    for `FittingTables.of`.
    """
    if {r.configuration_id for r in corpus} & {r.configuration_id for r in added}:
        return FittingTables.of([*corpus, *added], on_part)
    kept = _kept(corpus, folder, on_part)
    return kept if not added else kept.joined(FittingTables.of(added, on_part))


def _kept(corpus: Sequence[Run], folder: Path, on_part: Callable[[int, int], None]) -> FittingTables:
    text = f"{_FORMAT}/{archive.digest(corpus)}/{'/'.join(f'{c.name}.{c.version}' for c in COLUMNS)}"
    path = folder / f"tables-{hashlib.sha256(text.encode()).hexdigest()[:16]}.npz"
    try:
        with path.open("rb") as file, np.load(file) as arrays:
            return FittingTables(_table(arrays, "training"), _table(arrays, "monitored_rows"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        tables = FittingTables.of(corpus, on_part)
        _write(path, tables)
        return tables


def _table(arrays: np.lib.npyio.NpzFile, name: str) -> FeatureTable:
    names = (f.name for f in fields(FeatureTable) if f.name != "columns")
    return FeatureTable(COLUMNS, **{n: arrays[f"{name}.{n}"] for n in names})


def _write(path: Path, tables: FittingTables) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    arrays = {f"{n}.{k}": v for n, t in vars(tables).items() for k, v in t.arrays().items()}
    try:
        with aside.open("wb") as file:
            np.savez(file, **arrays)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
