"""The transformer's gradient, written out: autograd's, in buffers that stay, and without what it does twice.

What stands at a position depends on the symbols up to it alone. So the first layer reads each symbol once at each position,
2p + 1 rows instead of three for each pair, and after any layer the first position has p rows. This is exact, and leaves
out a third of the products where a batch has several times as many pairs as there are symbols.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from training_runs.generator.networks.buffers import Buffers, loss_gradient
from training_runs.generator.networks.network import Parameters
from training_runs.generator.networks.transformer import Transformer
from training_runs.generator.samples import Batch

_TOKENS = 3


@dataclass(frozen=True, eq=False)
class _Rows:
    """Which row of a layer's input each pair reads at each position, and which rows the layer writes.

    Attributes
    ----------
    count : rows of one run.
    read : of the rows of all runs laid end to end, (3 * n_runs * n_pairs,): first those of all pairs at position 0.
    kept : the row that each row written goes on from, for all runs laid end to end; None where they are the same rows.
    answer : the first row at the position of the answer; those after it are at that position too.
    """

    count: int
    read: Tensor
    kept: Tensor | None
    answer: int


@dataclass(frozen=True, eq=False)
class _Normal:
    """Rows before and after normalisation, and what its gradient needs."""

    before: Tensor
    unit: Tensor
    scaled: Tensor
    mean: Tensor
    scale: Tensor


@dataclass(frozen=True, eq=False)
class _Layer:
    """What the gradient of a layer needs of its forward pass."""

    normal: _Normal
    queries: list[Tensor]
    keys: Tensor
    values: Tensor
    weights: list[Tensor]
    reads: Tensor
    normal_units: _Normal
    units: Tensor


class TransformerGradient:
    """Writes the gradient of a transformer's training loss, for runs without dropout or noise.

    Parameters
    ----------
    network : of the runs.
    loss : cross_entropy or mse, as `RunConfig.loss`.
    device : cpu or cuda.
    """

    def __init__(self, network: Transformer, loss: str, device: str) -> None:
        self._network, self._loss, self._buffers = network, loss, Buffers(device)
        self._head = network.dim // network.heads

    @torch.no_grad()
    def __call__(self, parameters: Parameters, gradient: Parameters, batch: Batch) -> None:
        """Write the gradient of each run's weighted loss over a batch, in place of what `gradient` holds."""
        last = self._network.layers - 1
        rows = self._rows(batch.inputs)
        stream = self._embedded(parameters)
        layers = []
        for k in range(last + 1):
            layer, stream = self._forward(parameters, stream, rows[min(k, 1)], k)
            layers.append(layer)
        answer = self._normal(parameters, "output_gain", stream, "answer")
        logits = self._product("logits", answer.scaled, parameters["output_weight"])
        errors = loss_gradient(self._loss, logits, batch, self._buffers)
        torch.bmm(answer.scaled.mT, errors, out=gradient["output_weight"])
        change = self._product("d_answer", errors, parameters["output_weight"].mT)
        change = self._through_normal(parameters, gradient, "output_gain", answer, change)
        for k in range(last, -1, -1):
            change = self._backward(parameters, gradient, layers[k], change, rows[min(k, 1)], k)
        self._into_embedding(gradient, change)

    # -- forward ------------------------------------------------------------------------------------

    def _rows(self, inputs: Tensor) -> tuple[_Rows, _Rows]:
        """Return the rows of the first layer, and of any layer after it."""
        p, (n_runs, n) = self._network.symbols, inputs.shape[:2]
        runs = torch.arange(n_runs, device=inputs.device)[:, None]
        a, b = inputs.unbind(2)
        pair = torch.arange(n, device=inputs.device).expand(n_runs, n)
        sign = torch.full_like(a, 2 * p)

        def flat(rows: list[Tensor], count: int, dim: int) -> Tensor:
            return torch.cat([r + count * runs for r in rows], dim).flatten()

        first, later = 2 * p + 1, p + 2 * n
        kept = [torch.arange(p, device=inputs.device).expand(n_runs, p), b + p, sign]
        if self._network.layers == 1:
            kept = [sign]
        read = torch.stack([a + first * runs, b + p + first * runs, sign + first * runs]).flatten()
        again = torch.stack([a + later * runs, pair + p + later * runs, pair + p + n + later * runs]).flatten()
        return _Rows(first, read, flat(kept, first, 1), 2 * p), _Rows(later, again, None, p + n)

    def _embedded(self, parameters: Parameters) -> Tensor:
        """Return each symbol at the first two positions, and the sign at the last: (n_runs, 2p + 1, dim)."""
        p = self._network.symbols
        table, position = parameters["embedding_symbol"], parameters["embedding_position"]
        rows = self._buffers("embedded", table.shape[0], 2 * p + 1, self._network.dim)
        torch.add(table[:, :p], position[:, :1], out=rows[:, :p])
        torch.add(table[:, :p], position[:, 1:2], out=rows[:, p : 2 * p])
        torch.add(table[:, p:], position[:, 2:], out=rows[:, 2 * p :])
        return rows

    def _forward(self, parameters: Parameters, stream: Tensor, rows: _Rows, k: int) -> tuple[_Layer, Tensor]:
        last, dim, p = k == self._network.layers - 1, self._network.dim, self._network.symbols
        n_runs = stream.shape[0]
        pairs = len(rows.read) // _TOKENS
        n = pairs // n_runs
        normal = self._normal(parameters, f"hidden_gain_a{k}", stream, f"a{k}")
        asked = normal.scaled[:, rows.answer :] if last else normal.scaled
        query = self._product("query", asked, parameters[f"attention_q{k}"])
        keys, values = (
            torch.index_select(
                self._product(name, normal.scaled, parameters[f"attention_{name}{k}"]).view(-1, dim),
                0,
                rows.read,
                out=self._buffers(f"{name}{k}", _TOKENS * pairs, dim),
            ).view(_TOKENS, pairs, dim)
            for name in ("k", "v")
        )
        written = n if last else p + 2 * n
        reads = self._buffers(f"reads{k}", n_runs, written, dim)
        if not last:  # the first position reads itself alone
            reads[:, :p] = self._buffers("v", n_runs, rows.count, dim)[:, :p]
        queries, weights = [], []
        for token in self._asking(last):
            mine = torch.index_select(
                query.view(-1, dim),
                0,
                self._asked_rows(rows, token, n_runs, last),
                out=self._buffers(f"query{k}{token}", pairs, dim),
            )
            scores = self._by_head(keys[: token + 1] * mine).sum(-1).mul_(self._head**-0.5)
            weight = scores.softmax(0)[..., None]  # (tokens, pairs, heads, 1)
            read = (self._by_head(values[: token + 1]) * weight).sum(0).view(n_runs, n, dim)
            start = 0 if last else p + (token - 1) * n
            reads[:, start : start + n] = read
            queries.append(mine)
            weights.append(weight)
        middle = self._product(f"middle{k}", reads, parameters[f"hidden_mix{k}"])
        middle.add_(self._kept(stream, rows, written, last))
        normal_units = self._normal(parameters, f"hidden_gain_b{k}", middle, f"b{k}")
        units = self._product(f"units{k}", normal_units.scaled, parameters[f"hidden_up{k}"])
        units.add_(parameters[f"hidden_bias{k}"][:, None]).relu_()
        after = self._product(f"after{k}", units, parameters[f"hidden_down{k}"]).add_(middle)
        return _Layer(normal, queries, keys, values, weights, reads, normal_units, units), after

    def _asking(self, last: bool) -> range:
        """Return the positions that read others: the second and third, in the last layer the third alone."""
        return range(_TOKENS - 1 if last else 1, _TOKENS)

    def _asked_rows(self, rows: _Rows, token: int, n_runs: int, last: bool) -> Tensor:
        """Return the row of each pair's query among those that were made."""
        read = rows.read.view(_TOKENS, n_runs, -1)[token]
        if last:  # rows before the answer's were left out, of every run
            read = read - rows.answer * torch.arange(1, n_runs + 1, device=read.device)[:, None]
        return read.flatten()

    def _kept(self, stream: Tensor, rows: _Rows, written: int, last: bool) -> Tensor:
        """Return the rows that the rows written go on from."""
        if rows.kept is None:
            return stream[:, rows.answer :] if last else stream
        out = self._buffers("kept", stream.shape[0] * written, self._network.dim)
        return torch.index_select(stream.view(-1, self._network.dim), 0, rows.kept, out=out).view(
            stream.shape[0], written, -1
        )

    # -- backward -----------------------------------------------------------------------------------

    def _backward(
        self, parameters: Parameters, gradient: Parameters, layer: _Layer, change: Tensor, rows: _Rows, k: int
    ) -> Tensor:
        """Write the gradient of a layer, given that of what it wrote, and return that of what it read."""
        last, dim, p = k == self._network.layers - 1, self._network.dim, self._network.symbols
        torch.bmm(layer.units.mT, change, out=gradient[f"hidden_down{k}"])
        units = self._product("d_units", change, parameters[f"hidden_down{k}"].mT)
        torch.ops.aten.threshold_backward.grad_input(units, layer.units, 0, grad_input=units)
        torch.sum(units, 1, out=gradient[f"hidden_bias{k}"])
        torch.bmm(layer.normal_units.scaled.mT, units, out=gradient[f"hidden_up{k}"])
        normal = self._product("d_normal", units, parameters[f"hidden_up{k}"].mT)
        change = change + self._through_normal(
            parameters, gradient, f"hidden_gain_b{k}", layer.normal_units, normal
        )  # of the rows between attention and units
        torch.bmm(layer.reads.mT, change, out=gradient[f"hidden_mix{k}"])
        reads = self._product("d_reads", change, parameters[f"hidden_mix{k}"].mT)

        n_runs, pairs = change.shape[0], layer.keys.shape[1]
        n = pairs // n_runs
        keys = self._buffers("d_keys", _TOKENS, pairs, dim).zero_()
        values = self._buffers("d_values", _TOKENS, pairs, dim).zero_()
        query_rows = n_runs * (rows.count - rows.answer if last else rows.count)
        queries = self._buffers("d_query", query_rows, dim).zero_()
        for token, mine, weight in zip(self._asking(last), layer.queries, layer.weights, strict=True):
            start = 0 if last else p + (token - 1) * n
            read = self._by_head(reads[:, start : start + n].reshape(pairs, dim))
            seen = slice(token + 1)
            self._by_head(values[seen]).addcmul_(weight, read)
            on_weight = (self._by_head(layer.values[seen]) * read).sum(-1, keepdim=True)
            on_weight -= (weight * on_weight).sum(0, keepdim=True)
            scores = on_weight.mul_(weight).mul_(self._head**-0.5)
            self._by_head(keys[seen]).addcmul_(scores, self._by_head(mine))
            asked = (self._by_head(layer.keys[seen]) * scores).sum(0).view(pairs, dim)
            queries.index_add_(0, self._asked_rows(rows, token, n_runs, last), asked)

        key_rows, value_rows = (self._buffers(f"d_{name}", n_runs * rows.count, dim).zero_() for name in ("k", "v"))
        key_rows.index_add_(0, rows.read, keys.view(-1, dim))
        value_rows.index_add_(0, rows.read, values.view(-1, dim))
        if not last:
            value_rows.view(n_runs, -1, dim)[:, :p] += reads[:, :p]
        normal = self._buffers("d_normal_rows", n_runs, rows.count, dim)
        torch.bmm(key_rows.view(n_runs, -1, dim), parameters[f"attention_k{k}"].mT, out=normal)
        normal.baddbmm_(value_rows.view(n_runs, -1, dim), parameters[f"attention_v{k}"].mT)
        first = rows.answer if last else 0
        normal[:, first:].baddbmm_(queries.view(n_runs, -1, dim), parameters[f"attention_q{k}"].mT)
        scaled = layer.normal.scaled
        torch.bmm(scaled.mT, key_rows.view(n_runs, -1, dim), out=gradient[f"attention_k{k}"])
        torch.bmm(scaled.mT, value_rows.view(n_runs, -1, dim), out=gradient[f"attention_v{k}"])
        torch.bmm(scaled[:, first:].mT, queries.view(n_runs, -1, dim), out=gradient[f"attention_q{k}"])
        before = self._through_normal(parameters, gradient, f"hidden_gain_a{k}", layer.normal, normal)
        if rows.kept is None:
            before[:, first:] += change
        else:
            before.view(-1, dim).index_add_(0, rows.kept, change.view(-1, dim))
        return before

    def _into_embedding(self, gradient: Parameters, change: Tensor) -> None:
        p = self._network.symbols
        first, second, sign = change[:, :p], change[:, p : 2 * p], change[:, 2 * p :]
        symbol, position = gradient["embedding_symbol"], gradient["embedding_position"]
        torch.add(first, second, out=symbol[:, :p])
        symbol[:, p:] = sign
        torch.sum(first, 1, out=position[:, 0])
        torch.sum(second, 1, out=position[:, 1])
        position[:, 2:] = sign

    # -- both ---------------------------------------------------------------------------------------

    def _normal(self, parameters: Parameters, gain: str, rows: Tensor, name: str) -> _Normal:
        if not self._network.layer_norm:
            return _Normal(rows, rows, rows, rows, rows)
        unit, mean, scale = torch.native_layer_norm(rows, [self._network.dim], None, None, 1e-5)
        scaled = torch.mul(unit, parameters[gain][:, None], out=self._buffers(f"scaled_{name}", *rows.shape))
        return _Normal(rows, unit, scaled, mean, scale)

    def _through_normal(
        self, parameters: Parameters, gradient: Parameters, gain: str, normal: _Normal, change: Tensor
    ) -> Tensor:
        """Return the gradient with respect to rows before normalisation, given that after it."""
        if not self._network.layer_norm:
            return change
        torch.sum(change * normal.unit, 1, out=gradient[gain])
        change = change.mul_(parameters[gain][:, None])
        result: Tensor = torch.ops.aten.native_layer_norm_backward(
            change, normal.before, [self._network.dim], normal.mean, normal.scale, None, None, [True, False, False]
        )[0]
        return result

    def _product(self, name: str, rows: Tensor, matrix: Tensor) -> Tensor:
        out = self._buffers(name, *rows.shape[:2], matrix.shape[2])
        return torch.bmm(rows, matrix, out=out)

    def _by_head(self, rows: Tensor) -> Tensor:
        """View the last dimension as (heads, dimension of a head)."""
        return rows.view(*rows.shape[:-1], self._network.heads, self._head)
