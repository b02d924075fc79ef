"""The sample that the blind test is made of: the corpus's designs, on moduli that the corpus does not have."""

from collections.abc import Iterator
from dataclasses import replace

from training_runs.config import RunConfig
from training_runs.designs import few_shapes
from training_runs.designs.broad import corpus
from training_runs.designs.sobol_sample import sample_design

_MODULI = (61, 71, 73, 79)
_OTHER_DRAWS = 1_000_000  # added to the seed, so that no seed draws what the corpus drew with it
_FRACTIONS = (0.15, 0.9)  # as in the corpus


def blind(seed: int) -> Iterator[RunConfig]:
    """Yield the runs of the blind test without end; the k-th is always the same.

    They are other draws of two of the corpus's designs: one of `corpus`, then two of `few_shapes`. In modular ones the
    modulus is replaced, and with it

    - the share of pairs that train, in the ratio of the square roots of the moduli: the share from which runs generalise
      falls like that, so a run that was drawn above it, or below, stays there;
    - the batch, which is that of the corpus's larger moduli: a step costs what it costs there.
    """
    drawn = seed + _OTHER_DRAWS
    small = sample_design(drawn, few_shapes.DESIGN)
    for config in corpus(drawn):
        yield from (_moved(c) for c in (config, next(small), next(small)))


def _moved(config: RunConfig) -> RunConfig:
    if config.task_family != "modular":
        return config
    # By the configuration, so that its seeds stay together.
    modulus = _MODULI[int(config.configuration_id, 16) % len(_MODULI)]
    fraction = config.train_fraction * (config.modulus / modulus) ** 0.5
    return replace(
        config,
        modulus=modulus,
        train_fraction=round(min(max(fraction, _FRACTIONS[0]), _FRACTIONS[1]), 3),
        batch_size=256 if config.architecture == "embedding_mlp" else 128,
    )
