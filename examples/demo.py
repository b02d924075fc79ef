"""Train one network that groks, and watch Grokcast forecast when: `make demo`, half a minute on one core.

The training is an ordinary PyTorch loop. What Grokcast adds to it are the three lines marked (1), (2) and (3).
"""

import contextlib
import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from grokcast import Monitor

# Addition modulo 47 with weight decay: the training pairs are known by heart after some 200 steps, the others are
# understood thousands of steps later. No run of the corpus has this configuration: its generator never draws a width
# of 192 or an embedding of 48, though both lie between sizes that it does draw.
MODULUS = 47
TRAIN_FRACTION = 0.45
EMBEDDING_DIM = 48
WIDTH = 192
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1.0
SEED = 0
BUDGET_STEP = 20_000  # under two minutes, even if it never generalises

CHECKPOINTS_PER_DECADE = 25
FIRST_FORECAST_STEP = 10  # the service needs a history of ten steps
TARGET_ACCURACY, SUSTAINED = (
    0.95,
    3,
)  # onset: validation accuracy of 0.95 at three checkpoints in a row
ANSWER_SECONDS = 2.0

TRAIN_SIZE = round(TRAIN_FRACTION * MODULUS**2)
CONTEXT = {
    "task_family": "modular",
    "operation": "add",
    "modulus": MODULUS,
    "classes": MODULUS,
    "chance_accuracy": 1 / MODULUS,
    "train_size": TRAIN_SIZE,
    "val_size": MODULUS**2 - TRAIN_SIZE,
    "train_fraction": TRAIN_FRACTION,
    "architecture": "embedding_mlp",
    "layers": 1,
    "width": WIDTH,
    "embedding_dim": EMBEDDING_DIM,
    "optimizer": "adamw",
    "learning_rate": LEARNING_RATE,
    "weight_decay": WEIGHT_DECAY,
    "init_scale": 1.0,
    "loss": "cross_entropy",
    "budget_step": BUDGET_STEP,
    "steps_per_epoch": 1,
}


class AdditionMLP(nn.Module):
    """Two embedded residues in, one logit for each residue out."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(MODULUS, EMBEDDING_DIM)
        self.hidden = nn.Linear(2 * EMBEDDING_DIM, WIDTH)
        self.output = nn.Linear(WIDTH, MODULUS)
        for layer in (self.embedding, self.hidden, self.output):
            nn.init.xavier_normal_(layer.weight)

    def forward(self, pairs: Tensor) -> Tensor:
        """Return logits, shape (n_pairs, p), for pairs of residues, shape (n_pairs, 2)."""
        return self.output(torch.relu(self.hidden(self.embedding(pairs).flatten(1))))


@dataclass
class Demo:
    """What happened in the training, and what was forecast meanwhile."""

    onset_step: int | None = None
    confirmed_step: int | None = None
    at_memorization: dict[str, Any] | None = None  # the first forecast that knew of it
    forecasters: set[str] = field(default_factory=set)
    asked: int = 0
    unanswered: int = 0


def train(url: str, service: subprocess.Popen[bytes]) -> Demo:
    """Train to the onset or to the budget, printing the forecast at each checkpoint."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # the service has the other core; and every machine sums in the same order
    residues = torch.arange(MODULUS)
    pairs = torch.cartesian_prod(residues, residues)
    sums = pairs.sum(1) % MODULUS
    train_rows, val_rows = torch.randperm(len(pairs)).split([TRAIN_SIZE, len(pairs) - TRAIN_SIZE])
    train_pairs, train_sums = pairs[train_rows], sums[train_rows]
    model = AdditionMLP()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)

    demo = Demo()
    good_checkpoints: list[int] = []
    with Monitor(url, context=CONTEXT, horizon_step=BUDGET_STEP) as monitor:  # (1)
        for step in range(1, BUDGET_STEP + 1):
            loss = cross_entropy(model(train_pairs), train_sums)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if not is_checkpoint(step):
                continue

            train_loss, train_acc = evaluate(model, train_pairs, train_sums)
            val_loss, val_acc = evaluate(model, pairs[val_rows], sums[val_rows])
            norm = nn.utils.parameters_to_vector(model.parameters()).norm()
            monitor.log(  # (2)
                step,
                train_loss=train_loss,
                train_acc=train_acc,
                val_loss=val_loss,
                val_acc=val_acc,
                weight_norm=norm,
            )

            good_checkpoints = [*good_checkpoints, step] if val_acc >= TARGET_ACCURACY else []
            onset_is_confirmed = len(good_checkpoints) == SUSTAINED
            if FIRST_FORECAST_STEP <= step < BUDGET_STEP:
                # A training would not wait. This one does, so that each line shows the forecast made at its step.
                answered = monitor.flush(ANSWER_SECONDS)
                forecast = monitor.forecast if answered else None  # (3)
                note(demo, forecast)
                print_line(step, train_acc, val_acc, forecast, monitor.problem)
                if service.poll() is not None:
                    raise DemoFailed("the service ended during the training")
            if onset_is_confirmed:
                demo.onset_step, demo.confirmed_step = good_checkpoints[0], step
                break
    return demo


def is_checkpoint(step: int) -> bool:
    """Say whether a step lies on a grid of 25 checkpoints per decade of steps; the last step always does."""
    k = round(math.log10(step) * CHECKPOINTS_PER_DECADE)
    return step == BUDGET_STEP or any(
        step == round(10 ** (near / CHECKPOINTS_PER_DECADE)) for near in (k - 1, k, k + 1)
    )


@torch.no_grad()
def evaluate(model: nn.Module, pairs: Tensor, sums: Tensor) -> tuple[float, float]:
    """Return the loss and the accuracy on some pairs."""
    logits = model(pairs)
    hits = logits.argmax(1) == sums
    return cross_entropy(logits, sums).item(), hits.float().mean().item()


def note(demo: Demo, forecast: dict[str, Any] | None) -> None:
    """Keep what the end of the demo needs to know of a forecast."""
    demo.asked += 1
    if forecast is None:
        demo.unanswered += 1
        return
    demo.forecasters.add(forecast["forecaster"])
    if demo.at_memorization is None and forecast["phase"] == "memorized":
        demo.at_memorization = forecast


HEADER = f"""
         accuracy       P(onset by   onset step forecast
   step  train    val  step {BUDGET_STEP:,})     median      90 % interval    phase"""


def print_line(
    step: int,
    train_acc: float,
    val_acc: float,
    forecast: dict[str, Any] | None,
    problem: str | None,
) -> None:
    """Print the accuracies at a checkpoint, and the forecast made there."""
    start = f"{step:7,}  {train_acc:5.3f}  {val_acc:5.3f}"
    if forecast is None:
        reason = problem or f"not within {ANSWER_SECONDS:g} s"
        print(f"{start}  no forecast: {reason}", flush=True)
        return
    low, median, high = quantiles(forecast)
    percent = f"{100 * forecast['probability_onset_by_horizon']:.0f} %"
    rest = f"{percent:>13}  {median:>9}  {low:>8} to {high:<9}  {forecast['phase']}"
    print(f"{start}  {rest}", flush=True)


def quantiles(forecast: dict[str, Any]) -> tuple[str, str, str]:
    """Return the 5 %, 50 % and 95 % quantile in words: "> 30,000" where the curve ends before it gets there."""
    beyond = f"> {forecast['supported_until_step']:,}"
    steps = [forecast["onset_step"][level] for level in ("p05", "p50", "p95")]
    low, median, high = (beyond if step is None else f"{step:,}" for step in steps)
    return low, median, high


def print_end(demo: Demo) -> None:
    """Print what was forecast at memorisation beside what came."""
    print()
    if demo.at_memorization is not None:
        low, median, high = quantiles(demo.at_memorization)
        percent = 100 * demo.at_memorization["probability_onset_by_horizon"]
        print(
            f"Forecast at memorisation (step {demo.at_memorization['observed_until_step']:,}): "
            f"{percent:.0f} % to generalise by step {BUDGET_STEP:,}; "
            f"median {median}, 90 % interval {low} to {high}"
        )
    if demo.onset_step is None:
        print(f"Actual onset: none by step {BUDGET_STEP:,}")
        return
    verdict = f"confirmed at step {demo.confirmed_step:,}"
    if demo.at_memorization is not None:
        verdict += f", {'inside' if covered(demo.at_memorization, demo.onset_step) else 'outside'} the interval"
        median_step = demo.at_memorization["onset_step"]["p50"]
        if median_step is not None:
            verdict += f", {demo.onset_step / median_step:.2f} times the median"
    print(f"Actual onset: step {demo.onset_step:,} ({verdict})")


def covered(forecast: dict[str, Any], onset_step: int) -> bool:
    """Say whether an onset lies inside the 90 % interval of a forecast."""
    low, high = forecast["onset_step"]["p05"], forecast["onset_step"]["p95"]
    return low is not None and low <= onset_step and (high is None or onset_step <= high)


class DemoFailed(RuntimeError):
    """Why the demo shows nothing, in words."""


@contextlib.contextmanager
def running_service() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start `grokcast serve` on a free port, wait until it is ready, and end it in any case."""
    command = shutil.which("grokcast", path=str(Path(sys.executable).parent))
    if command is None:
        raise DemoFailed(f"grokcast is not installed beside {sys.executable}; `make setup` does it")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="grokcast-demo-") as folder:
        log_path = Path(folder) / "service.log"
        with log_path.open("wb") as log:
            service = subprocess.Popen(
                [command, "serve", "--port", str(port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "OMP_NUM_THREADS": "1"},  # the training has the other core
            )
        try:
            wait_until_ready(url, service)
            yield url, service
        except DemoFailed:
            sys.stderr.write(log_path.read_text(errors="replace"))
            raise
        finally:
            service.terminate()
            try:
                service.wait(5)
            except subprocess.TimeoutExpired:
                service.kill()
                service.wait()


def wait_until_ready(url: str, service: subprocess.Popen[bytes], seconds: float = 60.0) -> None:
    """Return when the service says that it can forecast."""
    deadline = time.monotonic() + seconds
    answer = "it does not answer"
    with httpx2.Client(trust_env=False, timeout=5.0) as client:
        while time.monotonic() < deadline:
            if service.poll() is not None:
                raise DemoFailed(f"the service ended at once with status {service.returncode}")
            with contextlib.suppress(httpx2.TransportError):
                response = client.get(f"{url}/readyz")
                if response.status_code == 200:
                    return
                answer = f"it answers {response.status_code} {response.text}"
            time.sleep(0.1)
    raise DemoFailed(f"the service was not ready after {seconds:g} s: {answer}")


def main() -> int:
    """Return the exit status: 0 if a run was trained to its end and the service made the forecasts."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the service is ended too
    try:
        with running_service() as (url, service):
            print(
                f"Service ready at {url}. Training: addition modulo {MODULUS}, {TRAIN_SIZE} of "
                f"{MODULUS**2} pairs, AdamW, learning rate {LEARNING_RATE:g}, weight decay {WEIGHT_DECAY:g}"
            )
            print(HEADER, flush=True)
            began = time.monotonic()
            demo = train(url, service)
            seconds = time.monotonic() - began
            if 10 * demo.unanswered > demo.asked:
                raise DemoFailed(f"{demo.unanswered} of {demo.asked} forecasts did not come")
            if demo.at_memorization is None:
                raise DemoFailed("no forecast was made between memorisation and generalisation")
    except DemoFailed as error:
        print(f"The demo failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    print_end(demo)
    print(
        f"{demo.asked - demo.unanswered} forecasts by forecaster {', '.join(sorted(demo.forecasters))}, "
        f"{seconds:.0f} s of training"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
