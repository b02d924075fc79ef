"""What is said beside an answer."""

import sys


def say(line: str) -> None:
    """Print a line on stderr."""
    from training_runs.escapes import plain_text  # here, since the command line puts our packages first before it runs

    print(plain_text(line), file=sys.stderr)
