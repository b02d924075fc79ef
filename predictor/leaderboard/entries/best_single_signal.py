"""Best single signal: the one feature of the history that ranks the runs learnt from best, with landmark and horizon."""

from predictor.benchmark.baselines.context_and_population import best_single_signal
from predictor.benchmark.prediction import at_landmark
from predictor.leaderboard.tables import TableMethod

_method = TableMethod(at_landmark(best_single_signal))
fit, predict_many = _method.fit, _method.predict_many
