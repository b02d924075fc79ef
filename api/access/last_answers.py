"""What the database answered last about keys, for the time in which it does not answer: what stores nothing goes on."""

import asyncio
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeout

from api.threads import beside

Answer = TypeVar("Answer")

_MOST = 10_000  # answers, each of some hundred bytes


class LastAnswers(Generic[Answer]):
    """Answers to questions that are asked again and again.

    Each is asked anew as long as the database answers, so that nothing is a moment out of date.

    Attributes
    ----------
    patience : seconds after which the database counts as hung.
    pause : seconds before it is asked again after it failed.
    age : seconds up to which an answer is given again.
    """

    patience, pause, age = 0.5, 5.0, 300.0

    def __init__(self) -> None:
        self._answers: dict[str, tuple[float, Answer]] = {}
        self._hung: asyncio.Future[Answer] | None = None
        self._failed_at = -self.pause

    async def ask(self, question: str, look: Callable[[], Answer]) -> Answer:
        """Return what a look into the database says; where it hangs or fails, what it said last.

        Raises
        ------
        DBAPIError, PoolTimeout : it fails, and said nothing lately.
        """
        last = self._last(question)
        if last is not None and self._is_down:
            return last[1]
        looking = asyncio.ensure_future(beside("admit", look))
        looking.add_done_callback(self._note)
        if last is not None:
            await asyncio.wait({looking}, timeout=self.patience)
            if not looking.done():
                self._hung = looking
                return last[1]
        try:
            answer = await looking
        except (DBAPIError, PoolTimeout):
            if last is None:
                raise
            return last[1]
        self._keep(question, answer)
        return answer

    @property
    def _is_down(self) -> bool:
        hangs = self._hung is not None and not self._hung.done()
        return hangs or time.monotonic() < self._failed_at + self.pause

    def _last(self, question: str) -> tuple[float, Answer] | None:
        found = self._answers.get(question)
        return found if found is not None and time.monotonic() < found[0] + self.age else None

    def _keep(self, question: str, answer: Answer) -> None:
        if len(self._answers) >= _MOST:
            self._answers.clear()
        self._answers[question] = time.monotonic(), answer

    def _note(self, looking: "asyncio.Future[Answer]") -> None:
        """Note how a look has ended; those who asked may have left."""
        if not looking.cancelled() and looking.exception() is not None:
            self._failed_at = time.monotonic()
