"""The hazard of onset in bins of log time: its learners, their ensembles, calibration and curves."""
