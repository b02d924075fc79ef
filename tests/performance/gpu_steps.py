"""Where a training step's time goes on a GPU: `python -m tests.performance.gpu_steps`.

Model-steps a second of one stack, without checkpoints, replayed as a CUDA graph and launched kernel by kernel; then of
a whole training of the bench, checkpoints included. With --kernels, those that take longest.
"""

import argparse
import time
from dataclasses import replace

import torch

from tests.performance.test_generator import MLP, TRANSFORMER, gpu_steps_per_second
from training_runs.config import RunConfig
from training_runs.generator.presets import preset_configs
from training_runs.generator.stack import Stack

STEPS = 100


def stacks() -> list[tuple[str, list[RunConfig]]]:
    """Return the bench's networks, and the largest shapes of papers_sizes with one and two layers."""
    papers = preset_configs("papers_sizes", 340, 1, {})
    two, one = (
        [c for c in papers if (c.layers, c.modulus, c.optimizer) == shape]
        for shape in ((2, 97, "adamw"), (1, 97, "adam"))
    )
    return [
        ("embedding-MLP, p=53", [replace(MLP, seed=k) for k in range(256)]),
        ("embedding-MLP, p=53, TF32", [replace(MLP, seed=k, tf32=True) for k in range(256)]),
        ("transformer, p=31, d=64", [replace(TRANSFORMER, seed=k) for k in range(256)]),
        ("papers' size, 2 layers, p=97", two),
        ("papers' size, 2 layers, p=97, float32", [replace(c, tf32=False) for c in two]),
        ("papers' size, 1 layer, p=97", one),
    ]


def seconds(stack: Stack, steps: int) -> float:
    """Return how long so many steps take."""
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(steps):
        stack.update()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def kernels(stack: Stack) -> str:
    """Return the kernels of ten steps that take longest."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        seconds(stack, 10)
    return profile.key_averages().table(sort_by="self_cuda_time_total", row_limit=12, max_name_column_width=70)


def main() -> None:
    """Print a line a stack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernels", action="store_true")
    arguments = parser.parse_args()
    for name, configs in stacks():
        torch.backends.cuda.matmul.allow_tf32 = configs[0].tf32
        stack = Stack(configs, "cuda", None)
        seconds(stack, 10)
        replayed = len(configs) * STEPS / seconds(stack, STEPS)
        stack._step = stack._train_on
        seconds(stack, 10)
        launched = len(configs) * STEPS / seconds(stack, STEPS)
        print(f"{name}, stack of {len(configs)}: {replayed:,.0f} model-steps/s replayed, {launched:,.0f} launched")
        if arguments.kernels:
            print(kernels(stack), flush=True)
    for name, config in (("embedding-MLP", MLP), ("transformer", TRANSFORMER)):
        print(f"{name}, checkpoints included: {gpu_steps_per_second(config, 256):,.0f} model-steps/s", flush=True)


if __name__ == "__main__":
    main()
