"""Answer questions with a changed registry of features: `python -m tests.more_features CHANGE STORE...`.

Before anything has read the registry, a feature is added, removed or given another meaning, as a contributor would.
"""

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from features import context_features
from features.versions import VERSIONS


def add() -> None:
    """Put a feature into the middle."""
    rows = list(context_features.CONTEXT_FEATURES.items())
    rows.insert(5, ("new_feature", ("a new feature", lambda context, landmark: landmark, "it is {}".format)))
    context_features.CONTEXT_FEATURES.clear()
    context_features.CONTEXT_FEATURES.update(rows)


CHANGES: dict[str, Callable[[], object]] = {
    "none": lambda: None,
    "add": add,
    "remove": lambda: context_features.CONTEXT_FEATURES.pop("weight_decay"),
    "raise": lambda: VERSIONS.update({"weight_decay": 2}),
}


def main(change: str, stores: list[Path]) -> None:
    """Write as JSON how many features are measured, and for each store its answers, or why there are none."""
    CHANGES[change]()
    # Only now: these read the registry.
    from features.extract import COLUMNS

    sys.stdout.write(json.dumps([len(COLUMNS), [answers(store) for store in stores]]))


def answers(store: Path) -> list[dict[str, Any]] | str:
    """Return what the active forecaster of a store answers, or why it cannot be loaded."""
    from predictor.errors import DamagedForecaster
    from predictor.question import Question
    from predictor.store import ForecasterStore
    from training_runs import Context
    from training_runs.synthetic import synthetic_trajectory

    history = synthetic_trajectory(110, 3000, noise=0.1)
    contexts = [Context(), Context(learning_rate=1e-3, weight_decay=1.0, train_size=3000, modulus=97)]
    try:
        forecaster = ForecasterStore(store).load()
    except DamagedForecaster as error:
        return str(error)
    questions = [Question(history.prefix(step), context) for step in (300, 700, 1500) for context in contexts]
    return [dataclasses.asdict(forecaster.forecast(question)) for question in questions]


if __name__ == "__main__":
    main(sys.argv[1], [*map(Path, sys.argv[2:])])
