"""The bot's parts for Slack, put together as the bot does it, in virtual time; people type, press and fill in.

Slack takes what ``tests.doubles.FakeMessenger`` takes. An acknowledgement arrives later than it was given, as in life.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot.audit import LogQuery
from bot.metrics import Metrics
from bot.models import Actor, MessageRef, PhoneNumber, Request, RequestId
from bot.slack import forms_read
from bot.slack.blocks import View
from bot.slack.bot_token import BotToken
from bot.slack.channel import Channel
from bot.slack.listeners.actions import Actions
from bot.slack.listeners.commands import Commands
from bot.slack.listeners.submissions import Submissions
from bot.slack.parts import Base, Parts, build_parts
from bot.slack.readers import Readers
from bot.slack.windows import SETTLED_AFTER
from bot.store import search
from bot.texts.language import Languages
from bot.texts.requests import ChannelTrouble
from bot.upkeep import Upkeep
from tests.doubles import Doing, FakeMessenger
from tests.english import Read
from tests.factories import phones
from tests.world import ANA, HOUR, Process, World

RESPONSE_URL = "https://hooks.invalid/1"
ARRIVES_AFTER = 0.2
"""Seconds from an acknowledgement to its effect in Slack."""

_triggers = count(1)

Block = dict[str, Any]


class FakeChannel(Channel):
    """A channel that can be used, until there is ``now`` some trouble with it."""

    def __init__(self, channel_id: str = "C0APPROVALS") -> None:
        self.id = channel_id
        self.now: ChannelTrouble | None = None

    async def trouble(self, workspace: str | None = None) -> ChannelTrouble | None:
        return self.now

    def note(self, trouble: ChannelTrouble) -> ChannelTrouble:
        return trouble


class FakeToken(BotToken):
    """Good, until it is taken away."""

    def __init__(self) -> None:
        self._bot_user_id = "U0BOT"
        self.is_taken_away = False
        self.asked = 0

    async def is_good(self) -> bool:
        self.asked += 1
        return not self.is_taken_away


@dataclass
class Acks:
    """Slack as it takes the acknowledgements of one payload."""

    messenger: FakeMessenger
    view_id: str = ""
    arrives_after: float = ARRIVES_AFTER
    given: list[dict[str, Any]] = field(default_factory=list)
    is_given: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, **acknowledgement: Any) -> None:
        self.given.append(acknowledgement)
        self.is_given.set()
        if acknowledgement.get("response_action") == "update":
            asyncio.get_running_loop().call_later(self.arrives_after, self._paint, acknowledgement["view"])

    def _paint(self, view: View) -> None:
        self.messenger.shown.append((self.view_id, view))


@dataclass(kw_only=True)
class Bot:
    """One process of the bot's, connected to Slack."""

    process: Process
    parts: Parts
    messenger: FakeMessenger
    upkeep: Upkeep
    listens: tuple[Commands, Submissions, Actions]

    async def types(self, text: str, *, by: Actor = ANA, trigger: str = "", waits: bool = True) -> Acks:
        """``/phoneid`` with this behind it; the same ``trigger`` is the same delivered again."""
        acks = Acks(self.messenger)
        body = {
            "command": "/phoneid",
            "text": text,
            "user_id": by.user_id,
            "team_id": by.team_id,
            "channel_id": "C0SUPPORT",
            "trigger_id": trigger or f"1.{next(_triggers)}",
            "response_url": RESPONSE_URL,
        }
        await self.listens[0].on_command(acks, body)
        return await self._after(acks, waits=waits)

    async def presses(
        self,
        action_id: str,
        value: str = "",
        *,
        by: Actor = ANA,
        view: View | None = None,
        message: MessageRef | None = None,
        waits: bool = True,
    ) -> Acks:
        """A button, in a message or in a window that shows ``view``."""
        acks = Acks(self.messenger)
        body: dict[str, Any] = {
            **_who(by),
            "trigger_id": f"1.{next(_triggers)}",
            "actions": [{"action_id": action_id, "block_id": "b", "type": "button", "value": value}],
        }
        if view is None:
            body |= {"response_url": RESPONSE_URL, "channel": {"id": message.channel_id if message else "C0SUPPORT"}}
            body |= {"message": {"ts": message.ts}} if message else {}
        else:
            body |= {"view": {"id": "V1", "hash": "1.a", "private_metadata": view["private_metadata"]}}
        await self.listens[2].on_click(acks, body)
        return await self._after(acks, waits=waits)

    async def submits(
        self,
        view: View,
        typed: Mapping[str, str],
        *,
        by: Actor = ANA,
        view_id: str = "V1",
        hash: str = "1.a",  # noqa: A002 - as Slack calls it
        waits: bool = True,
        arrives_after: float = ARRIVES_AFTER,
    ) -> Acks:
        """A form, filled in; the same ``view_id`` and ``hash`` are the same submission delivered again."""
        acks = Acks(self.messenger, view_id, arrives_after)
        submitted = {**view, "id": view_id, "hash": hash, "state": {"values": _values(view, typed)}}
        submissions = self.listens[1]
        listen = submissions.on_denial if view["callback_id"] == forms_read.DENIAL else submissions.on_numbers
        await listen(acks, {**_who(by), "view": submitted})
        return await self._after(acks, waits=waits)

    async def form(self, *, is_several: bool = False) -> View:
        """The form, opened by Ana."""
        await self.types("list" if is_several else "")
        return self.messenger.opened[-1][1]

    async def asks(self, numbers: int = 1, *, code: str = "208312", by: Actor = ANA) -> Request:
        """Somebody fills in the form; the request, as it is when everything that followed from that is done."""
        form = await self.form(is_several=numbers > 1)
        typed = filled(phones(numbers), code, reason="ticket 7")
        await self.submits(form, typed, by=by, hash=f"1.{next(_triggers)}")
        return await self.last_request()

    async def last_request(self) -> Request:
        (entry,) = await self.process.record.read(search.search, LogQuery(limit=1))
        return await self.process.find(entry.request.id)

    async def requests(self) -> list[RequestId]:
        """All there are, newest first."""
        found = await self.process.record.read(search.search, LogQuery(limit=None))
        return [*dict.fromkeys(each.request.id for each in found)]

    async def settle(self) -> None:
        """Wait until all that was begun is done."""
        assert await self.parts.jobs.drain(10 * HOUR)

    async def sweep(self) -> None:
        """One look at what dead processes and passing time left behind, as the bot takes it."""
        for do in (self.upkeep.follow, self.upkeep.sweep, self.upkeep.say):
            await do()
        await self.settle()

    async def sweep_for(self, seconds: float) -> None:
        """Such looks as often as the bot takes them, for so long."""
        end = self.process.clock.monotonic() + seconds
        while self.process.clock.monotonic() < end:
            await self.process.clock.sleep(5.0)
            await self.process.lookups.beat()
            await self.sweep()

    async def _after(self, acks: Acks, *, waits: bool) -> Acks:
        if waits:
            await self.settle()
            await self.process.clock.sleep(acks.arrives_after)
        return acks


class Workplace(World):
    """A world with Slack in it."""

    def __init__(self, database: Path) -> None:
        super().__init__(database)
        self.messenger = FakeMessenger()
        self.channel: FakeChannel | None = None
        self.token = FakeToken()

    async def open(self, name: str = "p1") -> Bot:
        """A process, connected."""
        process = await self.start(name)
        parts = build_parts(
            Base(
                metrics=Metrics(),
                record=process.record,
                lookups=process.lookups,
                messenger=self.messenger,
                readers=Readers(people=self.people, channel=None, languages=Languages.read()),
                people=self.people,
                token=self.token,
                channel=self.channel,
                policy=self.policy,
                region=None,
                approval_seconds=HOUR,
                settling=SETTLED_AFTER,
                clock=self.clock,
                time=self.time,
            )
        )
        commands, submissions, actions, *_ = parts.listeners
        assert isinstance(commands, Commands)
        assert isinstance(submissions, Submissions)
        assert isinstance(actions, Actions)
        return Bot(
            process=replace(process, requests=parts.requests),
            parts=parts,
            messenger=self.messenger,
            upkeep=Upkeep(process.record, process.lookups, self.people, parts),
            listens=(commands, submissions, actions),
        )

    def slow(self, *doings: Doing, seconds: float) -> None:
        """Let Slack take so long for these."""

        async def wait(doing: Doing) -> None:
            if doing in doings:
                await self.clock.sleep(seconds)

        self.messenger.before = wait


@pytest.fixture
async def workplace(tmp_path: Path) -> AsyncIterator[Workplace]:
    async with _open(tmp_path) as opened:
        yield opened


@asynccontextmanager
async def _open(path: Path) -> AsyncIterator[Workplace]:
    opened = Workplace(path / "phoneid.db")
    try:
        yield opened
    finally:
        await opened.aclose()


def filled(numbers: Sequence[PhoneNumber], code: str, *, reason: str = "") -> dict[str, str]:
    """What is typed into the form for these numbers; without a ``code`` only the numbers."""
    if len(numbers) == 1:
        return {"phone": f"+{numbers[0].digits}", "code": code, "reason": reason}
    return {"numbers": "\n".join(f"+{phone.digits} {code}" for phone in numbers), "reason": reason}


def text_of(shown: View | Read | None) -> str:
    """All the words of a window or a message."""
    blocks = shown.blocks if isinstance(shown, Read) else (shown or {}).get("blocks", [])
    return json.dumps(blocks, ensure_ascii=False)


def buttons_of(shown: View | Read | None) -> dict[str, str]:
    """The buttons of a window or a message, with their values, by action id."""
    blocks = shown.blocks if isinstance(shown, Read) else (shown or {}).get("blocks", [])
    elements = [element for block in blocks if block["type"] == "actions" for element in block["elements"]]
    return {element["action_id"]: element.get("value", "") for element in elements}


def _who(by: Actor) -> dict[str, Any]:
    return {"user": {"id": by.user_id, "team_id": by.team_id}, "team": {"id": by.team_id}}


def _values(view: View, typed: Mapping[str, str]) -> dict[str, dict[str, Block]]:
    fields = [block for block in view["blocks"] if block["type"] == "input"]
    return {
        block["block_id"]: {block["element"]["action_id"]: {"value": typed.get(block["element"]["action_id"])}}
        for block in fields
    }
