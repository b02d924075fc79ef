"""The benchmark as one HTML page that opens without a network: pictures inline, light and dark, readable on a phone.

The page is made from the benchmark's result alone (`Result`); every section is left out where its part is missing.
"""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, TypedDict

from predictor.benchmark.methods import FORECASTER
from predictor.benchmark.plots import Figure, Plots
from predictor.report.figures import (
    draw_calibration,
    draw_coverage,
    draw_frontier,
    draw_intervals,
    draw_leads,
    draw_onsets,
    draw_roc,
)
from predictor.report.svg import DASHES, Drawing, Entry
from predictor.report.tables import (
    Tree,
    as_figure,
    count_text,
    interval_text,
    is_cell,
    number_text,
    rows_table,
    tree_table,
    value_of,
    value_text,
    words_of,
)

_CSS = Path(__file__).with_name("report.css")


class Result(TypedDict, total=False):
    """What the page is made from: `predictor.benchmark.run.summarize`'s result. Every key may be missing, or None.

    A figure is `{value, low, high}`, a plain number, or None.

    Keys
    ----
    version : of the forecaster.
    runs, configurations, folds : counts.
    tables : by kind of landmark: `rows, positives, grokking, negatives {budget_censored, blocked}`, `methods` (name ->
        name of a figure -> figure) and `coverage90`.
    headline : `landmark`, `whether`, `when`, and perhaps `alarm`, `transfer`, `decision` and `signal_sets`, which are
        looked for here where they are not on the first level.
    groups : by task family and by architecture, at the headline landmark: counts and figures.
    alarm : by method: `target_fpr, fpr, fpr_bound, coverage, lead_steps, lead_share ...`; or of the forecaster alone.
    transfer : by factor: figures, and `levels` by level.
    decision : by method: `kept, compute`.
    signal_sets : by set: `auroc, log10_mae`.
    external : `forecaster`, `rows` (each `source, horizon, with_context, ...` and figures), `means` (of rows).
    plots : `predictor.benchmark.plots.Plots`.
    """

    version: str | None
    runs: int
    configurations: int
    folds: int
    tables: Mapping[str, Tree]
    headline: Tree | None
    groups: Tree | None
    alarm: Tree | None
    transfer: Tree | None
    decision: Mapping[str, Mapping[str, Figure]] | None
    signal_sets: Mapping[str, Mapping[str, Figure]] | None
    external: Tree | None
    plots: Plots | None


def html_report(result: Result) -> str:
    """Return the page.

    Raises
    ------
    InvalidInput : there is something to draw, and matplotlib is not installed.
    """
    sections = [
        _section("whether", "Whether a run will generalise", _WHETHER_TEXT, _whether(result)),
        _section("when", "When", _WHEN_TEXT, _when(result)),
        _section("alarm", "Alarms", _ALARM_TEXT, _alarm(result)),
        _section("decision", "Worth in a sweep", _DECISION_TEXT, _decision(result)),
        _section("signals", "Which signals it takes", _SIGNALS_TEXT, _signal_sets(result)),
        _section("transfer", "Levels never seen", _TRANSFER_TEXT, _transfer(result)),
        _section("external", "Runs recorded elsewhere", _EXTERNAL_TEXT, _external(result)),
        _section("tables", "Every landmark and baseline", _TABLES_TEXT, _tables(result)),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<title>Grokcast benchmark</title>\n'
        f"<style>\n{_CSS.read_text()}</style>\n</head>\n<body>\n<main>\n{_header(result)}\n"
        + "\n".join(s for s in sections if s)
        + "\n</main>\n</body>\n</html>\n"
    )


_WHETHER_TEXT = "P(onset within the budget), asked before validation accuracy rises. Blocked negatives, which can never generalise, are left out of AUROC."
_WHEN_TEXT = (
    "The median onset step, given onset within the budget, of runs that grok: a delay of more than 1,000 steps. "
    "Intervals are those of the calibrated forecast."
)
_ALARM_TEXT = "Runs are watched from confirmed memorisation to the rise. A run without onset that raises an alarm at any checkpoint is a false positive; a grokking run without one has lead 0."
_DECISION_TEXT = "Recorded runs, played again: each is stopped or let go on as a policy says. The shaded corner is the aim: at least 95 % of grokking runs kept at 60 % of the compute at most."
_SIGNALS_TEXT = "The same forecaster, shown only some of what a run records."
_TRANSFER_TEXT = "One level of a factor held out of training altogether, where enough runs make it estimable."
_EXTERNAL_TEXT = (
    "The forecaster as it is, on histories that other people published, at horizons in multiples of the landmark."
)
_TABLES_TEXT = "Figures with 95 % intervals by bootstrap over configurations."


def _header(result: Result) -> str:
    numbers = {
        "runs": result.get("runs"),
        "configurations": result.get("configurations"),
        "folds": result.get("folds"),
    }
    counts = [f"{count_text(n)} {word}" for word, n in numbers.items() if n is not None]
    version = result.get("version")
    what = f"Forecaster {version}. " if version else ""
    held_out = "Whole configurations held out; 95 % intervals by bootstrap over configurations."
    lead = f"{what}{', '.join(counts) + '. ' if counts else ''}{held_out}"
    return f"<header>\n<h1>Grokcast benchmark</h1>\n<p>{escape(lead)}</p>\n{_tiles(result)}\n</header>"


def _tiles(result: Result) -> str:
    headline = result.get("headline") or {}
    whether, when = headline.get("whether") or {}, headline.get("when") or {}
    alarm = _part(result, "alarm") or {}
    alarm = alarm.get(FORECASTER, alarm)
    decision = (_part(result, "decision") or {}).get(FORECASTER, {})
    floor = (when.get("noise_floor") or {}).get("value")
    tiles = [
        ("AUROC, whether", whether.get("auroc"), ""),
        ("minus context only", whether.get("minus_context_only"), "AUROC"),
        ("minus best signal", whether.get("minus_best_signal"), "AUROC"),
        (
            "log10 MAE, when",
            when.get("log10_mae"),
            f"noise floor {number_text(floor)}" if floor else "",
        ),
        ("coverage of 90 %", when.get("coverage90"), ""),
        ("false alarms", alarm.get("fpr"), "of runs without onset"),
        ("grokking runs foretold", alarm.get("coverage"), ""),
        ("runs kept in a sweep", decision.get("kept"), "of those that grok"),
        ("compute spent in it", decision.get("compute"), "of the full budgets"),
    ]
    shown = [_tile(name, figure, note) for name, figure, note in tiles if value_of(figure) is not None]
    landmark = headline.get("landmark")
    caption = f'<p class="note">Whether and when: {escape(str(landmark))}.</p>' if landmark else ""
    return f'<dl class="tiles">\n{"".join(shown)}</dl>\n{caption}' if shown else ""


def _tile(name: str, figure: Any, note: str) -> str:
    lines = "".join(f"<small>{escape(t)}</small>" for t in (interval_text(figure), note) if t)
    return f"<div><dt>{escape(name)}</dt><dd><b>{value_text(figure)}</b>{lines}</dd></div>\n"


def _whether(result: Result) -> list[str]:
    plots = result.get("plots") or {}
    parts = []
    if plots.get("roc"):
        parts.append(_figure("ROC, by landmark", draw_roc(plots["roc"])))
    if plots.get("calibration"):
        parts.append(_figure("Calibration", draw_calibration(plots["calibration"]), plots.get("landmark")))
    parts += _comparison(result, "auroc", "AUROC", best=max)
    return [_grid(parts)]


def _when(result: Result) -> list[str]:
    plots = result.get("plots") or {}
    parts = []
    if plots.get("onsets"):
        parts.append(_figure("Forecast and actual onset", draw_onsets(plots["onsets"]), plots.get("landmark")))
    if plots.get("coverage"):
        parts.append(_figure("Coverage by family", draw_coverage(plots["coverage"]), plots.get("landmark")))
    parts += _comparison(result, "log10_mae", "log10 MAE of the onset step", best=min)
    return [_grid(parts), tree_table(_part(result, "groups"), "By family and by architecture")]


def _comparison(result: Result, key: str, label: str, best: Any) -> list[str]:
    """Return a picture of a figure of every method at the headline landmark, the best first."""
    landmark = (result.get("headline") or {}).get("landmark")
    table = (result.get("tables") or {}).get(str(landmark))
    if table is None:
        return []
    figures = {n: as_figure(f.get(key)) for n, f in table["methods"].items()}
    known = {n: f for n, f in figures.items() if f["value"] is not None}
    order = sorted(known, key=lambda n: known[n]["value"] or 0.0, reverse=best is max)
    if not order:
        return []
    drawing = draw_intervals(key, {n: known[n] for n in order}, label, FORECASTER)
    return [_figure("Beside every baseline", drawing, str(landmark))]


def _alarm(result: Result) -> list[str]:
    leads = (result.get("plots") or {}).get("leads")
    alarm = _part(result, "alarm")
    figure = [_figure("How early alarms come", draw_leads(leads))] if leads else []
    return [_grid(figure), tree_table(alarm, "Alarms by method")]


def _decision(result: Result) -> list[str]:
    decision = _part(result, "decision") or {}
    frontier = (result.get("plots") or {}).get("frontier")
    figure = []
    if decision or frontier:
        drawing = draw_frontier(frontier, decision, FORECASTER)
        figure = [_figure("Kept and spent", drawing)]
    return [_grid([*figure, tree_table(decision, "Grokking runs kept and compute spent")])]


def _signal_sets(result: Result) -> list[str]:
    sets = _part(result, "signal_sets") or {}
    parts = []
    for key, label in (("auroc", "AUROC"), ("log10_mae", "log10 MAE of the onset step")):
        rows = {name: as_figure(s.get(key)) for name, s in sets.items()}
        if any(f["value"] is not None for f in rows.values()):
            drawing = draw_intervals(f"signals-{key}", rows, label, next(iter(rows)))
            parts.append(_figure(label, drawing))
    return [_grid(parts), tree_table(sets, "Signal sets")]


def _transfer(result: Result) -> list[str]:
    """Return a table of all factors, and one of the levels of each factor that has some."""
    transfer = _part(result, "transfer") or {}
    means = {words_of(f).capitalize(): _known_cells(figures) for f, figures in transfer.items()}
    missing = [
        f"{words_of(factor).capitalize()}: {', '.join(map(str, figures['not_estimable']))}."
        for factor, figures in transfer.items()
        if figures.get("not_estimable")
    ]
    note = f"Not estimable. {' '.join(missing)}" if missing else ""
    tables = [tree_table(means, "Means over the levels of a factor", note)]
    if not tables[0] and note:
        tables = [f'<p class="note">{escape(note)}</p>']
    for factor, figures in transfer.items():
        tables.append(tree_table(figures.get("levels"), words_of(factor).capitalize()))
    return tables


def _known_cells(tree: Tree) -> Tree:
    return {k: v for k, v in tree.items() if is_cell(v) and value_of(v) is not None}


def _external(result: Result) -> list[str]:
    external = _part(result, "external") or {}
    tables = [
        rows_table(external[key], title)
        for key, title in (("means", "Means over the scored sources"), ("rows", "By source"))
        if external.get(key)
    ]
    version = external.get("forecaster")
    if version and tables:
        tables.insert(0, f'<p class="note">Forecaster {escape(str(version))}.</p>')
    return tables


def _tables(result: Result) -> list[str]:
    first = (result.get("headline") or {}).get("landmark")
    parts = [_headline_table(result)]
    for landmark, table in (result.get("tables") or {}).items():
        negatives = table.get("negatives") or {}
        counts = (
            f"{count_text(table.get('rows'))} rows, {count_text(table.get('positives'))} with onset "
            f"({count_text(table.get('grokking'))} grok), {count_text(negatives.get('budget_censored'))} "
            f"run out of their budget, {count_text(negatives.get('blocked'))} never can."
        )
        if value_of(table.get("coverage90")) is not None:
            covered = f"{value_text(table['coverage90'])} {interval_text(table['coverage90'])}"
            counts += f" The 90 % intervals hold {covered} of the onsets."
        body = tree_table(table["methods"], f"Methods {landmark}", counts)
        opened = " open" if landmark == first else ""
        parts.append(f"<details{opened}><summary>{escape(landmark.capitalize())}</summary>{body}</details>")
    return parts


def _headline_table(result: Result) -> str:
    """Return every figure of the headline that stands in no table of its own."""
    headline = result.get("headline") or {}
    rows = [
        {"": words_of(figure), "layer": layer, "figure": value}
        for layer in ("whether", "when")
        for figure, value in (headline.get(layer) or {}).items()
        if is_cell(value) and value_of(value) is not None
    ]
    return rows_table(rows, f"Headline, {headline.get('landmark')}") if rows else ""


def _section(name: str, title: str, text: str, parts: Sequence[str]) -> str:
    """Return a section, or nothing where none of its parts has something to show."""
    body = "\n".join(p for p in parts if p)
    if not body:
        return ""
    return (
        f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(title)}</h2>\n'
        f"<p>{escape(text)}</p>\n{body}\n</section>"
    )


def _grid(parts: Sequence[str]) -> str:
    shown = [p for p in parts if p]
    return '<div class="grid">\n' + "\n".join(shown) + "\n</div>" if shown else ""


def _figure(title: str, drawing: Drawing, landmark: str | None = None) -> str:
    subtitle = f" <small>{escape(landmark)}</small>" if landmark else ""
    legend = "".join(f"<li>{_swatch(e)}{escape(e.text)}</li>" for e in drawing.legend)
    return (
        f"<figure><figcaption>{escape(title)}{subtitle}</figcaption>\n"
        f'<div role="img" aria-label="{escape(drawing.description)}">{drawing.svg}</div>\n'
        + (f'<ul class="legend">{legend}</ul>' if legend else "")
        + "</figure>"
    )


def _swatch(entry: Entry) -> str:
    colour = f"var(--series-{entry.series})"
    if entry.mark in DASHES:
        return f'<i style="border-top: 3px {entry.mark} {colour}"></i>'
    return f'<b style="color: {colour}" aria-hidden="true">{entry.mark}</b>'


def _part(result: Result, key: str) -> Tree | None:
    """Return a part of the result from the first level or, where it is not there, from the headline."""
    found = result.get(key) or (result.get("headline") or {}).get(key)
    return found if isinstance(found, Mapping) else None
