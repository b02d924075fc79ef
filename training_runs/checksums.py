"""Folders of runs that are frozen: a checksum of every shard, in the format of `sha256sum`.

python -m training_runs.checksums FOLDER     writes FOLDER/SHA256SUMS, once
sha256sum -c SHA256SUMS                      checks it without Python, in the folder
"""

import hashlib
import sys
from pathlib import Path

from training_runs.errors import InvalidInput

NAME = "SHA256SUMS"


def write_checksums(folder: Path) -> None:
    """Freeze a folder: from now on its shards must stay what they are.

    Raises
    ------
    InvalidInput : it is frozen already, or it has no shards.
    """
    if (folder / NAME).exists():
        raise InvalidInput(field=str(folder), value="a frozen folder", expected="one that is not frozen yet")
    sums = _checksums(folder)
    if not sums:
        raise InvalidInput(field=str(folder), value="no shards", expected="a folder of runs")
    (folder / NAME).write_text("".join(f"{digest}  {name}\n" for name, digest in sums.items()))


def check(folder: Path) -> None:
    """Let a folder pass if it is not frozen, or holds exactly what it held when it was.

    Raises
    ------
    InvalidInput : a shard was changed, added or removed since.
    """
    if not (folder / NAME).exists():
        return
    lines = (line.partition("  ") for line in (folder / NAME).read_text().splitlines())
    frozen = {name: digest for digest, _, name in lines}
    held = _checksums(folder)
    for name in sorted(frozen.keys() | held.keys()):
        if frozen.get(name) != held.get(name):
            raise InvalidInput(
                field=str(folder / name),
                value=_what(name, frozen, held),
                expected=f"what {NAME} says of it",
                hint="this folder is frozen: restore it from version control",
            )


def _what(name: str, frozen: dict[str, str], held: dict[str, str]) -> str:
    if name not in held:
        return "missing"
    return "changed" if name in frozen else "a file that was added"


def _checksums(folder: Path) -> dict[str, str]:
    """Return the checksum of every shard, by name."""
    shards = sorted(folder.glob("*.parquet"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in shards}


if __name__ == "__main__":
    write_checksums(Path(sys.argv[1]))
