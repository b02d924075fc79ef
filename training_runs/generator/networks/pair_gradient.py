"""The embedding-MLP's gradient, written out: autograd's, without the temporaries that it allocates anew at each step."""

import torch

from training_runs.generator.networks.buffers import Buffers, loss_gradient
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
        self._network, self._loss, self._buffers = network, loss, Buffers(device)

    @torch.no_grad()
    def __call__(self, parameters: Parameters, gradient: Parameters, batch: Batch) -> None:
        """Write the gradient of each run's weighted loss over a batch, in place of what `gradient` holds."""
        n_runs, n_pairs = batch.labels.shape
        p, h = self._network.symbols, self._network.width
        i, j = rows_of_stack(batch.inputs, p)
        embedding = parameters["embedding"]
        if self._network.embedding_relu:
            embedding = embedding.relu()

        sides = self._buffers("sides", 2, n_runs, p, h)  # of the hidden layer: what each symbol adds
        torch.bmm(embedding, parameters["hidden_left"], out=sides[0])
        torch.bmm(embedding, parameters["hidden_right"], out=sides[1])
        sides[1].add_(parameters["hidden_bias"][:, None])
        hidden, other = self._buffers("hidden", 2, n_runs, n_pairs, h)
        torch.index_select(sides[0].flatten(0, 1), 0, i, out=hidden.flatten(0, 1))
        torch.index_select(sides[1].flatten(0, 1), 0, j, out=other.flatten(0, 1))
        hidden.add_(other).relu_()
        logits = self._buffers("logits", n_runs, n_pairs, p)
        torch.bmm(hidden, parameters["output_weight"], out=logits)
        logits.add_(parameters["output_bias"][:, None])

        errors = loss_gradient(self._loss, logits, batch, self._buffers)
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
