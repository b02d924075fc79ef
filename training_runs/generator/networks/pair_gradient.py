"""The embedding-MLP's gradient, written out: autograd's, without its temporaries.

Autograd allocates every intermediate anew at each step, and first writes to fresh memory cost more than the
arithmetic: half of a step of this network. Here they live in buffers that every step uses again.
"""

import torch
from torch import Tensor

from training_runs.generator.networks.embedding_mlp import EmbeddingMLP, rows_of_stack
from training_runs.generator.networks.network import Parameters
from training_runs.generator.samples import Batch


class PairGradient:
    """Writes the gradient of an embedding-MLP's training loss, for runs without dropout or noise.

    Parameters
    ----------
    network : of the runs.
    loss : cross_entropy or mse, as `RunConfig.loss`.
    device : cpu or cuda.
    """

    def __init__(self, network: EmbeddingMLP, loss: str, device: str) -> None:
        self._network, self._loss, self._device = network, loss, device
        self._buffers: dict[str, Tensor] = {}

    @torch.no_grad()
    def __call__(self, parameters: Parameters, gradient: Parameters, batch: Batch) -> None:
        """Write the gradient of each run's weighted loss over a batch, in place of what `gradient` holds."""
        n_runs, n_pairs = batch.labels.shape
        p, h = self._network.symbols, self._network.width
        i, j = rows_of_stack(batch.inputs, p)
        embedding = parameters["embedding"]
        if self._network.embedding_relu:
            embedding = embedding.relu()

        sides = self._buffer("sides", 2, n_runs, p, h)  # of the hidden layer: what each symbol adds
        torch.bmm(embedding, parameters["hidden_left"], out=sides[0])
        torch.bmm(embedding, parameters["hidden_right"], out=sides[1])
        sides[1].add_(parameters["hidden_bias"][:, None])
        hidden, other = self._buffer("hidden", 2, n_runs, n_pairs, h)
        torch.index_select(sides[0].flatten(0, 1), 0, i, out=hidden.flatten(0, 1))
        torch.index_select(sides[1].flatten(0, 1), 0, j, out=other.flatten(0, 1))
        hidden.add_(other).relu_()
        logits = self._buffer("logits", n_runs, n_pairs, p)
        torch.bmm(hidden, parameters["output_weight"], out=logits)
        logits.add_(parameters["output_bias"][:, None])

        errors = self._errors(logits, batch)
        torch.bmm(hidden.mT, errors, out=gradient["output_weight"])
        torch.sum(errors, 1, out=gradient["output_bias"])
        backward = torch.bmm(errors, parameters["output_weight"].mT, out=other)
        torch.ops.aten.threshold_backward.grad_input(backward, hidden, 0, grad_input=backward)
        sides.zero_()
        sides[0].view(-1, h).index_add_(0, i, backward.view(-1, h))
        sides[1].view(-1, h).index_add_(0, j, backward.view(-1, h))

        torch.sum(sides[1], 1, out=gradient["hidden_bias"])
        torch.bmm(embedding.mT, sides[0], out=gradient["hidden_left"])
        torch.bmm(embedding.mT, sides[1], out=gradient["hidden_right"])
        torch.bmm(sides[0], parameters["hidden_left"].mT, out=gradient["embedding"])
        gradient["embedding"].baddbmm_(sides[1], parameters["hidden_right"].mT)
        if self._network.embedding_relu:
            gradient["embedding"].mul_(embedding > 0)

    def _errors(self, logits: Tensor, batch: Batch) -> Tensor:
        """Return the gradient of the loss with respect to the logits, in a buffer."""
        target = -torch.ones_like(batch.weight)[..., None]
        if self._loss == "mse":
            errors = logits.scatter_add_(2, batch.labels[..., None], target)
            return errors.mul_(2 / logits.shape[2] * batch.weight[..., None])
        errors = self._buffer("errors", *logits.shape)
        torch.softmax(logits, 2, out=errors)
        errors.scatter_add_(2, batch.labels[..., None], target)
        return errors.mul_(batch.weight[..., None])

    def _buffer(self, name: str, *shape: int) -> Tensor:
        """Return the buffer of a name: a new one where runs left the stack or batches changed their size."""
        buffer = self._buffers.get(name)
        if buffer is None or buffer.shape != shape:
            buffer = self._buffers[name] = torch.empty(shape, device=self._device)
        return buffer
