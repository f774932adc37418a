"""Alarms that somebody may be guessing codes, told to those who decide."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from bot.guesses import Alarm
from bot.interfaces import Store
from bot.models import Actor, Through
from bot.slack import blocks
from bot.slack.cards import Cards
from bot.slack.replies import Replies
from bot.slack.views import Message
from bot.texts import guesses as texts

log = logging.getLogger(__name__)


class Alarms:
    """Tells each alarm once, whichever process finds it."""

    def __init__(self, *, store: Store, cards: Cards, replies: Replies) -> None:
        self._store = store
        self._cards = cards
        self._replies = replies

    async def due(self) -> list[Callable[[], Awaitable[object]]]:
        """Find what to tell. Gives the work that follows."""
        return [partial(self.tell, alarm) for alarm in await self._store.claim_alarms()]

    async def tell(self, alarm: Alarm) -> None:
        """Tell those who would decide on a request of this agent's. Where nobody would, the log has to do."""
        facts = {"lookup": alarm.lookup.id, "suspect": alarm.suspect.value, "refused": alarm.refused}
        log.warning("codes may be guessed", extra={"facts": facts})
        places = await self._cards.places(alarm.lookup)
        message = alarm_message(alarm)
        told = sum(await asyncio.gather(*(self._replies.tell(place, message) for place in places)))
        if places and not told:  # a later claim tries again
            log.error("alarm not told", extra={"facts": facts})
            return
        await self._store.alarm_told(alarm, people=told)


def alarm_message(alarm: Alarm) -> Message:
    """Who, how often and how fast; the number with its middle hidden."""
    said = texts.alarm(alarm, _name(alarm.lookup.agent))
    body = [
        blocks.header(texts.ALARM_HEADING),
        blocks.formatted_section(said),
        blocks.section(texts.ALARM_NEXT),
        blocks.context(texts.alarm_reference(alarm)),
    ]
    return Message(f"{texts.ALARM_HEADING}. {said} {texts.ALARM_NEXT} {texts.alarm_reference(alarm)}", body)


def _name(agent: Actor) -> str:
    is_in_slack = agent.through is Through.SLACK
    return f"<@{agent.user_id}>" if is_in_slack else blocks.escape(f"{agent.user_id} on {agent.team_id}")
