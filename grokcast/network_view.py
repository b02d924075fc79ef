"""Any torch network as the generator's probes see theirs: a stack of one run, with named groups of parameters.

Layer groups: embeddings; attention (the projections of queries, keys and values); the output, which is the last linear
layer; everything else is hidden.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from training_runs.generator.probes import Checkpoint, fit, robustness
from training_runs.tasks import FAMILIES

_ATTENTION = re.compile(r"(^|[._])(in_proj|q_proj|k_proj|v_proj|query|key|value|c_attn|qkv|wq|wk|wv|attn_qkv)([._]|$)")
_RECTIFIERS = (nn.ReLU, nn.ReLU6, nn.GELU, nn.SiLU, nn.ELU, nn.LeakyReLU, nn.Tanh)
# A larger table is a vocabulary of words: no order to find structure in, and long to decompose.
_MOST_SYMBOLS = 1_024
_ORDERED = {name for name, family in FAMILIES.items() if family.is_of_pairs}


class NetworkView:
    """A network, and the samples it is probed on.

    Attributes
    ----------
    val, train : inputs and labels, or None.
    """

    def __init__(self, model: nn.Module, context: Mapping[str, Any]) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"the model is a {type(model).__name__}; expected a torch.nn.Module")
        self.model, self.context = model, context
        self.val: tuple[Any, Tensor | None] | None = None
        self.train: tuple[Any, Tensor | None] | None = None
        linear = [m for m in model.modules() if isinstance(m, nn.Linear)]
        self.output = linear[-1] if linear else None
        self.rectifiers = [m for m in model.modules() if isinstance(m, _RECTIFIERS)]
        self.embeddings = [m for m in model.modules() if isinstance(m, nn.Embedding)]
        self._names = {name: self._group(name) for name, _ in model.named_parameters()}

    def parameters(self) -> dict[str, Tensor]:
        """Return the parameters under the generator's kind of names, with a leading dimension of one run."""
        return {
            self._names[name]: value.detach().float()[None]
            for name, value in self.model.named_parameters()
            if name in self._names
        }

    def gradients(self) -> dict[str, Tensor]:
        """Return the gradients that are there, likewise."""
        return {
            self._names[name]: value.grad.detach().float()[None]
            for name, value in self.model.named_parameters()
            if name in self._names and value.grad is not None and not value.grad.is_sparse
        }

    def logits(self, inputs: Any, parameters: Mapping[str, Tensor] | None = None) -> Tensor:
        """Return the logits of one run, shape (1, n_samples, n_classes), for parameters in the place of its own.

        Positions of a sequence count as samples.
        """
        arguments, options = _called_with(inputs)
        if parameters is None:
            output = self.model(*arguments, **options)
        else:
            own = {
                name: parameters[self._names[name]][0].to(value.dtype) for name, value in self.model.named_parameters()
            }
            output = functional_call(self.model, own, arguments, options)
        logits = _logits_in(output)
        return logits.detach().float().reshape(1, -1, logits.shape[-1])

    def some(self, batch: tuple[Any, Any], most: int) -> tuple[Any, Tensor | None]:
        """Return the first samples of a batch."""
        inputs, labels = batch
        return _first(inputs, most), None if labels is None else torch.as_tensor(labels)[:most]

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Measure in eval mode and without gradients; leave modes and random states as they were."""
        modes = [m for m in self.model.modules() if m.training]
        device = next((p.device for p in self.model.parameters()), torch.device("cpu"))
        cuda = [device] if device.type == "cuda" else []
        if cuda:  # else the work still queued would count as ours
            torch.cuda.synchronize(device)
        with torch.random.fork_rng(devices=cuda), torch.no_grad():
            self.model.eval()
            try:
                yield
            finally:
                for module in modes:
                    module.training = True

    @contextmanager
    def dropping(self, rate: float, generator: torch.Generator) -> Iterator[None]:
        """Drop hidden activations at a rate: after each rectifier, or of what the output layer reads where none is seen."""

        def dropped(value: Tensor) -> Tensor:
            kept = torch.rand(value.shape, generator=generator) >= rate
            return value * (kept / (1 - rate)).to(value)

        if rate == 0:
            hooks = []
        elif self.rectifiers:
            hooks = [m.register_forward_hook(lambda _, __, out: dropped(out)) for m in self.rectifiers]
        elif self.output is not None:
            hooks = [self.output.register_forward_pre_hook(lambda _, given: (dropped(given[0]), *given[1:]))]
        else:
            raise ValueError("it has no hidden layer that could be seen")
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    @contextmanager
    def reading(self, seen: dict[str, Tensor]) -> Iterator[None]:
        """Keep what the output layer reads (`representation`) and what the last ReLU gives (`hidden`)."""

        def keep(name: str, value: Any) -> None:
            if isinstance(value, Tensor) and value.is_floating_point():
                units_last = value.movedim(1, -1) if value.ndim == 4 else value  # images: channels
                seen[name] = units_last.detach().float().reshape(1, -1, units_last.shape[-1])

        hooks: list[Any] = []
        if self.output is not None:
            hooks.append(self.output.register_forward_pre_hook(lambda _, given: keep("representation", given[0])))
        relus = [m for m in self.rectifiers if isinstance(m, nn.ReLU | nn.ReLU6)]
        if relus:
            hooks.append(relus[-1].register_forward_hook(lambda _, __, out: keep("hidden", out)))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _group(self, name: str) -> str:
        module = self.model.get_submodule(name.rpartition(".")[0])
        if isinstance(module, nn.Embedding | nn.EmbeddingBag):
            group = "embedding"
        elif _ATTENTION.search(name):
            group = "attention"
        else:
            group = "output" if module is self.output else "hidden"
        return f"{group}_{name.replace('.', '_')}"


class NetworkCheckpoint(Checkpoint):
    """A network at a step, as probes see it on some samples: a stack of one run.

    Losses and accuracies are left to the training loop, which knows them on the whole split.
    """

    def __init__(self, view: NetworkView, samples: int, step: int) -> None:
        self.step = step
        self._view, self._samples = view, samples
        self.chance = float(view.context.get("chance_accuracy") or 0.0)

    @cached_property
    def parameters(self) -> dict[str, Tensor]:
        """All of them, under the generator's kind of names."""
        return self._view.parameters()

    @cached_property
    def gradient(self) -> dict[str, Tensor] | None:
        """The last, where it is still there."""
        return self._view.gradients() or None

    @cached_property
    def embedding(self) -> Tensor | None:
        """The first table."""
        return self._view.embeddings[0].weight.detach().float()[None] if self._view.embeddings else None

    @cached_property
    def symbols(self) -> Tensor | None:
        """The rows that are symbols of the task; a vocabulary of words is too large."""
        if self.embedding is None:
            return None
        context = self._view.context
        symbols = self.embedding[:, : int(context.get("classes") or context.get("modulus") or 10**9)]
        return symbols if 3 <= symbols.shape[1] <= _MOST_SYMBOLS else None

    @cached_property
    def ordered_symbols(self) -> Tensor | None:
        """The same where the task gives them an order."""
        return self.symbols if self._view.context.get("task_family") in _ORDERED else None

    @cached_property
    def _last_layers(self) -> dict[str, Tensor]:
        seen: dict[str, Tensor] = {}
        if self._val_batch is not None:
            with self._view.reading(seen):
                self._view.logits(self._val_batch[0])
        return seen

    @cached_property
    def representation(self) -> Tensor | None:
        """What the output layer reads on validation samples; too few values have no spectrum."""
        read = self._last_layers.get("representation")
        return read if read is not None and min(read.shape[1:]) >= 2 else None

    @cached_property
    def hidden(self) -> Tensor | None:
        """Hidden units on validation samples. A functional ReLU is not seen; what it hands to the output layer is."""
        read = self._last_layers.get("representation")
        return self._last_layers.get("hidden", read if read is not None and _is_rectified(read) else None)

    @cached_property
    def _train_batch(self) -> tuple[Any, Tensor | None] | None:
        return None if self._view.train is None else self._view.some(self._view.train, self._samples)

    @cached_property
    def train_logits(self) -> Tensor | None:
        """Of training samples."""
        return None if self._train_batch is None else self._view.logits(self._train_batch[0])

    @cached_property
    def _train_labels(self) -> Tensor | None:
        if self._train_batch is None or self.train_logits is None or self.train_logits.shape[-1] < 2:
            return None
        return _labels(self._train_batch[1], self.train_logits)

    @cached_property
    def margins(self) -> Tensor | None:
        """Of training samples, where they have labels."""
        if self.train_logits is None or self._train_labels is None:
            return None
        return fit.margins(self.train_logits, self._train_labels.clamp_min(0))

    @cached_property
    def margin_mask(self) -> Tensor | None:
        """1 where a training sample has a label: -100 and the like have none."""
        return None if self._train_labels is None else (self._train_labels >= 0).float()

    @cached_property
    def _val_batch(self) -> tuple[Any, Tensor | None] | None:
        return None if self._view.val is None else self._view.some(self._view.val, self._samples)

    @cached_property
    def labels(self) -> Tensor | None:
        """Of validation samples, where each logit has one."""
        if self._val_batch is None or self._val_batch[1] is None:
            return None
        known = _labels(self._val_batch[1], self._view.logits(self._val_batch[0]))
        return None if known is None or bool((known < 0).any()) else known

    @cached_property
    def logits_with(self) -> robustness.LogitsWith | None:
        """The network on validation samples with dropout, with its own parameters."""
        if self._val_batch is None:
            return None
        view, inputs = self._view, self._val_batch[0]

        def dropped(_: dict[str, Tensor], rate: float, generator: torch.Generator) -> Tensor:
            with view.dropping(rate, generator):
                return view.logits(inputs)

        return dropped

    @cached_property
    def logits_of(self) -> robustness.LogitsOf | None:
        """The network on validation samples with other parameters."""
        if self._val_batch is None:
            return None
        view, inputs = self._view, self._val_batch[0]
        return lambda parameters: view.logits(inputs, parameters)


def _labels(labels: Tensor | None, logits: Tensor) -> Tensor | None:
    """Return class labels of shape (1, n_samples); None where these are no such labels."""
    if labels is None or labels.is_floating_point() or labels.numel() != logits.shape[1]:
        return None
    return labels.reshape(1, -1).to(logits.device).long()


def _is_rectified(values: Tensor) -> bool:
    return bool((values >= 0).all() and (values == 0).any())


def _called_with(inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if isinstance(inputs, Mapping):
        return (), dict(inputs)
    return (tuple(inputs), {}) if isinstance(inputs, tuple | list) else ((inputs,), {})


def _first(inputs: Any, most: int) -> Any:
    if isinstance(inputs, Mapping):
        return {name: _first(value, most) for name, value in inputs.items()}
    if isinstance(inputs, tuple | list):
        return tuple(_first(value, most) for value in inputs)
    return inputs[:most] if isinstance(inputs, Tensor) and inputs.ndim else inputs


def _logits_in(output: Any) -> Tensor:
    """Return the logits of what a model gave: a tensor, `logits` of a mapping or object, or the first of a tuple."""
    if isinstance(output, Mapping) and "logits" in output:
        output = output["logits"]
    elif hasattr(output, "logits"):
        output = output.logits
    elif isinstance(output, tuple | list):
        output = output[0]
    if not isinstance(output, Tensor):
        raise TypeError(
            f"its output is a {type(output).__name__}; expected a tensor of logits, or something with `logits`"
        )
    return output
