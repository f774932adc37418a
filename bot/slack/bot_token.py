"""Whether Slack still takes the bot token."""

import asyncio
import logging
from collections.abc import Collection
from itertools import repeat
from typing import NoReturn

from bot.errors import AccessLost, SlackError, SlackUnauthorised
from bot.interfaces import Clock
from bot.repeating import while_running
from bot.slack.web import Web
from bot.texts import terminal

log = logging.getLogger(__name__)

ANSWERED_WITHIN = 2.5
"""Seconds: somebody may wait for an ID behind it."""


class BotToken:
    """Asks Slack now and then. A Slack that does not answer refuses nothing."""

    def __init__(self, web: Web, clock: Clock, *, bot_user_id: str) -> None:
        self._web = web
        self._bot_user_id = bot_user_id
        self._clock = clock
        self._refused: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @property
    def is_refused(self) -> bool:
        """Whether Slack has said so: it is not asked."""
        return self._refused.done()

    def is_of(self, bot_user_ids: Collection[str]) -> bool:
        """Whether it belongs to one of these bots."""
        return self._bot_user_id in bot_user_ids

    async def is_good(self) -> bool:
        """Whether what the bot does can still be told to people."""
        if self.is_refused:
            return False
        try:
            async with asyncio.timeout(ANSWERED_WITHIN):
                await self._web.auth_test()
        except SlackUnauthorised as error:
            if not self.is_refused:
                log.error("bot token refused", extra={"facts": {"error": error.code}})
                self._refused.set_result(error.code)
        except (SlackError, TimeoutError) as error:
            log.info("bot token not checked", extra={"facts": {"error": type(error).__name__}})
        return not self.is_refused

    async def watch(self, *, every: float) -> NoReturn:
        """Until Slack refuses it, asked every so many seconds. Raises ``AccessLost``."""
        async for _ in while_running(self._refused, repeat(every), self._clock):
            await self.is_good()
        raise AccessLost(terminal.bot_token_refused(self._refused.result()))
