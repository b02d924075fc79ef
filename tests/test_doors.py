"""One history has one reading and one answer, through whichever door it comes: on the cases, and with a real service."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pandas as pd
import pytest

import grokcast
from api.agents.tools import TOOLS
from grokcast import Client, Monitor, ServiceError
from tests.command_line import grokcast as command
from tests.service_process import running_service
from training_runs import InvalidInput
from training_runs.readers import ReadOptions, Recording, read_recording

CASES = Path(__file__).parent / "data/cases"
FILES = sorted(
    str(path.relative_to(CASES))
    for path in CASES.rglob("*")
    if path.is_file() and path.name != "README.md" and "mlruns_one_bad" not in path.parts
)
# Columns as they are, which a body can hold: file -> steps in an epoch.
COLUMNS = {
    "01_no_signal_recognised/ce_names.csv": None,
    "01_no_signal_recognised/j_plural.json": None,
    "01_no_signal_recognised/post_body.json": None,
    "12_epoch_names/Epoch.csv": 100,
    "12_epoch_names/epochs.csv": 100,
    "18_npz_and_several_files/accuracy_curve.csv": None,
    "18_npz_and_several_files/loss_curve.csv": None,
}
TABLES = sorted(path.name for path in (CASES / "02_several_runs_in_one_table").glob("*.csv"))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_service(tmp_path_factory.mktemp("service")) as address:
        yield address


def recording_of(file: Path, steps_per_epoch: float | None = None) -> Recording | InvalidInput:
    try:
        return read_recording(str(file), options=ReadOptions(steps_per_epoch=steps_per_epoch))
    except InvalidInput as error:
        return error


def body_of(file: str, steps_per_epoch: float | None = None) -> dict[str, Any]:
    """Return the body that somebody would send who has these columns."""
    path = CASES / file
    if path.suffix == ".json":
        content = json.loads(path.read_text())
        return content if "history" in content else {"history": content}
    history = {str(name): column.tolist() for name, column in pd.read_csv(path).items()}
    present = {name: [None if math.isnan(v) else v for v in values] for name, values in history.items()}
    return {"history": present, "context": {"steps_per_epoch": steps_per_epoch}}


def said(answer: Any, *but: str) -> dict[str, Any]:
    """Return an answer without what depends on the door: warnings, and epochs, which need a context."""
    numbers = {name: answer[name] for name in answer if name not in ("warnings", *but) and "epochs" not in name}
    return {**numbers, "words": [said for said in answer["words"] if said["about"] not in ("delay_if_onset", *but)]}


@pytest.mark.parametrize("file", FILES)
def test_cases_are_read_by_the_route_as_the_command_line_does(url: str, file: str) -> None:
    path = CASES / file
    read = recording_of(path)
    answer = httpx2.post(f"{url}/v1/histories/read", params={"name": path.name}, content=path.read_bytes(), timeout=60)
    found = answer.json()
    if isinstance(read, InvalidInput):
        assert answer.status_code == 422
        assert str(found["value"])[:79] == str(read.value)[:79]
        return
    assert answer.status_code == 200, answer.text
    assert [run["mapping"] for run in found["runs"]] == [dict(run.reading.mapping) for run in read.runs.values()]
    assert [run["context"] for run in found["runs"]] == list(read.contexts.values())
    if len(read.runs) > 1:  # one alone may be called after its folder, of which bytes know nothing
        assert [run["run"] for run in found["runs"]] == list(read.runs)
    if len(read.runs) == 1:
        here = grokcast.forecast(path)
        there = httpx2.post(f"{url}/v1/forecasts", json=found["request"], timeout=60)
        assert said(there.json()) == said(here)


@pytest.mark.parametrize(("file", "steps_per_epoch"), COLUMNS.items())
def test_cases_of_columns_have_one_answer_at_every_door(url: str, file: str, steps_per_epoch: float | None) -> None:
    body = body_of(file, steps_per_epoch)
    options = [] if steps_per_epoch is None else ["--steps-per-epoch", steps_per_epoch]
    done = command("forecast", CASES / file, "--json", *options)
    assert done.returncode == 0, done.stderr
    expected = json.loads(done.stdout)
    read = recording_of(CASES / file, steps_per_epoch)
    assert isinstance(read, Recording)
    (run,) = read.runs.values()
    told = {f"{column} is read as {signal}" for column, signal in run.reading.mapping.items() if column != signal}
    with Client(url) as client:
        for answer in (client.forecast(body), client.forecast_many([body])[0]["forecast"]):
            assert said(answer) == said(expected)
            assert told <= set(answer["warnings"])


@pytest.mark.parametrize("file", [file for file in COLUMNS if not file.startswith("12")])
@pytest.mark.parametrize("is_stored", [False, True])
def test_cases_have_the_answer_of_the_command_line_from_a_monitor(url: str, file: str, is_stored: bool) -> None:
    body = body_of(file)
    rows = pd.DataFrame(body["history"]).rename(columns={"steps": "step"}).to_dict("records")
    name = f"{Path(file).stem}" if is_stored else None
    with Monitor(url, run_id=name, horizon_step=body.get("horizon_step"), min_interval=0) as monitor:
        for row in rows:
            monitor.log(row.pop("step"), **row)
        is_answered = monitor.flush(60)
    if is_stored and "ce_names" in file:  # `correct` may be a count: values decide, and an append has too few
        assert not is_answered
        assert "train_correct" in str(monitor.problem)
        return
    assert is_answered, monitor.problem
    # A monitor knows how fast its training goes.
    assert said(monitor.forecast, "clock") == said(grokcast.forecast(CASES / file), "clock")


@pytest.mark.parametrize("file", ["12_epoch_names/Epoch.csv", "10_no_step_column/j_keras.json"])
def test_cases_that_the_command_line_refuses_are_refused_as_bodies(url: str, file: str) -> None:
    assert command("forecast", CASES / file).returncode == 2
    with Client(url) as client, pytest.raises(ServiceError) as refusal:
        client.forecast(body_of(file))
    assert refusal.value.status == 422
    assert "--" not in str(refusal.value)


@pytest.mark.parametrize("file", TABLES)
def test_cases_of_several_runs_have_the_answers_of_the_command_line(url: str, file: str) -> None:
    path = CASES / "02_several_runs_in_one_table" / file
    expected = grokcast.forecast(path).set_index("run_id")
    with Client(url) as client:
        found = client.forecast_table(pd.read_csv(path)).set_index("run_id")
    expected.index = [str(run).rpartition("/")[2] for run in expected.index]
    assert sorted(found.index) == sorted(expected.index)
    for column in ("probability_onset_by_horizon", "memorization_step", "observed_until_step", "advice"):
        assert found[column].to_dict() == expected.loc[found.index, column].to_dict()


def test_a_monitor_sends_a_point_without_a_signal_together_with_the_next(url: str) -> None:
    with Monitor(url, run_id="without-signal", min_interval=0) as monitor:
        monitor.log(10)
        assert not monitor.flush()
        assert "expected values of a known signal" in str(monitor.problem)
        monitor.log(20, val_acc=0.1)
        monitor.flush()
    with Client(url) as client:
        with pytest.raises(ServiceError, match="values of a known signal"):
            client.append("without-signal", {"step": [30]})
        stored = client.run("without-signal")["history"]
        assert {name: stored[name] for name in ("step", "val_acc")} == {"step": [10, 20], "val_acc": [None, 0.1]}


def test_a_history_with_times_has_one_clock_at_every_door(url: str, tmp_path: Path) -> None:
    table = pd.read_csv(Path(__file__).parent.parent / "examples/history.csv")
    begin = pd.Timestamp("2026-11-24T09:00:00Z").timestamp()
    at = begin + 0.5 * table["step"]
    dated = table.assign(Timestamp=[f"{date:%Y-%m-%d %H:%M:%S.%f}" for date in pd.to_datetime(at, unit="s")])
    dated.to_csv(tmp_path / "dated.csv", index=False)
    done = command("forecast", tmp_path / "dated.csv", "--horizon", 200_000, "--cost-per-hour", 2, "--json")
    assert done.returncode == 0, done.stderr
    expected = json.loads(done.stdout)
    assert expected["clock"]["seconds_per_step"] == pytest.approx(0.5)
    assert expected["clock"]["cost"]["per_hour"] == 2
    rest = {"horizon_step": 200_000, "cost_per_hour": 2}
    history = {str(name): column.tolist() for name, column in table.items()}
    with Client(url) as client:
        client.put_run("timed", **rest)
        stored = client.append("timed", {**history, "wall_time": at.tolist()})["forecast"]
        of_table = client.forecast_table(dated.assign(run_id="a"), **rest)
        posted = client.forecast({"history": {**history, "time": at.tolist()}, **rest})
    with Monitor(url, min_interval=60, **rest) as monitor:
        for row in table.assign(time=at).to_dict("records"):
            monitor.log(row.pop("step"), **row)
        assert monitor.flush(60), monitor.problem
    here = grokcast.forecast(dated, horizon=200_000, cost_per_hour=2)
    for answer in (stored, posted, monitor.forecast, here):
        assert answer is not None
        assert answer["clock"] == expected["clock"]
    assert of_table["hours_saved_by_stopping"].item() == expected["clock"]["hours_saved_by_stopping"]
    assert of_table["onset_at_p50"].item() == expected["clock"]["onset_at"]["p50"]


SAID = "1L transformer, d_model 128, AdamW lr=1e-3, 30% of the pairs mod 97, seen twice"
SAID_AS = {
    "architecture": "transformer",
    "layers": 1,
    "embedding_dim": 128,
    "optimizer": "adamw",
    "learning_rate": 1e-3,
    "train_fraction": 0.3,
    "modulus": 97,
}


@pytest.mark.parametrize(
    ("text", "read", "unread"),
    [
        (SAID, SAID_AS, '"seen twice"'),
        ("lr=1e-3,wd=O.25", {"learning_rate": 1e-3}, '"wd=O.25" is not read'),
        ("optim:\n  name: sgd\n  lr: 0.1\nmistery: 3", {"optimizer": "sgd", "learning_rate": 0.1}, "mistery"),
    ],
)
def test_words_in_place_of_a_context_are_read_alike_by_every_door(
    url: str, text: str, read: dict[str, Any], unread: str
) -> None:
    history = {"step": [1, 10, 20, 40, 80], "train_acc": [0, 1, 1, 1, 1], "val_acc": [0.0] * 5}
    stored, asked = {"context": text}, {"history": history, "context": text}
    with httpx2.Client(base_url=url, timeout=60) as http, Client(url) as client:
        answers = [
            http.put("/v1/runs/words", json=stored).json(),
            client.put_run("words", context=text),
            http.post("/v1/forecasts", json=asked).json(),
            client.forecast(asked),
            client.forecast_many([asked])[0]["forecast"],
            http.post("/v1/plans", json={"contexts": [text], "budget_step": 1000}).json(),
            grokcast.plan(contexts=[text], budget=1000),
        ]
        with Monitor(url, context=text) as monitor:
            for k, step in enumerate(history["step"]):
                monitor.log(step, train_acc=history["train_acc"][k], val_acc=0.0)
            monitor.flush(60)
            answers.append(dict(monitor.forecast or {}))
    known = {name: value for name, value in answers[0]["context"].items() if value is not None}
    assert known == read
    for answer in answers:
        said = " ".join(answer["warnings"])
        assert unread in said
        assert all(f" {name}" in said for name in read)


def test_words_of_an_agent_are_a_context() -> None:
    for tool in (TOOLS["forecast_history"], TOOLS["plan_runs"]):
        schema = tool.arguments.model_json_schema()["properties"]["context"]["anyOf"]
        assert "string" in [each.get("type") for each in schema]
