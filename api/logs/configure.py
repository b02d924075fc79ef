"""How the service logs: lines for people, or one JSON object a line; both with the id of the request."""

import logging
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

from training_runs.escapes import printable


def log_config(format: Literal["text", "json"]) -> dict[str, Any]:
    """Return the configuration of `logging` for the processes of the service."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"grokcast": {"()": f"api.logs.configure.{format}_formatter"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "grokcast",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {"httpx2": {"level": "WARNING"}, "alembic": {"level": "WARNING"}},
    }


def json_formatter() -> logging.Formatter:
    """Return a formatter for machines."""
    return _formatter(structlog.processors.format_exc_info, structlog.processors.JSONRenderer(sort_keys=True))


def text_formatter() -> logging.Formatter:
    """Return a formatter for people, whose terminal obeys nothing that stands in a line, and sees no line that is none."""
    lines = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    return _formatter(_on_one_line, lines, _plain)


def _on_one_line(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Write out line breaks; those of a traceback are added later."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = value.replace("\n", "\\n")
    return event


def _plain(_: Any, __: str, rendered: str) -> str:
    return printable(rendered)


def _without_colors(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop the second copy of a message that uvicorn adds for colourful terminals."""
    event.pop("color_message", None)
    return event


def _formatter(*renderers: Any) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            _without_colors,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
    )
