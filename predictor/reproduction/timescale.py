"""How many epochs Salah & Yevick's figures take, over what their paper leaves out: batch size and embedding width."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from predictor.reproduction import evidence
from predictor.reproduction.claim import Figure, Finding, Picture, Series, graded, points
from predictor.reproduction.evidence import Runs
from predictor.reproduction.replicates import SEEDS, by_level, each_seed
from training_runs.config import RunConfig
from training_runs.labelled_run import LabelledRun

_MEMORISED, _RISEN = 300, 1200  # epochs: figure 3
_NEAR = 1.5  # times as many or as few
_EPOCHS = 1800  # that each run is watched
_BATCHES: tuple[int | None, ...] = (None, 256, 128, 64)
_WIDTHS = (32, 64, 128)


def configs(quick: bool) -> Sequence[RunConfig]:
    """Return the paper's network over batch sizes and embedding widths."""
    cells = product(_BATCHES[:3] if quick else _BATCHES, (64,) if quick else _WIDTHS)
    settings = [RunConfig(batch_size=batch, embedding_dim=width, early_stop=False) for batch, width in cells]
    return each_seed([replace(c, budget_step=_EPOCHS * int(c.context().steps_per_epoch or 1)) for c in settings])


def timescale(runs: Runs) -> Finding:
    """Test whether some batch size and width memorise after 300 epochs and generalise after 1,200."""
    cells = by_level(runs, lambda config: (float(config.samples_a_step), float(config.embedding_dim)))
    figures: dict[str, Figure] = {}
    both, ratio = 0, 0
    for (batch, width), some in cells.items():
        memorised, risen = (
            np.array([_epochs(r, event) for r in some]) for event in (evidence.memorized, evidence.onset)
        )
        enough = len(some) >= SEEDS
        both += enough and _near(memorised, _MEMORISED) and _near(risen, _RISEN)
        with np.errstate(invalid="ignore"):
            ratio += enough and _near(risen / memorised, _RISEN / _MEMORISED)
        name = f"batches of {batch:,.0f}, width {width:g}"
        figures[f"{name}: epochs to memorisation; to onset"] = f"{_words(memorised)}; {_words(risen)}"
    decides: dict[str, Figure] = {
        "settings in which every seed has both": both,
        "settings in which onset is four times memorisation": ratio,
        "settings": len(cells),
    }
    return Finding(
        graded(both > 0, ratio > 0),
        decides | figures,
        runs,
        Picture("epochs to memorisation", "epochs to onset", _by_batch(runs)),
        f"In the picture a run without onset stands at the end, {_EPOCHS:,} epochs.",
    )


def _by_batch(runs: Runs) -> list[Series]:
    levels = by_level(runs, lambda config: float(config.samples_a_step))
    return [
        points(
            f"batches of {batch:,.0f}",
            np.array([_epochs(r, evidence.memorized) for r in some]),
            np.minimum([_epochs(r, evidence.onset) for r in some], _EPOCHS),
        )
        for batch, some in levels.items()
    ]


def _epochs(run: LabelledRun, event: Callable[[LabelledRun], float]) -> float:
    return event(run) / (run.run.context.steps_per_epoch or 1.0)


def _near(values: np.ndarray, wanted: float) -> bool:
    return bool(((values >= wanted / _NEAR) & (values <= wanted * _NEAR)).all())


def _words(epochs: np.ndarray) -> str:
    return ", ".join(f"{e:,.0f}" if np.isfinite(e) else "not seen" for e in np.sort(epochs))
