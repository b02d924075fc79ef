"""The benchmark as tables of a terminal."""

from grokcast.display.console import OUT
from grokcast.display.tables import show_table
from predictor.benchmark.result import BenchmarkResult, ExternalResult
from predictor.report.tables import (
    AUROC,
    HELD,
    LOG10_MAE,
    external_means_table,
    external_table,
    headline_table,
    landmark_table,
    result_tables,
)


def show_benchmark(result: BenchmarkResult) -> None:
    """Print the benchmark: every table, the headline last."""
    OUT.print(f"{result.counts} --json has all figures with their intervals.")
    for landmark, figures in result.tables.items():
        show_table(landmark_table(landmark, figures))
    for table in result_tables(result):
        show_table(table)
    if result.headline is None:
        OUT.print("no landmark at memorisation could be scored")
    else:
        show_table(headline_table(result.headline))


def show_external(result: ExternalResult) -> None:
    """Print the figures of the forecaster on runs recorded elsewhere, without the columns that explain the others."""
    OUT.print(f"forecaster {result.forecaster}; --json has all figures with their intervals")
    rows = external_table(result).only("source", "horizon", "context", "rows", "onsets", AUROC, LOG10_MAE, HELD)
    show_table(rows)
    show_table(external_means_table(result))
