"""The forecaster that answers, followed as it is promoted and rolled back: no restart, no request that fails."""

import logging
import threading

from api.logs.metrics import forecaster_changed
from predictor.forecaster import OnsetForecaster
from predictor.store import ForecasterStore

_LOG = logging.getLogger(__name__)


class ActiveForecaster:
    """The active forecaster of a store, loaded.

    Attributes
    ----------
    current : the loaded one; None where none could be loaded yet.
    """

    def __init__(self, store: ForecasterStore) -> None:
        self.current: OnsetForecaster | None = None
        # Kept, so that a rollback is followed at once.
        self._previous: OnsetForecaster | None = None
        self._store = store
        self._loading = threading.Lock()
        self._last_logged = ""

    def follow(self) -> None:
        """Load what is active now. Until that is done, and where it cannot be, the one before goes on answering."""
        with self._loading:
            before = self.current.version if self.current else None
            try:
                wanted = self._store.active_version()
                if before == wanted:
                    return
                self._previous, self.current = self.current, self._loaded(wanted)
            except Exception as error:  # whatever a damaged store raises: a service without a forecaster lives
                if str(error) != self._last_logged:
                    _LOG.error("the active forecaster cannot be loaded: %s", error)
                self._last_logged = str(error)
                return
            self._last_logged = ""
            now = self.current.version
            forecaster_changed(before, now)
            _LOG.info("forecaster %s is active", now)

    def _loaded(self, version: str) -> OnsetForecaster:
        if self._previous is not None and self._previous.version == version:
            return self._previous
        return self._store.load(version, plans=True)
