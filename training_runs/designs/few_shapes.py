"""The corpus's fourth part: many configurations on few shapes, so that they train side by side.

What decides whether a run generalises and when (data, rates, decay, noise, initial scale, operation) varies as widely
as in `rare_levels`; sizes, batches and losses hardly do, since only runs of one shape make a stack. A run costs a
quarter of one alone.
"""

from collections.abc import Callable

from training_runs.designs.sobol_sample import Fields, RunFamily, SobolPoint
from training_runs.designs.training_draws import is_aimed, noise, training

_OPERATIONS = {"x2_xy_y2": 4, "x3_xy": 4, "add": 2, "sub": 2, "mul": 2, "div": 2, "x2_y2": 2, "random_table": 1}
_OPTIMIZERS = {"adamw": 5, "muon": 1, "adam": 1, "sgd": 1}


def _modular_embedding_mlp(point: SobolPoint) -> Fields:
    p = point.choice({17: 1, 23: 1, 31: 1, 41: 1})
    aimed = is_aimed(point)
    least = 2.2 / p**0.5 if aimed else 0.25
    return {
        "architecture": "embedding_mlp",
        "modulus": p,
        "embedding_dim": 32,
        "width": 64,
        "batch_size": 128 if p < 30 else 256,
        "operation": point.choice(_OPERATIONS),
        **training(point, aimed, optimizers=_OPTIMIZERS),
        "train_fraction": round(point.uniform(least, 0.92), 3),
        "init_scale": point.log(0.5, 1.5 if aimed else 4.0),
        **noise(point),
    }


def _modular_lstm(point: SobolPoint) -> Fields:
    return {
        "architecture": "lstm",
        "modulus": point.choice({11: 1, 13: 1}),
        "embedding_dim": 16,
        "width": 32,
        "batch_size": 64,
        "operation": point.choice({"add": 1, "sub": 1, "mul": 1, "x2_y2": 1}),
        **training(point, True, optimizers={"adamw": 3, "adam": 1}),
        "train_fraction": round(point.uniform(0.55, 0.92), 3),
        "init_scale": point.log(0.6, 1.2),
    }


def _permutation(point: SobolPoint) -> Fields:
    return {
        "task_family": "permutation",
        "architecture": "embedding_mlp",
        "embedding_dim": 32,
        "width": 64,
        "batch_size": 128,
        **training(point, True, optimizers={"adamw": 3, "muon": 1}),
        "train_fraction": point.uniform(0.4, 0.93),
        "init_scale": point.log(0.4, 1.0),
        "label_noise": point.choice({0.0: 14, 1.0: 1}),
    }


def _parity(point: SobolPoint) -> Fields:
    return {
        "task_family": "parity",
        "architecture": "mlp",
        "bits": point.choice({30: 1, 40: 1}),
        "parity_bits": 3,
        "width": 64,
        "layers": 1,
        "batch_size": 32,
        "train_samples": int(point.log(150, 1200)),
        **training(point, is_aimed(point), optimizers={"adamw": 2, "sgd": 1}),
        "label_noise": point.choice({0.0: 10, 0.1: 1, 1.0: 1}),
    }


def _images(family: str, samples: tuple[int, int]) -> Callable[[SobolPoint], Fields]:
    def fields(point: SobolPoint) -> Fields:
        return {
            "task_family": family,
            "architecture": "mlp",
            "layers": 2,
            "width": 64,
            "batch_size": 64,
            "loss": point.choice({"mse": 2, "cross_entropy": 1}),
            "train_samples": int(point.log(*samples)),
            **training(point, is_aimed(point), optimizers={"adamw": 3, "adam": 1}),
            "init_scale": point.log(1.5, 14.0),
            **noise(point),
        }

    return fields


DESIGN = (
    RunFamily(40, (3_000, 10_000), _modular_embedding_mlp),
    RunFamily(6, (3_000, 9_000), _modular_lstm),
    RunFamily(8, (2_500, 8_000), _permutation),
    RunFamily(5, (3_000, 12_000), _parity),
    RunFamily(7, (2_500, 9_000), _images("digits", (20, 400))),
    RunFamily(7, (2_500, 7_000), _images("mnist", (60, 1_000))),
)
