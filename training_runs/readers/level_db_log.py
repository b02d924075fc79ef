"""The framing of LevelDB's log, as `.wandb` files have it: blocks of 32 KiB, each record in one piece or in several."""

import struct
import zlib
from collections.abc import Iterator

_BLOCK = 32_768
_HEADER = struct.Struct("<IHB")  # checksum, length, kind
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


class LogRecords:
    """The sound records in the bytes of a log, whose own header is as long as a record's.

    One that the end of the file cuts off is no damage: a run may still be writing it. Beyond damage a log goes on at its next
    record, or at its next block where the length is damaged too.

    Attributes
    ----------
    damaged : bytes at which none begins that is sound, as far as the log was read.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.damaged: list[int] = []

    def __iter__(self) -> Iterator[bytes]:
        content, at = self._content, _HEADER.size
        parts: bytes | None = None
        while at + _HEADER.size <= len(content):
            left = _BLOCK - at % _BLOCK
            if left < _HEADER.size:  # too short for a header: padding
                at += left
                continue
            checksum, length, kind = _HEADER.unpack_from(content, at)
            if (length, kind) == (0, 0) and not content[at:].strip(b"\0"):  # never written
                return
            begin, end = at + _HEADER.size, at + _HEADER.size + length
            if kind not in (_FULL, _FIRST, _MIDDLE, _LAST) or length > left - _HEADER.size:
                self.damaged.append(at)
                at, parts = at + left, None
                continue
            if end > len(content):
                return
            piece = content[begin:end]
            is_sound = zlib.crc32(piece, zlib.crc32(bytes([kind]))) == checksum
            if not is_sound:
                self.damaged.append(at)
            before = b"" if kind in (_FULL, _FIRST) else parts
            parts, at = before + piece if is_sound and before is not None else None, end
            if kind in (_FULL, _LAST) and parts is not None:
                yield parts
