"""What people do in the scenarios about approvals, in a few words each."""

import json
import re
import sqlite3
from dataclasses import dataclass

from bot.app import open_store
from bot.models import JournalEntry, Lookup, LookupId, State
from bot.sandbox.cams.book import Entry
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.workspace import Message
from bot.settings import RecordSettings, read
from tests.scenarios.scene import PATIENCE, Scene, entry

GOOD = entry("The ID")
GOOD_ID = "920155500012345"

TO_EACH = {"PHONEID_APPROVAL": "always", "PHONEID_APPROVERS": "U0LEE,U0KIM"}
"""A card to each approver."""

TO_CHANNEL = {
    "PHONEID_APPROVAL": "always",
    "PHONEID_APPROVERS": "S0LEADS",
    "PHONEID_APPROVAL_CHANNEL": "C0APPROVALS",
}
"""One card, in the approvers' channel."""


async def fill_in(
    scene: Scene,
    *,
    human: Human | None = None,
    asked: Entry = GOOD,
    code: str | None = GOOD.code,
    reason: str = "ticket 7",
) -> None:
    """Fill in the form that asks for approval and submit it."""
    who = human or scene.ana
    await who.runs("support", f"/phoneid {asked.phone}")
    await who.until(lambda: who.modal, timeout=PATIENCE)
    if code:
        who.fills(block_id="code", text=code)
    who.fills(block_id="reason", text=reason)
    await who.submits()


async def request(
    scene: Scene,
    *,
    human: Human | None = None,
    asked: Entry = GOOD,
    code: str | None = GOOD.code,
    reason: str = "ticket 7",
) -> LookupId:
    """Ask for approval, until it is asked for."""
    who = human or scene.ana
    await fill_in(scene, human=who, asked=asked, code=code, reason=reason)
    words = await who.until(
        lambda: who.modal.words if who.modal and "awaits approval" in who.modal.words else None, timeout=PATIENCE
    )
    await who.closes()
    found = re.search(r"L-\w{8}", words)
    assert found
    return LookupId(found[0])


def find_card(human: Human, lookup_id: LookupId, *, channel: str = "") -> Message:
    """The first copy of a request's card that somebody sees."""
    seen = human.sees(channel or human.dm)
    return next(each for each in seen if lookup_id in each.words and "Asked by" in each.words)


async def open_modal(human: Human, button: str, *, message: Message | None = None) -> str:
    """Press a button that opens a window; the window's words."""
    await human.clicks(button, message=message)
    modal = await human.until(lambda: human.modal, timeout=PATIENCE)
    return modal.words


async def deny(human: Human, reason: str, *, message: Message | None = None) -> None:
    await open_modal(human, "Deny", message=message)
    human.fills(block_id="reason", text=reason)
    await human.submits()


async def told(scene: Scene, containing: str) -> Message:
    """What the bot told Ana directly, with these words in it."""
    return await scene.answer(scene.ana, containing, channel=scene.ana.dm)


async def finish(scene: Scene) -> None:
    """Wait until the bot has done everything it was asked for."""
    assert scene.bot
    assert await scene.bot.jobs.drain(PATIENCE)


async def find(scene: Scene, lookup_id: LookupId) -> Lookup:
    return next(each for each in await scene.lookups() if each.id == lookup_id)


async def state_of(scene: Scene, lookup_id: LookupId) -> State:
    return (await find(scene, lookup_id)).state


async def journal(scene: Scene, lookup_id: LookupId) -> list[JournalEntry]:
    async with open_store(read(RecordSettings, {"DATABASE_URL": scene.environment["DATABASE_URL"]})) as store:
        return await store.journal(lookup_id)


@dataclass(frozen=True)
class Forbidden:
    """Something that was tried in vain, as the journal has it."""

    user_id: str
    team_id: str
    lookup_id: str | None
    action: str
    why: str


def forbidden(scene: Scene) -> list[Forbidden]:
    """Everything that was tried in vain, also on requests that are not there."""
    database = sqlite3.connect(scene.environment["DATABASE_URL"].removeprefix("sqlite:///"))
    try:
        rows = database.execute(
            "SELECT user_id, team_id, lookup_id, facts FROM journal WHERE event = 'forbidden' ORDER BY seq"
        ).fetchall()
    finally:
        database.close()
    return [_tried(*row) for row in rows]


def _tried(user_id: str, team_id: str, lookup_id: str | None, facts: str) -> Forbidden:
    read_facts = json.loads(facts)
    return Forbidden(user_id, team_id, lookup_id, action=read_facts["action"], why=read_facts["why"])


def buttons_left(scene: Scene, lookup_id: LookupId) -> list[str]:
    """The buttons on every copy of a request's card, whoever sees it."""
    return [
        button
        for human in scene.slack.humans.values()
        for conversation in human.screen.conversations
        for message in human.sees(conversation.id)
        if lookup_id in message.words and "Asked by" in message.words
        for button in message.buttons
    ]
