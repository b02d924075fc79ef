"""The corpus's third part: levels that the first two had too few of, drawn where both outcomes can be expected.

The first 1,050 runs left rare operations, optimisers other than AdamW, images, parity and S5 with too few
configurations for a figure of their own, and images and parity with hardly any that did not generalise.
"""

from collections.abc import Callable

from training_runs.designs.sobol_sample import Fields, RunFamily, SobolPoint
from training_runs.designs.training_draws import is_aimed, noise, training

_OPERATIONS = {"div": 3, "x2_y2": 3, "x2_xy_y2": 4, "x3_xy": 3.5, "random_table": 1.2, "add": 1, "sub": 1, "mul": 1}
_OPTIMIZERS = {"sgd": 4, "adam": 3, "muon": 3, "adamw": 2}


def _modular_embedding_mlp(point: SobolPoint) -> Fields:
    p = point.choice({17: 1, 19: 1, 23: 1, 29: 1, 31: 1, 37: 1, 41: 1, 47: 0.7, 53: 0.7, 97: 0.3})
    return {
        "architecture": "embedding_mlp",
        "modulus": p,
        "embedding_dim": point.choice({16: 1, 32: 1.2, 64: 0.8}),
        "width": point.choice({64: 1, 128: 1.2, 256: 0.5}),
        "operation": point.choice(_OPERATIONS),
        **training(point, is_aimed(point), optimizers=_OPTIMIZERS),
        "train_fraction": round(point.uniform(min(0.6, 2.2 / p**0.5), 0.93), 3),
        "batch_size": point.choice({None: 1, 128: 1, 256: 1}) if p < 37 else 256,
        "loss": point.choice({"cross_entropy": 3, "mse": 1}),
        "init_scale": point.log(0.5, 1.5),
    }


def _modular_transformer(point: SobolPoint) -> Fields:
    p = point.choice({13: 1, 17: 1, 19: 1, 23: 1, 29: 1, 31: 1})
    return {
        "architecture": "transformer",
        "modulus": p,
        "embedding_dim": point.choice({32: 1, 64: 0.5}),
        "operation": point.choice(_OPERATIONS),
        **training(point, True, steepest=0.25, optimizers=_OPTIMIZERS),
        "train_fraction": round(point.uniform(0.4, 0.92), 3),
        "batch_size": point.choice({64: 1, 128: 1}),
    }


def _modular_lstm(point: SobolPoint) -> Fields:
    p = point.choice({11: 1, 13: 1, 17: 1})
    return {
        "architecture": "lstm",
        "modulus": p,
        "embedding_dim": point.choice({16: 1, 32: 1}),
        "width": point.choice({32: 1, 64: 1}),
        "operation": point.choice({"add": 1, "sub": 1, "mul": 1, "x2_y2": 2}),
        **training(point, True, optimizers={"adamw": 3, "muon": 1, "adam": 1}),
        "train_fraction": round(point.uniform(0.55, 0.92), 3),
        "batch_size": point.choice({None: 1, 64: 1}),
    }


def _permutation_embedding_mlp(point: SobolPoint) -> Fields:
    return {
        "task_family": "permutation",
        "architecture": "embedding_mlp",
        "embedding_dim": point.choice({32: 1, 64: 1}),
        "width": point.choice({64: 1, 128: 1}),
        "train_fraction": point.uniform(0.4, 0.93),
        **training(point, True, optimizers={"adamw": 3, "muon": 2, "sgd": 1, "adam": 1}),
        "batch_size": point.choice({128: 1, 256: 1}),
        "init_scale": point.log(0.4, 1.0),
        "label_noise": point.choice({0.0: 14, 1.0: 1}),
    }


def _permutation_transformer(point: SobolPoint) -> Fields:
    return {
        "task_family": "permutation",
        "architecture": "transformer",
        "embedding_dim": point.choice({32: 1, 64: 1}),
        "train_fraction": point.uniform(0.4, 0.93),
        **training(point, True, optimizers={"adamw": 3, "muon": 2, "adam": 1}),
        "batch_size": point.choice({64: 1, 128: 1}),
    }


def _parity(point: SobolPoint) -> Fields:
    return {
        "task_family": "parity",
        "architecture": "mlp",
        "bits": point.choice({20: 1, 30: 1, 40: 1, 50: 1}),
        "parity_bits": point.choice({3: 3, 4: 1}),
        "train_samples": int(point.log(80, 1200)),
        "width": point.choice({64: 1, 128: 1}),
        "layers": point.choice({1: 3, 2: 1}),
        **training(point, is_aimed(point), optimizers={"adamw": 2, "sgd": 2, "muon": 1, "adam": 1}),
        "batch_size": point.choice({None: 1, 32: 2, 128: 1}),
        "label_noise": point.choice({0.0: 10, 0.1: 1, 1.0: 1}),
    }


def _images(family: str, samples: tuple[int, int]) -> Callable[[SobolPoint], Fields]:
    def fields(point: SobolPoint) -> Fields:
        return {
            "task_family": family,
            "architecture": "mlp",
            "loss": point.choice({"mse": 2, "cross_entropy": 1}),
            "train_samples": int(point.log(*samples)),
            "layers": point.choice({1: 1, 2: 2}),
            "width": point.choice({64: 1, 100: 1, 200: 1}),
            **training(point, is_aimed(point), optimizers={"adamw": 4, "adam": 2, "muon": 1, "sgd": 1}),
            "batch_size": point.choice({64: 1, 200: 1}),
            "init_scale": point.log(1.5, 14.0),
            **noise(point),
        }

    return fields


DESIGN = (
    RunFamily(42, (3_000, 25_000), _modular_embedding_mlp),
    RunFamily(9, (2_500, 10_000), _modular_transformer),
    RunFamily(7, (4_000, 20_000), _modular_lstm),
    RunFamily(9, (3_000, 12_000), _permutation_embedding_mlp),
    RunFamily(4, (2_500, 6_000), _permutation_transformer),
    RunFamily(10, (3_000, 30_000), _parity),
    RunFamily(12, (2_000, 20_000), _images("digits", (20, 400))),
    RunFamily(12, (2_000, 15_000), _images("mnist", (60, 1_500))),
)
