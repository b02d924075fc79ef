"""Any torch network as the generator's probes see theirs: a stack of one run, with named groups of parameters.

Layer groups: embeddings; attention (the projections of queries, keys and values); the output, which is the last linear
layer; everything else is hidden.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from training_runs.generator.probes import activations, embedding, fit, robustness, weights

_ATTENTION = re.compile(r"(^|[._])(in_proj|q_proj|k_proj|v_proj|query|key|value|c_attn|qkv|wq|wk|wv|attn_qkv)([._]|$)")
_RECTIFIERS = (nn.ReLU, nn.ReLU6, nn.GELU, nn.SiLU, nn.ELU, nn.LeakyReLU, nn.Tanh)
# A larger table is a vocabulary of words: no order to find structure in, and long to decompose.
_MOST_SYMBOLS = 1_024
_ORDERED = ("modular", "permutation")


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


def of_weights(view: NetworkView, samples: int, step: int) -> dict[str, Any]:
    """Return norms, moments and entropy of the weights, and the norm of the last gradient where it is there."""
    parameters = view.parameters()
    found: dict[str, Any] = {
        "weight_norm": weights.norm(parameters),
        **weights.group_norms(parameters),
        "weight_entropy": weights.weight_entropy(parameters),
    }
    groups = {name.split("_")[0] for name in weights.matrices(parameters)}
    for group in groups & {"hidden", "output"}:
        found[f"weight_mean_{group}"], found[f"weight_std_{group}"] = weights.moments(parameters, group)
    gradients = view.gradients()
    return {**found, "grad_norm": weights.norm(gradients)} if gradients else found


def of_embedding(view: NetworkView, samples: int, step: int) -> dict[str, Any]:
    """Return the signals of the embedding of symbols; those of its order only where the task has one."""
    if not view.embeddings:
        return {}
    table = view.embeddings[0].weight.detach().float()[None]
    found = {"embedding_mean": embedding.mean(table), "embedding_std": embedding.std(table)}
    symbols = table[:, : int(view.context.get("classes") or view.context.get("modulus") or 10**9)]
    if not 3 <= symbols.shape[1] <= _MOST_SYMBOLS:
        return found
    found |= {
        "embedding_bimodality": embedding.bimodality(symbols),
        "embedding_cos_mean": embedding.cos_mean(symbols),
        "embedding_cos_std": embedding.cos_std(symbols),
        "embedding_effective_rank": embedding.effective_rank(symbols),
    }
    if view.context.get("task_family") in _ORDERED:
        found["embedding_cos_structure"] = embedding.cos_structure(symbols)
        found["embedding_fourier_gini"] = embedding.fourier_gini(symbols)
    return found


def of_validation(view: NetworkView, samples: int, step: int) -> dict[str, Any]:
    """Return what the hidden units do on validation samples."""
    if view.val is None:
        return {}
    inputs, _ = view.some(view.val, samples)
    seen: dict[str, Tensor] = {}
    with view.reading(seen):
        view.logits(inputs)
    found: dict[str, Any] = {}
    read = seen.get("representation")
    if read is not None and min(read.shape[1:]) >= 2:
        found["representation_entropy"] = activations.representation_entropy(read)
    # A functional ReLU is not seen; what it hands to the output layer is.
    hidden = seen.get("hidden", read if read is not None and _is_rectified(read) else None)
    if hidden is not None:
        found["inactive_frac"] = activations.inactive_frac(hidden)
        found["dead_frac"] = activations.dead_frac(hidden)
        found["activation_sparsity"] = activations.activation_sparsity(hidden)
    return found


def of_training(view: NetworkView, samples: int, step: int) -> dict[str, Any]:
    """Return the scale of the logits and the margins on training samples."""
    if view.train is None:
        return {}
    inputs, labels = view.some(view.train, samples)
    logits = view.logits(inputs)
    found: dict[str, Any] = {"logit_scale": fit.logit_scale(logits)}
    known = _labels(labels, logits)
    if known is not None and logits.shape[-1] > 1:
        margins = fit.margins(logits, known.clamp_min(0))
        there = (known >= 0).float()
        found["margin_q10"] = fit.masked_quantile(margins, there, 0.1)
        found["margin_q50"] = fit.masked_quantile(margins, there, 0.5)
    return found


def of_dropout(view: NetworkView, samples: int, step: int) -> dict[str, Any]:
    """Return mean and variance of the validation accuracy with dropout at inference."""
    asked = _labelled(view, samples)
    if asked is None:
        return {}
    inputs, labels = asked
    generator = torch.Generator().manual_seed(step)
    mean, variance = robustness.dropout_accuracy(_with_dropout(view, inputs), {}, labels, generator)
    return {"dropout_acc_mean": mean, "dropout_acc_var": variance}


def of_robustness(view: NetworkView, samples: int, step: int) -> dict[str, Any]:
    """Return area and half of the dropout robustness curve."""
    asked = _labelled(view, samples)
    if asked is None:
        return {}
    inputs, labels = asked
    generator = torch.Generator().manual_seed(step)
    curve = robustness.robustness_curve(_with_dropout(view, inputs), {}, labels, generator)
    chance = view.context.get("chance_accuracy") or 0.0
    return {
        "drc_auc": robustness.drc_auc(curve),
        "drc_half": robustness.drc_half(curve, chance=float(chance)),
    }


def of_circuit(view: NetworkView, samples: int, step: int) -> dict[str, Any]:
    """Return circuit complexity on validation samples."""
    if view.val is None:
        return {}
    inputs, _ = view.some(view.val, samples)
    generator = torch.Generator().manual_seed(step)
    parameters = view.parameters()
    value = robustness.circuit_complexity(lambda p: view.logits(inputs, p), parameters, generator)
    return {"circuit_complexity": value}


def _with_dropout(view: NetworkView, inputs: Any) -> robustness.LogitsWith:
    def logits_with(_: dict[str, Tensor], rate: float, generator: torch.Generator) -> Tensor:
        with view.dropping(rate, generator):
            return view.logits(inputs)

    return logits_with


def _labelled(view: NetworkView, samples: int) -> tuple[Any, Tensor] | None:
    """Return validation samples with one label for each logit, where there are such."""
    if view.val is None or view.val[1] is None:
        return None
    inputs, labels = view.some(view.val, samples)
    known = _labels(labels, view.logits(inputs))
    return None if known is None or bool((known < 0).any()) else (inputs, known)


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
