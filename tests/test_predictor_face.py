"""The public names of `predictor`, which cost nothing until they are used."""

import subprocess
import sys

import predictor
from predictor.forecast import Forecast
from predictor.forecaster import OnsetForecaster
from predictor.question import Question
from predictor.store import ForecasterStore


def test_the_public_names_are_those_of_the_modules():
    assert predictor.__all__ == ["Forecast", "ForecasterStore", "OnsetForecaster", "Question"]
    assert [getattr(predictor, n) for n in predictor.__all__] == [Forecast, ForecasterStore, OnsetForecaster, Question]
    assert set(predictor.__all__) <= set(dir(predictor))
    assert not hasattr(predictor, "Booster")


def test_importing_it_imports_nothing_else():
    code = (
        "import sys, predictor; print([m for m in ('numpy', 'predictor.forecaster', 'lightgbm') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
