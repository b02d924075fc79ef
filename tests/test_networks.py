"""Networks of a stack against torch.nn and against themselves alone; optimisers against torch.optim."""

import numpy as np
import pytest
import torch

from training_runs.config import RunConfig
from training_runs.generator.networks import network_of
from training_runs.generator.networks.noise import NONE, DeviceNoise, ProbingDropout, TrainingNoise
from training_runs.generator.optimizers import Hyperparameters, Muon, optimizer_of, orthogonalized
from training_runs.generator.stack import Stack
from training_runs.generator.train import train

CONFIGS = {
    "embedding_mlp": RunConfig(modulus=11, embedding_dim=8, width=16),
    "embedding_relu": RunConfig(modulus=11, embedding_dim=8, width=16, embedding_relu=True),
    "transformer": RunConfig(architecture="transformer", modulus=11, embedding_dim=16, layers=1),
    "transformer2": RunConfig(architecture="transformer", modulus=11, embedding_dim=16, layers=2),
    "transformer, no LayerNorm": RunConfig(
        architecture="transformer", modulus=11, embedding_dim=16, layers=2, layer_norm=False
    ),
    "mlp": RunConfig(task_family="digits", architecture="mlp", width=16, layers=2, train_samples=99),
    "lstm": RunConfig(task_family="reviews", architecture="lstm", embedding_dim=6, width=5, layers=2),
}


def inputs_for(config, n_runs, n=13, seed=0):
    g = torch.Generator().manual_seed(seed)
    if config.task_family == "digits":
        return torch.rand(n_runs, n, 64, generator=g)
    if config.task_family == "reviews":
        return torch.randint(50, (n_runs, n, 7), generator=g)
    return torch.randint(config.modulus, (n_runs, n, 2), generator=g)


def parameters_for(config, n_runs):
    network = network_of(config)
    initial = [network.initial(config, torch.Generator().manual_seed(s)) for s in range(n_runs)]
    return network, {name: torch.stack([i[name] for i in initial]) for name in network.shapes()}


@pytest.mark.parametrize("name", CONFIGS)
def test_each_run_of_a_stack_sees_its_own_parameters_and_inputs(name):
    config = CONFIGS[name]
    network, parameters = parameters_for(config, 3)
    inputs = inputs_for(config, 3)
    together = network(parameters, inputs, NONE)
    assert together.logits.shape == (3, 13, config.classes)
    for k in range(3):
        alone = network({n: v[k : k + 1] for n, v in parameters.items()}, inputs[k : k + 1], NONE)
        torch.testing.assert_close(together.logits[k], alone.logits[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", CONFIGS)
def test_shapes_are_those_of_the_initial_parameters_in_known_groups(name):
    network = network_of(CONFIGS[name])
    initial = network.initial(CONFIGS[name], torch.Generator())
    assert {n: tuple(v.shape) for n, v in initial.items()} == network.shapes()
    assert {n.split("_")[0] for n in initial} <= {"embedding", "attention", "hidden", "output"}


WRITTEN_OUT = {
    "embedding-MLP": {"width": 16},
    "embedding-MLP, ReLU": {"width": 16, "embedding_relu": True},
    "1 layer": {"architecture": "transformer"},
    "2 layers": {"architecture": "transformer", "layers": 2},
    "3 layers": {"architecture": "transformer", "layers": 3, "heads": 2},
    "1 layer, no LayerNorm": {"architecture": "transformer", "layer_norm": False},
    "3 layers, no LayerNorm": {"architecture": "transformer", "layers": 3, "layer_norm": False},
    "MLP": {"architecture": "mlp", "task_family": "parity", "bits": 6, "width": 16},
    "MLP of 3 layers": {"architecture": "mlp", "task_family": "parity", "bits": 6, "width": 16, "layers": 3},
}


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_the_written_out_gradient_is_autograds(name, loss, batch_size):
    """Runs of different sizes, so that the shorter one is padded; three steps, so that buffers are used again, the last
    after a run has left.
    """
    fields = {"modulus": 11, "embedding_dim": 8, "learning_rate": 1e-2, "loss": loss, "batch_size": batch_size}
    configs = [RunConfig(train_fraction=f, seed=k, **fields | WRITTEN_OUT[name]) for k, f in enumerate((0.4, 0.7, 0.5))]
    stack, reference = Stack(configs, "cpu", None), Stack(configs, "cpu", None)
    for step in range(3):
        if step == 2:
            stack.keep([0, 2])
            reference.keep([0, 2])
        assert stack._written_out is not None
        reference._written_out = None
        stack.update()
        reference.update()
        torch.testing.assert_close(stack.gradient, reference.gradient, rtol=1e-4, atol=1e-6)
        stack.flat.detach().copy_(reference.flat.detach())  # a difference counts once, however far it is carried


def test_mlp_equals_linear_layers():
    network, p = parameters_for(CONFIGS["mlp"], 1)
    x = inputs_for(CONFIGS["mlp"], 1)
    h = x[0]
    for k in range(2):
        h = torch.relu(h @ p[f"hidden_weight{k}"][0] + p[f"hidden_bias{k}"][0])
    expected = h @ p["output_weight"][0] + p["output_bias"][0]
    torch.testing.assert_close(network(p, x, NONE).logits[0], expected)


def test_lstm_equals_torch():
    network, p = parameters_for(CONFIGS["lstm"], 1)
    x = inputs_for(CONFIGS["lstm"], 1)
    theirs = torch.nn.LSTM(6, 5, num_layers=2, batch_first=True)
    with torch.no_grad():
        for k in range(2):
            getattr(theirs, f"weight_ih_l{k}").copy_(p[f"hidden_input{k}"][0].T)
            getattr(theirs, f"weight_hh_l{k}").copy_(p[f"hidden_recurrent{k}"][0].T)
            getattr(theirs, f"bias_ih_l{k}").copy_(p[f"hidden_bias{k}"][0])
            getattr(theirs, f"bias_hh_l{k}").zero_()
        states, _ = theirs(p["embedding"][0][x[0]])
        expected = states[:, -1] @ p["output_weight"][0] + p["output_bias"][0]
    torch.testing.assert_close(network(p, x, NONE).logits[0], expected)


def test_a_fused_lstm_is_the_same():
    network, p = parameters_for(CONFIGS["lstm"], 2)
    sequence = torch.randn(2, 13, 7, 6, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(network._fused_layer(p, sequence, 0), network._layer(p, sequence, 0))
    states = network(p, inputs_for(CONFIGS["lstm"], 2), NONE).states
    assert states.shape == (2, 13, 2 * 5)  # of both layers, after the last word


@pytest.mark.parametrize("name", ["transformer", "transformer2", "transformer, no LayerNorm"])
def test_transformer_equals_torch_attention_on_all_positions(name):
    """The answer's position alone, and heads by hand, against torch's own attention over the whole sequence."""
    config = CONFIGS[name]
    network, p = parameters_for(config, 1)
    x = inputs_for(config, 1)
    tokens = torch.cat([x[0], torch.full((13, 1), 11)], 1)
    stream = p["embedding_symbol"][0][tokens] + p["embedding_position"][0]

    def normal(v, gain):
        return torch.nn.functional.layer_norm(v, v.shape[-1:]) * p[gain][0] if config.layer_norm else v

    for k in range(config.layers):
        a = normal(stream, f"hidden_gain_a{k}")
        q, key, v = ((a @ p[f"attention_{n}{k}"][0]).view(13, 3, 4, 4).transpose(1, 2) for n in "qkv")
        read = torch.nn.functional.scaled_dot_product_attention(q, key, v, is_causal=True)
        stream = stream + read.transpose(1, 2).flatten(2) @ p[f"hidden_mix{k}"][0]
        b = normal(stream, f"hidden_gain_b{k}")
        units = torch.relu(b @ p[f"hidden_up{k}"][0] + p[f"hidden_bias{k}"][0])
        stream = stream + units @ p[f"hidden_down{k}"][0]
    expected = normal(stream[:, -1], "output_gain") @ p["output_weight"][0]
    seen = network(p, x, NONE)
    torch.testing.assert_close(seen.logits[0], expected, rtol=1e-4, atol=1e-5)
    assert seen.attention.shape == (1, 13, config.layers, 4, 3)
    torch.testing.assert_close(seen.attention.sum(-1), torch.ones(1, 13, config.layers, 4))


def test_noise_on_embeddings_of_size_zero_changes_nothing():
    """The path without the shortcut of the first layer equals the one with it."""
    config = CONFIGS["embedding_mlp"]
    network, p = parameters_for(config, 2)
    x = inputs_for(config, 2)
    generators = [torch.Generator().manual_seed(k) for k in range(2)]
    faint = TrainingNoise([0.0, 0.0], [1e-9, 0.0], generators, [x.shape[1]] * 2)
    torch.testing.assert_close(network(p, x, faint).logits, network(p, x, NONE).logits)


def test_dropout_keeps_the_mean_and_each_run_its_own_rate():
    noise = TrainingNoise([0.0, 0.4], [0.0, 0.0], [torch.Generator().manual_seed(k) for k in range(2)], [450, 400])
    out = noise.hidden(torch.ones(2, 450, 50))
    assert (out[0] == 1).all()
    assert (out[1, 400:] == 1).all()  # rows that only pad
    out = out[:, :400]
    assert abs((out[1] == 0).float().mean() - 0.4) < 0.02
    assert abs(out[1].mean() - 1) < 0.03
    shared = ProbingDropout(0.5, torch.Generator().manual_seed(0)).hidden(torch.ones(2, 40, 5))
    assert torch.equal(shared[0], shared[1])


def test_noise_of_a_device_keeps_the_mean_and_each_run_its_own_rate():
    torch.manual_seed(0)
    ones = torch.ones(3, 200, 50)
    noise = DeviceNoise([0.0, 0.2, 0.5], [0.0, 0.1, 0.0], "cpu")
    dropped = noise.hidden(ones)
    torch.testing.assert_close((dropped == 0).float().mean((1, 2)), torch.tensor([0.0, 0.2, 0.5]), rtol=0, atol=0.02)
    torch.testing.assert_close(dropped.mean((1, 2)), torch.ones(3), rtol=0, atol=0.03)
    embedded = noise.embedded(ones)
    torch.testing.assert_close(embedded.std((1, 2)), torch.tensor([0.0, 0.1, 0.0]), rtol=0, atol=0.01)


@pytest.mark.parametrize(
    ("setting", "low", "high"),
    [("uniform:0.4:0.8", 0.4, 0.8), ("constant:0.3", 0.3, 0.3), ("normal:0.2:0.1", -0.4, 0.8)],
)
def test_initial_values_by_group(setting, low, high):
    config = RunConfig(modulus=11, embedding_dim=8, width=16, embedding_init=setting, init_scale=2.0)
    drawn = network_of(config).initial(config, torch.Generator().manual_seed(0))
    assert drawn["embedding"].min() >= 2 * low - 1e-6
    assert drawn["embedding"].max() <= 2 * high + 1e-6
    assert abs(drawn["hidden_left"].mean()) < 0.1


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("adamw", lambda w, lr, wd: torch.optim.AdamW(w, lr=lr, weight_decay=wd)),
        ("adam", lambda w, lr, wd: torch.optim.Adam(w, lr=lr, weight_decay=wd)),
        ("sgd", lambda w, lr, wd: torch.optim.SGD(w, lr=lr, weight_decay=wd, momentum=0.9)),
        ("rmsprop", lambda w, lr, wd: torch.optim.RMSprop(w, lr=lr, weight_decay=wd)),
    ],
)
def test_optimisers_equal_torch_with_rates_of_their_own(name, theirs):
    torch.manual_seed(0)
    start, gradients = torch.randn(2, 5), torch.randn(20, 2, 5)
    rates, decays = torch.tensor([1e-2, 3e-3]), torch.tensor([0.0, 0.5])
    flat = start.flatten().clone()
    values = Hyperparameters(rates.repeat_interleave(5), decays.repeat_interleave(5))
    ours = optimizer_of(name, flat, values, lambda t: {})
    for gradient in gradients:
        ours.step(gradient.flatten())
    for k in range(2):
        weight = torch.nn.Parameter(start[k].clone())
        optimizer = theirs([weight], float(rates[k]), float(decays[k]))
        for gradient in gradients:
            weight.grad = gradient[k].clone()
            optimizer.step()
        torch.testing.assert_close(flat.view(2, 5)[k], weight.data, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("adamw", lambda w, b, m: torch.optim.AdamW(w, lr=0.01, weight_decay=0.5, betas=b)),
        ("adam", lambda w, b, m: torch.optim.Adam(w, lr=0.01, weight_decay=0.5, betas=b)),
        ("sgd", lambda w, b, m: torch.optim.SGD(w, lr=0.01, weight_decay=0.5, momentum=m)),
        ("nesterov", lambda w, b, m: torch.optim.SGD(w, lr=0.01, weight_decay=0.5, momentum=m, nesterov=True)),
    ],
)
def test_betas_momentum_and_warm_up_equal_torch(name, theirs, own):
    """Numbers that all runs share, and those of each run; the second run then differs from the first in all of them."""
    torch.manual_seed(0)
    start, gradients = torch.randn(2, 5), torch.randn(20, 2, 5)
    beta1, beta2, momentum, warmup = ([0.8, 0.9], [0.98, 0.95], [0.5, 0.95], [10.0, 4.0])

    def value(pair):
        return torch.tensor(pair).repeat_interleave(5) if own else pair[0]

    values = Hyperparameters(
        torch.full((10,), 0.01),
        torch.full((10,), 0.5),
        beta1=value(beta1),
        beta2=value(beta2),
        momentum=value(momentum),
        nesterov=name == "nesterov",
        warmup_steps=value(warmup),
    )
    flat = start.flatten().clone()
    ours = optimizer_of({"nesterov": "sgd"}.get(name, name), flat, values, lambda t: {})
    for gradient in gradients:
        ours.step(gradient.flatten())
    for k in range(2):
        of = k if own else 0
        weight = torch.nn.Parameter(start[k].clone())
        optimizer = theirs([weight], (beta1[of], beta2[of]), momentum[of])
        warm = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t, of=of: min(1.0, (t + 1) / warmup[of]))
        for gradient in gradients:
            weight.grad = gradient[k].clone()
            optimizer.step()
            warm.step()
        torch.testing.assert_close(flat.view(2, 5)[k], weight.data, rtol=1e-5, atol=1e-6)


def test_lion_moves_by_the_sign_of_its_interpolated_momentum():
    """Algorithm 2 of Chen et al., written out for each run by itself."""
    torch.manual_seed(0)
    start, gradients = torch.randn(2, 5), torch.randn(20, 2, 5)
    rates, decays, beta1, beta2 = [1e-2, 3e-3], [0.0, 0.5], 0.9, 0.99
    flat = start.flatten().clone()
    values = Hyperparameters(
        torch.tensor(rates).repeat_interleave(5), torch.tensor(decays).repeat_interleave(5), beta1=beta1, beta2=beta2
    )
    ours = optimizer_of("lion", flat, values, lambda t: {})
    for gradient in gradients:
        ours.step(gradient.flatten())
    for k in range(2):
        weight, momentum = start[k].clone(), torch.zeros(5)
        for gradient in gradients[:, k]:
            direction = torch.sign(beta1 * momentum + (1 - beta1) * gradient)
            momentum = beta2 * momentum + (1 - beta2) * gradient
            weight = weight - rates[k] * (direction + decays[k] * weight)
        torch.testing.assert_close(flat.view(2, 5)[k], weight, rtol=1e-5, atol=1e-6)


def test_orthogonalised_updates_have_singular_values_near_one():
    matrices = torch.randn(3, 6, 20, generator=torch.Generator().manual_seed(0))
    for shape in (matrices, matrices.mT):
        values = torch.linalg.svdvals(orthogonalized(shape))
        assert values.min() > 0.6
        assert values.max() < 1.3


def test_muon_moves_hidden_matrices_along_orthogonal_updates_and_the_rest_as_adamw():
    start = torch.randn(40, generator=torch.Generator().manual_seed(0))
    gradient = torch.randn(40, generator=torch.Generator().manual_seed(1))

    def blocks(flat):
        return {"hidden_weight": flat[:30].view(1, 5, 6), "output_bias": flat[30:].view(1, 10)}

    moved = {}
    for name in ("muon", "adamw"):
        flat = start.clone()
        optimizer = optimizer_of(name, flat, Hyperparameters(torch.full((40,), 0.1), torch.zeros(40)), blocks)
        optimizer.step(gradient)
        moved[name] = (start - flat) / 0.1
        if name == "muon":
            assert isinstance(optimizer, Muon)
    torch.testing.assert_close(moved["muon"][30:], moved["adamw"][30:])
    values = torch.linalg.svdvals(moved["muon"][:30].view(5, 6)) / (0.2 * 6**0.5)
    assert ((values > 0.6) & (values < 1.3)).all()


SHORT = {"budget_step": 120}
STACKS = {
    "transformer, minibatches": [
        {"architecture": "transformer", "modulus": 11, "embedding_dim": 16, "batch_size": 20, "train_fraction": f}
        for f in (0.4, 0.6)
    ],
    "dropout and noise": [
        {"modulus": 11, "embedding_dim": 8, "width": 16, "dropout": d, "embedding_noise": e, "label_noise": n}
        for d, e, n in ((0.2, 0.0, 0.0), (0.0, 0.1, 0.3))
    ],
    "images, mse, augmented": [
        {
            "task_family": "digits",
            "architecture": "mlp",
            "layers": 2,
            "width": 16,
            "loss": "mse",
            "train_samples": 100,
            "batch_size": 25,
            "augmentation": a,
            "init_scale": 3.0,
        }
        for a in (0.0, 0.3)
    ],
    "rates of their own for embeddings": [
        {"modulus": 11, "embedding_dim": 8, "width": 16, "learning_rate": 3e-3, "embedding_learning_rate": rate}
        for rate in (None, 3e-4, 2e-2)
    ],
    "teacher, lion": [
        {
            "task_family": "teacher",
            "architecture": "mlp",
            "dimensions": 8,
            "train_samples": n,
            "width": 16,
            "optimizer": "lion",
            "beta2": 0.99,
            "learning_rate": 1e-3,
            "batch_size": 32,
        }
        for n in (100, 300)
    ],
    "polynomials": [
        {"task_family": "polynomials", "modulus": 11, "embedding_dim": 8, "width": 16, "train_fraction": f}
        for f in (0.4, 0.6)
    ],
    "clusters, rmsprop": [
        {
            "task_family": "clusters",
            "architecture": "mlp",
            "dimensions": 8,
            "train_samples": n,
            "width": 16,
            "optimizer": "rmsprop",
            "learning_rate": 1e-3,
            "batch_size": 32,
        }
        for n in (100, 300)
    ],
    "parity, sgd": [
        {
            "task_family": "parity",
            "architecture": "mlp",
            "bits": 8,
            "train_samples": 200,
            "width": 16,
            "optimizer": "sgd",
            "learning_rate": lr,
        }
        for lr in (0.1, 0.01)
    ],
    "transformer as in papers": [
        {
            "architecture": "transformer",
            "modulus": 11,
            "embedding_dim": 16,
            "layer_norm": False,
            "beta1": b,
            "beta2": 0.98,
            "warmup_steps": w,
        }
        for b, w in ((0.9, 10), (0.8, 0))
    ],
    "nesterov": [
        {"modulus": 11, "embedding_dim": 8, "width": 16, "optimizer": "sgd", "nesterov": True, "momentum": m}
        for m in (0.9, 0.5)
    ],
    "norm held": [
        {"modulus": 11, "embedding_dim": 8, "width": 16, "learning_rate": 1e-2, "init_scale": 2.0, "hold_norm": h}
        for h in (True, False)
    ],
    "clipped": [
        {"modulus": 11, "embedding_dim": 8, "width": 16, "learning_rate": 1e-2, "optimizer": "sgd", "clip_norm": c}
        for c in (0.1, None)
    ],
    "muon, norm pushed up": [
        {"modulus": 11, "embedding_dim": 8, "width": 16, "optimizer": "muon", "norm_penalty": x, "freeze_embedding": f}
        for x, f in ((-1e-3, False), (0.0, True))
    ],
}


@pytest.mark.parametrize("name", STACKS)
def test_any_run_in_a_stack_equals_the_same_run_alone(name):
    configs = [RunConfig(**fields, **SHORT, seed=k) for k, fields in enumerate(STACKS[name])]
    for config, together in zip(configs, train(configs), strict=True):
        alone = train([config])[0].trajectory
        recorded = together.trajectory
        assert set(alone.signals) == set(recorded.signals)
        for signal in recorded.signals:
            torch.testing.assert_close(
                torch.tensor(recorded.signals[signal]),
                torch.tensor(alone.signals[signal]),
                rtol=1e-3,
                atol=1e-5,
                equal_nan=True,
            )


def test_seldom_signals_are_recorded_as_often_in_a_stack_of_other_cadences():
    """Their grid is of each run's own checkpoints: a denser member must not use up what is due to a sparser one."""
    shared = {"modulus": 11, "embedding_dim": 8, "width": 16, "budget_step": 600}
    cadences = ({"checkpoint_every": 150}, {}, {"checkpoints_per_decade": 8})
    configs = [RunConfig(**shared, **c, seed=k) for k, c in enumerate(cadences)]
    for config, together in zip(configs, train(configs), strict=True):
        alone = train([config])[0].trajectory.signals["drc_auc"]
        missing = np.isnan(together.trajectory.signals["drc_auc"])
        assert not (missing & ~np.isnan(alone)).any()


def test_a_frozen_embedding_stays_and_a_negative_penalty_raises_the_norm():
    base = {"modulus": 11, "embedding_dim": 8, "width": 16, "learning_rate": 1e-2, **SHORT}
    frozen = train([RunConfig(**base, freeze_embedding=True)])[0]
    norms = frozen.trajectory.signals["weight_norm_embedding"]
    assert norms.min() == norms.max()
    assert frozen.blocked
    plain, pushed = (
        train([RunConfig(**base, weight_decay=0.0, optimizer="sgd", norm_penalty=x)])[0] for x in (0.0, -0.05)
    )
    last = [r.trajectory.signals["weight_norm"][-1] for r in (plain, pushed)]
    assert last[1] > last[0]


def test_records_every_signal_that_its_network_has():
    fields = {"architecture": "transformer", "modulus": 11, "embedding_dim": 16, "budget_step": 150}
    recorded = set(train([RunConfig(**fields)])[0].trajectory.recorded_names())
    assert {
        "attention_entropy_std",
        "weight_norm_attention",
        "dropout_acc_var",
        "drc_auc",
    } <= recorded
    assert {"circuit_complexity", "landscape_ruggedness", "embedding_cos_structure"} <= recorded
    fields = {"task_family": "digits", "architecture": "mlp", "train_samples": 99, "width": 8}
    image = set(train([RunConfig(**fields, budget_step=150)])[0].trajectory.recorded_names())
    assert not {n for n in image if n.startswith(("embedding", "attention"))}
    assert {"inactive_frac", "weight_entropy", "margin_q10", "representation_entropy"} <= image
