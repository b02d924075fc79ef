"""The tasks that networks are trained on, one file per task family."""
