"""Trees evaluated without LightGBM, against LightGBM."""

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from predictor.forecaster import OnsetForecaster
from predictor.hazard.time_bins import CENTRES
from predictor.hazard.trees.boosted_trees import BoostedTrees
from predictor.hazard.trees.evaluate import TreeSum
from predictor.hazard.trees.lightgbm_format import read_trees

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


def difficult_rows(trees: BoostedTrees, n: int = 60, seed: int = 0) -> np.ndarray:
    """Rows of thresholds, of their neighbours, of zeros of either sign, of huge values, and of nothing."""
    rng = np.random.default_rng(seed)
    at = rng.choice([*trees.threshold, 0.0], size=(n, trees.n_columns - 1))
    for column in range(at.shape[1]):
        own = trees.threshold[trees.column == column]
        if len(own):
            at[:, column] = rng.choice(own, n)
    kinds = [at, np.nextafter(at, np.inf), np.nextafter(at, -np.inf), rng.normal(size=at.shape)]
    kinds += [np.full(at.shape, v) for v in (0.0, -0.0, 1e-36, 1e300, -1e300, np.nan)]
    return np.choose(rng.integers(len(kinds), size=at.shape), kinds)


def contributions(trees: TreeSum, rows: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.array([trees.contributions(trees.leaves(r), k) for r, k in zip(rows, points, strict=True)])


def as_lightgbm_writes(trees: BoostedTrees) -> str:
    """Trees in LightGBM's text format, so that LightGBM can evaluate what was stored as arrays."""
    names = " ".join(f"c{k}" for k in range(trees.n_columns))
    head = f"tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx={trees.n_columns - 1}\n"
    blocks = [
        head + f"objective=regression\nfeature_names={names}\nfeature_infos={' '.join(['none'] * trees.n_columns)}\n"
    ]
    ends = np.cumsum(trees.n_leaves)
    for k, (end, n) in enumerate(zip(ends, trees.n_leaves, strict=True)):
        leaves, nodes = slice(end - n, end), slice(end - n - k, end - k - 1)
        lines = {
            "num_leaves": [n],
            "num_cat": [0],
            "split_feature": trees.column[nodes],
            "split_gain": np.zeros(n - 1),
            "threshold": trees.threshold[nodes],
            "decision_type": trees.decision[nodes],
            "left_child": trees.left[nodes],
            "right_child": trees.right[nodes],
            "leaf_value": trees.value[leaves],
            "leaf_weight": trees.count[leaves],
            "leaf_count": trees.count[leaves].astype(int),
            "internal_value": np.zeros(n - 1),
            "internal_weight": np.zeros(n - 1),
            "internal_count": np.zeros(n - 1, dtype=int),
            "is_linear": [0],
            "shrinkage": [1],
        }
        text = "\n".join(
            f"{key}={' '.join(repr(v.item()) if hasattr(v, 'item') else str(v) for v in values)}"
            for key, values in lines.items()
        )
        blocks.append(f"Tree={k}\n{text}\n\n")
    return "\n".join([*blocks, "end of trees\n"])


def test_the_shipped_trees_answer_as_with_lightgbm(shipped: OnsetForecaster):
    for model in (shipped.hazard.full_model, shipped.hazard.context_model):
        parts = [learner.boosted for learner in model.learners]
        rows = difficult_rows(parts[0])
        boosters = [lgb.Booster(model_str=as_lightgbm_writes(part)) for part in parts]
        expected = sum(by_lightgbm(booster, rows, CENTRES) for booster in boosters)
        np.testing.assert_allclose(model.trees.sums(rows), expected, rtol=0, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    num_leaves=st.sampled_from([2, 15, 16, 17, 33, 64]),
    use_missing=st.booleans(),
    zero_as_missing=st.booleans(),
)
def test_any_booster_answers_as_with_lightgbm(seed, num_leaves, use_missing, zero_as_missing):
    booster = fitted(seed=seed, num_leaves=num_leaves, use_missing=use_missing, zero_as_missing=zero_as_missing)
    trees = read_trees(booster.model_to_string())
    rows = difficult_rows(trees, seed=seed)
    sums = TreeSum(trees, GRID).sums(rows)
    np.testing.assert_allclose(sums, by_lightgbm(booster, rows, GRID), rtol=0, atol=1e-9)


def test_trees_of_one_leaf_are_a_constant():
    booster = lgb.train(QUIET, lgb.Dataset(np.zeros((50, 3)), np.full(50, 2.5)), 2)
    rows = np.zeros((2, 2))
    trees = TreeSum(read_trees(booster.model_to_string()), GRID)
    np.testing.assert_allclose(trees.sums(rows), by_lightgbm(booster, rows, GRID))
    assert not contributions(trees, rows, np.array([0, 1])).any()


def test_an_answer_does_not_depend_on_the_other_rows(shipped: OnsetForecaster):
    trees = shipped.hazard.full_model.trees
    rows = difficult_rows(shipped.hazard.full_model.learners[0].boosted, n=20)
    alone = [trees.sums(row[None])[0] for row in rows]
    np.testing.assert_array_equal(trees.sums(rows), alone)


@pytest.mark.parametrize("num_leaves", [9, 64])
def test_contributions_add_up_to_the_distance_from_the_mean(num_leaves):
    booster = fitted(num_leaves=num_leaves)
    boosted = read_trees(booster.model_to_string())
    trees, rows = TreeSum(boosted, GRID), difficult_rows(boosted)
    points = np.arange(len(rows)) % len(GRID)
    moved = contributions(trees, rows, points).sum(1)
    base = trees.sums(rows)[np.arange(len(rows)), points] - moved
    first = np.cumsum(boosted.n_leaves) - boosted.n_leaves
    mean = np.add.reduceat(boosted.value * boosted.count, first) / np.add.reduceat(boosted.count, first)
    np.testing.assert_allclose(base, mean.sum(), atol=1e-9)
    assert (trees.moves.further > 0).any() == (num_leaves == 64)  # ways of more than one block


def test_a_contribution_is_what_its_test_moved():
    """One tree of two tests: the first column, and on its right the second."""
    rows = np.array([[x, y, 0.0] for x in (0, 1) for y in (0, 1) for _ in range(50)], dtype=float)
    label = np.where(rows[:, 0] == 0, 0.0, np.where(rows[:, 1] == 0, 2.0, 6.0))
    parameters = {**QUIET, "num_leaves": 3, "learning_rate": 1.0, "boost_from_average": False}
    boosted = read_trees(lgb.train(parameters, lgb.Dataset(rows, label), 1).model_to_string())
    rows = np.array([[0, 1], [1, 1.0]])
    moved = contributions(TreeSum(boosted, np.zeros(1)), rows, np.array([0, 0]))
    np.testing.assert_allclose(moved, [[-2, 0, 0], [2, 2, 0]], atol=1e-6)


def test_gains_are_those_of_lightgbm():
    booster = fitted()
    gain = read_trees(booster.model_to_string()).gain
    np.testing.assert_allclose(gain, booster.feature_importance("gain"), rtol=1e-4)


def test_what_cannot_be_read_is_refused_with_the_reason():
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.integers(4, size=200), rng.normal(size=(200, 3))])
    label = (rows[:, 0] == 2) + rows[:, 1]
    data = lgb.Dataset(rows, label, categorical_feature=[0], free_raw_data=False)
    with pytest.raises(ValueError, match="split on categories"):
        read_trees(lgb.train({**QUIET, "min_data_per_group": 2}, data, 3).model_to_string())
    with pytest.raises(ValueError, match="linear models"):
        read_trees(fitted(linear_tree=True).model_to_string())
    classes = {**QUIET, "objective": "multiclass", "num_class": 4}
    booster = lgb.train(classes, lgb.Dataset(rows[:, 1:], rows[:, 0]), 2)
    with pytest.raises(ValueError, match="not one sum"):
        read_trees(booster.model_to_string())
    forest = {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}
    with pytest.raises(ValueError, match="not one sum"):
        read_trees(fitted(**forest).model_to_string())
    large = read_trees(fitted(num_leaves=90).model_to_string())
    with pytest.raises(ValueError, match="at most 64"):
        TreeSum(large, GRID)


@pytest.mark.parametrize("text", ["", "tree\n", "Tree=0\nnum_leaves=3\n"])
def test_what_is_no_model_is_refused(text):
    with pytest.raises(ValueError, match="whole trees"):
        read_trees(text)


def test_a_tree_that_does_not_hang_together_is_refused():
    text = fitted(num_leaves=4, n_trees=1).model_to_string()
    (line,) = (x for x in text.splitlines() if x.startswith("left_child="))
    with pytest.raises(ValueError, match="to each of its leaves once|out of order"):
        TreeSum(read_trees(text.replace(line, "left_child=-1 -1 -1")), GRID)


def test_trees_come_back_from_their_state_to_the_bit():
    trees = read_trees(fitted(seed=3, num_leaves=33).model_to_string())
    again = BoostedTrees.of_state(trees.state())
    for name, values in vars(trees).items():
        np.testing.assert_array_equal(getattr(again, name), values, err_msg=name)


def test_a_state_holds_small_numbers_in_small_types():
    state = read_trees(fitted(num_leaves=33).model_to_string()).state()
    assert {state[name].dtype.itemsize for name in ("n_leaves", "column", "decision", "left", "right")} == {1}
    assert len(state["thresholds"]) == len(np.unique(state["thresholds"]))


def test_a_state_of_half_a_tree_is_refused():
    state = read_trees(fitted().model_to_string()).state()
    for name in ("value", "left", "column"):
        with pytest.raises(ValueError, match="whole trees"):
            BoostedTrees.of_state({**state, name: state[name][:-1]})
    with pytest.raises(ValueError, match="whole trees"):
        BoostedTrees.of_state({**state, "column": state["column"] + 4})
