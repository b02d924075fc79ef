"""Measure the early part of a trajectory, as numbers that do not depend on the unit of time."""
