"""Archives of several files are read as the folder that they are."""

import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grokcast.histories import read_histories
from tests.reading import Read, read as read, values
from training_runs import InvalidInput
from training_runs.content_size import ContentBounds
from training_runs.readers import encodings, packed_files, read_contents, require_within, unarchived

EXPECTED = {"step": [100, 200, 300], "train_acc": [0.5, 0.75, 1.0], "val_acc": [0.125, 0.125, 0.25]}
CSV = "step,train_acc,val_acc\n" + "".join("{},{},{}\n".format(*row) for row in zip(*EXPECTED.values(), strict=True))
SETTINGS = '{"lr": 0.001, "weight_decay": 1.0}'
CONTEXT = {"learning_rate": 0.001, "weight_decay": 1.0}


def packed(files: dict[str, str | bytes], kind: str = "zip") -> bytes:
    held = {name: content.encode() if isinstance(content, str) else content for name, content in files.items()}
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in held.items():
                archive.writestr(name, content)
        return file.getvalue()
    with tarfile.open(fileobj=file, mode=f"w:{kind}") as tar:
        for name, content in held.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "suffix"), [("zip", "zip"), ("", "tar"), ("gz", "tar.gz"), ("bz2", "tbz"), ("xz", "x")]
)
@pytest.mark.parametrize(
    "files",
    [
        {"run/metrics.csv": CSV, "run/config.json": SETTINGS},
        {"metrics.csv": CSV, "config.json": SETTINGS},
        {"out/h.csv": CSV, "out/args.json": SETTINGS, "out/plot.png": b"\x89PNG\r\n\x1a\n1", "out/README.md": "hello", "out/train.py": "steps = [1, 2]"},
        {"run/h.csv": CSV, "run/config.json": SETTINGS, "__MACOSX/run/._h.csv": b"\0\5", "run/.DS_Store": b"\0", "../h.csv": "step\n", "/etc/h.csv": "step\n"},
        {"run\\h.csv": CSV, "run\\config.json": SETTINGS},
        {"run/acc.csv": CSV.replace("val_acc", "x"), "run/val.csv": CSV.replace("train_acc", "x"), "run/.hydra/config.yaml": "lr: 0.001\nwd: 1\n"},
        {"1/metrics.json": json.dumps({f"{name[:-4]}.accuracy": {"steps": EXPECTED["step"], "timestamps": [1, 2, 3], "values": EXPECTED[name]} for name in ("train_acc", "val_acc")}),
         "1/config.json": SETTINGS, "1/run.json": '{"command": "main", "meta": {}}', "1/cout.txt": "starting\n"},
    ],
    ids=["a folder", "flat", "pictures and programs", "hidden and elsewhere", "of Windows", "charts", "Sacred's"],
)  # fmt: skip
def test_one_run_among_settings_and_other_files(
    read: Read, files: dict[str, str | bytes], kind: str, suffix: str
) -> None:
    recording = read(f"h.{suffix}", packed(files, kind))
    assert values(recording) == EXPECTED
    assert list(recording.contexts.values()) == [CONTEXT]


def test_several_runs_each_with_its_settings(tmp_path: Path) -> None:
    archive = packed({"a/h.csv": CSV, "b/h.csv": CSV, "b/config.json": SETTINGS, "c/h.csv": "no history"})
    (tmp_path / "runs.zip").write_bytes(archive)
    histories = {history.run: history for history in read_histories([tmp_path / "runs.zip"])}
    assert {run: dict(history.recorded) for run, history in histories.items()} == {
        "runs.zip/a/h": {},
        "runs.zip/b/h": CONTEXT,
    }
    assert any("left out, since they hold no history: c/h" in note for note in histories["runs.zip/a/h"].notes)


def test_a_folder_of_a_tool_in_an_archive(read: Read) -> None:
    lightning = "epoch,step,train_acc,val_acc\n" + "0,99,0.5,0.125\n1,199,0.75,0.125\n2,299,1.0,0.25\n"
    files = {"logs/version_0/metrics.csv": lightning, "logs/version_0/hparams.yaml": "lr: 0.001\nweight_decay: 1.0\n"}
    recording = read("logs.zip", packed(files))
    assert values(recording) == EXPECTED
    assert list(recording.contexts.values()) == [CONTEXT]


def test_an_archive_without_a_history_is_refused(read: Read) -> None:
    with pytest.raises(InvalidInput, match="h/notes.txt"):
        read("h.zip", packed({"notes.txt": "hello", "plot.png": b"\x89PNG\r\n\x1a\n1"}))


def test_archives_that_hold_too_much_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed({"a.csv": bytes(2**20), "b.csv": bytes(2**20)})
    with pytest.raises(InvalidInput, match="over 1 MiB"):
        unarchived({"h.zip": bomb}, 2**20)
    monkeypatch.setattr(packed_files, "_MOST_FILES", 2)
    with pytest.raises(InvalidInput, match="an archive of 3 files"):
        unarchived({"h.zip": packed({f"{k}.csv": CSV for k in range(3)})})


def test_archives_hold_together_what_one_may() -> None:
    """Five hundred of them, each within its own limit, were 16 GB."""
    each = packed({"a.csv": b"\0" * 600, "b.csv": b"\0" * 600})
    assert len(unarchived({"1.zip": each}, 2000)) == 2
    with pytest.raises(InvalidInput, match=r"2\.zip is 'an archive that unpacks to over"):
        unarchived({"1.zip": each, "2.zip": each}, 2000)
    for packed_again in (gzip.compress(b"\0" * 10**6), packed({"a.csv": b"\0" * 10**6, "b.csv": b""})):
        with pytest.raises(InvalidInput, match="3 is 'an? "):
            unarchived({"1": each, "2": b"step," * 300, "3": packed_again}, 2000)


@pytest.mark.parametrize("name", ["h.csv.gz", "h.csv.xz", "h.zip"])
def test_a_compressed_file_is_unpacked_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []

    def counted(opener: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given, **more: opened.append(name) or opener(*given, **more)

    compressed = {magic: counted(opener) for magic, opener in encodings._COMPRESSED.items()}
    monkeypatch.setattr(encodings, "_COMPRESSED", compressed)
    monkeypatch.setattr(packed_files._Archive, "read", counted(packed_files._Archive.read))
    content = {"gz": gzip.compress, "xz": lzma.compress, "zip": lambda text: packed({"h.csv": text})}
    held = unarchived({name: content[name.rpartition(".")[2]](CSV.encode())})
    require_within(held, ContentBounds(9, 9, 9, 99))
    assert values(read_contents(held)) == EXPECTED
    assert opened == [name]


def test_archives_in_an_archive_stay_what_they_are() -> None:
    inner = packed({"a.csv": CSV, "b.csv": CSV})
    contents = unarchived({"h.zip": packed({"run.csv": CSV, "inner.dat": inner})})
    assert contents == {"h/run.csv": CSV.encode(), "h/inner.dat": inner}
    assert list(read_contents(contents).histories) == ["run"]
