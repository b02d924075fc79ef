"""The records of TensorBoard's event files, each checked against its checksums."""

import mmap
from collections.abc import Iterator
from pathlib import Path

_HEAD, _TAIL = 12, 4  # a record's length and the checksum of that; behind its content the checksum of the content


class EventRecords:
    """The sound records of an event file.

    TensorBoard's own loader ends at the first damage and takes what stands before it for the whole. Here a damaged record is
    passed over. One that the end of the file cuts off is no damage, nor are zeros there: the training is still writing it, or
    died while it was.

    Attributes
    ----------
    damaged : bytes at which none begins that is sound, as far as the file was read.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.damaged: list[int] = []

    def __iter__(self) -> Iterator[bytes]:
        if not self._file.stat().st_size:
            return
        with self._file.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            yield from self._records(content)

    def _records(self, content: mmap.mmap) -> Iterator[bytes]:
        at = 0
        while at < len(content):
            length = _length(content, at)
            if length is None:
                following = next((k for k in range(at + 1, len(content) - _HEAD) if _length(content, k)), len(content))
                if not _is_unwritten(content, at):
                    self.damaged.append(at)
                at = following
                continue
            end = at + _HEAD + length + _TAIL
            if end > len(content):
                return
            record = content[at + _HEAD : end - _TAIL]
            if _checksum(record) == content[end - _TAIL : end]:
                yield record
            else:
                self.damaged.append(at)
            at = end


def _length(content: mmap.mmap, at: int) -> int | None:
    """Return the length of the record that begins at a byte; None where none begins there."""
    if content[at + 4 : at + 8] != b"\0\0\0\0":  # none has 4 GiB; checksums take long
        return None
    length = content[at : at + 8]
    is_sound = any(length) and _checksum(length) == content[at + 8 : at + _HEAD]
    return int.from_bytes(length, "little") if is_sound else None


def _is_unwritten(content: mmap.mmap, at: int) -> bool:
    """Return True for the rest of a file that is too short for a length, or zeros."""
    rest = len(content) - at
    return at > 0 and (rest < _HEAD or not content[at:].strip(b"\0"))


def _checksum(content: bytes) -> bytes:
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

    return int(masked_crc32c(content)).to_bytes(4, "little")
