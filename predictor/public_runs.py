"""Runs that other people published and a shipped forecaster learns from: where each source lies, and a page that lists them.

The data themselves are not in the repository: licences differ, and a fresh clone can make every figure of our own corpus without.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class PublicSource:
    """One source: its name in the folder, repository, commit, licence, runs, and SHA-256 of its table of histories."""

    name: str
    repository: str
    commit: str
    licence: str
    runs: int
    sha256: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for the card."""
        return asdict(self)


def public_sources(folder: Path) -> list[PublicSource]:
    """Return what the context files of a folder, beside `<source>.parquet`, say of each source."""
    return [_source(path) for path in sorted(folder.glob("*.parquet"))]


def _source(path: Path) -> PublicSource:
    described = json.loads(path.with_suffix(".context.json").read_text())
    return PublicSource(
        name=path.stem,
        repository=described["source"],
        commit=described["commit"],
        licence=described["licence"],
        runs=len(described["runs"]),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def public_runs_page(sources: Sequence[PublicSource], version: str) -> str:
    """Return docs/public_runs.md."""
    rows = "\n".join(
        f"| {s.name} | [{s.repository.removeprefix('https://github.com/')}]({s.repository}) | `{s.commit[:12]}` | "
        f"{s.licence} | {s.runs} | `{s.sha256[:16]}` |"
        for s in sources
    )
    return _PAGE.format(version=version, runs=sum(s.runs for s in sources), sources=len(sources), rows=rows)


_PAGE = """# Public runs

Written by `python -m predictor.release`. Forecaster {version} learns from {runs:,} runs of {sources} public sources beside our own
corpus; we thank their authors. Each configuration counts as much as one of ours. The data are not in the repository: this is where they lie.

| source | repository | commit | licence | runs | SHA-256 of the histories |
|---|---|---|---|---|---|
{rows}

Transfer is judged leave-one-source-out ([benchmark.md](benchmark.md)): five learners make a forecast, each of which has not seen a fifth of the
sources (by a hash of the repository's address, so that tables of one repository stay together), and a source is forecast by the learner that
has not seen it, calibrated without it. `grokcast benchmark --external FOLDER` does that for sources that taught the forecaster, and judges any other
by the forecaster as it is.

## Adding a source

A source is two files in one folder: `<source>.parquet` with a row for each run and checkpoint (`run_id`, `step`, signals as in
[signals.md](signals.md)), steps in optimiser updates; and `<source>.context.json`,
`{{"source": address of the repository, "commit": ..., "licence": ..., "runs": {{run_id: {{field: value}}}}}}`, with the fields of a context as the authors
state them. Leave out what they do not state. Then `python -m predictor.release VERSION FOLDER`.
"""
