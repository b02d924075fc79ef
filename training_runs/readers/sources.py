"""Folders of runs recorded elsewhere: `<source>.parquet`, long over runs, beside `<source>.context.json`."""

import hashlib
import json
from pathlib import Path

from training_runs.context import Context
from training_runs.context_words import read_context
from training_runs.errors import InvalidInput
from training_runs.readers.contents import read_recording
from training_runs.run import Run


def read_source_folder(folder: Path) -> dict[str, list[Run]]:
    """Return the runs of each source in a folder.

    The context file is `{"source": address, "runs": {run_id: {field: value}}}`. Runs with equal contexts but for the
    budget are seeds of one configuration; a run without any context stands alone. A configuration's identifier begins
    with the address (without one, the name of the file): runs of one source fall into one fold when a forecaster is fitted.

    Raises
    ------
    InvalidInput : the folder holds no source, or a file in it cannot be read.
    """
    sources = sorted(folder.glob("*.parquet"))
    if not sources:
        raise InvalidInput(field="--external", value=str(folder), expected="a folder with <source>.parquet files")
    return {path.stem: _runs(path) for path in sources}


def _runs(path: Path) -> list[Run]:
    beside = path.with_suffix(".context.json")
    description = json.loads(beside.read_text()) if beside.is_file() else {}
    contexts, source = description.get("runs", {}), str(description.get("source", path.stem))
    runs = []
    for run_id, history in read_recording(str(path)).histories.items():
        described = contexts.get(run_id, {})
        context = read_context(described).context
        runs.append(
            Run(
                run_id=run_id,
                configuration_id=_configuration_id(source, run_id, Context.from_mapping(described)[0]),
                context=context,
                trajectory=history,
                budget_step=context.budget_step or history.observed_until,
            )
        )
    return runs


def _configuration_id(source: str, run_id: str, context: Context) -> str:
    fields = {k: v for k, v in context.as_dict().items() if k != "budget_step"}
    text = json.dumps([source, fields or run_id], sort_keys=True)
    return f"{source}/{hashlib.sha256(text.encode()).hexdigest()[:16]}"
