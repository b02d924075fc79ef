"""What a network tells of a run's context: its kind, sizes and dropout, where modules and shapes leave no doubt."""

import re
from typing import Any

from grokcast.layer_groups import module_of

_NORMALISES = re.compile(r"(?:Layer|RMS)Norm$")
_QUERIES = re.compile(r"(^|[._])(w_?q|q_?proj|query|in_proj|c_attn|w?_?qkv|attn_qkv)", re.IGNORECASE)


def network_context(model: Any, view: Any = None) -> dict[str, Any]:
    """Return kind, layers, width, dimensions of the embedding, classes, parameters, dropout; None where it is not clear.

    Parameters
    ----------
    view : a `NetworkView` of the network that has seen it run, which is how a hand-written one is understood.
    """
    from grokcast.network_view import NetworkView

    view = view or NetworkView(model, {})
    table = view.embedding_table()
    dimensions = None if table is None else int(table.shape[1])
    kind = _kind(view, dimensions is not None)
    classes, read = _output(view)
    width = {
        "transformer": _feed_forward_width(view, dimensions),
        "lstm": next((m.hidden_size for m in _of_kind(model, "LSTM")), None),
    }.get(kind or "", read if kind and _has_one_width(view, read) else None)
    return {
        "architecture": kind,
        "layers": _layers(view, kind),
        "width": width,
        "embedding_dim": dimensions if kind != "mlp" else None,
        "classes": classes if classes and classes >= 2 else None,
        "parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "dropout": _dropout(model),
        "layer_norm": True if any(_NORMALISES.search(type(m).__name__) for m in model.modules()) else None,
    }


def _of_kind(model: Any, *kinds: str) -> list[Any]:
    return [m for m in model.modules() if any(c.__name__ in kinds for c in type(m).__mro__)]


def _kind(view: Any, has_embedding: bool) -> str | None:
    """Name the kind of network; None for convolutions and recurrences, of which there is no word in a context."""
    if _of_kind(view.model, "_ConvNd", "RNN", "GRU"):
        return None
    if any(group == "attention" and _QUERIES.search(name) for name, group in view.groups.items()):
        return "transformer"
    if _of_kind(view.model, "LSTM"):
        return "lstm"
    if not _hidden_layers(view):
        return None
    return "embedding_mlp" if has_embedding else "mlp"


def _output(view: Any) -> tuple[int | None, int | None]:
    """Return how many values the output has, and how many it reads."""
    if view.output is not None:
        return view.output.out_features, view.output.in_features
    if view.output_name is None or view.classes is None:
        return None, None
    shape = tuple(dict(view.model.named_parameters())[view.output_name].shape)
    return view.classes, next((size for size in shape if size != view.classes), view.classes)


def _hidden_layers(view: Any) -> list[str]:
    """The weight matrices of hidden layers."""
    known = dict(view.model.named_parameters())
    return [name for name, group in view.groups.items() if group == "hidden" and known[name].ndim == 2]


def _has_one_width(view: Any, width: int | None) -> bool:
    known = dict(view.model.named_parameters())
    return all(width in known[name].shape for name in _hidden_layers(view))


def _layers(view: Any, kind: str | None) -> int | None:
    if kind == "transformer":
        return _blocks(view)
    if kind == "lstm":
        return sum(int(m.num_layers) for m in _of_kind(view.model, "LSTM"))
    return len(_hidden_layers(view)) or None if kind else None


def _blocks(view: Any) -> int:
    """Count the blocks of a transformer: of the outermost lists of modules that all attend, else the modules that attend."""
    lists: dict[str, int] = {}
    attending = [name for name, group in view.groups.items() if group == "attention"]
    for name, module in view.model.named_modules():
        if not any(c.__name__ in ("ModuleList", "Sequential") for c in type(module).__mro__) or len(module) == 0:
            continue
        inside = f"{name}." if name else ""
        is_within = any(name.startswith(outer) for outer in lists)
        if not is_within and all(
            any(a.startswith(f"{inside}{child}.") for a in attending) for child, _ in module.named_children()
        ):
            lists[inside] = len(module)
    if lists:
        return sum(lists.values())
    return len({module_of(name) for name in attending if _QUERIES.search(name)}) or 1


def _feed_forward_width(view: Any, dimensions: int | None) -> int | None:
    """Return the largest size beside the model's width of a hidden matrix."""
    known = dict(view.model.named_parameters())
    shapes = [tuple(known[name].shape) for name in _hidden_layers(view)]
    beside = [max(s) for s in shapes if dimensions in s and max(s) != dimensions]
    return max(beside) if beside else None


def _dropout(model: Any) -> float | None:
    """Return the largest rate of the modules that drop; a network without one may drop by a function."""
    rates = [float(m.p) for m in _of_kind(model, "_DropoutNd")]
    rates += [float(m.dropout) for m in _of_kind(model, "RNNBase") if m.num_layers > 1]
    return max(rates) if rates else None
