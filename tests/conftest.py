"""Synthetic runs with a known onset, and forecasters: tests assert truth, not mocks."""

import os

import pytest

from predictor import boosting
from predictor.forecaster import OnsetForecaster
from predictor.store import ForecasterStore
from training_runs import Run
from training_runs.synthetic import synthetic_corpus


@pytest.fixture(autouse=True, scope="session")
def _small_boosters() -> None:
    """Fit a fifth of the trees: synthetic worlds are simple. The shipped forecaster has all of them."""
    boosting.N_TREES = 90


@pytest.fixture(scope="session")
def corpus() -> list[Run]:
    return synthetic_corpus()


@pytest.fixture(scope="session")
def synthetic_forecaster(corpus: list[Run], _small_boosters: None) -> OnsetForecaster:
    """A forecaster that knows the synthetic world."""
    return OnsetForecaster.fit(corpus, "synthetic")


@pytest.fixture(scope="session")
def shipped() -> OnsetForecaster:
    """The forecaster that users get."""
    return ForecasterStore().load()


@pytest.fixture(autouse=True, scope="session")
def _own_data_directory(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep tests away from the forecasters of whoever runs them."""
    os.environ["XDG_DATA_HOME"] = str(tmp_path_factory.mktemp("data"))
