"""What the store of forecasts promises, on both databases."""

from dataclasses import replace

from api.caller import LOCAL
from api.storage.database import Database
from api.storage.forecasts import ForecastStore
from api.storage.runs import RunStore
from tests.stored_run import HISTORY, SETTINGS
from training_runs import Trajectory


def test_the_timeline_says_what_was_believed_when(runs: RunStore, database: Database) -> None:
    timeline = ForecastStore(database)
    runs.put(LOCAL, "a", SETTINGS)
    first, _ = runs.append(LOCAL, "a", HISTORY)
    timeline.add(first, "v1", 20, {"p": 0.1})
    timeline.add(first, "v1", 20, {"p": 0.1})  # by another worker
    second, _ = runs.append(LOCAL, "a", Trajectory([30], {}))
    timeline.add(second, "v2", 30, {"p": 0.2})
    timeline.add(second, "v1", 30, {"p": 0.3})
    made = timeline.page(second, 10)
    assert [(f.forecaster, f.revision, f.forecast) for f in made] == [
        ("v1", 1, {"p": 0.1}),
        ("v2", 2, {"p": 0.2}),
        ("v1", 2, {"p": 0.3}),
    ]
    assert timeline.page(second, 2, made[0].id) == made[1:]
    assert timeline.newest(second) == made[2]
    assert timeline.made(second, "v2") == {"p": 0.2}
    assert timeline.made(second, "v3") is None


def test_a_rewound_forecast_stays_and_is_not_the_newest(runs: RunStore, database: Database) -> None:
    timeline = ForecastStore(database)
    runs.put(LOCAL, "a", SETTINGS)
    first, _ = runs.append(LOCAL, "a", HISTORY)
    timeline.add(first, "v", 20, {"p": 1})
    second, _ = runs.append(LOCAL, "a", Trajectory([30], {}))
    timeline.add(second, "v", 30, {"p": 2})
    now, _ = runs.rewind(LOCAL, "a", 25)
    assert [f.rewound for f in timeline.page(now, 10)] == [False, True]
    newest = timeline.newest(now)
    assert newest is not None
    assert newest.forecast == {"p": 1}
    # One that was being made while points were taken back is of the past too.
    timeline.add(replace(second, revision=99), "late", 30, {"p": 3})
    assert timeline.page(now, 10)[-1].rewound
    assert timeline.newest(now) == newest
