"""The monitor in a training that is a process of its own, to its end."""

import os
import subprocess
import sys
from pathlib import Path

from tests.forecast_server import Service, unused_port
from tests.timing import PATIENCE

# It says what it imported of ours, and at the very end, after the monitor's, how many seconds the end has taken.
_TRAINING = """
import atexit
import sys
import time

atexit.register(lambda: print(time.monotonic() - over))

from grokcast import Monitor

monitor = Monitor(min_interval=60)
for step in range(30):
    monitor.log(step, train_acc=0.5, val_acc=0.1)
    if step == 0 and sys.argv[1:] == ["answered"]:
        monitor.flush(100)
ours = {"api", "features", "predictor", "training_runs"}
print(sorted(ours & {name.split(".")[0] for name in sys.modules}))
over = time.monotonic()
"""


def run_training(url: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "train.py").write_text(_TRAINING)
    command = [sys.executable, "-W", "error", "train.py", *arguments]
    environment = {**os.environ, "GROKCAST_URL": url}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_works_beside_foreign_folders_and_flushes_at_exit(service: Service, tmp_path: Path) -> None:
    for name in ("api", "features", "predictor", "training_runs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('not ours')\n")
    # The first point is answered: the two seconds of the end are for the rest, not for imports on a busy machine.
    done = run_training(service.url, tmp_path, "answered")
    assert (done.returncode, done.stdout.splitlines()[0], done.stderr) == (0, "[]", "")
    assert [request["history"]["step"] for request in service.requests] == [[0], list(range(30))]


def test_the_end_of_a_training_is_not_held_up_without_a_service(tmp_path: Path) -> None:
    done = run_training(f"http://127.0.0.1:{unused_port()}", tmp_path)
    assert float(done.stdout.splitlines()[-1]) < 10
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert "not reachable" in done.stderr


_FIRST_POINTS = """
import sys
from grokcast.callbacks.hugging_face import HuggingFaceCallback
from grokcast.callbacks.watched_training import WatchedTraining
from training_runs.context_words.description_rules import RULES

training = WatchedTraining(None, 0, {"url": sys.argv[1], "context": {"lr": 1e-3, "optimizer": "AdamW", "p": 97}})
training.begin(lambda: {"weight_decay": 1.0}, None)
training.log(10, {"train/loss": 1.0, "eval_accuracy": 0.1})
training.end()
print({"pandas", "training_runs.readers"} & set(sys.modules), any("pattern" in vars(rule) for rule in RULES))
"""


def test_a_watched_training_imports_no_readers_and_compiles_no_rules_for_sentences() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_POINTS, f"http://127.0.0.1:{unused_port()}"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "set() False\n"), done.stderr
