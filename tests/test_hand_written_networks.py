"""Networks without torch's layers, as published code on grokking writes them: what is found in them, and what is told."""

import logging

import pytest
import torch
from torch import nn
from torch.nn import functional

from grokcast import Monitor
from grokcast.network_checkpoint import NetworkCheckpoint
from grokcast.network_view import NetworkView

P = 23


class Attention(nn.Module):
    """Two heads; weights in the order (heads, head width, width)."""

    def __init__(self, d):
        super().__init__()
        self.W_K, self.W_Q, self.W_V = (nn.Parameter(torch.randn(2, d // 2, d) / d**0.5) for _ in range(3))
        self.W_O = nn.Parameter(torch.randn(d, d) / d**0.5)
        self.register_buffer("mask", torch.tril(torch.ones(3, 3)))

    def forward(self, x):
        k, q, v = (torch.einsum("ihd,bpd->biph", w, x) for w in (self.W_K, self.W_Q, self.W_V))
        scores = torch.einsum("biph,biqh->biqp", k, q) - 1e10 * (1 - self.mask)
        mixed = torch.einsum("biph,biqp->biqh", v, functional.softmax(scores / 4, dim=-1))
        return torch.einsum("df,bqf->bqd", self.W_O, mixed.permute(0, 2, 1, 3).flatten(2))


class Block(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.attn = Attention(d)
        self.W_in, self.b_in = nn.Parameter(torch.randn(4 * d, d) / d**0.5), nn.Parameter(torch.zeros(4 * d))
        self.W_out, self.b_out = nn.Parameter(torch.randn(d, 4 * d) / d**0.5), nn.Parameter(torch.zeros(d))

    def forward(self, x):
        x = x + self.attn(x)
        hidden = functional.relu(torch.einsum("md,bpd->bpm", self.W_in, x) + self.b_in)
        return x + torch.einsum("dm,bpm->bpd", self.W_out, hidden) + self.b_out


class RawTransformer(nn.Module):
    """Tables are (width, symbols); the logits are those of all positions, of which the last answers."""

    def __init__(self, d=16):
        super().__init__()
        self.W_E = nn.Parameter(torch.randn(d, P + 1) / d**0.5)
        self.W_pos = nn.Parameter(torch.randn(3, d) / d**0.5)
        self.blocks = nn.ModuleList([Block(d)])
        self.W_U = nn.Parameter(torch.randn(d, P + 1) / d**0.5)

    def forward(self, tokens):
        x = torch.einsum("dbp->bpd", self.W_E[:, tokens]) + self.W_pos
        for block in self.blocks:
            x = block(x)
        return x @ self.W_U


class FunctionalMLP(nn.Module):
    """Names tell nothing; what is indexed, and what makes the logits, does."""

    def __init__(self, d=12, width=40):
        super().__init__()
        self.A = nn.Parameter(torch.randn(P, d))
        self.weights = nn.ParameterList([torch.randn(2 * d, width) / 5, torch.randn(width, P) / 5])
        self.biases = nn.ParameterList([torch.zeros(width), torch.zeros(P)])

    def forward(self, pairs):
        x = self.A[pairs].flatten(1)
        return (x @ self.weights[0] + self.biases[0]).clamp(min=0) @ self.weights[1] + self.biases[1]


class Nothing(nn.Module):
    """No table, no product, no rectifier."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Parameter(torch.ones(2)), nn.Parameter(torch.zeros(2))

    def forward(self, x):
        return self.a * x.float() + self.b


def pairs(n=200):
    given = torch.randint(0, P, (n, 2), generator=torch.Generator().manual_seed(1))
    return given, given.sum(1) % P


def sequences(n=200):
    given, labels = pairs(n)
    return torch.cat([given, torch.full((n, 1), P)], 1), labels


def watched(model, batch, caplog, **options):
    monitor = Monitor("http://127.0.0.1:9", context={"task_family": "modular", "modulus": P}, min_interval=60)
    found = set()
    with caplog.at_level(logging.WARNING, logger="grokcast"):
        monitor.watch(model, val=batch, train=batch, share=1.0, **options)
        if monitor.watched is not None:
            monitor.watched._began -= 100  # time enough for all probes
        model(batch[0]).sum().backward()
        for step in (10, 100, 1_000, 10_000):
            monitor.log(step, train_loss=1.0)
            found |= set(monitor._points[step])
    monitor.close(0)
    return found, [r.getMessage() for r in caplog.records if "not reachable" not in r.getMessage()]


def view_of(model, batch, **options):
    view = NetworkView(model, {"task_family": "modular", "modulus": P}, **options)
    view.val = view.train = view.some(batch, 256)
    view.observe()
    return view


def test_a_transformer_of_raw_parameters_has_nearly_all_signals(caplog):
    torch.manual_seed(0)
    found, told = watched(RawTransformer(), sequences(), caplog)
    assert len(found - {"train_loss"}) >= 25, sorted(found)
    assert {"weight_norm_attention", "embedding_fourier_gini", "dead_frac", "drc_auc", "margin_q50"} <= found
    assert told == []


def test_the_groups_of_a_raw_transformer():
    view = view_of(RawTransformer(), sequences())
    by_group = {g: {n.rpartition(".")[2] for n, of in view.groups.items() if of == g} for g in view.groups.values()}
    assert by_group == {
        "embedding": {"W_E", "W_pos"},
        "attention": {"W_K", "W_Q", "W_V"},
        "hidden": {"W_O", "W_in", "b_in", "W_out", "b_out"},
        "output": {"W_U"},
    }
    assert view.embedding_table().shape == (P + 1, 16)


def test_hidden_units_are_those_after_the_functional_relu():
    torch.manual_seed(0)
    model, (given, labels) = FunctionalMLP(), pairs()
    view = view_of(model, (given, labels))
    with view.undisturbed():
        at = NetworkCheckpoint(view, 200, 0)
        hidden = torch.relu(model.A[given].flatten(1) @ model.weights[0] + model.biases[0])
        torch.testing.assert_close(at.hidden[0], hidden)
        torch.testing.assert_close(at.representation[0], hidden)
        with view.dropping(0.9, torch.Generator().manual_seed(0)):
            assert not torch.allclose(view.logits(given), model(given)[None])


def test_a_functional_mlp_is_found_by_use_and_by_shape(caplog):
    torch.manual_seed(0)
    model = FunctionalMLP()
    groups = view_of(model, pairs()).groups
    assert groups == {
        "A": "embedding",
        "weights.0": "hidden",
        "weights.1": "output",
        "biases.0": "hidden",
        "biases.1": "output",
    }
    found, told = watched(model, pairs(), caplog)
    assert {"weight_norm_output", "embedding_effective_rank", "inactive_frac", "dropout_acc_mean"} <= found
    assert len(told) == 1
    assert "no attention found" in told[0]


def test_where_nothing_is_found_it_is_told_and_nothing_raises(caplog):
    found, told = watched(Nothing(), (torch.randn(60, 2), torch.zeros(60, dtype=torch.int64)), caplog)
    assert {"train_loss", "weight_norm"} <= found
    assert len([t for t in told if "no embedding, attention, output, rectifier (ReLU) found" in t]) == 1
    assert not [t for t in told if "watch failed" in t]


def test_the_user_says_which_parameters_are_which(caplog):
    view = view_of(FunctionalMLP(), pairs(), groups={"output": ["weights.0"], "hidden": "weights.1"})
    assert (view.groups["weights.1"], view.groups["A"]) == ("hidden", "embedding")
    assert view.output_name == "weights.0"
    _, told = watched(FunctionalMLP(), pairs(), caplog, groups={"heads": "A", "output": ["of_no_name"]})
    assert [t for t in told if "'heads'" in t and "expected one of embedding, attention, hidden, output" in t]
    assert [t for t in told if "'of_no_name'" in t and "weights.0" in t]


@pytest.mark.parametrize("with_batch", [True, False])
def test_names_are_enough_without_samples(with_batch):
    view = NetworkView(RawTransformer(), {}) if not with_batch else view_of(RawTransformer(), sequences())
    assert view.output_name == "W_U"


def test_an_embedding_that_makes_the_logits_too_stays_an_embedding():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.W_E, self.W_in = nn.Parameter(torch.randn(P, 8)), nn.Parameter(torch.randn(8, 8))

        def forward(self, given):
            return torch.relu(self.W_E[given].sum(1) @ self.W_in) @ self.W_E.T

    view = view_of(Tied(), pairs())
    assert (view.groups["W_E"], view.output_name) == ("embedding", "W_E")
    with view.undisturbed():
        assert NetworkCheckpoint(view, 64, 0).measured(["representation_entropy", "dead_frac"]).keys() == {
            "representation_entropy",
            "dead_frac",
        }


def test_a_linear_layer_may_be_said_to_be_the_output():
    model = nn.Sequential(nn.Embedding(P, 8), nn.Flatten(), nn.Linear(16, P), nn.ReLU(), nn.Linear(P, P))
    view = view_of(model, pairs(), groups={"output": "2.weight"})
    assert view.output is model[2]
