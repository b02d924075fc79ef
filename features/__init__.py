"""What the early part of a trajectory says, as numbers that do not depend on the unit of time."""
