import dataclasses
import hashlib
import io
import json
import os
import pickle
import shutil
import signal
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from api.workers.active_forecaster import ActiveForecaster
from predictor.errors import DamagedForecaster, ForecasterNotFound
from predictor.question import Question
from predictor.retrain import compare, next_version, retrain, save_challenger
from predictor.state_files import LARGEST_TEXT
from predictor.store import FORMAT, SHIPPED, ForecasterStore, rewrite_card
from training_runs.synthetic import synthetic_corpus, synthetic_trajectory


@pytest.fixture
def store(tmp_path, synthetic_forecaster):
    store = ForecasterStore(tmp_path)
    store.save(synthetic_forecaster, {"corpus": {"runs": 1}})
    return store


def test_ships_a_forecaster_that_answers(tmp_path):
    store = ForecasterStore(tmp_path / "nothing here")
    card = store.card(store.active_version())
    assert card["active"]
    assert card["corpus"]["runs"] >= 200
    assert store.load().version == card["version"]


def test_comes_back_bit_equal(store, synthetic_forecaster):
    question = Question(synthetic_trajectory(110, 3000, noise=0.1).prefix(700))
    again = store.load("synthetic")
    assert again.forecast(question) == synthetic_forecaster.forecast(question)


def test_without_learners_of_the_context_it_comes_back_too(synthetic_forecaster, tmp_path):
    hazard = dataclasses.replace(synthetic_forecaster.hazard, context_model=None)
    lesser = dataclasses.replace(synthetic_forecaster, version="lesser", hazard=hazard)
    store = ForecasterStore(tmp_path)
    store.save(lesser, {})
    assert json.loads((tmp_path / "lesser" / "state.json").read_text())["hazard"]["context_model"] is None
    question = Question(synthetic_trajectory(110, 3000, noise=0.1).prefix(700))
    assert store.load("lesser").forecast(question) == lesser.forecast(question)


def test_figures_that_are_measured_later_come_into_the_card_and_nothing_else_changes(store):
    before = store.card("synthetic")
    rewrite_card(store.folder / "synthetic", {"benchmark": {"runs": 7}})
    assert store.card("synthetic") == {**before, "benchmark": {"runs": 7}}
    assert store.load("synthetic").version == "synthetic"  # whose checksums are right


def test_activating_and_rolling_back(store):
    first = store.active_version()
    store.activate("synthetic")
    assert store.load().version == "synthetic"
    store.activate(first)
    assert store.load().version == first


def test_a_rollback_is_followed_without_loading(store, synthetic_forecaster):
    """Loading takes a second, and a rollback is urgent."""
    before = store.active_version()
    active = ActiveForecaster(store)
    active.follow()
    answered = active.current
    store.save(dataclasses.replace(synthetic_forecaster, version="another"), {"corpus": {"runs": 1}})
    for version in ("another", before):
        store.activate(version)
        active.follow()
        assert active.current.version == version
    assert active.current is answered


def test_a_version_that_cannot_be_loaded_is_not_activated(store):
    first = store.active_version()
    path = store.folder / "synthetic"
    state = json.loads((path / "state.json").read_text())
    replace(path, "state.json", json.dumps({**state, "format": 2}).encode())
    with pytest.raises(DamagedForecaster, match="it has format 2"):
        store.activate("synthetic")
    assert store.active_version() == first


def test_a_store_that_cannot_be_written_is_said_to_be(tmp_path):
    (tmp_path / "store").write_text("no folder")
    store = ForecasterStore(tmp_path / "store")
    with pytest.raises(DamagedForecaster, match="the store cannot be written"):
        store.activate(ForecasterStore(SHIPPED).active_version())


def test_a_retraining_into_a_store_that_cannot_be_written_ends_at_once():
    said = []
    with pytest.raises(DamagedForecaster, match="the store cannot be written"):
        retrain(
            [], [], ForecasterStore(Path("/proc/store")), promote=False, on_progress=lambda *done: said.append(done)
        )
    assert said == []


def test_of_two_retrainings_at_once_each_gets_a_version(store, synthetic_forecaster):
    """The second ended in a traceback, after minutes: both had the next version when they began."""
    corpus, comparisons = synthetic_corpus(2), []
    champion, version = store.load("synthetic"), next_version(store)
    for _ in range(2):
        challenger = dataclasses.replace(synthetic_forecaster, version=version)
        comparisons.append(save_challenger(store, challenger, compare(champion, challenger, corpus), corpus))
    first, second = (comparison.challenger for comparison in comparisons)
    assert (first, second) == (version, version[:-1] + "2")
    assert store.load(second).version == second
    assert [store.card(v)["against"]["challenger"] for v in (first, second)] == [first, second]


def test_many_may_activate_at_once(store):
    versions = ["synthetic", store.active_version()] * 12
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(store.activate, versions))
    assert store.active_version() in versions
    assert {p.name for p in store.folder.iterdir()} == {"active", "synthetic"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill_during_a_promotion_leaves_one_version_or_the_other(store):
    shipped, moments = store.active_version(), np.random.default_rng(0).uniform(0.0, 0.12, 6)
    for moment in moments:
        child = os.fork()
        if not child:
            while True:  # until it is killed, somewhere between writing aside and renaming
                for version in ("synthetic", shipped):
                    store._write_active(version)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert store.active_version() in ("synthetic", shipped)
    assert store.load().version == store.active_version()


def test_unknown_versions_are_named_with_the_known(store):
    with pytest.raises(ForecasterNotFound, match="no forecaster 'x'; known are .*synthetic"):
        store.load("x")
    with pytest.raises(ForecasterNotFound):
        store.activate("../../etc")


@pytest.mark.parametrize("file", ["arrays.npz", "state.json", "card.json"])
def test_an_altered_file_is_refused(store, file):
    path = store.folder / "synthetic" / file
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(DamagedForecaster, match=f"{file} has been altered"):
        store.load("synthetic")


def test_a_missing_file_is_refused(store):
    (store.folder / "synthetic" / "arrays.npz").unlink()
    with pytest.raises(DamagedForecaster, match="cannot be read"):
        store.activate("synthetic")


def replace(path: Path, file: str, content: bytes) -> None:
    """Change a file of a version, and its checksum with it."""
    (path / file).write_bytes(content)
    manifest = json.loads((path / "manifest.json").read_text())
    manifest[file] = hashlib.sha256(content).hexdigest()
    (path / "manifest.json").write_text(json.dumps(manifest))


def change_arrays(path: Path, change: Callable[[dict[str, np.ndarray]], None]) -> None:
    """Change the arrays of a version, and their checksum with them."""
    with np.load(path / "arrays.npz") as file:
        arrays = dict(file)
    change(arrays)
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    replace(path, "arrays.npz", content.getvalue())


FIRST = "hazard/full_model/learners/0/"
BROKEN = {
    "leaves that are no numbers": lambda a: a.update(
        {k: np.full_like(v, np.nan) for k, v in a.items() if k.endswith("boosted/value")}
    ),
    "a missing array": lambda a: a.pop(FIRST + "boosted/value"),
    "half the leaves": lambda a: a.update({FIRST + "boosted/value": a[FIRST + "boosted/value"][::2]}),
    "no table of thresholds": lambda a: a.update({FIRST + "boosted/thresholds": np.zeros(1)}),
    "nodes out of order": lambda a: a.update({FIRST + "boosted/left": a[FIRST + "boosted/right"]}),
    "words for numbers": lambda a: a.update({FIRST + "boosted/count": np.array(["many"])}),
    "another column": lambda a: a.update({FIRST + "boosted/column": a[FIRST + "boosted/column"].astype(int) + 300}),
    "a layer of another width": lambda a: a.update({FIRST + "network/parameters/0": np.zeros((1, 3, 64))}),
    "a line too few": lambda a: a.update({FIRST + "linear/weight": np.zeros(3)}),
    "columns that are not there": lambda a: a.update({"hazard/context_model/columns": np.array([10_000])}),
    "a calibration too short": lambda a: a.update({"hazard/calibration/-1/hazard/slope": np.zeros(3)}),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_arrays_that_do_not_fit_together_are_refused(store, change):
    path = store.folder / "synthetic"
    change_arrays(path, change)
    with pytest.raises(DamagedForecaster, match=r"state cannot be used .*; activate another or install again"):
        store.load("synthetic")


PLANNER = "planner/onset/learners/0/"
BROKEN_PLANS = {
    "nodes out of order": lambda a: a.update({PLANNER + "left": a[PLANNER + "right"]}),
    "another column": lambda a: a.update({PLANNER + "column": a[PLANNER + "column"].astype(int) + 300}),
    "a range too few": lambda a: a.update({"planner/low": np.zeros(2)}),
}


@pytest.mark.parametrize("change", BROKEN_PLANS.values(), ids=BROKEN_PLANS)
def test_a_planner_whose_arrays_do_not_fit_together_is_not_activated(store, change):
    change_arrays(store.folder / "synthetic", change)
    with pytest.raises(DamagedForecaster, match="state cannot be used"):
        store.activate("synthetic")


def test_arrays_that_cannot_be_read_are_refused(store):
    path = store.folder / "synthetic"
    whole = (path / "arrays.npz").read_bytes()
    for content in (b"", b"PK", pickle.dumps([1]), whole[: len(whole) // 2], whole[:5000] + bytes(100) + whole[5100:]):
        replace(path, "arrays.npz", content)
        with pytest.raises(DamagedForecaster, match="state cannot be used"):
            store.load("synthetic")


def test_an_array_that_says_to_be_larger_than_memory_is_refused(store):
    path = store.folder / "synthetic"
    with np.load(path / "arrays.npz") as file:
        arrays = dict(file)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array)
            said = member.getvalue()
            if name == FIRST + "boosted/value":
                head = io.BytesIO()
                np.lib.format.write_array_header_1_0(
                    head, {"descr": "<f8", "fortran_order": False, "shape": (10_000_000_000_000,)}
                )
                said = head.getvalue() + said[-64:]
            archive.writestr(f"{name}.npy", said)
    replace(path, "arrays.npz", content.getvalue())
    with pytest.raises(DamagedForecaster, match="state cannot be used"):
        store.activate("synthetic")


def test_objects_in_the_place_of_arrays_are_never_unpickled(store):
    path = store.folder / "synthetic"
    change_arrays(path, lambda a: a.update({"population": np.array([{}], dtype=object)}))
    with pytest.raises(DamagedForecaster, match="allow_pickle=False"):
        store.load("synthetic")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"format": %d}' % FORMAT, b"\xff"])
def test_a_description_that_says_nothing_is_refused(store, content):
    replace(store.folder / "synthetic", "state.json", content)
    with pytest.raises(DamagedForecaster, match="state cannot be used|has format None"):
        store.load("synthetic")


def test_another_format_is_refused_with_what_to_do(store):
    path = store.folder / "synthetic"
    state = json.loads((path / "state.json").read_text())
    replace(path, "state.json", json.dumps({**state, "format": 2}).encode())
    with pytest.raises(DamagedForecaster, match="it has format 2, .* which retraining writes; activate"):
        store.load("synthetic")


def test_a_version_is_never_overwritten(store, synthetic_forecaster):
    before = (store.folder / "synthetic" / "manifest.json").read_bytes()
    with pytest.raises(OSError, match="synthetic"):
        store.save(synthetic_forecaster, {"corpus": {"runs": 2}})
    assert (store.folder / "synthetic" / "manifest.json").read_bytes() == before
    assert not list(store.folder.glob(".new-*"))


def test_models_are_data_never_code():
    for version in SHIPPED.iterdir():
        assert {p.name for p in version.iterdir()} == {"arrays.npz", "state.json", "card.json", "manifest.json"}
        with np.load(version / "arrays.npz", allow_pickle=False) as data:
            assert all(data[name].dtype.kind in "fiu" for name in data.files)


def test_a_shipped_version_is_small():
    for version in SHIPPED.iterdir():
        assert sum(p.stat().st_size for p in version.iterdir()) <= 5e6


def test_versions_count_up_by_month(tmp_path):
    store = ForecasterStore(tmp_path)
    version = next_version(store)
    month = version.rsplit(".", 1)[0]
    for number in (9, 10):
        shutil.copytree(
            SHIPPED / ForecasterStore(tmp_path / "x").active_version(),
            tmp_path / f"{month}.{number}",
        )
    assert next_version(store) == f"{month}.11"
    assert store.versions()[0] == f"{month}.10"


def test_own_versions_never_hide_a_release(tmp_path):
    """A release that comes later has the number that was next: the challenger of before must not answer in its place."""
    store = ForecasterStore(tmp_path)
    release = store.active_version()
    year, month, number = release.split(".")
    assert next_version(store) not in (release, f"{year}.{month}.{int(number) + 1}")
    assert ".own." in next_version(store)


def test_cards_are_plain_json(store):
    for card in store.cards():
        json.dumps(card, allow_nan=False)


_NO_CARDS = [
    b"",
    b"[]",
    b'"card"',
    b'{"corpus": 3}',
    b"\xff",
    b'{"a": "\\ud800"}',  # which no answer could hold
    b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"a": "' + b" " * LARGEST_TEXT + b'"}',
]


@pytest.mark.parametrize("content", _NO_CARDS, ids=range(len(_NO_CARDS)))
def test_a_damaged_version_is_listed_with_its_problem_and_hides_no_other(store, content):
    replace(store.folder / "synthetic", "card.json", content)
    cards = {card["version"]: card for card in store.cards()}
    assert cards["synthetic"] == {"version": "synthetic", "active": False, "problem": "its card.json is no card"}
    assert len(cards) > 1
    assert not any("problem" in card for version, card in cards.items() if version != "synthetic")
    with pytest.raises(DamagedForecaster, match=r"card\.json is no card"):
        store.card("synthetic")


@pytest.mark.parametrize("manifest", [b"", b"[]", b"3", b'{"state.json": []}'])
def test_a_manifest_that_is_none_is_a_damaged_version(store, manifest):
    (store.folder / "synthetic" / "manifest.json").write_bytes(manifest)
    assert [card["problem"] for card in store.cards() if card["version"] == "synthetic"]
    with pytest.raises(DamagedForecaster):
        store.load("synthetic")


@pytest.mark.parametrize("file", ["manifest.json", "card.json", "state.json", "arrays.npz", "../active"])
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: os.symlink("/dev/zero", path)], ids=["pipe", "device"])
def test_what_is_no_file_is_not_waited_for(store, file, make):
    path = store.folder / "synthetic" / file
    path.unlink(missing_ok=True)
    make(path)
    cards = {card["version"]: card for card in store.cards()}
    with pytest.raises(DamagedForecaster, match="no file but a folder, a pipe or a device|is no card|cannot be read"):
        store.load(None if file == "../active" else "synthetic")
    assert ("problem" in cards["synthetic"]) == (file != "../active")


def test_arrays_that_would_fill_the_memory_are_not_unpacked(store, monkeypatch):
    monkeypatch.setattr("predictor.state_files.LARGEST", 1000)
    monkeypatch.setattr("predictor.state_files.require_file", lambda path, most=0: path)
    with pytest.raises(DamagedForecaster, match="bytes, where 1,000 are the most"):
        store.load("synthetic")


@pytest.mark.parametrize("name", ["\udcff", "a\nb", "\x1b[31mR", "v" * 65, "\u00b2"])
def test_a_folder_of_an_odd_name_hides_no_version(store, name):
    shutil.copytree(store.folder / "synthetic", store.folder / name)
    listed = [card["version"] for card in store.cards()]
    assert "synthetic" in listed
    "".join(listed).encode()
    if not name.isprintable() or len(name) > 64:
        with pytest.raises(ForecasterNotFound):
            store.activate(name)


def test_no_version_is_no_version(store):
    for version in ("", " "):
        with pytest.raises(ForecasterNotFound):
            store.activate(version)
    assert store.load().version == ForecasterStore(SHIPPED).active_version()


def test_an_empty_file_of_the_active_version_counts_as_none(store):
    (store.folder / "active").write_text("\n")
    assert store.active_version() == ForecasterStore(SHIPPED).active_version()


def test_a_service_lives_where_the_active_version_cannot_be_read(store):
    (store.folder / "active").mkdir()
    active = ActiveForecaster(store)
    active.follow()
    assert active.current is None
    assert not any(card["active"] for card in store.cards())
