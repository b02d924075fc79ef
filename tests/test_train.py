from dataclasses import replace

import numpy as np
import pytest
import torch

from training_runs.config import RunConfig
from training_runs.generator.networks import network_of
from training_runs.generator.optimizers import AdamW, Hyperparameters
from training_runs.generator.probes import weights
from training_runs.generator.record import checkpoint_steps
from training_runs.generator.stack import Stack, generator_of
from training_runs.generator.tasks import make_task
from training_runs.generator.train import train
from training_runs.onset import generalization, memorization

SMALL = RunConfig(modulus=13, embedding_dim=8, width=32, learning_rate=3e-3, budget_step=200)


def vary(**changes):
    return RunConfig(**{**SMALL.as_dict(), **changes})


STACK = [
    SMALL,
    vary(seed=1, train_fraction=0.7, weight_decay=0.0),
    vary(seed=2, operation="mul", learning_rate=1e-3, init_scale=2.0),
    vary(seed=3, operation="random_table", budget_step=50, checkpoint_every=7),
]


def test_a_run_in_a_stack_equals_the_same_run_alone():
    for config, together in zip(STACK, train(STACK), strict=True):
        alone = train([config])[0]
        assert together.run_id == alone.run_id == config.run_id
        np.testing.assert_array_equal(together.trajectory.steps, alone.trajectory.steps)
        for name in (
            "train_loss",
            "val_loss",
            "weight_norm",
            "grad_norm",
            "update_norm",
            "margin_q50",
        ):
            np.testing.assert_allclose(together.trajectory.signals[name], alone.trajectory.signals[name], rtol=1e-4)


def test_what_is_measured_seldom_is_due_to_a_run_as_it_is_alone():
    """At step 120 the even run has passed a point of the grid since 90, the other none since 110."""
    configs = [vary(seed=1, budget_step=150), vary(seed=2, budget_step=150, checkpoint_every=30)]
    assert 120 in checkpoint_steps(configs[0])
    for config, together in zip(configs, train(configs), strict=True):
        alone = train([config])[0]
        np.testing.assert_array_equal(together.trajectory.steps, alone.trajectory.steps)
        for name in ("drc_auc", "landscape_ruggedness"):
            a, b = (run.trajectory.signals[name] for run in (together, alone))
            np.testing.assert_array_equal(np.isnan(a), np.isnan(b))
            np.testing.assert_allclose(a, b, rtol=1e-3)


@pytest.mark.parametrize("noise", [{"dropout": 0.2}, {"embedding_noise": 0.1}])
def test_noise_is_of_a_run_alone_however_much_its_stack_trains_on(noise):
    configs = [vary(**noise), vary(seed=1, train_fraction=0.8, **noise)]
    alone, together = train(configs[:1])[0], train(configs)[0]
    for name in ("train_loss", "val_loss", "weight_norm"):
        np.testing.assert_allclose(together.trajectory.signals[name], alone.trajectory.signals[name], rtol=1e-4)


def test_the_same_config_twice_is_bit_equal():
    a, b = train([SMALL])[0], train([SMALL])[0]
    for name, values in a.trajectory.signals.items():
        np.testing.assert_array_equal(values, b.trajectory.signals[name])


def test_equals_an_ordinary_pytorch_loop():
    """The stack, the shortcut of the first layer and the optimiser against nn.Module, concatenation and torch.optim."""
    config = vary(weight_decay=0.7)
    recorded = train([config])[0].trajectory
    p, d = config.modulus, config.embedding_dim
    task = make_task(config, generator_of(config, "data"))
    initial = network_of(config).initial(config, generator_of(config, "weights"))
    embedding = torch.nn.Embedding(p, d)
    hidden, output = torch.nn.Linear(2 * d, config.width), torch.nn.Linear(config.width, p)
    with torch.no_grad():
        embedding.weight.copy_(initial["embedding"])
        hidden.weight.copy_(torch.cat([initial["hidden_left"], initial["hidden_right"]]).T)
        hidden.bias.copy_(initial["hidden_bias"])
        output.weight.copy_(initial["output_weight"].T)
        output.bias.copy_(initial["output_bias"])
    modules = torch.nn.ModuleList([embedding, hidden, output])
    optimizer = torch.optim.AdamW(modules.parameters(), lr=3e-3, weight_decay=0.7)
    pairs = torch.cartesian_prod(torch.arange(p), torch.arange(p))

    def loss(rows):
        logits = output(torch.relu(hidden(embedding(pairs[rows]).flatten(1))))
        return torch.nn.functional.cross_entropy(logits, task.labels[rows])

    for step in range(1, 101):
        optimizer.zero_grad()
        loss(task.train).backward()
        optimizer.step()
        if step in (1, 10, 100):
            at = list(recorded.steps).index(step)
            assert loss(task.train).item() == pytest.approx(recorded.signals["train_loss"][at], rel=1e-4)
            norm = sum(w.square().sum() for w in modules.parameters()).sqrt().item()
            assert norm == pytest.approx(recorded.signals["weight_norm"][at], rel=1e-5)


def test_adamw_equals_torch_with_its_own_rates():
    torch.manual_seed(0)
    start, gradients = torch.randn(2, 5), torch.randn(20, 2, 5)
    rates, decays = torch.tensor([1e-2, 3e-3]), torch.tensor([0.0, 0.5])
    flat = start.flatten().clone()
    ours = AdamW(flat, Hyperparameters(rates.repeat_interleave(5), decays.repeat_interleave(5)))
    for gradient in gradients:
        ours.step(gradient.flatten())
    for k in range(2):
        weight = torch.nn.Parameter(start[k].clone())
        theirs = torch.optim.AdamW([weight], lr=float(rates[k]), weight_decay=float(decays[k]), betas=(0.9, 0.999))
        for gradient in gradients:
            weight.grad = gradient[k].clone()
            theirs.step()
        torch.testing.assert_close(flat.view(2, 5)[k], weight.data, rtol=1e-5, atol=1e-7)


def test_an_embedding_has_the_rate_that_is_its_own():
    """The first update of AdamW without decay is as large as the rate, whatever the gradient."""
    config = vary(weight_decay=0.0, embedding_learning_rate=1e-4, budget_step=1)
    stack = Stack([config], "cpu", None)
    before = {name: values.detach().clone() for name, values in stack.parameters.items()}
    stack.update()
    moved = {name: (values - before[name]).abs().max().item() for name, values in stack.parameters.items()}
    assert moved.pop("embedding") == pytest.approx(1e-4, rel=1e-2)
    assert list(moved.values()) == pytest.approx([3e-3] * len(moved), rel=1e-2)


def test_a_norm_that_is_held_stays_while_the_loss_falls():
    signals = train([vary(hold_norm=True, init_scale=2.0), vary(seed=1)])[0].trajectory.signals
    assert np.ptp(signals["weight_norm"]) < 1e-4 * signals["weight_norm"][0]
    initial = network_of(SMALL).initial(vary(init_scale=2.0), generator_of(SMALL, "weights"))
    whole = torch.cat([values.flatten() for values in initial.values()])
    assert signals["weight_norm"][0] == pytest.approx(whole.norm().item(), rel=1e-4)
    assert signals["train_loss"][-1] < 0.5 * signals["train_loss"][0]


def test_a_long_gradient_is_scaled_back_as_by_torch():
    """Plain SGD moves by the rate times the gradient."""
    limits = (0.05, 1e3, None)
    stack = Stack(
        [vary(optimizer="sgd", learning_rate=1.0, momentum=0.0, weight_decay=0.0, clip_norm=c) for c in limits],
        "cpu",
        None,
    )
    before = stack.flat.clone()
    stack.update()
    gradients = [g.flatten(1) for g in stack.blocks(before - stack.flat).values()]
    clipped, *whole = torch.cat(gradients, 1)
    weight = torch.nn.Parameter(torch.zeros_like(clipped))
    weight.grad = whole[0].clone()
    assert weight.grad.norm() > limits[0]
    torch.nn.utils.clip_grad_norm_([weight], limits[0])
    torch.testing.assert_close(clipped, weight.grad, rtol=1e-3, atol=1e-6)
    torch.testing.assert_close(whole[0], whole[1])


def test_memorises_a_random_table_without_generalising():
    run = train([vary(operation="random_table", budget_step=1500, weight_decay=0.0)])[0]
    assert run.blocked
    assert memorization(run.trajectory).step is not None
    assert generalization(run.trajectory, 0.5).step is None


def test_generalises_on_addition_and_stops_early():
    """Truth on a real run: enough data and weight decay, so addition modulo 23 is learnt, not only memorised."""
    config = vary(train_fraction=0.9, width=64, weight_decay=2.0, learning_rate=5e-3, budget_step=6000)
    run = train([config])[0]
    assert generalization(run.trajectory, 0.95).step is not None
    assert run.status == "stopped_early"
    assert run.trajectory.observed_until < config.budget_step


def test_divergence_is_recorded_not_dropped():
    run = train([vary(learning_rate=1e12)])[0]
    assert run.status == "diverged"


def test_checkpoints_are_log_spaced_or_regular_and_end_at_the_budget():
    steps = checkpoint_steps(vary(budget_step=10_000))
    assert steps[0] == 1
    assert steps[-1] == 10_000
    assert sum(1000 <= s < 10_000 for s in steps) == 25
    regular = checkpoint_steps(vary(budget_step=1000, checkpoint_every=300))
    assert regular == [1, 300, 600, 900, 1000]


def test_a_stack_has_one_shape():
    with pytest.raises(ValueError, match="one shape"):
        train([SMALL, vary(width=64)])


def test_a_run_with_less_than_a_batch_trains_on_all_of_it_in_every_stack():
    few, many = vary(batch_size=100, train_fraction=0.3), vary(batch_size=100, train_fraction=0.9)
    assert few.train_size < 100 < many.train_size
    assert few.shape == replace(few, batch_size=None).shape != many.shape


def test_norms_of_groups_add_up():
    parameters = {"hidden_left": torch.ones(2, 3, 4), "hidden_right": torch.ones(2, 4), "output": torch.zeros(2, 1)}
    assert weights.norm(weights.of_group(parameters, "hidden")).tolist() == [4.0, 4.0]
    assert weights.norm(parameters).tolist() == [4.0, 4.0]


def test_onset_of_a_stack_matches_alone():
    configs = [
        vary(
            modulus=23,
            embedding_dim=16,
            train_fraction=0.8,
            width=64,
            weight_decay=1.0,
            learning_rate=5e-3,
            budget_step=3000,
            seed=s,
        )
        for s in range(2)
    ]
    for config, together in zip(configs, train(configs), strict=True):
        alone = generalization(train([config])[0].trajectory, 0.95)
        onset = generalization(together.trajectory, 0.95)
        assert onset.step == pytest.approx(alone.step, rel=0.1)
