"""Where things are printed: answers on stdout; notes and progress on stderr."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.segment import Segment

from training_runs.escapes import printable


class _Plain:
    """What is printed, with the control characters of its text written out; rich's own are not text."""

    def __init__(self, printed: ConsoleRenderable) -> None:
        self.printed = printed

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self.printed, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


class _Hook(RenderHook):
    def process_renderables(self, renderables: Iterable[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Plain(printed) for printed in renderables]


def console(**options: Any) -> Console:
    """Return a console that prints names as people gave them: [/s] and :fire: stand for themselves, escapes for nothing."""
    made = Console(markup=False, emoji=False, **options)
    made.push_render_hook(_Hook())
    return made


OUT = console()
ERR = console(stderr=True)
WIDEST = 10_000  # where it goes into a file


def out_for_tables() -> Console:
    """Return the terminal, or where no terminal is there, a file in which a row is as long as it is."""
    return OUT if OUT.is_terminal else console(width=WIDEST)
