"""Forecasts without a service: in Python, and of many runs on the command line."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import grokcast as package
from grokcast.frames import ranked
from tests.command_line import grokcast, one_line
from tests.forks import ROOT
from training_runs import InvalidInput

EXAMPLE = ROOT / "examples" / "history.csv"
FLAT = ROOT / "docs" / "tutorial" / "flat.csv"
WHOLE = ROOT / "docs" / "tutorial" / "whole.csv"
CONTEXT = {"learning_rate": 0.001, "weight_decay": 1.0, "chance_accuracy": 0.0103}


@pytest.fixture
def folder(tmp_path):
    """Three runs, the context of one beside it, and a file that is none."""
    runs = tmp_path / "runs"
    (runs / "more").mkdir(parents=True)
    for source, name in ((EXAMPLE, "a.csv"), (FLAT, "b.csv"), (WHOLE, "more/c.csv")):
        (runs / name).write_text(source.read_text())
    (runs / "a.json").write_text(json.dumps(CONTEXT))
    (runs / "bad.csv").write_text("this,is\nno,history\n")
    return runs


def test_one_history_is_the_answer_of_the_service(shipped_client):
    answer = package.forecast(EXAMPLE, context=CONTEXT, horizon=20_000)
    table = pd.read_csv(EXAMPLE)
    history = {str(name): table[name].tolist() for name in table}
    served = shipped_client.post(
        "/v1/forecasts", json={"history": history, "context": CONTEXT, "horizon_step": 20_000}
    ).json()
    assert answer.to_dict() == served
    assert answer.onset_step.p50 == served["onset_step"]["p50"]
    assert answer.run == "history"
    with pytest.raises(AttributeError, match="it has forecaster, observed_until_step"):
        answer.probability  # noqa: B018


def test_fields_of_an_answer_are_proposed_where_one_types():
    answer = package.forecast(str(ROOT / "examples" / "history.csv"))
    assert {"advice", "onset_step", "to_dict", "notes"} <= set(dir(answer))


def test_an_answer_is_printed_as_one_line():
    text = str(package.forecast(EXAMPLE, horizon=20_000))
    assert text.startswith("step 1,000: memorised; ")
    assert "to generalise by step 20,000, median onset" in text
    assert "\n" not in text
    assert str(package.forecast(WHOLE)) == "step 12,023: generalised at step 6,918"


@pytest.mark.parametrize("kind", ["frame", "indexed frame", "columns", "arrays", "request", "path", "text"])
def test_tables_and_mappings_are_read_as_files_are(kind):
    table = pd.read_csv(EXAMPLE)
    columns = {str(name): table[name].tolist() for name in table}
    source = {
        "frame": table,
        "indexed frame": table.set_index("step"),
        "columns": columns,
        "arrays": {name: table[name].to_numpy() for name in table},
        "request": {"history": columns},
        "path": EXAMPLE,
        "text": str(EXAMPLE),
    }[kind]
    assert package.forecast(source).to_dict() == package.forecast(EXAMPLE).to_dict()


def test_one_that_cannot_be_read_is_an_error_in_words():
    with pytest.raises(ValueError, match="expected a path, a DataFrame, a mapping of columns, or what Keras'"):
        package.forecast(7)
    with pytest.raises(ValueError, match="No such file"):
        package.forecast("nothing.csv")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"horizon": "20k"}, "horizon is '20k'; expected a number"),
        ({"target_accuracy": True}, "target_accuracy is True; expected a number"),
        ({"target_accuracy": 95}, "looks like percent"),
        ({"names": "val_acc"}, "names is 'val_acc'; expected column -> signal"),
        ({"names": {"val_acc": "accuracy"}}, "names is 'accuracy'; expected step or a signal"),
        ({"names": {"val_acc": "none", "train_acc": "none"}, "run": "b"}, "run is 'b'; expected one of the runs"),
        ({"context": "hello"}, "context is 'hello'; expected NAME=VALUE"),
        ({"columns": "a,b"}, "columns is 'a,b'; expected a name for each"),
        ({"pattern": "("}, "pattern is '('"),
    ],
)
def test_what_cannot_be_is_named_as_it_was_given(given, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        package.forecast(str(ROOT / "examples" / "history.csv"), **given)


def test_what_would_read_a_table_is_said_as_an_argument_and_does(tmp_path):
    table = pd.DataFrame({"step": [50, 20, 90, 10, 70, 60], "acc_x": 0.1, "train_acc": 0.5})
    with pytest.raises(ValueError, match=re.escape('names={"acc_x": "val_acc"}')):
        package.forecast(table.sort_values("step"))
    with pytest.raises(ValueError, match="sort=True sorts them by step"):
        package.forecast(table, names={"acc_x": "val_acc"})
    assert package.forecast(table, names={"acc_x": "val_acc"}, sort=True).observed_until_step == 90
    (tmp_path / "bare.csv").write_text("10,0.1,0.5\n20,0.1,1\n30,0.1,1\n")
    with pytest.raises(ValueError, match='columns="step,train_acc,val_acc"'):
        package.forecast(tmp_path / "bare.csv")
    for columns in ("step, val_acc, train_acc", ["step", "val_acc", "train_acc"]):
        assert package.forecast(tmp_path / "bare.csv", columns=columns).observed_until_step == 30


def test_many_are_a_table_with_a_row_each(folder):
    table = package.forecast(folder, horizon=20_000)
    rows = table.set_index("run_id")
    assert set(rows.index) == {"a", "b", "more/c", "bad"}
    assert list(table.run_id)[-1] == "bad"
    assert "step" in rows.loc["bad", "problem"]
    alone = package.forecast(EXAMPLE, context=CONTEXT, horizon=20_000)
    assert rows.loc["a", "probability_onset_by_horizon"] == pytest.approx(alone.probability_onset_by_horizon)
    assert rows.loc["a", "delay_steps_p50"] == alone.delay_steps.p50
    both = package.forecast([EXAMPLE, pd.read_csv(FLAT)])
    assert list(both.run_id) == ["history", "table 2"]


def test_runs_of_one_table_are_many_and_one_is_chosen_by_name():
    table = pd.concat([pd.read_csv(p).assign(run_id=n) for n, p in (("x", EXAMPLE), ("y", FLAT))])
    assert set(package.forecast(table).run_id) == {"x", "y"}
    assert package.forecast(table, run="y").to_dict() == package.forecast(FLAT).to_dict()
    with pytest.raises(ValueError, match="it holds x, y"):
        package.forecast(table, run="z")


@pytest.mark.parametrize("form", ["mapping", "json", "runs", "csv"])
def test_each_run_has_a_context_of_its_own(tmp_path, form):
    by_run = {"history": CONTEXT, "flat.csv": {"weight_decay": 0.1}}
    given = {"mapping": by_run, "json": tmp_path / "c.json", "runs": tmp_path / "c.json", "csv": tmp_path / "c.csv"}[
        form
    ]
    if form in ("json", "runs"):
        given.write_text(json.dumps(by_run if form == "json" else {"runs": by_run}))
    if form == "csv":
        pd.DataFrame(by_run).T.rename_axis("run").to_csv(given)
    table = package.forecast([EXAMPLE, FLAT], context=given).set_index("run_id").probability_onset_by_horizon
    for path, name, context in (
        (EXAMPLE, "examples/history", CONTEXT),
        (FLAT, "docs/tutorial/flat", {"weight_decay": 0.1}),
    ):
        assert table[name] == pytest.approx(package.forecast(path, context=context).probability_onset_by_horizon)


def test_contexts_of_no_run_that_is_there_are_refused():
    with pytest.raises(ValueError, match="expected names of runs that are there: history"):
        package.forecast([EXAMPLE], context={"exp_1": CONTEXT})
    with pytest.raises(ValueError, match="an object of fields for each run"):
        package.forecast(EXAMPLE, context={"exp_1": CONTEXT, "weight_decay": 1})


def test_those_to_continue_come_first_and_problems_last():
    def item(action, p):
        return {"forecast": {"advice": {"action": action}, "probability_onset_by_horizon": p}}

    items = [{"problem": {}}, item("stop", 0.01), item("undecided", 0.6), item("continue", 0.8), item("continue", 0.9)]
    assert ranked(items) == [items[4], items[3], items[2], items[1], items[0]]


def test_a_folder_on_the_command_line(folder):
    done = grokcast("forecast", folder, "--horizon", "20k")
    assert done.returncode == 0, done.stderr
    header, *lines = done.stdout.splitlines()
    assert header.split()[:2] == ["run", "step"]
    assert {line.split()[0] for line in lines} == {"a", "b", "more/c", "bad:"}
    assert "context from a.json" in done.stderr
    rows = list(csv.DictReader(io.StringIO(grokcast("forecast", folder, "--csv", "--horizon", "2e4").stdout)))
    assert {row["horizon_step"] for row in rows} == {"20000", ""}
    items = json.loads(grokcast("forecast", folder, "--json").stdout)["items"]
    assert [item["run"] for item in items if "problem" in item] == ["bad"]


def test_several_files_and_all_runs_of_one(tmp_path):
    items = json.loads(grokcast("forecast", EXAMPLE, FLAT, "--json").stdout)["items"]
    assert {item["run"] for item in items} == {"examples/history", "docs/tutorial/flat"}
    table = pd.concat([pd.read_csv(p).assign(run_id=n) for n, p in (("x", EXAMPLE), ("y", FLAT))])
    table.to_csv(tmp_path / "two.csv", index=False)
    assert "--run all" in one_line(grokcast("forecast", tmp_path / "two.csv"))
    items = json.loads(grokcast("forecast", tmp_path / "two.csv", "--run", "all", "--json").stdout)["items"]
    assert {item["run"] for item in items} == {"two/x", "two/y"}
    done = grokcast("forecast", tmp_path / "two.csv", "--run", "y", "--json")
    assert json.loads(done.stdout)["observed_until_step"] == 479


def test_none_that_can_be_forecast_is_exit_code_2(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("step,val_acc\n1,0.1\n")
    done = grokcast("forecast", tmp_path)
    assert done.returncode == 2
    assert done.stdout.count("no forecast: history.step is '1 checkpoints up to step 1'") == 2


@pytest.mark.parametrize("text", ["20k", "20_000", "20,000", "2e4", "20000", "0.02M"])
def test_steps_as_people_write_them(text):
    done = grokcast("forecast", EXAMPLE, "--json", "--horizon", text)
    assert json.loads(done.stdout)["horizon_step"] == 20_000


@pytest.mark.parametrize("text", ["soon", "0", "1.5", "20kk", "1,00", "-5k", "1e999"])
def test_steps_that_cannot_be(text):
    assert "a whole number of steps > 0, as 20000, 20k or 1e5" in one_line(
        grokcast("forecast", EXAMPLE, f"--horizon={text}")
    )


SCRIPT = """
import features, sys
import grokcast

assert features.MINE == "mine"
print(grokcast.forecast(sys.argv[1]))
import api, predictor, training_runs
print(api.MINE, features.MINE, predictor.MINE, training_runs.MINE)
print(grokcast.Forecaster().forecast([sys.argv[1]]).run_id[0])
try:
    grokcast.forecast("nothing.csv")
except ValueError as error:
    print(error)
print(sys.modules["features"].MINE, sys.path[0] in ("", {folder!r}))
"""


def test_beside_folders_of_the_same_names(tmp_path):
    """In a script, by `python -m grokcast` and by `grokcast`, also where the folder is on PYTHONPATH."""
    for name in ("api", "features", "predictor", "training_runs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("MINE = 'mine'\n")
    (tmp_path / "train.py").write_text(SCRIPT.format(folder=str(tmp_path)))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    options = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True, "timeout": 300}
    done = subprocess.run([sys.executable, "train.py", str(EXAMPLE)], check=False, **options)
    assert done.returncode == 0, done.stderr
    first, second, third, fourth, last = done.stdout.splitlines()
    assert first.startswith("step 1,000: memorised")
    assert (second, third, last) == ("mine mine mine mine", "history", "mine True")
    assert "No such file" in fourth
    for command in ([sys.executable, "-m", "grokcast"], [str(Path(sys.executable).with_name("grokcast"))]):
        done = subprocess.run([*command, "forecast", str(EXAMPLE), "--json"], check=False, **options)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["observed_until_step"] == 1000


def test_importing_grokcast_imports_next_to_nothing():
    code = "import sys; before = set(sys.modules); import grokcast; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    foreign = {name.partition(".")[0] for name in done.stdout.split()} - sys.stdlib_module_names
    assert foreign == {"grokcast"}
    assert "asyncio" not in done.stdout


def test_two_hundred_histories_take_seconds(tmp_path):
    """Less than 10 s of one core as a process; here they share it with other tests."""
    text = EXAMPLE.read_text()
    for k in range(200):
        (tmp_path / f"exp_{k:03}.csv").write_text(text)
    began = time.process_time()
    table = package.forecast(tmp_path)
    assert len(table) == 200
    assert table.problem.isna().all()
    assert time.process_time() - began < 10


def test_a_stored_version_and_a_folder_of_one_answer():
    (shipped,) = (file.parent for file in (ROOT / "predictor" / "forecasters").glob("*/manifest.json"))
    by_folder, by_name = package.Forecaster(shipped), package.Forecaster(shipped.name)
    assert by_folder.version == by_name.version == shipped.name
    assert by_folder.forecast(EXAMPLE).to_dict() == by_name.forecast(EXAMPLE).to_dict()
    with pytest.raises(LookupError, match=r"no forecaster '1\.2\.3'"):
        package.Forecaster("1.2.3").version  # noqa: B018


def test_a_bad_call_is_no_row(folder):
    with pytest.raises(InvalidInput, match="format is 'excel'"):
        package.forecast(EXAMPLE, format="excel")
