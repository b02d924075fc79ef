"""A set of runs, and the presets that make one, in a terminal."""

from typing import Any

from rich.table import Table

from grokcast.display.console import OUT


def show_corpus(summary: dict[str, Any]) -> None:
    """Print the counts of a set of runs."""
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    rows = dict(summary)
    for name, value in rows.pop("in_configurations").items():
        rows[f"{name} in configurations"] = value
    for name, value in rows.items():
        if value in ({}, None):  # nobody said, as of families in runs without a context
            continue
        table.add_row(name.replace("_", " "), _counts(value))
    OUT.print(table, highlight=False)


def _counts(value: Any) -> str:
    if isinstance(value, dict):
        if any(isinstance(count, dict) or "," in name for name, count in value.items()):
            return "\n".join(f"{name}: {_counts(count)}" for name, count in value.items())
        # Of two numbers beside each other nobody knows which is the count.
        return ", ".join(f"{name}{':' if name.isdigit() else ''} {_counts(count)}" for name, count in value.items())
    if not isinstance(value, list):
        return str(value)
    return " + ".join(value) if isinstance(value[0], str) else " - ".join(map(str, value))  # kinds, or quantiles


def show_presets() -> None:
    """Print the presets and what they are."""
    from training_runs.generator.presets import PRESETS

    table = Table.grid(padding=(0, 2))
    for name, preset in PRESETS.items():
        table.add_row(name, preset.description)
    OUT.print(table, highlight=False)
