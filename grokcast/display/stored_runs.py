"""The runs that a service has stored, a line a run."""

from collections.abc import Sequence
from typing import Any

from grokcast.display.rows import show_rows
from training_runs.probability import percent

_COLUMNS = ("run", "status", "points", "step", "phase", "by step", "P", "advice", "look again", "updated")


def show_stored_runs(runs: Sequence[dict[str, Any]]) -> None:
    """Print a line for each run, with what its newest forecast says; no advice for a run unlike those learnt from."""
    show_rows(
        _COLUMNS,
        [_cells(run, run["newest_forecast"]) for run in runs],
        left=("run", "status", "phase", "advice", "updated"),
        first_to_go=("points", "phase", "updated", "look again", "by step"),
    )


def _cells(run: dict[str, Any], forecast: dict[str, Any] | None) -> tuple[object, ...]:
    step, updated = _steps(run["observed_until_step"]), run["updated_at"][:16].replace("T", " ")
    before = (run["run_id"], run["status"].replace("_", " "), f"{run['points']:,}", step)
    if forecast is None:
        return (*before, None, None, None, "no forecast yet", None, updated)
    phase = (forecast["phase"] or "not known").replace("ized", "ised")
    is_over = forecast["phase"] == "generalized"
    by = None if is_over else _steps(min(forecast["horizon_step"], forecast["supported_until_step"]))
    chance = None if is_over else percent(forecast["probability_onset_by_horizon"])
    advice = forecast["action"] if forecast["in_support"] else "unlike the runs learnt from"
    return (*before, phase, by, chance, advice, _steps(forecast["check_again_step"]), updated)


def _steps(step: int | None) -> str | None:
    return None if step is None else f"{step:,}"
