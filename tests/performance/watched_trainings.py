"""The same small training, bare and watched, by turns: `python watched_trainings.py KIND URL SECONDS REPEATS`.

A process of its own for each kind, so that the first watched training pays for what is imported and set up. Each line on
stdout is one training: what it cost this process, from before the monitor is made until its end is flushed.
"""

import json
import logging
import resource
import sys
import tempfile
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

Options = dict[str, Any] | None  # of the monitor; None for a bare training


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


def plain(steps: int, options: Options) -> None:
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
        monitor.watch(model, val=(val_x, val_y), train=(x, y))
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
    if monitor is not None:
        monitor.finish()
        answered(monitor)


def lightning(steps: int, options: Options) -> None:
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

    callbacks = []
    if options is not None:
        from grokcast.callbacks import LightningCallback

        callbacks.append(LightningCallback(context=CONTEXT, **options))
    train, val = (DataLoader(TensorDataset(*s), batch_size=BATCH) for s in splits())
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        trainer = pl.Trainer(
            max_steps=steps, accelerator="cpu", logger=False, callbacks=callbacks,
            enable_progress_bar=False, enable_model_summary=False, enable_checkpointing=False,
            check_val_every_n_epoch=6, default_root_dir=folder,
        )  # fmt: skip
        trainer.fit(Module(), train, val)
    if callbacks:
        answered(callbacks[0].monitor)


def hugging_face(steps: int, options: Options) -> None:
    from transformers import PrinterCallback, Trainer, TrainingArguments

    callbacks = []
    if options is not None:
        from grokcast.callbacks import HuggingFaceCallback

        callbacks.append(HuggingFaceCallback(context=CONTEXT, **options))
    train, val = ([{"pairs": x, "labels": y} for x, y in zip(*s, strict=True)] for s in splits())
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, max_steps=steps, logging_steps=EVERY, eval_strategy="steps", eval_steps=EVERY,
            save_strategy="no", per_device_train_batch_size=BATCH, per_device_eval_batch_size=BATCH,
            learning_rate=RATE["lr"], weight_decay=RATE["weight_decay"], report_to=[],
            disable_tqdm=True, use_cpu=True, seed=0,
        )  # fmt: skip
        trainer = Trainer(
            PairMLP(), arguments, train_dataset=train, eval_dataset={"train": train[:512], "val": val},
            compute_metrics=lambda p: {"accuracy": float((p.predictions.argmax(1) == p.label_ids).mean())},
            callbacks=callbacks,
        )  # fmt: skip
        trainer.remove_callback(PrinterCallback)  # it prints between the figures
        trainer.train()
    if callbacks:
        answered(callbacks[0].monitor)


def answered(monitor: Any) -> None:
    """See that there was something to pay for."""
    assert monitor.forecast is not None, monitor.problem
    assert "weight_norm" in monitor.forecast["support"]["signals_used"]


def cost(train: Callable[[int, Options], None], steps: int, options: Options) -> dict[str, float]:
    def children() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    before = time.perf_counter(), time.process_time(), children()
    train(steps, options)
    after = time.perf_counter(), time.process_time()
    if options is not None:
        time.sleep(1)  # its process counts once it has ended, which the monitor's thread sees to
    after = (*after, children())
    return dict(zip(("wall", "cpu", "beside"), (b - a for a, b in zip(before, after, strict=True)), strict=True))  # fmt: skip


def main() -> None:
    kind, url, seconds, repeats = sys.argv[1:]
    warnings.filterwarnings("ignore")
    logging.disable(logging.INFO)
    train = {"plain": plain, "lightning": lightning, "hugging_face": hugging_face}[kind]
    train(EVERY, None)  # what the first use of torch and of the trainer costs is not the monitor's
    steps = max(int(4 * EVERY * float(seconds) / cost(train, 4 * EVERY, None)["cpu"]), 4 * EVERY)
    ways: dict[str, Options] = {
        "bare": None, "service": {"url": url}, "offline": {"offline": True}
    }  # fmt: skip
    for repeat in range(int(repeats)):
        # Each is first, second and last in its turn: a machine gets slower and faster by itself.
        turn = [list(ways)[(repeat + k) % len(ways)] for k in range(len(ways))]
        for way in turn:
            found = cost(train, steps, ways[way])
            line = {"way": way, "repeat": repeat, "steps": steps, **found}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
