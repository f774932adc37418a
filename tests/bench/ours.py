"""The quota of the bot, as the benchmarks open it: the one place to change when the bot opens it otherwise."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.quota.memory import MemoryQuota

from bot.clock import SystemClock
from bot.interfaces import Quota


@asynccontextmanager
async def open_quota(path: Path, qps: int) -> AsyncIterator[Quota]:
    """``qps`` calls a second for all processes that open it at ``path``."""
    yield MemoryQuota(qps, clock=SystemClock())  # does not look at path yet: each process has a limit of its own
