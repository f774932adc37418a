"""Doubles of what is outside the bot, for every test that needs one: Slack as a messenger, and what it knows of people.

A stepping clock is in ``tests.clocks``.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import SlackBusy, SlackRefused
from bot.interfaces import Clock, Moment
from bot.models import Actor, MessageRef, Problem
from bot.policy import Audience, Membership, Standing
from bot.slack.blocks import Message, View
from bot.slack.messenger import Messenger, Shown
from bot.slack.people import Listed, People
from bot.slack.readers import Readers
from bot.texts.language import ENGLISH, Language
from tests.english import Read, english

MEMBER = Standing(Membership.FULL)


class Doing(StrEnum):
    """What a messenger can be asked to do; ``tell`` is one of the last two, as in the real one."""

    OPEN_VIEW = "open_view"
    UPDATE_VIEW = "update_view"
    UPDATE = "update"
    POST = "post"
    RESPOND = "respond"


@dataclass(frozen=True, slots=True)
class Said:
    """A message as Slack took it. ``place`` is a channel, a user id or a response URL."""

    doing: Doing
    place: str
    message: Read

    @property
    def text(self) -> str:
        return self.message.text


class Believed:
    """A clock as ``bot.interfaces.Timekeeper`` that is believed until a test says otherwise."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.is_trusted = True
        self.behind = 0.0
        """Seconds, as others say."""

    async def moment(self) -> Moment:
        now = self.clock.now()
        return Moment(now=now, is_trusted=self.is_trusted, latest=now + self.behind)


class FakeMessenger(Messenger):
    """Keeps what Slack would show, in English, and what was tried in vain.

    ``tell`` is the real one, over this one's two ways.
    """

    def __init__(self) -> None:
        self.calls: list[Doing] = []
        """Everything that was tried, in order, taken or not."""
        self.opened: list[tuple[str, View]] = []
        """By trigger id."""
        self.shown: list[tuple[str, View]] = []
        """What was put into open windows, by view id."""
        self.said: list[Said] = []
        """What was posted, and what was answered at a response URL; what a message became is in ``updated``."""
        self.updated: list[tuple[MessageRef, Read]] = []
        self.before: Callable[[Doing], Awaitable[None]] | None = None
        """Awaited in every call before it has any effect; a test can hold it there."""
        self.refusing: set[str] = set()
        """Channels and people that take no message, however often it is tried."""
        self._failures: dict[Doing, int] = defaultdict(int)
        self._shown_instead: dict[Doing, Shown] = {}

    def fail(self, *doings: Doing, times: int = 1_000_000, shown: Shown = Shown.NOT_NOW) -> None:
        """Fail the next ``times`` calls of these; ``shown`` is what it comes to."""
        for doing in doings:
            self._failures[doing] = times
            self._shown_instead[doing] = shown

    def recover(self) -> None:
        """Fail no more."""
        self._failures.clear()

    def said_to(self, place: str) -> list[str]:
        """The texts of the messages that one channel, person or response URL got."""
        return [said.text for said in self.said if said.place == place]

    def window(self, view_id: str) -> View | None:
        """What an open window shows now; ``None`` if nothing was put into it."""
        return next((view for shown_in, view in reversed(self.shown) if shown_in == view_id), None)

    def message(self, ref: MessageRef) -> Read:
        """What a message that was posted says now."""
        posted = [said.message for said in self.said if said.doing is Doing.POST]
        changed = [message for updated, message in self.updated if updated == ref]
        return changed[-1] if changed else posted[int(ref.ts) - 1]

    async def open_view(self, trigger_id: str, view: View, *, reader: str) -> None:
        if not await self._works(Doing.OPEN_VIEW):
            raise SlackRefused("views.open", "expired_trigger_id")
        self.opened.append((trigger_id, english(view)))

    async def update_view(self, view_id: str, view: View, *, reader: str) -> Shown:
        if not await self._works(Doing.UPDATE_VIEW):
            return self._shown_instead[Doing.UPDATE_VIEW]
        self.shown.append((view_id, english(view)))
        return Shown.YES

    async def post(self, place: str, message: Message) -> MessageRef | Shown:
        """Numbers the messages from 1 on, as their ``ts``; the channel is the place."""
        if not await self._works(Doing.POST):
            return self._shown_instead[Doing.POST]
        if place in self.refusing:
            return Shown.GONE
        self.said.append(Said(Doing.POST, place, english(message)))
        return MessageRef(place, str(sum(said.doing is Doing.POST for said in self.said)), sent_to=place)

    async def update(self, ref: MessageRef, message: Message) -> Shown:
        if not await self._works(Doing.UPDATE):
            return self._shown_instead[Doing.UPDATE]
        self.updated.append((ref, english(message)))
        return Shown.YES

    async def respond(self, response_url: str, message: Message, *, reader: str) -> Shown:
        if not await self._works(Doing.RESPOND):
            return self._shown_instead[Doing.RESPOND]
        self.said.append(Said(Doing.RESPOND, response_url, english(message)))
        return Shown.YES

    async def _works(self, doing: Doing) -> bool:
        self.calls.append(doing)
        if self.before:
            await self.before(doing)
        if not self._failures[doing]:
            return True
        self._failures[doing] -= 1
        return False


class EnglishReaders(Readers):
    """Everybody reads English."""

    def __init__(self) -> None:
        pass

    async def of(self, place: str, *, patience: float = 0.0) -> Language:
        return ENGLISH


class FakePeople(People):
    """Everyone is a full member of no usergroup, but for those in ``standings`` (by user id)."""

    def __init__(self, standings: dict[str, Standing] | None = None) -> None:
        self.locales: dict[str, str] = {}
        """By user id; nobody else's is known."""
        self.standings = standings or {}
        self.asked: list[str] = []
        """User ids, as often as somebody asked."""
        self.within: list[float | None] = []
        """How old an answer each of these took."""
        self.silent = False
        """Slack does not say who anybody is."""
        self.silent_about_groups = False
        """Nor who is in a usergroup, and of this alone."""

    async def locale(self, user_id: str, *, patience: float) -> str:
        return self.locales.get(user_id, "")

    async def aclose(self) -> None:
        pass

    async def standing(self, actor: Actor, workspace: str | None = None, *, within: float | None = None) -> Standing:
        self.asked.append(actor.user_id)
        self.within.append(within)
        if self.silent:
            return Standing(Membership.UNKNOWN, doubt=Problem.WHO_UNKNOWN)
        return self.standings.get(actor.user_id, MEMBER)

    async def listed(self, audience: Audience, workspace: str | None = None) -> Listed:
        if audience.group_ids and (self.silent or self.silent_about_groups):
            return Listed(audience.user_ids, SlackBusy("usergroups.users.list", 30.0))
        in_groups = {user_id for user_id, each in self.standings.items() if each.groups & audience.group_ids}
        return Listed(audience.user_ids | in_groups)

    async def find_workspace(self, actor: Actor, workspace: str) -> str:
        return workspace

    async def has_left(self, actor: Actor, workspace: str | None = None) -> bool:
        return not self.silent and self.standings.get(actor.user_id, MEMBER).membership is Membership.OUTSIDER

    async def is_full_member(self, user_id: str, workspace: str | None = None) -> bool:
        if self.silent:
            raise SlackBusy("users.info", 30.0)
        return self.standings.get(user_id, MEMBER).membership is Membership.FULL
