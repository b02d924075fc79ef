import numpy as np
import pytest
from hypothesis import given, strategies as st

from training_runs import InvalidInput, Trajectory
from training_runs.synthetic import synthetic_trajectory

STEPS = [0, 10, 25]


@pytest.mark.parametrize(
    ("steps", "signals", "words"),
    [
        ([], {}, "at least one step"),
        ([0, 10, 10], {}, "history.step[2] is 10; expected more than history.step[1]"),
        ([0, 1.5, 2], {}, "history.step[1] is 1.5; expected a whole number"),
        ([-1, 1], {}, "history.step[0] is -1"),
        (STEPS, {"val_acc": [0.1, 0.2]}, "'2 values'; expected 3, one for each step"),
        (STEPS, {"val_acc": [0.1, 0.2, np.inf]}, "history.val_acc[2] is inf"),
        (STEPS, {"val_acc": [1.0, 55.0, 99.2]}, "look like percent: divide them by 100"),
        (STEPS, {"val_acc": [-0.5, 0.0, 0.1]}, "history.val_acc[0] is -0.5; expected a number in [0, 1]"),
        (STEPS, {"weight_norm": [1, -1, 1]}, "expected a number >= 0"),
        (STEPS, {"valacc": [0, 0, 0]}, "a known signal"),
        (STEPS, {"val_acc": ["a", "b", "c"]}, "expected a list of numbers"),
        (STEPS, {"val_acc": [[0], [0], [0]]}, "flat list"),
    ],
)
def test_refuses_and_says_what_is_wrong(steps, signals, words):
    with pytest.raises(InvalidInput) as caught:
        Trajectory(steps, signals)
    assert words in str(caught.value)


def test_none_is_missing_and_rounding_above_one_is_forgiven():
    t = Trajectory(STEPS, {"val_acc": [None, 0.5, 1 + 1e-9]})
    assert np.isnan(t.signals["val_acc"][0])
    assert t.signals["val_acc"][2] == 1.0
    assert t.recorded("val_acc")[0].tolist() == [10, 25]


def test_is_read_only():
    t = Trajectory(STEPS, {"val_acc": [0, 0, 0]})
    with pytest.raises(ValueError, match="read-only"):
        t.signals["val_acc"][0] = 1
    with pytest.raises(ValueError, match="read-only"):
        t.prefix(10).steps[0] = 1


@given(st.integers(0, 25_000))
def test_a_prefix_no_longer_holds_the_future(landmark):
    whole = synthetic_trajectory()
    prefix = whole.prefix(landmark)
    assert (prefix.steps <= landmark).all()
    assert len(prefix) == (whole.steps <= landmark).sum()
    for name, values in prefix.signals.items():
        assert values.base is None  # not a view of the whole
        np.testing.assert_array_equal(values, whole.signals[name][: len(prefix)])


def test_a_step_that_json_does_not_carry_exactly_is_refused_as_that() -> None:
    with pytest.raises(InvalidInput, match=r"history.step\[1\] is 9007199254740992; expected .*below 2\^53"):
        Trajectory([0, 2**53], {"val_acc": [0, 0]})
