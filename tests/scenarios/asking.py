"""What people do in the scenarios about approvals, in a few words each."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.app import open_record
from bot.audit import JournalEntry
from bot.models import ApprovalState, RequestId, State
from bot.sandbox.cams.book import Entry
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.workspace import Message
from bot.settings import RecordSettings, read
from bot.store import journal as journal_store
from bot.store.record import Record
from tests.english import OUTCOMES
from tests.recorded import Recorded
from tests.scenarios.databases import hands_on
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

TOLD_ENTER_CODE = OUTCOMES[ApprovalState.APPROVED].told
TOLD_ANSWERED = OUTCOMES[State.ANSWERED].told
TOLD_DENIED = OUTCOMES[ApprovalState.DENIED].told
TOLD_WITHDRAWN = OUTCOMES[ApprovalState.WITHDRAWN].told
TOLD_EXPIRED = OUTCOMES[ApprovalState.EXPIRED].told
TOLD_LAPSED = OUTCOMES[ApprovalState.LAPSED].told

Standing = tuple[ApprovalState, State]
"""How a request for one number stands, and that number."""

AWAITING = (ApprovalState.AWAITING, State.HELD)
UNUSED = (ApprovalState.APPROVED, State.HELD)
ANSWERED = (ApprovalState.APPROVED, State.ANSWERED)
DENIED = (ApprovalState.DENIED, State.DROPPED)
WITHDRAWN = (ApprovalState.WITHDRAWN, State.DROPPED)
EXPIRED = (ApprovalState.EXPIRED, State.DROPPED)
LAPSED = (ApprovalState.LAPSED, State.DROPPED)


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
) -> RequestId:
    """Ask for approval, until it is asked for."""
    who = human or scene.ana
    await fill_in(scene, human=who, asked=asked, code=code, reason=reason)
    words = await who.until(
        lambda: who.modal.words if who.modal and "waiting for approval" in who.modal.words else None,
        timeout=PATIENCE,
    )
    await who.closes()
    if scene.bot:
        await finish(scene)  # the cards need not be there before the receipt
    found = re.search(r"R-\w{8}", words)
    assert found
    return RequestId(found[0])


def find_card(human: Human, request_id: RequestId, *, channel: str = "") -> Message:
    """The first copy of a request's card that somebody sees."""
    seen = human.sees(channel or human.dm)
    return next(each for each in seen if request_id in each.words and "Requested by" in each.words)


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


@asynccontextmanager
async def record_of(scene: Scene) -> AsyncIterator[Record]:
    """The record of a scene's bot, as another process opens it."""
    settings = read(RecordSettings, {"DATABASE_URL": scene.environment["DATABASE_URL"]})
    async with open_record(settings, scene.clock) as record:
        yield record


def path_of(scene: Scene) -> str:
    """The file with it, for tests that are about files."""
    return scene.database_url.removeprefix("sqlite:///")


async def find(scene: Scene, request_id: RequestId) -> Recorded:
    """The lookup of a request for one number."""
    (found,) = [each for each in await scene.lookups() if each.request_id == request_id]
    return found


async def standing_of(scene: Scene, request_id: RequestId) -> Standing:
    found = await find(scene, request_id)
    return found.approval.state, found.state


async def journal(scene: Scene, request_id: RequestId) -> list[JournalEntry]:
    async with record_of(scene) as record:
        return await record.read(journal_store.of_request, request_id)


@dataclass(frozen=True)
class Forbidden:
    """Something that was tried in vain, as the journal has it."""

    user_id: str
    team_id: str
    request_id: str | None
    action: str
    why: str


def forbidden(scene: Scene) -> list[Forbidden]:
    """Everything that was tried in vain, also on requests that are not there."""
    with hands_on(scene.database_url) as database:
        rows = database.execute(
            "SELECT user_id, team_id, request, facts FROM journal WHERE event = 'forbidden' ORDER BY seq"
        ).fetchall()
    return [_tried(*row) for row in rows]


def _tried(user_id: str, team_id: str, request_id: str | None, facts: str) -> Forbidden:
    read_facts = json.loads(facts)
    return Forbidden(user_id, team_id, request_id, action=read_facts["action"], why=read_facts["why"])


def buttons_left(scene: Scene, request_id: RequestId) -> list[str]:
    """The buttons on every copy of a request's card, whoever sees it."""
    return [
        button
        for human in scene.slack.humans.values()
        for conversation in human.screen.conversations
        for message in human.sees(conversation.id)
        if request_id in message.words and "Requested by" in message.words
        for button in message.buttons
    ]
