"""The tasks that networks are trained on, one file per task family."""

from training_runs.generator.tasks.task import Task, make_task

__all__ = ["Task", "make_task"]
