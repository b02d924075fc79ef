"""A candidate for the corpus, not yet in it: optimisers that it has few runs of, on tasks that it has many of.

Muon at the rates that people give it, up to thirty times the corpus's; RMSprop, Nesterov's momentum and Lion, of which
it has none. Runs recorded elsewhere with Muon were forecast worst of all.
"""

from training_runs.designs.images import cadence
from training_runs.designs.sobol_sample import Fields, RunFamily, SobolPoint
from training_runs.designs.training_draws import training_within

_OPTIMIZERS = {"muon": 5.0, "rmsprop": 3.0, "sgd": 3.0, "lion": 2.0}
_RATES = {"muon": (3e-3, 0.1), "rmsprop": (2e-4, 3e-3), "sgd": (0.03, 0.5), "lion": (1e-4, 1.5e-3)}
# Muon's and Lion's are apart from the gradient, the others part of it.
_DECAYS = {"muon": (0.01, 1.0), "rmsprop": (3e-6, 1e-3), "sgd": (3e-5, 2e-3), "lion": (0.1, 10.0)}
_WITHOUT_DECAY = 0.08
# As their authors give them.
_OWN: dict[str, Fields] = {"lion": {"beta2": 0.99}, "muon": {"beta2": 0.95}, "sgd": {"nesterov": True}, "rmsprop": {}}
_OPERATIONS = {"add": 4, "sub": 3, "mul": 4, "div": 3, "x2_y2": 3, "x2_xy_y2": 1, "x3_xy": 0.5, "random_table": 1}


def _training(point: SobolPoint) -> Fields:
    drawn = training_within(point, _OPTIMIZERS, _RATES, _DECAYS)
    decays = point.uniform() >= _WITHOUT_DECAY
    momentum = point.choice({0.9: 3, 0.95: 1, 0.8: 1})
    return {
        **drawn,
        "weight_decay": drawn["weight_decay"] if decays else 0.0,
        **_OWN[drawn["optimizer"]],
        **({"momentum": momentum} if drawn["optimizer"] == "sgd" else {}),
    }


def _modular(point: SobolPoint, p: int) -> Fields:
    least = 2.1 / p**0.5
    return {
        "modulus": p,
        "operation": point.choice(_OPERATIONS),
        "train_fraction": round(point.uniform(least, min(0.9, least + 0.35)), 3),
        "init_scale": point.log(0.5, 2.0),
    }


# Modulus: embedding, width and batch.
_EMBEDDING_MLPS = {23: (32, 64, None), 31: (32, 128, None), 43: (32, 128, 512)}


def _modular_embedding_mlp(point: SobolPoint) -> Fields:
    p = point.choice({23: 1, 31: 1, 43: 1})
    embedding, width, batch = _EMBEDDING_MLPS[p]
    return {
        "architecture": "embedding_mlp",
        "embedding_dim": embedding,
        "width": width,
        "batch_size": batch,
        **_modular(point, p),
        **_training(point),
    }


def _modular_transformer(point: SobolPoint) -> Fields:
    return {
        "architecture": "transformer",
        "embedding_dim": 32,
        "batch_size": 128,
        **_modular(point, point.choice({23: 1, 31: 1})),
        **_training(point),
    }


def _group(point: SobolPoint) -> Fields:
    return {
        "task_family": "groups",
        "group": point.choice({"S4": 2, "D12": 2, "Q24": 1, "A4xC2": 1, "C24": 1}),
        "architecture": "embedding_mlp",
        "embedding_dim": 32,
        "width": 128,
        "train_fraction": round(point.uniform(0.5, 0.9), 3),
        "init_scale": point.log(0.5, 1.5),
        "label_noise": point.choice({0.0: 19, 1.0: 1}),
        **_training(point),
    }


def _parity(point: SobolPoint) -> Fields:
    return {
        "task_family": "parity",
        "architecture": "mlp",
        "bits": point.choice({30: 1, 40: 1}),
        "width": 128,
        "batch_size": 32,
        "train_samples": int(point.log(250, 1500)),
        "label_noise": point.choice({0.0: 19, 1.0: 1}),
        **_training(point),
    }


DESIGN = (
    RunFamily(20, (8_000, 50_000), _modular_embedding_mlp, cadence),
    RunFamily(8, (6_000, 25_000), _modular_transformer, cadence),
    RunFamily(8, (8_000, 50_000), _group, cadence),
    RunFamily(8, (8_000, 50_000), _parity, cadence),
)
