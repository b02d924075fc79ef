"""Packages that only some commands need, and that are installed as extras."""

from importlib.util import find_spec

from training_runs.errors import InvalidInput


def require(package: str, *, extra: str) -> None:
    """Do nothing if a package is installed.

    Raises
    ------
    InvalidInput : it is not; the message names the extra that brings it.
    """
    if find_spec(package) is None:
        raise InvalidInput(
            field=package,
            value="not installed",
            expected=f"the extra `{extra}`",
            hint=f"pip install 'grokcast[{extra}]'",
        )
