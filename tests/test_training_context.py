"""Contexts read off real trainings: a plain loop, Lightning and Hugging Face, whose own words are never overruled."""

import itertools
import logging

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    DistributedSampler,
    RandomSampler,
    SubsetRandomSampler,
    TensorDataset,
)

from grokcast import Monitor
from grokcast.callbacks import HuggingFaceCallback, LightningCallback
from grokcast.training_context import loader_context, settings_of, training_context, unstated
from tests.test_callbacks import P, PairMLP, fit_hugging_face, fit_lightning, splits

pytestmark = pytest.mark.filterwarnings("ignore")
NOWHERE = "http://127.0.0.1:9"
OF_PAIRS = {
    "optimizer": "adamw",
    "learning_rate": 3e-3,
    "weight_decay": 0.5,
    "beta1": 0.9,
    "beta2": 0.999,
    "train_size": 60,
    "steps_per_epoch": 1,
    "classes": P,
    "parameters": 11 * 16 + 33 * 64 + 65 * P,
    "layers": 1,
    "width": 64,
    "embedding_dim": 16,
    "architecture": "embedding_mlp",
    "batch_size": 60,
}


def plain(**context):
    model = PairMLP()
    loader = DataLoader(TensorDataset(*splits()[0]), batch_size=64, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.5)
    monitor = Monitor(NOWHERE, context=context, min_interval=60)
    monitor.watch(model, optimizer=optimizer, train_loader=loader, loss=nn.CrossEntropyLoss())
    monitor.close(0)
    return monitor


def test_a_plain_loop_states_nothing_and_fifteen_fields_are_known(caplog):
    with caplog.at_level(logging.INFO, logger="grokcast"):
        monitor = plain()
    assert monitor.context == OF_PAIRS | {"loss": "cross_entropy"}
    said = [r.getMessage() for r in caplog.records if "context read from the training" in r.getMessage()]
    assert len(said) == 1
    assert "optimizer=adamw" in said[0]


def test_what_the_user_states_in_any_words_goes_before():
    context = plain(wd=1.0, task="modular addition", p=7, lr="1e-4", hidden_size=32).context
    assert (context["wd"], context["lr"], context["p"]) == (1.0, "1e-4", 7)
    assert not {"weight_decay", "learning_rate", "classes", "width"} & set(context)
    assert context["layers"] == 1


def test_a_width_that_is_stated_of_a_transformer_is_its_model_width():
    found = {"architecture": "transformer", "embedding_dim": 64, "width": 256, "layers": 2}
    assert unstated(found, {"width": 128}) == {"architecture": "transformer", "layers": 2}


def test_lightning_knows_at_least_ten(tmp_path):
    callback = LightningCallback(url=NOWHERE, context={"weight_decay": 0.25})
    fit_lightning(callback, 5, tmp_path)
    assert callback.monitor.context == OF_PAIRS | {"weight_decay": 0.25, "budget_step": 5}


def test_hugging_face_knows_at_least_ten(tmp_path):
    callback = HuggingFaceCallback(url=NOWHERE, context={"wd": 0.25})
    fit_hugging_face(callback, 5, tmp_path)
    expected = OF_PAIRS | {"wd": 0.25, "budget_step": 5}
    del expected["weight_decay"]
    assert callback.monitor.context == expected


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        (
            lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
            {"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "weight_decay": 0},
        ),
        (lambda p: torch.optim.RMSprop(p, lr=0.1), {"optimizer": "rmsprop", "momentum": None}),
        (lambda p: torch.optim.NAdam(p, lr=0.1), {"optimizer": "nadam", "learning_rate": 0.1}),
        (
            lambda p: type("Lion", (torch.optim.Adam,), {})(p, lr=0.1, betas=(0.9, 0.99)),
            {"optimizer": "lion", "beta2": 0.99},
        ),
    ],
)
def test_settings_of_optimisers(optimizer, expected):
    settings = settings_of(optimizer(nn.Linear(2, 2).parameters()))
    assert {name: settings[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("schedule", "rate"),
    [
        (lambda o: torch.optim.lr_scheduler.OneCycleLR(o, max_lr=0.5, total_steps=100), 0.5),
        (lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda step: min(1, step / 10)), 0.1),
        (lambda o: torch.optim.lr_scheduler.CyclicLR(o, base_lr=0.1, max_lr=0.5), None),
    ],
)
def test_the_learning_rate_is_that_at_the_top_of_its_schedule(schedule, rate):
    optimizer = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1, momentum=0.9)
    schedule(optimizer)
    assert settings_of(optimizer)["learning_rate"] == rate


def test_rates_are_those_of_the_largest_group_that_decays():
    large, small, free = nn.Linear(9, 9), nn.Linear(2, 2), nn.Linear(50, 50)
    groups = [{"params": small.parameters(), "lr": 0.1}, {"params": large.parameters(), "lr": 1e-4}]
    groups.append({"params": free.parameters(), "lr": 0.2, "weight_decay": 0.0})
    settings = settings_of(torch.optim.Adam(groups, weight_decay=0.3, decoupled_weight_decay=True))
    assert (settings["optimizer"], settings["learning_rate"], settings["weight_decay"]) == ("adamw", 1e-4, 0.3)


PAIRS = TensorDataset(torch.zeros(40, 2), torch.zeros(40))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"batch_size": 5, "sampler": SubsetRandomSampler(range(30))}, (30, 5, 6)),
        ({"batch_size": 5, "sampler": DistributedSampler(PAIRS, num_replicas=4, rank=0)}, (40, 20, 2)),
        ({"batch_size": None, "sampler": BatchSampler(RandomSampler(PAIRS), 20, drop_last=False)}, (40, 20, 2)),
        ({"batch_sampler": BatchSampler(RandomSampler(PAIRS), 15, drop_last=True)}, (40, 15, 2)),
        ({"batch_size": None}, (None, None, 40)),  # the data set has batches, of a size that it does not say
    ],
)
def test_samplers_and_devices_are_counted(options, expected):
    found = loader_context(DataLoader(PAIRS, **options))
    assert tuple(found.get(name) for name in ("train_size", "batch_size", "steps_per_epoch")) == expected


def test_a_list_of_optimisers_and_a_generator_say_nothing_and_harm_nothing():
    optimizers = [torch.optim.SGD(nn.Linear(2, 2).parameters())]
    found = training_context(nn.Linear(2, 2), optimizers, iter([1]))
    assert {"optimizer", "learning_rate", "train_size", "steps_per_epoch"}.isdisjoint(found)


def test_a_transformer_of_torchs_layers():
    layer = nn.TransformerEncoderLayer(16, 2, dim_feedforward=48, dropout=0.2, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 3)
    model = nn.Sequential(nn.Embedding(12, 16), encoder, nn.Linear(16, 12))
    found = training_context(model, loss=functional.mse_loss)
    del found["parameters"]
    assert found == {
        "architecture": "transformer",
        "layers": 3,
        "width": 48,
        "embedding_dim": 16,
        "classes": 12,
        "dropout": 0.2,
        "loss": "mse",
        "layer_norm": True,
    }


def test_a_transformer_of_raw_parameters():
    from tests.test_hand_written_networks import P as MODULUS, RawTransformer, sequences

    model, batch = RawTransformer(), sequences()
    loader = DataLoader(TensorDataset(*batch), batch_size=32)
    monitor = Monitor(NOWHERE, min_interval=60)
    monitor.watch(model, train=batch, optimizer=torch.optim.AdamW(model.parameters()), train_loader=loader)
    expected = {
        "architecture": "transformer",
        "layers": 1,
        "width": 64,
        "embedding_dim": 16,
        "classes": MODULUS,  # by the labels: the network has an output for the sign of equality too
        "batch_size": 32,
        "steps_per_epoch": 7,
    }
    assert {name: monitor.context.get(name) for name in expected} == expected
    assert len(monitor.context) >= 12
    monitor.close(0)


def test_a_value_head_is_no_attention():
    class ActorCritic(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden, self.value = nn.Linear(4, 8), nn.Linear(8, 2)

    assert training_context(ActorCritic())["architecture"] == "mlp"


def test_hidden_layers_of_several_widths_have_none():
    sizes = (8, 6, 4, 2)
    model = nn.Sequential(*(nn.Linear(a, b) for a, b in itertools.pairwise(sizes)))
    assert {k: v for k, v in training_context(model).items() if k != "parameters"} == {
        "architecture": "mlp",
        "layers": 2,
        "classes": 2,
    }


def test_both_halves_of_a_transformer_and_an_lstms_own_dropout_count():
    halves = nn.ModuleDict({"e": nn.Embedding(5, 8), "t": nn.Transformer(8, 2, 2, 3, 16), "o": nn.Linear(8, 5)})
    assert training_context(halves)["layers"] == 5
    recurrent = nn.ModuleDict({"r": nn.LSTM(8, 4, 2, dropout=0.2), "o": nn.Linear(4, 5)})
    assert training_context(recurrent)["dropout"] == 0.2


def test_other_networks_say_only_what_is_certain():
    convolution = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4, 3))
    assert {"architecture", "layers", "width"}.isdisjoint(training_context(convolution))
    assert training_context(nn.Identity()) == {}
    assert training_context("model") == {}


def test_a_causal_language_model_of_transformers():
    transformers = pytest.importorskip("transformers")
    config = transformers.GPT2Config(n_embd=16, n_layer=2, n_head=2, vocab_size=13, n_positions=4)
    found = training_context(nn.DataParallel(transformers.GPT2LMHeadModel(config)))
    assert (found["architecture"], found["layers"], found["embedding_dim"], found["width"]) == (
        "transformer",
        2,
        16,
        64,
    )
    assert (found["dropout"], found["loss"]) == (0.1, "cross_entropy")
