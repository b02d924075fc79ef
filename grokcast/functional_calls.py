"""What a network does without modules: `F.relu`, `torch.einsum("bpd,dv->bpv", x, W_U)`, `x @ W`, `W_E[tokens]`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

_RELUS = {functional.relu, functional.relu_, functional.relu6, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_}
_RECTIFIERS = _RELUS | {functional.gelu, functional.silu, functional.elu, functional.leaky_relu}
_CLAMPS = {torch.clamp, torch.clip, Tensor.clamp, Tensor.clip, torch.clamp_min, Tensor.clamp_min}
_PRODUCTS = {
    *(
        functional.linear,
        torch.matmul,
        torch.mm,
        torch.bmm,
        torch.einsum,
        torch.tensordot,
        torch.addmm,
        torch.functional.einsum,
    ),
    *(Tensor.matmul, Tensor.mm, Tensor.bmm, Tensor.__matmul__, Tensor.__rmatmul__),
}
_LOOKUPS = {functional.embedding, torch.embedding, torch.index_select, Tensor.index_select, Tensor.__getitem__}

Change = Callable[[Tensor], Tensor]


class FunctionalCalls(TorchFunctionMode):
    """Sees the rectifiers, products and look-ups of a network while it is entered; what modules call is seen as well.

    Parameters
    ----------
    own : the network's parameters, by name.
    output : name of the parameter that makes the logits; what is multiplied by it is the representation.
    rectified : called with what each rectifier gives; returns what goes on in its place.
    represented : the same of the representation.

    Attributes
    ----------
    rectifiers : how many were called.
    hidden : what the last ReLU gave.
    representation : what was multiplied by the output last, its units in the last dimension.
    products, looked_up : the parameters that were multiplied by something, or indexed by whole numbers, in order.
    """

    def __init__(
        self,
        own: Mapping[str, Tensor],
        output: str | None = None,
        rectified: Change | None = None,
        represented: Change | None = None,
    ) -> None:
        super().__init__()
        self._names = {value.data_ptr(): name for name, value in own.items() if value.numel()}
        self._output = own.get(output) if output else None
        self._rectified, self._represented = rectified, represented
        self.rectifiers = 0
        self.hidden: Tensor | None = None
        self.representation: Tensor | None = None
        self.products: list[str] = []
        self.looked_up: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """See one call, and make it."""
        kwargs = kwargs or {}
        if func in _PRODUCTS:
            args = self._multiplied(args)
        elif func in _LOOKUPS:
            self._look(args, kwargs)
        result = func(*args, **kwargs)
        if func in _RECTIFIERS or _is_relu_by_clamp(func, args, kwargs):
            self.rectifiers += 1
            if func in _RELUS or func in _CLAMPS:
                self.hidden = result
            if self._rectified is not None:
                result = self._rectified(result)
        return result

    def _name(self, value: Tensor) -> str | None:
        return self._names.get(value.data_ptr())

    def _look(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        given = _tensors((args, tuple(kwargs.values())))
        if any(not t.is_floating_point() and t.dtype != torch.bool for t in given):
            self.looked_up += [name for t in given if (name := self._name(t)) is not None]

    def _multiplied(self, args: Sequence[Any]) -> Sequence[Any]:
        given = _tensors(args)
        names = [name for t in given if (name := self._name(t)) is not None and t.ndim >= 2]
        self.products += names
        others = [t for t in given if t.ndim >= 2 and t.is_floating_point() and self._name(t) is None]
        if self._output is None or not others or self._names.get(self._output.data_ptr()) not in names:
            return args
        read = others[0]
        self.representation = _units_last(read, self._output)
        return args if self._represented is None else _replaced(args, read, self._represented(read))


def _is_relu_by_clamp(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    least = kwargs.get("min", args[1] if len(args) > 1 else None)
    return (
        func in _CLAMPS
        and isinstance(least, int | float)
        and least == 0
        and kwargs.get("max") is None
        and len(args) < 3
    )


def _units_last(read: Tensor, output: Tensor) -> Tensor:
    """Return what is multiplied by the output with the dimension that they share last; the last goes first."""
    for axis in range(read.ndim - 1, -1, -1):
        if read.shape[axis] in output.shape:
            return read.movedim(axis, -1)
    return read


def _tensors(given: Any) -> list[Tensor]:
    if isinstance(given, Tensor):
        return [given]
    return [t for part in given for t in _tensors(part)] if isinstance(given, tuple | list) else []


def _replaced(given: Any, old: Tensor, new: Tensor) -> Any:
    if isinstance(given, tuple | list):
        return type(given)(_replaced(part, old, new) for part in given)
    return new if given is old else given
