"""What requests may hold in memory together: each of them is within its own limit, and a hundred of them are not within any."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from api.errors import TooManyBytes


class Room:
    """Room for the bodies of requests, half of it for those of one key.

    Parameters
    ----------
    most : bytes in all.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: Counter[str | None] = Counter()  # by key

    def take(self, key_id: str | None, size: int) -> None:
        """Note further bytes of a key, if there are any.

        Raises
        ------
        TooManyBytes : there is no room for them.
        """
        if self._held.total() + size > self._most:
            raise TooManyBytes(self._most)
        if key_id is not None and self._held[key_id] + size > self._most // 2:
            raise TooManyBytes(self._most // 2, whose="your key")
        self._held[key_id] += size

    def give_back(self, key_id: str | None, size: int) -> None:
        """Note that bytes are not held any more."""
        self._held[key_id] -= size
        if not self._held[key_id]:
            del self._held[key_id]


class Turns:
    """Turns at what takes much memory, half of them for one key at a time; whoever has none waits.

    Parameters
    ----------
    at_once : how many have one.
    """

    def __init__(self, at_once: int) -> None:
        self._everyones = asyncio.Semaphore(at_once)
        self._own: defaultdict[str | None, asyncio.Semaphore] = defaultdict(partial(asyncio.Semaphore, at_once // 2))
        self._own[None] = asyncio.Semaphore(at_once)  # without keys there is nobody else

    @asynccontextmanager
    async def of(self, key_id: str | None) -> AsyncIterator[None]:
        """Have a turn, as a key if there are any."""
        async with self._own[key_id], self._everyones:
            yield
