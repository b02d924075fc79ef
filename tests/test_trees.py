"""Trees evaluated without LightGBM, against LightGBM."""

from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from predictor.hazard.time_bins import CENTRES
from predictor.hazard.trees.evaluate import Trees
from predictor.hazard.trees.lightgbm_format import TreeText
from predictor.store import SHIPPED

BOOSTERS = sorted(SHIPPED.glob("*/booster-*.txt"))
GRID = np.array([-1.0, 0.0, 0.3, 2.0])
QUIET = {"verbose": -1, "num_threads": 1, "min_data_in_leaf": 2, "deterministic": True}


def fitted(n_trees: int = 8, n_rows: int = 400, seed: int = 0, **parameters: object) -> lgb.Booster:
    """A booster of four columns with gaps and zeros, the last of them on the grid."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n_rows, 4)).round(1)
    rows[:, 3] = rng.choice(GRID, n_rows)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    label = np.nan_to_num(rows[:, 0] * rows[:, 3] + np.abs(rows[:, 1])) + rng.normal(size=n_rows)
    return lgb.train({**QUIET, **parameters}, lgb.Dataset(rows, label), n_trees)


def asked(rows: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Each row at each point, as LightGBM is asked."""
    return np.column_stack([np.repeat(rows, len(grid), axis=0), np.tile(grid, len(rows))])


def by_lightgbm(booster: lgb.Booster, rows: np.ndarray, grid: np.ndarray) -> np.ndarray:
    raw = booster.predict(asked(rows, grid), raw_score=True, num_threads=1)
    return np.asarray(raw).reshape(len(rows), len(grid))


def difficult_rows(text: TreeText, n: int = 60, seed: int = 0) -> np.ndarray:
    """Rows of thresholds, of their neighbours, of zeros of either sign, of huge values, and of nothing."""
    rng = np.random.default_rng(seed)
    at = rng.choice([*text.threshold, 0.0], size=(n, len(text.names) - 1))
    for column in range(at.shape[1]):
        own = text.threshold[text.column == column]
        if len(own):
            at[:, column] = rng.choice(own, n)
    kinds = [at, np.nextafter(at, np.inf), np.nextafter(at, -np.inf), rng.normal(size=at.shape)]
    kinds += [np.full(at.shape, v) for v in (0.0, -0.0, 1e-36, 1e300, -1e300, np.nan)]
    return np.choose(rng.integers(len(kinds), size=at.shape), kinds)


def contributions(trees: Trees, rows: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.array([trees.contributions(trees.leaves(r), k) for r, k in zip(rows, points, strict=True)])


def test_the_shipped_boosters_answer_as_with_lightgbm():
    texts = [TreeText.read(file.read_text()) for file in BOOSTERS]
    rows = difficult_rows(texts[0])
    expected = sum(by_lightgbm(lgb.Booster(model_file=str(f)), rows, CENTRES) for f in BOOSTERS)
    np.testing.assert_allclose(Trees(texts, CENTRES).sums(rows), expected, rtol=0, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    num_leaves=st.sampled_from([2, 15, 16, 17, 33, 64]),
    use_missing=st.booleans(),
    zero_as_missing=st.booleans(),
)
def test_any_booster_answers_as_with_lightgbm(seed, num_leaves, use_missing, zero_as_missing):
    booster = fitted(seed=seed, num_leaves=num_leaves, use_missing=use_missing, zero_as_missing=zero_as_missing)
    text = TreeText.read(booster.model_to_string())
    rows = difficult_rows(text, seed=seed)
    sums = Trees([text], GRID).sums(rows)
    np.testing.assert_allclose(sums, by_lightgbm(booster, rows, GRID), rtol=0, atol=1e-9)


def test_trees_of_one_leaf_are_a_constant():
    booster = lgb.train(QUIET, lgb.Dataset(np.zeros((50, 3)), np.full(50, 2.5)), 2)
    text = TreeText.read(booster.model_to_string())
    rows = np.zeros((2, 2))
    trees = Trees([text], GRID)
    np.testing.assert_allclose(trees.sums(rows), by_lightgbm(booster, rows, GRID))
    assert not contributions(trees, rows, np.array([0, 1])).any()


def test_an_answer_does_not_depend_on_its_company():
    trees = Trees([TreeText.read(file.read_text()) for file in BOOSTERS], CENTRES)
    rows = difficult_rows(TreeText.read(BOOSTERS[0].read_text()), n=20)
    alone = [trees.sums(row[None])[0] for row in rows]
    np.testing.assert_array_equal(trees.sums(rows), alone)


def test_contributions_add_up_to_the_distance_from_the_mean():
    booster = fitted(num_leaves=9)
    text = TreeText.read(booster.model_to_string())
    trees, rows = Trees([text], GRID), difficult_rows(text)
    points = np.arange(len(rows)) % len(GRID)
    moved = contributions(trees, rows, points).sum(1)
    base = trees.sums(rows)[np.arange(len(rows)), points] - moved
    first = np.cumsum(text.n_leaves) - text.n_leaves
    mean = np.add.reduceat(text.value * text.count, first) / np.add.reduceat(text.count, first)
    np.testing.assert_allclose(base, mean.sum(), atol=1e-9)


def test_a_contribution_is_what_its_test_moved():
    """One tree of two tests: the first column, and on its right the second."""
    rows = np.array([[x, y, 0.0] for x in (0, 1) for y in (0, 1) for _ in range(50)], dtype=float)
    label = np.where(rows[:, 0] == 0, 0.0, np.where(rows[:, 1] == 0, 2.0, 6.0))
    parameters = {**QUIET, "num_leaves": 3, "learning_rate": 1.0, "boost_from_average": False}
    text = TreeText.read(lgb.train(parameters, lgb.Dataset(rows, label), 1).model_to_string())
    rows = np.array([[0, 1], [1, 1.0]])
    moved = contributions(Trees([text], np.zeros(1)), rows, np.array([0, 0]))
    np.testing.assert_allclose(moved, [[-2, 0, 0], [2, 2, 0]], atol=1e-6)


def test_gains_are_those_of_lightgbm():
    booster = fitted()
    gains = TreeText.read(booster.model_to_string()).gains()
    np.testing.assert_allclose(gains, booster.feature_importance("gain"), rtol=1e-4)


def test_what_cannot_be_read_is_refused_with_the_reason():
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.integers(4, size=200), rng.normal(size=(200, 3))])
    label = (rows[:, 0] == 2) + rows[:, 1]
    data = lgb.Dataset(rows, label, categorical_feature=[0], free_raw_data=False)
    with pytest.raises(ValueError, match="split on categories"):
        TreeText.read(lgb.train({**QUIET, "min_data_per_group": 2}, data, 3).model_to_string())
    with pytest.raises(ValueError, match="linear models"):
        TreeText.read(fitted(linear_tree=True).model_to_string())
    classes = {**QUIET, "objective": "multiclass", "num_class": 4}
    booster = lgb.train(classes, lgb.Dataset(rows[:, 1:], rows[:, 0]), 2)
    with pytest.raises(ValueError, match="not one sum"):
        TreeText.read(booster.model_to_string())
    forest = {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}
    with pytest.raises(ValueError, match="not one sum"):
        TreeText.read(fitted(**forest).model_to_string())
    large = TreeText.read(fitted(num_leaves=90).model_to_string())
    with pytest.raises(ValueError, match="at most 64"):
        Trees([large], GRID)


@pytest.mark.parametrize("text", ["", "tree\n", "Tree=0\nnum_leaves=3\n"])
def test_what_is_no_model_is_refused(text):
    with pytest.raises(ValueError, match="whole trees"):
        TreeText.read(text)


def test_a_tree_that_does_not_hang_together_is_refused():
    text = fitted(num_leaves=4, n_trees=1).model_to_string()
    (line,) = (x for x in text.splitlines() if x.startswith("left_child="))
    with pytest.raises(ValueError, match="to each of its leaves once|out of order"):
        Trees([TreeText.read(text.replace(line, "left_child=-1 -1 -1"))], GRID)


def test_a_model_is_kept_as_it_was_written(tmp_path: Path):
    booster = fitted()
    booster.save_model(str(tmp_path / "booster.txt"))
    assert TreeText.read(booster.model_to_string()).text == (tmp_path / "booster.txt").read_text()
