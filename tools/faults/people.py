"""People who keep asking and deciding, whatever happens to the bots under their hands."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from bot.sandbox.cams.book import Entry
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.forms import NotOnScreen
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.views import View
from bot.sandbox.slack.waiting import NeverHappened
from bot.sandbox.slack.workspace import Message
from tests.canaries import CANARY
from tests.english import asking
from tests.english import requests as texts

PATIENCE = 2.0
"""Seconds that somebody waits for a window before they give up."""

AGAIN = 0.1
"""How often Slack delivers what somebody sent a second time."""

NEWEST = 40
"""Messages among which somebody looks for a button."""

Act = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A number somebody asked for, and what Slack made of it."""

    entry: Entry
    delivery: Delivery


class Person:
    """One of the sandbox's people, at work until told to stop."""

    def __init__(
        self, name: str, *, slack: LocalSlack, book: Iterator[Entry], random: Random, pause: float, is_lead: bool
    ) -> None:
        """``is_lead``: asks without approval, and decides on others' requests. ``pause``: seconds, at most."""
        self.asked: list[Asked] = []
        self._human = slack.human(name)
        self._slack = slack
        self._book = book
        self._random = random
        self._pause = pause
        self._is_over = False
        self._used: set[str] = set()
        asking: Sequence[Act] = (self._fill_in_form, self._fill_in_list)
        deciding: Sequence[Act] = (self._run_command, self._run_command, self._decide, self._decide)
        following: Sequence[Act] = (self._fill_in_form, self._enter_code, self._withdraw)
        self._acts = [*asking, *(deciding if is_lead else following)]

    async def work(self) -> None:
        while not self._is_over:
            try:
                await self._random.choice(self._acts)()
            except (NotOnScreen, NeverHappened):  # a bot died in the middle of it
                await self._close_everything()
            await asyncio.sleep(self._random.uniform(0.0, self._pause))

    def stop(self) -> None:
        self._is_over = True

    def reads(self) -> Iterator[str]:
        """Every message that this person can see."""
        for conversation in self._human.screen.conversations:
            yield from (message.text for message in self._human.sees(conversation.id))

    async def _run_command(self) -> None:
        entry = next(self._book)
        sent = self._sent()
        await self._human.runs("support", f"/phoneid {entry.phone} {CANARY}")
        await self._note(sent(), entry)

    async def _fill_in_form(self) -> None:
        entry = next(self._book)
        await self._human.runs("support", f"/phoneid {entry.phone}")
        modal = await self._human.until(lambda: self._human.modal, timeout=PATIENCE)
        needs_approval = asking.FORM_SUBMIT_FOR_APPROVAL in str(modal.content)
        if not needs_approval or self._random.random() < 0.6:
            self._human.fills(block_id="code", text=CANARY)
        await self._submit(entry)

    async def _fill_in_list(self) -> None:
        listed = [next(self._book) for _ in range(self._random.randint(2, 12))]
        await self._human.runs("support", "/phoneid list")
        await self._human.until(lambda: self._human.modal, timeout=PATIENCE)
        self._human.fills(block_id="numbers", text="\n".join(f"{each.phone} {CANARY}" for each in listed))
        await self._submit(*listed)

    async def _submit(self, *entries: Entry) -> None:
        self._human.fills(block_id="reason", text=f"ticket {self._random.randrange(1000)}")
        sent = self._sent()
        await self._human.submits()
        await self._note(sent(), *entries)
        await asyncio.sleep(self._random.uniform(0.0, 0.2))
        await self._close_everything()

    async def _decide(self) -> None:
        for card in self._offers(self._human.dm, texts.APPROVE):
            if self._random.random() < 0.7:
                await self._human.clicks_stale(card, texts.APPROVE)
            else:
                await self._press(card, texts.DENY)
                self._human.fills(block_id="reason", text="not today")
                await self._human.submits()
                await self._close_everything()

    async def _enter_code(self) -> None:
        for button in texts.ENTER_CODE:
            for message in self._offers(self._human.dm, button):
                metadata = json.loads((await self._press(message, button)).content["private_metadata"])
                numbers = metadata["numbers"].split()
                if len(numbers) > 1:
                    self._human.fills(block_id="numbers", text="\n".join(f"+{digits} {CANARY}" for digits in numbers))
                else:
                    self._human.fills(block_id="code", text=CANARY)
                await self._human.submits()
                await self._close_everything()

    async def _withdraw(self) -> None:
        for message in self._offers("support", texts.WITHDRAW):
            if self._random.random() < 0.1:
                await self._human.clicks_stale(message, texts.WITHDRAW)

    async def _press(self, message: Message, button: str) -> View:
        await self._human.clicks_stale(message, button)
        return await self._human.until(lambda: self._human.modal, timeout=PATIENCE)

    def _offers(self, channel: str, button: str) -> list[Message]:
        """The newest messages with such a button that this person has not looked at yet."""
        newest = self._human.sees(channel)[-NEWEST:]
        found = [each for each in newest if each.ts not in self._used and button in each.buttons]
        self._used.update(each.ts for each in found)
        return found

    def _sent(self) -> Callable[[], Delivery]:
        """Gives what this person sends from now on: the first of it."""
        before = len(self._slack.deliveries)

        def first() -> Delivery:
            sent = [each for each in self._slack.deliveries[before:] if _sender(each) == self._human.person.id]
            if not sent:
                raise NotOnScreen("the form was not complete")
            return sent[0]

        return first

    async def _note(self, delivery: Delivery, *entries: Entry) -> None:
        self.asked += [Asked(each, delivery) for each in entries]
        if self._random.random() < AGAIN:
            await self._slack.redeliver(delivery)

    async def _close_everything(self) -> None:
        while self._human.modal:
            await self._human.closes()


def _sender(delivery: Delivery) -> str:
    payload = delivery.payload
    return str(payload.get("user_id") or payload["user"]["id"])
