import numpy as np
import pytest

from training_runs import Context, Onset, Trajectory
from training_runs.onset import (
    as_event_time,
    chance_accuracy_of,
    generalization,
    memorization,
    outcome_by,
    rise_step,
    target_accuracy_of,
)
from training_runs.synthetic import synthetic_trajectory


def trajectory(values, **signals):
    return Trajectory(np.arange(1, len(values) + 1) * 10, {"val_acc": values, **signals})


def test_onset_is_the_first_of_three_and_known_at_the_third():
    t = trajectory([0.1, 0.96, 0.2, 0.95, 0.97, 0.99, 0.5])
    assert generalization(t, 0.95) == Onset(40, 60, 70)
    assert generalization(t.prefix(50), 0.95) == Onset(None, None, 50)


def test_one_spike_at_the_end_is_not_an_onset():
    assert generalization(trajectory([0.1, 0.1, 0.1, 1.0]), 0.95).step is None


def test_an_accuracy_at_the_threshold_is_there_in_32_bits_too():
    kept = np.array([0.1, 0.95, 0.95, 0.95], dtype=np.float32).astype(float)
    assert generalization(Trajectory([1, 2, 3, 4], {"val_acc": kept}), 0.95).step == 2


def test_missing_checkpoints_are_passed_over():
    t = trajectory([0.96, None, 0.96, None, 0.97])
    assert generalization(t, 0.95) == Onset(10, 50, 50)


@pytest.mark.parametrize("onset", [500.0, 3000.0, 15_000.0])
def test_finds_the_planted_steps(onset):
    t = synthetic_trajectory(memorized=100, onset=onset)
    assert memorization(t).step == pytest.approx(100, rel=0.1)
    assert generalization(t, 0.95).step == pytest.approx(onset, rel=0.1)
    assert rise_step(t, 0.02, 0.95) < generalization(t, 0.95).step


def test_censoring_is_a_value():
    never = generalization(synthetic_trajectory(onset=None), 0.95)
    assert never == Onset(None, None, 20_000)
    event, time = as_event_time([never, Onset(5, 7, 9)])
    assert event.tolist() == [False, True]
    assert time.tolist() == [20_000, 5]


@pytest.mark.parametrize(
    ("memorized", "onset", "horizon", "expected"),
    [
        (100, 1100, 5000, "comprehension"),  # delay of exactly 1000
        (100, 1101, 5000, "grokking"),
        (None, 50, 5000, "comprehension"),
        (100, 1101, 1100, "memorization"),
        (100, None, 5000, "memorization"),
        (None, None, 5000, "confusion"),
        (300, 400, 200, "confusion"),
    ],
)
def test_outcomes_are_those_of_li_and_sakib(memorized, onset, horizon, expected):
    def seen(step):
        return Onset(step, step, 5000)

    assert outcome_by(horizon, seen(memorized), seen(onset)) == expected


def test_target_depends_on_the_task():
    assert target_accuracy_of(Context()) == 0.95
    assert target_accuracy_of(Context(task_family="MNIST", train_size=1000)) == 0.85
    assert target_accuracy_of(Context(task_family="mnist", train_size=60_000)) == 0.95
    assert target_accuracy_of(Context(task_family="reviews")) == 0.75


def test_chance_is_given_or_derived_or_assumed_with_a_warning():
    t = trajectory([0.3, 0.4])
    assert chance_accuracy_of(Context(chance_accuracy=0.1, classes=4), t) == (0.1, None)
    assert chance_accuracy_of(Context(classes=4), t) == (0.25, None)
    value, warning = chance_accuracy_of(Context(), t)
    assert value == 0.3
    assert "no chance accuracy" in warning
