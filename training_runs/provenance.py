"""How the runs of a corpus were made, and how to make them again, as far as it can be told from the runs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from training_runs.config import RunConfig
from training_runs.corpus_design import corpus
from training_runs.labelled_run import LabelledRun

# Where runs of the preset are looked for: so many seeds, a glance at their first draws, then three times as many draws as
# there are runs, since some were not made or not kept.
_SEEDS, _GLANCE, _LOOKED_THROUGH = 10, 100, 3
# Of the first draws of a sweep, before it is named: earlier designs share a few with the present one.
_SHARE = 1 / 3


def making(runs: Sequence[LabelledRun]) -> Iterator[str]:
    """Yield how runs were drawn, and how to make each again; nothing of that is known of runs recorded elsewhere."""
    sweeps = sweeps_among(runs)
    if sweeps:
        yield _SAMPLING
    made_here = [r for r in runs if r.run.config]
    if made_here:
        others = len(made_here) - sum(sweep.runs for sweep in sweeps)
        earlier = [f"{others:,} runs were drawn by earlier designs of the preset."] * (others > 0)
        commands = [_command(sweep) for sweep in sweeps]
        yield "\n\n".join(["## Making it again", *commands, *earlier, _SINGLE_RUN])
    if sweeps:
        yield _BLIND_TEST


@dataclass(frozen=True)
class SweepAmong:
    """How many of some runs are among the first so many of the preset `corpus` with a seed."""

    seed: int
    runs: int
    first: int


def sweeps_among(runs: Sequence[LabelledRun]) -> list[SweepAmong]:
    """Return which sweeps of the preset `corpus`, as it is now, some runs come from."""
    held = {r.run.run_id for r in runs}
    sweeps = []
    for seed in range(_SEEDS):
        if not _held_places(islice(corpus(seed), _GLANCE), held):
            continue  # most seeds; looking through all their draws would take seconds each
        places = _held_places(islice(corpus(seed), _LOOKED_THROUGH * len(held)), held)
        sweep = SweepAmong(seed, len(places), places[-1] + 1)
        if sweep.runs >= _SHARE * sweep.first:
            sweeps.append(sweep)
    return sweeps


def _held_places(draws: Iterable[RunConfig], held: set[str]) -> list[int]:
    return [place for place, config in enumerate(draws) if config.run_id in held]


def _command(sweep: SweepAmong) -> str:
    return f"""\
{sweep.runs:,} runs are among the first {sweep.first:,} of

    grokcast generate corpus --runs {sweep.first} --seed {sweep.seed} --out FOLDER"""


_SAMPLING = """\
## How configurations were sampled

`training_runs/corpus_design.py` is the design. Each kind of run (a task family with an architecture) has its own Sobol
sequence over all of its hyperparameters at once, turned by a random shift, and kinds take turns by their odds. Uniform
draws seldom generalise: 8 % of the modular configurations of a pilot did. So two thirds of the configurations are aimed
where pilot runs generalised (enough data, enough weight decay, no large initial weights) and one third lies anywhere.
Shares of outcomes are therefore those of the design, not of the world. A quarter of the configurations have two or three
seeds.

Budgets are drawn per run, log-uniformly within the range of its kind, without looking at anything else; cadences
likewise. Nothing was kept or dropped by how its run turned out. A run stops early when validation accuracy has been at
least 0.99 at five checkpoints in a row; one in ten goes on to its budget."""

_SINGLE_RUN = """\
Any single run is made again from the configuration stored with it (extra `runs`; MNIST with `GROKCAST_MNIST_DIR`,
reviews with `GROKCAST_IMDB_DIR`), bit for bit with the code and on the kind of machine that made it:

```python
from training_runs import archive
from training_runs.config import RunConfig
from training_runs.train import train

run = archive.read(archive.CORPUS)[0]
again = train([RunConfig(**run.config)])[0]
```

Elsewhere rounding differs, and training is chaotic: after a change of the learning rate by a millionth, 22 of 25 runs
generalised within 10 % of the same step, and three image runs whose accuracy hovers at the target did not."""

_BLIND_TEST = """\
## The blind test

`training_runs/blind/` holds runs of the preset `blind`: the same design with other draws, and with moduli that the corpus
does not have. It was frozen under `SHA256SUMS` before any forecaster saw it, is read by `training_runs/blind_test.py`
alone, and is used once for each release. None of it is counted on this page."""
