"""Work that costs less for several requests at once than for one after the other."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from typing import Generic, TypeVar

from api.threads import AT_ONCE, Purpose, beside

Item = TypeVar("Item")
Done = TypeVar("Done")


class Together(Generic[Item, Done]):
    """Does what requests ask for in batches: what comes while the threads are busy is done next, together.

    Nobody is waited for: one request alone is a batch of one, and the more there are, the larger the batches become.

    Parameters
    ----------
    purpose : of the threads that it is done in, a batch in each: one that takes long leaves the others to go on.
    work : done for some items; returns for each what came of it, or why nothing did.
    most : items of a batch.
    weight : of an item, which counts as so many: a batch of large ones would hold much memory, and the database, for long.
    """

    def __init__(
        self,
        purpose: Purpose,
        work: Callable[[list[Item]], Sequence[Done | Exception]],
        *,
        most: int,
        weight: Callable[[Item], int] = lambda _: 1,
    ) -> None:
        self._purpose, self._work, self._most, self._weight = purpose, work, most, weight
        self._waiting: list[tuple[Item, asyncio.Future[Done]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def do(self, item: Item) -> Done:
        """Return what came of an item; raises what it raised."""
        future: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if len(self._tasks) < AT_ONCE[self._purpose]:
            task = asyncio.create_task(self._go_on())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _go_on(self) -> None:
        while self._waiting:
            number = self._next_number()
            batch, self._waiting = self._waiting[:number], self._waiting[number:]
            results = await beside(self._purpose, partial(self._done, [item for item, _ in batch]))
            for (_, future), result in zip(batch, results, strict=True):
                if future.done():  # whoever asked has left
                    continue
                if isinstance(result, Exception):
                    future.set_exception(result)
                else:
                    future.set_result(result)

    def _next_number(self) -> int:
        """Return how many of those that wait are done next: one at least."""
        weights = accumulate(self._weight(item) for item, _ in self._waiting[: self._most])
        return max(1, sum(weight <= self._most for weight in weights))

    def _done(self, items: list[Item]) -> Sequence[Done | Exception]:
        try:
            return self._work(items)
        except Exception as error:
            return [error] * len(items)
