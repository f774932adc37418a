"""``phoneid run``: the bot itself."""

import asyncio
import signal
from contextlib import suppress

import click

from bot import logs, settings
from bot.repeating import in_background


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen in HTTP mode.")
def run(host: str) -> None:
    """Run the bot.

    Socket Mode when SLACK_APP_TOKEN is set, else signed HTTP on PORT.
    """
    bot_settings = settings.read(settings.BotSettings)
    logs.configure(level=bot_settings.log_level, log_format=bot_settings.phoneid_log_format)
    asyncio.run(_run(bot_settings, host))


async def _run(bot_settings: settings.BotSettings, host: str) -> None:
    from bot.running import running_bot

    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows: Ctrl-C still raises KeyboardInterrupt
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with (
        running_bot(bot_settings, host=host) as bot,
        in_background(stopped.wait()) as stopping,
        in_background(bot.until_lost()) as lost,
    ):
        await asyncio.wait({stopping, lost}, return_when=asyncio.FIRST_COMPLETED)
        if lost.done():
            lost.result()
