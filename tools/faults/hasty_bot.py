"""``phoneid run`` with every logger at DEBUG and leases of seconds: what takes a real bot minutes takes it moments."""

import asyncio
import logging
import signal

from bot import logs
from bot.app import Waits
from bot.repeating import in_background
from bot.running import running_bot
from bot.settings import BotSettings, read
from tests.scenarios.loud_bot import LoudLogger

HASTY = Waits(
    finishing=5.0,
    api_reading=1.0,
    settling=(0.1,),
    lease=2.0,
    sweeping=0.3,
    approval=10.0,
    slack=1.0,
    database=1.0,
    latest_arrival=0.3,
)


async def run() -> None:
    settings = read(BotSettings)
    logs.configure(level=settings.log_level, log_format=settings.phoneid_log_format)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with running_bot(settings, waits=HASTY) as bot, in_background(bot.until_lost()) as lost:
        async with in_background(stopped.wait()) as ending:
            await asyncio.wait({lost, ending}, return_when=asyncio.FIRST_COMPLETED)
        if lost.done():
            lost.result()


if __name__ == "__main__":
    logging.setLoggerClass(LoudLogger)
    asyncio.run(run())
