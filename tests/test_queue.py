"""`make sweep`: the queue is worked off in pieces, and time that is up loses nothing that has ended."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from training_runs import archive
from training_runs.config import RunConfig
from training_runs.errors import InvalidInput
from training_runs.generator.deadline import Deadline
from training_runs.generator.executors import train_and_store
from training_runs.generator.presets import PRESETS, Preset
from training_runs.generator.queue import Item, chosen, read_queue, work_off
from training_runs.generator.sweep import Sweep, run_sweep
from training_runs.generator.train import train

TINY = RunConfig(modulus=11, embedding_dim=8, width=16, batch_size=32, early_stop=False, budget_step=100)


def tiny(seed, **changes):
    return RunConfig(**{**TINY.as_dict(), "seed": seed, **changes})


def test_the_queue_names_presets_that_exist_and_no_item_twice():
    items = read_queue()
    assert {item.preset for item in items} <= set(PRESETS)
    assert len({item.name for item in items}) == len(items)
    assert {item.device for item in items} <= {"cpu", "cuda"}
    assert all(item.why for item in items)


def test_each_run_is_handed_on_when_it_ends_while_others_go_on():
    ended = []
    configs = [tiny(0, budget_step=150), tiny(1, budget_step=40), tiny(2, budget_step=80)]
    runs = train(configs, on_run=ended.append)
    assert [run.budget_step for run in ended] == [40, 80, 150]
    assert [run.run_id for run in runs] == [config.run_id for config in configs]


def test_a_run_that_is_cut_is_the_run_that_has_this_budget(tmp_path):
    configs = [tiny(0, budget_step=10**6), tiny(1, budget_step=10**6, checkpoint_every=25), tiny(2, budget_step=20)]
    deadline = Deadline(start_by=time.monotonic() + 2, stop=time.monotonic() + 2, cut=True)
    runs = train_and_store(configs, "cpu", None, tmp_path, deadline)
    assert archive.run_ids(tmp_path) == {run.run_id for run in runs}
    assert [run.budget_step for run in runs if run.budget_step == 20] == [20]
    for config, run in zip(configs[:2], runs[:2], strict=True):
        assert run.budget_step == run.trajectory.observed_until < config.budget_step
        assert run.configuration_id == config.configuration_id
        again = train([RunConfig(**{**run.config, "budget_step": run.budget_step})])[0]
        assert again.run_id == run.run_id
        np.testing.assert_array_equal(again.trajectory.steps, run.trajectory.steps)
        for name in ("train_loss", "val_loss", "drc_auc"):
            ours, theirs = (r.trajectory.signals[name] for r in (run, again))
            np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-6)


def test_a_run_that_has_not_ended_is_left_out_where_it_is_not_cut(tmp_path):
    deadline = Deadline(start_by=time.monotonic() + 1, stop=time.monotonic() + 1, cut=False)
    runs = train_and_store([tiny(0, budget_step=10**6), tiny(1, budget_step=20)], "cpu", None, tmp_path, deadline)
    assert [run.budget_step for run in runs] == [20]
    assert archive.run_ids(tmp_path) == {runs[0].run_id}


def test_no_stack_begins_when_the_time_is_nearly_up(tmp_path):
    deadline = Deadline(start_by=time.monotonic() - 1, stop=time.monotonic() + 60, cut=False)
    assert train_and_store([tiny(0)], "cpu", None, tmp_path, deadline) == []


def test_an_item_is_made_in_pieces_each_run_once(tmp_path, monkeypatch):
    monkeypatch.setitem(PRESETS, "tiny", Preset("of this test", lambda seed: (tiny(seed + k) for k in range(99))))
    items = [
        Item("elsewhere", "tiny", 3, 0, "cuda", "needs another device"),
        Item("here", "tiny", 3, 0, "cpu", "is made"),
        Item("later", "tiny", 2, 50, "cpu", "is made when the one before is complete"),
    ]
    work_off(chosen(items[:2], "cpu"), 1, 1, tmp_path)
    shards = sorted((tmp_path / "here").glob("shard-*.parquet"))
    before = [shard.read_bytes() for shard in shards]
    work_off([Item("here", "tiny", 5, 0, "cpu", "more of it"), items[2]], 1, 1, tmp_path)
    assert [shard.read_bytes() for shard in shards] == before
    made = archive.read(tmp_path / "here")
    assert sorted(run.config["seed"] for run in made) == [0, 1, 2, 3, 4]
    assert len(archive.read(tmp_path / "later")) == 2
    assert not (tmp_path / "elsewhere").exists()
    assert not list(tmp_path.glob("*/part-*"))


def test_an_item_that_is_named_is_made_on_any_device():
    items = [Item("here", "tiny", 3, 0, "cpu", ""), Item("elsewhere", "tiny", 3, 0, "cuda", "")]
    assert chosen(items, "cpu", ["elsewhere"]) == [replace(items[1], device="cpu")]
    with pytest.raises(InvalidInput, match="nowhere.*one of here, elsewhere"):
        chosen(items, "cpu", ["here", "nowhere"])


def test_what_is_apart_lies_beside_the_candidates(tmp_path, monkeypatch):
    monkeypatch.setitem(PRESETS, "tiny", Preset("of this test", lambda seed: (tiny(seed + k) for k in range(99))))
    out = tmp_path / "candidates"
    work_off([Item("unseen", "tiny", 1, 0, "cpu", "judges", apart=True)], 1, 1, out)
    assert len(archive.read(tmp_path / "unseen")) == 1
    assert not out.exists()


def test_a_run_that_was_cut_is_not_made_again(tmp_path, monkeypatch):
    monkeypatch.setitem(PRESETS, "tiny", Preset("of this test", lambda seed: (tiny(k) for k in range(99))))
    item = Item("here", "tiny", 3, 0, "cpu", "is made", cut=True)
    archive.append(tmp_path, train([tiny(1, budget_step=30)]))
    assert [config.seed for config in item.missing(tmp_path)] == [0, 2]


def test_against_time_the_shortest_come_first(tmp_path):
    """What is short a run, not what is short in all: many runs that end soon are worth more than one that ends late."""
    configs = [tiny(0, width=64, budget_step=30), *(tiny(k, budget_step=20) for k in (1, 2, 3))]
    order = []

    def execute(stacks):
        for stack in stacks:
            order.append(stack[0].width)
            yield stack, train(stack)

    run_sweep(Sweep("tiny", 4, 0, {}), configs, tmp_path, execute, resume=False, device="cuda", against_time=True)
    assert order == [16, 64]


@pytest.mark.slow
def test_the_command_begins_the_first_item_and_ends_in_time(tmp_path):
    command = [sys.executable, "-m", "training_runs.generator.queue", "--minutes", "0.2", "--out", str(tmp_path)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    first = next(item for item in read_queue() if item.device == "cpu")
    assert printed.startswith(f"{first.name}: {first.runs} of {first.runs} runs are missing")
    assert json.loads((tmp_path / first.name / "sweep.json").read_text())["preset"] == first.preset
    assert not list(tmp_path.glob("*/part-*"))


def test_networks_are_trained_with_few_packages():
    """A machine with a GPU has torch, numpy, scipy and pyarrow; what the product needs beside them may be missing."""
    absent = "platformdirs sklearn typer rich fastapi pydantic sqlalchemy httpx lightgbm pandas matplotlib"
    code = f"import sys; sys.modules.update(dict.fromkeys({absent.split()}))\n"
    code += "from training_runs.generator import queue, train\n"
    code += "from training_runs.config import RunConfig\n"
    code += "print(train.train([RunConfig(modulus=11, width=16, embedding_dim=8, budget_step=5)])[0].status)"
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "finished"
