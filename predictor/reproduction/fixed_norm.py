"""Omnigrok's reduced landscape (Liu et al., arXiv 2210.01117, section 2): losses where the weight norm is held."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from predictor.reproduction.claim import Figure, Finding, Picture, graded, line
from predictor.reproduction.evidence import Runs
from predictor.reproduction.phases import TEACHER
from predictor.reproduction.replicates import by_level, each_seed, last, median_of, over_seeds
from training_runs.config import RunConfig

# Initial weights times these, and the norm stays what it then is.
_SCALES = (0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 8.0)
_QUICK_SCALES = (0.2, 0.5, 1.0, 2.0, 5.0)
_FLAT = 0.1  # of the loss at the smallest norm: what an L has left on its right
_DRAWN = 1e-4  # losses below are drawn here
_HIGHER = 1.5  # times the least: what both ends of a U have


def configs(quick: bool) -> Sequence[RunConfig]:
    """Return students whose weights keep their norm, over norms."""
    base = replace(TEACHER, loss="mse", weight_decay=0.0, hold_norm=True, early_stop=False)
    base = base if quick else replace(base, budget_step=30_000)
    return each_seed([replace(base, init_scale=scale) for scale in (_QUICK_SCALES if quick else _SCALES)])


def landscape(runs: Runs) -> Finding:
    """Test whether, over held norms, the training loss is an L and the test loss a U."""
    train, val = over_seeds(runs, _left), over_seeds(runs, _lower_end)
    is_l = train.high is not None and train.high <= _FLAT
    is_u = val.low is not None and val.low >= _HIGHER
    figures: dict[str, Figure] = {
        "test loss at the lower end of its curve over the least between": val,
        "training loss at norms above that of the least test loss, over that at the smallest": train,
        "norm of the least test loss over that of usual initial weights": over_seeds(runs, _best_scale),
    }
    norms, losses = [], dict[str, list[float]](train_loss=[], val_loss=[])
    for scale, some in by_level(runs, lambda c: c.init_scale).items():
        norms.append(median_of(lambda r: last(r, "weight_norm"))(some))
        for signal, name in (("train_loss", "training"), ("val_loss", "test")):
            found = over_seeds(some, median_of(lambda r, s=signal: last(r, s)))  # type: ignore[misc]
            figures[f"{name} loss at {scale:g} times the usual norm, median"] = found
            losses[signal].append(found.value if found.value is not None else float("nan"))
    return Finding(
        graded(is_l and is_u, is_l or is_u),
        figures,
        runs,
        Picture(
            "weight norm",
            "loss at the end",
            [
                line(name, np.array(norms), np.maximum(losses[s], _DRAWN))
                for s, name in (("train_loss", "training"), ("val_loss", "test"))
            ],
            x_log=True,
            y_log=True,
        ),
        "A classifier of a teacher's sign under the squared loss, not the paper's regression. In the picture losses below 1e-4 stand there.",
    )


def _curve(runs: Runs, signal: str) -> tuple[np.ndarray, np.ndarray]:
    """Return scales, in order, and the median of a loss at the end at each."""
    levels = by_level(runs, lambda config: config.init_scale)
    return np.array(list(levels)), np.array([median_of(lambda r: last(r, signal))(some) for some in levels.values()])


def _best_scale(runs: Runs) -> float:
    scales, losses = _curve(runs, "val_loss")
    return float(scales[np.argmin(losses)])


def _lower_end(runs: Runs) -> float:
    _, losses = _curve(runs, "val_loss")
    return float(min(losses[0], losses[-1]) / losses.min())


def _left(runs: Runs) -> float:
    scales, losses = _curve(runs, "train_loss")
    right = losses[scales > _best_scale(runs)]
    return float(right.max() / losses[0]) if len(right) else float("nan")
