import json
import os
import random
import signal
import sys
import time
from functools import partial

import pytest

from tests.command_line import begin, ended, grokcast
from training_runs import InvalidInput, archive
from training_runs.config import RunConfig
from training_runs.generator.executors import run_local, train_stack
from training_runs.generator.presets import preset_configs
from training_runs.generator.sweep import Sweep, run_sweep

OVERRIDES = {"modulus": "11", "width": "32", "embedding_dim": "8", "budget_step": "150"}


def here(stacks):
    """Train in this process: what a sweep keeps does not depend on where it trains, and a process more takes seconds to start."""
    for stack in stacks:
        yield stack, train_stack(stack, "cpu", None)


def sweep(n, folder, execute=here, *, resume=False, seed=0, preset="salah_yevick"):
    made = []
    run_sweep(
        Sweep(preset, n, seed, OVERRIDES),
        preset_configs(preset, n, seed, OVERRIDES),
        folder,
        execute,
        resume=resume,
        on_runs=made.extend,
    )
    return made


def test_makes_every_run_once_and_resumes_with_more(tmp_path):
    assert len(sweep(5, tmp_path)) == 5
    with pytest.raises(InvalidInput, match="add --resume"):
        sweep(5, tmp_path)
    assert len(sweep(7, tmp_path, resume=True)) == 2
    wanted = {c.run_id for c in preset_configs("salah_yevick", 7, 0, OVERRIDES)}
    assert archive.run_ids(tmp_path) == wanted
    assert not list(tmp_path.glob("part-*"))


def test_a_folder_belongs_to_one_sweep(tmp_path):
    sweep(1, tmp_path)
    with pytest.raises(InvalidInput, match="the sweep it was begun with"):
        sweep(1, tmp_path, resume=True, seed=1)


def test_a_sweep_begun_under_a_former_name_of_its_preset_goes_on(tmp_path):
    tmp_path.joinpath("sweep.json").write_text(json.dumps(vars(Sweep("late", 1, 0, OVERRIDES))))
    configs = preset_configs("salah_yevick", 1, 0, OVERRIDES)
    assert run_sweep(Sweep("delayed_families", 1, 0, OVERRIDES), configs, tmp_path, here, resume=True) == []
    assert json.loads((tmp_path / "sweep.json").read_text())["preset"] == "delayed_families"


COMMAND = [
    "generate",
    "salah_yevick",
    "--runs",
    "12",
    "--workers",
    "1",
    "--resume",
    *(f"--set={k}={v}" for k, v in OVERRIDES.items()),
]


def kill_and_resume(folder, kills, seed=0):
    """Kill a sweep at random moments after it was seen to make progress; nothing may be lost, repeated or torn."""
    rng = random.Random(seed)
    seen: set[str] = set()
    for _ in range(kills):
        command = begin(*COMMAND, "--out", folder)
        time.sleep(rng.uniform(1.0, 6.0))
        os.killpg(command, signal.SIGKILL)
        ended(command)
        kept = archive.run_ids(folder)
        assert seen <= kept
        seen = kept
    done = grokcast(*COMMAND, "--out", folder)
    assert done.returncode == 0, done.stderr
    ids = [r.run_id for r in archive.read(folder)]
    assert len(ids) == len(set(ids)) == 12


def test_killed_at_any_moment_it_resumes_without_loss_or_repeat(tmp_path):
    kill_and_resume(tmp_path, 3)


@pytest.mark.slow
def test_killed_twenty_times(tmp_path):
    kill_and_resume(tmp_path, 20, seed=1)


def dies_on_division(stack, device, data_dir):
    if any(c.operation == "div" for c in stack):
        os.kill(os.getpid(), signal.SIGKILL)
    made = train_stack(stack, device, data_dir)
    assert sys.modules["torch"].get_num_threads() == 1
    return made


def test_a_worker_that_dies_is_tried_again_and_reported_while_the_others_go_on(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # a worker has one thread all the same
    drawn = preset_configs("power", 6, 0, OVERRIDES)
    divided, others = ([c for c in drawn if (c.operation == "div") == is_div] for is_div in (True, False))
    configs = [others[0], divided[0], others[1]]
    doomed = {divided[0].run_id}
    stacks = [[c] for c in configs]
    results = list(run_local(stacks, 2, "cpu", None, dies_on_division))
    assert sorted(s[0].run_id for s, _ in results) == sorted(c.run_id for c in configs)
    for stack, made in results:
        if stack[0].run_id in doomed:
            assert "died twice" in made
        else:
            assert made[0].run_id == stack[0].run_id


def dies_late_on_division(stack, device, data_dir):
    if stack[0].operation == "div":
        time.sleep(1)
        os.kill(os.getpid(), signal.SIGKILL)
    return []


def test_a_worker_may_die_while_its_sweep_is_busy():
    """To write runs takes time, in which a worker dies and the pool with it."""
    operations = ("add", "div", "mul", "sub")
    stacks = [[RunConfig(operation=operation)] for operation in operations]
    results = {}
    for (config,), made in run_local(stacks, 2, "cpu", None, dies_late_on_division):
        if not results:
            time.sleep(2)
        results[config.operation] = made
    assert "died twice" in results.pop("div")
    assert results == {"add": [], "mul": [], "sub": []}


def fails_on_division(stacks):
    for stack in stacks:
        failing = any(c.operation == "div" for c in stack)
        yield stack, "no luck" if failing else train_stack(stack, "cpu", None)


def test_what_failed_is_returned_and_tried_again_on_resume(tmp_path):
    configs = preset_configs("power", 6, 0, OVERRIDES)
    folder = tmp_path / "out"
    failures = run_sweep(
        Sweep("power", 6, 0, OVERRIDES),
        configs,
        folder,
        fails_on_division,
        resume=False,
    )
    failed = {c.run_id for f in failures for c in f.configs}
    assert failed
    assert archive.run_ids(folder) == {c.run_id for c in configs} - failed
    sweep(6, folder, resume=True, preset="power")
    assert archive.run_ids(folder) == {c.run_id for c in configs}


def test_bad_input_found_by_a_worker_is_told_as_such(tmp_path):
    overrides = {"task_family": "mnist", "architecture": "mlp"}
    configs = preset_configs("salah_yevick", 1, 0, overrides)
    execute = partial(run_local, workers=1, device="cpu", data_dir=tmp_path)
    with pytest.raises(InvalidInput, match="train-images-idx3-ubyte.gz"):
        run_sweep(Sweep("salah_yevick", 1, 0, overrides), configs, tmp_path / "o", execute, resume=False)


def test_a_full_disk_is_told_and_keeps_what_was_made(tmp_path, monkeypatch):
    sweep(2, tmp_path)
    before = archive.run_ids(tmp_path)

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device; the runs made before are kept"):
        sweep(4, tmp_path, resume=True)
    assert archive.run_ids(tmp_path) == before


def test_the_same_sweep_on_a_local_ray(tmp_path):
    words = [word for word in COMMAND if word != "--resume"]
    done = grokcast(*words, "--executor", "ray", "--workers", 1, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    wanted = {c.run_id for c in preset_configs("salah_yevick", 12, 0, OVERRIDES)}
    assert archive.run_ids(tmp_path) == wanted
    assert json.loads((tmp_path / "sweep.json").read_text())["n_runs"] == 12
