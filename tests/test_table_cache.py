import os

import numpy as np
import pytest

from predictor import measuring, table_cache
from predictor.fitting_tables import FittingTables
from predictor.table_cache import fitting_tables
from training_runs.synthetic import synthetic_corpus


def assert_equal(a, b):
    for name in ("training", "monitored_rows"):
        assert getattr(a, name).columns == getattr(b, name).columns
        for field, values in getattr(a, name).arrays().items():
            np.testing.assert_array_equal(values, getattr(b, name).arrays()[field], err_msg=field)


@pytest.fixture
def runs():
    return synthetic_corpus(12, seed=2)


def test_read_back_as_measured_and_measured_only_once(runs, tmp_path, monkeypatch):
    first = fitting_tables(runs, [], tmp_path)
    assert_equal(first, FittingTables.of(runs))
    monkeypatch.setattr(table_cache.FittingTables, "of", None)  # measuring again would fail
    assert_equal(fitting_tables(runs, [], tmp_path), first)


def test_runs_measured_in_several_processes_give_the_same_tables(runs, monkeypatch):
    together = FittingTables.of(runs)
    monkeypatch.setattr(measuring, "_AT_ONCE", 4)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    done = []
    assert_equal(FittingTables.of(runs, lambda *parts: done.append(parts)), together)
    total = done[0][1]
    assert total > 1
    assert done == [(k, total) for k in range(total + 1)]


def test_a_damaged_file_is_measured_again(runs, tmp_path):
    first = fitting_tables(runs, [], tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:1000])
    assert_equal(fitting_tables(runs, [], tmp_path), first)


def test_added_runs_are_joined_as_if_all_were_measured_together(runs, tmp_path):
    configurations = sorted({r.configuration_id for r in runs})
    corpus = [r for r in runs if r.configuration_id in configurations[:8]]
    added = [r for r in runs if r.configuration_id not in configurations[:8]]
    together = FittingTables.of([*corpus, *added])
    assert_equal(fitting_tables(corpus, added, tmp_path), together)


def test_more_seeds_of_a_known_configuration_share_its_weight(runs, tmp_path):
    twin = next(r for r in runs if sum(x.configuration_id == r.configuration_id for x in runs) > 1)
    corpus = [r for r in runs if r.run_id != twin.run_id]
    together = FittingTables.of([*corpus, twin])
    assert_equal(fitting_tables(corpus, [twin], tmp_path), together)
