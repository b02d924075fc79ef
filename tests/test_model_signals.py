"""What is read off any network: held against what the generator reads off the same weights, and against the clock."""

import time

import numpy as np
import pytest
import torch
from torch import nn

from grokcast import Monitor, model_signals
from grokcast.model_signals import ModelSignals
from grokcast.network_checkpoint import NetworkCheckpoint
from grokcast.network_view import NetworkView
from training_runs.config import RunConfig
from training_runs.generator.measure import cheap_signals, expensive_signals
from training_runs.generator.stack import Stack


class PairMLP(nn.Module):
    """The generator's embedding-MLP as people write it."""

    def __init__(self, p=23, d=16, width=32):
        super().__init__()
        self.embedding = nn.Embedding(p, d)
        self.hidden = nn.Linear(2 * d, width)
        self.relu = nn.ReLU()
        self.output = nn.Linear(width, p)

    def forward(self, pairs):
        return self.output(self.relu(self.hidden(self.embedding(pairs).flatten(1))))


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless it is moved: what tests decide must not hang on this machine's load."""

    class Clock:
        now = 0.0

        def perf_counter(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(model_signals, "time", clock)
    return clock


def batch(n=300, p=23):
    pairs = torch.randint(0, p, (n, 2), generator=torch.Generator().manual_seed(1))
    return pairs, pairs.sum(1) % p


def test_signals_equal_those_of_the_generator(clock):
    config = RunConfig(modulus=23, embedding_dim=16, width=32, train_fraction=0.5)
    stack = Stack([config], "cpu", None)
    for _ in range(150):
        stack.update()
    before = stack.flat.clone()
    stack.update()
    step = 151
    expected = cheap_signals(stack, before) | expensive_signals(stack, step, 99)
    model, weights = PairMLP(), {n: v.detach()[0] for n, v in stack.parameters.items()}
    model.embedding.weight.data = weights["embedding"]
    model.hidden.weight.data = torch.cat([weights["hidden_left"], weights["hidden_right"]]).T
    model.hidden.bias.data = weights["hidden_bias"]
    model.output.weight.data = weights["output_weight"].T
    model.output.bias.data = weights["output_bias"]
    val, train = (b.first(256) for b in (stack.val, stack.train))
    signals = ModelSignals(
        model,
        val=(val.inputs[0], val.labels[0]),
        train=(train.inputs[0], train.labels[0]),
        context=config.context().as_dict(),
    )
    clock.now = 1e6
    found = signals.measure(step)
    same = (
        "weight_norm weight_norm_embedding weight_norm_hidden weight_norm_output weight_entropy "
        "weight_mean_hidden weight_std_hidden weight_mean_output weight_std_output embedding_mean "
        "embedding_std embedding_bimodality embedding_cos_mean embedding_cos_std embedding_cos_structure "
        "embedding_effective_rank embedding_fourier_gini inactive_frac dead_frac activation_sparsity "
        "representation_entropy logit_scale"
    )
    for name in same.split():
        np.testing.assert_allclose(found[name], float(expected[name]), rtol=2e-4, atol=1e-6, err_msg=name)
    # Masks are drawn in another order; quantiles are of 256 samples and not of all.
    for name, tolerance in (
        ("dropout_acc_mean", 0.05),
        ("drc_auc", 0.05),
        ("circuit_complexity", 0.2),
        ("margin_q50", 0.2),
        ("margin_q10", 0.2),
    ):
        assert found[name] == pytest.approx(float(expected[name]), abs=tolerance), name


def test_the_network_is_left_as_it_was():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3))
    model[3].eval()
    inputs = torch.randn(40, 4)
    signals = ModelSignals(model, val=(inputs, torch.arange(40) % 3))
    before = {k: v.clone() for k, v in model.state_dict().items()}
    modes, state = [m.training for m in model.modules()], torch.get_rng_state()
    assert "weight_norm" in signals.measure(100)
    assert [m.training for m in model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_measuring_stays_within_its_share(clock):
    """A network whose forward pass takes 0.1 ms a sample, in a training of 10 s: a fifth of a per cent, then ten."""
    spent = {}
    for share in (0.002, 0.1):
        clock.now = 0.0

        class Slow(PairMLP):
            def forward(self, pairs):
                clock.now += 1e-4 * len(pairs)
                return super().forward(pairs)

        signals = ModelSignals(Slow(), val=batch(), train=batch(), share=share)
        held_up, found = [], set()
        for step in range(1, 1_001):
            clock.now += 0.01
            before = clock.now
            found |= set(signals.measure(step))
            held_up.append(clock.now - before)
        spent[share] = signals.seconds_spent
        assert signals.seconds_spent <= share * 10 + model_signals.MAX_SECONDS
        assert max(held_up) <= model_signals.MAX_SECONDS
        assert {"weight_norm", "logit_scale", "margin_q50"} <= found
    assert spent[0.1] > 5 * spent[0.002]  # and both are used up, nearly
    assert spent[0.1] > 0.8


def test_a_probe_that_would_hold_the_training_up_is_left_out_and_told_once(clock):
    class Slow(PairMLP):
        def forward(self, pairs):
            clock.now += 5e-3 * len(pairs)
            return super().forward(pairs)

    told = []
    signals = ModelSignals(Slow(), val=batch(), train=batch(), share=1.0, warn=lambda kind, message: told.append(kind))
    found = set()
    for step in range(1, 200):
        clock.now += 10
        found |= set(signals.measure(step))
    assert "weight_norm" in found
    assert "dropout_acc_mean" not in found
    assert {"cost of validation", "cost of training"} <= set(told)
    assert len(told) == len(set(told))


@pytest.mark.parametrize(
    "model",
    [
        nn.Linear(4, 3),
        nn.Sequential(nn.Conv1d(1, 4, 3), nn.Flatten(), nn.LazyLinear(3)),
        nn.TransformerEncoderLayer(4, 2, batch_first=True, dim_feedforward=8),
        nn.LSTM(4, 3, batch_first=True),
        nn.Identity(),
    ],
)
def test_networks_of_other_kinds_harm_nothing(model, caplog):
    if isinstance(model, nn.Sequential):
        model(torch.randn(2, 1, 4))
    inputs = torch.randn(40, 1, 4) if not isinstance(model, nn.Linear) else torch.randn(40, 4)
    monitor = Monitor("http://127.0.0.1:9", min_interval=60)
    monitor.watch(model, val=(inputs, torch.zeros(40, dtype=torch.int64)), train=(inputs, None))
    for step in (100, 200):
        monitor.log(step, val_acc=0.1)
    point = monitor._points[100]
    assert point["val_acc"] == 0.1
    if list(model.parameters()):
        assert point["weight_norm"] > 0
    monitor.close(0)


def test_the_units_of_a_convolution_are_its_channels():
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)
    )
    with torch.no_grad():
        model[0].bias[:8] = -100.0
    view = NetworkView(model, {})
    view.val = torch.randn(64, 1, 8, 8), torch.zeros(64, dtype=torch.int64)
    with view.undisturbed():
        assert NetworkCheckpoint(view, 64, 0).measured(["dead_frac"])["dead_frac"] == pytest.approx(0.5)


def test_what_the_loop_logs_goes_before_what_is_measured_and_what_is_no_model_is_told(caplog):
    monitor = Monitor("http://127.0.0.1:9", min_interval=60)
    monitor.watch(PairMLP())
    monitor.log(1, weight_norm=5.0)
    assert monitor._points[1]["weight_norm"] == 5.0
    assert monitor._points[1]["weight_norm_hidden"] > 0
    other = Monitor("http://127.0.0.1:9", min_interval=60)
    other.watch("model")
    other.log(1, val_acc=0.5)
    assert other._points[1].keys() == {"val_acc", "time"}
    assert "expected a torch.nn.Module" in caplog.text
    for each in (monitor, other):
        each.close(0)


def test_watching_slows_a_small_training_by_little():
    """The share that is promised, counted by the clock of a real training."""
    torch.manual_seed(0)
    model = PairMLP(p=53, d=64, width=256)
    pairs, sums = batch(1_400, 53)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    monitor = Monitor("http://127.0.0.1:9", min_interval=60)
    monitor.watch(model, val=(pairs, sums), train=(pairs, sums))
    began = time.perf_counter()
    for step in range(1, 301):
        nn.functional.cross_entropy(model(pairs), sums).backward()
        optimizer.step()
        optimizer.zero_grad()
        if step % 10 == 0:
            monitor.log(step, train_acc=0.5)
    elapsed = time.perf_counter() - began
    assert monitor.watched is not None
    # 2 % and the credit of the beginning, and one measurement that took longer than the one before it.
    assert monitor.watched.seconds_spent < 0.02 * elapsed + 2 * model_signals.MAX_SECONDS
    assert "weight_norm" in monitor._points[10]
    monitor.close(0)
