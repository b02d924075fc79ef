"""The benchmark of plans in docs/plans.md."""

from collections.abc import Sequence

from predictor.benchmark.plans import PlanFigures
from predictor.report.markdown import markdown_section
from predictor.report.table import Table, columns

_COLUMNS = columns("context", "onset by", "method", "AUROC", "Brier score", "log10 MAE", "in 90 % interval")


def plans_part(figures: Sequence[PlanFigures], version: str) -> str:
    """Return the figures in Markdown, a table for each kind of runs."""
    kinds = dict.fromkeys(f.runs_of for f in figures)
    tables = [_table(kind, [f for f in figures if f.runs_of == kind]) for kind in kinds]
    return "\n\n".join(
        [_OPENING.format(version=version), *(markdown_section(table, level=3) for table in tables), _NOTES]
    )


def _table(kind: str, figures: Sequence[PlanFigures]) -> Table:
    rows = tuple((f.context, f.by, f.method, f.auroc, f.brier, f.log10_mae, f.coverage90) for f in figures)
    known = {(f.context, f.by): f for f in figures}.values()
    counts = "; ".join(
        f"{f.context}, {f.by}: {f.runs:,} runs of {f.configurations:,} configurations, {f.onsets:,} with onset"
        for f in known
    )
    return Table(kind[0].upper() + kind[1:], _COLUMNS, rows, f"Known by then: {counts}.")


_OPENING = """## How good they are

Written by `python -m predictor.release --plans FOLDER` (the folder of [public runs](public_runs.md)). Forecaster {version}: each run is judged from its context alone, by the learner that has not seen its configuration, of a
public run its source. Beside it the same folds' Kaplan-Meier curve, which is one for all settings, and the published law that the onset comes after a time in proportion to 1 / (learning rate x weight decay), with exponent,
factor and spread fitted to the same folds by a censored log-normal regression; where rate or decay is not known the constant stands for it, and a product of zero counts as 1e-8, which is kinder to the law than never. Intervals are 95 % by resampling configurations."""

_NOTES = """*By its budget* asks whether onset comes by the step at which each run was stopped. Of our runs that was fixed beforehand. Others stopped recording when they had seen enough, often soon after the onset, so that long recordings are those
without one: a constant, which finds longer ones likelier, ranks public runs the wrong way round, and that column says more of habits than of plans. *By step 10,000* asks the same of all; runs that were recorded for less, and had no onset, are left out.
*Fields forgotten*: up to 80 % of the context is left out at random, and the target accuracy is drawn. log10 MAE is of the median given onset by then. The share in the 90 % interval takes account of runs that end before their onset; it is a dash
where no curve goes as high as the interval's upper end."""
