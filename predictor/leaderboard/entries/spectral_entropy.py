"""Spectral entropy of representations and its slope (Truong et al., arXiv 2604.13123), with landmark and horizon."""

from predictor.benchmark.baselines.single_signals import COLUMNS, linear_rule
from predictor.benchmark.prediction import at_landmark
from predictor.leaderboard.tables import TableMethod

_method = TableMethod(at_landmark(linear_rule(*COLUMNS["spectral-entropy gap"])))
fit, predict_many = _method.fit, _method.predict_many
