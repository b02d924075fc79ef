"""Names of runs and of configurations that follow from what they are, in the form that the corpus has: hexadecimal."""

import hashlib
import json
from typing import Any

from training_runs.context import Context


def identifier(of: Any) -> str:
    """Return the name of what JSON can hold: the same content has the same name everywhere."""
    return hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()[:16]


def configuration_identifier(source: str, context: Context, alone: Any) -> str:
    """Return the configuration of a run recorded elsewhere.

    Runs of a source with one context, but for the budget, are seeds of one configuration; one without any stands alone.
    """
    fields = {name: value for name, value in context.as_dict().items() if name != "budget_step"}
    return identifier([source, fields or alone])
