"""``phoneid run``: the bot itself."""

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import click

from bot import logs, settings
from bot.checks import Checklist
from bot.cli.arguments import EXIT_CANNOT_START, env_file
from bot.cli.endings import HEEDED_WITHIN, Endings
from bot.cli.help import Command
from bot.doctor import machine
from bot.errors import AccessLost
from bot.repeating import in_background

if TYPE_CHECKING:
    from bot.running import Bot

log = logging.getLogger(__name__)

Start = Callable[[], AbstractAsyncContextManager["Bot"]]

DRAINING = 30.0
"""Seconds for what runs to end, at a stop: container hosts commonly kill after that."""


@click.command(cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on in HTTP mode.")
@click.option(
    "--health-host", default="127.0.0.1", show_default=True, help="Address on which monitors can check the bot."
)
def run(host: str, health_host: str) -> None:
    """Run the bot.

    It uses Socket Mode if SLACK_APP_TOKEN is set; otherwise it receives signed HTTP requests on PORT. Monitors can
    check it on PHONEID_HEALTH_PORT.
    """
    endings = Endings()
    endings.listen()
    bot_settings, found = settings.examine(settings.BotSettings, env_file=env_file())
    # Warnings are heard at any LOG_LEVEL: whoever planted a .env could have set that too.
    chosen = bot_settings.phoneid_log_format if bot_settings else None
    logs.configure(level="WARNING", log_format=chosen, may_wait=False)
    checklist = Checklist()
    checklist.heed([*found, *machine.check_env_file(env_file())])
    assert bot_settings is not None, "settings that cannot be used stop the start"
    logging.getLogger().setLevel(bot_settings.log_level)
    logs.take_uncaught()

    def start() -> "AbstractAsyncContextManager[Bot]":
        from bot.running import running_bot  # takes its time; the endings are heeded meanwhile

        return running_bot(bot_settings, host=host, health_host=health_host, checks=checklist)

    try:
        asyncio.run(_run(start, endings))
    except AccessLost:
        endings.grant(HEEDED_WITHIN, exit_code=EXIT_CANNOT_START)  # nobody may read its last words
        raise


async def _run(start: Start, endings: Endings) -> None:
    """Until a signal: a start ends there, and what runs in life may end by itself."""
    stopping, is_up = asyncio.Event(), asyncio.Event()

    def stop(heard: signal.Signals) -> None:
        log.info("stopping", extra={"facts": {"signal": heard.name}})
        stopping.set()
        if is_up.is_set():
            endings.grant(DRAINING, exit_code=1)
        else:
            living.cancel()

    async with in_background(_live(start, stopping=stopping, is_up=is_up)) as living:
        endings.call(stop)
        await asyncio.wait({living})
        if not living.cancelled():
            living.result()


async def _live(start: Start, *, stopping: asyncio.Event, is_up: asyncio.Event) -> None:
    async with start() as bot:
        is_up.set()
        async with in_background(stopping.wait()) as stopped, in_background(bot.until_lost()) as lost:
            await asyncio.wait({stopped, lost}, return_when=asyncio.FIRST_COMPLETED)
            if lost.done():
                lost.result()
