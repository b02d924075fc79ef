"""Probe settings are of how a run is looked at, and a run that is asked to stores what the papers' figures are drawn from."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from training_runs import archive
from training_runs.config import RunConfig
from training_runs.generator.measure import StackCheckpoint, cheap_signals
from training_runs.generator.probes.figure_arrays import BINS, figure_arrays, histogram
from training_runs.generator.samples import probe_rows
from training_runs.generator.stack import Stack
from training_runs.generator.train import train

SMALL = RunConfig(modulus=13, embedding_dim=8, width=32, learning_rate=3e-3, budget_step=200)
LOOKED_AT = {"probe_passes": 20, "probe_samples": 40, "probe_split": "train", "probe_every": 50, "probe_arrays": True}


@pytest.fixture(scope="module")
def runs():
    return [train([config])[0] for config in (SMALL, replace(SMALL, **LOOKED_AT))]


def test_probe_settings_change_what_is_measured_and_not_what_is_trained(runs):
    usual, other = runs
    assert other.configuration_id == usual.configuration_id
    assert other.run_id != usual.run_id
    np.testing.assert_array_equal(other.trajectory.signals["val_loss"], usual.trajectory.signals["val_loss"])
    for name in ("dropout_acc_var", "inactive_frac", "logit_scale"):
        assert not np.array_equal(other.trajectory.signals[name], usual.trajectory.signals[name], equal_nan=True)
    assert other.trajectory.recorded("landscape_ruggedness")[0].tolist() == [52, 100, 158, 200]
    assert not usual.arrays


def test_hidden_units_are_read_on_the_split_that_is_named():
    for split in ("train", "val"):
        stack = Stack([replace(SMALL, probe_split=split, probe_samples=40)], "cpu", None)
        samples = getattr(stack, split).inputs[:, :40]
        expected = (stack.forward(stack.parameters, samples).hidden <= 0).float().mean()
        found = cheap_signals(stack, stack.flat.clone())["inactive_frac"]
        assert found.item() == pytest.approx(expected.item(), abs=1e-6)


def test_as_many_samples_are_there_as_are_read():
    config = RunConfig(batch_size=16, probe_samples=700)
    rows = torch.arange(1000)
    assert len(probe_rows(rows, config, torch.Generator())) == 700
    assert len(probe_rows(rows, replace(config, probe_samples=256), torch.Generator())) == 512


@torch.no_grad()
def test_arrays_are_those_of_each_run():
    stack = Stack([replace(SMALL, seed=k) for k in range(2)], "cpu", None)
    arrays = figure_arrays(StackCheckpoint(stack, 1))
    for k, found in enumerate(arrays):
        table = stack.parameters["embedding"][k].numpy()
        a, b = table[2], table[5]
        cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        assert found["cosine_matrix"][2][5] == pytest.approx(cosine, rel=1e-3)
        assert sum(found["embedding"]["counts"]) == table.size
        assert found["embedding"]["limit"] == pytest.approx(np.abs(table).max())
        assert sum(found["hidden"]["counts"]) == 2 * 8 * 32
        middle = len(found["contour"]) // 2
        loss = cheap_signals(stack, stack.flat.clone())["train_loss"][k].item()
        assert found["contour"][middle][middle] == pytest.approx(loss, rel=0.05)  # of some samples
        assert len(found["robustness_curve"]) == 10
    assert arrays[0] != arrays[1]


def test_a_histogram_has_its_middle_bin_at_0():
    found = histogram(torch.tensor([0.0, 0.001, -1.0, 0.5]))
    assert (found["limit"], len(found["counts"]), found["counts"][BINS // 2]) == (1.0, BINS, 2)
    assert (found["counts"][0], sum(found["counts"])) == (1, 4)


def test_arrays_are_stored_with_their_run(runs, tmp_path):
    archive.append(tmp_path, runs)
    usual, other = archive.read(tmp_path)
    assert list(usual.arrays) == []
    assert list(other.arrays) == list(runs[1].arrays)
    assert [at["step"] for at in other.arrays] == [52, 100, 158, 200]
