"""Make the forecaster that is shipped: `python -m predictor.release VERSION [EXTERNAL]`, from the committed corpus.

Runs the benchmark, fits on the whole corpus, writes the version into the package, and writes the figures into the
README and docs/benchmark.md, so that no figure there is typed by hand. The benchmark takes most of an hour and is kept
in `out/`: stopped later than that, a release goes on from there. `python -m predictor.release` alone writes the
documents again, from the card of the shipped version.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

from predictor.benchmark.external import benchmark_external
from predictor.benchmark.result import BenchmarkResult
from predictor.benchmark.run import benchmark, judge
from predictor.forecaster import OnsetForecaster
from predictor.report.documents import benchmark_page, readme_part
from predictor.retrain import make_card
from predictor.store import SHIPPED, ForecasterStore, save
from training_runs import Run, archive
from training_runs.blind_test import read_blind

ROOT = Path(__file__).parent.parent
_BEGIN, _END = "<!-- benchmark: written by predictor.release -->", "<!-- /benchmark -->"


def release(version: str, external: Path | None) -> None:
    """Benchmark, fit, store and document a version; score the blind test and the locked half of `external` once."""
    runs = archive.read(archive.CORPUS)
    result = _benchmark_once(runs, ROOT / "out" / f"benchmark-{version}.json")
    forecaster = OnsetForecaster.fit(runs, version)
    result = replace(result, blind=judge(forecaster, read_blind()))
    if external is not None:
        elsewhere = [benchmark_external(forecaster, [external], locked=locked) for locked in (True, False)]
        result = replace(result, external=tuple(elsewhere))
    save(forecaster, make_card(runs, {"benchmark": result.as_dict()}), SHIPPED)
    write_documents(result, version)


def write_documents(result: BenchmarkResult, version: str) -> None:
    """Write docs/benchmark.md and the README's part of it."""
    (ROOT / "docs" / "benchmark.md").write_text(benchmark_page(result, version))
    readme = ROOT / "README.md"
    readme.write_text(with_table(readme.read_text(), readme_part(result)))


def shipped_result() -> tuple[BenchmarkResult, str]:
    """Return the figures of the shipped forecaster, read from its card, and its version."""
    shipped = ForecasterStore(SHIPPED)
    version = shipped.active_version()
    return BenchmarkResult.of_json(shipped.card(version)["benchmark"]), version


def _benchmark_once(runs: list[Run], path: Path) -> BenchmarkResult:
    """Return the figures of the benchmark, from the file that an interrupted release left if it is of these runs."""
    corpus = archive.digest(runs)
    if path.exists():
        kept = json.loads(path.read_text())
        if kept["corpus"] == corpus:
            return BenchmarkResult.of_json(kept["result"])
    result, _ = benchmark(runs, _say)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"corpus": corpus, "result": result.as_dict()}))
    return result


def _say(stage: str, done: int, total: int) -> None:
    sys.stderr.write(f"{stage}: {done} of {total}\n")


def with_table(page: str, table: str, begin: str = _BEGIN, end: str = _END) -> str:
    """Return a page, by default the README, with the table between its two marks."""
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{table}\n{end}{after}"


if __name__ == "__main__":
    if len(sys.argv) == 1:
        write_documents(*shipped_result())
    else:
        release(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else None)
