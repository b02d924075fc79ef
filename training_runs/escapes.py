"""Text that is safe to print: names that others gave may hold what a terminal obeys."""

import re

# C0 without line breaks and tabs, DEL, C1.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """Return a text whose control characters are written out: ESC is shown as `\\x1b`."""
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
