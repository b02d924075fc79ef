"""Projects that Trackio itself wrote here, and what may be wrong with one."""

import json
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from tests.command_line import grokcast as command
from training_runs import InvalidInput
from training_runs.readers import read_content, read_recording

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two runs of one name and one of its own, in one project."""
    path = tmp_path_factory.mktemp("trackio")
    trackio = pytest.importorskip("trackio")
    with pytest.MonkeyPatch.context() as patch:
        for module in ("trackio.sqlite_storage", "trackio.utils"):
            patch.setattr(f"{module}.TRACKIO_DIR", path)
        for k, name in enumerate(("same", "same", "own"), 1):
            trackio.init(
                project="grok", name=name, config={"lr": 1e-3, "optimizer": {"weight_decay": 1.0}}, embed=False
            )
            for step in range(0, 500, 100):
                trackio.log({"train/loss": k / (step + 1), "train/acc": float(step > 0)}, step=step)
                trackio.log({"val/acc": step / 1000, "val/loss": float("nan") if step == 100 else 2.0}, step=step)
            trackio.finish()
    return path


def test_a_project_is_read_with_its_config(folder):
    recording = read_recording(str(folder))
    assert not recording.problems
    assert len(recording.runs) == 3
    history = recording.histories["own"]
    assert history.steps.tolist() == [0, 100, 200, 300, 400]
    assert history.signals["val_acc"].tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert history.recorded("val_loss")[0].tolist() == [0, 200, 300, 400]
    assert recording.contexts["own"] == {"learning_rate": 0.001, "weight_decay": 1.0}


def test_damaged_rows_spoil_no_other(folder, tmp_path):
    (damaged,) = folder.glob("*.db")
    path = tmp_path / "grok.db"
    with closing(sqlite3.connect(damaged)) as source, closing(sqlite3.connect(path)) as copy:
        source.backup(copy)
        copy.execute("UPDATE metrics SET metrics = ? WHERE step = 200 AND run_name = 'own'", (b'{"train/loss": 0.',))
        # It stamps what it writes together, each half a second: here later steps are later.
        copy.execute("UPDATE metrics SET timestamp = '2026-11-27T10:0' || (step / 100) || substr(timestamp, 17)")
        copy.execute("UPDATE metrics SET timestamp = ? WHERE step = 300 AND run_name = 'own'", ("yesterday",))
        copy.execute("UPDATE metrics SET metrics = ? WHERE run_name = 'same'", (json.dumps({"note": "text"}),))
        copy.commit()
    recording = read_content(path.read_bytes(), "grok.db")
    assert recording.histories["own"].steps.tolist() == [0, 100, 300, 400]
    times = recording.histories["own"].times
    assert np.isnan(times).tolist() == [False, False, True, False]
    assert times[[1, 3]] - times[0] == pytest.approx([60, 240])
    assert any("damaged and left out: 2 rows of metrics" in note for note in recording.notes)
    assert set(recording.runs) == {"own"}
    assert len(recording.problems) == 2
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(InvalidInput, match=r"mlflow|MLflow|Trackio"):
        read_recording(str(path))


def test_a_project_is_imported_to_learn_from(folder, tmp_path):
    done = command("runs", "import", str(folder), "--out", str(tmp_path / "runs"))
    assert done.returncode == 0, done.stderr
    assert "3 new runs" in done.stdout + done.stderr
