"""A run as stores keep it."""

from typing import Any

from api.storage.stored_run import RunSettings, Webhook
from training_runs import Context, Trajectory

SETTINGS = RunSettings(Context(learning_rate=0.1), 500, 0.9, Webhook("https://example.org/x", "s"))
HISTORY = Trajectory([0, 10, 20], {"val_acc": [0.1, None, 0.30000000000000004], "val_loss": [1e-300, 2, 3]})


def values(trajectory: Trajectory | None) -> dict[str, Any]:
    assert trajectory is not None
    return {"step": trajectory.steps.tolist()} | {
        name: [None if v != v else v for v in column.tolist()] for name, column in trajectory.signals.items()
    }
