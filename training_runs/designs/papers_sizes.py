"""A candidate for the corpus, not yet in it: transformers of the width that papers use, trained as they train them.

The corpus has no transformer wider than 64, where papers have 128 (Power et al., arXiv 2201.02177; Nanda et al., arXiv
2301.05217; Li & Sakib). Widths, batches, betas and warm-up are theirs; shares of data, rates and decays lie near the edge
where either outcome can be expected: of the corpus's transformers at moduli from 53, a third generalised with shares
from 0.3 to 0.5. Few set-ups, so that dozens train as one stack on a GPU.
"""

from collections.abc import Callable

import numpy as np

from training_runs.config import RunConfig
from training_runs.designs.sobol_sample import Fields, RunFamily, SobolPoint

_OPERATIONS = {"add": 4, "sub": 3, "mul": 3, "div": 4, "x2_y2": 3, "x2_xy_y2": 1, "x3_xy": 0.7, "random_table": 1.3}
# Learning rates and weight decays; only AdamW's decay is apart from the gradient.
_RATES = {"adamw": (3e-4, 3e-3), "adam": (3e-4, 2e-3), "rmsprop": (1e-4, 1e-3), "sgd": (0.03, 0.4)}
_DECAYS = {"adamw": (0.05, 3.0), "adam": (1e-5, 1e-3), "rmsprop": (1e-5, 1e-3), "sgd": (3e-5, 3e-3)}
_WITHOUT_DECAY = {"adamw": 0.12, "adam": 0.25, "rmsprop": 0.3, "sgd": 0.2}

_PAPERS = {"beta2": 0.98, "warmup_steps": 10}  # Power et al., A.1.2
# What makes a shape, and how often it is drawn. All samples at once only at the smallest modulus.
_ONE_LAYER: tuple[tuple[float, Fields], ...] = (
    (4, {"modulus": 113, "batch_size": 512, "optimizer": "adamw", "layer_norm": False, **_PAPERS}),
    (3, {"modulus": 113, "batch_size": 512, "optimizer": "adamw", **_PAPERS}),
    (3, {"modulus": 97, "batch_size": 512, "optimizer": "adam", **_PAPERS}),
    (2, {"modulus": 59, "optimizer": "adamw", "layer_norm": False, "beta2": 0.98}),
    (2, {"modulus": 59, "optimizer": "rmsprop"}),
    (2, {"modulus": 67, "batch_size": 512, "optimizer": "sgd", "nesterov": True}),
)
_TWO_LAYERS: tuple[tuple[float, Fields], ...] = (
    (5, {"modulus": 97, "batch_size": 512, "optimizer": "adamw", **_PAPERS}),
    (3, {"modulus": 67, "batch_size": 512, "optimizer": "adamw", "layer_norm": False}),
    (2, {"modulus": 97, "batch_size": 512, "optimizer": "adam", "warmup_steps": 10}),
    (2, {"modulus": 59, "batch_size": 512, "optimizer": "rmsprop"}),
    (2, {"modulus": 67, "batch_size": 512, "optimizer": "sgd"}),
)


def _transformer(layers: int, setups: tuple[tuple[float, Fields], ...]) -> Callable[[SobolPoint], Fields]:
    def fields(point: SobolPoint) -> Fields:
        setup = setups[point.choice({k: share for k, (share, _) in enumerate(setups)})][1]
        least = 2.0 / setup["modulus"] ** 0.5
        optimizer = setup["optimizer"]
        rate, decay = point.log(*_RATES[optimizer]), point.log(*_DECAYS[optimizer])
        return {
            "architecture": "transformer",
            "embedding_dim": 128,
            "layers": layers,
            "tf32": True,
            **setup,
            "operation": point.choice(_OPERATIONS),
            "train_fraction": round(point.uniform(least, least + 0.33), 3),
            "learning_rate": rate,
            "weight_decay": 0.0 if point.uniform() < _WITHOUT_DECAY[optimizer] else decay,
            "init_scale": point.log(0.7, 1.5),
            "dropout": point.choice({0.0: 5, 0.1: 1, 0.2: 0.5}),
        }

    return fields


def cadence(configuration: Fields, budget: int, rng: np.random.Generator) -> Fields:
    """Draw when a run is recorded: half as ours, half as other people record, at even steps or after some epochs."""
    match rng.choice(["ours", "sparse", "even", "epochs"], p=[0.5, 0.1, 0.32, 0.08]):
        case "sparse":
            return {"checkpoints_per_decade": int(rng.choice([5, 8, 12]))}
        case "even":
            return {"checkpoint_every": int(rng.choice([50, 100, 200, 500, 1000], p=[0.1, 0.3, 0.2, 0.25, 0.15]))}
        case "epochs":
            epoch = RunConfig(**configuration, budget_step=budget).context().steps_per_epoch or 1.0
            return {"checkpoint_every": max(int(epoch * rng.choice([5, 10, 20])), 50)}
        case _:
            return {}


DESIGN = (
    RunFamily(6, (5_000, 40_000), _transformer(1, _ONE_LAYER), cadence),
    RunFamily(5, (5_000, 25_000), _transformer(2, _TWO_LAYERS), cadence),
)
