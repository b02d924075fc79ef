"""Context only: a logistic regression for whether and a ridge for when, on the hyperparameters, the landmark and the horizon."""

from predictor.benchmark.baselines.context_and_population import context_linear
from predictor.benchmark.prediction import at_landmark
from predictor.leaderboard.tables import TableMethod

_method = TableMethod(at_landmark(context_linear))
fit, predict_many = _method.fit, _method.predict_many
