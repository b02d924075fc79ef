"""What all callbacks share: a monitor that is made when a training begins, and that may fail without harm."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from grokcast.monitor import Monitor
from grokcast.training_context import certain

if TYPE_CHECKING:
    from training_runs.metric_names import Meaning

_logger = logging.getLogger("grokcast")


class WatchedTraining:
    """A training under watch.

    Parameters
    ----------
    names : metric of the trainer -> signal, where its name does not tell.
    share : of the training time that measuring the network may take; 0 measures nothing.
    options : of `Monitor`.

    Attributes
    ----------
    names : as given.
    monitor : from the beginning of a training on.
    stopped_for : why it was stopped; None while it has not been.
    """

    def __init__(self, names: Mapping[str, str] | None, share: float, options: dict[str, Any]) -> None:
        self.names, self._share, self._options = dict(names or {}), share, options
        self.monitor: Monitor | None = None
        self.stopped_for: str | None = None
        self._has_warned = False

    @contextmanager
    def harmless(self) -> Iterator[None]:
        """Swallow what goes wrong, and log it once: losing a forecast is better than losing a training."""
        try:
            yield
        except Exception as error:
            if not self._has_warned:
                self._has_warned = True
                _logger.warning("grokcast: the callback failed: %r", error)

    def begin(self, context: Callable[[], Mapping[str, Any]], model: Any) -> None:
        """Make the monitor; context from the caller takes precedence over what the trainer reports."""
        self.stopped_for = None
        self.monitor = Monitor(**self._options)
        if self._share > 0:
            self.monitor.watch(model, share=self._share)
        with self.harmless():
            self.monitor.add_context(certain(context()))

    def probe_on(self, *, val: Any = None, train: Any = None) -> None:
        """Give samples to measure the network on: what it is called with, and labels or None."""
        watched = self.monitor.watched if self.monitor is not None else None
        if watched is not None:
            watched.set_batches(val=val, train=train)

    def meaning_of(self, name: str) -> "Meaning | None":
        """Return the signal that a metric's name stands for, None if it is none. Names given by the caller take precedence."""
        from training_runs.metric_names import Meaning, meaning_of

        if name in self.names:
            return Meaning(self.names[name], -1)
        meaning = meaning_of(name)
        return None if meaning is None or meaning.signal == "step" else meaning

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        """Log the metrics that mean a signal."""
        best: dict[str, tuple[int, Any]] = {}
        for name, value in metrics.items():
            meaning = self.meaning_of(name)
            if meaning and (meaning.signal not in best or meaning.rank < best[meaning.signal][0]):
                best[meaning.signal] = (meaning.rank, value)
        if self.monitor is not None and best:
            self.monitor.log(step, **{signal: value for signal, (_, value) in best.items()})

    def stops(self, step: int, in_any_process: Callable[[bool], bool]) -> bool:
        """Return whether the training is to stop at a step; the first reason is kept as `stopped_for`, and logged.

        Parameters
        ----------
        in_any_process : from whether this process stops to whether any does. All decide alike: one that went on alone
            would wait for the others for ever.
        """
        reason = None
        with self.harmless():
            reason = self.monitor.stop_reason if self.monitor is not None else None
        if reason is not None and self.stopped_for is None:
            self.stopped_for = reason
            _logger.warning("grokcast: the training is stopped at step %d: %s", step, reason)
        return in_any_process(reason is not None)

    def end(self) -> None:
        """Flush, and say how the training ended."""
        status = "finished" if self.stopped_for is None else "stopped_early"
        if self.monitor is not None:
            # Where a service has not answered so far, the end of the training is not held up to wait for it.
            self.monitor.finish(status, timeout=5.0 if self.monitor.problem is None else 1.0)
