"""`python -m grokcast` is `grokcast`."""

from grokcast.cli import main

main()
