"""A forecast as Python code receives it: the fields of the service's answer, and a line to print."""

import html
from collections.abc import Mapping
from typing import Any


class Answer(dict[str, Any]):
    """The answer for one run: a dictionary as the service sends it as JSON, whose fields are attributes too.

    Printed it is one line. `answer.onset_step.p50` and `answer["onset_step"]["p50"]` are the same.

    Attributes
    ----------
    run : name of the run.
    notes : how its history was read, in words.
    """

    run: str
    notes: tuple[str, ...]

    def __init__(self, fields: Mapping[str, Any], run: str = "", notes: tuple[str, ...] = ()) -> None:
        super().__init__(fields)
        object.__setattr__(self, "run", run)
        object.__setattr__(self, "notes", notes)

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(f"a forecast has no field {name!r}; it has {', '.join(self)}")
        value = self[name]
        return Answer(value) if isinstance(value, dict) else value

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]  # so that fields are proposed where one types

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a plain dictionary, as JSON would hold them."""
        return dict(self)

    def __str__(self) -> str:
        try:
            return _sentence(self) if "forecaster" in self else super().__repr__()
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
        ):  # of another version: printing must not end a training
            return super().__repr__()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(str(self))}</p>"


def stop_advised(f: Mapping[str, Any]) -> str | None:
    """Return why a forecast advises to stop, with its counted error rate; None where it does not."""
    advice = f["advice"]
    if advice["action"] != "stop" or not f["support"]["in_support"] or f["phase"] == "fitting":
        return None
    if f["phase"] == "generalized":
        return str(advice["reason"])
    wrong = _percent(advice["false_stop_rate"])
    return f"{advice['reason']} (of runs that generalise, {wrong} are told to stop)"


def _sentence(f: Mapping[str, Any]) -> str:
    """Return a forecast in one line."""
    step = f"step {f['observed_until_step']:,}"
    if f["phase"] == "generalized":
        return f"{step}: generalised at step {f['onset_step']['p50']:,}"
    phase = (f["phase"] or "phase not known").replace("ized", "ised")
    by = min(f["horizon_step"], f["supported_until_step"])
    chance = f"{_percent(f['probability_onset_by_horizon'])} to generalise by step {by:,}"
    again = f["advice"]["check_again_step"]
    next_look = f", look again at step {again:,}" if again is not None else ""
    verdict = f["advice"]["action"] if f["support"]["in_support"] else "no verdict: unlike the runs learnt from"
    return f"{step}: {phase}; {chance}, {_onset(f)}; {verdict}{next_look}"


def _onset(f: Mapping[str, Any]) -> str:
    onset, end = f["onset_step"], f["supported_until_step"]
    shown = {name: f"> {end:,}" if onset[name] is None else f"{onset[name]:,}" for name in ("p05", "p50", "p95")}
    return f"median onset {shown['p50']} (90 %: {shown['p05']} to {shown['p95']})"


def gap_in_words(gap: Mapping[str, Any]) -> str:
    """Return something not given, and the forecasts with the values that make the least and the most of it.

    >>> low, high = {"value": 0.01, "probability": 0.12}, {"value": 1.0, "probability": 0.81}
    >>> gap_in_words({"name": "weight_decay", "examples": [low, {"value": 0.1, "probability": 0.4}, high]})
    'weight_decay: 12 % at 0.01, 81 % at 1'
    """
    if not gap["examples"]:
        return f"{gap['name']}: not recorded; with it the probability moves by {_percent(gap['expected_change'])} on average"
    extremes = [pick(gap["examples"], key=lambda e: e["probability"]) for pick in (min, max)]
    return f"{gap['name']}: " + ", ".join(f"{_percent(e['probability'])} {_at(e['value'])}" for e in extremes)


def _at(value: float | str) -> str:
    if isinstance(value, str):
        return f"with {value}"
    return f"at {value:,}" if isinstance(value, int) else f"at {value:.3g}"


def _percent(probability: float) -> str:
    """Return a probability as `training_runs.probability` does, without it: the user may have a folder of that name."""
    return "> 99 %" if probability > 0.99 else "< 1 %" if probability < 0.01 else f"{100 * probability:.0f} %"
