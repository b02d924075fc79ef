"""A candidate for the corpus, not yet in it: tiny networks that decay so slowly that they generalise long after they memorise.

Of the corpus's runs 89 at moduli to 31 generalise more than 20 times later than they memorise, and 15 more than 100
times, where runs recorded elsewhere do so by the hundred. With AdamW such an onset comes when weights have decayed
enough: at 2 to 15 times 1 / (learning rate x weight decay) there, 6 in the middle, while memorising takes
0.3 / learning rate. That time is drawn here, and so are budgets, so that either outcome can be expected. The share of
data that leaves either open is 2.4 to 4 / sqrt(p) there.
"""

from collections.abc import Callable

from training_runs.designs.cadences import half_as_ours
from training_runs.designs.sobol_sample import Fields, RunFamily, SobolPoint

_OPERATIONS = {"add": 4, "sub": 3, "mul": 4, "div": 3, "x2_y2": 2, "x2_xy_y2": 0.7, "x3_xy": 0.5, "random_table": 0.8}

_RATES = {"adamw": (5e-4, 1e-2), "adam": (2e-4, 3e-3), "sgd": (0.05, 0.4)}
# Steps in which AdamW's decay alone would shrink weights to 1 / e, and the largest decay.
_DECAY_STEPS, _LARGEST_DECAY = (1_000, 50_000), 0.3
# As part of the gradient: what the corpus's latest onsets had, and less.
_DECAYS_IN_THE_GRADIENT = {"adam": (1e-6, 1e-4), "sgd": (2e-5, 4e-4)}
_WITHOUT_DECAY = 0.05

# Modulus: embedding and width; all samples at once. A modulus as often as its value in `_EMBEDDING_MLP_SHARES`.
_EMBEDDING_MLPS = {
    11: (16, 64),
    13: (16, 64),
    17: (32, 64),
    19: (16, 128),
    23: (32, 64),
    29: (16, 64),
    31: (32, 64),
}
_EMBEDDING_MLP_SHARES = {11: 0.5, 13: 0.7, 17: 1, 19: 1, 23: 1.2, 29: 1, 31: 1}
# Modulus: width of the model, layers, and batch.
_TRANSFORMERS = {13: (16, 1, None), 17: (32, 1, 64), 23: (32, 1, 128), 31: (16, 2, 128)}


def _decay(point: SobolPoint, optimizer: str, rate: float) -> float:
    """Draw a weight decay that leaves the onset to a budget of this design."""
    if optimizer == "adamw":
        fast, slow = _DECAY_STEPS
        decay = point.log(1 / (slow * rate), min(1 / (fast * rate), _LARGEST_DECAY))
    else:
        decay = point.log(*_DECAYS_IN_THE_GRADIENT[optimizer])
    return 0.0 if point.uniform() < _WITHOUT_DECAY else decay


def _run(point: SobolPoint, p: int, optimizers: dict[str, float]) -> Fields:
    """Draw what both networks have in common."""
    optimizer = point.choice(optimizers)
    rate = point.log(*_RATES[optimizer])
    return {
        "modulus": p,
        "operation": point.choice(_OPERATIONS),
        "train_fraction": round(point.uniform(2.4 / p**0.5, min(4.0 / p**0.5, 0.92)), 3),
        "init_scale": point.log(0.5, 2.5),
        "optimizer": optimizer,
        "learning_rate": rate,
        "weight_decay": _decay(point, optimizer, rate),
        "beta2": point.choice({0.999: 3, 0.98: 2}) if optimizer != "sgd" else 0.999,
    }


def _embedding_mlp(point: SobolPoint) -> Fields:
    p = point.choice(_EMBEDDING_MLP_SHARES)
    embedding, width = _EMBEDDING_MLPS[p]
    return {
        "architecture": "embedding_mlp",
        "embedding_dim": embedding,
        "width": width,
        **_run(point, p, {"adamw": 6, "adam": 2, "sgd": 1}),
    }


def _transformer(point: SobolPoint) -> Fields:
    p = point.choice({13: 1, 17: 2, 23: 2, 31: 1})
    embedding, layers, batch = _TRANSFORMERS[p]
    return {
        "architecture": "transformer",
        "embedding_dim": embedding,
        "layers": layers,
        "batch_size": batch,
        **_run(point, p, {"adamw": 4, "adam": 1}),
    }


cadence = half_as_ours((100, 200, 500, 1_000, 2_000, 5_000), 1_000)  # steps, and checkpoints at most


def _watched(weights: tuple[int, int], configuration: Callable[[SobolPoint], Fields]) -> tuple[RunFamily, RunFamily]:
    """Let some be watched for up to a million steps, most for fewer: as others of their kind, whatever they do."""
    most, some = weights
    return (
        RunFamily(most, (50_000, 300_000), configuration, cadence),
        RunFamily(some, (300_000, 1_000_000), configuration, cadence),
    )


DESIGN = (*_watched((60, 12), _embedding_mlp), *_watched((24, 4), _transformer))
