"""Real small trainings by Lightning and by Hugging Face's Trainer, watched through a real service."""

import copy
import logging
import subprocess
import sys
import time
from pathlib import Path

import lightning
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from grokcast import Monitor
from grokcast.callbacks import HuggingFaceCallback, LightningCallback
from grokcast.callbacks.watched_training import WatchedTraining
from tests.service_process import running_service

pytestmark = pytest.mark.filterwarnings("ignore")
P = 11  # addition modulo 11: 121 pairs
NOWHERE = "http://127.0.0.1:9"  # where no service answers


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with running_service(tmp_path_factory.mktemp("service")) as url:
        yield url


class PairMLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(P, 16)
        self.hidden = nn.Linear(32, 64)
        self.output = nn.Linear(64, P)

    def forward(self, pairs, labels=None):
        logits = self.output(torch.relu(self.hidden(self.embedding(pairs).flatten(1))))
        if labels is None:
            return logits
        return {"loss": cross_entropy(logits, labels), "logits": logits}


def splits():
    pairs = torch.cartesian_prod(torch.arange(P), torch.arange(P))
    order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(0))
    return [(pairs[rows], pairs[rows].sum(1) % P) for rows in (order[:60], order[60:])]


def check(forecast, until):
    assert forecast["observed_until_step"] == until
    assert 0 <= forecast["probability_onset_by_horizon"] <= 1
    assert forecast["memorization_step"] is not None
    used = set(forecast["support"]["signals_used"])
    assert {"train_loss", "val_loss", "val_acc", "weight_norm"} <= used


def fit_lightning(callback, epochs, folder):
    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = PairMLP()

        def forward(self, pairs):
            return self.net(pairs)

        def _log(self, split, batch):
            logits = self(batch[0])
            loss = cross_entropy(logits, batch[1])
            values = {f"{split}_loss": loss, f"{split}/accuracy": (logits.argmax(1) == batch[1]).float().mean()}
            self.log_dict(values, on_step=False, on_epoch=True)
            return loss

        def training_step(self, batch, index):
            return self._log("train", batch)

        def validation_step(self, batch, index):
            self._log("val", batch)

        def configure_optimizers(self):
            return torch.optim.AdamW(self.parameters(), lr=3e-3, weight_decay=0.5)

    train, val = (DataLoader(TensorDataset(*s), batch_size=64) for s in splits())
    trainer = lightning.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        callbacks=[callback] if callback else [],
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        check_val_every_n_epoch=5,
        default_root_dir=folder,
    )
    torch.manual_seed(0)
    module = Module()
    trainer.fit(module, train, val)
    return module


def test_a_lightning_training_ends_with_a_forecast_of_the_service(url, tmp_path):
    callback = LightningCallback(url=url, context={"chance_accuracy": 1 / P})
    watched = fit_lightning(callback, 150, tmp_path)
    check(callback.monitor.forecast, 150)
    question = callback.monitor._question["context"]
    assert (question["optimizer"], question["learning_rate"], question["weight_decay"]) == ("adamw", 3e-3, 0.5)
    assert (question["budget_step"], question["steps_per_epoch"]) == (150, 1)
    point = callback.monitor._points[150]
    assert {"train_loss", "train_acc", "val_loss", "val_acc"} <= set(point)
    # It trains as it would unwatched.
    alone = fit_lightning(None, 150, tmp_path)
    for a, b in zip(watched.parameters(), alone.parameters(), strict=True):
        assert torch.equal(a, b)


class Counting(lightning.LightningModule):
    """Logs the share of its ten epochs that are done, under a name for training's metric and as `val_acc`."""

    def __init__(self, name):
        super().__init__()
        self.name, self.net = name, PairMLP()

    def training_step(self, batch, index):
        self.log(self.name, (self.current_epoch + 1) / 10, on_step=False, on_epoch=True)
        return cross_entropy(self.net(batch[0]), batch[1])

    def validation_step(self, batch, index):
        self.log("val_acc", (self.current_epoch + 1) / 10)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def count_epochs(callback, name, **asked):
    """Train for four epochs, of four batches each."""
    train, val = (DataLoader(TensorDataset(*s), batch_size=16) for s in splits())
    trainer = lightning.Trainer(
        max_epochs=4,
        accelerator="cpu",
        logger=False,
        callbacks=[callback],
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        **asked,
    )
    trainer.fit(Counting(name), train, val)


@pytest.mark.parametrize(
    ("name", "names"),
    [("train_acc", {}), ("acc/train", {}), ("fit", {"fit": "train_acc"}), ("Accuracy (training)", {})],
)
def test_lightnings_training_metrics_are_those_of_their_epoch_whatever_they_are_called(name, names):
    callback = LightningCallback(url=NOWHERE, share=0, names=names)
    count_epochs(callback, name)
    points = {step: (p["train_acc"], p["val_acc"]) for step, p in callback.monitor._points.items()}
    expected = pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert list(points) == [4, 8, 12, 16]
    for each in zip(*points.values(), strict=True):
        assert each == expected
    rarely = LightningCallback(url=NOWHERE, share=0, names=names)
    count_epochs(rarely, name, check_val_every_n_epoch=2)
    trained, validated = (
        {step: p[n] for step, p in rarely.monitor._points.items() if n in p} for n in ("train_acc", "val_acc")
    )
    assert trained == pytest.approx({4: 0.1, 8: 0.2, 12: 0.3, 16: 0.4})
    assert validated == pytest.approx({8: 0.2, 16: 0.4})


def test_lightnings_epochs_are_counted_in_updates():
    callback = LightningCallback(url=NOWHERE, share=0)
    count_epochs(callback, "train_acc", accumulate_grad_batches=3)
    assert list(callback.monitor._points) == [2, 4, 6, 8]
    assert callback.monitor._question["context"]["steps_per_epoch"] == 2


def test_a_second_fit_of_one_lightning_callback_has_probe_batches_too():
    callback = LightningCallback(url=NOWHERE)
    for _ in range(2):
        count_epochs(callback, "train_acc")
        view = callback.monitor.watched._view
        assert view.val is not None
        assert view.train is not None


def fit_hugging_face(callback, steps, folder, others=(), **asked):
    from transformers import Trainer, TrainingArguments

    train, val = ([{"pairs": x, "labels": y} for x, y in zip(*s, strict=True)] for s in splits())
    arguments = TrainingArguments(
        **{
            "output_dir": str(folder),
            "max_steps": steps,
            "logging_steps": 5,
            "eval_strategy": "steps",
            "eval_steps": 5,
            "save_strategy": "no",
            "per_device_train_batch_size": 64,
            "per_device_eval_batch_size": 64,
            "learning_rate": 3e-3,
            "weight_decay": 0.5,
            "lr_scheduler_type": "constant",
            "report_to": [],
            "disable_tqdm": True,
            "use_cpu": True,
            "seed": 0,
            **asked,
        }
    )
    torch.manual_seed(0)
    model = PairMLP()
    trainer = Trainer(
        model,
        arguments,
        train_dataset=train,
        eval_dataset={"train": train, "val": val},
        compute_metrics=lambda p: {"accuracy": float((p.predictions.argmax(1) == p.label_ids).mean())},
        callbacks=[callback, *others] if callback else [],
    )
    trainer.train()
    return model


def probed_on(callback, split):
    """The pairs that a split is probed on."""
    batch = getattr(callback.monitor.watched._view, split)
    return None if batch is None else {tuple(pair) for pair in batch[0]["pairs"].tolist()}


def test_the_trainers_probe_batches_are_of_their_splits(tmp_path):
    callback = HuggingFaceCallback(url=NOWHERE)
    train, val = ({tuple(pair) for pair in pairs.tolist()} for pairs, _ in splits())
    for _ in range(2):  # one object may watch several trainings
        model = fit_hugging_face(callback, 5, tmp_path)
        assert probed_on(callback, "train") <= train
        assert probed_on(callback, "val") <= val
        assert callback.monitor.watched._view.model is model
        assert not model._forward_pre_hooks


def test_the_trainers_own_loss_is_the_training_loss_also_where_that_set_is_evaluated(tmp_path):
    from transformers import TrainerCallback

    class Reading(TrainerCallback):
        def on_train_end(self, args, state, control, **given):
            self.losses = {r["step"]: r["loss"] for r in state.log_history if "loss" in r}

    reading, callback = Reading(), HuggingFaceCallback(share=0, url=NOWHERE)
    fit_hugging_face(callback, 20, tmp_path, [reading])
    points = callback.monitor._points
    assert {step: p["train_loss"] for step, p in points.items()} == reading.losses
    assert all("train_acc" in p for p in points.values())


def test_a_network_is_copied_and_saved_while_the_trainer_watches_it(tmp_path):
    from transformers import TrainerCallback

    class Copying(TrainerCallback):
        def on_step_end(self, args, state, control, model=None, **given):
            self.copy = copy.deepcopy(model)
            torch.save(model, tmp_path / "model.pt")

    others, callback = Copying(), HuggingFaceCallback(url=NOWHERE)
    fit_hugging_face(callback, 3, tmp_path, [others], eval_strategy="no")
    before = callback.monitor.watched._view.train
    for network in (others.copy, torch.load(tmp_path / "model.pt", weights_only=False)):
        assert network._forward_pre_hooks  # copied before the training's end, and without effect
        with torch.no_grad():
            network(pairs=splits()[1][0])
    assert callback.monitor.watched._view.train is before
    assert callback.monitor.watched._view.val is None


def test_after_a_training_that_broke_the_next_is_watched_alone(tmp_path):
    from transformers import TrainerCallback

    class Breaking(TrainerCallback):
        network = None

        def on_step_end(self, args, state, control, model=None, **given):
            self.network = model
            raise KeyboardInterrupt

    breaking, callback = Breaking(), HuggingFaceCallback(url=NOWHERE)
    with pytest.raises(KeyboardInterrupt):
        fit_hugging_face(callback, 5, tmp_path, [breaking])
    fit_hugging_face(callback, 5, tmp_path)
    assert not breaking.network._forward_pre_hooks
    assert probed_on(callback, "val") is not None


def test_a_hugging_face_training_ends_with_a_forecast_of_the_service(url, tmp_path):
    callback = HuggingFaceCallback(share=0.5, url=url, context={"chance_accuracy": 1 / P})
    watched = fit_hugging_face(callback, 150, tmp_path)
    check(callback.monitor.forecast, 150)
    question = callback.monitor._question["context"]
    # Not the wrapper that accelerate puts around it.
    assert question["optimizer"] == "adamw"
    assert (question["learning_rate"], question["weight_decay"], question["budget_step"]) == (3e-3, 0.5, 150)
    point = callback.monitor._points[150]
    assert {"train_loss", "train_acc", "val_loss", "val_acc", "grad_norm"} <= set(point)
    measured = {name for p in callback.monitor._points.values() for name in p}
    assert {"logit_scale", "representation_entropy"} <= measured
    assert not watched._forward_pre_hooks
    alone = fit_hugging_face(None, 150, tmp_path)
    for a, b in zip(watched.parameters(), alone.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("callback", [LightningCallback, HuggingFaceCallback])
def test_a_service_that_is_not_there_harms_no_training(callback, tmp_path, caplog):
    fit = fit_lightning if callback is LightningCallback else fit_hugging_face
    watching = callback(url=NOWHERE, names={"nothing": "of_that_name"})
    with caplog.at_level(logging.WARNING, logger="grokcast"):
        fit(watching, 20, tmp_path)
    assert watching.monitor.forecast is None
    # Lightning closes 20 epochs, of which 4 are validated; the Trainer logs 4 times.
    assert len(watching.monitor._points) == (20 if callback is LightningCallback else 4)
    assert [r for r in caplog.records if "not reachable" in r.getMessage()]


@pytest.mark.parametrize(
    ("context", "kept"),
    [
        ({"weight_decay": 0, "learning_rate": 0, "parameters": 0}, {"weight_decay": 0}),
        ({"weight_decay": None, "learning_rate": 1e-3}, {"learning_rate": 1e-3}),
    ],
)
def test_no_weight_decay_is_a_fact_and_other_zeros_are_not_known(context, kept):
    training = WatchedTraining(None, 0, {"url": NOWHERE})
    training.begin(lambda: context, None)
    assert training.monitor._question["context"] == kept
    training.end()


ONLINE = """
import sys
import torch
from grokcast import Client, Monitor

model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
x, y = torch.randn(40, 4), torch.zeros(40, dtype=torch.int64)
monitor = Monitor(sys.argv[1], context={"chance_accuracy": 0.1})
monitor.watch(model, val=(x, y), train=(x, y))
for step in range(0, 300, 10):
    monitor.log(step, train_loss=2 / (step + 1), train_acc=min(1.0, step / 100), val_loss=2.5, val_acc=0.1)
assert monitor.flush(30), monitor.problem
assert "weight_norm" in monitor.forecast["support"]["signals_used"]
with Client(sys.argv[1]) as client:
    assert client.signals()
import api, features
print(api.MINE, features.MINE, sorted({"predictor"} & set(sys.modules)))
"""


def test_a_watched_network_beside_the_users_own_folders(url, tmp_path):
    for name in ("api", "features", "predictor"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("MINE = 'mine'\n")
    (tmp_path / "train.py").write_text(ONLINE)
    done = subprocess.run([sys.executable, "train.py", url], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "mine mine []\n"), done.stderr


def test_logging_is_quick_while_the_service_answers(url):
    monitor = Monitor(url, min_interval=0.0)
    seconds = []
    for step in range(400):
        began = time.perf_counter()
        monitor.log(step, train_loss=1.0, train_acc=1.0, val_loss=2.0, val_acc=0.1)
        seconds.append(time.perf_counter() - began)
    assert monitor.flush(30)
    assert sorted(seconds)[-5] < 0.05  # a single late one is the operating system's
    monitor.close()


def test_both_are_found_where_the_documents_say():
    import grokcast.callbacks

    assert Path(grokcast.callbacks.__file__).name == "__init__.py"
    with pytest.raises(AttributeError):
        grokcast.callbacks.ChainerCallback  # noqa: B018
