"""Forecasts for a training loop while it runs, in three lines that cannot harm it.

    monitor = Monitor(context={"learning_rate": 1e-3, "weight_decay": 1.0}, horizon_step=20_000)
    monitor.log(step, train_loss=..., train_acc=..., val_loss=..., val_acc=...)  # in the loop
    monitor.forecast  # the newest forecast, or None

`log` only stores its numbers (and measures the network, if `watch` was called). A background thread requests a forecast of the
newest history, so a slow service gives fewer forecasts, never a queue. Nothing here raises into the training: what goes
wrong is logged once per kind, since under `python -W error` even a warning would stop the loop.
"""

import atexit
import contextlib
import logging
import re
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, SupportsIndex

from grokcast.address import address_of
from grokcast.answer import Answer, stop_advised
from grokcast.given_context import fields_of
from grokcast.logged_points import LoggedPoints
from grokcast.monitor_backends import (
    TOO_SHORT,
    Forecast,
    ForecastBackend,
    NoForecast,
    Point,
    ServiceBackend,
    StoredRunBackend,
    SubprocessBackend,
)
from grokcast.own_packages import own_packages
from grokcast.scalars import number_of, plain

if TYPE_CHECKING:
    from grokcast.layer_groups import Groups
    from grokcast.model_signals import Batch, ModelSignals
    from grokcast.tracked_run import TrackedRun

_EXIT_SECONDS = 2.0  # the longest that the end of the interpreter is held up
_IDLE_SECONDS = 10.0  # after which the thread ends; the next `log` starts another
_MAX_BACKOFF_SECONDS = 60.0
_FLUSH_RETRY_SECONDS = 0.2

_logger = logging.getLogger("grokcast")


class Monitor:
    """Send the metrics of one training run to a Grokcast service and hold its newest forecast.

    Parameters
    ----------
    url : the service; by default `GROKCAST_URL`, else the one that `grokcast serve` starts on this machine.
    context : what is known of the run beside its metrics, e.g. `learning_rate`, `chance_accuracy`; every field optional. A mapping, a
        namespace or dataclass of settings, a file of them, or words: `"1L transformer, AdamW lr 1e-3 wd 1"`.
    horizon_step : the step that the probability is for; by default the service chooses.
    target_accuracy : the validation accuracy that counts as generalised; by default the service chooses.
    seconds_per_step : how fast the training goes, for the forecast's dates; by default as the times of `log` show, pauses left out.
    cost_per_hour : of the training, in any currency.
    run_id : registers the run with the service under this name, and sends only what is new: the run is seen there while
        it trains, and its forecasts are kept. Without it nothing is stored.
    api_key : for a service that requires one; by default `GROKCAST_API_KEY`.
    offline : run the forecaster on this machine instead of using a service. It runs in a process of its own, which takes 2 to
        4 s of another core to be ready, and 0.3 GB of memory.
    on_forecast : called with each forecast, from the background thread.
    report_to : a run of W&B or Trackio (what their `init` returned): each forecast is logged there as scalars `grokcast/...`, and an
        alert tells when the advice becomes to continue or to stop.
    min_interval : seconds between two requests at least; `flush` does not wait for them.
    timeout : seconds after which a request is given up.

    Attributes
    ----------
    forecast : the newest forecast as the service answered it, or None before the first; printed it is one line.
    problem : why the newest history has no forecast (offline, also that the forecaster is still loading) or why `watch`
        does not measure, in words; None while all is well.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        context: Any = None,
        horizon_step: int | None = None,
        target_accuracy: float | None = None,
        seconds_per_step: float | None = None,
        cost_per_hour: float | None = None,
        run_id: str | None = None,
        api_key: str | None = None,
        offline: bool = False,
        on_forecast: Callable[[Forecast], object] | None = None,
        report_to: Any = None,
        min_interval: float = 1.0,
        timeout: float = 10.0,
    ) -> None:
        self.url = address_of(url)
        self.forecast: Answer | None = None
        self.problem: str | None = None
        self._unwatched: str | None = None  # why `watch` does not measure
        self._run_id = "" if run_id is None else str(run_id)
        self._on_forecast = on_forecast
        self._min_interval = min_interval
        self._question: dict[str, Any] = {}
        self._warned: set[str] = set()
        self._tracked = None if report_to is None else self._tracking(report_to)
        self._backend: ForecastBackend | None = None
        self._watched: ModelSignals | None = None
        with self._harmless("Monitor()"):
            # Loading certificates takes 0.1 s of the interpreter's lock: here, not during the training, and only for https.
            if offline:
                self._backend = SubprocessBackend()
            else:
                service = ServiceBackend(self.url, api_key, timeout)
                self._backend = service if run_id is None else StoredRunBackend(service, str(run_id))
            question = {
                "context": {},
                "horizon_step": plain(horizon_step),
                "target_accuracy": plain(target_accuracy),
                "seconds_per_step": plain(seconds_per_step),
                "cost_per_hour": plain(cost_per_hour),
            }
            self._question = {k: v for k, v in question.items() if v is not None}
            self._question["context"] = {k: plain(v) for k, v in fields_of(context).items()}

        # The lock of this condition guards everything below.
        self._changed = threading.Condition()
        self._points = LoggedPoints()
        self._logged = 0  # histories so far: each `log` makes one
        self._settled = 0  # the last one that was answered or refused
        self._answered = 0  # the last one that was answered
        self._flushing = 0  # calls of `flush` that wait
        self._due = self._due_flush = 0.0  # when to send the next request, and when if someone waits
        self._backoff = 0.0
        self._rewound_to: int | None = None  # the earliest step gone back to since the last answer
        self._closed = False
        self._thread: threading.Thread | None = None
        _open_monitors.add(self)

    def watch(
        self,
        model: Any,
        *,
        val: "Batch | None" = None,
        train: "Batch | None" = None,
        share: float = 0.02,
        groups: "Groups | None" = None,
        optimizer: Any = None,
        train_loader: Any = None,
        loss: Any = None,
    ) -> None:
        """Measure a torch network at each `log`: norms, entropies, sparsity, margins, robustness ... (docs/monitor.md).

        Parameters
        ----------
        model : a `torch.nn.Module`; it is measured in eval mode and left as it was, random state included.
        val, train : (inputs, labels) of some validation and training samples, up to 256 of which are used; inputs are
            what the model is called with: a tensor, a tuple of them, or a dict. Without them only weights are measured.
        share : the most that measuring may take, as a share of the training time.
        groups : for hand-written networks, which parameters are `embedding`, `attention`, `hidden` and `output`, where
            names and shapes do not tell: `{"embedding": ["E"], "output": "head.*"}`. What is not found is logged once.
        optimizer, train_loader, loss : what the loop trains with; the context is read off them and the network
            (`add_context`).
        """
        try:
            from grokcast.model_signals import ModelSignals

            with own_packages():
                from grokcast.training_context import understood

                context = understood(self._question.get("context", {}))
            self._watched = ModelSignals(
                model, val=val, train=train, share=share, context=context, groups=groups, warn=self._warn_once
            )
            self._unwatched = None
        except Exception as error:
            self._unwatched = self.problem = f"watch failed, so only what is logged is used: {error!r}"
            self._warn_once("watch", self._unwatched)
        if any(given is not None for given in (optimizer, train_loader, loss)):
            with self._harmless("reading the context"), own_packages():
                from grokcast.training_context import training_context

                view = self._watched.view if self._watched is not None else None
                self.add_context(training_context(model, optimizer, train_loader, loss, view))

    def add_context(self, found: Mapping[str, Any]) -> None:
        """Add fields to the context, except those that the user states or has added before; logged once."""
        with self._harmless("add_context"), own_packages():
            from grokcast.training_context import unstated

            stated = self._question.get("context", {})
            new = {k: plain(v) for k, v in unstated(found, stated).items()}
            if not new:
                return
            # A new dict, not an update: the thread may be reading the old one.
            self._question = {**self._question, "context": {**stated, **new}}
            if "context" not in self._warned:
                self._warned.add("context")
                _logger.info(
                    "grokcast: context read from the training: %s", ", ".join(f"{k}={v}" for k, v in new.items())
                )

    @property
    def context(self) -> dict[str, Any]:
        """What is known of the run: stated, and read from the training."""
        return dict(self._question.get("context", {}))

    @property
    def watched(self) -> "ModelSignals | None":
        """What `watch` set up: it knows what measuring has cost."""
        return self._watched

    @property
    def stop_reason(self) -> str | None:
        """Why the training may be stopped now, in words; None: nothing says so.

        Somebody requested it of the stored run, or the newest forecast advises it: of a run like those learnt from, not
        before it has memorised, with the share of runs that would have generalised and are told to stop all the same.
        """
        requested = self._backend.stop_requested if self._backend is not None else None
        if requested is not None:
            return f"a stop was requested: {requested}"
        with self._harmless("stop_reason"):
            return None if self.forecast is None else stop_advised(self.forecast)
        return None

    @property
    def should_stop(self) -> bool:
        """Whether there is a `stop_reason`: `if monitor.should_stop: break` in a loop."""
        return self.stop_reason is not None

    def log(self, step: SupportsIndex, **signals: Any) -> None:
        """Record signals at a step; numbers, or anything with `item()`. Returns at once, whatever the service does.

        The names are those of docs/signals.md. A value that is not finite counts as missing. A second call at the same
        step adds to it; an earlier step is a rewind: the points at it and after it are dropped.
        """
        with self._harmless("log"):
            number = number_of(step)
            if number is None or not 0 <= number < 2**53 or number != int(number):
                self._warn_once("step", f"step {step!r} is not a whole number >= 0: the point is left out")
                return
            point = {name: self._value(name, value) for name, value in signals.items()}
            if self._watched is not None:
                with self._harmless("measuring the model"):
                    point = {**self._watched.measure(int(number)), **point}
            with self._changed:
                if self._closed:
                    self._warn_once("closed", "log() after close(): the point is left out")
                    return
                self._add(int(number), point)
                self._logged += 1
                self._wake()

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until the newest history is answered; return True if it was.

        Returns early when the service refuses it. While the service is down it is tried again until the timeout.
        """
        with self._harmless("flush"), self._changed:
            newest = self._logged
            self._flushing += 1
            try:
                if self._settled < newest and not self._closed:
                    self._wake()
                    self._changed.wait_for(lambda: self._settled >= newest, timeout)
            finally:
                self._flushing -= 1
            return self._answered >= newest
        return False

    def close(self, timeout: float = _EXIT_SECONDS) -> None:
        """Flush, and stop. The end of a `with` block and of the interpreter do this too."""
        self.flush(timeout)
        with self._harmless("close"), self._changed:
            self._closed = True
            self._changed.notify_all()
            if self._thread is None and self._backend is not None:
                self._backend.close()
        _open_monitors.discard(self)

    def finish(self, status: str = "finished", timeout: float = 10.0) -> None:
        """Flush, report the run's outcome (`finished`, `stopped_early` or `diverged`), and stop.

        A run with a `run_id` becomes training data by this; without one it is the same as `close`.
        """
        self.flush(timeout)
        if self._backend is not None:
            try:
                with self._changed:
                    self._backend.finish(status)
            except NoForecast as error:
                self._warn_once(error.kind, error.message)
            except Exception as error:
                self._warn_once("finish", f"finish failed: {error!r}")
        self.close(0)

    def __enter__(self) -> "Monitor":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _tracking(self, run: Any) -> "TrackedRun | None":
        with self._harmless("report_to"):
            from grokcast.tracked_run import TrackedRun

            return TrackedRun(run)
        return None

    def _value(self, name: str, value: Any) -> float | None:
        if value is None:
            return None
        try:
            return number_of(value)
        except Exception:
            message = f"{name}={_short(value)} is not a number: it counts as missing"
            self._warn_once(f"value of {name}", message)
            return None

    def _add(self, step: int, point: Point) -> None:
        if step < (last := self._points.last_step):
            self._warn_once("rewind", f"step went back from {last} to {step}: points from {step} on are dropped")
            self._rewound_to = step if self._rewound_to is None else min(self._rewound_to, step)
        self._points.add(step, point)

    def _wake(self) -> None:
        """Let the thread look again; start one if none runs. Called with the lock held."""
        if self._thread is None or not self._thread.is_alive():  # not alive: this process is a fork
            thread = threading.Thread(target=self._work, name="grokcast-monitor", daemon=True)
            thread.start()
            self._thread = thread
        self._changed.notify_all()

    def _work(self) -> None:
        """Request a forecast of each new history; end when none has come for a while."""
        while (history := self._next_history()) is not None:
            self._request(*history)

    def _next_history(self) -> tuple[int, dict[int, Point], int | None] | None:
        """Wait for a history that was not sent yet and is due; None when the thread should end."""
        idle_until = time.monotonic() + _IDLE_SECONDS
        with self._changed:
            while not self._closed:
                due = idle_until
                if self._logged > self._settled:
                    due = self._due_flush if self._flushing else self._due
                if (wait := due - time.monotonic()) > 0:
                    self._changed.wait(wait)
                elif self._logged > self._settled:
                    rewound_to, self._rewound_to = self._rewound_to, None
                    return self._logged, self._points.copy(), rewound_to
                else:
                    break
            # With the lock held: the next thread, or `finish`, would else be asking as its connection is closed.
            if self._backend is not None:
                with self._harmless("close"):
                    self._backend.close(for_good=self._closed)
            self._thread = None
            return None

    def _request(self, history: int, points: dict[int, Point], rewound_to: int | None) -> None:
        requested = time.monotonic()
        problem: NoForecast | None = None
        try:
            if self._backend is None:
                raise NoForecast("address", f"{self.url} is no address of a service")
            question = self._question_at(last_step=next(reversed(points)))
            if self._backend.loading is not None:
                self.problem = self._backend.loading
            self.forecast = Answer(self._backend.forecast(points, question, rewound_to), run=self._run_id)
        except NoForecast as error:
            problem = error
        except Exception as error:  # e.g. an address or a proxy setting that makes no sense
            problem = NoForecast("request", f"the history could not be sent to {self.url}: {error!r}")
        self.problem = problem.message if problem else self._unwatched
        if problem is None:
            self._hand_over(self.forecast)
        elif problem.kind != TOO_SHORT:
            self._warn_once(problem.kind, problem.message)
        with self._changed:
            if problem is not None and rewound_to is not None:  # still to be sent
                self._rewound_to = min(rewound_to, self._rewound_to or rewound_to)
            if problem is None or not problem.retry:
                self._settled = history
                self._answered = self._answered if problem else history
                self._backoff = 0.0
                self._due, self._due_flush = requested + self._min_interval, 0.0
            else:
                self._backoff = min(max(2 * self._backoff, 1.0), _MAX_BACKOFF_SECONDS)
                now = time.monotonic()
                self._due, self._due_flush = now + self._backoff, now + _FLUSH_RETRY_SECONDS
            self._changed.notify_all()

    def _question_at(self, last_step: int) -> dict[str, Any]:
        """Return context, horizon and target; a horizon that was reached is left out, since the service would refuse it."""
        horizon = self._question.get("horizon_step")
        if horizon is None or last_step < horizon:
            return self._question
        message = f"step {last_step} has reached horizon_step {horizon}: the service chooses another"
        self._warn_once("horizon", message)
        return {k: v for k, v in self._question.items() if k != "horizon_step"}

    def _hand_over(self, forecast: Answer | None) -> None:
        """Pass a forecast on to the tracker and the callback, and its warnings to the log."""
        if forecast is None:
            return
        if self._tracked is not None:
            with self._harmless("report_to"):
                self._tracked.report(forecast)
        warnings = forecast.get("warnings")
        for text in warnings if isinstance(warnings, list) else []:
            self._warn_once(re.sub(r"\d[\d,]*", "", str(text)), f"{self.url} warns: {text}")
        if self._on_forecast is not None:
            try:
                self._on_forecast(forecast)
            except Exception as error:
                self._warn_once("callback", f"on_forecast raised {error!r}")

    @contextlib.contextmanager
    def _harmless(self, what: str) -> Iterator[None]:
        """Swallow what a bug or a strange argument raises: losing a forecast is better than losing a training."""
        try:
            yield
        except Exception as error:
            self._warn_once(what, f"{what} failed: {error!r}")

    def _warn_once(self, kind: str, message: str) -> None:
        """Log a warning, once per kind."""
        if kind not in self._warned:
            self._warned.add(kind)
            with contextlib.suppress(Exception):  # a user's handler may raise
                _logger.warning("grokcast: %s", message)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


_open_monitors: "weakref.WeakSet[Monitor]" = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Give the last histories a moment to be answered."""
    until = time.monotonic() + _EXIT_SECONDS
    for monitor in list(_open_monitors):
        monitor.close(max(0.0, until - time.monotonic()))
