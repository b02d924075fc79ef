"""A step replayed as a CUDA graph is the step; what judges that is tested without a GPU."""

import math

import pytest
import torch

from training_runs.config import RunConfig
from training_runs.generator.stack import Stack
from training_runs.generator.step_graph import difference
from training_runs.generator.train import train

PAPERS = {"architecture": "transformer", "embedding_dim": 32, "modulus": 23, "beta2": 0.98, "warmup_steps": 10}


def test_a_difference_is_a_share_of_what_has_moved():
    before = torch.zeros(4)
    expected = torch.tensor([1.0, -1.0, 1.0, -1.0])
    assert difference(expected, expected, before) == 0
    assert difference(expected * 1.01, expected, before) == pytest.approx(0.01, rel=1e-4)
    assert difference(before, expected, before) == pytest.approx(1)


def test_diverged_runs_are_left_out_unless_they_diverge_one_way_only():
    before, expected = torch.zeros(3), torch.tensor([1.0, math.nan, 2.0])
    assert difference(expected.clone(), expected, before) == 0
    assert difference(torch.tensor([1.0, 5.0, 2.0]), expected, before) == 1


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize(
    "fields",
    [
        {"batch_size": 64, **PAPERS},
        {"batch_size": 64, "dropout": 0.1, **PAPERS},
        {"optimizer": "sgd", "nesterov": True, "learning_rate": 0.1, "layer_norm": False, **PAPERS},
        {"optimizer": "muon", "modulus": 23, "embedding_dim": 16, "width": 32},
        {"modulus": 23, "embedding_dim": 16, "width": 32, "batch_size": 64},
    ],
)
def test_replayed_steps_equal_steps_launched_one_by_one(fields, recwarn):
    configs = [RunConfig(**fields, seed=k, budget_step=200, early_stop=False) for k in range(4)]
    replayed, launched = Stack(configs, "cuda", None), Stack(configs, "cuda", None)
    start = replayed.flat.clone()
    launched._step = launched._train_on
    for stack in (replayed, launched):
        torch.cuda.manual_seed(0)
        for _ in range(30):
            stack.update()
    assert not [w for w in recwarn if "CUDA graph" in str(w.message)]
    assert difference(replayed.flat, launched.flat, start) < 0.05
    assert all(run.status == "finished" for run in train(configs, "cuda"))
