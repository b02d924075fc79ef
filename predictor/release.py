"""Make the forecaster that is shipped, or measure and document it again.

    python -m predictor.release VERSION [EXTERNAL]

It learns from the committed corpus, from the runs that are committed beside it for releases, and from public runs in the folder
EXTERNAL. Writes the version into the package, and the figures into the README and docs/benchmark.md, so that no figure there is
typed by hand. The benchmark of configurations held out is of the corpus alone; it takes most of an hour and is kept in `out/`:
stopped later than that, a release goes on from there. Without arguments the documents are written again, from the shipped card.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from features.table import FeatureTable, table_at
from predictor.benchmark.blind import benchmark_blind
from predictor.benchmark.designs import benchmark_designs
from predictor.benchmark.external import benchmark_external
from predictor.benchmark.plans import benchmark_plans
from predictor.benchmark.result import BenchmarkResult, FactorFigures
from predictor.benchmark.rows import HEADLINE, LANDMARKS
from predictor.benchmark.run import benchmark, with_laws
from predictor.benchmark.transfer import leave_one_out
from predictor.fitting_tables import FittingTables
from predictor.forecaster import OnsetForecaster
from predictor.public_runs import PublicSource, public_runs_page, public_sources
from predictor.report.documents import benchmark_page
from predictor.report.markdown import between
from predictor.report.plans import plans_part
from predictor.report.readme import readme_part
from predictor.retrain import make_card
from predictor.store import SHIPPED, ForecasterStore, rewrite_card, save
from training_runs import Run, archive
from training_runs.blind_test import BLIND, SECOND_BLIND, read_blind
from training_runs.readers import read_source_folder

ROOT = Path(__file__).parent.parent
# Beside the corpus, and not in the package that is installed: each a design that was complete, or as drawn as far as it went.
_DESIGNS = (
    "papers_sizes",
    "long_delays",
    "optimizers",
    "groups",
    "images",
    "xor_clusters",
    "xor_clusters_more",
    "xor_clusters_third",
    "other_worlds",
    "other_worlds_more",
)
RELEASE_RUNS = tuple(archive.CORPUS.parent / "corpus_next" / name for name in _DESIGNS)
_BEGIN, _END = "<!-- benchmark: written by predictor.release -->", "<!-- /benchmark -->"


def release(version: str, external: Path | None, *, keep_held_out: bool = False) -> None:
    """Benchmark, fit, store and document a version; score the blind tests and the public sources."""
    corpus = archive.read(archive.CORPUS)
    result = _held_out_so_far() if keep_held_out else _benchmark_once(corpus, version)
    designs, public = _designs(), _public_runs(external)
    own = [*corpus, *chain(*designs.values())]
    tables = release_tables(own, public)
    forecaster = OnsetForecaster.fit([*own, *public], version, tables=tables)
    figures = benchmark_designs(forecaster, own, designs, tables.training)
    families = families_left_out(own, tables.training)
    result = replace(result, designs=figures, families=families)
    publish(forecaster, [*own, *public], with_blind(result, forecaster, tables.training), external)


def release_tables(own: list[Run], public: list[Run]) -> FittingTables:
    """Return what a release is fitted on. Alarms are set on our own runs: budgets of others were seldom fixed beforehand."""
    tables = FittingTables.of(own)
    if not public:
        return tables
    return tables.joined(FittingTables(FittingTables.of(public).training, FittingTables.of([]).monitored_rows))


def families_left_out(own: list[Run], training: FeatureTable) -> FactorFigures:
    """Return how good forecasts are on a task family that no run has, where our own runs have enough of it."""
    rows = table_at(own, LANDMARKS[HEADLINE]).early()
    ours = training.of_configurations(np.unique([run.configuration_id for run in own]))
    factor = "task_family"
    return leave_one_out(own, rows, ours, partial(_say, "families left out"), factors=(factor,))[factor]


def _designs() -> dict[str, list[Run]]:
    """Return what a release learns from beside the corpus, by design."""
    return {folder.name: archive.read(folder) for folder in RELEASE_RUNS}


def _own_runs(designs: Mapping[str, list[Run]]) -> list[Run]:
    return [*archive.read(archive.CORPUS), *chain(*designs.values())]


def _public_runs(external: Path | None) -> list[Run]:
    return [] if external is None else list(chain(*read_source_folder(external).values()))


def publish(forecaster: OnsetForecaster, runs: list[Run], held_out: BenchmarkResult, external: Path | None) -> None:
    """Score a fitted forecaster on public runs, store it as the shipped one, and write the documents."""
    result = replace(held_out, external=None)
    sources: list[PublicSource] = []
    if external is not None:
        result = replace(result, external=benchmark_external(forecaster, [external]))
        sources = public_sources(external)
    figures = {"benchmark": result.as_dict(), "public_runs": [source.as_dict() for source in sources]}
    save(forecaster, make_card(runs, figures), SHIPPED)
    write_plans(forecaster, runs)
    write_documents(result, sources, forecaster.version)


def write_documents(result: BenchmarkResult, sources: list[PublicSource], version: str) -> None:
    """Write docs/benchmark.md, docs/public_runs.md and the README's part of the first."""
    (ROOT / "docs" / "benchmark.md").write_text(benchmark_page(result, version))
    (ROOT / "docs" / "public_runs.md").write_text(public_runs_page(sources, version))
    readme = ROOT / "README.md"
    readme.write_text(with_table(readme.read_text(), readme_part(result)))


def write_plans(forecaster: OnsetForecaster, runs: list[Run]) -> None:
    """Judge the plans of a forecaster on the runs that it has learnt from, by learners that have not seen them, into docs/plans.md."""
    if forecaster.planner is not None:
        page = ROOT / "docs" / "plans.md"
        part = plans_part(benchmark_plans(forecaster.planner, runs), forecaster.version)
        page.write_text(with_table(page.read_text(), part))


def write_held_out() -> None:
    """Benchmark the recipe at hand on configurations held out, into the shipped version's card and the documents."""
    shipped, version = shipped_result()
    result = _benchmark_once(archive.read(archive.CORPUS), version)
    kept = {name: getattr(shipped, name) for name in ("blind", "second_blind", "external", "designs", "families")}
    _rewrite(replace(result, **kept), version)


def with_blind(result: BenchmarkResult, forecaster: OnsetForecaster, training: FeatureTable) -> BenchmarkResult:
    """Return a result with the figures of both blind tests; `training` has the rows of all that the forecaster learnt from."""
    first, second = (benchmark_blind(forecaster, read_blind(folder), training) for folder in (BLIND, SECOND_BLIND))
    return replace(result, blind=first, second_blind=second)


def write_blind(external: Path | None) -> None:
    """Score the shipped version on the blind tests again, into its card and the documents."""
    shipped, version = shipped_result()
    training = release_tables(_own_runs(_designs()), _public_runs(external)).training
    _rewrite(with_blind(shipped, ForecasterStore(SHIPPED).load(), training), version)


def write_designs(external: Path | None) -> None:
    """Measure the shipped version on the designs beside the corpus again, into its card and the documents."""
    shipped, version = shipped_result()
    designs = _designs()
    own = _own_runs(designs)
    training = release_tables(own, _public_runs(external)).training
    figures = benchmark_designs(ForecasterStore(SHIPPED).load(), own, designs, training)
    _rewrite(replace(shipped, designs=figures), version)


def write_laws() -> None:
    """Measure the closed laws on the rows of the shipped version's benchmark, into its card and the documents."""
    result, version = shipped_result()
    _rewrite(with_laws(result, archive.read(archive.CORPUS)), version)


def _rewrite(result: BenchmarkResult, version: str) -> None:
    """Put figures in the place of those of the shipped version, in its card and the documents."""
    rewrite_card(SHIPPED / version, {"benchmark": result.as_dict()})
    write_documents(result, shipped_sources(), version)


def shipped_sources() -> list[PublicSource]:
    """Return the public sources that taught the shipped forecaster, read from its card."""
    shipped = ForecasterStore(SHIPPED)
    return [PublicSource(**source) for source in shipped.card(shipped.active_version())["public_runs"]]


def _held_out_so_far() -> BenchmarkResult:
    """Return the shipped forecaster's figures, marked as of its recipe."""
    result, version = shipped_result()
    return replace(result, recipe=result.recipe or version)


def shipped_result() -> tuple[BenchmarkResult, str]:
    """Return the figures of the shipped forecaster, read from its card, and its version."""
    shipped = ForecasterStore(SHIPPED)
    version = shipped.active_version()
    return BenchmarkResult.of_json(shipped.card(version)["benchmark"]), version


def _benchmark_once(runs: list[Run], version: str) -> BenchmarkResult:
    """Return the figures of the benchmark, from the file that an interrupted release left if it is of these runs."""
    corpus, path = archive.digest(runs), ROOT / "out" / f"benchmark-{version}.json"
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


def with_table(readme: str, table: str) -> str:
    """Return the README with the table between its two marks."""
    return between(readme, table, _BEGIN, _END)


def main() -> None:
    """Read the arguments of the command line: a version to be made, or what is to be measured again of the shipped one."""
    parser = argparse.ArgumentParser(
        prog="python -m predictor.release", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("version", nargs="?")
    parser.add_argument("external", nargs="?", type=Path, help="folder of public runs")
    parser.add_argument(
        "--keep-held-out",
        action="store_true",
        help="the held-out figures stay those of the version shipped so far, which the documents name",
    )
    again = parser.add_mutually_exclusive_group()
    folder = partial(again.add_argument, nargs="?", type=Path, default=argparse.SUPPRESS, metavar="EXTERNAL")
    again.add_argument("--held-out", action="store_true", help="of the shipped version: the held-out figures (an hour)")
    again.add_argument(
        "--laws", action="store_true", help="... the closed laws, on its rows and in its folds (minutes)"
    )
    folder("--plans", help="... its plans, into docs/plans.md (half a minute)")
    folder("--designs", help="... the designs beside the corpus (a quarter of an hour)")
    folder("--blind", help="... the two blind tests (a quarter of an hour)")
    given = parser.parse_args()
    if given.version:
        release(given.version, given.external, keep_held_out=given.keep_held_out)
    elif given.held_out:
        write_held_out()
    elif given.laws:
        write_laws()
    elif "plans" in given:
        write_plans(ForecasterStore(SHIPPED).load(), [*_own_runs(_designs()), *_public_runs(given.plans)])
    elif "designs" in given:
        write_designs(given.designs)
    elif "blind" in given:
        write_blind(given.blind)
    else:
        result, version = shipped_result()
        write_documents(result, shipped_sources(), version)


if __name__ == "__main__":
    main()
