"""What calibration goes by."""

import numpy as np

from features.extract import FEATURES
from features.phase import PHASES
from predictor.forecaster import calibration_group


def test_rows_are_calibrated_by_phase_and_by_what_is_known_of_the_run():
    features = np.zeros((4, len(FEATURES)))
    features[2:, list(FEATURES).index("decay_clock")] = np.nan
    group = calibration_group(features, np.array([0, 1, 0, 1]), np.full(4, 0.95))
    assert group.tolist() == [0, 1, len(PHASES), len(PHASES) + 1]


def test_runs_that_have_all_but_arrived_are_calibrated_apart():
    features = np.zeros((4, len(FEATURES)))
    features[:, list(FEATURES).index("val_acc_level")] = [0.5, 0.94, 0.94, np.nan]
    rising, memorized = PHASES.index("rising"), PHASES.index("memorized")
    group = calibration_group(
        features, np.array([rising, rising, memorized, rising]), np.full(4, 0.95)
    )
    assert group.tolist() == [rising, PHASES.index("generalized"), memorized, rising]
