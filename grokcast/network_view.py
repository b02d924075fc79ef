"""Any torch network as the generator's probes see theirs: a stack of one run, with named groups of parameters.

Layer groups: embeddings; attention (the projections of queries, keys and values); the output, which is the last linear
layer; everything else is hidden. Parameters that belong to no layer of torch are told by name, use and shape
(`grokcast.layer_groups`).
"""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from grokcast.functional_calls import FunctionalCalls
from grokcast.layer_groups import (
    Groups,
    bias_of,
    named_groups,
    output_by_shape,
    own_parameters,
    stated_groups,
    symbol_table,
)

_ATTENTION = re.compile(r"(^|[._])(in_proj|q_proj|k_proj|v_proj|query|key|value|c_attn|qkv|wq|wk|wv|attn_qkv)([._]|$)")
_RECTIFIERS = (nn.ReLU, nn.ReLU6, nn.GELU, nn.SiLU, nn.ELU, nn.LeakyReLU, nn.Tanh)


class NetworkView:
    """A network, and the samples it is probed on.

    Attributes
    ----------
    val, train : inputs and labels, or None.
    groups : layer group of each parameter.
    output, output_name : the linear layer that makes the logits, or the parameter that does in its place; None where neither is seen.
    classes : how many logits there are, as far as is known.
    problems : what of `groups` could not be understood.
    """

    def __init__(self, model: nn.Module, context: Mapping[str, Any], groups: Groups | None = None) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"the model is a {type(model).__name__}; expected a torch.nn.Module")
        self.model, self.context = model, context
        self.val: tuple[Any, Tensor | None] | None = None
        self.train: tuple[Any, Tensor | None] | None = None
        self.output: nn.Linear | None = None
        self._linear = [m for m in model.modules() if isinstance(m, nn.Linear)]
        self.rectifiers = [m for m in model.modules() if isinstance(m, _RECTIFIERS)]
        self.embeddings = [m for m in model.modules() if isinstance(m, nn.Embedding)]
        self._own = own_parameters(model)
        self._stated, self.problems = stated_groups(groups or {}, [name for name, _ in model.named_parameters()])
        self.classes: int | None = context.get("classes") or context.get("modulus")
        self._regroup(None)

    def observe(self) -> None:
        """Look at one pass through the network: what it does without modules shows only then.

        Nothing is learnt where it cannot be called as it is; the probes say so then.
        """
        batch = self.val or self.train
        if batch is None or not self._is_functional or type(self.model).__name__ == "OptimizedModule":
            return
        seen = FunctionalCalls(dict(self.model.named_parameters()))
        with self.undisturbed(), contextlib.suppress(Exception), seen:
            self.classes = int(self.logits(_first(batch[0], 8)).shape[-1])
        self._regroup(seen)

    @property
    def _is_functional(self) -> bool:
        return bool(self._own) or not self.rectifiers

    @property
    def _sees_calls(self) -> bool:
        """Whether calls of functions are to be watched for what no module tells."""
        return self._seen is not None and (self.output is None or (not self.rectifiers and self._seen.rectifiers > 0))

    def _regroup(self, seen: FunctionalCalls | None) -> None:
        self._seen = seen
        groups = named_groups(self._own) | (dict.fromkeys(seen.looked_up, "embedding") if seen else {})
        groups |= self._stated
        self.output_name = self._named_output(groups, seen)
        if self.output_name is not None and self.output_name in self._own:
            groups.setdefault(self.output_name, "output")
            if bias := bias_of(self.output_name, self._own, self.classes):
                groups.setdefault(bias, "output")
        self.output = self._linear[-1] if self._linear else None
        if self.output_name is not None:
            layer = self.model.get_submodule(self.output_name.rpartition(".")[0])
            self.output = layer if isinstance(layer, nn.Linear) else None
        self.groups = {name: self._group(name, groups) for name, _ in self.model.named_parameters()}
        self._names = {name: f"{group}_{name.replace('.', '_')}" for name, group in self.groups.items()}

    def _named_output(self, groups: Mapping[str, str], seen: FunctionalCalls | None) -> str | None:
        """Return the parameter that makes the logits, where it is not the last linear layer's."""
        known = dict(self.model.named_parameters())
        named = [name for name, group in groups.items() if group == "output" and known[name].ndim >= 2]
        if named:
            return named[-1]
        if seen is not None:  # an embedding may make the logits too
            return output_by_shape({n: self._own[n] for n in seen.products[-1:] if n in self._own}, self.classes)
        free = {n: v for n, v in self._own.items() if v.ndim >= 2 and n not in groups}
        return None if self._linear else output_by_shape(free, self.classes)

    def embedding_table(self) -> Tensor | None:
        """Return the first table of symbols, one row for each."""
        if self.embeddings:
            return self.embeddings[0].weight
        known = dict(self.model.named_parameters())
        tables = {name: known[name] for name, group in self.groups.items() if group == "embedding"}
        first = next((v for v in tables.values()), None)
        return symbol_table(tables, (v for v in known.values() if v is not first))

    def not_found(self) -> list[str]:
        """Return which parts of a hand-written network, or of one without an output, were not found."""
        if not self._own and (self.output is not None or not list(self.model.parameters())):
            return []
        groups = set(self.groups.values())
        missing = [group for group in ("embedding", "attention", "output") if self._own and group not in groups]
        if self.output is None and "output" not in missing and self.output_name is None:
            missing.append("output")
        has_hidden = self.rectifiers or (self._seen is not None and self._seen.rectifiers)
        return missing if has_hidden else [*missing, "rectifier (ReLU)"]

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

    def logits(
        self, inputs: Any, parameters: Mapping[str, Tensor] | None = None, labels: Tensor | None = None
    ) -> Tensor:
        """Return the logits of one run, shape (1, n_samples, n_classes), for parameters in the place of its own.

        Positions of a sequence count as samples; where there is one label for each sequence, the last position answers.
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
        if labels is not None and logits.ndim == 3 and labels.ndim == 1 and len(labels) == len(logits):
            logits = logits[:, -1]
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

        calls = self._changed_calls(dropped)
        if rate > 0 and calls is not None:
            with calls:
                yield
            return
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

    def _changed_calls(self, change: Callable[[Tensor], Tensor]) -> FunctionalCalls | None:
        """Return what changes hidden activations where no module gives them; None where modules do."""
        if self.rectifiers:
            return None
        if self._seen is not None and self._seen.rectifiers:
            return FunctionalCalls({}, rectified=change)
        if self.output_name is None:
            return None
        return FunctionalCalls(self._own, self.output_name, represented=change)

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
        calls = FunctionalCalls(dict(self.model.named_parameters()), self.output_name)
        try:
            with calls if self._sees_calls else contextlib.nullcontext():
                yield
        finally:
            for hook in hooks:
                hook.remove()
        if calls.representation is not None and self.output is None:
            keep("representation", calls.representation)
        if calls.hidden is not None and not self.rectifiers:
            keep("hidden", calls.hidden)

    def _group(self, name: str, known: Mapping[str, str]) -> str:
        if name in known:
            return known[name]
        module = self.model.get_submodule(name.rpartition(".")[0])
        if isinstance(module, nn.Embedding | nn.EmbeddingBag):
            return "embedding"
        if _ATTENTION.search(name):
            return "attention"
        return "output" if self.output is not None and module is self.output else "hidden"


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
