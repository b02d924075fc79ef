"""A folder of runs on disk: Parquet shards, one row a run, written once and never changed.

Every write is a new file that appears whole or not at all (written aside, synced, renamed), so a reader never sees a
torn file and a kill at any moment loses nothing that was added. Reading takes the last of two rows with one run_id: a
run made again replaces the one before, and a kill between compacting and deleting the pieces repeats nothing.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from training_runs import checksums
from training_runs.config import RunConfig
from training_runs.context import Context
from training_runs.errors import InvalidInput
from training_runs.run import Run
from training_runs.signals import SIGNALS, signal_names
from training_runs.trajectory import FloatArray, Trajectory

# The runs that the shipped forecaster learns from.
CORPUS = Path(__file__).parent / "corpus"

SHARD_BYTES = 2_500_000  # a shard goes into version control once; small ones are easy to fetch

# Losses, accuracies and norms are kept as float32, and so is all that somebody else recorded. Our signals of a network's inside are
# estimates from a few hundred samples or a few passes: they are kept to the 11 significant bits of a 16-bit float, with float32's
# range; compression leaves nothing of the other bits.
_AS_RECORDED = frozenset(signal_names("loss", "accuracy", "norm"))
_BITS = 11

_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("configuration_id", pa.string()),
        ("config", pa.string()),  # JSON
        ("context", pa.string()),  # JSON
        ("budget_step", pa.int64()),
        ("blocked", pa.bool_()),
        ("status", pa.string()),
        ("step", pa.list_(pa.int64())),
        *((name, pa.list_(pa.float32())) for name in SIGNALS),
        ("arrays", pa.string()),  # JSON, of the few runs that have some
    ]
)


def append(folder: Path, runs: Sequence[Run]) -> None:
    """Add finished runs to a folder, durably: when this returns, they survive a kill and a power cut."""
    name = hashlib.sha256("".join(r.run_id for r in runs).encode()).hexdigest()[:16]
    _write(folder / f"part-{name}.parquet", pa.Table.from_pylist([_row(r) for r in runs], _SCHEMA))


def read(folder: Path) -> list[Run]:
    """Return every run of a folder, each once, in the order of their shards.

    Raises
    ------
    InvalidInput : the folder does not exist, a file in it is not an archive of runs, or the folder is frozen and a shard
        is not what it was.
    """
    if not folder.is_dir():
        raise InvalidInput(field="folder of runs", value=str(folder), expected="an existing folder")
    checksums.check(folder)
    runs: dict[str, Run] = {}
    for shard in _shards(folder):
        runs |= {run.run_id: run for run in runs_of(_parquet(shard))}
    return list(runs.values())


def is_shard(table: pa.Table) -> bool:
    """Return True if a table is what this file writes: a row a run, with its config and its context."""
    return {"run_id", "configuration_id", "config", "context", "budget_step", "step"} <= set(table.column_names)


def runs_of(shard: pa.Table) -> list[Run]:
    """Return the runs of a shard; signals that were named later than it was written are absent."""
    return [_run(row) for row in _completed(shard).to_pylist()]


def as_stored(runs: Sequence[Run]) -> list[Run]:
    """Return runs with the precision that their values are stored in, as reading them from a folder would."""
    return runs_of(pa.Table.from_pylist([_row(run) for run in runs], _SCHEMA))


def run_ids(folder: Path) -> set[str]:
    """Return which runs a folder already holds."""
    return {str(i) for shard in _shards(folder) for i in _ids(shard)}


def compact(folder: Path) -> None:
    """Merge the small pieces of a finished sweep into shards of at most about `SHARD_BYTES`."""
    shards = max((int(p.stem.split("-")[1]) for p in folder.glob("shard-*.parquet")), default=0)
    for batch in _batches(sorted(folder.glob("part-*.parquet"))):
        shards += 1
        _write(folder / f"shard-{shards:04d}.parquet", pa.concat_tables(_completed(_parquet(p)) for p in batch))
        for part in batch:
            part.unlink()


def digest(runs: Iterable[Run]) -> str:
    """Return a hash of which runs these are, whatever their order."""
    return hashlib.sha256("".join(sorted(r.run_id for r in runs)).encode()).hexdigest()[:16]


def _shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("shard-*.parquet")) + sorted(folder.glob("part-*.parquet"))


def _batches(parts: list[Path]) -> Iterable[list[Path]]:
    batch: list[Path] = []
    size = 0
    for part in parts:
        if batch and size + part.stat().st_size > SHARD_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(part)
        size += part.stat().st_size
    if batch:
        yield batch


def _ids(shard: Path) -> list[str]:
    return list(_parquet(shard, ["run_id"])["run_id"].to_pylist())


def _parquet(shard: Path, columns: list[str] | None = None) -> pa.Table:
    try:
        table = pq.read_table(shard, columns=columns)
        table.column("run_id")
        return table
    except (pa.ArrowInvalid, KeyError):
        raise InvalidInput(
            field=str(shard), value="a file", expected="a shard written by `grokcast generate`"
        ) from None


def _completed(table: pa.Table) -> pa.Table:
    """Return a shard with columns of signals that were named later than it was written."""
    columns = [
        table[f.name].cast(f.type) if f.name in table.column_names else pa.nulls(len(table), f.type) for f in _SCHEMA
    ]
    return pa.Table.from_arrays(columns, schema=_SCHEMA)


def _write(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        floats = [f"{n}.list.element" for n in SIGNALS]
        pq.write_table(
            table,
            aside,
            compression="zstd",
            compression_level=12,
            use_dictionary=False,
            column_encoding=dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
        )
        _sync(aside)
        os.replace(aside, path)
        _sync(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _row(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "configuration_id": run.configuration_id,
        "config": json.dumps(dict(run.config), sort_keys=True),
        "context": json.dumps(run.context.as_dict(), sort_keys=True),
        "budget_step": run.budget_step,
        "blocked": run.blocked,
        "status": run.status,
        "step": run.trajectory.steps.tolist(),
        "arrays": json.dumps(run.arrays) if run.arrays else None,
        **{
            name: (_rounded(values) if run.config and name not in _AS_RECORDED else values).tolist()
            for name, values in run.trajectory.signals.items()
        },
    }


def _rounded(values: FloatArray) -> FloatArray:
    """Return values to `_BITS` significant bits."""
    mantissa, exponent = np.frexp(values)
    return np.asarray(np.ldexp(np.round(np.ldexp(mantissa, _BITS)), exponent - _BITS))


def _run(row: dict[str, Any]) -> Run:
    signals = {n: np.array(row[n], dtype=float) for n in SIGNALS if row[n] is not None}
    context, config = Context.from_mapping(json.loads(row["context"]))[0], json.loads(row["config"])
    if config:  # what follows from it may be computed better by now than when the run was made
        context = RunConfig(**config).context(context.parameters)
    return Run(
        run_id=row["run_id"],
        configuration_id=row["configuration_id"],
        context=context,
        trajectory=Trajectory(row["step"], signals),
        budget_step=row["budget_step"],
        blocked=row["blocked"],
        status=row["status"],
        config=config,
        arrays=json.loads(row["arrays"] or "[]"),
    )
