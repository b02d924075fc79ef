"""A forecast as a picture: what was recorded, and when the onset is expected. matplotlib draws it (the extra `plots`)."""

import html
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.wire.words import onset_range
from predictor.forecast import Forecast
from training_runs.errors import InvalidInput
from training_runs.extras import require
from training_runs.probability import percent
from training_runs.trajectory import Trajectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf", ".html")
# Told apart by colour-blind readers too, and by their dashes.
_TRAIN, _VAL, _BAND, _CURVE = "#555555", "#1a6fb0", "#f0a202", "#c2571a"


def check_path(path: Path) -> None:
    """Return if a picture can be written there, before anything is computed.

    Raises
    ------
    InvalidInput : another ending, no such folder, or matplotlib is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidInput(field="--plot", value=str(path), expected=f"a file ending in {', '.join(SUFFIXES)}")
    if not path.resolve().parent.is_dir():
        raise InvalidInput(field="--plot", value=str(path), expected="a file in an existing folder")
    require("matplotlib", extra="plots")


def write_picture(path: Path, history: Trajectory, forecast: Forecast, future: Trajectory | None = None) -> None:
    """Write a forecast as a picture, or as a page that opens without a network, by the ending of the path.

    Parameters
    ----------
    history : what the forecast was made from.
    future : what was recorded later, where it is known; drawn faint beyond the landmark.
    """
    from matplotlib import rc_context

    with rc_context(_STYLE):
        figure = _figure(history, forecast, future)
        if path.suffix.lower() != ".html":
            figure.savefig(path, dpi=150, metadata=_METADATA.get(path.suffix.lower()))
            return
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata=_METADATA[".svg"])
    svg = text.getvalue()
    path.write_text(_page(svg[svg.index("<svg") :], forecast), encoding="utf-8")


# Without the time of writing: the same forecast is the same file.
_METADATA: dict[str, Any] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
_STYLE: Any = {
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "grokcast",
    "legend.frameon": False,
}


def _figure(history: Trajectory, forecast: Forecast, future: Trajectory | None) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.2), layout="constrained")
    axes = figure.subplots()
    _draw(axes, history, forecast, future)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3, fontsize=8.5)
    axes.set_title(title(forecast), fontsize=9.5, loc="left")
    return figure


def title(forecast: Forecast) -> str:
    """Return the forecast in one line."""
    landmark = forecast.observed_until_step
    if forecast.phase == "generalized":
        return f"Generalised at step {forecast.onset_step.p50:,}, as known at step {landmark:,}"
    by = min(forecast.horizon_step, forecast.supported_until_step)
    chance = percent(forecast.probability_onset_by_horizon)
    return (
        f"As known at step {landmark:,}: {chance} to generalise by step {by:,}\n"
        f"onset: {onset_range(forecast.onset_step, forecast.supported_until_step)}"
    )


def _draw(axes: "Axes", history: Trajectory, forecast: Forecast, future: Trajectory | None) -> None:
    last = max(forecast.horizon_step, forecast.observed_until_step)
    first = max(1, int(history.steps[history.steps > 0][0]) if (history.steps > 0).any() else 1)
    for name, color, dash, words in (
        ("train_acc", _TRAIN, "--", "training accuracy"),
        ("val_acc", _VAL, "-", "validation accuracy"),
    ):
        steps, values = history.recorded(name)
        if len(steps):
            axes.plot(steps.clip(first), values, dash, color=color, linewidth=1.6, label=words)
        if future is not None:
            steps, values = future.recorded(name)
            later = steps >= forecast.observed_until_step
            axes.plot(
                steps[later],
                values[later],
                dash,
                color=color,
                linewidth=1.2,
                alpha=0.45,
                label=f"{words}, later" if name == "val_acc" else None,
            )
    axes.axvline(forecast.observed_until_step, color="black", linewidth=0.8)
    axes.annotate("now", (forecast.observed_until_step, 1.03), fontsize=8.5, ha="center")
    if forecast.phase != "generalized":
        _draw_forecast(axes, forecast)
    axes.axhline(forecast.target_accuracy, color="#999999", linewidth=0.7, linestyle=":")
    axes.set(xscale="log", xlim=(first, last * 1.05), ylim=(-0.03, 1.1))
    axes.set(xlabel="step", ylabel="accuracy; probability of onset")


def _draw_forecast(axes: "Axes", forecast: Forecast) -> None:
    low, median, high = forecast.onset_step.p05, forecast.onset_step.p50, forecast.onset_step.p95
    end = min(forecast.horizon_step, forecast.supported_until_step)
    if low is not None and low < end:
        is_open = high is None or high > end
        words = "90 % interval of the onset" + (", open to the right" if is_open else "")
        axes.axvspan(low, min(high or end, end), color=_BAND, alpha=0.2, linewidth=0, label=words)
    if median is not None and median <= end:
        axes.axvline(median, color=_BAND, linewidth=1.6, linestyle="-.", label="median onset")
    axes.plot(
        forecast.curve.step,
        forecast.curve.probability_onset,
        color=_CURVE,
        linewidth=1.2,
        linestyle=(0, (1, 1)),
        label="P(onset by this step)",
    )


def _reasons(forecast: Forecast) -> list[str]:
    """Return what moved a forecast; out of support, why it is hardly this run's own."""
    if not forecast.support.in_support:
        return list(forecast.support.reasons)
    return [f"{d.text} ({d.effect:+.2f})" for d in forecast.drivers]


def _page(svg: str, forecast: Forecast) -> str:
    """Return a page with the picture and the forecast in words, for those who cannot see it too."""
    words = html.escape(title(forecast).replace("\n", "; "))
    reasons = "".join(f"<li>{html.escape(text)}</li>" for text in _reasons(forecast))
    warnings = "".join(f"<li>{html.escape(w)}</li>" for w in forecast.warnings)
    advice = html.escape(f"{forecast.advice.action}: {forecast.advice.reason}")
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{words}" ', 1)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Grokcast: {words}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }}
svg {{ width: 100%; height: auto }}
</style>
<h1>Will it generalise, and when?</h1>
<p><strong>{words}</strong></p>
<p>Advice: {advice}</p>
{svg}
<h2>Why</h2>
<ul>{reasons or "<li>it has generalised: nothing is forecast</li>"}</ul>
{f"<h2>Warnings</h2><ul>{warnings}</ul>" if warnings else ""}
<p>Support {forecast.support.score:.2f}; forecaster {html.escape(forecast.forecaster)}.</p>
</html>
"""
