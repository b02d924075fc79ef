"""What Prometheus can read. With several workers the counts of all are added up (`PROMETHEUS_MULTIPROC_DIR`)."""

# ruff: noqa: E402  # the import decides where counts are kept

import logging
import os
from collections.abc import Iterable

from api.logs.shared_counts import FOLDER, reserve

reserve()

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from api.storage.retrainings import STATES, RetrainingStore

CONTENT_TYPE = CONTENT_TYPE_LATEST

_LOG = logging.getLogger(__name__)

_REGISTRY = CollectorRegistry()

REQUESTS = Counter("grokcast_requests", "Requests answered.", ["method", "route", "status"], registry=_REGISTRY)
LATENCY = Histogram(
    "grokcast_request_seconds",
    "Seconds from a request to the end of its answer.",
    ["method", "route"],
    buckets=(0.002, 0.004, 0.008, 0.016, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=_REGISTRY,
)
FORECASTS = Counter("grokcast_forecasts", "Forecasts made.", ["phase"], registry=_REGISTRY)
FORECASTER = Gauge(
    "grokcast_forecaster_active",
    "1 for the version that answers.",
    ["version"],
    registry=_REGISTRY,
    multiprocess_mode="mostrecent",
)

# With several workers a file belongs to each kind of count: they are opened now, since whoever cleans the temporary folder later
# would have a request fail that needs the first of its kind.
FORECASTS.labels(phase="unknown")
LATENCY.labels(method="GET", route="/healthz")


def forecaster_changed(before: str | None, now: str) -> None:
    """Note which version answers."""
    if before is not None:
        FORECASTER.labels(version=before).set(0)
    FORECASTER.labels(version=now).set(1)


def exposition(retrainings: RetrainingStore) -> bytes:
    """Return everything in the text format of Prometheus."""
    return _counts() + generate_latest(_jobs(retrainings))


def _counts() -> bytes:
    """Return the counts of all workers; of this one where they share no folder, or somebody removed it."""
    if FOLDER in os.environ:
        try:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            return generate_latest(registry)
        except (OSError, ValueError) as error:
            _LOG.warning("no shared metrics (%s): /metrics shows one worker", error)
    return generate_latest(_REGISTRY)


def _jobs(retrainings: RetrainingStore) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Retrainings(retrainings))
    return registry


class _Retrainings(Collector):
    def __init__(self, store: RetrainingStore) -> None:
        self._store = store

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily("grokcast_retrainings", "Retrainings by state.", labels=["state"])
        counts = self._store.counts()
        for state in STATES:
            family.add_metric([state], counts.get(state, 0))
        yield family
