"""What a method answers, checked: probabilities and quantiles of the onset step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from predictor.leaderboard.task import Outcome, Question
from training_runs.arrays import FloatArray
from training_runs.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers to questions, in their order.

    Attributes
    ----------
    probability : P(onset by the horizon), shape (n,).
    quantiles : 5 %, 50 % and 95 % quantile of the onset step given onset by the horizon, shape (n, 3); NaN where not given.
    touched : what the method tried to use and may not.
    """

    probability: FloatArray
    quantiles: FloatArray
    touched: tuple[str, ...] = field(default=())

    @classmethod
    def of(
        cls, rows: Sequence[Sequence[float | None]], questions: Sequence[Question], touched: Sequence[str]
    ) -> "Answers":
        """Return checked answers; a quantile outside of (landmark, horizon] counts as the nearer end.

        Raises
        ------
        InvalidInput : too few or too many, a probability outside of [0, 1], or quantiles that fall.
        """
        if len(rows) != len(questions):
            raise InvalidInput(
                field="answers",
                value=len(rows),
                expected=f"{len(questions)}, one for each row",
                hint="predict_many returns a list",
            )
        values = np.array(rows, dtype=float).reshape(-1, 4)
        probability, quantiles = values[:, 0], values[:, 1:]
        _refuse(~((probability >= 0) & (probability <= 1)), probability, "probability", "a number in [0, 1]")
        for earlier, later in ((0, 1), (1, 2), (0, 2)):
            falls = quantiles[:, later] < quantiles[:, earlier]
            _refuse(falls, quantiles, "quantiles", "steps that do not fall from 5 % to 95 %")
        landmark = np.array([[q.history.observed_until] for q in questions], dtype=float)
        horizon = np.array([[q.horizon] for q in questions], dtype=float)
        return cls(probability, np.clip(quantiles, np.minimum(landmark + 1, horizon), horizon), tuple(touched))


Method = Callable[[list[Question], list[Outcome], list[Question], NDArray[np.str_]], Answers]
"""From rows to learn from with their outcomes, and rows to answer with the configuration of each, to answers.

A method in a process of its own is not told the configurations: they are for the shipped forecaster, whose learners are chosen by them.
"""


def _refuse(bad: NDArray[np.bool_], values: FloatArray, name: str, expected: str) -> None:
    if bad.any():
        k = int(np.argmax(bad))
        raise InvalidInput(
            field=f"answers[{k}].{name}",
            value=values[k].tolist(),
            expected=expected,
            hint="what `predict` returned for a row",
        )
