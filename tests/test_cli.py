import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_command

from api.app import create_app
from api.wire.forecasts import ForecastAnswer
from grokcast.cli import app
from grokcast.display.runs import show_corpus
from tests.command_line import SECONDS, grokcast, one_line
from tests.forks import ROOT
from tests.wire import local_client
from training_runs import archive
from training_runs.readers import read_recording
from training_runs.synthetic import synthetic_corpus

EXAMPLE = str(ROOT / "examples" / "history.csv")


def test_forecast_as_json_has_every_field():
    """Started as users start it; the other tests fork."""
    done = subprocess.run(
        [sys.executable, "-m", "grokcast", "forecast", EXAMPLE, "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert set(answer) == {*ForecastAnswer.model_fields, *ForecastAnswer.model_computed_fields}
    assert ForecastAnswer.from_stored(answer).model_dump(mode="json") == answer


def _parameters(command, name="grokcast"):
    for inner in getattr(command, "commands", {}).values():
        yield from _parameters(inner, f"{name} {inner.name}")
    yield from ((f"{name}: {parameter.name}", parameter) for parameter in command.params)


def test_every_option_and_argument_says_in_words_what_it_is():
    named = dict(_parameters(get_command(app)))
    assert len(named) > 80
    assert [name for name, parameter in named.items() if not re.match(r"\w", parameter.help or "")] == []


def test_every_option_and_argument_names_the_kind_of_its_value():
    named = _parameters(get_command(app))
    takes = {name: p for name, p in named if not getattr(p, "is_flag", False) and "completion" not in name}
    assert [name for name, parameter in takes.items() if not parameter.metavar] == []


def test_help_lists_each_command_in_a_whole_sentence():
    for group in ((), ("runs",), ("forecasters",), ("leaderboard",), ("keys",)):
        listed = grokcast(*group, "--help").stdout.partition("Commands:")[2]
        assert listed.strip()
        assert "..." not in listed


def test_forecast_in_words_and_from_stdin():
    done = grokcast("forecast", "-", "--horizon", 20_000, stdin=Path(EXAMPLE).read_text())
    assert done.returncode == 0, done.stderr
    for word in ("now", "advice", "onset", "drivers", "support"):
        assert word in done.stdout


def test_forecast_with_a_picture_and_how_the_file_was_read(tmp_path):
    rows = "epoch,acc,val_acc,val_loss,x\n" + "".join(f"{k},{min(99.5, 20.5 * k)},2.5,3,1\n" for k in range(1, 9))
    (tmp_path / "h.csv").write_text(rows)
    done = grokcast(
        "forecast",
        tmp_path / "h.csv",
        "--steps-per-epoch",
        50,
        "--map",
        "acc=train_acc",
        "--plot",
        tmp_path / "h.png",
        "--json",
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["observed_until_step"], answer["memorization_step"]) == (400, 250)
    for words in (
        "acc is read as train_acc",
        "epoch counts epochs",
        "divided by 100",
        "ignored: x",
    ):
        assert words in done.stderr
    assert (tmp_path / "h.png").read_bytes().startswith(b"\x89PNG")


def test_json_from_stdin_is_seen_to_be_json():
    history = {"history": {"step": [10, 20, 30], "train_acc": [0.5, 1, 1], "val_acc": [0.1, 0.1, 0.1]}}
    done = grokcast("forecast", "-", "--json", stdin=json.dumps(history))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["observed_until_step"] == 30


def test_a_request_to_the_service_is_asked_as_the_service_is(tmp_path):
    """The same forecast, and what an option says goes first."""
    request = ROOT / "examples" / "request.json"
    done = grokcast("forecast", request, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    with local_client(create_app()) as client:
        served = client.post("/v1/forecasts", json=json.loads(request.read_text())).json()
    assert answer == served
    told = " ".join(done.stderr.split())
    assert "question from the recording: horizon_step 10000" in told
    assert "context from the recording: task_family modular" in told
    done = grokcast("forecast", request, "--json", "--horizon", 5000)
    assert json.loads(done.stdout)["horizon_step"] == 5000
    assert "question from the recording" not in done.stderr


def test_names_of_columns_are_shown_as_they_are(tmp_path):
    """Square brackets and colons mean something to the library that prints, but not in a name."""
    rows = Path(EXAMPLE).read_text().splitlines()
    names = ["speed [/s]", "[bold]x", ":fire:"]
    text = "\n".join([",".join([rows[0], *names]), *(f"{row},1,1,1" for row in rows[1:])])
    (tmp_path / "h.csv").write_text(text)
    done = grokcast("forecast", tmp_path / "h.csv")
    assert done.returncode == 0, done.stderr
    for told in (done.stdout, done.stderr):
        assert f"ignored: {', '.join(names)}" in " ".join(told.split())


def test_percent_accuracies_are_named():
    rows = "step,train_acc,val_acc\n10,50,2\n20,99,2\n30,100,2\n"
    assert "percent" in one_line(grokcast("forecast", "-", stdin=rows))


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["forecast", "nothing.csv"], "No such file"),
        (["forecast", "pyproject.toml"], "a file ending in .csv"),
        (["forecast", EXAMPLE, "--horizon", "5"], "horizon_step is 5; expected a step after"),
        (["forecast", EXAMPLE, "--context", "nothing.json"], "--context"),
        (["forecast", EXAMPLE, "--run", "x"], "it holds history"),
        (["forecast", EXAMPLE, "--format", "excel"], "one of auto, csv"),
        (["forecast", EXAMPLE, "--format", "hf"], "log_history"),
        (["forecast", "grokcast/display"], "or TensorBoard wrote, or with files ending in .csv"),
        (["forecast", EXAMPLE, "--map", "loss"], "COLUMN=SIGNAL"),
        (["forecast", EXAMPLE, "--plot", "x.gif"], "a file ending in .png"),
        (["forecast", EXAMPLE, "--steps-per-epoch", "0"], "--steps-per-epoch is 0.0"),
        (["forecast"], "Missing argument 'HISTORY' (see `"),
        (["forecast", EXAMPLE, "--csv", "--json"], "grokcast: --csv and --json are both given"),
        (["plan", "--set", "modulus=97", "--budget", "1k", "--csv", "--json"], "both given"),
        (["forecast", EXAMPLE, "--target-accuracy", "95"], "looks like percent"),
        (["plan", "--set", "modulus=97"], "budget_step is not given; expected"),
        (["plan", "--set", "modulus=97"], "as the budget beside it"),
        (["forecast", EXAMPLE, "--colour"], "forecast --help`"),
        (["leaderboard", "run", EXAMPLE], "expected a Python file"),
        (["fly"], "No such command"),
        (["generate", "nope"], "one of salah_yevick, golechha"),
        (["generate", "corpus", "--set", "modulus=12"], "a prime number"),
        (["generate", "corpus", "--set", "modulus"], "FIELD=VALUE"),
        (["generate", "corpus", "--set", "colour=red"], "one of the fields"),
        (["generate", "corpus", "--set", "train_fraction=0"], "train_fraction is 0.0"),
        (["generate", "salah_yevick", "--set", "learning_rate=inf"], "learning_rate is inf"),
        (["generate", "salah_yevick", "--runs", "2", "--set", "seed=1"], "2 runs that differ"),
        (["serve", "--port", "99999"], "--port"),
        (["corpus", "no/such/folder"], "an existing folder"),
        (["retrain", "--runs", "no/such/folder"], "an existing folder"),
        (["benchmark", "--external", "docs"], "<source>.parquet"),
        (["benchmark", "--quick", "--external", "docs"], "--quick is of the corpus"),
        (["forecasters", "activate", "1.2.3"], "no forecaster '1.2.3'"),
        (["serve", "--host", "0.0.0.0"], "is not a loopback address"),
        (["generate", "--check", "3"], "give it --again FOLDER"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(args, words):
    assert words in one_line(grokcast(*args))


def test_what_the_system_refuses_names_the_file(tmp_path):
    (tmp_path / "file").write_text("")
    done = grokcast("benchmark", "--out", tmp_path / "file" / "folder")
    assert done.returncode == 1
    assert done.stderr == f"grokcast: {tmp_path / 'file' / 'folder'}: Not a directory\n"


def test_generate_then_corpus_then_the_same_runs_again(tmp_path):
    small = ["--set", "modulus=11", "--set", "width=32", "--set", "budget_step=100"]
    first = ["generate", "salah_yevick", "--runs", 4, "--out", tmp_path / "o", "--workers", 1]
    done = grokcast(*first, *small)
    assert done.returncode == 0, done.stderr
    summary = json.loads(grokcast("corpus", tmp_path / "o", "--json").stdout)
    assert summary["runs"] == 4
    assert sum(summary["outcomes"].values()) == 4
    assert summary["moduli"] == {"11": 4}
    shown = grokcast("corpus", tmp_path / "o")
    assert shown.returncode == 0, shown.stderr
    assert "moduli 11: 4" in " ".join(shown.stdout.split())
    assert "add --resume" in one_line(grokcast(*first, *small))
    done = grokcast("generate", "--again", tmp_path / "o", "--out", tmp_path / "a", "--workers", 1)
    assert done.returncode == 0, done.stderr
    made, again = (archive.read(tmp_path / name) for name in "oa")
    curves = [{r.run_id: r.trajectory.signals["val_loss"].tolist() for r in runs} for runs in (made, again)]
    assert curves[0] == curves[1]
    done = grokcast("generate", "--again", tmp_path / "o", "--check", 2, "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert "2 of 2 end alike" in done.stdout
    assert set(re.findall("[0-9a-f]{16}", done.stdout)) < {run.run_id for run in made}


def test_counts_that_commas_would_run_together_have_a_line_each(capsys):
    families = {"digits": {"grokking": 1, "confusion": 2}, "mnist": {"grokking": 3}}
    kinds = {"out of budget": 4, "out of budget, no weight decay": 5}
    show_corpus({"outcomes_by_family": families, "negatives_by_kind": kinds, "in_configurations": {}})
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "outcomes by family digits: grokking 1, confusion 2",
        "mnist: grokking 3",
        "negatives by kind out of budget: 4",
        "out of budget, no weight decay: 5",
    ]


def test_the_shipped_corpus_has_every_kind_of_run():
    summary = json.loads(grokcast("corpus", "--json").stdout)
    assert summary["runs"] >= 200
    outcomes = summary["outcomes"]
    assert min(outcomes["grokking"], outcomes["comprehension"], summary["blocked"]) >= 20
    assert summary["negatives"] - summary["blocked"] >= 50
    assert len(summary["moduli"]) >= 8


def test_several_folders_are_described_as_one_set_each_run_once(tmp_path):
    kept = synthetic_corpus(6)
    archive.append(tmp_path / "a", kept[:4])
    archive.append(tmp_path / "b", kept[3:])
    assert json.loads(grokcast("corpus", tmp_path / "a", tmp_path / "b", "--json").stdout)["runs"] == len(kept)


def test_a_datasheet_is_written_beside_the_summary(tmp_path):
    archive.append(tmp_path / "runs", synthetic_corpus(6))
    done = grokcast("corpus", tmp_path / "runs", "--datasheet", tmp_path / "d" / "page.md", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["in_configurations"]["outcomes"]
    page = (tmp_path / "d" / "page.md").read_text()
    assert page.startswith("# A set of runs")
    assert (tmp_path / "d" / "page" / "delays.png").exists()


@pytest.mark.slow
def test_benchmark_and_retrain(tmp_path, monkeypatch):
    monkeypatch.setenv("GROKCAST_FORECASTER_STORE", str(tmp_path / "store"))
    archive.append(tmp_path / "runs", synthetic_corpus(40))
    done = grokcast("benchmark", "--corpus", tmp_path / "runs", "--out", tmp_path / "b", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result == json.loads((tmp_path / "b" / "results.json").read_text())
    assert {"whether", "when"} <= set(result["headline"])
    retrain = ("retrain", "--runs", tmp_path / "runs", "--no-promote", "--json")
    done = grokcast(*retrain, seconds=1200)  # of the whole corpus: seven minutes on two free cores
    assert done.returncode == 0, done.stderr
    comparison = json.loads(done.stdout)
    assert not comparison["promoted"]
    listed = json.loads(grokcast("forecasters", "list", "--json").stdout)
    assert {comparison["champion"], comparison["challenger"]} <= {c["version"] for c in listed}


@pytest.mark.skipif(not (ROOT.parent / "shared" / "external").is_dir(), reason="needs runs recorded elsewhere")
@pytest.mark.parametrize("source", ["atgugu_sweeps", "tnediserp_miml", "santyj_dp", "qienhuang_fit_valonly"])
def test_runs_that_nobody_here_made_get_a_forecast(source):
    path = ROOT.parent / "shared" / "external" / f"{source}.parquet"
    assert "it holds" in one_line(grokcast("forecast", path))
    done = grokcast("forecast", path, "--run", f"{source}/0005", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert 0 <= answer["probability_onset_by_horizon"] <= 1
    trajectory = read_recording(str(path)).histories[f"{source}/0005"]
    history = {"step": trajectory.steps.tolist()}
    for name, values in trajectory.signals.items():
        history[name] = [None if np.isnan(v) else v for v in values.tolist()]
    with local_client(create_app()) as client:
        served = client.post("/v1/forecasts", json={"history": history})
    assert served.status_code == 200
    assert served.json()["onset_step"] == answer["onset_step"]


def imported_by(code: str) -> set[str]:
    """The top-level packages that a program imports."""
    show = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; {show}"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_fitting_imports_no_torch():
    assert "torch" not in imported_by("import api.app, predictor.retrain")


def test_serving_imports_nothing_that_fits_or_serves_agents():
    """Each of these takes a second or so of the start of the service."""
    forecasting = "import api.app; from predictor.store import ForecasterStore as S; S().load()"
    later = {"torch", "lightgbm", "sklearn", "scipy", "pandas", "pyarrow", "matplotlib", "mcp"}
    assert not imported_by(forecasting) & later
