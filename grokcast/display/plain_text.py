"""Text that is safe to print: names in files that others made may hold what a terminal obeys."""

import re
import sys

# C0 without line breaks and tabs, DEL, C1.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def plain_text(text: str) -> str:
    """Return a text whose control characters are written out: ESC is shown as `\\x1b`."""
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def say(line: str) -> None:
    """Print a line on stderr."""
    print(plain_text(line), file=sys.stderr)
