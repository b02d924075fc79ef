"""From features to forecasts: the forecaster, its calibration, its benchmark, and how it is stored and replaced.

The public face: a `Question` is put to an `OnsetForecaster`, which a `ForecasterStore` loads, and answered by a `Forecast`.
Each is imported when it is first used: whoever wants a noun alone need not wait for the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from predictor.forecast import Forecast
    from predictor.forecaster import OnsetForecaster
    from predictor.question import Question
    from predictor.store import ForecasterStore

__all__ = ["Forecast", "ForecasterStore", "OnsetForecaster", "Question"]

_MODULES = {
    "Forecast": "predictor.forecast",
    "ForecasterStore": "predictor.store",
    "OnsetForecaster": "predictor.forecaster",
    "Question": "predictor.question",
}


def __getattr__(name: str) -> Any:
    """Import a public name."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
