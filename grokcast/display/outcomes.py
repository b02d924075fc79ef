"""The classes of a run, in words: what each means, and how likely it is."""

from predictor.forecast import Forecast, percent
from training_runs.onset import COMPREHENSION_DELAY_STEPS

_DELAY = f"{COMPREHENSION_DELAY_STEPS:,} steps"
_MEANINGS = {
    "grokking": ("grokking", f"generalises more than {_DELAY} after memorising"),
    "comprehension": ("comprehension", f"generalises within {_DELAY} of memorising"),
    "memorization": ("memorisation", "memorises, and does not generalise by then"),
    "confusion": ("confusion", "does not memorise by then, nor generalise"),
}


def outcome_lines(forecast: Forecast) -> list[str]:
    """Return a line for each class, the likeliest first: its probability, its name and its meaning."""
    ranked = sorted(forecast.outcome_probabilities.items(), key=lambda item: (item[0] != forecast.outcome, -item[1]))
    return [f"{percent(chance)} {_MEANINGS[name][0]}: {_MEANINGS[name][1]}" for name, chance in ranked]
