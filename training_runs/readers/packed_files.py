"""Archives, zip and tar: of one file, which is read as if it were not packed, or of several, which are read as the folder that they are."""

import io
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

_TAR = (257, b"ustar")  # where a tar archive says that it is one
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError)
_MOST_FILES = 1000
_DEEPEST, _LONGEST_NAME = 20, 60  # folders, characters
# What holds no history: weights, programs, pictures, documents, and archives within one.
_NO_HISTORY = re.compile(
    r"\.(?:pt|pth|ckpt|safetensors|bin|pkl|pickle|joblib|onnx|h5|pyc?|c|cpp|cu|ipynb|sh|png|jpe?g|gif|svg|pdf|html?|md|rst|zip|tar|tgz|gz|bz2|xz|7z|mp4)$",
    re.IGNORECASE,
)
# Formats that are zip archives themselves: of Excel, OpenDocument, Word, PyTorch and NumPy.
_OF_A_FORMAT = re.compile(r"^xl/|^word/|^content\.xml$|(?:^|/)data\.pkl$|\.npy$")


def only_file(content: bytes, most: int) -> bytes | None:
    """Return the one file in a zip or tar archive, the first `most` bytes of it; None where there are others, or it is none.

    Arrays of NumPy are such archives too, of files `.npy`, and are left as they are.
    """
    try:
        with _Archive(content) as archive:
            names = archive.names()
            is_one = len(names) == 1 and not names[0].endswith((".npy", ".pkl"))
            return archive.read(names[0], most) if is_one else None
    except _DAMAGED:
        return None


def files_in_archive(content: bytes, most: int) -> dict[str, bytes] | None:
    """Return the files in a zip or tar archive of several that may hold a history or settings, by their paths; None where it is none.

    They are those that are no weights, programs, pictures or documents, or all where there are no others.

    Raises
    ------
    OverflowError : they are more than a thousand, or unpack to more than `most` bytes.
    """
    try:
        with _Archive(content) as archive:
            names = archive.names()
            if len(names) < 2 or any(map(_OF_A_FORMAT.search, names)):
                return None
            chosen = [name for name in names if not _NO_HISTORY.search(name)] or names
            if len(chosen) > _MOST_FILES:
                raise OverflowError(f"an archive of {len(chosen)} files")
            files: dict[str, bytes] = {}
            left = most
            for name in chosen:
                files[_plain(name)] = archive.read(name, left + 1)
                left -= len(files[_plain(name)])
                if left < 0:
                    raise OverflowError(f"an archive that unpacks to over {most / 2**20:g} MiB")
            return files
    except _DAMAGED:
        return None


class _Archive:
    """A zip or tar archive by the paths of its files; those are left out that are hidden, as the Macintosh's own are, or lead out of it."""

    def __init__(self, content: bytes) -> None:
        file = io.BytesIO(content)
        self._zip = zipfile.ZipFile(file) if content.startswith(b"PK\x03\x04") else None
        is_tar = content[_TAR[0] :].startswith(_TAR[1])
        self._tar = tarfile.TarFile(fileobj=file) if self._zip is None and is_tar else None

    def __enter__(self) -> "_Archive":
        return self

    def __exit__(self, *_: object) -> None:
        for archive in (self._zip, self._tar):
            if archive is not None:
                archive.close()

    def names(self) -> list[str]:
        """Return the paths of its files, each once."""
        return list(dict.fromkeys(name for name in self._all() if _is_seen(PurePosixPath(_plain(name)))))

    def read(self, name: str, most: int) -> bytes:
        """Return the first `most` bytes of a file."""
        if self._zip is not None:
            with self._zip.open(name) as file:
                return file.read(most)
        member = self._tar.extractfile(name) if self._tar is not None else None
        return member.read(most) if member is not None else b""

    def _all(self) -> Iterator[str]:
        if self._zip is not None:
            yield from (entry.filename for entry in self._zip.infolist() if not entry.is_dir())
        elif self._tar is not None:
            yield from (entry.name for entry in self._tar if entry.isfile())


def _plain(name: str) -> str:
    """Return a path with the strokes of POSIX, as some programs of Windows do not write it."""
    return name.replace("\\", "/")


def _is_seen(path: PurePosixPath) -> bool:
    is_hidden = any(part.startswith((".", "__MACOSX")) and part != ".hydra" for part in path.parts)
    is_deep = len(path.parts) > _DEEPEST or any(len(part) > _LONGEST_NAME for part in path.parts)
    return not path.is_absolute() and not is_hidden and not is_deep
