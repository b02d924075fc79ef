"""How runs are trained, as several designs draw it: optimiser, learning rate, weight decay and noise."""

from collections.abc import Mapping

from training_runs.designs.sobol_sample import Fields, SobolPoint

Ranges = Mapping[str, tuple[float, float]]


def is_aimed(point: SobolPoint) -> bool:
    """Return True if a configuration is drawn where pilot runs generalised."""
    return point.choice({True: 2, False: 1})


# Learning rates and weight decays by optimiser: (anywhere, aimed). Decay that is part of the gradient, as Adam and SGD
# have it, is about a thousandth of a decoupled one of one strength.
_RATES = {
    "adamw": ((4e-4, 1e-2), (1.5e-3, 1e-2)),
    "muon": ((4e-4, 1e-2), (1e-3, 6e-3)),
    "adam": ((4e-4, 1e-2), (1e-3, 8e-3)),
    "sgd": ((2e-2, 1.0), (0.1, 0.6)),
}
_DECAYS = {
    "adamw": ((0.02, 4.0), (0.15, 3.0)),
    "muon": ((0.02, 4.0), (0.15, 3.0)),
    "adam": ((1e-5, 5e-3), (1e-4, 1e-3)),
    "sgd": ((1e-5, 5e-3), (1e-4, 2e-3)),
}


_OPTIMIZERS = {"adamw": 0.56, "muon": 0.16, "adam": 0.14, "sgd": 0.14}


def training(
    point: SobolPoint,
    aimed: bool,
    steepest: float = 1.0,
    optimizers: Mapping[str, float] = _OPTIMIZERS,
) -> Fields:
    """Draw an optimiser with its learning rate and weight decay; `steepest` scales the rates of SGD."""
    optimizer = point.choice(optimizers)
    low, high = _RATES[optimizer][aimed]
    rate = point.log(low * steepest, high * steepest) if optimizer == "sgd" else point.log(low, high)
    decays_at_all = aimed or point.uniform() >= 0.3
    decay = point.log(*_DECAYS[optimizer][aimed])
    return {
        "optimizer": optimizer,
        "learning_rate": rate,
        "weight_decay": decay if decays_at_all else 0.0,
    }


def noise(point: SobolPoint) -> Fields:
    """Draw dropout and a share of wrong labels, most often none."""
    return {
        "dropout": point.choice({0.0: 8, 0.1: 1, 0.3: 1}),
        "label_noise": point.choice({0.0: 18, 0.02: 1, 0.1: 1}),
    }


def training_within(
    point: SobolPoint, optimizers: Mapping[str, float], rates: Ranges, decays: Ranges, speed: float = 1.0
) -> Fields:
    """Draw an optimiser, its learning rate, `speed` times that of its range, and its weight decay."""
    optimizer = point.choice(optimizers)
    low, high = rates[optimizer]
    return {
        "optimizer": optimizer,
        "learning_rate": point.log(low * speed, high * speed),
        "weight_decay": point.log(*decays[optimizer]),
    }
