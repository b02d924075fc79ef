"""Folders that are sent as files with their paths, and files of settings beside histories."""

import json
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.test_history_routes import TRAIN, VAL, read_all
from tests.wire import problem_of

ROWS = "step,train_acc,val_acc\n10,0.1,0.1\n20,1,0.1\n30,1,0.2\n"
LIGHTNING = "epoch,step,train_acc,val_acc\n0,9,0.1,0.1\n1,19,1,0.1\n2,29,1,0.2\n"
NESTED = json.dumps({"optimizer": {"name": "adamw", "betas": [0.9, 0.98]}, "weight_decay": 1, "task": {"p": 97}})


def contexts(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {run["run"]: run["context"] for run in found["runs"] if run["problem"] is None}


def test_a_folder_that_a_tool_wrote_is_read_as_that(client: TestClient) -> None:
    files = {
        f"logs/version_{k}/{name}": text
        for k in (0, 1)
        for name, text in (("metrics.csv", LIGHTNING), ("hparams.yaml", f"lr: 0.00{k + 1}\n"))
    }
    found = read_all(client, files).json()
    assert contexts(found) == {"logs/version_0": {"learning_rate": 0.001}, "logs/version_1": {"learning_rate": 0.002}}
    read = read_all(client, files, run="logs/version_1").json()["request"]
    assert read["history"]["step"] == [10, 20, 30]  # Lightning counts from 0
    assert read["context"] == {"learning_rate": 0.002}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "config.yaml",
            "optimizer:\n  name: adamw\n  lr: 1e-3\nwd: 1\n",
            {"optimizer": "adamw", "learning_rate": 0.001},
        ),
        ("anything.toml", "weight_decay = 0.5\n", {"weight_decay": 0.5}),
        ("mine.json", NESTED, {"weight_decay": 1.0, "modulus": 97, "optimizer": "adamw"}),
        ("args.json", NESTED, {"weight_decay": 1.0}),
        ("mine.context.json", '{"budget_step": 500}', {"budget_step": 500}),
    ],
)
def test_settings_beside_a_table_are_its_context(
    client: TestClient, name: str, text: str, expected: dict[str, Any]
) -> None:
    found = read_all(client, {"mine.csv": ROWS, name: text}).json()
    (run,) = found["runs"]
    assert run["run"] == "mine"
    assert expected.items() <= found["request"]["context"].items()
    assert f"context from {name}" in run["notes"]


def test_settings_are_of_the_runs_beside_them_and_the_nearest_count(client: TestClient) -> None:
    files = {
        "sweep/config.yaml": "modulus: 97\nweight_decay: 0.1\n",
        "sweep/a.csv": ROWS,
        "sweep/a.json": '{"weight_decay": 1}',
        "sweep/below/b.csv": ROWS,
        "sweep/below/config.yaml": "modulus: 113\n",
        "sweep/README.txt": "what these are\n",
    }
    found = read_all(client, files).json()
    assert contexts(found) == {
        "a": {"modulus": 97, "weight_decay": 1.0},
        "below/b": {"modulus": 113, "weight_decay": 0.1},
    }
    assert len(found["runs"]) == 2  # a text is no run that cannot be read


def test_the_settings_of_hydra_are_of_the_run_in_their_folder(client: TestClient) -> None:
    files = {f"multirun/{k}/metrics.csv": ROWS for k in (0, 1)}
    files |= {f"multirun/{k}/.hydra/config.yaml": f"optimizer: {{lr: 1e-3}}\nwd: {k}\n" for k in (0, 1)}
    files |= {f"multirun/{k}/.hydra/overrides.yaml": f"- wd={k}\n" for k in (0, 1)}
    found = contexts(read_all(client, files).json())
    assert list(found.values()) == [{"learning_rate": 0.001, "weight_decay": float(k)} for k in (0, 1)]


def test_a_history_called_like_settings_is_a_history(client: TestClient) -> None:
    history = json.dumps({"step": [10, 20, 30], "val_loss": [1, 2, 3]})
    found = read_all(client, {"a.csv": TRAIN, "args.json": history}).json()
    assert set(found["request"]["history"]) == {"step", "train_acc", "val_loss"}


def test_settings_that_are_damaged_or_have_no_end_are_refused_at_once(client: TestClient) -> None:
    lines = [
        "a0: &a0 {x: 1}",
        *(f"a{k}: &a{k} {{{', '.join(f'k{j}: *a{k - 1}' for j in range(10))}}}" for k in range(1, 9)),
    ]
    for text in ("lr: [1,", "\n".join(lines), "- 1\n"):
        began = time.monotonic()
        problem = problem_of(read_all(client, {"a.csv": TRAIN, "b.csv": VAL, "config.yaml": text}), 422)
        assert problem["field"] == "config.yaml"
        assert time.monotonic() - began < 10  # a billion values would take minutes


def test_a_path_leads_nowhere_else_and_is_no_file_and_folder_at_once(client: TestClient) -> None:
    found = read_all(client, {"../../etc/a.csv": ROWS, "/etc/b.csv": TRAIN}).json()
    assert sorted(run["run"] for run in found["runs"]) == ["a", "b"]
    assert problem_of(read_all(client, {"x/a": ROWS, "x/a/b.csv": ROWS}), 422)["field"] == "name"
