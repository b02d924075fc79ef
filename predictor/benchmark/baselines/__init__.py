"""What the forecaster must beat: context, single signals, learning curves, pruners, the population."""
