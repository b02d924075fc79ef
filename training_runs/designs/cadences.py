"""When runs are recorded: as ours, on a log scale, or as people record."""

import numpy as np

from training_runs.designs.sobol_sample import Cadence, Fields


def half_as_ours(even: tuple[int, ...], most_checkpoints: int) -> Cadence:
    """Return the draw of half as ours, half sparsely or at even steps: some of those in `even` that keep to the most checkpoints."""

    def cadence(configuration: Fields, budget: int, rng: np.random.Generator) -> Fields:
        match rng.choice(["ours", "sparse", "even"], p=[0.5, 0.2, 0.3]):
            case "sparse":
                return {"checkpoints_per_decade": int(rng.choice([5, 8, 12]))}
            case "even":
                return {"checkpoint_every": int(rng.choice([k for k in even if budget <= most_checkpoints * k]))}
            case _:
                return {}

    return cadence
