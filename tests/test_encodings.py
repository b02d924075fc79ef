"""Bytes: encodings and compression are read, and what is no text is refused by name."""

import bz2
import gzip
import io
import lzma
import pickle
import tarfile
import zipfile

import numpy as np
import pytest

from tests.reading import CASES, Read, read as read, values
from training_runs import InvalidInput
from training_runs.readers import encodings, read_recording

TEXT = "step,val_acc,dur\u00e9e\n10,0.1,1\n20,0.2,2\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"]
)
def test_any_usual_encoding(read: Read, encoding: str) -> None:
    recording = read("h.csv", TEXT.encode(encoding))
    assert values(recording) == {"step": [10, 20], "val_acc": [0.1, 0.2]}
    assert "ignored: dur\u00e9e" in recording.notes
    assert any("not UTF-8" in note for note in recording.notes) == (encoding in ("latin-1", "cp1252"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(("suffix", "compress"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_compressed_files(read: Read, suffix: str, compress, encoding: str) -> None:
    for name, text in (("h.csv", TEXT), ("h.json", '{"step": [10, 20], "val_acc": [0.1, 0.2]}'), ("h", TEXT)):
        recording = read(f"{name}.{suffix}", compress(text.encode(encoding)))
        assert values(recording) == {"step": [10, 20], "val_acc": [0.1, 0.2]}
        assert list(recording.histories) == ["h"]


def test_damaged_and_huge_compressed_files_are_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = gzip.compress(TEXT.encode() * 100)
    for damaged in (whole[:-20], whole[:20] + b"\xff\xff" + whole[22:], b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\x00"):
        with pytest.raises(InvalidInput, match="undamaged"):
            read("h.csv.gz", damaged)
    monkeypatch.setattr(encodings, "UNPACKED_BYTES", 2**20)
    with pytest.raises(InvalidInput, match="at most 1 MiB"):
        read("h.csv.gz", gzip.compress(bytes(2**20 + 1)))


def _packed(kind: str, *names: str) -> bytes:
    """Return an archive with files of one content, and with what a Macintosh and folders add."""
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("runs/", "")
            for name in ("__MACOSX/._metrics.csv", ".DS_Store", *names):
                archive.writestr(name, TEXT)
        return file.getvalue()
    with tarfile.open(fileobj=file, mode=f"w:{kind}") as tar:
        for name in (".DS_Store", *names):
            entry = tarfile.TarInfo(name)
            entry.size = len(TEXT.encode())
            tar.addfile(entry, io.BytesIO(TEXT.encode()))
    return file.getvalue()


@pytest.mark.parametrize(("kind", "suffix"), [("zip", "zip"), ("", "tar"), ("gz", "tar.gz"), ("xz", "txz")])
def test_an_archive_of_one_file_is_that_file(read: Read, kind: str, suffix: str) -> None:
    packed = _packed(kind, "runs/metrics.csv")
    assert values(read(f"h.{suffix}", packed)) == {"step": [10, 20], "val_acc": [0.1, 0.2]}
    for refused in (_packed(kind), _packed(kind, "data.pkl")):
        with pytest.raises(InvalidInput, match="archive that has several files|a pickle"):
            read(f"h.{suffix}", refused)


def test_an_archive_that_unpacks_to_too_much_is_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("h.csv", bytes(2**20 + 1))
    monkeypatch.setattr(encodings, "UNPACKED_BYTES", 2**20)
    with pytest.raises(InvalidInput, match="at most 1 MiB"):
        read("h.zip", file.getvalue())


def _zip(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "content " * 50)
    return file.getvalue()


@pytest.mark.parametrize("name", ["h.csv", "h.json", "h.txt", "h.xlsx", "h.pt", "h"])
@pytest.mark.parametrize(
    ("content", "what", "way_out"),
    [
        (_zip("[Content_Types].xml", "xl/workbook.xml"), "an Excel file", "save it as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an Excel file", "save it as CSV"),
        (_zip("archive/data.pkl", "archive/version"), "a PyTorch checkpoint", "to_csv"),
        (_zip("a.csv", "b.csv")[:-30], "a zip archive", "unpack it"),
        (pickle.dumps({"step": [1]}), "a pickle", "to_csv"),
        (pickle.dumps({"step": [1]}, protocol=2), "a pickle", "to_csv"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "an image", "numbers behind it"),
        (b"\xff\xd8\xff\xe0" + bytes(60), "an image", "numbers behind it"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(60), "an image", "numbers behind it"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF", "numbers behind it"),
        (b"\n<!DOCTYPE html>\n<html><body>step,val_acc</body></html>", "a web page", "download the numbers"),
        (b"\x89HDF\r\n\x1a\n" + bytes(60), "an HDF5 file", "to_csv"),
        (bytes(257) + b"ustar" + bytes(300), "a tar archive", "unpack it"),
        (gzip.compress(bytes(257) + b"ustar" + bytes(300), mtime=0), "a tar archive", "unpack it"),
        (b"\x28\xb5\x2f\xfd" + bytes(60), "compressed by zstd", "unpack it"),
    ],
    # Archives hold the time at which they were made: a test must have one name in every worker.
    ids=lambda value: value if isinstance(value, str) else "bytes",
)
def test_foreign_files_are_refused_by_what_they_are(
    read: Read, name: str, content: bytes, what: str, way_out: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(name, content)
    assert what in str(caught.value)
    assert way_out in str(caught.value)


def test_a_pickle_is_never_loaded(read: Read, tmp_path) -> None:
    ran = tmp_path / "ran"

    class Program:
        def __reduce__(self):
            return open, (str(ran), "w")

    content = io.BytesIO()
    np.save(content, np.array([Program()], dtype=object), allow_pickle=True)
    for name, held in (("h.csv", pickle.dumps(Program())), ("h.npy", content.getvalue())):
        with pytest.raises(InvalidInput):
            read(name, held)
    content = io.BytesIO()
    np.savez(content, step=[1, 2], val_acc=[0.1, 0.2], extra=np.array([Program()], dtype=object))
    assert values(read("h.npz", content.getvalue())) == {"step": [1, 2], "val_acc": [0.1, 0.2]}
    assert not ran.exists()


def test_zero_bytes_and_noise_are_no_text(read: Read) -> None:
    for content in (b"step,val_acc\n1,0.\x001\n2,0.1\n", bytes(range(1, 256)) * 4):
        with pytest.raises(InvalidInput, match="expected text in UTF-8"):
            read("h.csv", content)


@pytest.mark.parametrize("name", ["utf16.csv", "gz.csv.gz", "latin.csv"])
def test_cases_of_encodings(name: str) -> None:
    (history,) = read_recording(str(CASES / "15_encodings" / name)).histories.values()
    assert {"train_acc", "val_acc"} <= set(history.signals)
    assert len(history.steps) == (4 if name == "latin.csv" else 21)
