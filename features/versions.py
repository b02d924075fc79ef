"""Which features have come to mean something else under the name that they had."""

from training_runs.signals import signal_names

# By name; every other feature is in version 1. A version is raised when a feature's values change their meaning, never when
# others are added: forecasters that were fitted on another version are then refused instead of misread.
VERSIONS: dict[str, int] = {
    # Since 2026-11-27 extremes and crossings count beyond a band of noise.
    **{
        f"{signal}_{shape}": 2
        for signal in signal_names("loss", "accuracy", "norm")
        for shape in ("peak_age", "trough_age")
    },
    "half_fit_age": 2,
    "free_decay_share": 2,
}
