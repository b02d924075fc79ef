"""The corpus's fifth part: tasks and networks that the others saw memorise, and hardly ever generalise afterwards.

Of 260 onsets after memorisation in the first 2,062 runs, 3 were of parity, 1 of an LSTM, 11 of transformers and none of
S5: the rates, amounts of data and widths here are those at which pilot runs of these memorised before they rose.
"""

from collections.abc import Mapping

from training_runs.designs.sobol_sample import Fields, RunFamily, SobolPoint
from training_runs.designs.training_draws import training_within

_RATES = {"adamw": (6e-4, 5e-3), "muon": (1e-3, 4e-3), "adam": (8e-4, 6e-3), "sgd": (0.05, 0.3)}
_DECAYS = {"adamw": (0.1, 2.0), "muon": (0.1, 2.0), "adam": (1e-4, 1.5e-3), "sgd": (1e-4, 3e-3)}


def _training(point: SobolPoint, optimizers: Mapping[str, float], speed: float = 1.0) -> Fields:
    """Draw an optimiser with its learning rate, `speed` times the usual, and its weight decay."""
    return training_within(point, optimizers, _RATES, _DECAYS, speed)


def _parity(point: SobolPoint) -> Fields:
    return {
        "task_family": "parity",
        "architecture": "mlp",
        "bits": point.choice({30: 1, 40: 1, 50: 1}),
        "parity_bits": 3,
        "width": point.choice({128: 2, 256: 1}),
        "layers": 1,
        "batch_size": 32,
        "train_samples": int(point.log(450, 1200)),
        **_training(point, {"adamw": 3, "adam": 3, "sgd": 1}),
    }


def _permutation_embedding_mlp(point: SobolPoint) -> Fields:
    return {
        "task_family": "permutation",
        "architecture": "embedding_mlp",
        "embedding_dim": 64,
        "width": 128,
        "batch_size": 256,
        "train_fraction": point.uniform(0.35, 0.75),
        **_training(point, {"adamw": 4, "muon": 1}, speed=1.6),
        "init_scale": point.log(0.5, 1.2),
    }


def _permutation_transformer(point: SobolPoint) -> Fields:
    return {
        "task_family": "permutation",
        "architecture": "transformer",
        "embedding_dim": 64,
        "batch_size": 128,
        "train_fraction": point.uniform(0.3, 0.6),
        **_training(point, {"adamw": 1}),
    }


def _modular_lstm(point: SobolPoint) -> Fields:
    return {
        "architecture": "lstm",
        "modulus": point.choice({13: 1, 17: 1}),
        "embedding_dim": 32,
        "width": 64,
        "batch_size": 64,
        "operation": point.choice({"add": 1, "sub": 1, "mul": 1, "x2_y2": 1}),
        "train_fraction": round(point.uniform(0.45, 0.8), 3),
        **_training(point, {"adamw": 4, "adam": 1}, speed=1.3),
    }


def _modular_transformer(point: SobolPoint) -> Fields:
    return {
        "architecture": "transformer",
        "modulus": point.choice({23: 1, 29: 1}),
        "embedding_dim": 64,
        "batch_size": 128,
        "operation": point.choice({"add": 1, "sub": 1, "mul": 1, "div": 1, "x2_y2": 1}),
        "train_fraction": round(point.uniform(0.35, 0.7), 3),
        **_training(point, {"adamw": 4, "muon": 1, "adam": 1}),
    }


DESIGN = (
    RunFamily(8, (8_000, 40_000), _parity),
    RunFamily(8, (8_000, 25_000), _permutation_embedding_mlp),
    RunFamily(1, (5_000, 10_000), _permutation_transformer),
    RunFamily(6, (6_000, 20_000), _modular_lstm),
    RunFamily(8, (4_000, 15_000), _modular_transformer),
)
