"""A record in a file that commands read, too."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.store.record import Record
from bot.store.urls import record_at


@asynccontextmanager
async def record_in(
    file: Path, *, process: str = "another", clock_now: Callable[[], float] = time.time
) -> AsyncIterator[Record]:
    """The record there, as a process of its own has it."""
    record = record_at(f"sqlite:///{file}", process=process, clock_now=clock_now)
    await record.open()
    try:
        yield record
    finally:
        await record.aclose()
