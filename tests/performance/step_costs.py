"""What a step of training costs on one core: processor time, the best of many, with the gradient written out and by autograd.

python -m tests.performance.step_costs
"""

import time

import torch

from training_runs.config import RunConfig
from training_runs.generator.stack import Stack

_REPEATS = 40
_PAPERS = {"architecture": "transformer", "embedding_dim": 128, "batch_size": 512, "train_fraction": 0.4, "beta2": 0.98}
_DIGITS = {"task_family": "digits", "architecture": "mlp", "layers": 2, "width": 200, "train_samples": 500}
CONFIGS = {
    "transformer, 2 layers, p=97, d=128, batch 512": RunConfig(modulus=97, layers=2, **_PAPERS),
    "transformer, 1 layer, p=113, d=128, batch 512, no LayerNorm": RunConfig(modulus=113, layer_norm=False, **_PAPERS),
    "transformer, 1 layer, p=31, d=64, full batch": RunConfig(modulus=31, architecture="transformer"),
    "embedding-MLP, p=53, width 256, full batch": RunConfig(),
    "MLP on digits, 64-200-200-10, batch 200": RunConfig(batch_size=200, **_DIGITS),
    "MLP on parity, 40-128-2, batch 32": RunConfig(
        task_family="parity", architecture="mlp", width=128, train_samples=800, batch_size=32
    ),
}


def milliseconds(config: RunConfig, *, written_out: bool, size: int = 1) -> float:
    """Return the least processor time of a step of one run in a stack of several."""
    stack = Stack([RunConfig(**{**config.as_dict(), "seed": s}) for s in range(size)], "cpu", None)
    if not written_out:
        stack._written_out = None
    best, steps = float("inf"), 3
    for _ in range(_REPEATS):
        start = time.process_time()
        for _ in range(steps):
            stack.update()
        best = min(best, time.process_time() - start)
    return 1e3 * best / steps / size


def main() -> None:
    """Print the table of docs/generator.md."""
    torch.set_num_threads(1)
    for name, config in CONFIGS.items():
        ours, theirs = milliseconds(config, written_out=True), milliseconds(config, written_out=False)
        print(f"| {name} | {ours:.2f} ms | {theirs:.2f} ms |", flush=True)


if __name__ == "__main__":
    main()
