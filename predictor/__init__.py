"""From features to forecasts: the forecaster, its calibration, its benchmark, and how it is stored and replaced."""
