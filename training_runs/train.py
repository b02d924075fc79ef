"""Train a stack of runs of one shape at once, and record their trajectories.

Small models waste a machine one at a time: kernels are launched per run and step. A stack shares the launches, and
every run keeps its own learning rate, weight decay, data, seed and budget. Finished runs leave the stack.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from training_runs import probes
from training_runs.config import RunConfig
from training_runs.models import EmbeddingMLP
from training_runs.optimizers import AdamW
from training_runs.run import Run, Status
from training_runs.tasks.modular import modular_task
from training_runs.trajectory import Trajectory

EARLY_STOP_ACCURACY = 0.99
EARLY_STOP_EVALS = 5

# Called after each checkpoint of each run: config, step, values of the signals.
OnCheckpoint = Callable[[RunConfig, int, dict[str, float]], None]


def train(
    configs: Sequence[RunConfig], device: str = "cpu", on_checkpoint: OnCheckpoint | None = None
) -> list[Run]:
    """Train runs of one network shape together and return them in the order of their configs."""
    if len({EmbeddingMLP.of(c) for c in configs}) != 1:
        raise ValueError(f"a stack needs configs of one network shape; got {len(configs)} configs")
    records = [_Record(config) for config in configs]
    stack = _Stack(records, device)
    due = sorted(set().union(*(r.schedule for r in records)))
    step = 0
    for checkpoint in due:
        while step < checkpoint - 1:
            stack.update()
            step += 1
        measured = stack.update_and_measure()
        step += 1
        for k, record in enumerate(stack.records):
            record.add(step, {name: float(v[k]) for name, v in measured.items()}, on_checkpoint)
        stack.drop_ended()
        if not stack.records:
            break
    return [record.run() for record in records]


def checkpoint_steps(config: RunConfig) -> list[int]:
    """Return the steps at which a run is recorded; the budget is always the last."""
    budget = config.budget_step
    if config.checkpoint_every is not None:
        return sorted({*range(config.checkpoint_every, budget, config.checkpoint_every), 1, budget})
    n_evals = int(math.log10(budget) * config.checkpoints_per_decade)
    grid = {round(10 ** (k / config.checkpoints_per_decade)) for k in range(n_evals + 1)}
    return sorted({*grid, budget})


class _Record:
    """The trajectory of one run as it grows."""

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        self.schedule = set(checkpoint_steps(config))
        self.status: Status | None = None
        self._steps: list[int] = []
        self._values: dict[str, list[float]] = {}
        self._perfect_evals = 0

    def add(
        self, step: int, values: dict[str, float], on_checkpoint: OnCheckpoint | None = None
    ) -> None:
        """Take the values of a checkpoint, if the run is recorded at this step."""
        if not math.isfinite(values["train_loss"]):
            self.status = "diverged"
        elif step in self.schedule:
            self._steps.append(step)
            for name, value in values.items():
                self._values.setdefault(name, []).append(value if math.isfinite(value) else np.nan)
            if on_checkpoint is not None:
                on_checkpoint(self.config, step, values)
            perfect = values["val_acc"] >= EARLY_STOP_ACCURACY
            self._perfect_evals = self._perfect_evals + 1 if perfect else 0
            if self.config.early_stop and self._perfect_evals >= EARLY_STOP_EVALS:
                self.status = "stopped_early"
            elif step == self.config.budget_step:
                self.status = "finished"

    def run(self) -> Run:
        """Return the finished run; one that diverged before its first checkpoint has a single empty one."""
        assert self.status is not None
        steps = self._steps or [1]
        return Run(
            run_id=self.config.run_id,
            configuration_id=self.config.configuration_id,
            context=self.config.context(),
            trajectory=Trajectory(steps, self._values or {"train_loss": [np.nan]}),
            budget_step=self.config.budget_step,
            blocked=self.config.blocked,
            status=self.status,
            config=self.config.as_dict(),
        )


class _Stack:
    """Networks, data and optimiser state of the runs that are still training.

    All parameters live in one flat tensor, so that the optimiser is a few wide operations: one block for each
    parameter, and within it one row for each run. Autograd gets views of the blocks.
    """

    def __init__(self, records: list[_Record], device: str) -> None:
        self.records = list(records)
        configs = [r.config for r in records]
        self._model = EmbeddingMLP.of(configs[0])
        tasks = [modular_task(c, _generator(c, "data")) for c in configs]
        n_train = max(len(t.train) for t in tasks)
        self._labels = torch.stack([t.labels for t in tasks]).to(device)
        # Runs with fewer training pairs are padded with pair 0 at weight 0.
        self._pairs = torch.stack([_padded(t.train, n_train) for t in tasks]).to(device)
        self._weights = torch.stack(
            [_padded(torch.full((len(t.train),), 1.0 / len(t.train)), n_train) for t in tasks]
        ).to(device)
        self._train_mask = torch.stack(
            [torch.zeros(len(t.labels)).index_fill_(0, t.train, 1.0) for t in tasks]
        ).to(device)
        initial = [self._model.initial(c.init_scale, _generator(c, "weights")) for c in configs]
        blocks = [torch.stack([i[name] for i in initial]) for name in self._model.shapes()]
        self._hold(torch.cat([b.flatten() for b in blocks]).to(device))
        self._optimizer = AdamW(
            self._flat,
            self._per_parameter([c.learning_rate for c in configs]),
            self._per_parameter([c.weight_decay for c in configs]),
        )

    def update(self) -> None:
        """Do one full-batch optimiser step for every run."""
        self._gradient.zero_()
        logits = self._model.logits(self._parameters, self._pairs)
        labels = self._labels.gather(1, self._pairs)
        (probes.losses(logits, labels) * self._weights).sum().backward()  # type: ignore[no-untyped-call]
        self._optimizer.step(self._gradient)

    def update_and_measure(self) -> dict[str, Tensor]:
        """Do one step and return every signal after it, each of shape (n_runs,)."""
        before = self._flat.clone()
        self.update()
        return self._measure(before)

    @torch.no_grad()
    def _measure(self, before: Tensor) -> dict[str, Tensor]:
        every_pair = torch.arange(self._labels.shape[1], device=self._labels.device)
        logits = self._model.logits(self._parameters, every_pair.expand_as(self._labels))
        losses, hits = probes.losses(logits, self._labels), probes.hits(logits, self._labels)
        train, val = self._train_mask, 1 - self._train_mask
        return {
            "train_loss": probes.mean_over(losses, train),
            "train_acc": probes.mean_over(hits, train),
            "val_loss": probes.mean_over(losses, val),
            "val_acc": probes.mean_over(hits, val),
            "weight_norm": probes.norm(self._parameters),
            **probes.group_norms(self._parameters),
            "grad_norm": probes.norm(self._rows(self._gradient)),
            "update_norm": probes.norm(self._rows(self._flat - before)),
        }

    def drop_ended(self) -> None:
        """Let finished runs leave the stack."""
        going = [k for k, record in enumerate(self.records) if record.status is None]
        if len(going) == len(self.records):
            return
        kept = torch.tensor(going, dtype=torch.int64, device=self._flat.device)
        rows = self._rows(torch.arange(len(self._flat), device=self._flat.device))
        indices = torch.cat([block[kept].flatten() for block in rows.values()])
        self.records = [self.records[k] for k in going]
        self._labels, self._pairs = self._labels[kept], self._pairs[kept]
        self._weights, self._train_mask = self._weights[kept], self._train_mask[kept]
        self._hold(self._flat[indices])
        self._optimizer.select(indices, self._flat)

    def _hold(self, flat: Tensor) -> None:
        """Take over the parameters of the runs now in the stack."""
        self._flat, self._gradient = flat, torch.zeros_like(flat)
        self._parameters = {n: v.requires_grad_(True) for n, v in self._rows(flat).items()}
        for name, gradient in self._rows(self._gradient).items():
            self._parameters[name].grad = gradient

    def _rows(self, flat: Tensor) -> dict[str, Tensor]:
        """Return the blocks of a flat tensor as views of shape (n_runs, *shape of the parameter)."""
        n_runs = len(self.records)
        shapes = self._model.shapes()
        blocks = torch.split(flat, [n_runs * math.prod(shape) for shape in shapes.values()])
        return {
            name: block.detach().view(n_runs, *shape)
            for (name, shape), block in zip(shapes.items(), blocks, strict=True)
        }

    def _per_parameter(self, values: list[float]) -> Tensor:
        """Repeat one value a run for each of its parameters."""
        rows = torch.tensor(values, device=self._flat.device)[:, None]
        sizes = [math.prod(shape) for shape in self._model.shapes().values()]
        return torch.cat([rows.expand(-1, size).flatten() for size in sizes])


def _generator(config: RunConfig, purpose: str) -> torch.Generator:
    seed = np.random.SeedSequence([config.seed, {"data": 0, "weights": 1}[purpose]])
    return torch.Generator().manual_seed(int(seed.generate_state(1, np.uint64)[0] >> 1))


def _padded(values: Tensor, length: int) -> Tensor:
    return torch.nn.functional.pad(values, (0, length - len(values)))
