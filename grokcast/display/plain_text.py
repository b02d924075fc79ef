"""What is said beside an answer."""

import sys

from training_runs.escapes import plain_text


def say(line: str) -> None:
    """Print a line on stderr."""
    print(plain_text(line), file=sys.stderr)
