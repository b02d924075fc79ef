"""Archives that hold one file: it is read as if it were not packed. Those of several say whose each is by their folders."""

import io
import tarfile
import zipfile
import zlib
from pathlib import PurePosixPath

_TAR = (257, b"ustar")  # where a tar archive says that it is one
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError)


def only_file(content: bytes, most: int) -> bytes | None:
    """Return the one file in a zip or tar archive, the first `most` bytes of it; None where there are others, or it is none.

    Arrays of NumPy are such archives too, of files `.npy`, and are left as they are.
    """
    try:
        if content.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
                name = _only(names)
                return archive.open(name).read(most) if name else None
        if content[_TAR[0] :].startswith(_TAR[1]):
            with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as folder:
                name = _only([entry.name for entry in folder if entry.isfile()])
                file = folder.extractfile(name) if name else None
                return file.read(most) if file else None
    except _DAMAGED:
        return None
    return None


def _only(names: list[str]) -> str | None:
    """Return the one name that is not hidden, as the Macintosh's own files are."""
    seen = [name for name in names if not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)]
    return seen[0] if len(seen) == 1 and not seen[0].endswith((".npy", ".pkl")) else None
