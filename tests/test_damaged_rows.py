"""Rows that a hand changed in the database: they are named, and every other goes on."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.access.keys import KeyStore
from api.app import create_app
from api.caller import LOCAL, Caller
from api.errors import DamagedRun, RunNotFound
from api.settings import Settings
from api.storage.database import Database
from api.storage.forecasts import ForecastStore, MadeForecast
from api.storage.runs import Addition, RunStore
from api.storage.training_data import training_runs
from api.wire.examples import ANSWER, REQUEST
from tests.command_line import grokcast
from tests.stored_run import HISTORY, SETTINGS
from tests.wire import StandInStore, local_client, problem_of
from training_runs import Trajectory

_LATER = {"history": {"step": [90], "val_acc": [0.1], "train_acc": [1.0]}}
Change = Callable[[str], None]


@pytest.fixture
def change(tmp_path: Path) -> Change:
    """Change something in the database of `client`."""

    def change(statement: str) -> None:
        with closing(sqlite3.connect(tmp_path / "service.db")) as file:
            file.execute(statement)
            file.commit()

    return change


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A service that has runs before, hurt and after, each with a forecast, and a retraining."""
    settings = Settings(database_url=f"sqlite:///{tmp_path}/service.db")
    app = create_app(settings, StandInStore(), sends_and_learns=False)
    with local_client(app, raise_server_exceptions=False) as client:
        for name in ("before", "hurt", "after"):
            client.put(f"/v1/runs/{name}", json={"context": {"learning_rate": 0.1}})
            client.post(f"/v1/runs/{name}/metrics", json={"history": REQUEST["history"]})
        client.post("/v1/retrainings", json={})
        yield client


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("context", "'{\"a\":'", "context is "),
        ("context", "'[1]'", "context is [1]; expected a valid dictionary"),
        ("context", "'null'", "context is None"),
        ("context", "x'ff'", "context is b'"),
        ("horizon_step", "'abc'", "horizon_step is 'abc'; expected a valid integer"),
        ("horizon_step", "-5", "horizon_step is -5"),
        ("target_accuracy", "7", "target_accuracy is 7"),
        ("seconds_per_step", "9e999", "seconds_per_step is inf"),
        ("webhook_secret", "x'abcdef'", "webhook_secret is not shown"),
        ("webhook_format", "'fax'", "webhook_format is 'fax'; expected 'plain'"),
        ("created_at", "'x'", "created_at is 'x'"),
        ("created_at", "1e20", "created_at is 1e+20"),
        ("updated_at", "-1", "updated_at is -1"),
        ("revision", "'x'", "revision is 'x'"),
        ("point_count", "-4", "point_count is -4"),
        ("status", "'melted'", "status is 'melted'; expected 'running', 'finished'"),
        ("blocked", "'perhaps'", "blocked is 'perhaps'"),
        ("stop_requested", "x'ff'", "stop_requested is b'"),
    ],
)
def test_a_damaged_run_is_named_and_hides_no_other(
    client: TestClient, change: Change, column: str, value: str, said: str
) -> None:
    change(f"UPDATE runs SET \"{column}\" = {value} WHERE run_id = 'hurt'")
    listed = client.get("/v1/runs").json()
    assert [run["run_id"] for run in listed["runs"]] == ["after", "before"]
    assert len(listed["damaged"]) == 1
    assert listed["damaged"][0].startswith(f"the run 'hurt' is damaged in the database: {said}")
    assert "DELETE /v1/runs/hurt" in listed["damaged"][0]
    for method, path, body in (
        ("GET", "/v1/runs/hurt", None),
        ("GET", "/v1/runs/hurt/forecasts", None),
        ("GET", "/v1/runs/hurt/events", None),
        ("POST", "/v1/runs/hurt/metrics", _LATER),
        ("DELETE", "/v1/runs/hurt/metrics?from_step=50", None),
        ("PUT", "/v1/runs/hurt/stop", {}),
        ("PUT", "/v1/runs/hurt/outcome", {}),
    ):
        assert problem_of(client.request(method, path, json=body), 409)["detail"] == listed["damaged"][0]
    assert client.post("/v1/runs/after/metrics", json=_LATER).json()["points"] == 6
    assert client.delete("/v1/runs/hurt").status_code == 204
    assert client.get("/v1/runs").json()["damaged"] == []


@pytest.mark.parametrize(
    ("change_of_points", "said"),
    [
        ("\"values\" = '{'", "its point at step 25 is '{'; expected a JSON object of numbers"),
        ("\"values\" = 'null'", "its point at step 25 is 'null'"),
        ("\"values\" = '[1]'", "its point at step 25 is '[1]'"),
        ("\"values\" = x'ff'", "its point at step 25 is b'\\xff'"),
        ('"values" = \'{"val_acc": "x"}\'', "its point at step 25 is"),
        ('"values" = \'{"val_acc": 1}, {"val_acc": 1}\'', "its point at step 25 is"),
        ('"values" = \'{"val_acc": 7}\'', "its points do not fit together: history.val_acc[2] is 7"),
        ("step = 'x'", "its points do not fit together"),
        ("step = -7", "its points do not fit together"),
    ],
)
def test_a_damaged_point_is_named_and_others_are_still_stored(
    client: TestClient, change: Change, change_of_points: str, said: str
) -> None:
    change(
        f"UPDATE points SET {change_of_points} WHERE step = 25 AND run = (SELECT id FROM runs WHERE run_id = 'hurt')"
    )
    client.app.state.runs._kept._kept.clear()  # type: ignore[attr-defined]  # as after a restart
    assert said in problem_of(client.get("/v1/runs/hurt"), 409)["detail"]
    appended = client.post("/v1/runs/hurt/metrics", json=_LATER).json()
    assert appended["points"] == 6
    assert said in appended["problem"]["detail"]
    assert client.get("/v1/runs/hurt?history=false").status_code == 200
    assert len(client.get("/v1/runs").json()["runs"]) == 3
    assert client.get("/v1/runs/before").json()["history"]["step"] == REQUEST["history"]["step"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("'{'", "forecast is '{'"),
        ("'null'", "forecast is 'None'"),
        ("'[1]'", "forecast is '[1]'"),
        ("x'ff'", "forecast is \"b'"),
        ("json_set(forecast, '$.phase', 'melted')", "phase is 'melted'"),
        ("json_set(forecast, '$.advice.action', 'dance')", "advice.action is"),
        ("json_set(forecast, '$.probability_onset_by_horizon', 'x')", "probability_onset_by_horizon is"),
        ("json_set(forecast, '$.onset_step.p50', 'soon')", "onset_step.p50 is"),
    ],
)
def test_a_damaged_forecast_is_named_and_made_again(client: TestClient, change: Change, value: str, said: str) -> None:
    change(f"UPDATE forecasts SET forecast = {value} WHERE run = (SELECT id FROM runs WHERE run_id = 'hurt')")
    newest = {run["run_id"]: run["newest_forecast"] for run in client.get("/v1/runs").json()["runs"]}
    assert [name for name, forecast in newest.items() if forecast] == ["after", "before"]
    shown = client.get("/v1/runs/hurt").json()
    assert shown["forecast"] is None
    (problem,) = shown["damaged"]
    assert problem.startswith("the forecast 2 is damaged in the database")
    assert said in problem
    assert client.get("/v1/runs/hurt/forecasts").json() == {"forecasts": [], "next_cursor": None, "damaged": [problem]}
    again = client.post("/v1/runs/hurt/metrics", json={"history": REQUEST["history"]}).json()
    assert again["forecast"]["forecaster"] == "stand-in"


@pytest.mark.parametrize("damage", ["made_at = 'x'", "made_at = 1e20", "revision = 'x'"])
def test_a_forecast_with_a_damaged_date_is_left_out(client: TestClient, change: Change, damage: str) -> None:
    change(f"UPDATE forecasts SET {damage} WHERE run = (SELECT id FROM runs WHERE run_id = 'hurt')")
    assert len(client.get("/v1/runs").json()["runs"]) == 3
    assert len(client.get("/v1/runs/hurt/forecasts").json()["damaged"]) == 1


@pytest.mark.parametrize(
    "damage",
    ["state = 'melted'", "result = '{'", "result = '[1]'", "created_at = 'x'", "done = 'x'", "promote = 'perhaps'"],
)
def test_a_damaged_retraining_is_named(client: TestClient, change: Change, damage: str) -> None:
    change(f"UPDATE retrainings SET {damage}")
    listed = client.get("/v1/retrainings").json()
    assert listed["retrainings"] == []
    assert listed["damaged"][0].startswith("the retraining 1 is damaged in the database: ")
    assert problem_of(client.get("/v1/retrainings/1"), 409)["detail"] == listed["damaged"][0]


def test_steps_that_a_run_does_not_know_of_spoil_no_other_append(client: TestClient, change: Change) -> None:
    change("UPDATE runs SET observed_until_step = 5 WHERE run_id = 'hurt'")
    store: RunStore = client.app.state.runs  # type: ignore[attr-defined]
    results = store.append_all([Addition(LOCAL, name, Trajectory([60], {"val_acc": [0.9]})) for name in ("hurt", "x")])
    assert isinstance(results[0], DamagedRun)
    assert isinstance(results[1], RunNotFound)
    found = store.append_all(
        [Addition(LOCAL, n, Trajectory([60 + k], {"val_loss": [1.0]})) for k, n in ((0, "hurt"), (9, "after"))]
    )
    assert "it has points after its observed_until_step, 5" in str(found[0])
    assert not isinstance(found[1], Exception)


def test_what_is_damaged_is_its_owners_business(client: TestClient, change: Change) -> None:
    change("INSERT INTO keys VALUES ('other', '', 'write', '', 0, NULL)")
    change("UPDATE runs SET status = 'melted', owner = 'other' WHERE run_id = 'hurt'")
    store: RunStore = client.app.state.runs  # type: ignore[attr-defined]
    with pytest.raises(RunNotFound):
        store.get(Caller(None, "write"), "hurt")
    (found,) = store.append_all([Addition(Caller(None, "write"), "hurt", Trajectory([99], {"val_acc": [0.1]}))])
    assert isinstance(found, RunNotFound)


def test_a_damaged_run_is_not_learnt_from(client: TestClient, change: Change) -> None:
    history = {"step": list(range(0, 4000, 100)), "val_acc": [0.5] * 40}
    for name in ("a", "b", "c", "d"):
        client.put(f"/v1/runs/{name}", json={})
        client.post(f"/v1/runs/{name}/metrics", json={"history": history})
        client.put(f"/v1/runs/{name}/outcome", json={})
    change("UPDATE runs SET status = 'melted' WHERE run_id = 'a'")
    change("UPDATE runs SET context = '{\"modulus\": \"x\"}' WHERE run_id = 'b'")
    change("UPDATE points SET \"values\" = '?' WHERE run = (SELECT id FROM runs WHERE run_id = 'c')")
    assert list(training_runs(client.app.state.runs)) == ["d"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("damage", ["scope = 'melted'", "digest = x'ff'", "digest = 'ä'"])
def test_a_damaged_key_opens_nothing(tmp_path: Path, change: Change, damage: str) -> None:
    database = Database(f"sqlite:///{tmp_path}/service.db")
    database.migrate()
    _, key = KeyStore(database).create("", "admin")
    change(f"UPDATE keys SET {damage}")
    assert KeyStore(database).caller(key) is None
    database.close()


def test_a_damaged_forecast_hides_no_run_on_either_database(runs: RunStore, database: Database) -> None:
    timeline = ForecastStore(database)
    odd = ({**ANSWER, "phase": "melted"}, {**ANSWER, "horizon_step": "soon"}, {**ANSWER, "support": {"in_support": 7}})
    for k, forecast in enumerate((ANSWER, *odd)):
        runs.put(LOCAL, f"r{k}", SETTINGS)
        run, _ = runs.append(LOCAL, f"r{k}", HISTORY)
        timeline.add(MadeForecast(run, "v", 20, forecast))
    assert list(timeline.newest_of(runs.page(LOCAL, 10))) == ["r0"]


def test_the_command_line_names_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: TestClient, change: Change
) -> None:
    monkeypatch.setenv("GROKCAST_DATABASE_URL", f"sqlite:///{tmp_path}/service.db")
    change("UPDATE runs SET status = 'melted' WHERE run_id = 'hurt'")
    listed = grokcast("runs", "list")
    assert listed.returncode == 0
    assert "the run 'hurt' is damaged" in " ".join(listed.stderr.split())
    assert "after" in listed.stdout
    shown = grokcast("runs", "show", "hurt")
    assert shown.returncode == 2
    assert "status is 'melted'" in " ".join(shown.stderr.split())
