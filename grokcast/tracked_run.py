"""Forecasts written into the run of a tracker, W&B's or Trackio's, beside the metrics that they are made of."""

import inspect
from collections.abc import Mapping
from typing import Any

from grokcast.answer import Answer

_TITLE = 63  # characters: W&B takes less than 64


class TrackedRun:
    """Reports forecasts to a run of a tracker.

    Parameters
    ----------
    run : what `wandb.init` or `trackio.init` returned: it has `log` and `alert`. The object, not the library: the active run of the
        latter is not seen from a monitor's thread.
    """

    def __init__(self, run: Any) -> None:
        self._run = run
        # W&B's steps are calls of its log: without a commit ours joins the row that the training writes next.
        self._joins_rows = "commit" in inspect.signature(run.log).parameters
        self._told: str | None = None

    def report(self, forecast: Answer) -> None:
        """Log a forecast's figures as scalars, and alert when its advice becomes to continue or to stop."""
        values = {f"grokcast/{name}": value for name, value in _scalars(forecast).items() if value is not None}
        if self._joins_rows:
            self._run.log(values, commit=False)
        else:
            self._run.log(values, step=forecast["observed_until_step"])
        action = forecast["advice"]["action"] if forecast["support"]["in_support"] else "undecided"
        if action != self._told and action != "undecided":
            self._run.alert(title=f"Grokcast: {action} {forecast.run}".strip()[:_TITLE], text=str(forecast))
        self._told = action


def _scalars(forecast: Mapping[str, Any]) -> dict[str, float | None]:
    quantiles = {f"onset_step_{level}": forecast["onset_step"][level] for level in ("p05", "p50", "p95")}
    hours = (forecast.get("clock") or {}).get("onset_hours") or {}
    return {
        "observed_until_step": forecast["observed_until_step"],
        "probability_onset_by_horizon": forecast["probability_onset_by_horizon"],
        **quantiles,
        "onset_hours_p50": hours.get("p50"),
        "support": forecast["support"]["score"],
    }
