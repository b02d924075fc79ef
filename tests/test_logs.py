"""The log of the service: what others gave moves no cursor in it, and begins no line."""

import logging
import sys

from api.logs.configure import text_formatter


def line_of(message: str, *values: object, **extra: object) -> str:
    record = logging.LogRecord("grokcast.test", logging.ERROR, "file.py", 1, message, values, sys.exc_info())
    record.__dict__.update(extra)
    return text_formatter().format(record)


def test_a_line_is_one_line_and_moves_no_cursor() -> None:
    line = line_of("version %s", "\x1b[31mR\x9b\r\n2026-11-28 [info] all is well", named="b\n\x1b[0m")
    assert "version \\x1b[31mR\\x9b\\x0d\\n2026-11-28 [info] all is well" in line
    assert "named=b\\n\\x1b[0m" in line
    assert "\n" not in line


def test_a_traceback_has_lines_and_moves_no_cursor() -> None:
    try:
        raise ValueError("\x1b]0;PWN\x07")
    except ValueError:
        first, second, *_, last = line_of("failed").splitlines()
    assert "failed" in first
    assert second == "Traceback (most recent call last):"
    assert last == "ValueError: \\x1b]0;PWN\\x07"
