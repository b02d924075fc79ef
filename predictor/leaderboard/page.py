"""docs/leaderboard.md, written from stored results alone, and the same tables for a terminal."""

from collections.abc import Mapping, Sequence

from predictor.leaderboard.result import Result, ranked
from predictor.leaderboard.status import RULES
from predictor.leaderboard.task import TaskSummary
from predictor.report.markdown import between, markdown_section, markdown_table
from predictor.report.table import Cell, Table, columns, figure_text

_BEGIN, _END = "<!-- results: written by grokcast leaderboard run -->", "<!-- /results -->"
_FIGURES = ("Brier skill", "AUROC", "log10 MAE", "coverage of 90 %", "interval score")


def with_results(page: str, results: Sequence[Result]) -> str:
    """Return docs/leaderboard.md with the tables of whole results between its two marks."""
    return between(page, _results_part([result for result in results if not result.quick]), _BEGIN, _END)


def _results_part(results: Sequence[Result]) -> str:
    entries = ranked(results)
    parts = []
    if entries:
        names = dict.fromkeys(name for result in entries for name in result.tasks)
        parts += [markdown_section(_task_table(name, entries)) for name in names]
        parts += ["## Entries", markdown_table(_entries(entries)), markdown_section(_tasks(entries))]
    flagged = [verdict_text(result) for result in results if result.leakage.flagged]
    if flagged:
        parts.append("## Flagged\n\n" + "\n".join(f"- {text}" for text in flagged))
    rules = "\n".join(f"- `{status}`: {rule}" for status, rule in RULES.items())
    return "\n\n".join([*parts, f"## Status\n\nOf our own runs; the first rule that holds counts.\n\n{rules}"])


def leaderboard_table(results: Sequence[Result]) -> Table:
    """Return a row for each entry, with its status and its figures on the first task."""
    return _task_table(next(iter(results[0].tasks)), results)


def entry_table(result: Result) -> Table:
    """Return the figures of one entry, a row for each task."""
    rows = tuple((name, figures.task.rows, *_cells(result, name)) for name, figures in result.tasks.items())
    return Table(result.name, columns("task", "rows", *_FIGURES), rows)


def tasks_table(tasks: Mapping[str, TaskSummary]) -> Table:
    """Return a row for each task."""
    rows = tuple((name, t.rows, t.onsets, t.configurations, t.folds, t.fingerprint) for name, t in tasks.items())
    header = columns("task", "rows", "onsets", "configurations", "folds", "fingerprint")
    return Table("Tasks", header, rows)


def verdict_text(result: Result) -> str:
    """Return in a sentence or two what an entry comes to."""
    leakage = result.leakage
    if leakage.flagged:
        why = (
            f"it tried to use {', '.join(leakage.touched)}"
            if leakage.touched
            else "its forecasts rise at the true onset"
        )
        return f"{result.name}: leakage is flagged, {why} ({figure_text(leakage.at_onset)} more than elsewhere): no status."
    quick = " A quick run: to try a method, not to compare it." if result.quick else ""
    return f"{result.name}: {result.status}; 95 % of its probabilities move by less than {result.moved:.3f}.{quick}"


def _tasks(results: Sequence[Result]) -> Table:
    return tasks_table({name: figures.task for r in results for name, figures in r.tasks.items()})


def _task_table(name: str, results: Sequence[Result]) -> Table:
    rows = tuple((r.name, r.status or "flagged", *_cells(r, name)) for r in results if name in r.tasks)
    return Table(f"{name[0].upper()}{name[1:]}", columns("entry", "status", *_FIGURES), rows)


def _cells(result: Result, task: str) -> tuple[Cell, ...]:
    f = result.tasks[task]
    return f.brier_skill, f.auroc, f.log10_mae, f.coverage90, f.interval_score


def _entries(results: Sequence[Result]) -> Table:
    header = columns("entry", "what it is", "onsets announced", "false alarms", "moves by", "rises at onset")
    first = {r.name: next(iter(r.tasks.values())) for r in results}
    rows = tuple(
        (r.name, r.title, first[r.name].announced, first[r.name].false_alarms, r.moved, r.leakage.at_onset)
        for r in results
    )
    return Table("", header, rows)
