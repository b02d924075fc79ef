"""Grokcast: early warning for grokking. What training code imports; the command line is `grokcast.cli`.

    import grokcast

    print(grokcast.forecast("history.csv", context={"learning_rate": 1e-3, "weight_decay": 1.0}))

Each name is imported when it is first used. Users have folders called `api`, `features` or `predictor` too, and theirs come first on
the path of their scripts: what talks to a service needs nothing but the standard library and httpx2, and what forecasts in this
process finds ours by `grokcast.own_packages`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grokcast.async_client import AsyncClient
    from grokcast.client import Client
    from grokcast.forecaster import Forecaster, forecast, plan
    from grokcast.monitor import Monitor
    from grokcast.requests import ServiceError, ServiceUnreachable

    __version__: str

__all__ = [
    "AsyncClient",
    "Client",
    "Forecaster",
    "Monitor",
    "ServiceError",
    "ServiceUnreachable",
    "__version__",
    "forecast",
    "plan",
]

_MODULES = {
    "AsyncClient": "grokcast.async_client",
    "Client": "grokcast.client",
    "Forecaster": "grokcast.forecaster",
    "Monitor": "grokcast.monitor",
    "ServiceError": "grokcast.requests",
    "ServiceUnreachable": "grokcast.requests",
    "forecast": "grokcast.forecaster",
    "plan": "grokcast.forecaster",
}


def __getattr__(name: str) -> Any:
    """Import a public name."""
    if name == "__version__":
        from importlib.metadata import version

        return version("grokcast")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
