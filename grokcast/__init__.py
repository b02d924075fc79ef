"""Grokcast: early warning for grokking. What training code imports; the command line is `grokcast.cli`.

Users have folders called `api`, `features` or `predictor` too, and theirs come first on the path of their scripts. What
this package offers to training code therefore needs nothing but the standard library and httpx2.
"""

from importlib.metadata import version

from grokcast.client import AsyncClient, Client
from grokcast.monitor import Monitor
from grokcast.requests import ServiceError, ServiceUnreachable

__all__ = [
    "AsyncClient",
    "Client",
    "Monitor",
    "ServiceError",
    "ServiceUnreachable",
    "__version__",
]

__version__ = version("grokcast")
