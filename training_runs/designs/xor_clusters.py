"""A candidate for the corpus, not yet in it: a family that it lacks, and trainings that it has few of.

XOR clusters, since parity was the only family beside modular and S5 arithmetic that memorised first; and RMSprop, dropout and
training without weight decay, with which runs recorded elsewhere were forecast worst. 600 runs take under an hour on two cores; what they do to forecasts is in docs/decisions.md.
"""

from collections.abc import Mapping

from training_runs.designs.sobol_sample import Fields, RunFamily, SobolPoint
from training_runs.designs.training_draws import training_within

_RATES = {
    "adamw": (6e-4, 5e-3),
    "muon": (1e-3, 4e-3),
    "adam": (6e-4, 5e-3),
    "sgd": (0.03, 0.4),
    "rmsprop": (2e-4, 2e-3),
}
_DECAYS = {
    "adamw": (0.05, 2.0),
    "muon": (0.05, 2.0),
    "adam": (3e-5, 2e-3),
    "sgd": (3e-5, 2e-3),
    "rmsprop": (3e-5, 2e-3),
}
_OPERATIONS = {
    "add": 4,
    "sub": 1.5,
    "mul": 2,
    "div": 1.5,
    "x2_y2": 1.5,
    "x2_xy_y2": 0.7,
    "x3_xy": 0.5,
    "random_table": 0.7,
}


def _training(point: SobolPoint, optimizers: Mapping[str, float], without_decay: float) -> Fields:
    """Draw an optimiser, its learning rate and its weight decay, a share of them without any."""
    drawn = training_within(point, optimizers, _RATES, _DECAYS)
    return drawn | ({"weight_decay": 0.0} if point.uniform() < without_decay else {})


def _clusters(point: SobolPoint) -> Fields:
    corner = point.choice({2: 4, 3: 1})
    samples = {2: (30, 600), 3: (250, 2000)}[corner]
    return {
        "task_family": "clusters",
        "architecture": "mlp",
        "dimensions": point.choice({40: 1, 100: 1, 200: 1}),
        "parity_bits": corner,
        "width": 128,
        "layers": point.choice({1: 3, 2: 1}),
        "batch_size": 32,
        "train_samples": int(point.log(*samples)),
        "init_scale": point.log(0.5, 4.0),
        "label_noise": point.choice({0.0: 18, 1.0: 1}),
        **_training(point, {"adam": 3, "adamw": 3, "sgd": 2, "rmsprop": 2, "muon": 1}, 0.15),
    }


def _parity(point: SobolPoint) -> Fields:
    return {
        "task_family": "parity",
        "architecture": "mlp",
        "bits": point.choice({30: 1, 40: 1}),
        "width": 128,
        "batch_size": 32,
        "train_samples": int(point.log(300, 1500)),
        "dropout": point.choice({0.0: 2, 0.1: 1}),
        **_training(point, {"rmsprop": 2, "adam": 1, "sgd": 1}, 0.15),
    }


def _arithmetic(point: SobolPoint) -> Fields:
    """Draw what modular runs have in common: as people train transformers, often with dropout and without decay."""
    return {
        "operation": point.choice(_OPERATIONS),
        "train_fraction": round(point.uniform(0.3, 0.85), 3),
        "dropout": point.choice({0.0: 2, 0.1: 3, 0.2: 1}),
        **_training(point, {"sgd": 3, "rmsprop": 2, "adam": 2, "adamw": 2}, 0.4),
    }


def _embedding_mlp(point: SobolPoint) -> Fields:
    return {
        "architecture": "embedding_mlp",
        "modulus": point.choice({23: 1, 31: 1}),
        "embedding_dim": 32,
        "width": 128,
        **_arithmetic(point),
    }


def _transformer(point: SobolPoint) -> Fields:
    return {
        "architecture": "transformer",
        "modulus": point.choice({23: 1, 31: 1}),
        "embedding_dim": 32,
        "layers": point.choice({1: 1, 2: 1}),
        "batch_size": 128,
        **_arithmetic(point),
    }


DESIGN = (
    RunFamily(30, (8_000, 40_000), _clusters),
    RunFamily(6, (8_000, 40_000), _parity),
    RunFamily(9, (8_000, 30_000), _embedding_mlp),
    RunFamily(7, (6_000, 20_000), _transformer),
)
