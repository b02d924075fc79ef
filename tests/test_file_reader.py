"""Files of several keys, read by the threads of one worker."""

import asyncio
import threading

import pytest

from api.errors import TooManyFiles
from api.workers.file_reader import FileReader
from training_runs import InvalidInput


def test_a_key_whose_files_never_end_holds_up_no_other() -> None:
    end = threading.Event()

    async def ask() -> str:
        reader = FileReader(seconds=0.2)
        endless = [asyncio.create_task(reader.read("a", "x.csv", 1, lambda: end.wait(60))) for _ in range(5)]
        await asyncio.sleep(0.05)
        with pytest.raises(TooManyFiles, match="your key has 5 files here, its share"):
            await reader.read("a", "x.csv", 1, str)
        try:
            found = await reader.read("b", "y.csv", 1, lambda: "read")
            assert all(isinstance(e, InvalidInput) for e in await asyncio.gather(*endless, return_exceptions=True))
            return found
        finally:
            end.set()
            reader.close()

    assert asyncio.run(ask()) == "read"
