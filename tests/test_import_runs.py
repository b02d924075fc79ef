"""`grokcast runs import`: recordings of one's own as runs to learn from."""

import io
import json

import pandas as pd
import pytest
from rich.console import Console

from grokcast.display import progress as display
from grokcast.histories import read_histories
from grokcast.own_runs import own_runs
from tests.command_line import grokcast, one_line
from tests.forks import ROOT
from training_runs import archive

FLAT = ROOT / "docs" / "tutorial" / "flat.csv"
WHOLE = ROOT / "docs" / "tutorial" / "whole.csv"


@pytest.fixture
def recordings(tmp_path):
    """One that generalised, one that did not, with a context beside it, and one that is too short."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "whole.csv").write_text(WHOLE.read_text())
    (folder / "flat.csv").write_text(FLAT.read_text())
    (folder / "flat.json").write_text(json.dumps({"weight_decay": 0.5}))
    pd.read_csv(WHOLE).head(2).to_csv(folder / "short.csv", index=False)
    return folder


def test_recordings_become_runs_that_retraining_reads(recordings, tmp_path):
    out = tmp_path / "out"
    done = grokcast("runs", "import", recordings, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "whole: generalised at step 6,918" in done.stderr
    assert "flat: did not generalise by step" in done.stderr
    assert "taken as its end; --unfinished if it goes on" in done.stderr
    assert "short: too little to learn from: it needs 3 checkpoints" in done.stderr
    assert "2 new runs" in done.stderr
    runs = archive.read(out)
    assert sorted(run.context.weight_decay or 0 for run in runs) == [0, 0.5]
    assert len({run.configuration_id for run in runs}) == 2
    assert "0 new runs" in grokcast("runs", "import", recordings, "--out", out).stderr
    assert len(archive.read(out)) == 2


def test_what_a_context_says_that_is_not_read_is_said(tmp_path):
    (tmp_path / "a.csv").write_text(WHOLE.read_text())
    (tmp_path / "a.context.json").write_text('{"description": "wd 1, seen twice", "mistery": 3}')
    words = tmp_path / "words.txt"
    words.write_text("AdamW lr 1e-3\nred lamp\n")
    done = grokcast("runs", "import", tmp_path / "a.csv", "--context", words, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    for said in ('"lr 1e-3" is read as learning_rate 0.001', "mistery", '"seen twice"', '"red lamp"'):
        assert said in done.stderr
    (run,) = archive.read(tmp_path / "out")
    assert run.context.as_dict() == {"weight_decay": 1.0, "learning_rate": 1e-3, "optimizer": "adamw"}


def test_a_file_of_many_runs_has_the_context_of_each_beside_it(tmp_path):
    runs = {f"source/{k}": pd.read_csv(path) for k, path in enumerate((WHOLE, FLAT))}
    table = pd.concat([run.assign(run_id=name) for name, run in runs.items()])
    table.to_parquet(tmp_path / "source.parquet", index=False)
    contexts = {"source/0": {"weight_decay": 1.0, "optimizer": "AdamW"}, "source/1": {"weight_decay": 0.5}}
    beside = {"source": "https://example.org", "origin": {"source/0": "a.csv"}, "runs": contexts}
    (tmp_path / "source.context.json").write_text(json.dumps(beside))
    done = grokcast("runs", "import", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "runs/" not in done.stderr  # a path in the file, not a name of a field
    read = sorted(archive.read(tmp_path / "out"), key=lambda run: run.context.weight_decay or 0)
    assert [run.context.as_dict() for run in read] == [
        {"weight_decay": 0.5},
        {"weight_decay": 1.0, "optimizer": "adamw"},
    ]


def test_a_run_before_its_budget_is_left_out_unless_it_had_ended(recordings, tmp_path):
    (recordings / "flat.json").write_text(json.dumps({"budget_step": 10**6}))
    done = grokcast("runs", "import", recordings / "flat.csv", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "of 1,000,000: left out; --finished takes it as ended" in done.stderr
    assert not (tmp_path / "out").exists()
    assert grokcast("runs", "import", recordings / "flat.csv", "--finished", "--out", tmp_path / "out").returncode == 0
    (run,) = archive.read(tmp_path / "out")
    assert run.budget_step == 10**6  # as it was planned, before it was known how it would end
    unfinished = grokcast("runs", "import", recordings, "--unfinished", "--out", tmp_path / "other")
    assert "1 new runs" in unfinished.stderr


def test_a_run_that_logged_up_to_its_budget_had_ended(tmp_path):
    """`for step in range(20_000): if step % 500 == 0: log` has its last checkpoint at 19,500."""
    steps = range(0, 20_000, 500)
    rows = "".join(f"{step},1.0,0.1\n" for step in steps)
    (tmp_path / "run.csv").write_text(f"step,train_acc,val_acc\n{rows}")
    (history,) = read_histories([tmp_path / "run.csv"])
    ended = {
        budget: next(iter(own_runs([history], {"budget_step": budget}))).run is not None
        for budget in (19_500, 20_000, 20_001, 40_000)
    }
    assert ended == {19_500: True, 20_000: True, 20_001: False, 40_000: False}


def test_retrain_on_recordings_points_to_import(recordings):
    assert "grokcast runs import" in one_line(grokcast("retrain", "--runs", recordings))


def test_long_work_without_a_terminal_prints_lines(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(display, "ERR", Console(file=stream))
    with display.progress("retraining", lines=True) as advance:
        advance("fitting", 1, 5)
    assert stream.getvalue() == "fitting 1 of 5\n"
