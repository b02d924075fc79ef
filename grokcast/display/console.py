"""Where things are printed: answers on stdout; notes and progress on stderr."""

from rich.console import Console

# What is printed holds names that people gave: [/s] and :fire: stand for themselves.
OUT = Console(markup=False, emoji=False)
ERR = Console(stderr=True, markup=False, emoji=False)
