"""The datasheet of a corpus, written from its runs: what it holds, how it was made, what it does not cover.

After Gebru et al., Datasheets for Datasets (arXiv 1803.09010). Every figure is read off the runs, so that the page is
written again, not edited, when runs are added.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training_runs.datasheet import tables
from training_runs.datasheet.plots import draw_pictures
from training_runs.datasheet.provenance import BLIND_TEST, MAKING_AGAIN, SAMPLING
from training_runs.labelled_run import COLLAPSE, FACTORS, LabelledRun, configurations, label
from training_runs.run import Run

ENOUGH = 60  # configurations of a level, before a figure is claimed for leaving it out
_FEW_OF_A_MODULUS = 20


def write_datasheet(runs: Sequence[Run], path: Path, *, shipped: bool = False) -> None:
    """Write a corpus's datasheet as Markdown, and its pictures into the folder of the same name beside it.

    `shipped` says that they are the corpus of this package: the page then describes how it was drawn.

    Raises
    ------
    InvalidInput : matplotlib is not installed.
    """
    labelled = [label(run) for run in runs]
    pictures = path.with_suffix("")
    draw_pictures(labelled, pictures)
    path.write_text(datasheet(labelled, pictures.name, shipped=shipped))


def datasheet(runs: Sequence[LabelledRun], pictures: str, *, shipped: bool = False) -> str:
    """Return the datasheet of some runs as Markdown; `pictures` is where it finds its pictures."""
    sections = [
        _head(runs, shipped),
        _contents(runs),
        _outcomes(runs, pictures),
        _negatives(runs),
        _delays(runs, pictures),
        _noise_floor(runs, pictures),
        _levels(runs, pictures),
        _recording(runs),
        *([SAMPLING, MAKING_AGAIN, BLIND_TEST] if shipped else []),
        _limits(runs),
    ]
    return "\n\n".join(sections) + "\n"


def _head(runs: Sequence[LabelledRun], shipped: bool) -> str:
    title, command = ("The corpus", "corpus") if shipped else ("A set of runs", "corpus FOLDER...")
    return f"""\
# {title}

{len(runs):,} training runs of {configurations(runs):,} configurations. A configuration is everything that defines a run
except its seed, budget, cadence and early stop; it is the unit of every split. Written from the runs by
`grokcast {command} --datasheet {"docs/corpus.md" if shipped else "PAGE.md"}`; `grokcast {command} --json` prints the counts."""


def _contents(runs: Sequence[LabelledRun]) -> str:
    return f"""\
## What it holds

Where three numbers stand side by side, they are the 5 % quantile, the median and the 95 % quantile.

{tables.contents(runs)}

Configurations of each architecture on each task family:

{tables.pairs(runs)}"""


def _outcomes(runs: Sequence[LabelledRun], pictures: str) -> str:
    return f"""\
## Outcomes

By the budget: `comprehension` generalised at most 1,000 steps after memorising, `grokking` later than that,
`memorization` fitted its training data only, `confusion` not even that. Runs, and configurations in brackets; a
configuration whose seeds end differently counts for each of its ends.

![Outcomes by family]({pictures}/outcomes.png)

{tables.outcomes(runs, "family", lambda r: r.family)}

{tables.outcomes(runs, "architecture", lambda r: r.run.context.architecture)}"""


def _negatives(runs: Sequence[LabelledRun]) -> str:
    collapsed = sum(r.collapsed for r in runs)
    after_all = sum(r.run.blocked and r.negative is None for r in runs)
    to_the_end = sum(r.negative is None and r.run.status == "finished" for r in runs)
    return f"""\
## How negatives arise

Blocked runs have no structure to find, or cannot learn it, and so would never generalise; the others ran out of a
budget that was drawn before they were trained. {after_all} blocked runs reached their target all the same.
Weights count as crushed where decay left less than a quarter of their norm and the training data was not fitted. A run that
is several of these counts as the first. The context of a random table tells an operation that is drawn from the others.

{tables.negatives(runs)}

Unstable runs: {collapsed} generalised and later fell by more than {COLLAPSE} below the target. That is seen only where a run
goes on after its onset, as {to_the_end:,} did until their budget."""


def _delays(runs: Sequence[LabelledRun], pictures: str) -> str:
    return f"""\
## Delays

Onset step over memorisation step. The outline counts runs that memorised and were not blocked, at the end of the
budget by which they had not generalised: delays that nobody here waited for.

![Delays by family]({pictures}/delays.png)

{tables.delays(runs)}

How far beyond memorisation the budgets reach, of all runs that memorised:

{tables.budgets(runs)}"""


def _noise_floor(runs: Sequence[LabelledRun], pictures: str) -> str:
    return f"""\
## Noise floor

Seeds of one configuration differ in when they generalise, and no forecast from the configuration alone can know by how
much. The floor is the mean absolute difference of log10 onset between two seeds, over the square root of two. A pair is half
censored where one seed generalised and the other was watched for longer without; such pairs are left out of the mean, which
is therefore a little too small.

![Onsets of two seeds]({pictures}/seeds.png)

{tables.noise_floors(runs)}"""


def _levels(runs: Sequence[LabelledRun], pictures: str) -> str:
    parts = "\n\n".join(tables.levels(runs, factor) for factor in FACTORS)
    return f"""\
## Levels

Configurations of each level, and how they ended. A benchmark that leaves a level out needs {ENOUGH} configurations of it.
`random_table` has no structure, and no context names it.

{parts}

Modular runs that are not blocked, by how much of their table they train on. The line is 2.7 / sqrt(p), above which pilot
runs began to generalise.

![Train fraction and modulus]({pictures}/data.png)"""


def _recording(runs: Sequence[LabelledRun]) -> str:
    return f"""\
## Cadences and signals

{tables.cadences(runs)}

Share of runs in which a signal has values, in all and by architecture. [signals.md](signals.md) says what each is.

{tables.signals(runs)}"""


def _limits(runs: Sequence[LabelledRun]) -> str:
    facts = "\n".join(f"- {fact}" for fact in _measured_limits(runs))
    return f"""\
## What it does not cover

{facts}
- No language models, convolutional networks, fine-tuning or reinforcement learning; no learning rate schedules or warm-up, no
  training data that changes on the way, no mixed precision. Every network was trained in float32 from random weights.
- Forecasts for such runs are extrapolation; the support score of a forecast says how far."""


def _measured_limits(runs: Sequence[LabelledRun]) -> Iterator[str]:
    contexts = [r.run.context for r in runs]
    sizes = [c.parameters for c in contexts if c.parameters]
    if sizes:
        yield (
            f"Networks have {min(sizes):,} to {max(sizes):,} parameters; 95 % have at most "
            f"{np.quantile(sizes, 0.95):,.0f}, in {_range([c.layers for c in contexts])} layer(s)."
        )
    yield f"Training sets have {_range([c.train_size for c in contexts])} samples."
    moduli = tables.grouped(runs, lambda r: r.run.context.modulus)
    if moduli:
        few = _thin(moduli, _FEW_OF_A_MODULUS)
        yield (
            f"Moduli are {_range(list(moduli))}; with fewer than {_FEW_OF_A_MODULUS} configurations: "
            f"{', '.join(few) or 'none'}."
        )
    rates, decays = [c.learning_rate for c in contexts], [c.weight_decay for c in contexts]
    yield f"Learning rates are {_range(rates)}, weight decays {_range(decays)}."
    yield from _unseen(runs)


def _unseen(runs: Sequence[LabelledRun]) -> Iterator[str]:
    """Yield what there is too little of to learn from."""
    longest = max(r.run.budget_step for r in runs)
    late = sum((r.delay_ratio or 0) > 100 for r in runs)
    yield (
        f"No run was watched beyond step {longest:,}; {late} generalised after more than 100 times "
        "their memorisation step."
    )
    few = [
        f"{factor} {level}"
        for factor, of in FACTORS.items()
        if factor != "modulus"
        for level in _thin(tables.grouped(runs, of), ENOUGH)
    ]
    if few:
        yield f"Fewer than {ENOUGH} configurations, too few for a figure of their own: {', '.join(few)}."


def _thin(groups: dict[Any, list[LabelledRun]], least: int) -> list[str]:
    """Return the levels with fewer configurations than that, and how many they have."""
    counts = {level: configurations(group) for level, group in groups.items()}
    return [f"`{level}` ({n})" for level, n in counts.items() if n < least]


def _range(values: Sequence[float | None]) -> str:
    """Return the smallest and the largest value that is known."""
    known = [value for value in values if value is not None]
    if not known:
        return "unknown"
    low, high = (f"{v:,}" if isinstance(v, int) else f"{v:g}" for v in (min(known), max(known)))
    return low if low == high else f"{low} to {high}"
