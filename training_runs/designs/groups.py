"""A candidate for the corpus, not yet in it: composition in groups of 24, 60 and 120 elements, by MLPs and transformers.

Of groups the corpus has S5 alone, where an MLP generalised in one of seven runs with shares of 0.3 to 0.5 and in more than half of
those with 0.6 to 0.8: a larger share of a larger group than modulo a prime. Pilot runs of A5 with 0.4 to 0.55 and a decay of 0.04
to 0.15 were at chance after 12,000 steps; of S4 with 0.6 to 0.8, one of four generalised, 23 times later than it memorised, and two were above 0.9.
With this design's shares and decays two of four of A5 did, 16 and 19 times later.
Groups of one order share a network's shape, but not its stack.
"""

from training_runs.designs.sobol_sample import Fields, RunFamily, SobolPoint
from training_runs.designs.training_draws import training_within
from training_runs.tasks.groups import order

_RATES = {"adamw": (7e-4, 7e-3), "adam": (7e-4, 5e-3), "muon": (1e-3, 6e-3)}
_DECAYS = {"adamw": (0.06, 2.0), "adam": (1e-5, 6e-4), "muon": (0.05, 2.0)}

# How often each is drawn.
_GROUPS = {
    "S4": 3,
    "D12": 2,
    "Q24": 2,
    "C24": 1,
    "A4xC2": 1.5,
    "Q8xC3": 1.5,
    "A5": 3,
    "D30": 1,
    "A4xC5": 1,
    "S4xC5": 1,
    "A5xC2": 1,
}
# By order: the least and the largest share of pairs that trains.
_SHARES = {24: (0.45, 0.9), 60: (0.38, 0.85), 120: (0.35, 0.8)}
_SMALL = {name: share for name, share in _GROUPS.items() if order(name) <= 60}
# By order: width of the embedding and of the hidden layer, and batch.
_EMBEDDING_MLPS = {24: (32, 128, None), 60: (32, 128, 512), 120: (64, 128, 512)}
_TRANSFORMERS = {24: (32, 128), 60: (32, 256)}


def _run(point: SobolPoint, group: str, optimizers: dict[str, float], speed: float = 1.0) -> Fields:
    """Draw what both networks have in common; one in twelve decays not at all, one in twenty has nothing to learn."""
    drawn = training_within(point, optimizers, _RATES, _DECAYS, speed)
    return {
        "task_family": "groups",
        "group": group,
        "train_fraction": round(point.uniform(*_SHARES[order(group)]), 3),
        "init_scale": point.log(0.5, 2.0),
        "label_noise": point.choice({0.0: 19, 1.0: 1}),
        **drawn,
        "weight_decay": point.choice({drawn["weight_decay"]: 11, 0.0: 1}),
    }


def _embedding_mlp(point: SobolPoint) -> Fields:
    group = point.choice(_GROUPS)
    embedding, width, batch = _EMBEDDING_MLPS[order(group)]
    return {
        "architecture": "embedding_mlp",
        "embedding_dim": embedding,
        "width": width,
        "batch_size": batch,
        **_run(point, group, {"adamw": 6, "adam": 2, "muon": 1}),
    }


def _transformer(point: SobolPoint) -> Fields:
    group = point.choice(_SMALL)
    embedding, batch = _TRANSFORMERS[order(group)]
    return {
        "architecture": "transformer",
        "embedding_dim": embedding,
        "batch_size": batch,
        **_run(point, group, {"adamw": 4, "adam": 1}, speed=0.7),
    }


DESIGN = (
    RunFamily(28, (8_000, 60_000), _embedding_mlp),
    RunFamily(12, (6_000, 25_000), _transformer),
)
