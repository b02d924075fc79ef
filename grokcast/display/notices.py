"""What is said beside an answer."""

import sys


def say(line: str) -> None:
    """Print a line on stderr."""
    from training_runs.escapes import printable  # here, since the command line puts our packages first before it runs

    print(printable(line), file=sys.stderr)
