"""The quota of the bot, as the benchmarks open it: the one place to change when the bot opens it otherwise."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.clock import SystemClock
from bot.interfaces import Quota
from bot.quota.account import Rules
from bot.quota.turns import Turns
from bot.store.cells import SqliteCell
from bot.store.sqlite import SqliteStore


@asynccontextmanager
async def open_quota(path: Path, qps: int) -> AsyncIterator[Quota]:
    """``qps`` calls a second for all processes that open it at ``path``."""
    clock = SystemClock()
    store = SqliteStore(path, clock=clock)
    await store.open()  # makes the schema
    cell = SqliteCell(path, "quota")
    await cell.open()
    turns = Turns(Rules(qps), cell=cell, clock=clock)
    try:
        yield turns
    finally:
        await turns.aclose()
        await cell.aclose()
        await store.aclose()
