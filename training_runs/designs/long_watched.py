"""The corpus's sixth part: runs near the edge of generalising, watched for far longer, at sizes that papers use.

Of the first 2,622 runs 325 configurations grokked, and 40 % of those that memorised were watched for 50 times as long.
Few shapes, so that dozens train as one stack on a GPU. Nothing is random while training but the order of samples:
noise is drawn one run at a time, and would take longer than the step.
"""

from collections.abc import Mapping

from training_runs.designs.sobol_sample import Fields, RunFamily, SobolPoint
from training_runs.designs.training_draws import training_within

_RATES = {"adamw": (5e-4, 5e-3), "muon": (7e-4, 4e-3), "adam": (5e-4, 5e-3), "sgd": (0.05, 0.5)}
_DECAYS = {"adamw": (0.05, 2.5), "muon": (0.05, 2.0), "adam": (3e-5, 1.5e-3), "sgd": (3e-5, 2e-3)}
_OPERATIONS = {"add": 4, "sub": 3, "mul": 3, "div": 3, "x2_y2": 3, "x2_xy_y2": 1.5, "x3_xy": 1, "random_table": 1.2}


def _training(point: SobolPoint, optimizers: Mapping[str, float], speed: float = 1.0) -> Fields:
    """Draw an optimiser, its learning rate, `speed` times the usual, and its weight decay, one in eight without any."""
    drawn = training_within(point, optimizers, _RATES, _DECAYS, speed)
    return drawn | {"weight_decay": point.choice({drawn["weight_decay"]: 7.0, 0.0: 1.0})}


def _modular(point: SobolPoint, p: int) -> Fields:
    least = 2.1 / p**0.5
    return {
        "modulus": p,
        "operation": point.choice(_OPERATIONS),
        "train_fraction": round(point.uniform(least, min(0.9, least + 0.4)), 3),
        "init_scale": point.log(0.5, 2.0),
    }


# Modulus: embedding, width and batch. All samples at once where that is a step's usual size.
_EMBEDDING_MLPS = {
    23: (32, 64, None),
    31: (32, 128, None),
    41: (64, 128, None),
    53: (64, 128, None),
    67: (64, 128, 512),
    97: (64, 128, 512),
    113: (64, 128, 512),
}
_TRANSFORMERS = {23: (32, 1, None), 31: (64, 1, 256), 53: (64, 1, 512), 97: (64, 2, 512)}


def _modular_embedding_mlp(point: SobolPoint) -> Fields:
    p = point.choice({23: 1, 31: 1, 41: 1, 53: 1, 67: 0.7, 97: 1, 113: 0.7})
    embedding, width, batch = _EMBEDDING_MLPS[p]
    return {
        "architecture": "embedding_mlp",
        "embedding_dim": embedding,
        "width": width,
        "batch_size": batch,
        **_modular(point, p),
        **_training(point, {"adamw": 5, "adam": 1, "muon": 1, "sgd": 1}),
    }


def _modular_transformer(point: SobolPoint) -> Fields:
    p = point.choice({23: 1, 31: 1, 53: 1, 97: 1})
    embedding, layers, batch = _TRANSFORMERS[p]
    return {
        "architecture": "transformer",
        "embedding_dim": embedding,
        "layers": layers,
        "batch_size": batch,
        **_modular(point, p),
        **_training(point, {"adamw": 4, "adam": 1.5}, speed=0.6),
    }


def _modular_lstm(point: SobolPoint) -> Fields:
    p = point.choice({13: 1, 17: 1, 23: 1})
    return {
        "architecture": "lstm",
        "embedding_dim": 32,
        "width": 64,
        "batch_size": 128,
        **_modular(point, p),
        **_training(point, {"adamw": 3, "adam": 1}),
    }


def _permutation(point: SobolPoint) -> Fields:
    return {
        "task_family": "permutation",
        "architecture": "embedding_mlp",
        "embedding_dim": 64,
        "width": 128,
        "batch_size": 512,
        "train_fraction": point.uniform(0.3, 0.8),
        "init_scale": point.log(0.5, 1.5),
        **_training(point, {"adamw": 4, "adam": 1}),
    }


def _parity(point: SobolPoint) -> Fields:
    return {
        "task_family": "parity",
        "architecture": "mlp",
        "bits": point.choice({20: 1, 30: 1, 40: 1}),
        "parity_bits": 3,
        "width": 128,
        "layers": 1,
        "batch_size": point.choice({32: 2, None: 1}),
        "train_samples": int(point.log(250, 1500)),
        **_training(point, {"adamw": 2, "adam": 2, "sgd": 1}),
    }


def _digits(point: SobolPoint) -> Fields:
    return {
        "task_family": "digits",
        "architecture": "mlp",
        "layers": 2,
        "width": 100,
        "batch_size": 64,
        "loss": point.choice({"mse": 2, "cross_entropy": 1}),
        "train_samples": int(point.log(60, 800)),
        "init_scale": point.log(2.0, 10.0),
        **_training(point, {"adamw": 2, "adam": 1}),
    }


DESIGN = (
    RunFamily(44, (6_000, 40_000), _modular_embedding_mlp),
    RunFamily(20, (5_000, 20_000), _modular_transformer),
    RunFamily(8, (5_000, 20_000), _modular_lstm),
    RunFamily(7, (6_000, 25_000), _permutation),
    RunFamily(14, (8_000, 60_000), _parity),
    RunFamily(7, (6_000, 40_000), _digits),
)
