"""Extrapolated learning curves: planted curves of each family are found again, and no history breaks anything."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from predictor.benchmark.baselines.learning_curves import FAMILIES, extrapolate, extrapolate_loss
from training_runs import Trajectory

STEPS = np.unique(np.round(np.geomspace(1, 100_000, 120)))
# Shapes that are well on their way at the landmark; what a family cannot know is not asked.
PLANTED = {"pow4": (300.0, 1.2), "Weibull": (1500.0, 1.5), "MMF": (1200.0, 2.5), "ilog2": (0.5, 1.0)}


def planted(name: str, end: float, height: float) -> np.ndarray:
    time, power = (np.array(v) for v in PLANTED[name])
    return np.asarray(end - height * FAMILIES[name].shape(STEPS, time, power))


@pytest.mark.parametrize("name", FAMILIES)
def test_shapes_fall_from_one_and_have_inverses(name: str) -> None:
    time, power = (np.array(v) for v in PLANTED[name])
    shape = FAMILIES[name].shape(STEPS, time, power)
    assert (np.diff(shape) < 0).all() or name == "Weibull"  # which reaches 0 within rounding
    assert 0 <= shape[-1] < shape[0] <= 1
    visible = shape > 1e-9
    np.testing.assert_allclose(FAMILIES[name].inverse(shape[visible], time, power), STEPS[visible], rtol=1e-6)


@pytest.mark.parametrize("name", ["pow4", "Weibull", "MMF"])
def test_a_planted_curve_is_extrapolated_to_its_target(name: str) -> None:
    accuracy = planted(name, 0.99, 0.97)
    truth = float(np.interp(0.9, accuracy, STEPS))
    half, most = (
        extrapolate(Trajectory(STEPS, {"val_acc": accuracy}).prefix(int(truth * share)), 0.9, 100_000)
        for share in (0.5, 0.8)
    )
    assert 0.6 < half[0] < most[0]  # half way there it might still end lower
    assert most[0] > 0.75
    assert abs(math.log10(half[1] / truth)) < 0.06
    assert abs(math.log10(most[1] / truth)) < 0.02


def test_a_curve_that_ends_below_the_target_never_passes_it() -> None:
    history = Trajectory(STEPS, {"val_acc": planted("MMF", 0.6, 0.58)}).prefix(20_000)
    assert extrapolate(history, 0.95, 100_000)[0] < 0.05


def test_noise_does_not_hide_a_planted_curve() -> None:
    noise = np.random.default_rng(0).normal(0, 0.01, len(STEPS))
    accuracy = np.clip(planted("MMF", 0.99, 0.97) + noise, 0, 1)
    probability, median = extrapolate(Trajectory(STEPS, {"val_acc": accuracy}).prefix(2000), 0.9, 100_000)
    truth = float(np.interp(0.9, planted("MMF", 0.99, 0.97), STEPS))
    assert probability > 0.6
    assert abs(math.log10(median / truth)) < 0.1


def test_longer_horizons_are_never_less_probable() -> None:
    history = Trajectory(STEPS, {"val_acc": planted("Weibull", 0.98, 0.96)}).prefix(900)
    probabilities = [extrapolate(history, 0.95, h)[0] for h in (1000, 2000, 5000, 20_000)]
    # The grid of shapes reaches as far as the horizon asks: equal up to that grid.
    assert all(b >= a - 0.02 for a, b in zip(probabilities, probabilities[1:], strict=False))


def test_an_onset_in_the_history_is_the_answer() -> None:
    history = Trajectory([1, 10, 20, 30, 40], {"val_acc": [0, 0, 1, 1, 1]})
    assert extrapolate(history, 0.95, 1000) == (1.0, 20.0)
    assert extrapolate(history, 0.95, 15) == (0.0, 20.0)


def test_a_power_law_of_the_loss_is_extrapolated() -> None:
    """4 (1 + t/100)^-0.7 after a rise to 4 from 2: a tenth of the first value is passed at t = 100 (20^(1/0.7) - 1)."""
    loss = np.where(STEPS < 50, 2 + 2 * STEPS / 50, 4 * (1 + (STEPS - 50) / 100) ** -0.7)
    history = Trajectory(STEPS, {"val_loss": loss}).prefix(2000)
    truth = 50 + 100 * (20 ** (1 / 0.7) - 1)
    probability, median = extrapolate_loss(history, 0.1, 100_000)
    assert probability > 0.8
    assert abs(math.log10(median / truth)) < 0.1
    assert extrapolate_loss(history, 0.1, 3000)[0] < 0.2


def test_a_rising_loss_is_extrapolated_to_nothing() -> None:
    history = Trajectory([1, 10, 100, 1000], {"val_loss": [1, 2, 3, 4]})
    assert extrapolate_loss(history, 0.1, 100_000) == (0.0, 100_000.0)


def test_without_a_curve_there_is_no_answer() -> None:
    history = Trajectory([1, 2, 3], {"val_acc": [0.1, None, 0.2], "val_loss": [None, None, 1]})
    assert all(math.isnan(v) for v in extrapolate(history, 0.9, 100))
    assert all(math.isnan(v) for v in extrapolate_loss(history, 0.1, 100))


@st.composite
def histories(draw: st.DrawFn) -> Trajectory:
    steps = draw(st.lists(st.integers(0, 2**40), min_size=1, max_size=30, unique=True))
    n = len(steps)
    accuracy = st.one_of(st.none(), st.floats(0, 1))
    loss = st.one_of(st.none(), st.floats(0, 1e12))
    signals: dict[str, Any] = {
        "val_acc": draw(st.lists(accuracy, min_size=n, max_size=n)),
        "val_loss": draw(st.lists(loss, min_size=n, max_size=n)),
    }
    return Trajectory(sorted(steps), signals)


@settings(max_examples=150, deadline=None)
@given(histories(), st.floats(0, 1), st.integers(0, 2**53))
def test_no_history_breaks_it(history: Trajectory, target: float, horizon: int) -> None:
    for probability, median in (
        extrapolate(history, target, horizon),
        extrapolate_loss(history, target, horizon),
    ):
        assert math.isnan(probability) == math.isnan(median)
        assert math.isnan(probability) or (0 <= probability <= 1 and 0 <= median < math.inf)
