"""The second blind test: 200 configurations of the designs of corpus_next, with draws that no item of the queue has.

They were drawn once, and are kept as they were drawn (`blind_second.jsonl`, one run a line, the fields that differ from their
defaults), so that no later change of a design moves them. The sweep makes their runs, into `training_runs/blind_second`.
"""

import dataclasses
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

from training_runs.config import RunConfig
from training_runs.designs import groups, images, long_delays, optimizers, other_worlds, xor_clusters
from training_runs.designs.sobol_sample import sample_design

FROZEN = Path(__file__).with_suffix(".jsonl")
_CONFIGURATIONS = 200
_OTHER_DRAWS = 2_000_000  # the seed; items of the queue have small ones, the first blind test 1,000,000 and more
# Of eleven configurations, how many are of each design. Those of papers' sizes need a GPU.
_TURNS = (
    *(2 * [long_delays.DESIGN]),
    *(2 * [groups.DESIGN]),
    *(2 * [optimizers.DESIGN]),
    *(3 * [other_worlds.DESIGN]),
    xor_clusters.DESIGN,
    images.DESIGN,
)


def blind_second(seed: int) -> Iterator[RunConfig]:
    """Yield the runs of the second blind test, whatever the seed."""
    for line in FROZEN.read_text().splitlines():
        yield RunConfig(**json.loads(line))


def _drawn() -> Iterator[RunConfig]:
    """Yield the runs of the first configurations, the designs in turn."""
    samples = [
        itertools.groupby(sample_design(_OTHER_DRAWS + k, design), lambda config: config.configuration_id)
        for k, design in enumerate(_TURNS)
    ]
    for k in range(_CONFIGURATIONS):
        yield from next(samples[k % len(samples)])[1]


def _freeze() -> None:
    """Write the runs, once: `python -m training_runs.designs.blind_second`."""
    defaults = {field.name: field.default for field in dataclasses.fields(RunConfig)}
    fields = [{n: v for n, v in config.as_dict().items() if v != defaults[n]} for config in _drawn()]
    FROZEN.write_text("".join(json.dumps(each, sort_keys=True) + "\n" for each in fields))


if __name__ == "__main__":
    _freeze()
