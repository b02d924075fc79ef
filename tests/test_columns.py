"""A forecaster finds its own columns, whatever else is measured beside them."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.columns import Column, MissingColumn, positions
from features.extract import COLUMNS
from features.table import FeatureTable, table_at
from predictor.forecaster import OnsetForecaster
from predictor.store import ForecasterStore
from training_runs import Run


def in_another_registry(change: str, *stores: Path) -> tuple[int, list[Any]]:
    """How many features there are, and what the active forecasters answer, where the registry was changed before it was read."""
    command = [sys.executable, "-m", "tests.more_features", change, *map(str, stores)]
    n_columns, answers = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return n_columns, answers


@pytest.fixture(scope="module")
def before_and_after(
    synthetic_forecaster: OnsetForecaster, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[int, list[Any]]]:
    """The answers of the shipped forecaster and of a version of one's own, without and with a feature more."""
    folder = tmp_path_factory.mktemp("columns")
    store = ForecasterStore(folder / "own")
    store.save(synthetic_forecaster, {})
    store.activate("synthetic")
    return [in_another_registry(change, folder / "nothing here", store.folder) for change in ("none", "add")]


def some_rows(runs: list[Run]) -> FeatureTable:
    return table_at(runs, lambda run: [int(run.trajectory.steps[k]) for k in (8, 12, 16)])


def test_columns_are_found_by_name():
    present = [Column("a"), Column("b", 2), Column("c")]
    assert positions([Column("c"), Column("b", 2)], present).tolist() == [2, 1]


def test_a_column_that_is_missing_or_means_something_else_is_named():
    with pytest.raises(MissingColumn, match=r"feature 'd' \(version 3\) is not measured any more"):
        positions([Column("d", 3)], [Column("a")])
    with pytest.raises(MissingColumn, match="feature 'a' is wanted in version 2, and version 1 of it is measured"):
        positions([Column("a", 2)], [Column("a")])


def test_a_new_feature_in_the_middle_changes_no_answer_of_the_shipped_forecaster(before_and_after):
    (n_columns, (before, _)), (more, (after, _)) = before_and_after
    assert more == n_columns + 1
    assert after == before


def test_a_version_of_ones_own_survives_an_upgrade_that_adds_columns(before_and_after):
    before, after = (own for _, (_, own) in before_and_after)
    assert before[0]["forecaster"] == "synthetic"
    assert after == before


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("remove", "feature 'weight_decay' (version 1) is not measured any more"),
        ("raise", "feature 'weight_decay' is wanted in version 1, and version 2 of it is measured"),
    ],
)
def test_a_missing_feature_or_another_version_of_one_is_refused_with_what_to_do(change, problem):
    _, (found,) = in_another_registry(change, Path("nothing here"))
    assert problem in found
    assert "`grokcast retrain` makes it again" in found


def test_a_table_of_other_columns_gives_the_same_curves(corpus, synthetic_forecaster: OnsetForecaster):
    table = some_rows(corpus[:8])
    order = np.arange(len(COLUMNS))[::-1]
    other = replace(
        table,
        columns=tuple(COLUMNS[k] for k in order) + (Column("new"),),
        features=np.column_stack([table.features[:, order], np.ones(len(table))]),
    )
    for blind in (False, True):
        one, two = (synthetic_forecaster.curves(t, blind=blind) for t in (table, other))
        np.testing.assert_array_equal(one.cdf, two.cdf)
        np.testing.assert_array_equal(one.reach, two.reach)


def test_a_table_without_a_column_cannot_be_answered(corpus, synthetic_forecaster: OnsetForecaster):
    table = some_rows(corpus[:2])
    lesser = replace(table, columns=table.columns[1:], features=table.features[:, 1:])
    with pytest.raises(MissingColumn, match=table.columns[0].name):
        synthetic_forecaster.curves(lesser)


def test_tables_of_different_columns_are_not_joined(corpus):
    table = some_rows(corpus[:2])
    lesser = replace(table, columns=table.columns[1:], features=table.features[:, 1:])
    with pytest.raises(ValueError, match="different columns"):
        FeatureTable.concatenate([table, lesser])
