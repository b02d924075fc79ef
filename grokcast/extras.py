"""What is said where a module is imported without the package that it is built on."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needed_from(extra: str, needed_by: str) -> Iterator[None]:
    """Let a module import its packages; say which extra brings one that is missing.

    Parameters
    ----------
    extra : the extra of grokcast that brings them.
    needed_by : what is being imported, as users write it.

    Raises
    ------
    ImportError : one of the packages is not installed.
    """
    try:
        yield
    except ImportError as error:
        if not isinstance(error, ModuleNotFoundError):
            raise  # it is installed, and broken: its own words say more
        raise ImportError(
            f"{needed_by} needs {error.name}, which is not installed: pip install 'grokcast[{extra}]'", name=error.name
        ) from None
