"""A candidate for the corpus, not yet in it: MNIST and digits with large initial weights, trained for 30,000 to 100,000 steps.

The set-ups are those of Omnigrok (Liu et al., arXiv 2210.01117: 1,000 images of MNIST, two hidden layers of 200, batches of
200, squared errors, initial weights times 8) and of Li & Sakib's Table 3, with what they vary varied at once. The corpus has
three runs of MNIST that grok, none watched beyond 20,000 steps.
"""

from collections.abc import Callable

from training_runs.designs.cadences import half_as_ours
from training_runs.designs.sobol_sample import Fields, RunFamily, SobolPoint
from training_runs.designs.training_draws import training_within

_RATES = {"adamw": (3e-4, 3e-3), "adam": (3e-4, 3e-3), "sgd": (0.02, 0.2)}
# Apart from the gradient, and as part of it.
_DECAYS = {"adamw": (3e-3, 0.3), "adam": (1e-6, 3e-4), "sgd": (1e-5, 1e-3)}
_OPTIMIZERS = {"adamw": 5.0, "adam": 2.0, "sgd": 1.0}
_WITHOUT_DECAY = 0.12
# The term of Golechha's section 3: it raises the norm, or lowers it.
_NORM_PENALTIES = {0.0: 10, -1e-7: 1, -1e-6: 1, 1e-6: 1}


def _images(family: str, samples: tuple[int, int], widths: dict[int, float]) -> Callable[[SobolPoint], Fields]:
    def fields(point: SobolPoint) -> Fields:
        drawn = training_within(point, _OPTIMIZERS, _RATES, _DECAYS)
        return {
            "task_family": family,
            "architecture": "mlp",
            "loss": point.choice({"mse": 2, "cross_entropy": 1}),
            "train_samples": int(point.log(*samples)),
            "layers": point.choice({2: 3, 1: 1}),
            "width": point.choice(widths),
            "batch_size": point.choice({200: 3, 64: 1.5, 32: 0.5}),
            "init_scale": point.log(2.0, 12.0),
            "label_noise": point.choice({0.0: 18, 0.1: 1, 1.0: 1}),
            "norm_penalty": point.choice(_NORM_PENALTIES),
            **drawn,
            "weight_decay": 0.0 if point.uniform() < _WITHOUT_DECAY else drawn["weight_decay"],
        }

    return fields


cadence = half_as_ours((100, 200, 500, 1_000), 400)  # steps, and checkpoints at most


DESIGN = (
    RunFamily(3, (30_000, 100_000), _images("digits", (60, 1_000), {100: 1, 200: 1}), cadence),
    RunFamily(2, (30_000, 100_000), _images("mnist", (200, 5_000), {100: 2, 200: 1}), cadence),
)
