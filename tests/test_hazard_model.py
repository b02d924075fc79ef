"""What calibration goes by."""

import numpy as np

from features.extract import FEATURES
from features.phase import PHASES
from predictor.forecaster import calibration_group


def test_rows_are_calibrated_by_phase_and_by_what_is_known_of_the_run():
    features = np.zeros((4, len(FEATURES)))
    features[2:, list(FEATURES).index("decay_clock")] = np.nan
    group = calibration_group(features, np.array([0, 1, 0, 1]))
    assert group.tolist() == [0, 1, len(PHASES), len(PHASES) + 1]
