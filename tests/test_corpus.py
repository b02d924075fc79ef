"""What the shipped runs must be: made from their configs, counted as promised, and made again."""

import os
import random
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from training_runs import Run, archive, checksums
from training_runs.blind_test import BLIND, SECOND_BLIND, read_blind
from training_runs.config import RunConfig
from training_runs.datasheet.page import datasheet
from training_runs.datasheet.summary import summarize
from training_runs.designs.blind import blind
from training_runs.designs.broad import corpus as corpus_design
from training_runs.generator.made_again import compared
from training_runs.generator.presets import PRESETS, preset_configs
from training_runs.generator.queue import NEXT, read_queue
from training_runs.labelled_run import LabelledRun, label

MEGABYTE = 1_000_000
PACKAGES = ("training_runs", "features", "predictor", "api", "grokcast")
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    return archive.read(archive.CORPUS)


@pytest.fixture(scope="module")
def blind_runs() -> list[Run]:
    return read_blind()


def test_every_run_is_what_its_config_says(runs, blind_runs):
    """So none was recorded elsewhere, and each can be made again."""
    for run in [*runs, *blind_runs]:
        config = RunConfig(**run.config)
        assert (config.run_id, config.configuration_id) == (run.run_id, run.configuration_id)
        assert (config.blocked, config.budget_step) == (run.blocked, run.budget_step)
        assert run.trajectory.observed_until <= run.budget_step


@pytest.mark.parametrize("folder", [archive.CORPUS, BLIND])
def test_what_is_stored_twice_was_made_again(folder):
    """Of the same config, in a later shard, and with another course: nothing else is stored twice."""
    columns = ["run_id", "config", "train_loss"]
    shards = [pq.read_table(path, columns=columns).to_pylist() for path in sorted(folder.glob("*.parquet"))]
    before = {}
    for shard in shards:
        assert len({row["run_id"] for row in shard}) == len(shard)
        for row in shard:
            if (old := before.get(row["run_id"])) is not None:
                assert old["config"] == row["config"]
                assert old["train_loss"] != row["train_loss"]
            before[row["run_id"]] = row
    again = sum(map(len, shards)) - len(before)
    assert again == {archive.CORPUS: 72, BLIND: 4}[folder]  # docs/corpus.md
    kept = {run.run_id: run.trajectory.recorded("train_loss")[1] for run in archive.read(folder)}
    for run_id, row in before.items():
        recorded = np.array([v for v in row["train_loss"] if v is not None and np.isfinite(v)])
        np.testing.assert_array_equal(kept[run_id], recorded)


@pytest.mark.parametrize("folder", [archive.CORPUS, BLIND])
def test_shards_are_small_and_complete(folder):
    sizes = {path.name: path.stat().st_size for path in folder.glob("*.parquet")}
    assert all(name.startswith("shard-") for name in sizes)
    assert max(sizes.values()) <= 3 * MEGABYTE
    assert sum(sizes.values()) <= 40 * MEGABYTE


def of(labelled: LabelledRun):
    return labelled.memorized, labelled.generalized, labelled.outcome, labelled.negative


def test_labels_survive_the_archive(runs, blind_runs, tmp_path):
    some = random.Random(0).sample(runs, 150) + blind_runs[:50]
    archive.append(tmp_path, some)
    for before, after in zip(some, archive.read(tmp_path), strict=True):
        assert of(label(before)) == of(label(after))


def test_the_datasheet_is_of_these_runs(runs):
    """If not: `grokcast corpus --datasheet docs/corpus.md`."""
    page = datasheet([label(run) for run in runs], "corpus", shipped=True)
    assert (ROOT / "docs" / "corpus.md").read_text() == page


# -- the blind test -------------------------------------------------------------------------------


def test_the_blind_test_is_frozen_and_shares_nothing_with_the_corpus(runs, blind_runs):
    assert (BLIND / checksums.NAME).exists()
    assert len({r.configuration_id for r in blind_runs}) >= 140
    for of_run in (lambda r: r.run_id, lambda r: r.configuration_id):
        assert not set(map(of_run, runs)) & set(map(of_run, blind_runs))
    moduli = {r.context.modulus for r in runs} - {None}
    assert not moduli & {r.context.modulus for r in blind_runs}


@pytest.mark.parametrize("seed", [0, 1])
def test_the_blind_design_draws_nothing_of_the_corpus(seed):
    ours = list(islice(corpus_design(seed), 1000))
    theirs = list(islice(blind(seed), 300))
    assert not {c.configuration_id for c in ours} & {c.configuration_id for c in theirs}
    modular = [c for c in theirs if c.task_family == "modular"]
    assert {c.modulus for c in modular} == {61, 71, 73, 79}
    assert not {61, 71, 73, 79} & {c.modulus for c in ours}
    assert all(0.15 <= c.train_fraction <= 0.9 for c in modular)


def test_the_second_blind_test_shares_no_configuration_with_anything_that_is_learnt_from(runs, blind_runs):
    """200 configurations, frozen before their runs were made."""
    configs = list(PRESETS["blind_second"].configs(1))
    ours = {config.configuration_id for config in configs}
    assert len(ours) == 200
    assert [item.runs for item in read_queue() if item.name == "blind_second"] == [len(configs)]
    assert not ours & {r.configuration_id for r in [*runs, *blind_runs]}
    made = [r for folder in NEXT.iterdir() for r in archive.read(folder)]
    assert not ours & {r.configuration_id for r in made}


def test_items_of_the_queue_share_no_configuration_with_each_other_the_corpus_or_the_blind_test(runs, blind_runs):
    """The second blind test is an item; a design that goes on with another seed must draw others than it did."""
    drawn_before = {r.configuration_id for r in [*runs, *blind_runs]}
    for item in read_queue():
        drawn = {config.configuration_id for config in preset_configs(item.preset, item.runs, item.seed, {})}
        assert not drawn & drawn_before, item.name
        drawn_before |= drawn


def test_no_fit_finds_the_runs_of_the_second_blind_test():
    """They lie outside the folders that are learnt from, and only the code that draws them has their name."""
    (item,) = (item for item in read_queue() if item.name == "blind_second")
    folder = item.folder(NEXT)
    assert folder == ROOT / "training_runs" / "blind_second"
    assert not any(folder.is_relative_to(learnt) for learnt in (archive.CORPUS, NEXT))
    may = {
        "training_runs/blind_test.py",
        "training_runs/designs/blind_second.py",
        "training_runs/generator/presets.py",
    }
    naming = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "blind_second" in path.read_text()
    }
    assert naming == may


def test_nothing_but_the_release_reads_the_blind_test():
    may = {"training_runs/blind_test.py", "predictor/release.py"}
    for path in (p for package in PACKAGES for p in (ROOT / package).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        words = ("blind_test import", "import blind_test", "read_blind(", '"blind" /', '/ "blind"')
        assert name in may or not any(word in path.read_text() for word in words), name


# -- the counts -----------------------------------------------------------------------------------

TOO_FEW = {"reviews"}  # a few runs that no figure is claimed for: they take minutes each


def test_the_counts_are_those_that_were_asked_for(runs):
    if len(runs) < 2000:
        pytest.skip("the corpus is still being made")
    summary = summarize(runs)
    assert summary["negatives"] >= 500
    assert summary["blocked"] >= 150
    for name, least in (("families", 4), ("architectures", 3), ("optimizers", 3), ("moduli", 8)):
        assert len(summary[name]) >= least
    for name in ("families", "operations", "architectures", "optimizers"):
        counts = summary["in_configurations"][name]
        assert {level: n for level, n in counts.items() if n < 60 and level not in TOO_FEW} == {}
    assert all(len(families) >= 2 for families in summary["families_by_architecture"].values())
    assert summary["share_with_2_to_4_seeds"] >= 0.24
    assert summary["largest_onset_ratio"] >= 100
    assert summary["largest_budget_ratio"] >= 100


# -- made again -----------------------------------------------------------------------------------

# A step of these costs more than its samples and its width tell.
COSTS = {"transformer": 3, "lstm": 10}
AFFORDABLE = 4e7  # about five seconds
CHECKED_STEPS = 100


def cost(run: Run) -> float:
    config = RunConfig(**run.config)
    step = (config.batch_size or config.train_size) * config.width
    return run.trajectory.observed_until * step * COSTS.get(config.architecture, 1)


def can_be_made_here(run: Run) -> bool:
    needs_mnist = run.context.task_family == "mnist" and "GROKCAST_MNIST_DIR" not in os.environ
    return run.context.task_family != "reviews" and not needs_mnist


def ten_of(runs: list[Run]) -> list[Run]:
    """Ten random runs of the present design, among those that take seconds."""
    ours = [r for r in runs if "logit_scale" in r.trajectory.signals and can_be_made_here(r)]
    affordable = sorted((r for r in ours if cost(r) < AFFORDABLE), key=lambda r: r.run_id)
    return random.Random(4).sample(affordable, min(10, len(affordable)))


@pytest.mark.slow
def test_ten_runs_are_made_again(runs):
    """Bit for bit where they were made; elsewhere rounding differs, and training is chaotic.

    Changing the learning rate by a millionth, ten times a rounding error, left the losses of 25 runs within 1e-3 for the
    first 150 steps, but moved the onset of three (digits, whose accuracy hovers at its target) by more than 10 %. So
    losses must match at first, and the outcome of eight in ten.
    """
    from training_runs.generator.train import train

    chosen = ten_of(runs)
    if not chosen:
        pytest.skip("no run of the present design is in the corpus yet")
    made_again = [compared(kept, train([RunConfig(**kept.config)])[0]) for kept in chosen]
    for kept, pair in zip(chosen, made_again, strict=True):
        steps = kept.trajectory.steps
        assert pair.alike_until >= steps[steps <= CHECKED_STEPS].max()
    assert sum(pair.ends_alike for pair in made_again) >= 0.8 * len(made_again)


def test_the_second_blind_test_is_whole_and_as_it_was_drawn():
    runs = read_blind(SECOND_BLIND)
    drawn = {(config.configuration_id, config.seed) for config in PRESETS["blind_second"].configs(1)}
    assert {(run.configuration_id, run.config["seed"]) for run in runs} == drawn
    assert len(runs) == len(drawn)
