"""Make the forecaster that is shipped: `python -m predictor.release VERSION [EXTERNAL]`, from the committed corpus.

Runs the benchmark, fits on the whole corpus, writes the version into the package, and writes the figures into the
README and docs/benchmark.md, so that no figure there is typed by hand. The benchmark takes most of an hour and is kept
in `out/`: stopped later than that, a release goes on from there.
"""

import json
import sys
from pathlib import Path
from typing import Any

from predictor.benchmark.external import benchmark_external
from predictor.benchmark.run import benchmark, judge
from predictor.forecaster import OnsetForecaster
from predictor.report.markdown import benchmark_page, headline_table
from predictor.retrain import make_card
from predictor.store import SHIPPED, save
from training_runs import Run, archive
from training_runs.blind_test import read_blind

ROOT = Path(__file__).parent.parent
_BEGIN, _END = "<!-- benchmark: written by predictor.release -->", "<!-- /benchmark -->"


def release(version: str, external: Path | None) -> None:
    """Benchmark, fit, store and document a version; look once at the blind test and at the locked half of `external`."""
    runs = archive.read(archive.CORPUS)
    result = _benchmark_once(runs, ROOT / "out" / f"benchmark-{version}.json")
    forecaster = OnsetForecaster.fit(runs, version)
    result["blind"] = judge(forecaster, read_blind())
    if external is not None:
        result["external"] = [benchmark_external(forecaster, [external], locked=locked) for locked in (True, False)]
    save(forecaster, make_card(runs, {"benchmark": result}), SHIPPED)
    (ROOT / "docs" / "benchmark.md").write_text(benchmark_page(result, version))
    readme = ROOT / "README.md"
    readme.write_text(with_table(readme.read_text(), headline_table(result)))


def _benchmark_once(runs: list[Run], path: Path) -> dict[str, Any]:
    """Return the figures of the benchmark, from the file that an interrupted release left if it is of these runs."""
    corpus = archive.digest(runs)
    if path.exists():
        kept: dict[str, Any] = json.loads(path.read_text())
        if kept["corpus"] == corpus:
            return dict(kept["result"])
    result = benchmark(runs, _say)
    del result["plots"]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"corpus": corpus, "result": result}))
    return result


def _say(stage: str, done: int, total: int) -> None:
    sys.stderr.write(f"{stage}: {done} of {total}\n")


def with_table(page: str, table: str, begin: str = _BEGIN, end: str = _END) -> str:
    """Return a page, by default the README, with the table between its two marks."""
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{table}\n{end}{after}"


if __name__ == "__main__":
    release(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else None)
