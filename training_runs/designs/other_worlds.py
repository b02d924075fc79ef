"""A candidate for the corpus, not yet in it: tasks that it lacks, and beginnings that none of its runs have.

Polynomials (several operations on one pair) and a teacher's classes, two families that it has no run of; clusters nearer to
each other than those of `xor_clusters`; parity in wider networks, watched for longer; and modular runs whose embeddings
begin shifted or equal, are disturbed, or have a learning rate of their own (Liu et al., arXiv 2205.10343).
"""

from collections.abc import Mapping

from training_runs.designs.images import cadence
from training_runs.designs.sobol_sample import Fields, RunFamily, SobolPoint
from training_runs.designs.training_draws import Ranges, training_within

_RATES = {"adamw": (5e-4, 6e-3), "adam": (5e-4, 5e-3), "sgd": (0.03, 0.4)}
_DECAYS = {"adamw": (0.03, 2.0), "adam": (3e-6, 1e-3), "sgd": (3e-5, 2e-3)}


# Of a teacher's students, which generalise within 1,000 steps where more decays.
_SLOW_DECAYS = {"adamw": (0.01, 0.6), "adam": (3e-6, 3e-4), "sgd": (1e-5, 6e-4)}
_WITHOUT_DECAY = 0.06


def _training(point: SobolPoint, optimizers: Mapping[str, float], decays: Ranges = _DECAYS) -> Fields:
    """Draw an optimiser, its learning rate and its weight decay, a share of them without any."""
    drawn = training_within(point, optimizers, _RATES, decays)
    return drawn | ({"weight_decay": 0.0} if point.uniform() < _WITHOUT_DECAY else {})


_POLYNOMIALS = {
    "(a+b)^2": 2,
    "(a-b)^2": 1,
    "(a+b)^3": 1,
    "a*b+a": 2,
    "a*b+a+b": 2,
    "2*a+3*b": 2,
    "a^2+b": 1,
    "a^2*b": 1,
    "a*(a+b)": 1,
    "a^3+b^2": 0.7,
}


def _polynomial(point: SobolPoint, p: int) -> Fields:
    least = 2.1 / p**0.5
    return {
        "task_family": "polynomials",
        "modulus": p,
        "polynomial": point.choice(_POLYNOMIALS),
        "train_fraction": round(point.uniform(least, min(0.9, least + 0.4)), 3),
        "init_scale": point.log(0.5, 2.0),
        "label_noise": point.choice({0.0: 19, 1.0: 1}),
    }


def _polynomial_embedding_mlp(point: SobolPoint) -> Fields:
    return {
        "architecture": "embedding_mlp",
        "embedding_dim": 32,
        "width": 128,
        **_polynomial(point, point.choice({23: 1, 31: 1, 37: 1})),
        **_training(point, {"adamw": 5, "adam": 2, "sgd": 1}),
    }


def _polynomial_transformer(point: SobolPoint) -> Fields:
    return {
        "architecture": "transformer",
        "embedding_dim": 32,
        "batch_size": 128,
        **_polynomial(point, point.choice({23: 1, 31: 1})),
        **_training(point, {"adamw": 4, "adam": 1}),
    }


# By how many directions a teacher reads: the least and the largest number of samples in a dimension of the inputs.
_SAMPLES_A_DIMENSION = {1: (2, 15), 2: (4, 30), 3: (6, 45)}


def _teacher(point: SobolPoint) -> Fields:
    units = point.choice({1: 1, 2: 2, 3: 2})
    dimensions = point.choice({10: 1, 20: 1, 40: 1})
    return {
        "task_family": "teacher",
        "architecture": "mlp",
        "dimensions": dimensions,
        "teacher_units": units,
        "train_samples": int(dimensions * point.log(*_SAMPLES_A_DIMENSION[units])),
        "width": 128,
        "layers": point.choice({1: 3, 2: 1}),
        "batch_size": 32,
        "init_scale": point.log(1.5, 10.0),
        "label_noise": point.choice({0.0: 19, 1.0: 1}),
        **_training(point, {"adamw": 4, "adam": 2, "sgd": 1}, decays=_SLOW_DECAYS),
    }


# By how many coordinates are read: how far the centres lie from 0. Nearer, the classes overlap by more than 5 %.
_SEPARATIONS = {1: (1.8, 2.5), 2: (2.1, 2.8), 3: (2.3, 2.8)}
_SAMPLES = {1: (30, 500), 2: (100, 1_200), 3: (400, 3_000)}


def _clusters(point: SobolPoint) -> Fields:
    corner = point.choice({1: 1, 2: 3, 3: 1})
    return {
        "task_family": "clusters",
        "architecture": "mlp",
        "dimensions": point.choice({40: 2, 100: 1}),
        "parity_bits": corner,
        "separation": point.uniform(*_SEPARATIONS[corner]),
        "width": 128,
        "batch_size": 32,
        "train_samples": int(point.log(*_SAMPLES[corner])),
        "init_scale": point.log(0.7, 4.0),
        **_training(point, {"adamw": 4, "adam": 2, "sgd": 1}),
    }


def _parity(point: SobolPoint) -> Fields:
    return {
        "task_family": "parity",
        "architecture": "mlp",
        "bits": point.choice({40: 1, 60: 1, 80: 1}),
        "width": point.choice({256: 2, 512: 1}),
        "batch_size": 32,
        "train_samples": int(point.log(400, 2_500)),
        **_training(point, {"adamw": 3, "adam": 2, "sgd": 1}),
    }


_EMBEDDINGS = {
    "normal": 4,
    "normal:0.3:0.2": 1,
    "normal:1:0.3": 1,
    "uniform:0:0.8": 1,
    "uniform:0.4:0.8": 1,
    "constant:0.3": 1,
}
# Times the learning rate of all else; 1 is none of its own.
_EMBEDDING_RATES = {1.0: 2, 0.1: 1, 0.3: 1, 3.0: 1, 10.0: 0.5}


def _beginning(point: SobolPoint) -> Fields:
    """Draw a modular run whose embeddings are not as usual."""
    p = point.choice({23: 1, 31: 1})
    least = 2.1 / p**0.5
    drawn = _training(point, {"adamw": 4, "adam": 1})
    factor = point.choice(_EMBEDDING_RATES)
    return {
        "architecture": point.choice({"embedding_mlp": 3, "transformer": 1}),
        "modulus": p,
        "embedding_dim": 32,
        "width": 128,
        "batch_size": 256,
        "operation": point.choice({"add": 3, "sub": 2, "mul": 3, "x2_y2": 2, "x2_xy_y2": 0.5, "random_table": 0.5}),
        "train_fraction": round(point.uniform(least, min(0.9, least + 0.35)), 3),
        "embedding_init": point.choice(_EMBEDDINGS),
        "embedding_noise": point.choice({0.0: 3, 0.01: 1, 0.1: 1, 0.3: 0.5}),
        **drawn,
        "embedding_learning_rate": None if factor == 1 else float(f"{factor * drawn['learning_rate']:.4g}"),
    }


DESIGN = (
    RunFamily(14, (8_000, 50_000), _polynomial_embedding_mlp, cadence),
    RunFamily(6, (6_000, 25_000), _polynomial_transformer, cadence),
    RunFamily(16, (10_000, 60_000), _teacher, cadence),
    RunFamily(8, (10_000, 60_000), _clusters, cadence),
    RunFamily(6, (20_000, 100_000), _parity, cadence),
    RunFamily(10, (6_000, 30_000), _beginning, cadence),
)
