"""Fifty nearest neighbours: what became of the runs whose losses, norm, weight decay and clock stood most alike.

A detector for `grokcast leaderboard run examples/my_detector.py`. Copy it, and put your own idea into `features`.
docs/leaderboard.md describes what is called, what it is given and what it may return.
"""

import numpy as np

NEIGHBOURS = 50
learnt = {}


def features(history, context, horizon):
    """Return what runs are compared by: validation loss beside its peak, how the norm moves, the decay, and the clock."""
    landmark = history["step"][-1]
    val_loss, norm = recorded(history, "val_loss"), recorded(history, "weight_norm")
    return [
        np.log10(val_loss[-1]),
        np.log10(val_loss[-1] / val_loss.max()),
        10 * np.log10(norm[-1] / norm[len(norm) // 2]),
        np.log10(context.get("weight_decay") or 1e-3),
        np.log10(landmark),
        np.log10(horizon / landmark),
    ]


def recorded(history, name):
    """Return a signal's values, above zero and without those that are missing; a 1 where it was not recorded."""
    values = history.get(name, np.ones(1))
    values = values[np.isfinite(values)]
    return np.maximum(values, 1e-9) if len(values) else np.ones(1)


def fit(histories, contexts, outcomes):
    """Keep the rows whose outcome is known: where each stood, whether its onset came by the horizon, and after how long."""
    rows = zip(histories, contexts, outcomes, strict=True)
    learnt["features"] = np.array([features(h, c, o.horizon) for h, c, o in rows])
    learnt["onset"] = np.array([o.onset_step is not None and o.onset_step <= o.horizon for o in outcomes])
    learnt["delay"] = np.array([o.followed_until / h["step"][-1] for h, o in zip(histories, outcomes, strict=True)])


def predict(history, context, horizon):
    """Return P(onset by the horizon), and quantiles of its step given that it comes by then."""
    distance = np.linalg.norm(learnt["features"] - features(history, context, horizon), axis=1)
    nearest = np.argsort(distance)[:NEIGHBOURS]
    onset = learnt["onset"][nearest]
    delays = learnt["delay"][nearest][onset] if onset.any() else learnt["delay"][learnt["onset"]]
    steps = history["step"][-1] * np.quantile(delays, [0.05, 0.5, 0.95])
    return onset.mean(), dict(zip((0.05, 0.5, 0.95), steps, strict=True))
