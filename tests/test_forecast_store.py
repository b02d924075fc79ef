"""What the store of forecasts promises, on both databases."""

from dataclasses import replace

from api.caller import LOCAL
from api.storage.database import Database
from api.storage.forecasts import ForecastStore, MadeForecast
from api.storage.runs import RunStore
from api.wire.examples import ANSWER
from tests.stored_run import HISTORY, SETTINGS
from training_runs import Trajectory


def test_the_timeline_says_what_was_believed_when(runs: RunStore, database: Database) -> None:
    timeline = ForecastStore(database)
    runs.put(LOCAL, "a", SETTINGS)
    first, _ = runs.append(LOCAL, "a", HISTORY)
    timeline.add(MadeForecast(first, "v1", 20, {"p": 0.1}))
    timeline.add(MadeForecast(first, "v1", 20, {"p": 0.1}))  # by another worker
    second, _ = runs.append(LOCAL, "a", Trajectory([30], {}))
    timeline.add(MadeForecast(second, "v2", 30, {"p": 0.2}))
    timeline.add(MadeForecast(second, "v1", 30, {"p": 0.3}))
    made = timeline.page(second, 10)
    assert [(f.forecaster, f.revision, f.forecast) for f in made] == [
        ("v1", 1, {"p": 0.1}),
        ("v2", 2, {"p": 0.2}),
        ("v1", 2, {"p": 0.3}),
    ]
    assert timeline.page(second, 2, made[0].id) == made[1:]
    assert timeline.newest(second) == made[2]
    assert timeline.made([second], "v2") == {second.id: {"p": 0.2}}
    assert timeline.made([second], "v3") == timeline.made([], "v2") == {}


def test_a_rewound_forecast_stays_and_is_not_the_newest(runs: RunStore, database: Database) -> None:
    timeline = ForecastStore(database)
    runs.put(LOCAL, "a", SETTINGS)
    first, _ = runs.append(LOCAL, "a", HISTORY)
    timeline.add(MadeForecast(first, "v", 20, {"p": 1}))
    second, _ = runs.append(LOCAL, "a", Trajectory([30], {}))
    timeline.add(MadeForecast(second, "v", 30, {"p": 2}))
    now, _ = runs.rewind(LOCAL, "a", 25)
    assert [f.rewound for f in timeline.page(now, 10)] == [False, True]
    newest = timeline.newest(now)
    assert newest is not None
    assert newest.forecast == {"p": 1}
    # One that was being made while points were taken back is of the past too.
    timeline.add(MadeForecast(replace(second, revision=99), "late", 30, {"p": 3}))
    assert timeline.page(now, 10)[-1].rewound
    assert timeline.newest(now) == newest


def test_a_list_has_the_newest_forecast_of_each_run(runs: RunStore, database: Database) -> None:
    timeline = ForecastStore(database)
    for name in ("a", "b", "none"):
        runs.put(LOCAL, name, SETTINGS)
        for k, chance in enumerate((0.25, 0.75, 0.5)):
            run, _ = runs.append(LOCAL, name, Trajectory([10 * k + 10], {"val_acc": [0.1]}))
            if name != "none":
                timeline.add(MadeForecast(run, "v", 10 * k + 10, {**ANSWER, "probability_onset_by_horizon": chance}))
    runs.rewind(LOCAL, "b", 30)
    brief = timeline.newest_of(runs.page(LOCAL, 10))
    assert {name: (f.observed_until_step, f.probability_onset_by_horizon) for name, f in brief.items()} == {
        "a": (30, 0.5),
        "b": (20, 0.75),
    }
    assert (brief["a"].phase, brief["a"].action) == (ANSWER["phase"], ANSWER["advice"]["action"])
    assert brief["a"].median_onset_step == ANSWER["onset_step"]["p50"]
    assert brief["a"].in_support is ANSWER["support"]["in_support"]
    assert brief["a"].check_again_step == ANSWER["advice"]["check_again_step"]
    assert timeline.newest_of([]) == {}


def test_a_list_has_forecasts_of_steps_beyond_small_integers(runs: RunStore, database: Database) -> None:
    timeline = ForecastStore(database)
    runs.put(LOCAL, "tokens", SETTINGS)
    run, _ = runs.append(LOCAL, "tokens", Trajectory([9 * 10**15], {"val_acc": [0.1]}))
    far = {
        "horizon_step": 9 * 10**16,
        "supported_until_step": 2**31,
        "onset_step": {"p05": None, "p50": 2**40, "p95": None},
    }
    advice = {**ANSWER["advice"], "check_again_step": None}
    timeline.add(MadeForecast(run, "v", 9 * 10**15, {**ANSWER, **far, "advice": advice}))
    brief = timeline.newest_of([run])["tokens"]
    assert (brief.horizon_step, brief.supported_until_step, brief.median_onset_step) == (9 * 10**16, 2**31, 2**40)
    assert brief.check_again_step is None


def test_a_forecast_that_cannot_be_read_hides_no_run(runs: RunStore, database: Database) -> None:
    timeline = ForecastStore(database)
    found = []
    for name, forecast in (("whole", ANSWER), ("empty", {}), ("list", [1]), ("half", {**ANSWER, "advice": {}})):
        runs.put(LOCAL, name, SETTINGS)
        run, _ = runs.append(LOCAL, name, HISTORY)
        timeline.add(MadeForecast(run, "v", 20, forecast))  # type: ignore[arg-type]
        found.append(run)
    assert list(timeline.newest_of(found)) == ["whole"]
