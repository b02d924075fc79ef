"""`grokcast keys`, `runs` and `serve`, as they are typed."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.access.keys import KeyStore
from api.caller import LOCAL
from api.storage.database import Database
from api.storage.forecasts import ForecastStore, MadeForecast
from api.storage.retrainings import RetrainingStore
from api.storage.runs import RunStore
from api.storage.stored_run import RunSettings
from api.wire.examples import ANSWER
from tests.command_line import grokcast, one_line
from training_runs import Context, Trajectory, archive


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path}/service.db"
    monkeypatch.setenv("GROKCAST_DATABASE_URL", url)
    return url


def test_keys_are_created_listed_and_revoked(url: str) -> None:
    made = grokcast("keys", "create", "--scope", "write", "--name", "alice")
    assert made.returncode == 0, made.stderr
    (key,) = made.stdout.split()
    database = Database(url)
    keys = KeyStore(database)
    caller = keys.caller(key)
    assert caller is not None
    assert caller.scope == "write"
    assert key not in made.stderr
    listed = grokcast("keys", "list", "--json")
    assert [(k["name"], k["key_id"]) for k in json.loads(listed.stdout)] == [("alice", caller.key_id)]
    assert key.split("_", 2)[2] not in listed.stdout
    assert grokcast("keys", "revoke", caller.key_id).returncode == 0
    assert keys.caller(key) is None
    for wrong in (["keys", "revoke", "nobody"], ["keys", "create", "--scope", "god"]):
        done = grokcast(*wrong)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    # A revoked key does not let the service listen on other addresses.
    refused = grokcast("serve", "--host", "0.0.0.0")
    assert refused.returncode == 2
    assert "grokcast keys create" in refused.stderr
    database.close()


@pytest.mark.skipif(os.name != "posix", reason="other systems count no files")
def test_connections_leave_files_for_the_service() -> None:
    code = (
        "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (400, 400));"
        "from grokcast.commands.service import _connection_limit; print(_connection_limit(1000), _connection_limit(10))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["200", "10"]


def test_an_empty_service_says_that_nothing_is_there(url: str) -> None:
    assert one_line(grokcast("keys", "list"), code=0).startswith("no key has been created")
    assert one_line(grokcast("runs", "list"), code=0).startswith("no run is stored")
    assert "runs finish" in one_line(grokcast("retrain", "--stored"))


def test_a_database_that_is_none_is_told_in_one_line(url: str, tmp_path: Path) -> None:
    (tmp_path / "service.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    for command in (["keys", "list"], ["runs", "list"], ["serve", "--port", "0"]):
        assert "cannot be used" in one_line(grokcast(*command), code=1)


@pytest.mark.skipif(importlib.util.find_spec("redis") is not None, reason="redis is installed")
def test_a_missing_package_for_rate_limits_is_told_in_one_line(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROKCAST_RATE_LIMIT_STORAGE", "redis://localhost")
    assert "pip install redis" in one_line(grokcast("serve", "--port", "0"))


def test_a_retraining_logs_as_the_service_does(url: str) -> None:
    environment = {**os.environ, "GROKCAST_LOG_FORMAT": "json", "GROKCAST_CORPUS": "/missing"}
    database = Database(url)
    database.migrate()
    jobs = RetrainingStore(database)
    jobs.queue(promote=False)
    claim = jobs.claim()
    assert claim is not None
    words = [sys.executable, "-m", "api.workers.retraining_process", str(claim.id), claim.holder]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert "error" in {line["level"] for line in lines}
    database.close()


def test_a_name_is_shown_as_it_was_given(url: str) -> None:
    name = "[/x] of [bold]alice :fire:"
    assert grokcast("keys", "create", "--scope", "read", "--name", name).returncode == 0
    listed = grokcast("keys", "list")
    assert listed.returncode == 0, listed.stderr
    assert name in " ".join(listed.stdout.split())


def test_finished_runs_are_listed_shown_and_exported(url: str, tmp_path: Path) -> None:
    database = Database(url)
    database.migrate()
    runs = RunStore(database, 100)
    rising = Trajectory([0, 10, 20, 30], {"val_acc": [0.1, 0.97, 0.98, 0.99]})
    for name in ("done", "running"):
        runs.put(LOCAL, name, RunSettings(Context(learning_rate=0.1)))
        runs.append(LOCAL, name, rising)
    runs.finish(LOCAL, "done", "finished", blocked=False)
    listed = json.loads(grokcast("runs", "list", "--json").stdout)
    assert [(r["run_id"], r["status"]) for r in listed] == [("running", "running"), ("done", "finished")]
    shown = json.loads(grokcast("runs", "show", "done").stdout)
    assert shown["history"]["val_acc"] == [0.1, 0.97, 0.98, 0.99]
    for expected in ("1 new", "0 new"):
        assert expected in grokcast("runs", "export", tmp_path / "out").stderr
    (run,) = archive.read(tmp_path / "out")
    assert run.trajectory.steps.tolist() == rising.steps.tolist()
    assert grokcast("runs", "show", "nothing").returncode == 2
    database.close()


def test_the_list_says_under_a_header_what_the_newest_forecasts_say(url: str) -> None:
    database = Database(url)
    database.migrate()
    runs, timeline = RunStore(database, 100), ForecastStore(database)
    foreign = {"support": {**ANSWER["support"], "in_support": False}, "probability_onset_by_horizon": 0.123}
    answers = {"new": None, "known": {"probability_onset_by_horizon": 0.871}, "foreign": foreign}
    for name, altered in answers.items():
        runs.put(LOCAL, name, RunSettings(Context()))
        run, _ = runs.append(LOCAL, name, Trajectory([1200], {"val_acc": [0.1]}))
        if altered is not None:
            timeline.add(MadeForecast(run, "v", 1200, {**ANSWER, **altered}))
    database.close()
    header, *rows = grokcast("runs", "list").stdout.splitlines()
    assert header.split()[:4] == ["run", "status", "points", "step"]
    assert {"P", "advice"} <= set(header.split())
    by_run = {row.split()[0]: row for row in rows}
    assert "no forecast yet" in by_run["new"]
    assert "87 %" in by_run["known"]
    assert ANSWER["advice"]["action"] in by_run["known"]
    assert "12 %" in by_run["foreign"]
    assert "unlike the runs learnt from" in by_run["foreign"]
    assert ANSWER["advice"]["action"] not in by_run["foreign"]
    assert all("1,200" in row for row in rows)


def test_a_run_is_finished_and_deleted_by_commands(url: str) -> None:
    database = Database(url)
    database.migrate()
    RunStore(database, 100).put(LOCAL, "one", RunSettings(Context()))
    database.close()
    assert grokcast("runs", "finish", "one", "--status", "diverged").returncode == 0
    assert [r["run_id"] for r in json.loads(grokcast("runs", "list", "--status", "diverged", "--json").stdout)] == [
        "one"
    ]
    assert json.loads(grokcast("runs", "list", "--status", "running", "--json").stdout) == []
    assert grokcast("runs", "delete", "one").returncode == 0
    for wrong in (
        ["delete", "one"],
        ["finish", "one"],
        ["finish", "one", "--status", "running"],
        ["list", "--status", "x"],
    ):
        assert grokcast("runs", *wrong).returncode == 2


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://x/y", "GROKCAST_DATABASE_URL"),
        ("sqlite://", "sqlite:///FILE"),
        ("nonsense", "not a URL"),
        ("postgresql://[::1", "not a URL"),
    ],
)
def test_a_database_that_cannot_be_is_named(url: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROKCAST_DATABASE_URL", url)
    done = grokcast("keys", "list")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert words in done.stderr


def test_a_database_that_does_not_answer_is_one_line_without_the_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GROKCAST_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/none")
    done = grokcast("keys", "list")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "does not answer" in done.stderr
    assert "secret" not in done.stderr


def test_what_training_code_imports_needs_no_service() -> None:
    code = "import sys, grokcast; sys.exit(any(m in sys.modules for m in ('api', 'sqlalchemy', 'fastapi')))"
    assert subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False).returncode == 0
