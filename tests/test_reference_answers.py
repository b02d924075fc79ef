"""The shipped forecaster answers as it did when its answers were kept."""

import json

from predictor.forecast import Forecast
from predictor.forecaster import OnsetForecaster
from tests.reference_answers import N_HISTORIES, differences, kernels, numbers, questions, read


def test_two_hundred_histories_are_answered_as_before(shipped: OnsetForecaster) -> None:
    header, before = read()
    assert header["version"] == shipped.version, (
        "write the answers of the new forecaster: python -m tests.reference_answers"
    )
    asked = dict(questions())
    assert len(asked) == 3 * N_HISTORIES
    assert len(before) > 0.8 * len(asked)
    answers = dict(zip(asked, shipped.forecast_many(list(asked.values())), strict=True))
    # As JSON, since that turned tuples into lists.
    after = {name: json.loads(json.dumps(numbers(a))) for name, a in answers.items() if isinstance(a, Forecast)}
    tolerance = 1e-9 if header["kernels"] == kernels() else 1e-5
    assert list(differences(before, after, tolerance)) == []
