"""How fast a training goes, and forecasts in hours, dates and money."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from api.wire.examples import ANSWER, PLAN_REQUEST, REQUEST
from api.wire.forecasts import ForecastAnswer
from predictor.forecaster import OnsetForecaster
from predictor.question import Question
from training_runs import Context, InvalidInput, Trajectory
from training_runs.pace import pace_of, times_of
from training_runs.synthetic import synthetic_trajectory

BEGIN = datetime(2026, 11, 24, 9, tzinfo=UTC).timestamp()
STEPS = np.arange(0, 2000, 100)


def history(times: Any, steps: Any = STEPS) -> Trajectory:
    return Trajectory(steps, {"val_acc": np.full(len(steps), 0.1)}, times)


def paused(times: np.ndarray, at: int, seconds: float) -> np.ndarray:
    return times + np.where(np.arange(len(times)) >= at, seconds, 0.0)


EVEN = BEGIN + 0.5 * STEPS
SPARSE = np.unique(np.geomspace(1, 1e5, 60).astype(int))


@pytest.mark.parametrize(
    ("times", "steps"),
    [
        (EVEN, STEPS),
        (paused(EVEN, 10, 36_000), STEPS),  # a night
        (paused(paused(EVEN, 5, 90), 12, -400), STEPS),  # a clock that is set back
        (np.where(STEPS < 1000, 0.5 * STEPS, 0.5 * (STEPS - 1000)), STEPS),  # seconds since the start, of two sessions
        (np.where(STEPS % 500 == 0, np.nan, EVEN), STEPS),
        (np.floor(BEGIN + 0.5 * SPARSE), SPARSE),  # whole seconds, many checkpoints in one
        (paused(EVEN, 3, 90)[:5], STEPS[:5]),
        (np.where(STEPS < 500, 3.0 * STEPS, 1500 + 0.5 * (STEPS - 500)), STEPS),  # slow at first
    ],
)
def test_the_pace_is_that_of_training_without_its_pauses(times: np.ndarray, steps: np.ndarray) -> None:
    pace = pace_of(history(times, steps))
    assert pace is not None
    assert pace.is_measured
    assert pace.seconds_per_step == pytest.approx(0.5, rel=0.02)
    assert pace.observed_at == (times[-1] if times[-1] > 1e9 else None)


@pytest.mark.parametrize("times", [None, EVEN[:1], np.full(20, BEGIN), np.random.default_rng(0).normal(5, 1, 20)])
def test_what_tells_no_pace_tells_none(times: Any) -> None:
    steps = STEPS if times is None else STEPS[: len(times)]
    assert pace_of(history(times, steps)) is None
    assert pace_of(history(times, steps), 2.0).seconds_per_step == 2.0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "values",
    [
        [BEGIN, None, BEGIN + 60],
        [BEGIN * 1000, None, (BEGIN + 60) * 1000],
        [BEGIN * 1e9, None, (BEGIN + 60) * 1e9],
        ["2026-11-24 09:00:00", "", "2026-11-24T10:01:00+01:00"],
        [datetime(2026, 11, 24, 9), None, datetime(2026, 11, 24, 9, 1, tzinfo=UTC)],
    ],
)
def test_times_are_read_in_their_units(values: list[Any]) -> None:
    np.testing.assert_allclose(times_of(values), [BEGIN, np.nan, BEGIN + 60])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "values", [["01:30", "02:00"], [True, "soon"], [float("inf")], [[1], [2]], [-1e308, 1e308], [1.0, 2.0, 1e15]]
)
def test_what_is_no_time_is_not_read_as_one(values: list[Any]) -> None:
    assert times_of(values) is None


def asked(times: bool = True, until: int = 2000, **question: Any) -> Question:
    seen = synthetic_trajectory(110, 12_000, noise=0.05).prefix(until)
    recorded = BEGIN + 0.5 * seen.steps if times else None
    context = Context(task_family="modular", learning_rate=1e-3, weight_decay=1.0, modulus=97)
    return Question(Trajectory(seen.steps, dict(seen.signals), recorded), context, **question)


def test_a_clock_is_the_forecast_at_the_pace_of_its_training(shipped: OnsetForecaster) -> None:
    forecast = shipped.forecast(asked(horizon_step=40_000, cost_per_hour=2.0))
    clock, last = forecast.clock, forecast.observed_until_step
    assert clock is not None
    assert clock.observed_at == datetime.fromtimestamp(round(BEGIN + 0.5 * last), UTC)
    for steps, hours, dates in (
        (forecast.onset_step, clock.onset_hours, clock.onset_at),
        (forecast.onset_step_if_onset, clock.onset_hours_if_onset, clock.onset_at_if_onset),
    ):
        assert hours is not None
        assert dates is not None
        assert hours.status == dates.status == steps.status
        for level in ("p05", "p50", "p95"):
            step, hour, date = (getattr(quantiles, level) for quantiles in (steps, hours, dates))
            assert (hour is None) is (date is None) is (step is None)
            if step is not None:
                assert hour == pytest.approx((step - last) / 7200)
                assert date.timestamp() == pytest.approx(BEGIN + 0.5 * step, abs=1)
    assert clock.hours_to_horizon == clock.hours_saved_by_stopping == pytest.approx((40_000 - last) / 7200)
    assert clock.cost is not None
    assert clock.cost.to_horizon == clock.cost.saved_by_stopping == pytest.approx(2 * clock.hours_to_horizon)


def test_nothing_known_of_time_changes_nothing(shipped: OnsetForecaster) -> None:
    without = shipped.forecast(asked(times=False, horizon_step=40_000))
    assert without.clock is None
    timed = shipped.forecast(asked(horizon_step=40_000))
    assert timed.onset_step == without.onset_step
    priced = shipped.forecast(asked(times=False, horizon_step=40_000, cost_per_hour=3.0))
    assert priced.clock is None
    assert "cost_per_hour is not used" in priced.warnings[-1]


def test_an_assumed_horizon_saves_nothing_and_what_has_risen_is_not_awaited(shipped: OnsetForecaster) -> None:
    assumed = shipped.forecast(asked()).clock
    assert assumed is not None
    assert assumed.hours_saved_by_stopping is None
    risen = shipped.forecast(asked(until=100_000, horizon_step=200_000, cost_per_hour=1.0))
    assert risen.phase == "generalized"
    assert risen.clock is not None
    assert risen.clock.onset_hours is risen.clock.onset_at is None
    assert risen.clock.hours_saved_by_stopping == pytest.approx((200_000 - risen.observed_until_step) / 7200)
    (said,) = (s.text for s in ForecastAnswer.from_forecast(risen).words if s.about == "clock")
    assert said.startswith("stopping saves ")


def test_dates_beyond_the_calendar_are_none(shipped: OnsetForecaster) -> None:
    clock = shipped.forecast(asked(seconds_per_step=1e9, horizon_step=40_000)).clock
    assert clock is not None
    assert clock.onset_hours_if_onset is not None
    assert clock.onset_at_if_onset is not None
    assert clock.onset_hours_if_onset.p50 is not None
    assert clock.onset_at_if_onset.p50 is clock.horizon_at is None
    assert ForecastAnswer.from_forecast(shipped.forecast(asked(seconds_per_step=1e9))).words


@pytest.mark.parametrize(
    ("field", "value"),
    [("seconds_per_step", 0.0), ("seconds_per_step", 1e300), ("cost_per_hour", -1.0), ("cost_per_hour", 1e300)],
)
def test_a_pace_or_a_price_that_cannot_be_is_refused(shipped: OnsetForecaster, field: str, value: float) -> None:
    with pytest.raises(InvalidInput, match=field):
        shipped.forecast(asked(**{field: value}))


STATUS = {"status": "available"}
CLOCK = {
    "seconds_per_step": 60,
    "measured": True,
    "observed_at": "2026-11-24T10:00:00Z",
    "onset_hours": {"p05": 0.25, "p50": 1.25, "p95": None, "status": "beyond_support"},
    "onset_hours_if_onset": {"p05": 0.25, "p50": 1.25, "p95": 200.0, **STATUS},
    "onset_at": {"p05": "2026-11-24T10:15:00Z", "p50": "2026-11-24T11:15:00Z", "p95": None, "status": "beyond_support"},
    "onset_at_if_onset": {
        "p05": "2026-11-24T10:15:00Z", "p50": "2026-11-24T11:15:00Z", "p95": "2026-12-02T18:00:00Z", **STATUS
    },
    "hours_to_horizon": 332.0,
    "horizon_at": "2026-12-08T06:00:00Z",
    "hours_saved_by_stopping": 332.0,
    "cost": None,
}  # fmt: skip
UNDATED = {"observed_at": None, "onset_at": None, "onset_at_if_onset": None, "horizon_at": None}
COST = {"per_hour": 2.0, "to_onset": 2.5, "to_horizon": 664.0, "saved_by_stopping": 664.0}
UNLIKELY = {"onset_hours": {"p05": 15.0, "p50": None, "p95": None, "status": "beyond_support"}}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {},
            "onset expected on Tue 24 Nov 2026, about 11:15 UTC (90 %: Tue 24 Nov 2026, 10:15 to beyond the supported range), 1.25 hours more; "
            "stopping saves 14 days",
        ),
        (
            UNDATED | {"cost": COST},
            "onset expected in about 1.25 hours (cost 2.50) (90 %: 15 min to beyond the supported range); stopping saves 14 days (cost 664.00)",
        ),
        (
            UNLIKELY | {"hours_saved_by_stopping": None},
            "if it generalises by step 20,000, then on Tue 24 Nov 2026, about 11:15 UTC (90 %: Tue 24 Nov 2026, 10:15 to "
            "Wed 2 Dec 2026, 18:00), 1.25 hours more",
        ),
        (
            UNLIKELY | UNDATED,
            "if it generalises by step 20,000, then in about 1.25 hours (90 %: 15 min to 8 days); stopping saves 14 days",
        ),
    ],
)
def test_the_clock_is_said_in_words(changed: dict[str, Any], said: str) -> None:
    answer = ForecastAnswer.from_stored(ANSWER | {"clock": CLOCK | changed})
    assert [s.text for s in answer.words if s.about == "clock"] == [said]


def test_times_come_under_other_names_and_as_dates(shipped_client: TestClient) -> None:
    dates = [f"2026-11-24T09:{minute:02}:00Z" for minute in REQUEST["history"]["step"][:4]] + ["2026-11-24T10:00:00Z"]
    answer = shipped_client.post(
        "/v1/forecasts", json=REQUEST | {"history": REQUEST["history"] | {"timestamp": dates}}
    ).json()
    assert answer["clock"]["seconds_per_step"] == 60
    assert answer["clock"]["observed_at"] == "2026-11-24T10:00:00Z"
    assert "timestamp is read as time" in answer["warnings"]
    told = REQUEST | {"history": {**REQUEST["history"], "time": ["now"] * 5}}
    assert "time is not read" in str(shipped_client.post("/v1/forecasts", json=told).json()["warnings"])


def test_a_stored_run_has_a_pace_a_price_and_the_times_of_its_points(shipped_client: TestClient) -> None:
    put = shipped_client.put("/v1/runs/timed", json={"horizon_step": 20_000, "cost_per_hour": 1.5})
    assert (put.json()["cost_per_hour"], put.json()["seconds_per_step"]) == (1.5, None)
    columns = REQUEST["history"]
    for k in range(5):  # one by one, as a training sends them
        point = {name: values[k : k + 1] for name, values in columns.items()}
        at = {"_timestamp": [BEGIN + 0.5 * point["step"][0]]}
        answer = shipped_client.post("/v1/runs/timed/metrics", json={"history": point | at}).json()
    clock = answer["forecast"]["clock"]
    assert clock["seconds_per_step"] == pytest.approx(0.5)
    assert clock["cost"]["per_hour"] == 1.5
    again = {"step": [60], "val_acc": [0.03], "time": [BEGIN + 99]}
    assert shipped_client.post("/v1/runs/timed/metrics", json={"history": again}).json()["points_changed"] == 0
    stored = shipped_client.get("/v1/runs/timed").json()
    assert stored["history"]["time"] == [BEGIN + 0.5 * step for step in columns["step"]]
    assert stored["forecast"]["clock"] == clock


def test_plans_cost_money_where_an_hour_has_a_price(shipped_client: TestClient) -> None:
    plan = shipped_client.post("/v1/plans", json=PLAN_REQUEST | {"cost_per_hour": 4.0}).json()
    for item in plan["settings"]:
        assert item["expected_cost"] == pytest.approx(4 * item["expected_hours"])
    assert "(cost 0." in plan["recommendation"]
    without = {name: value for name, value in PLAN_REQUEST.items() if name != "seconds_per_step"}
    refused = shipped_client.post("/v1/plans", json=without | {"cost_per_hour": 4.0})
    assert refused.status_code == 422
    assert refused.json()["field"] == "cost_per_hour"


def test_the_largest_numbers_that_are_taken_make_no_infinities(shipped_client: TestClient) -> None:
    most = {"seconds_per_step": 1e9, "cost_per_hour": 1e12, "horizon_step": 2**53}
    assert shipped_client.post("/v1/forecasts", json=REQUEST | most).json()["clock"]["cost"]["to_horizon"] > 1e30
    for field in ("seconds_per_step", "cost_per_hour"):
        for path, body in (("/v1/forecasts", REQUEST), ("/v1/plans", PLAN_REQUEST)):
            assert shipped_client.post(path, json=body | {field: 1e300}).json()["field"] == field
        assert shipped_client.put("/v1/runs/most", json={field: 1e300}).json()["field"] == field
    for times in ([-1e308, -1e300, 0, 1e300, 1e308], [0, 1e-320, 2e-320, 1, 2], ["0001-01-01", *["9999-12-31"] * 4]):
        told = REQUEST | {"history": REQUEST["history"] | {"time": times}}
        assert shipped_client.post("/v1/forecasts", json=told).status_code == 200, times
