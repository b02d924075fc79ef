"""The benchmark as one HTML page that opens without a network: pictures inline, light and dark, readable on a phone.

Everything on it comes from `BenchmarkResult` and `Plots`; a section is left out where nothing is known. The page itself
is `report.html.jinja`, which escapes every name.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from predictor.benchmark.bootstrap import Interval
from predictor.benchmark.methods import FORECASTER
from predictor.benchmark.plots import Plots
from predictor.benchmark.result import BenchmarkResult, ExternalResult, MethodFigures
from predictor.report import tables
from predictor.report.figures import (
    draw_calibration,
    draw_coverage,
    draw_frontier,
    draw_intervals,
    draw_leads,
    draw_onsets,
    draw_roc,
)
from predictor.report.svg import DASHES, Drawing
from predictor.report.table import Cell, CellText, Table, cell_text

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Picture:
    """A drawing under a title; `landmark` is the kind of landmark that it shows."""

    title: str
    drawing: Drawing
    landmark: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page: pictures and small tables side by side, then wide tables, perhaps folded but for the first."""

    name: str
    title: str
    text: str
    pictures: Collection[Picture] = ()
    beside: Collection[Table] = ()
    tables: Collection[Table] = ()
    folded: bool = False

    def __bool__(self) -> bool:
        return bool(self.pictures or self.beside or self.tables)


@dataclass(frozen=True)
class Tile:
    """One figure in large type."""

    name: str
    figure: CellText
    note: str = ""


def html_report(result: BenchmarkResult, plots: Plots) -> str:
    """Return the page of a benchmark.

    Raises
    ------
    InvalidInput : there is something to draw, and matplotlib is not installed.
    """
    held_out = "Whole configurations held out; 95 % intervals by bootstrap over configurations."
    caption = f"Whether and when: {result.headline.landmark}." if result.headline else ""
    sections = (
        _whether(result, plots),
        _when(result, plots),
        _delay(result),
        _alarm(result, plots),
        _decision(result, plots),
        _signal_sets(result),
        _transfer(result),
        *([_external(result.external)] if result.external is not None else []),
        _landmarks(result),
    )
    return _page(f"{result.counts} {held_out}", sections, _tiles(result), caption)


def external_report(external: ExternalResult) -> str:
    """Return the page of one forecaster on runs recorded elsewhere."""
    return _page(f"Forecaster {external.forecaster}.", (_external(external),))


def _page(lead: str, sections: Collection[Section], tiles: Collection[Tile] = (), caption: str = "") -> str:
    return _ENVIRONMENT.get_template("report.html.jinja").render(
        lead=lead,
        tiles=tiles,
        caption=caption,
        sections=[section for section in sections if section],
        forecaster=FORECASTER,
        dashes=DASHES,
    )


def _tiles(result: BenchmarkResult) -> list[Tile]:
    figures: list[tuple[str, Cell, str]] = []
    if (headline := result.headline) is not None:
        whether, when = headline.whether, headline.when
        floor = when.noise_floor.value
        figures += [
            ("AUROC, whether", whether.auroc, ""),
            ("minus context only", whether.minus_context_only, "AUROC"),
            ("minus best signal", whether.minus_best_signal, "AUROC"),
            ("log10 MAE, when", when.log10_mae, "" if floor is None else f"noise floor {floor:.3f}"),
            ("coverage of 90 %", when.coverage90, ""),
        ]
    if (alarm := result.alarm.get(FORECASTER)) is not None:
        figures += [
            ("false alarms", alarm.fpr, "of runs without onset"),
            ("runs announced", alarm.coverage, "of those that grok"),
        ]
    if (decision := result.decision.get(FORECASTER)) is not None:
        figures += [
            ("runs kept in a sweep", decision.kept, "of those that grok"),
            ("compute spent in it", decision.compute, "of the full budgets"),
        ]
    return [Tile(name, cell_text(figure), note) for name, figure, note in figures]


def _whether(result: BenchmarkResult, plots: Plots) -> Section:
    pictures = []
    if plots.roc:
        pictures.append(Picture("ROC, by landmark", draw_roc(plots.roc)))
    if plots.calibration:
        pictures.append(Picture("Calibration", draw_calibration(plots.calibration), plots.landmark))
    auroc = {name: f.auroc for name, f in _methods(result).items()}
    return Section(
        "whether",
        "Whether a run will generalise",
        "P(onset within the budget), forecast before validation accuracy rises. Blocked negatives, which can never "
        "generalise, are left out of AUROC.",
        [*pictures, *_comparison(result, "auroc", auroc, "AUROC", highest_first=True)],
    )


def _when(result: BenchmarkResult, plots: Plots) -> Section:
    pictures = []
    if plots.onsets is not None:
        pictures.append(Picture("Forecast and actual onset", draw_onsets(plots.onsets), plots.landmark))
    if plots.coverage:
        pictures.append(Picture("Coverage by family", draw_coverage(plots.coverage), plots.landmark))
    error = {name: f.log10_mae for name, f in _methods(result).items()}
    return Section(
        "when",
        "When",
        "The median onset step, given onset within the budget, of runs that grok: a delay of more than 1,000 steps. "
        "Intervals are those of the calibrated forecast.",
        [*pictures, *_comparison(result, "log10_mae", error, "log10 MAE of the onset step", highest_first=False)],
        tables=_with_rows(tables.groups_table(result.groups)),
    )


def _delay(result: BenchmarkResult) -> Section:
    return Section(
        "delay",
        "The delay and the four classes",
        "From memorisation to onset: a run that generalises within 1,000 steps of memorising is comprehension, later grokking; one "
        "that only memorises is memorization, any other confusion (Li & Sakib).",
        tables=_with_rows(
            tables.delay_table(result.delay),
            *(tables.outcomes_table(name, figures) for name, figures in result.outcomes.items()),
        ),
    )


def _alarm(result: BenchmarkResult, plots: Plots) -> Section:
    return Section(
        "alarm",
        "Alarms",
        "Runs are watched from confirmed memorisation to the rise. A run without onset that raises an alarm at any "
        "checkpoint is a false positive; a grokking run without one has lead 0.",
        [Picture("How early alarms come", draw_leads(plots.leads))] if plots.leads else [],
        tables=_with_rows(tables.alarm_table(result.alarm)),
    )


def _decision(result: BenchmarkResult, plots: Plots) -> Section:
    pictures = []
    if result.decision or plots.frontier is not None:
        pictures.append(Picture("Kept and spent", draw_frontier(plots.frontier, result.decision, FORECASTER)))
    return Section(
        "decision",
        "Worth in a sweep",
        "Recorded runs, replayed: each is stopped or continued as a policy decides. The shaded corner is the target: at "
        "least 95 % of grokking runs kept at 60 % of the compute at most.",
        pictures,
        beside=_with_rows(tables.decision_table(result.decision)),
    )


def _signal_sets(result: BenchmarkResult) -> Section:
    auroc = {name: s.auroc for name, s in result.signal_sets.items()}
    error = {name: s.log10_mae for name, s in result.signal_sets.items()}
    pictures = [
        Picture(label, draw_intervals(f"signals-{key}", figures, label, next(iter(figures))))
        for key, label, figures in (("auroc", "AUROC", auroc), ("log10_mae", "log10 MAE of the onset step", error))
        if any(figure.value is not None for figure in figures.values())
    ]
    return Section(
        "signals",
        "Which signals it takes",
        "The same forecaster, given only some of what a run records.",
        pictures,
        tables=_with_rows(tables.signal_sets_table(result.signal_sets)),
    )


def _transfer(result: BenchmarkResult) -> Section:
    means, levels = tables.transfer_means_table(result.transfer), tables.transfer_levels_table(result.transfer)
    return Section(
        "transfer",
        "Levels never seen",
        "One level of a factor held out of training altogether, where enough runs make it estimable.",
        tables=_with_rows(means, levels, tables.families_table(result.families)),
    )


def _external(external: ExternalResult) -> Section:
    return Section(
        "external",
        "Runs recorded elsewhere",
        f"Forecaster {external.forecaster} on histories that other people published, at horizons in multiples "
        "of the landmark.",
        tables=_with_rows(tables.external_means_table(external), tables.external_table(external)),
    )


def _landmarks(result: BenchmarkResult) -> Section:
    headline = [tables.headline_table(result.headline)] if result.headline is not None else []
    landmarks = [tables.landmark_table(name, figures) for name, figures in result.tables.items()]
    return Section(
        "tables",
        "Every landmark and baseline",
        "Figures with 95 % intervals by bootstrap over configurations.",
        tables=[*headline, *landmarks],
        folded=True,
    )


def _with_rows(*found: Table) -> list[Table]:
    return [table for table in found if table.rows]


def _methods(result: BenchmarkResult) -> Mapping[str, MethodFigures]:
    """Return the figures of every method at the headline landmark."""
    return result.tables[result.headline.landmark].methods if result.headline is not None else {}


def _comparison(
    result: BenchmarkResult, key: str, figures: Mapping[str, Interval], label: str, *, highest_first: bool
) -> list[Picture]:
    """Return a picture of a figure of every method at the headline landmark, the best first."""
    known = [(figure.value, name) for name, figure in figures.items() if figure.value is not None]
    if not known or result.headline is None:
        return []
    order = [name for _, name in sorted(known, key=lambda pair: pair[0], reverse=highest_first)]
    drawing = draw_intervals(key, {name: figures[name] for name in order}, label, FORECASTER)
    return [Picture("Beside every baseline", drawing, result.headline.landmark)]
