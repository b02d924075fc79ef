"""Context only: the forecaster's kind of hazard, boosted trees and all, on the hyperparameters and the landmark alone."""

from predictor.benchmark.baselines.context_and_population import context_boosting
from predictor.leaderboard.tables import TableMethod

_method = TableMethod(context_boosting)
fit, predict_many = _method.fit, _method.predict_many
