"""Runs of one shape in training: networks, data, noise and optimiser state, one leading dimension over the runs.

All parameters live in one flat tensor, so that the optimiser is a few wide operations: one block for each parameter,
and within it one row for each run. Autograd gets views of the blocks.
"""

import copy
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training_runs.config import RunConfig
from training_runs.generator.augmentation import augmented
from training_runs.generator.networks import Activations, network_of
from training_runs.generator.networks.noise import NONE, DeviceNoise, Noise, TrainingNoise
from training_runs.generator.networks.written_out import written_out
from training_runs.generator.optimizers import Hyperparameters, Value, optimizer_of
from training_runs.generator.probes import fit
from training_runs.generator.samples import Batch, DeviceMinibatches, Minibatches, gather, probe_rows
from training_runs.generator.step_graph import Step, graphed
from training_runs.generator.tasks import make_task

_FULL_ENOUGH = 0.9  # share of runs still training below which a captured stack is made smaller


class Stack:
    """The runs that are still training.

    Attributes
    ----------
    configs : of the runs now in the stack.
    parameters : name -> (n_runs, ...).
    train, val : what the runs are measured on.
    """

    def __init__(self, configs: Sequence[RunConfig], device: str, data_dir: Path | None) -> None:
        self.configs = list(configs)
        self.network = network_of(configs[0])
        self._written_out = written_out(self.network, configs[0].loss, device)
        self._loss = {"cross_entropy": fit.losses, "mse": fit.squared_errors}[configs[0].loss]
        tasks = [make_task(c, generator_of(c, "data"), data_dir) for c in configs]
        probing = [generator_of(c, "probe") for c in configs]
        self._samples = gather(tasks, [t.train for t in tasks], device)
        chances = list(zip(tasks, configs, probing, strict=True))
        self.train = gather(tasks, [probe_rows(t.train, c, g) for t, c, g in chances], device)
        self.val = gather(tasks, [probe_rows(t.val, c, g) for t, c, g in chances], device)
        initial = [self.network.initial(c, generator_of(c, "weights")) for c in configs]
        blocks = [torch.stack([i[name] for i in initial]) for name in self.network.shapes()]
        self._hold(torch.cat([b.flatten() for b in blocks]).to(device))
        self._optimizer = optimizer_of(configs[0].optimizer, self.flat, self._hyperparameters(), self.blocks)
        self._penalty = self._per_parameter([2 * c.norm_penalty for c in configs])
        self._first_norms = self._norms(self.flat)
        size = configs[0].minibatch
        self._batches: Minibatches | DeviceMinibatches | None = None
        if size is not None:
            orders = [generator_of(c, "order") for c in configs]
            if device == "cuda":
                self._batches = DeviceMinibatches(self._samples, size, [g.initial_seed() for g in orders])
            else:
                self._batches = Minibatches(self._samples, size, orders)
        self._noise_generators = [generator_of(c, "noise") for c in configs]
        # Samples of each run that a step trains on; more rows than that only pad.
        self._counts = self._samples.counts.tolist() if size is None else [size] * len(configs)
        self._noise = self._training_noise()
        # On a GPU a step is captured once and replayed; images that are turned anew at each step forbid it.
        self._capturable = device == "cuda" and not any(c.augmentation for c in configs)
        self._step: Step | None = None
        self._checked = False

    def update(self) -> None:
        """Do one optimiser step for every run."""
        batch = self._samples if self._batches is None else self._batches.next()
        if self._step is None:
            self._step = self._captured(batch) if self._capturable else self._train_on
        self._step(batch)

    def _captured(self, batch: Batch) -> Step:
        plain = self._train_on
        step = graphed(plain, batch, [self.flat, *self._optimizer.state()], check=not self._checked)
        self._checked, self._capturable = True, step is not plain  # what failed once is not tried again
        return step

    def _train_on(self, batch: Batch) -> None:
        if self._written_out is not None and self._noise is NONE and not any(c.augmentation for c in self.configs):
            self._written_out(self.parameters, self.blocks(self.gradient), batch)
        else:
            self._backpropagate(batch)
        if any(c.clip_norm for c in self.configs):
            self._clip()
        if any(c.norm_penalty for c in self.configs):
            self.gradient.addcmul_(self._penalty, self.flat)
        self._optimizer.step(self.gradient)
        if any(c.hold_norm for c in self.configs):
            self._rescale()

    @torch.no_grad()
    def _rescale(self) -> None:
        """Give the weights of runs whose norm is held the norm that they began with (Liu et al., arXiv 2210.01117)."""
        self._scale(self.flat, torch.where(self._holds, self._first_norms / self._norms(self.flat), 1.0))

    @torch.no_grad()
    def _clip(self) -> None:
        """Scale gradients that are longer than their run's limit back to it."""
        self._scale(self.gradient, (self._limits / self._norms(self.gradient)).clamp(max=1.0))

    def _scale(self, flat: Tensor, factors: Tensor) -> None:
        """Multiply all that a flat tensor holds of each run by its factor, (n_runs,)."""
        for block in self.blocks(flat).values():
            block.mul_(factors.view(-1, *[1] * (block.ndim - 1)))

    def _norms(self, flat: Tensor) -> Tensor:
        """Return the L2 norm of all that a flat tensor holds of each run, (n_runs,)."""
        return torch.stack([b.flatten(1).square().sum(1) for b in self.blocks(flat).values()]).sum(0).sqrt()

    def _backpropagate(self, batch: Batch) -> None:
        inputs = augmented(batch.inputs, self.configs, self._noise_generators, self._counts)
        activations = self.network(self.parameters, inputs, self._noise)
        losses = self._loss(activations.logits, batch.labels) * batch.weight
        if self._capturable:  # what autograd adds to is tied to the stream that it was first used on
            gradients = torch.autograd.grad(losses.sum(), list(self.parameters.values()))
            for own, gradient in zip(self.blocks(self.gradient).values(), gradients, strict=True):
                own.copy_(gradient)
        else:
            self.gradient.zero_()
            losses.sum().backward()  # type: ignore[no-untyped-call]

    def forward(self, parameters: dict[str, Tensor], inputs: Tensor, noise: Noise = NONE) -> Activations:
        """Run the networks, with these parameters in the place of their own."""
        return self.network(parameters, inputs, noise)

    def losses(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the loss that the runs are trained on for each sample, (n_runs, n_samples)."""
        return self._loss(logits, labels)

    def blocks(self, flat: Tensor) -> dict[str, Tensor]:
        """Return the blocks of a flat tensor as views of shape (n_runs, *shape of the parameter)."""
        n_runs = len(self.configs)
        shapes = self.network.shapes()
        blocks = torch.split(flat, [n_runs * math.prod(shape) for shape in shapes.values()])
        return {
            name: block.detach().view(n_runs, *shape)
            for (name, shape), block in zip(shapes.items(), blocks, strict=True)
        }

    def worth_leaving(self, staying: int) -> bool:
        """Return whether runs that have ended leave now: on a GPU, where the rest is captured anew, not for a few."""
        return staying < len(self.configs) * (_FULL_ENOUGH if self._capturable else 1)

    def keep(self, active: list[int]) -> None:
        """Go on with some of the runs; the others leave the stack."""
        self._step = None
        if self._capturable:
            torch.cuda.empty_cache()  # of the graph: other processes share the GPU
        kept, indices = self._places(active)
        self.configs = [self.configs[k] for k in active]
        self._samples = self._samples.select(kept)
        self.train, self.val = self.train.select(kept), self.val.select(kept)
        self._hold(self.flat[indices])
        self._written_out = written_out(
            self.network, self.configs[0].loss, str(self.flat.device)
        )  # buffers of this size
        self._optimizer.select(indices, self.flat)
        self._penalty = self._penalty[indices]
        self._first_norms = self._first_norms[kept]
        if self._batches is not None:
            self._batches.select(active, self._samples)
        self._noise_generators = [self._noise_generators[k] for k in active]
        self._counts = [self._counts[k] for k in active]
        self._noise = self._training_noise()

    def subset(self, runs: list[int], before: Tensor) -> tuple["Stack", Tensor]:
        """Return some of the runs as they are now, to be measured and not trained, and their part of another flat tensor."""
        if len(runs) == len(self.configs):
            return self, before
        kept, indices = self._places(runs)
        part = copy.copy(self)
        part.configs = [self.configs[k] for k in runs]
        part.flat, part.gradient = self.flat[indices], self.gradient[indices]
        part.parameters = part.blocks(part.flat)
        part.train, part.val = self.train.select(kept), self.val.select(kept)
        return part, before[indices]

    def _places(self, runs: list[int]) -> tuple[Tensor, Tensor]:
        """Return some runs as a tensor, and where their parameters lie in the flat one."""
        kept = torch.tensor(runs, dtype=torch.int64, device=self.flat.device)
        rows = self.blocks(torch.arange(len(self.flat), device=self.flat.device))
        return kept, torch.cat([block[kept].flatten() for block in rows.values()])

    def _hold(self, flat: Tensor) -> None:
        """Take over the parameters of the runs now in the stack."""
        self.flat, self.gradient = flat, torch.zeros_like(flat)
        self._holds = torch.tensor([c.hold_norm for c in self.configs], device=flat.device)
        self._limits = torch.tensor([c.clip_norm or math.inf for c in self.configs], device=flat.device)
        self.parameters = {n: v.requires_grad_(True) for n, v in self.blocks(flat).items()}
        for name, gradient in self.blocks(self.gradient).items():
            self.parameters[name].grad = gradient

    def _training_noise(self) -> Noise:
        dropout = [c.dropout for c in self.configs]
        std = [c.embedding_noise for c in self.configs]
        if not any(dropout) and not any(std):
            return NONE
        if self.flat.is_cuda:
            return DeviceNoise(dropout, std, str(self.flat.device))
        return TrainingNoise(dropout, std, self._noise_generators, self._counts)

    def _hyperparameters(self) -> Hyperparameters:
        return Hyperparameters(
            learning_rate=self._per_parameter(
                [c.learning_rate for c in self.configs], [_embedding_rate(c) for c in self.configs]
            ),
            weight_decay=self._per_parameter([c.weight_decay for c in self.configs]),
            beta1=self._shared_or_own([c.beta1 for c in self.configs]),
            beta2=self._shared_or_own([c.beta2 for c in self.configs]),
            momentum=self._shared_or_own([c.momentum for c in self.configs]),
            nesterov=self.configs[0].nesterov,
            warmup_steps=self._shared_or_own([float(c.warmup_steps) for c in self.configs]),
        )

    def _shared_or_own(self, values: list[float]) -> Value:
        """Return a number if all runs share it, which costs a step nothing, else one for each parameter."""
        return values[0] if len(set(values)) == 1 else self._per_parameter(values)

    def _per_parameter(self, values: list[float], embedding: list[float] | None = None) -> Tensor:
        """Repeat one value a run for each of its parameters, or another for those of the embedding."""
        rows, embedded = (torch.tensor(v, device=self.flat.device)[:, None] for v in (values, embedding or values))
        return torch.cat(
            [
                (embedded if name.startswith("embedding") else rows).expand(-1, math.prod(shape)).flatten()
                for name, shape in self.network.shapes().items()
            ]
        )


def _embedding_rate(config: RunConfig) -> float:
    if config.freeze_embedding:
        return 0.0
    return config.learning_rate if config.embedding_learning_rate is None else config.embedding_learning_rate


_PURPOSES = {"data": 0, "weights": 1, "order": 2, "noise": 3, "probe": 4}


def generator_of(config: RunConfig, purpose: str) -> torch.Generator:
    """Return the generator of one kind of chance in one run; kinds and seeds are independent of each other."""
    seed = np.random.SeedSequence([config.seed, _PURPOSES[purpose]])
    return torch.Generator().manual_seed(int(seed.generate_state(1, np.uint64)[0] >> 1))
