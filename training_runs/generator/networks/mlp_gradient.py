"""The plain network's gradient, written out: autograd's, without the temporaries that it allocates anew at each step."""

import torch

from training_runs.generator.networks.buffers import Buffers, loss_gradient
from training_runs.generator.networks.mlp import MLP
from training_runs.generator.networks.network import Parameters
from training_runs.generator.samples import Batch


class MLPGradient:
    """Writes the gradient of a plain network's training loss, for runs without dropout or noise.

    Parameters
    ----------
    network : of the runs.
    loss : cross_entropy or mse, as `RunConfig.loss`.
    device : cpu or cuda.
    """

    def __init__(self, network: MLP, loss: str, device: str) -> None:
        self._network, self._loss, self._buffers = network, loss, Buffers(device)

    @torch.no_grad()
    def __call__(self, parameters: Parameters, gradient: Parameters, batch: Batch) -> None:
        """Write the gradient of each run's weighted loss over a batch, in place of what `gradient` holds."""
        n_runs, n = batch.labels.shape
        read = [batch.inputs]  # by each layer
        for k in range(self._network.layers):
            hidden = self._buffers(f"hidden{k}", n_runs, n, self._network.width)
            torch.baddbmm(parameters[f"hidden_bias{k}"][:, None], read[k], parameters[f"hidden_weight{k}"], out=hidden)
            read.append(hidden.relu_())
        logits = self._buffers("logits", n_runs, n, self._network.classes)
        torch.baddbmm(parameters["output_bias"][:, None], read[-1], parameters["output_weight"], out=logits)

        change = loss_gradient(self._loss, logits, batch, self._buffers)
        matrix = parameters["output_weight"]
        torch.bmm(read[-1].mT, change, out=gradient["output_weight"])
        torch.sum(change, 1, out=gradient["output_bias"])
        for k in range(self._network.layers - 1, -1, -1):
            below = self._buffers(f"change{k}", n_runs, n, self._network.width)
            torch.bmm(change, matrix.mT, out=below)
            torch.ops.aten.threshold_backward.grad_input(below, read[k + 1], 0, grad_input=below)
            torch.bmm(read[k].mT, below, out=gradient[f"hidden_weight{k}"])
            torch.sum(below, 1, out=gradient[f"hidden_bias{k}"])
            change, matrix = below, parameters[f"hidden_weight{k}"]
