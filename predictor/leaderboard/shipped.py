"""The shipped forecaster among the methods: each row by the learner that has not seen its configuration."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from predictor.benchmark.prediction import predict
from predictor.forecaster import OnsetForecaster
from predictor.leaderboard.answers import Answers
from predictor.leaderboard.tables import table_of
from predictor.leaderboard.task import Outcome, Question


class ShippedMethod:
    """A forecaster as a method. It has been fitted already, on all folds but one each, so it learns nothing here."""

    def __init__(self, forecaster: OnsetForecaster) -> None:
        self.forecaster = forecaster

    def __call__(
        self,
        learnt: list[Question],
        outcomes: list[Outcome],
        asked: list[Question],
        configuration: NDArray[np.str_],
    ) -> Answers:
        """Answer rows, as far as the model goes."""
        table = table_of([(q.history, q.context, q.target_accuracy, q.horizon) for q in asked])
        table = replace(table, configuration=configuration)
        found = predict(self.forecaster.curves(table, blind=True, to_reach=False), table)
        assert found.low is not None
        assert found.high is not None
        rows = np.column_stack([found.probability, found.low, found.median, found.high])
        return Answers.of(list(rows), asked, ())
