"""How fast the generator is beside an ordinary PyTorch loop: ratios measured in one run, on the same cores.

Both sides train the same runs with all cores of the machine: the ordinary side one run after the other with torch's
default threads, an nn.Module and torch.optim; ours in one process a core. Probes are included on our side. Wall time.
Where there is a GPU, stacks on it are put beside the same loop.
"""

import os
import time
from collections.abc import Callable

import pytest
import torch

from training_runs.config import RunConfig
from training_runs.generator.executors import run_local
from training_runs.generator.stack import generator_of
from training_runs.generator.tasks import make_task
from training_runs.generator.train import train

STEPS = 600
# As many checkpoints for each step as a run of 10,000 steps has; a short log-spaced run has several times that.
CHECKPOINTS = {"budget_step": STEPS, "checkpoint_every": 100, "early_stop": False}
CORES = os.cpu_count() or 1

MLP = RunConfig(embedding_dim=64, width=256, **CHECKPOINTS)
TRANSFORMER = RunConfig(
    architecture="transformer",
    modulus=31,
    embedding_dim=64,
    learning_rate=1e-3,
    **CHECKPOINTS,
)


class OrdinaryMLP(torch.nn.Module):
    def __init__(self, p: int, d: int, h: int) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(p, d)
        self.hidden = torch.nn.Linear(2 * d, h)
        self.output = torch.nn.Linear(h, p)

    def forward(self, pairs: torch.Tensor) -> torch.Tensor:
        return self.output(torch.relu(self.hidden(self.embedding(pairs).flatten(1))))


class OrdinaryTransformer(torch.nn.Module):
    def __init__(self, p: int, d: int) -> None:
        super().__init__()
        self.p = p
        self.embedding = torch.nn.Embedding(p + 1, d)
        self.position = torch.nn.Parameter(torch.randn(3, d) / d**0.5)
        self.block = torch.nn.TransformerEncoderLayer(d, 4, 4 * d, dropout=0.0, batch_first=True, norm_first=True)
        self.norm = torch.nn.LayerNorm(d)
        self.output = torch.nn.Linear(d, p, bias=False)
        self.mask = torch.nn.Transformer.generate_square_subsequent_mask(3)

    def forward(self, pairs: torch.Tensor) -> torch.Tensor:
        sign = torch.full((len(pairs), 1), self.p)
        stream = self.embedding(torch.cat([pairs, sign], 1)) + self.position
        return self.output(self.norm(self.block(stream, src_mask=self.mask, is_causal=True)[:, -1]))


def ordinary_steps_per_second(config: RunConfig, network: torch.nn.Module) -> float:
    task = make_task(config, generator_of(config, "data"))
    inputs, labels = task.inputs[task.train], task.labels[task.train]
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=1.0)

    def steps(n: int) -> None:
        for _ in range(n):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(inputs), labels).backward()
            optimizer.step()

    steps(20)
    start = time.perf_counter()
    steps(STEPS)
    return STEPS / (time.perf_counter() - start)


def our_steps_per_second(config: RunConfig, stack: int) -> float:
    """Train a stack a core; the first results are not timed, since processes are starting up until then."""
    fields = config.as_dict()

    def stacks(n: int) -> list[list[RunConfig]]:
        return [[RunConfig(**{**fields, "seed": stack * k + s}) for s in range(stack)] for k in range(n)]

    results = run_local(stacks(2 * CORES), CORES, "cpu", None)
    for _ in range(CORES):
        next(results)
    start = time.perf_counter()
    runs = sum(len(made) for _, made in results)
    return runs * STEPS / (time.perf_counter() - start)


def gpu_steps_per_second(config: RunConfig, stack: int) -> float:
    """Train one stack in this process, with one thread as a worker has; a short one before it is not timed."""
    fields = config.as_dict()

    def seconds(steps: int) -> float:
        start = time.perf_counter()
        train([RunConfig(**{**fields, "seed": s, "budget_step": steps}) for s in range(stack)], "cuda")
        return time.perf_counter() - start

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        seconds(100)
        return stack * STEPS / seconds(STEPS)
    finally:
        torch.set_num_threads(threads)


def matmul_share(config: RunConfig, steps_per_second: float, flops_per_step: float) -> float:
    """Return which share of the machine's own matmul speed the training steps reach."""
    a = torch.randn(1024, 1024)
    a @ a
    start = time.perf_counter()
    for _ in range(20):
        a @ a
    peak = 20 * 2 * 1024**3 / (time.perf_counter() - start)
    return steps_per_second * flops_per_step / peak


def flops(config: RunConfig) -> float:
    """Floating point operations of one training step of the ordinary network: three times its forward pass."""
    n, p, d, h = config.train_size, config.modulus, config.embedding_dim, config.width
    if config.architecture == "embedding_mlp":
        return 3 * 2 * n * (2 * d * h + h * p)
    return 3 * 2 * n * (3 * 4 * d * d + 3 * 8 * d * d + d * p)


# Name, config, and the network of the ordinary loop.
NETWORKS = (
    ("embedding-MLP, p=53, d=64, width 256", MLP, lambda: OrdinaryMLP(53, 64, 256)),
    ("transformer, 1 layer, p=31, d=64", TRANSFORMER, lambda: OrdinaryTransformer(31, 64)),
)


@pytest.mark.parametrize(
    ("name", "config", "ordinary", "wanted"),
    [(*network, wanted) for network, wanted in zip(NETWORKS, (2.0, 1.5), strict=True)],
)
def test_generator_beside_an_ordinary_loop(
    name: str, config: RunConfig, ordinary: Callable[[], torch.nn.Module], wanted: float
) -> None:
    base = ordinary_steps_per_second(config, ordinary())
    print(f"\n{name}: ordinary loop {base:.0f} steps/s on {CORES} cores (wanted: {wanted}x)")
    best = 0.0
    for stack in (1, 2, 4):
        ours = our_steps_per_second(config, stack)
        best = max(best, ours / base)
        share = matmul_share(config, ours, flops(config))
        print(f"  stack of {stack}: {ours:.0f} model-steps/s, {ours / base:.2f}x, {share:.0%} of matmul peak")
    # A bound on disasters only: figures are read, not asserted, since machines are shared.
    assert best > 0.5


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize(("name", "config", "ordinary"), NETWORKS)
def test_generator_on_a_gpu(name: str, config: RunConfig, ordinary: Callable[[], torch.nn.Module]) -> None:
    base = ordinary_steps_per_second(config, ordinary())
    print(f"\n{name}: ordinary loop {base:.0f} steps/s on {CORES} cores (wanted on a GPU: 100x)")
    best = 0.0
    for stack in (16, 64, 256):
        ours = gpu_steps_per_second(config, stack)
        best = max(best, ours / base)
        print(f"  stack of {stack} on a GPU: {ours:.0f} model-steps/s, {ours / base:.0f}x")
    assert best > 1
