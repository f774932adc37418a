"""The only reader of real time."""

import asyncio
import time


class SystemClock:
    """The machine's clocks, as ``bot.interfaces.Clock``."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
