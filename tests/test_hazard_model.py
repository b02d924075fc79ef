"""What calibration is weighed by."""

import numpy as np
import pytest

from predictor.hazard_model import Rows, weight_by_source


def rows_of(counts: dict[str, tuple[int, int]]) -> Rows:
    """Return rows of named sources: so many with onset, so many without, each of a configuration of its own."""
    source = [name for name, (seen, unseen) in counts.items() for _ in range(seen + unseen)]
    event = [k < seen for seen, unseen in counts.values() for k in range(seen + unseen)]
    n = len(source)
    return Rows(
        features=np.zeros((n, 1)), target=np.full(n, 0.95), group=np.zeros(n, dtype=np.int64), x=np.ones(n),
        event=np.array(event), source=np.array(source), configuration=np.arange(n).astype(np.str_),
        weight=np.linspace(0.5, 1.5, n),
    )  # fmt: skip


def test_a_large_source_weighs_no_more_than_a_small_one():
    rows = rows_of({"large": (300, 700), "small": (20, 20)})
    weight = weight_by_source(rows)
    of = {name: weight[rows.source == name].sum() for name in ("large", "small")}
    assert of["large"] == pytest.approx(of["small"])
    assert weight.sum() == pytest.approx(rows.weight.sum())  # a unit is still a configuration
    within = rows.source == "large"
    np.testing.assert_allclose(np.diff(weight[within] / rows.weight[within]), 0, atol=1e-12)


def test_a_source_with_few_onsets_counts_for_a_fifth():
    rows = rows_of({"known": (30, 10), "hardly known": (19, 400)})
    weight = weight_by_source(rows)
    of = {name: weight[rows.source == name].sum() for name in ("known", "hardly known")}
    assert of["hardly known"] == pytest.approx(0.2 * of["known"])
