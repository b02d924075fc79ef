import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from training_runs import InvalidInput, Trajectory, archive
from training_runs.config import RunConfig
from training_runs.readers import read_recording
from training_runs.synthetic import synthetic_run, synthetic_trajectory


def runs(n):
    return [synthetic_run(synthetic_trajectory(seed=k, noise=0.1), str(k), 20_000) for k in range(n)]


def test_comes_back_as_it_was(tmp_path):
    kept = runs(3)
    archive.append(tmp_path, kept)
    for a, b in zip(kept, archive.read(tmp_path), strict=True):
        assert (a.run_id, a.configuration_id, a.context, a.budget_step, a.status) == (
            b.run_id,
            b.configuration_id,
            b.context,
            b.budget_step,
            b.status,
        )
        np.testing.assert_array_equal(a.trajectory.steps, b.trajectory.steps)
        assert set(a.trajectory.signals) == set(b.trajectory.signals)
        for name, values in a.trajectory.signals.items():
            np.testing.assert_array_equal(values.astype(np.float32), b.trajectory.signals[name])


def test_of_runs_made_here_the_networks_inside_is_kept_in_16_bits(tmp_path):
    """To one part in 4,096, and what people record themselves as it was; of runs recorded elsewhere everything."""
    rng = np.random.default_rng(0)
    exact, inside = 10 ** rng.uniform(-30, 30, (2, 300))
    trajectory = Trajectory(np.arange(300), {"val_loss": exact, "logit_scale": inside, "drc_auc": [1.0, None] * 150})
    recorded = synthetic_run(trajectory, "recorded", 300)
    made = dataclasses.replace(recorded, run_id="made", config=RunConfig(budget_step=300).as_dict())
    archive.append(tmp_path, [recorded, made])
    as_it_was, kept = (run.trajectory.signals for run in archive.read(tmp_path))
    for signals in (as_it_was, kept):
        np.testing.assert_array_equal(signals["val_loss"], exact.astype(np.float32))
        np.testing.assert_array_equal(signals["drc_auc"], [1.0, np.nan] * 150)
    np.testing.assert_array_equal(as_it_was["logit_scale"], inside.astype(np.float32))
    np.testing.assert_allclose(kept["logit_scale"], inside, rtol=2**-11)
    assert not (kept["logit_scale"].astype(np.float32).view(np.uint32) & 0x1FFF).any()  # the last 13 bits


def test_missing_values_stay_missing(tmp_path):
    t = Trajectory([1, 2, 3], {"val_acc": [None, 0.5, None]})
    archive.append(tmp_path, [synthetic_run(t, "x", 3)])
    back = archive.read(tmp_path)[0].trajectory
    assert np.isnan(back.signals["val_acc"]).tolist() == [True, False, True]


def test_a_run_stored_twice_is_read_once(tmp_path):
    kept = runs(3)
    archive.append(tmp_path, kept[:2])
    archive.append(tmp_path, kept[1:])
    assert [r.run_id for r in archive.read(tmp_path)].count(kept[1].run_id) == 1
    assert archive.run_ids(tmp_path) == {r.run_id for r in kept}


def test_a_run_made_again_replaces_the_one_before(tmp_path):
    before, again = (Trajectory([1, 2], {"val_acc": [0.1, value]}) for value in (0.2, 0.3))
    archive.append(tmp_path, [synthetic_run(before, "x", 2)])
    archive.compact(tmp_path)
    archive.append(tmp_path, [synthetic_run(again, "x", 2)])
    for _ in range(2):
        (run,) = archive.read(tmp_path)
        assert run.trajectory.signals["val_acc"][-1] == pytest.approx(0.3)
        archive.compact(tmp_path)


def test_compacting_overwrites_no_shard_where_numbers_have_a_gap(tmp_path):
    kept = runs(4)
    for run in kept[:3]:
        archive.append(tmp_path, [run])
        archive.compact(tmp_path)
    (tmp_path / "shard-0001.parquet").unlink()
    archive.append(tmp_path, kept[3:])
    archive.compact(tmp_path)
    assert archive.run_ids(tmp_path) == {r.run_id for r in kept[1:]}


def test_what_follows_from_a_config_is_told_as_it_is_now(tmp_path):
    config = RunConfig(architecture="transformer", embedding_dim=32)
    before = dataclasses.replace(config.context(1234), width=256)
    run = synthetic_run(synthetic_trajectory(), "x", 20_000)
    archive.append(tmp_path, [dataclasses.replace(run, context=before, config=config.as_dict())])
    assert archive.read(tmp_path)[0].context == config.context(1234)


def test_compacting_keeps_every_run_and_leaves_no_pieces(tmp_path):
    kept = runs(5)
    for run in kept:
        archive.append(tmp_path, [run])
    archive.compact(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"shard-0001.parquet"}
    assert archive.run_ids(tmp_path) == {r.run_id for r in kept}


def test_a_torn_write_leaves_no_file(tmp_path, monkeypatch):
    archive.append(tmp_path, runs(1))
    before = sorted(tmp_path.iterdir())

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        archive.append(tmp_path, runs(2))
    assert sorted(tmp_path.iterdir()) == before


def test_bad_folders_and_files_are_named(tmp_path):
    with pytest.raises(InvalidInput, match="an existing folder"):
        archive.read(tmp_path / "none")
    (tmp_path / "part-1.parquet").write_bytes(b"not parquet")
    with pytest.raises(InvalidInput, match="part-1.parquet"):
        archive.read(tmp_path)


def test_a_shard_is_read_as_a_recording(tmp_path):
    """What `grokcast generate` and `runs export` write is forecast as any other file, a run at a time."""
    config = RunConfig(operation="add", modulus=31, weight_decay=0.5, seed=3)
    kept = [*runs(2), dataclasses.replace(runs(3)[2], config=dataclasses.asdict(config))]
    archive.append(tmp_path, kept)
    (shard,) = tmp_path.glob("*.parquet")
    recording = read_recording(str(shard))
    assert list(recording.histories) == [run.run_id for run in kept]
    for run in archive.read(tmp_path):
        history = recording.histories[run.run_id]
        np.testing.assert_array_equal(history.steps, run.trajectory.steps)
        assert set(history.signals) == set(run.trajectory.signals)
        assert recording.contexts[run.run_id] == {**run.context.as_dict(), "budget_step": run.budget_step}
    assert recording.contexts[kept[2].run_id]["modulus"] == 31


def test_a_row_a_run_with_lists_is_read_as_runs(tmp_path):
    table = pa.table(
        {"seed": [0, 1], "step": [[10, 20], [10, 30]], "val_acc": [[0.1, 0.2], [0.3, 0.4]], "lr": [0.1, 0.2]}
    )
    pq.write_table(table, tmp_path / "h.parquet")
    recording = read_recording(str(tmp_path / "h.parquet"))
    assert recording.histories["seed 1"].steps.tolist() == [10, 30]
    assert recording.contexts == {"seed 0": {"learning_rate": 0.1}, "seed 1": {"learning_rate": 0.2}}
