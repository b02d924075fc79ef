import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training_runs import Context, InvalidInput, Run, Trajectory, archive
from training_runs.config import RunConfig
from training_runs.datasheet.noise_floor import noise_floor
from training_runs.datasheet.page import datasheet, write_datasheet
from training_runs.datasheet.plots import PICTURES
from training_runs.datasheet.summary import summarize
from training_runs.labelled_run import label
from training_runs.onset import as_event_time
from training_runs.synthetic import synthetic_corpus

LATE = [0.1, 0.1, 0.1, 1.0, 1.0, 1.0]  # generalises at the fourth checkpoint


def a_run(val_acc=LATE, config=None, norms=(10, 9, 8, 7, 6, 5), train=1.0, **fields):
    config = config or RunConfig(seed=fields.pop("seed", 0), budget_step=1000)
    steps = [10, 30, 100, 300, 600, 1000]
    signals = {"train_acc": [train] * 6, "val_acc": val_acc, "weight_norm": list(norms)}
    return replace(
        Run(
            run_id=config.run_id,
            configuration_id=config.configuration_id,
            context=config.context(),
            trajectory=Trajectory(steps, signals),
            budget_step=config.budget_step,
            blocked=config.blocked,
            config=config.as_dict(),
        ),
        **fields,
    )


NEVER = [0.1] * 6


def test_ratios_are_to_the_memorisation_step():
    labelled = label(a_run())
    assert (labelled.delay_ratio, labelled.budget_ratio) == (30, 100)
    assert label(a_run(NEVER)).delay_ratio is None
    assert label(a_run(train=0.5)).budget_ratio is None


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (a_run(), None),
        (a_run(NEVER), "out of budget"),
        (a_run(NEVER, status="diverged"), "diverged"),
        (a_run(NEVER, RunConfig(operation="random_table")), "blocked: random table"),
        (a_run(NEVER, RunConfig(label_noise=1.0)), "blocked: shuffled labels"),
        (a_run(NEVER, RunConfig(freeze_embedding=True)), "blocked: frozen embedding"),
        (a_run(NEVER, blocked=True, config={}), "blocked"),
        (a_run(NEVER, RunConfig(weight_decay=0.0)), "out of budget, no weight decay"),
        (a_run(NEVER, train=0.2, norms=(10, 8, 5, 3, 2, 1)), "out of budget, weights crushed"),
        (a_run(NEVER, norms=(10, 8, 5, 3, 2, 1)), "out of budget"),  # small, and fits its data
        (a_run(NEVER, context=Context(), config={}), "out of budget"),
    ],
)
def test_why_a_run_did_not_generalise(run, why):
    assert label(run).negative == why


def test_a_run_that_falls_after_its_onset_has_collapsed():
    assert label(a_run([0.1, 1.0, 1.0, 1.0, 0.8, 1.0])).collapsed
    assert not label(a_run([0.1, 1.0, 1.0, 1.0, 0.9, 1.0])).collapsed
    assert not label(a_run([0.1, 0.9, 0.1, 1.0, 1.0, 1.0])).collapsed


def test_cadences_have_names():
    assert a_run().cadence == "log, 25 a decade"
    assert a_run(config=RunConfig(checkpoints_per_decade=8)).cadence == "log, sparser"
    assert a_run(config=RunConfig(checkpoint_every=100)).cadence == "even steps"
    assert synthetic_corpus(1)[0].cadence == "recorded elsewhere"


def test_the_summary_counts_runs_and_configurations():
    runs = [
        a_run(),
        a_run(seed=1),
        a_run(NEVER, seed=2),
        a_run(NEVER, RunConfig(operation="mul")),
        a_run(NEVER, RunConfig(operation="random_table")),
    ]
    summary = summarize(runs)
    assert (summary["runs"], summary["configurations"]) == (5, 3)
    assert summary["seeds_per_configuration"] == {"1": 2, "3": 1}
    assert summary["share_with_2_to_4_seeds"] == pytest.approx(1 / 3, abs=1e-4)
    assert (summary["negatives"], summary["blocked"]) == (3, 1)
    assert summary["operations"] == {"add": 3, "mul": 1, "random_table": 1}
    assert summary["in_configurations"]["operations"] == {"add": 1, "mul": 1, "random_table": 1}
    # One of its seeds generalised, one did not: it counts as both.
    assert summary["in_configurations"]["outcomes"]["comprehension"] == 1
    assert summary["in_configurations"]["negatives"] == 3
    assert summary["largest_onset_ratio"] == 30


def test_the_noise_floor_is_that_of_seeds():
    late = a_run([0.1, 0.1, 0.1, 0.1, 0.1, 1.0], seed=1)  # not confirmed: censored
    early = a_run([0.1, 1.0, 1.0, 1.0, 1.0, 1.0], seed=2)
    event, time = as_event_time([label(r).generalized for r in (a_run(), late, early)])
    floor = noise_floor(time, event, np.array(["a", "a", "a"]))
    assert (floor.difference, floor.pairs, floor.half_censored_pairs) == (1.0, 1, 2)
    assert floor.value == pytest.approx(0.7071, abs=1e-4)


@pytest.fixture
def shipped():
    return archive.read(archive.CORPUS)


def test_every_picture_of_the_datasheet_is_drawn_and_small(shipped, tmp_path):
    write_datasheet(shipped, tmp_path / "corpus.md")
    page = (tmp_path / "corpus.md").read_text()
    named = set(re.findall(r"!\[.+?\]\((.+?)\)", page))
    assert named == {f"corpus/{name}.png" for name in PICTURES}
    assert all(0 < (tmp_path / name).stat().st_size < 60_000 for name in named)
    assert f"{len(shipped):,} training runs of" in page


def test_tables_are_tables(shipped):
    """Every row of a table has as many cells as its head."""
    page = datasheet([label(r) for r in shipped[:60]], "corpus")
    for block in re.findall(r"(?:^\|.*\n?)+", page, re.MULTILINE):
        assert len({line.count("|") for line in block.strip().splitlines()}) == 1, block


def test_a_page_of_one_bare_run_can_be_written(tmp_path):
    """Nothing but a short history is known of it, nothing happened, and no preset made it."""
    bare = Run("a", "a", Context(), Trajectory([0], {"val_acc": [0.1]}), budget_step=10)
    write_datasheet([bare], tmp_path / "bare.md")
    assert "How configurations were sampled" not in (tmp_path / "bare.md").read_text()


def test_only_the_shipped_corpus_tells_how_it_was_drawn():
    runs = [label(a_run())]
    assert "--again training_runs/corpus" in datasheet(runs, "corpus", shipped=True)
    assert "--again" not in datasheet(runs, "corpus")


def test_without_matplotlib_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InvalidInput, match=r"pip install 'grokcast\[plots\]'"):
        write_datasheet(synthetic_corpus(2), tmp_path / "corpus.md")
    assert not Path(tmp_path / "corpus.md").exists()


def test_the_summary_counts_late_onsets_and_those_that_grok_after_memorising():
    """Onset at step 300 in all: 30 times the memorisation step of 10, beside runs that memorise with it or never rise."""
    late = [a_run(config=RunConfig(weight_decay=0.1 * (k % 2), seed=k, budget_step=1000)) for k in range(3)]
    together = replace(late[0], trajectory=late[0].trajectory.select([3, 4, 5]), run_id="together")
    summary = summarize([*late, together, a_run(NEVER, RunConfig(modulus=31))])
    assert summary["onsets_later_than"] == {"3x": 3, "20x": 3, "100x": 0}
    assert summary["grokking_after_memorizing"] == {"modular": 0}  # 290 steps later: comprehension
    assert summary["train_sizes"][1] == RunConfig().train_size
    assert summary["parameters"] is None
    slow = [
        replace(r, trajectory=Trajectory(100 * r.trajectory.steps, r.trajectory.signals), budget_step=100_000)
        for r in late
    ]
    assert summarize(slow)["grokking_after_memorizing"] == {"modular": 2}  # configurations


def test_words_of_others_are_text_in_a_datasheet(tmp_path):
    """A set of runs may be anybody's, and the page is read in a browser."""
    word = "a|b\n# <script>`$1$` [x](y) \x1b[31m"
    names = dict.fromkeys(("task_family", "architecture", "optimizer", "loss", "operation"), word)
    runs = [a_run(seed=k, run_id=f"r{k}", context=Context(modulus=7, **names)) for k in range(3)]
    write_datasheet([*runs, a_run(seed=9)], tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text()
    assert page.count("‹script›") > 5
    assert not [forbidden for forbidden in ("<", "\x1b", "](y", "\n# ‹") if forbidden in page]
    tables = re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE)
    assert len(tables) > 5
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1, table
