"""Two bots on one database, and people who decide on the same request in the same instant."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product
from pathlib import Path
from random import Random
from typing import BinaryIO

from bot.models import MessageRef, RequestId
from bot.sandbox.bot_process import BotProcess
from bot.sandbox.cams.answers import Success
from bot.sandbox.cams.book import Entry
from bot.sandbox.cams.server import LocalCams
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.workspace import Message
from tests.scenarios.scene import PATIENCE, Scene, open_scene

SPREAD = 0.020
"""Seconds over which the clicks of one race fall: about what the bot needs for one of them."""

AREAS = (202, 212, 213, 305, 312, 415, 503, 602, 617, 702)
"""In each of these area codes, 555-0100 to 555-0199 belong to nobody."""

NEWEST = 300
"""Messages of a channel among which a receipt is looked for: the requests of a round bring about half as many."""

REFERENCE = re.compile(r"Reference (R-\w{8})")

RECEIPT = re.compile(r"Your request for (\+[\d -]+\d) is waiting for approval")

TOO_LATE = re.compile(r"(Approved|Denied|Withdrawn) by <@(U\w+)>\..*")
"""What whoever was slower reads: what became of it, and who decided."""


def numbers(count: int) -> list[Entry]:
    """As many numbers, each with an ID."""
    found = [
        Entry(
            phone=f"+1 {area}-555-{last:04}",
            code=f"{area}{last:03}",
            outcome="The ID",
            explanation="One race is about this number, and no other.",
            replies=(Success(phone_number_id=f"92015550{area}{last:04}"),),
        )
        for area, last in product(AREAS, range(100, 200))
    ]
    return found[:count]


class Deed(StrEnum):
    """How somebody ends the waiting."""

    APPROVE = "approve"
    DENY = "deny"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Click:
    """Somebody's part in a race."""

    name: str
    deed: Deed


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as the people concerned saw it while it waited."""

    id: RequestId
    entry: Entry
    has_code: bool
    receipt: Message
    cards: dict[str, Message]
    """By the name of the approver it was sent to."""


@dataclass(frozen=True, kw_only=True)
class Arena:
    """The sandbox, two bots in processes of their own, and chance."""

    scene: Scene
    random: Random
    bots: Sequence[BotProcess]
    book: Sequence[Entry]
    log: Path

    async def ask(self, entries: Sequence[Entry]) -> list[Request]:
        """Let Ana ask for approval, one form after the other; about every other request comes with its code."""
        asked = [(entry, self.random.random() < 0.5) for entry in entries]
        for entry, has_code in asked:
            await self._ask_one(entry, has_code=has_code)
        receipts = await self.scene.ana.until(lambda: self._receipts(entries), timeout=PATIENCE) if entries else {}
        return [await self._seen(entry, receipts[entry.phone], has_code=has_code) for entry, has_code in asked]

    async def race(self, request: Request, clicks: Sequence[Click]) -> None:
        """Let them all click within ``SPREAD``. Whoever denies has the form filled in by then."""
        await asyncio.gather(*(self._prepare(click, request) for click in clicks))
        await asyncio.gather(*(self._strike(click, request, after=self._moment()) for click in clicks))

    async def settle(self, requests: Sequence[Request]) -> None:
        """Wait until Ana heard of each, and nobody has a card left that can be decided."""
        ids = {request.id for request in requests}

        def is_settled() -> bool:
            is_any_left = any(message.buttons for request in requests for message in self.copies(request))
            return not is_any_left and self.told().keys() >= ids

        await self.scene.slack.until(is_settled, timeout=PATIENCE)

    async def finish(self) -> None:
        """Stop both bots: what they do, they finish first."""
        await asyncio.gather(*(bot.stop() for bot in self.bots))

    def told(self) -> Counter[RequestId]:
        """How often Ana got a direct message about each request."""
        return Counter(RequestId(_reference(each)) for each in self.scene.ana.sees(self.scene.ana.dm))

    def copies(self, request: Request) -> list[Message]:
        """Every copy of a request's card, as it stands now."""
        found = [self.find(MessageRef(each.channel_id, each.ts)) for each in request.cards.values()]
        return [each for each in found if each]

    def find(self, card: MessageRef) -> Message | None:
        return self.scene.slack.workspace.find_message(card.channel_id, card.ts)

    def sentences(self) -> Iterator[tuple[str, str, str]]:
        """Each sentence for a click that came too late: who got it, what became of the request, who decided."""
        for human in self.scene.slack.humans.values():
            for conversation in human.screen.conversations:
                for message in human.sees(conversation.id):
                    if found := TOO_LATE.fullmatch(message.text):
                        yield human.person.id, found[1], found[2]

    async def _ask_one(self, entry: Entry, *, has_code: bool) -> None:
        ana = self.scene.ana
        await ana.runs("support", f"/phoneid {entry.phone}")
        await ana.until(lambda: ana.modal, timeout=PATIENCE)
        if has_code:
            ana.fills(block_id="code", text=entry.code)
        ana.fills(block_id="reason", text="Ticket 4711")
        await ana.submits()
        await ana.closes()

    def _receipts(self, entries: Sequence[Entry]) -> dict[str, Message] | None:
        """Ana's receipts by number, once all are there."""
        newest = self.scene.ana.sees("support")[-NEWEST:]
        receipts = {found[1]: each for each in newest if (found := RECEIPT.search(each.text))}
        return receipts if all(entry.phone in receipts for entry in entries) else None

    async def _seen(self, entry: Entry, receipt: Message, *, has_code: bool) -> Request:
        reference = _reference(receipt)
        approvers = (self.scene.human("Lee"), self.scene.human("Kim"))
        cards = {human.person.name: await _card(human, reference) for human in approvers}
        return Request(id=RequestId(reference), entry=entry, has_code=has_code, receipt=receipt, cards=cards)

    async def _prepare(self, click: Click, request: Request) -> None:
        if click.deed is not Deed.DENY:
            return
        human = self.scene.human(click.name)
        await human.clicks("Deny", message=request.cards[click.name])
        await human.until(lambda: human.modal, timeout=PATIENCE)
        human.fills(block_id="reason", text=f"{click.name} says no")

    def _moment(self) -> float:
        return self.random.uniform(0.0, SPREAD)

    async def _strike(self, click: Click, request: Request, *, after: float) -> None:
        human = self.scene.human(click.name)
        await asyncio.sleep(after)
        # Their screens need not show yet that somebody was quicker.
        match click.deed:
            case Deed.APPROVE:
                await human.clicks_stale(request.cards[click.name], "Approve")
            case Deed.DENY:
                await human.submits()
            case Deed.WITHDRAW:
                await human.clicks_stale(request.receipt, "Withdraw")


@asynccontextmanager
async def open_arena(tmp_path: Path, *, random: Random, book: Sequence[Entry]) -> AsyncIterator[Arena]:
    """The sandbox with two bots in it, either of which gets each payload; at the end Slack has nothing to complain."""
    cams = LocalCams(qps=1000, book=book)  # how calls share their limit is not what is raced for here
    await cams.start()
    settings = {
        "PHONEID_CAMS_URL": cams.url,
        "PHONEID_QPS": "1000",
        "PHONEID_APPROVAL": "always",
        "PHONEID_APPROVERS": "U0LEE,U0KIM",
        "PHONEID_OPEN_REQUESTS": "150",  # two rounds of them may wait at once
        "LOG_LEVEL": "WARNING",
    }
    log = tmp_path / "bots.log"
    try:
        async with open_scene(tmp_path, settings=settings) as scene:
            with log.open("wb") as output:
                async with _two_bots(scene, tmp_path, output) as bots:
                    yield Arena(scene=replace(scene, cams=cams), random=random, bots=bots, book=book, log=log)
            assert list(scene.slack.complaints) == []
    finally:
        await cams.stop()


@asynccontextmanager
async def _two_bots(scene: Scene, folder: Path, output: BinaryIO) -> AsyncIterator[list[BotProcess]]:
    bots = [BotProcess(folder=folder, output=output) for _ in range(2)]
    try:
        for bot in bots:
            await bot.start_with(scene.environment)
        await scene.slack.until(lambda: scene.slack.connections == len(bots), timeout=PATIENCE)
        yield bots
    finally:
        for bot in bots:
            await bot.kill()


def _reference(message: Message) -> str:
    found = REFERENCE.search(message.words) or REFERENCE.search(message.text)
    assert found, message.text
    return found[1]


async def _card(human: Human, reference: str) -> Message:
    """An approver's card, as soon as it is there: they look from the newest on."""

    def find() -> Message | None:
        return next((each for each in reversed(human.sees(human.dm)) if reference in each.words), None)

    return await human.until(find, timeout=PATIENCE)
