"""Several files of one run: what the command line and Python make of charts that were saved one by one."""

import gzip
import json
import time
from pathlib import Path

import pandas as pd
import pytest

import grokcast as package
from grokcast.histories import read_histories
from tests.command_line import grokcast
from tests.forks import ROOT

TABLE = pd.read_csv(ROOT / "examples" / "history.csv")
ACCURACIES, LOSSES = ["step", "train_acc", "val_acc"], ["step", "train_loss", "val_loss"]


def write(folder: Path, name: str, columns: list[str]) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    TABLE[columns].to_csv(path, index=False)
    return str(path)


def test_cases_of_charts_are_one_run_and_one_forecast(tmp_path):
    files = [write(tmp_path, "accuracy_curve.csv", ACCURACIES), write(tmp_path, "loss_curve.csv", LOSSES)]
    whole = write(tmp_path, "whole.csv", [*ACCURACIES, *LOSSES[1:]])
    done = grokcast("forecast", *files, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(grokcast("forecast", whole, "--json").stdout)
    assert "accuracy_curve.csv, loss_curve.csv are read as one run" in done.stderr
    table = package.forecast(files)
    assert len(table) == 1
    whole_probability = package.forecast(whole).probability_onset_by_horizon
    assert table.probability_onset_by_horizon.tolist() == [pytest.approx(whole_probability)]


def test_cases_of_two_runs_of_two_charts_each(tmp_path):
    for seed in (0, 1):
        write(tmp_path, f"seed{seed}_acc.csv", ACCURACIES)
        write(tmp_path, f"seed{seed}_loss.csv", LOSSES)
    write(tmp_path, "whole.csv", [*ACCURACIES, *LOSSES[1:]])
    histories = list(read_histories([tmp_path]))
    assert [history.run for history in histories] == ["seed0", "seed1", "whole"]
    assert all(len(history.trajectory.recorded_names()) == 4 for history in histories)


def test_what_is_beside_any_of_the_files_is_of_the_run(tmp_path):
    write(tmp_path, "a_acc.csv", ACCURACIES)
    write(tmp_path, "a_loss.csv", LOSSES)
    (tmp_path / "a_loss.context.json").write_text('{"weight_decay": 1.0}')
    (history,) = read_histories([tmp_path])
    assert dict(history.beside) == {"weight_decay": 1.0}
    assert {"a", "a_acc", "a_acc.csv", "a_loss", "a_loss.csv"} <= set(history.names)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("args.json", '{"optimizer": {"lr": 0.001}, "wd": 1}'),
        ("config.yaml", "lr: 1e-3\nwd: 1\n"),
        (".hydra/config.yaml", "optimizer: {lr: 1e-3}\nwd: 1\n"),
        ("acc.toml", "lr = 1e-3\nwd = 1\n"),
    ],
)
def test_settings_in_a_folder_and_beside_a_file_are_context(tmp_path, place, text):
    for run in ("a", "b"):
        write(tmp_path, f"{run}/acc.csv", ACCURACIES)
    settings = tmp_path / "a" / place
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(text)
    (settings.parent / "overrides.yaml").write_text("- wd=1\n")  # a list says no settings
    for sources in ([tmp_path], [tmp_path / "a" / "acc.csv", tmp_path / "b" / "acc.csv"]):
        histories = list(read_histories(sources))
        assert [dict(history.recorded) for history in histories] == [{"learning_rate": 1e-3, "weight_decay": 1.0}, {}]
        assert f"context from {settings}" in histories[0].notes


def test_damaged_settings_are_named_and_spoil_nothing(tmp_path):
    write(tmp_path, "acc.csv", ACCURACIES)
    (tmp_path / "config.yaml").write_text("lr: [1,")
    (history,) = read_histories([tmp_path])
    assert history.trajectory is not None
    assert any(f"left out: {tmp_path / 'config.yaml'}" in note for note in history.notes)


def test_a_constant_column_of_one_of_the_files_is_its_context(tmp_path):
    write(tmp_path, "acc.csv", ACCURACIES)
    TABLE[LOSSES].assign(weight_decay=0.5).to_csv(tmp_path / "loss.csv", index=False)
    (history,) = read_histories([tmp_path])
    assert history.recorded == {"weight_decay": 0.5}


def test_a_file_of_several_runs_is_not_part_of_one(tmp_path):
    write(tmp_path, "loss.csv", LOSSES)
    seeds = pd.concat([TABLE[ACCURACIES].assign(seed=seed) for seed in (0, 1)])
    seeds.to_csv(tmp_path / "acc.csv", index=False)
    assert [history.run for history in read_histories([tmp_path])] == ["acc/seed=0", "acc/seed=1", "loss"]


def test_logs_and_compressed_tables_of_a_folder_are_read(tmp_path):
    plain = TABLE.to_csv(index=False)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(plain.encode()))
    lines = (f"step {r.step:.0f} | train_acc {r.train_acc} | val_acc {r.val_acc}" for r in TABLE.itertuples())
    (tmp_path / "b.log").write_text("\n".join(lines))
    histories = list(read_histories([tmp_path]))
    assert [(history.run, history.problem) for history in histories] == [("a", None), ("b", None)]


def test_files_that_hold_the_same_stay_runs_of_their_own_and_are_soon_read(tmp_path):
    count = 200
    for k in range(count):
        write(tmp_path, f"run{k:03}.csv", [*ACCURACIES, *LOSSES[1:]])
    start = time.perf_counter()
    histories = list(read_histories([tmp_path]))
    assert [history.run for history in histories] == [f"run{k:03}" for k in range(count)]
    assert time.perf_counter() - start < 10
