"""The tools whose recordings are read, one file each."""

import pkgutil
from importlib import import_module

from training_runs.readers.recording import Tool

_MODULES = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
# By format, in the order in which they are asked whether a file is theirs; every file of this package has one as `TOOL`.
TOOLS: dict[str, Tool] = {
    tool.format: tool for tool in sorted((module.TOOL for module in _MODULES), key=lambda tool: tool.rank)
}
*_FIRST, _LAST = (tool.name for tool in TOOLS.values())
TOOL_NAMES = f"{', '.join(_FIRST)} or {_LAST}"
