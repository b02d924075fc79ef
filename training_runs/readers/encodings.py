"""From the bytes of a file to its text: compression and encodings, and files that hold no text."""

import bz2
import codecs
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training_runs.errors import InvalidInput
from training_runs.readers.packed_files import only_file

_LONGEST_LINE = 1_000_000  # bytes
UNPACKED_BYTES = 256 * 2**20  # of a compressed file, at most: a few kilobytes can unpack to gigabytes

# First bytes -> how such a file is opened.
_COMPRESSED: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}
_COMPRESSED_SUFFIXES = (".gz", ".bz2", ".xz")

_AS_CSV = "save it as CSV, a column a metric"
_FROM_PYTHON = "write its numbers to CSV: pandas.DataFrame(...).to_csv('history.csv', index=False)"
# First bytes -> what such a file is, and the way out. Nothing of them is opened: a pickle is a program.
_FOREIGN = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel file", _AS_CSV),
    (b"\x89PNG", "an image", "a forecast needs the numbers behind it, as CSV"),
    (b"\xff\xd8\xff", "an image", "a forecast needs the numbers behind it, as CSV"),
    (b"GIF8", "an image", "a forecast needs the numbers behind it, as CSV"),
    (b"BM", "an image", "a forecast needs the numbers behind it, as CSV"),
    (b"II*\x00", "an image", "a forecast needs the numbers behind it, as CSV"),
    (b"MM\x00*", "an image", "a forecast needs the numbers behind it, as CSV"),
    (b"%PDF", "a PDF", "a forecast needs the numbers behind it, as CSV"),
    (b"%!PS", "PostScript", "a forecast needs the numbers behind it, as CSV"),
    (b"\x89HDF", "an HDF5 file", _FROM_PYTHON),
    (b"CDF\x01", "a NetCDF file", _FROM_PYTHON),
    (b"ARROW1", "an Arrow file", "write it as Parquet or CSV"),
    (b"Obj\x01", "an Avro file", "write it as Parquet or CSV"),
    (b"SQLite format 3\x00", "a database", "name the folder with mlflow.db, or export the metrics as CSV"),
    (b"\x28\xb5\x2f\xfd", "a file compressed by zstd", "unpack it, or compress it by gzip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it and name the file in it"),
    (b"Rar!", "a RAR archive", "unpack it and name the file in it"),
    (b"MATLAB 5.0", "a MATLAB file", "in MATLAB: writetable(struct2table(history), 'history.csv')"),
    (b"\x7fELF", "a program", _AS_CSV),
    (b"MZ\x90", "a program", _AS_CSV),
)
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_PAGE = re.compile(rb"\s*<(!doctype html|html|\?xml|svg)", re.IGNORECASE)
_IN_PAGE = re.compile(rb"<(tr|pre)\b", re.IGNORECASE)  # of a page with a table, which is read
# Of the zip files that people have: a name in them -> what it is, and the way out.
_ZIPS = (
    (b"xl/", "an Excel file", _AS_CSV),
    (b"content.xml", "an OpenDocument file", _AS_CSV),
    (b"word/", "a Word file", _AS_CSV),
    (b"data.pkl", "a PyTorch checkpoint, which is a pickle", _FROM_PYTHON),
)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # of a terminal
_HIDDEN = dict.fromkeys(map(ord, "\u200b\u2060\ufeff"))  # of no width, as web pages and joined files have them


def unpacked(content: bytes, path: str, most: int | None = None) -> bytes:
    """Return the content of a file that may be compressed (gzip, bzip2, xz), or packed alone (zip, tar).

    Raises
    ------
    InvalidInput : it is damaged, or unpacks to more than `most` bytes, by default `UNPACKED_BYTES`.
    """
    most = UNPACKED_BYTES if most is None else most
    opener = next((o for magic, o in _COMPRESSED.items() if content.startswith(magic)), None)
    try:
        inner = content
        if opener is not None:
            with opener(io.BytesIO(content)) as file:
                inner = file.read(most + 1)
        packed = only_file(inner, most + 1)
        if packed is None and opener is None:
            return content
        inner = inner if packed is None else packed
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise InvalidInput(
            field=path,
            value=f"a compressed file of {len(content)} bytes",
            expected="an undamaged one",
            hint=str(error)[:120],
        ) from None
    if len(inner) > most:
        raise InvalidInput(
            field=path,
            value=f"a compressed file of {len(content)} bytes",
            expected=f"one that unpacks to at most {most / 2**20:g} MiB",
            hint="keep fewer of its steps",
        )
    return inner


def uncompressed(path: Path) -> Path:
    """Return the name that a file has without its compression: `run.csv` of `run.csv.gz`."""
    return path.with_suffix("") if path.suffix.lower() in _COMPRESSED_SUFFIXES else path


def may_be_archive(file: Path) -> bool:
    """Return True for a file that begins as an archive does, or as what is compressed."""
    try:
        with file.open("rb") as content:
            head = content.read(512)
    except (OSError, ValueError):
        return False
    return head.startswith((b"PK\x03\x04", *_COMPRESSED)) or head[257:262] == b"ustar"


def first_line(file: Path) -> str:
    """Return the first line of a text file, in whatever encoding and compression; empty where there is none."""
    with file.open("rb") as content:
        magic = content.read(8)
    opener = next((o for start, o in _COMPRESSED.items() if magic.startswith(start)), open)
    try:
        with opener(file, "rb") as content:
            head: bytes = content.read(_LONGEST_LINE)
    except (EOFError, OSError, zlib.error, lzma.LZMAError):
        return ""
    return next(iter(damaged_text(head).splitlines()), "")


def damaged_text(content: bytes) -> str:
    """Return the text that bytes are, whatever is damaged in it: bytes that are no text are replaced."""
    encoding, start = _marked(content)
    return content[start:].decode(encoding, errors="replace").translate(_HIDDEN)


def refuse_foreign(content: bytes, path: str) -> None:
    """Refuse a file that holds no history in a form that is read, by what it is.

    Raises
    ------
    InvalidInput : it is an image, an Excel file, a pickle, a page ...
    """
    found = _foreign(content)
    if found:
        what, way_out = found
        raise InvalidInput(
            field=path,
            value=what,
            expected="a metric history as CSV, JSON, JSON lines, Parquet, .npz or a text log",
            hint=way_out,
        )


def text_of(content: bytes, path: str) -> tuple[str, tuple[str, ...]]:
    """Return the text that bytes are, and a note where their encoding is guessed.

    By their byte order mark, else UTF-16 where every other byte is zero, else UTF-8, else the Latin alphabet of
    Windows, which has a character for nearly every byte.

    Raises
    ------
    InvalidInput : it is not text.
    """
    encoding, start = _marked(content)
    notes: tuple[str, ...] = ()
    try:
        text = content[start:].decode(encoding)
    except UnicodeDecodeError:
        if encoding != "utf-8" or start:
            raise _no_text(content, path, f"it is not the {encoding} that it begins as") from None
        text = content.decode("cp1252", errors="replace")
        notes = (f"{path} is not UTF-8: read as Latin-1 (Windows-1252)",)
    if "\0" in text:
        raise _no_text(content, path, "it has zero bytes")
    if notes and _controls(text) > len(text) / 50:
        raise _no_text(content, path, "its bytes are no text in UTF-8 or Latin-1")
    text = _COLOURS.sub("", text) if "\x1b" in text else text
    return text.translate(_HIDDEN) if any(chr(c) in text for c in _HIDDEN) else text, notes


def _foreign(content: bytes) -> tuple[str, str] | None:
    """Return what a file is that is not read, and what to do instead."""
    if content.startswith(b"PK\x03\x04"):
        names = content[:4096] + content[-65536:]  # the first file's name, and the directory at the end
        if b".npy" in names:
            return None
        held = [(what, way) for mark, what, way in _ZIPS if mark in names]
        return (
            held[0]
            if held
            else (
                "a zip archive that has several files or is damaged",
                "unpack it and name the folder, or a file in it",
            )
        )
    if _PICKLE.match(content):
        return "a pickle, which could run any program when loaded", _FROM_PYTHON
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "an image", "a forecast needs the numbers behind it, as CSV"
    if content[257:262] == b"ustar":
        return "a tar archive that has several files or is damaged", "unpack it and name the folder, or a file in it"
    if content[24:36] == b"brain.Event:" or b"brain.Event:" in content[:64]:
        return "TensorBoard's events under another name", "name the folder, or rename the file to events.out.tfevents.1"
    if _PAGE.match(content[:200].removeprefix(codecs.BOM_UTF8)) and not _IN_PAGE.search(content):
        return "a web page", "download the numbers as CSV instead"
    return next(((what, way) for magic, what, way in _FOREIGN if content.startswith(magic)), None)


def _marked(content: bytes) -> tuple[str, int]:
    """Return the encoding of bytes, and the length of their mark."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return encoding, len(mark)
    head = content[:200]
    even, odd = head[::2], head[1::2]
    if len(head) >= 4 and odd.count(0) > 0.9 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le", 0
    if len(head) >= 4 and even.count(0) > 0.9 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be", 0
    return "utf-8", 0


def _controls(text: str) -> int:
    return len(re.findall(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\ufffd]", text))


def _no_text(content: bytes, path: str, hint: str) -> InvalidInput:
    return InvalidInput(
        field=path,
        value=f"a file of {len(content)} bytes",
        expected="text in UTF-8, UTF-16 or Latin-1, Parquet or .npz",
        hint=hint,
    )
