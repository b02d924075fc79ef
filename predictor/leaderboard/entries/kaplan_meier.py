"""Kaplan-Meier: the curve of all runs after their landmark, the same for every run."""

from predictor.benchmark.baselines.context_and_population import kaplan_meier_curve
from predictor.benchmark.prediction import at_landmark
from predictor.leaderboard.tables import TableMethod

_method = TableMethod(at_landmark(kaplan_meier_curve))
fit, predict_many = _method.fit, _method.predict_many
