"""The signals of docs/signals.md that can be read off any torch network, with the generator's own probe code.

A probe is measured when its expected cost fits into a share of the training time so far, and never where it would hold
the training up for more than 50 ms: it gets fewer samples instead, and with too few of them it is left out.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training_runs.signals import SIGNALS, Probe

if TYPE_CHECKING:
    from grokcast.layer_groups import Groups
    from grokcast.network_view import NetworkView

Batch = tuple[Any, Any]  # what the model is called with, and the labels
Warn = Callable[[str, str], None]

MAX_SECONDS = 0.05  # the longest that one `log` may be held up by measuring
MAX_SAMPLES = 256  # as the generator has it
_FEWEST_SAMPLES = 32  # below, quantiles and accuracies say nothing
_SELDOM = 10 ** (1 / 6)  # six points a decade of steps, as the generator records what runs the network again
# The probes of any network, and the forward passes that each takes; 0 for what is read off the weights.
_PASSES: dict[Probe, int] = {
    "weights": 0,
    "embedding": 0,
    "validation": 1,
    "training": 1,
    "dropout": 9,
    "robustness": 11,
    "circuit": 9,
}


@dataclass
class _Probe:
    """Signals that are measured together.

    Attributes
    ----------
    name : of the probe in the table of signals.
    passes : forward passes that it takes.
    seconds : what it took last, None before; for passes a sample.
    """

    name: Probe
    passes: int
    seconds: float | None = None
    last_step: int = -1
    overruns: int = 0  # in a row; a single one may be the operating system's
    is_off: bool = False

    def __post_init__(self) -> None:
        # The training loop knows its losses and accuracies better than a sample does.
        rows = [s for s in SIGNALS.values() if s.probe == self.name and s.kind not in ("loss", "accuracy")]
        self.signals = [s.name for s in rows]
        self.split = rows[0].split
        # The least ratio of two steps at which it is measured.
        self.steps_apart = 1.0 if rows[0].cost == "low" else _SELDOM


class ModelSignals:
    """Measures one network within a share of the training time.

    Parameters
    ----------
    model : a `torch.nn.Module`.
    val, train : batches to probe on; without them only signals of the weights are measured.
    share : of the training time since this was made, measuring not counted, that measuring may take; 50 ms more at the
        beginning, so that short trainings and first points have signals too.
    context : what is known of the run: which symbols an embedding has, and whether they have an order.
    groups : which parameters are of which layer group, where names and shapes do not tell: names or patterns of names.
    warn : called with a kind and a message, for what cannot be measured.

    Attributes
    ----------
    seconds_spent : what measuring has taken so far.
    is_measuring : whether a measurement is going on: the network is run, but not by its training.
    """

    def __init__(
        self,
        model: Any,
        *,
        val: Batch | None = None,
        train: Batch | None = None,
        share: float = 0.02,
        context: Mapping[str, Any] | None = None,
        groups: "Groups | None" = None,
        warn: Warn = lambda kind, message: None,
    ) -> None:
        if not 0 < share <= 1:
            raise ValueError(f"share is {share}; expected a share of the training time, in (0, 1]")
        from grokcast.network_checkpoint import NetworkCheckpoint
        from grokcast.network_view import NetworkView

        self.seconds_spent = 0.0
        self.is_measuring = False
        self._share, self._warn = share, warn
        self._checkpoint = NetworkCheckpoint
        self._view = NetworkView(model, dict(context or {}), groups)
        for problem in self._view.problems:
            warn(problem, f"watch(groups=...): {problem}")
        self._is_told = False
        self._probes = [_Probe(name, passes) for name, passes in _PASSES.items()]
        self.set_batches(val=val, train=train)
        # What the first use of an operation costs falls here, before the training, and not into it.
        for _ in range(2):
            self._began, self.seconds_spent = -math.inf, 0.0
            self.measure(-1)
        for probe in self._probes:
            probe.last_step = -1
        self._began, self.seconds_spent = time.perf_counter(), 0.0

    @property
    def view(self) -> "NetworkView":
        """The network as it is measured: its layer groups and its output."""
        return self._view

    def set_batches(self, *, val: Batch | None = None, train: Batch | None = None) -> None:
        """Probe on these samples from now on; None leaves what there is."""
        if val is not None:
            self._view.val = self._view.some(val, MAX_SAMPLES)
        if train is not None:
            self._view.train = self._view.some(train, MAX_SAMPLES)
        if val is not None or train is not None:
            self._view.observe()
        for probe in self._probes:
            batches = {None: (), "val": self._view.val, "train": self._view.train}
            probe.is_off = batches[probe.split] is None

    def measure(self, step: int) -> dict[str, float]:
        """Return the signals that are due at a step and that there is time for; NaN and infinity are left out."""
        signals: dict[str, float] = {}
        began = time.perf_counter()
        if step >= 0 and not self._is_told:
            self._tell()
        self.is_measuring = True
        try:
            with self._view.undisturbed():
                for probe in self._due(step):
                    held_up = time.perf_counter() - began
                    trained = began - self._began - self.seconds_spent
                    credit = MAX_SECONDS - self.seconds_spent - held_up
                    available = self._share * trained + credit
                    samples = self._samples(probe, available, MAX_SECONDS - held_up)
                    if samples:
                        signals |= self._measured(probe, step, samples)
                    elif probe.passes and not probe.is_off:
                        break  # it has waited longest: others must not spend what it waits for
        finally:
            self.is_measuring = False
            # What surrounds the probes costs too.
            self.seconds_spent += time.perf_counter() - began
        return {name: value for name, value in signals.items() if math.isfinite(value)}

    def _tell(self) -> None:
        """Say once which parts of the network were not found: their signals are not measured."""
        self._is_told = True
        if missing := self._view.not_found():
            names = ", ".join(list(self._view.groups)[:12]) or "none"
            self._warn(
                "parts of the network",
                f"no {', '.join(missing)} found in the network: signals of these are not measured; "
                f"watch(groups={{'embedding': [...], ...}}) names them, if there are any (parameters: {names})",
            )

    def _due(self, step: int) -> list[_Probe]:
        """Return the probes that are due: the weights', then those that were not measured for longest.

        A step is far enough from the last by the ratio of the two; after a rewind it is.
        """
        due = [
            probe
            for probe in self._probes
            if not probe.is_off
            and (step != probe.last_step or step < 0)
            and (step < probe.last_step or step >= probe.last_step * probe.steps_apart)
        ]
        return sorted(due, key=lambda probe: (probe.passes > 0, probe.last_step))

    def _samples(self, probe: _Probe, available: float, left: float) -> int:
        """Return on how many samples a probe is measured now; 0 where there is no time for it.

        Parameters
        ----------
        available : seconds that the share of the training time leaves.
        left : seconds until this `log` has held the training up for as long as it may.
        """
        fewest = _FEWEST_SAMPLES if probe.passes else 1
        expected = self._expected(probe)
        if expected is None:  # nothing is known yet: a small first measurement
            return fewest if left > MAX_SECONDS / 2 else 0
        if expected * fewest > MAX_SECONDS:
            return fewest if self._is_tried_again(probe) and available > 0 else 0
        if expected * fewest > min(available, left):
            return 0
        return min(int(min(left, available) / max(expected, 1e-9)), MAX_SAMPLES)

    def _is_tried_again(self, probe: _Probe) -> bool:
        """Return True if a probe that took too long is measured once more: one delay may be the operating system's.

        The third is not, and what was only expected to take too long is not tried at all.
        """
        probe.overruns += 1
        if probe.overruns < 3:
            return probe.seconds is not None
        probe.is_off = True
        words = f"{probe.name} signals would hold the training up for more than {MAX_SECONDS:g} s: they are left out"
        self._warn(f"cost of {probe.name}", words)
        return False

    def _expected(self, probe: _Probe) -> float | None:
        """Return the seconds that a probe is expected to take, for one that runs the network by sample."""
        if probe.seconds is not None or not probe.passes:
            return probe.seconds
        known = [p.seconds / p.passes for p in self._probes if p.passes and p.seconds is not None]
        return max(known) * probe.passes if known else None

    def _measured(self, probe: _Probe, step: int, samples: int) -> dict[str, float]:
        began = time.perf_counter()
        try:
            values = self._checkpoint(self._view, samples, step).measured(probe.signals)
            signals = {name: float(value) for name, value in values.items()}
        except Exception as error:  # a network that is called otherwise than was thought
            probe.is_off = True
            self._warn(f"probe {probe.name}", f"{probe.name} signals cannot be measured: {error!r}")
            return {}
        seconds = time.perf_counter() - began
        if not signals:  # this network has none of these
            probe.is_off = True
            return {}
        probe.seconds = seconds / samples if probe.passes else seconds
        if seconds <= MAX_SECONDS:
            probe.overruns = 0
        probe.last_step = step
        return signals
