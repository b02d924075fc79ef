"""The tasks that networks are trained on, one file per task family."""

import pkgutil
from importlib import import_module

from training_runs.errors import InvalidInput
from training_runs.tasks.task import Task, TaskFamily

__all__ = ["FAMILIES", "Task", "TaskFamily", "family_of"]

_MODULES = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
# By name; every file of this package that has a `FAMILY`.
FAMILIES: dict[str, TaskFamily] = {m.FAMILY.name: m.FAMILY for m in _MODULES if hasattr(m, "FAMILY")}


def family_of(name: str) -> TaskFamily:
    """Return a task family.

    Raises InvalidInput, which names those that there are, for any other name.
    """
    if name not in FAMILIES:
        raise InvalidInput(field="task_family", value=name, expected=f"one of {', '.join(FAMILIES)}")
    return FAMILIES[name]
