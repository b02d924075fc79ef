"""Rows that learners share are read as an array of them would be, and not copied."""

from dataclasses import fields

import numpy as np
import pytest

from predictor.hazard.chosen_rows import ChosenRows
from predictor.hazard.rows import Rows

MATRIX = np.random.default_rng(0).normal(size=(40, 6))
FIRST = np.random.default_rng(1).random(40) < 0.7
SECOND = np.random.default_rng(2).random(int(FIRST.sum())) < 0.5


@pytest.fixture(params=["once", "twice"])
def chosen(request):
    """Rows of a matrix, and rows of rows of it, each beside a copy."""
    once = ChosenRows.of(MATRIX, FIRST)
    if request.param == "once":
        return once, MATRIX[FIRST]
    return ChosenRows.of(once, SECOND), MATRIX[FIRST][SECOND]


@pytest.mark.parametrize(
    "at",
    [
        slice(2, 7),
        slice(None, None, -1),
        np.array([3, 0, 3]),
        np.array([[1, 2], [0, 1]]),
        (slice(None), 4),
        (slice(None), [5, 0, 0]),
        (slice(None), np.array([], dtype=np.intp)),
    ],
    ids=["slice", "backwards", "rows", "rows of rows", "a column", "columns", "no columns"],
)
def test_they_are_indexed_as_a_copy_of_them_is(chosen, at):
    rows, copied = chosen
    np.testing.assert_array_equal(rows[at], copied[at])


def test_they_are_counted_and_masked_as_a_copy_of_them_is(chosen):
    rows, copied = chosen
    assert (len(rows), rows.shape) == (len(copied), copied.shape)
    mask = copied[:, 0] > 0
    assert 0 < mask.sum() < len(mask)
    np.testing.assert_array_equal(rows[mask], copied[mask])


def test_rows_of_rows_share_their_features():
    names = [f.name for f in fields(Rows) if f.name != "features"]
    rows = Rows(features=MATRIX, **{name: np.arange(40) for name in names})
    some = rows.where(FIRST).where(SECOND)
    assert some.features.matrix is MATRIX
    np.testing.assert_array_equal(some.features[:], MATRIX[some.x])
