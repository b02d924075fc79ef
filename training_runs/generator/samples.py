"""What the runs of a stack train and are measured on: rows of shared inputs, with each run's own labels and split."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training_runs.config import RunConfig
from training_runs.tasks import Task

# The whole split where it is small, else a fixed sample of it: 8 batches' worth, so that measuring stays cheap.
_LEAST_SAMPLES, _MOST_SAMPLES, _BATCHES = 512, 2048, 8


@dataclass(frozen=True, eq=False)
class Batch:
    """Samples of every run of a stack; rows that only pad have weight 0.

    Attributes
    ----------
    inputs : shape (n_runs, n_samples, ...).
    labels : int64, shape (n_runs, n_samples).
    weight : float32, shape (n_runs, n_samples); sums to 1 over each run's samples.
    """

    inputs: Tensor
    labels: Tensor
    weight: Tensor

    @property
    def counts(self) -> Tensor:
        """How many samples each run has; further rows only pad."""
        return (self.weight > 0).sum(1)

    def select(self, runs: Tensor) -> "Batch":
        """Return the samples of some of the runs."""
        return Batch(self.inputs[runs], self.labels[runs], self.weight[runs])

    def first_rows(self, n_samples: int) -> tuple[Tensor, Tensor]:
        """Return an index (runs, rows) of the first samples of each run; a run that has fewer repeats them."""
        count = self.counts
        rows = torch.arange(n_samples, device=count.device)[None] % count[:, None]
        return torch.arange(len(count), device=count.device)[:, None], rows

    def first(self, n_samples: int) -> "Batch":
        """Return the first samples of each run, all of one weight."""
        index = self.first_rows(n_samples)
        weight = torch.full(index[1].shape, 1.0 / n_samples, device=index[1].device)
        return Batch(self.inputs[index], self.labels[index], weight)


def gather(tasks: Sequence[Task], rows: Sequence[Tensor], device: str) -> Batch:
    """Return some rows of each run's task, padded to the longest."""
    length = max(len(r) for r in rows)
    inputs = torch.stack([_padded(t.inputs[r], length) for t, r in zip(tasks, rows, strict=True)])
    labels = torch.stack([_padded(t.labels[r], length) for t, r in zip(tasks, rows, strict=True)])
    weight = torch.stack([_padded(torch.full((len(r),), 1.0 / len(r)), length) for r in rows])
    return Batch(inputs.to(device), labels.to(device), weight.to(device))


def probe_rows(rows: Tensor, config: RunConfig, generator: torch.Generator) -> Tensor:
    """Return the rows of a split that a run is measured on."""
    batch = config.batch_size or _MOST_SAMPLES
    count = max(min(max(_BATCHES * batch, _LEAST_SAMPLES), _MOST_SAMPLES), config.probe_samples)
    if len(rows) <= count:
        return rows
    return rows[torch.randperm(len(rows), generator=generator)[:count].sort().values]


def _padded(values: Tensor, length: int) -> Tensor:
    padding = values.new_zeros(length - len(values), *values.shape[1:])
    return torch.cat([values, padding]) if len(padding) else values


class Minibatches:
    """An endless stream of training samples: each run's own order, shuffled anew when it is used up.

    A batch may span two epochs, so that runs with different training sizes keep step.
    """

    def __init__(self, everything: Batch, size: int, generators: Sequence[torch.Generator]) -> None:
        self._everything, self._size = everything, size
        self._generators = list(generators)
        self._counts = everything.counts.tolist()
        self._queues = [torch.empty(0, dtype=torch.int64)] * len(self._counts)

    def next(self) -> Batch:
        """Return the next batch of every run."""
        rows = torch.stack([self._take(k) for k in range(len(self._counts))])
        rows = rows.to(self._everything.labels.device)
        runs = torch.arange(len(rows), device=rows.device)[:, None]
        weight = torch.full(rows.shape, 1.0 / self._size, device=rows.device)
        return Batch(self._everything.inputs[runs, rows], self._everything.labels[runs, rows], weight)

    def select(self, runs: Sequence[int], everything: Batch) -> None:
        """Go on with some of the runs."""
        self._everything = everything
        self._generators = [self._generators[k] for k in runs]
        self._counts = [self._counts[k] for k in runs]
        self._queues = [self._queues[k] for k in runs]

    def _take(self, k: int) -> Tensor:
        while len(self._queues[k]) < self._size:
            more = torch.randperm(self._counts[k], generator=self._generators[k])
            self._queues[k] = torch.cat([self._queues[k], more])
        batch, self._queues[k] = self._queues[k][: self._size], self._queues[k][self._size :]
        return batch


class DeviceMinibatches:
    """The same stream for a GPU: the orders of all runs are drawn there at once, many steps ahead.

    An order is a sort of hashes of (seed, epoch, sample), so that a run's own does not depend on its stack.
    """

    _AHEAD = 64  # steps; drawing costs as many launches for one as for these

    def __init__(self, everything: Batch, size: int, seeds: Sequence[int]) -> None:
        self._size, self._step = size, 0
        self._rows: Tensor | None = None  # of the steps ahead
        self._seeds = torch.tensor(seeds, dtype=torch.int64, device=everything.labels.device)
        self._take_over(everything)

    def next(self) -> Batch:
        """Return the next batch of every run."""
        at = self._step % self._AHEAD
        if at == 0 or self._rows is None:
            self._rows = self._drawn(self._step - at)
        self._step += 1
        rows = self._rows[:, at * self._size : (at + 1) * self._size]
        runs = torch.arange(len(rows), device=rows.device)[:, None]
        weight = torch.full(rows.shape, 1.0 / self._size, device=rows.device)
        return Batch(self._everything.inputs[runs, rows], self._everything.labels[runs, rows], weight)

    def select(self, runs: Sequence[int], everything: Batch) -> None:
        """Go on with some of the runs."""
        self._seeds = self._seeds[torch.tensor(runs, device=self._seeds.device)]
        self._take_over(everything)

    def _take_over(self, everything: Batch) -> None:
        self._everything, self._counts = everything, everything.counts
        self._fewest, self._most = int(self._counts.min()), int(self._counts.max())
        self._rows = None

    def _drawn(self, step: int) -> Tensor:
        """Return the rows of the steps from this one on, shape (n_runs, steps * size)."""
        wanted = self._AHEAD * self._size
        counts, device = self._counts[:, None], self._counts.device
        first = step * self._size // counts  # the epoch of each run, (n_runs, 1)
        epochs = first + torch.arange(wanted // self._fewest + 2, device=device)
        samples = torch.arange(self._most, device=device)
        keys = _hashed(_hashed(self._seeds[:, None], epochs)[..., None], samples)  # (n_runs, n_epochs, n_samples)
        keys = keys.masked_fill(samples >= counts[..., None], torch.iinfo(torch.int64).max)
        order = keys.argsort(-1)
        place = step * self._size + torch.arange(wanted, device=device)
        runs = torch.arange(len(counts), device=device)[:, None]
        return order[runs, place // counts - first, place % counts]


def _hashed(keys: Tensor, numbers: Tensor) -> Tensor:
    """Return keys mixed with numbers, int64: the finaliser of SplitMix64 (Steele et al. 2014)."""
    x = keys + (numbers + 1) * -0x61C8864680B583EB  # the golden ratio
    x = (x ^ (x >> 30)) * -0x40A7B892E31B1A47
    x = (x ^ (x >> 27)) * -0x6B2FB644ECCEEE15
    return x ^ (x >> 31)
