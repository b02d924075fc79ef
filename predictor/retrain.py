"""Fit a challenger on more runs, and let it replace the champion only if it is better on runs that neither saw.

Both are judged on the corpus's configurations, each by its learner that did not see that configuration: folds are a
hash of the configuration, so champion and challenger are blind to the same ones, and every fold takes its turn. Runs
of the user's own teach the challenger and never judge it.
"""

import datetime
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version as installed_version
from typing import Any

import numpy as np

from features.extract import FEATURES
from features.table import FeatureTable
from predictor.arenas import give_back
from predictor.benchmark import metrics
from predictor.benchmark.bootstrap import Interval, interval
from predictor.benchmark.prediction import predict
from predictor.benchmark.rows import measured_at_any_landmark
from predictor.forecaster import OnsetForecaster
from predictor.hazard.folds import N_FOLDS
from predictor.store import Card, ForecasterStore
from predictor.surprises import Surprise, surprises
from predictor.table_cache import fitting_tables
from training_runs import Run, archive
from training_runs.arrays import FloatArray

# How much worse the lower end of a paired difference may be.
TOLERANCE = 0.01


@dataclass(frozen=True)
class Comparison:
    """Champion and challenger on the same held-out rows. Gains are champion minus challenger: above 0 is better.

    `surprises` are the added runs that ended otherwise than the champion had forecast: look at them before promoting.
    """

    champion: str
    challenger: str
    rows: int
    configurations: int
    champion_brier: float
    challenger_brier: float
    champion_log10_mae: float
    challenger_log10_mae: float
    brier_gain: Interval
    log10_mae_gain: Interval
    promoted: bool = False
    surprises: tuple[Surprise, ...] = ()

    @property
    def better(self) -> bool:
        """The rule of promotion: no lower bound is below -0.01, and one of the two figures improves."""
        gains = (self.brier_gain, self.log10_mae_gain)
        known = all(g.low is not None and g.value is not None for g in gains)
        return known and (all((g.low or 0.0) > -TOLERANCE for g in gains) and any((g.value or 0.0) > 0 for g in gains))


def retrain(
    corpus: Sequence[Run],
    added: Sequence[Run],
    store: ForecasterStore,
    *,
    promote: bool,
    on_progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> Comparison:
    """Fit on the corpus and the added runs, store the challenger, compare, and promote it if that is wanted and it is better.

    Raises
    ------
    DamagedForecaster : the champion cannot be loaded, or the store not written: found before minutes are spent.
    """
    champion, version = store.load(), next_version(store)
    store.require_writable()
    on_progress("measuring", 0, 1)
    tables = fitting_tables(corpus, added, store.folder / "cache", partial(on_progress, "measuring"))
    give_back()  # parts of tables that were joined since
    done = iter(range(1, N_FOLDS + 1))
    challenger = OnsetForecaster.fit(
        [*corpus, *added],
        version,
        lambda: on_progress("fitting", next(done), N_FOLDS),
        tables=tables,
    )
    on_progress("comparing", 0, 1)
    strange = surprises(champion, challenger, added)
    comparison = replace(compare(champion, challenger, corpus), surprises=strange)
    comparison = save_challenger(store, challenger, comparison, [*corpus, *added])
    _log_use(store, comparison)
    on_progress("comparing", 1, 1)
    if promote and comparison.better:
        store.activate(comparison.challenger)
        return replace(comparison, promoted=True)
    return comparison


def save_challenger(
    store: ForecasterStore, challenger: OnsetForecaster, comparison: Comparison, runs: Sequence[Run]
) -> Comparison:
    """Store a challenger, under the next version where another retraining took its own meanwhile; return what names it."""
    while True:
        try:
            store.save(challenger, make_card(runs, {"against": as_dict(comparison)}))
            return comparison
        except FileExistsError:
            challenger = replace(challenger, version=next_version(store))
            comparison = replace(comparison, challenger=challenger.version)


def compare(champion: OnsetForecaster, challenger: OnsetForecaster, held_out: Sequence[Run]) -> Comparison:
    """Judge two forecasters on early landmarks of the same runs, each blind to every configuration it is judged on."""
    rows = measured_at_any_landmark(held_out).early()
    a, b = (predict(f.curves(rows, blind=True, to_reach=False), rows) for f in (champion, challenger))

    def brier(p: FloatArray) -> Callable[[np.ndarray], float]:
        return lambda i: metrics.brier(p[i], rows.event[i])

    def when(median: FloatArray) -> Callable[[np.ndarray], float]:
        return lambda i: metrics.log10_mae(median[i][rows.event[i]], rows.time[i][rows.event[i]])

    every_row = np.arange(len(rows))
    return Comparison(
        champion=champion.version,
        challenger=challenger.version,
        rows=len(rows),
        configurations=len(np.unique(rows.configuration)),
        champion_brier=brier(a.probability)(every_row),
        challenger_brier=brier(b.probability)(every_row),
        champion_log10_mae=when(a.median)(every_row),
        challenger_log10_mae=when(b.median)(every_row),
        brier_gain=_gain(brier(a.probability), brier(b.probability), rows),
        log10_mae_gain=_gain(when(a.median), when(b.median), rows),
    )


def make_card(runs: Sequence[Run], figures: dict[str, Any]) -> Card:
    """Return the card of a version: runs, features, packages, and the figures it was judged by."""
    packages = ("lightgbm", "numpy", "scikit-learn", "grokcast")
    return {
        "corpus": {
            "runs": len(runs),
            "configurations": len({r.configuration_id for r in runs}),
            "sha256": archive.digest(runs),
        },
        "features": list(FEATURES),
        "packages": {name: installed_version(name) for name in packages},
        **figures,
    }


def next_version(store: ForecasterStore) -> str:
    """Return the next version of this month, as year.month.own.number: never one that a release will have."""
    today = datetime.datetime.now(datetime.UTC).date()
    month = f"{today.year}.{today.month}.own."
    numbers = [v.removeprefix(month) for v in store.versions() if v.startswith(month)]
    return month + str(max((int(n) for n in numbers if n.isdigit()), default=0) + 1)


def _gain(
    champion: Callable[[np.ndarray], float],
    challenger: Callable[[np.ndarray], float],
    rows: FeatureTable,
) -> Interval:
    return interval(lambda i: champion(i) - challenger(i), rows.configuration)


def _log_use(store: ForecasterStore, comparison: Comparison) -> None:
    """Note every look at held-out runs: many looks make a lucky challenger."""
    store.folder.mkdir(parents=True, exist_ok=True)
    entry = {"at": datetime.datetime.now(datetime.UTC).isoformat(), **as_dict(comparison)}
    with (store.folder / "held_out_uses.jsonl").open("a") as log:
        log.write(json.dumps(entry) + "\n")


def as_dict(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as plain data."""
    return asdict(comparison)
