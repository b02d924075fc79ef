"""The same small training twice, bare and watched: `python watched_trainings.py KIND URL SECONDS REPEATS`.

Both run in one process and take turns of 50 steps: trainings of 20 s one after the other differ by 8 % on a machine that
is shared, which is more than what is looked for. Each line on stdout is one pair: what either cost, the watched one from
before its monitor is made until its end is flushed. What it costs in other threads of this process counts as its own.

A watched training has half of the time on the clock. What is measured and asked by the clock is halved too, so that it
has as much of it in its own time: 2 % for measuring, a request a second.
"""

import json
import logging
import resource
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

P = 97  # addition modulo a prime, as in most papers on grokking
BATCH, EVERY = 512, 50  # steps from one evaluation to the next
CONTEXT = {"chance_accuracy": 1 / P, "task_family": "modular", "modulus": P}
RATE = {"lr": 1e-3, "weight_decay": 1.0}

SHARE, MIN_INTERVAL = 0.01, 2.0  # half and twice what they are by default

Options = dict[str, Any] | None  # of the monitor; None for a bare training


class Turns:
    """One of two trainings that take turns, and what its turns have cost."""

    def __init__(self, own: threading.Semaphore, other: threading.Semaphore) -> None:
        self._own, self._other = own, other
        self.cpu = self.wall = 0.0

    def begin(self) -> None:
        self._own.acquire()
        self._began = time.thread_time(), time.perf_counter()

    def __call__(self) -> None:
        """Let the other go on, and wait for it."""
        self._stop()
        self._other.release()
        self.begin()

    def end(self) -> None:
        """Never let the other wait again."""
        self._stop()
        self._other.release(1_000)  # more than there are turns

    def _stop(self) -> None:
        self.cpu += time.thread_time() - self._began[0]
        self.wall += time.perf_counter() - self._began[1]


class PairMLP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(P, 64)
        self.hidden = nn.Linear(128, 256)
        self.output = nn.Linear(256, P)

    def forward(self, pairs: torch.Tensor, labels: torch.Tensor | None = None) -> Any:
        logits = self.output(torch.relu(self.hidden(self.embedding(pairs).flatten(1))))
        if labels is None:
            return logits
        return {"loss": cross_entropy(logits, labels), "logits": logits}


def splits() -> list[tuple[torch.Tensor, torch.Tensor]]:
    pairs = torch.cartesian_prod(torch.arange(P), torch.arange(P))
    order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(0))
    return [(pairs[rows], pairs[rows].sum(1) % P) for rows in (order[:4000], order[4000:])]


def plain(steps: int, options: Options, turn: Callable[[], None]) -> None:
    (x, y), (val_x, val_y) = splits()
    torch.manual_seed(0)
    model = PairMLP()
    optimizer = torch.optim.AdamW(model.parameters(), **RATE)
    monitor = None
    if options is not None:
        from grokcast import Monitor  # what importing it takes is part of what it costs

        monitor = Monitor(
            context={**CONTEXT, "learning_rate": RATE["lr"], "weight_decay": RATE["weight_decay"]},
            **options,
        )
        monitor.watch(model, val=(val_x, val_y), train=(x, y), share=SHARE)
    for step in range(1, steps + 1):
        rows = torch.randint(len(x), (BATCH,))
        loss = cross_entropy(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % EVERY == 0:
            with torch.no_grad():
                logits, val_logits = model(x), model(val_x)
                values = {
                    "train_loss": cross_entropy(logits, y),
                    "train_acc": (logits.argmax(1) == y).float().mean(),
                    "val_loss": cross_entropy(val_logits, val_y),
                    "val_acc": (val_logits.argmax(1) == val_y).float().mean(),
                }
            if monitor is not None:
                monitor.log(step, **values)
            turn()
    if monitor is not None:
        monitor.finish()
        answered(monitor)


def lightning(steps: int, options: Options, turn: Callable[[], None]) -> None:
    import lightning.pytorch as pl
    from torch.utils.data import DataLoader, TensorDataset

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = PairMLP()

        def forward(self, pairs: torch.Tensor) -> Any:
            return self.net(pairs)

        def _log(self, split: str, batch: Any) -> Any:
            logits = self(batch[0])
            loss = cross_entropy(logits, batch[1])
            accuracy = (logits.argmax(1) == batch[1]).float().mean()
            values = {f"{split}_loss": loss, f"{split}_acc": accuracy}
            self.log_dict(values, on_step=False, on_epoch=True)
            return loss

        def training_step(self, batch: Any, index: int) -> Any:
            return self._log("train", batch)

        def validation_step(self, batch: Any, index: int) -> None:
            self._log("val", batch)

        def configure_optimizers(self) -> Any:
            return torch.optim.AdamW(self.parameters(), **RATE)

    class TakeTurns(pl.Callback):
        def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
            if trainer.global_step % EVERY == 0:
                turn()

    callbacks: list[Any] = [TakeTurns()]
    if options is not None:
        from grokcast.callbacks import LightningCallback

        callbacks.append(LightningCallback(context=CONTEXT, share=SHARE, **options))
    train, val = (DataLoader(TensorDataset(*s), batch_size=BATCH) for s in splits())
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        trainer = pl.Trainer(
            max_steps=steps,
            accelerator="cpu",
            logger=False,
            callbacks=callbacks,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            check_val_every_n_epoch=6,
            default_root_dir=folder,
        )
        trainer.fit(Module(), train, val)
    if options is not None:
        answered(callbacks[1].monitor)


def hugging_face(steps: int, options: Options, turn: Callable[[], None]) -> None:
    from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

    class TakeTurns(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step % EVERY == 0:
                turn()

    callbacks: list[Any] = [TakeTurns()]
    if options is not None:
        from grokcast.callbacks import HuggingFaceCallback

        callbacks.append(HuggingFaceCallback(context=CONTEXT, share=SHARE, **options))
    train, val = ([{"pairs": x, "labels": y} for x, y in zip(*s, strict=True)] for s in splits())
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            max_steps=steps,
            logging_steps=EVERY,
            eval_strategy="steps",
            eval_steps=EVERY,
            save_strategy="no",
            per_device_train_batch_size=BATCH,
            per_device_eval_batch_size=BATCH,
            learning_rate=RATE["lr"],
            weight_decay=RATE["weight_decay"],
            report_to=[],
            disable_tqdm=True,
            use_cpu=True,
            seed=0,
        )
        trainer = Trainer(
            PairMLP(),
            arguments,
            train_dataset=train,
            eval_dataset={"train": train[:512], "val": val},
            compute_metrics=lambda p: {"accuracy": float((p.predictions.argmax(1) == p.label_ids).mean())},
            callbacks=callbacks,
        )
        trainer.remove_callback(PrinterCallback)  # it prints between the figures
        trainer.train()
    if options is not None:
        answered(callbacks[1].monitor)


def answered(monitor: Any) -> None:
    """See that there was something to pay for."""
    assert monitor.forecast is not None, monitor.problem
    assert "weight_norm" in monitor.forecast["support"]["signals_used"]


Train = Callable[[int, Options, Callable[[], None]], None]


def pair(train: Train, steps: int, options: Options, *, watched_first: bool) -> dict[str, float]:
    """Train twice, by turns, and return what either has cost."""
    semaphores = threading.Semaphore(int(not watched_first)), threading.Semaphore(int(watched_first))
    bare, watched = Turns(*semaphores), Turns(*reversed(semaphores))
    failures: list[Exception] = []

    def run(turns: Turns, options: Options) -> None:
        turns.begin()
        try:
            train(steps, options, turns)
        except Exception as error:
            failures.append(error)
        turns.end()

    before, beside = time.process_time(), children()
    threads = [threading.Thread(target=run, args=a) for a in ((bare, None), (watched, options))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    other_threads = time.process_time() - before - bare.cpu - watched.cpu
    time.sleep(1)  # its process counts once it has ended, which the monitor's thread sees to
    return {
        "bare_cpu": bare.cpu,
        "cpu": watched.cpu + other_threads,
        "bare_wall": bare.wall,
        "wall": watched.wall,
        "beside": children() - beside,
    }


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    kind, url, seconds, repeats = sys.argv[1:]
    warnings.filterwarnings("ignore")
    logging.disable(logging.INFO)
    torch.set_num_threads(1)
    train: Train = {"plain": plain, "lightning": lightning, "hugging_face": hugging_face}[kind]
    train(EVERY, None, lambda: None)  # what the first use of torch and of the trainer costs
    began = time.process_time()
    train(4 * EVERY, None, lambda: None)
    steps = max(int(4 * EVERY * float(seconds) / (time.process_time() - began)), 4 * EVERY)
    ways: dict[str, Options] = {"service": {"url": url}, "offline": {"offline": True}}
    for repeat in range(int(repeats)):
        for way, options in ways.items():
            options = {**(options or {}), "min_interval": MIN_INTERVAL}
            found = pair(train, steps, options, watched_first=repeat % 2 == 1)
            line = {"way": way, "repeat": repeat, "steps": steps, **found}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
