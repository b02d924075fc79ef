"""First passage of the weight norm (Truong et al., arXiv 2605.18845): it decays until it is low enough to generalise."""

from predictor.benchmark.baselines.single_signals import first_passage
from predictor.leaderboard.tables import TableMethod

_method = TableMethod(first_passage)
fit, predict_many = _method.fit, _method.predict_many
