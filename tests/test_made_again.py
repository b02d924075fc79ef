"""A run that is trained again is compared signal by signal."""

from dataclasses import replace

import numpy as np
import pytest

from training_runs import Run
from training_runs.config import RunConfig
from training_runs.errors import InvalidInput
from training_runs.generator.made_again import TOLERANCE, compared, drawn
from training_runs.generator.train import train
from training_runs.synthetic import synthetic_corpus
from training_runs.trajectory import Trajectory

TINY = RunConfig(modulus=11, embedding_dim=8, width=16, budget_step=150)


@pytest.fixture(scope="module")
def kept() -> Run:
    return train([TINY])[0]


def changed(run: Run, name: str, step: int, factor: float) -> Run:
    """Return a run with one value of a signal times a factor."""
    steps, signals = run.trajectory.steps, run.trajectory.signals
    values = np.where(steps == step, factor * signals[name], signals[name])
    return replace(run, trajectory=Trajectory(steps, {**signals, name: values}))


def test_a_run_made_again_here_comes_back_bit_for_bit_in_every_signal(kept):
    pair = compared(kept, train([TINY])[0])
    assert set(pair.same) == set(kept.trajectory.signals)
    assert (pair.signals, pair.alike_until) == (len(pair.same), 150)
    assert pair.ends_alike


@pytest.mark.parametrize("name", ["train_loss", "val_loss"])
def test_losses_are_alike_until_the_checkpoint_before_they_part(kept, name):
    at = int(kept.trajectory.steps[20])
    before = int(kept.trajectory.steps[19])
    parted = compared(kept, changed(kept, name, at, 1 + 3 * TOLERANCE))
    assert (parted.alike_until, parted.signals - len(parted.same)) == (before, 1)
    rounded = compared(kept, changed(kept, name, at, 1 + TOLERANCE / 3))
    assert (rounded.alike_until, rounded.signals - len(rounded.same)) == (150, 1)


def test_what_storing_rounds_away_is_no_difference(kept):
    assert len(compared(kept, changed(kept, "margin_q50", 100, 1 + 1e-7)).same) == len(kept.trajectory.signals)


def test_another_cadence_is_not_bit_for_bit(kept):
    again = train([replace(TINY, checkpoint_every=50)])[0]
    assert compared(kept, again).same == ()


def test_a_run_that_ends_otherwise_is_not_alike(kept):
    steps = kept.trajectory.steps
    perfect = {name: np.ones(len(steps)) for name in ("train_acc", "val_acc")}
    groks = replace(kept, trajectory=Trajectory(steps, {**kept.trajectory.signals, **perfect}))
    assert compared(groks, groks).ends_alike
    assert not compared(kept, groks).ends_alike


def test_runs_are_drawn_whatever_their_order():
    runs = synthetic_corpus(20)
    runs = [replace(run, config=TINY.as_dict()) for run in runs]
    ids = [run.run_id for run in drawn(runs, 5, 3)]
    assert ids == [run.run_id for run in drawn(runs[::-1], 5, 3)]
    assert ids != [run.run_id for run in drawn(runs, 5, 4)]


def test_runs_without_a_config_cannot_be_drawn():
    runs = [replace(run, config={}) for run in synthetic_corpus(3)]
    with pytest.raises(InvalidInput, match=r"--check is 1; expected at most 0.*recorded elsewhere"):
        drawn(runs, 1, 0)
