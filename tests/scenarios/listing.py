"""What people do in the scenarios about several numbers, in a few words each, and what the record says of them."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bot.audit import Event, JournalEntry
from bot.models import Actor, ApprovalState, PhoneNumber, Request, RequestId, Through
from bot.sandbox.cams.book import Entry
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.workspace import Message
from bot.store import processes, verification
from bot.store.names import new_process
from bot.store.record import Record
from bot.store.urls import record_at
from tests import factories
from tests.recorded import Recorded
from tests.scenarios.asking import journal, record_of
from tests.scenarios.databases import go_by, hands_on
from tests.scenarios.scene import PATIENCE, Scene, entry

GOOD, OPAQUE, REFUSED = entry("The ID"), entry("An ID with letters"), entry("Unknown.ResourceOwnerId")
THREE = (GOOD, OPAQUE, REFUSED)
"""Two with an ID and one without."""

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
KIM = Actor(team_id="T0SANDBOX", user_id="U0KIM", through=Through.SLACK)
LEE = Actor(team_id="T0SANDBOX", user_id="U0LEE", through=Through.SLACK)


def lines(entries: Sequence[Entry], *, with_codes: bool = True) -> str:
    """As an agent types several numbers."""
    return "\n".join(f"{each.phone} {each.code}" if with_codes else each.phone for each in entries)


async def open_list_form(scene: Scene, *, human: Human | None = None) -> Human:
    who = human or scene.ana
    await who.runs("support", "/phoneid list")
    await who.until(lambda: who.modal, timeout=PATIENCE)
    return who


async def submit_list(scene: Scene, typed: str, *, human: Human | None = None, reason: str = "") -> Human:
    """Fill in the form and submit it, once."""
    who = await open_list_form(scene, human=human)
    who.fills(block_id="numbers", text=typed)
    if reason:
        who.fills(block_id="reason", text=reason)
    await who.submits()
    return who


async def window_with(human: Human, words: str) -> str:
    """What a window says, as soon as it says this."""
    return await human.until(
        lambda: human.modal.words if human.modal and words in human.modal.words else None, timeout=PATIENCE
    )


async def message_with(human: Human, words: str, *, channel: str = "", patience: float = PATIENCE) -> Message:
    """The newest message with these words in it."""

    def find() -> Message | None:
        seen = reversed(human.sees(channel or human.dm))
        return next((each for each in seen if words in each.text or words in each.words), None)

    return await human.until(find, timeout=patience)


async def listed(scene: Scene) -> list[Recorded]:
    """Everything recorded, oldest first; in a request by position."""
    return sorted(await scene.lookups(), key=lambda each: (each.asked_at, each.position))


def request_in(words: str) -> RequestId:
    found = re.search(r"R-\w{8}", words)
    assert found
    return RequestId(found[0])


@asynccontextmanager
async def died_an_hour_ago(scene: Scene) -> AsyncIterator[Record]:
    """The scene's database, as a process opened it that was last seen an hour ago."""

    def an_hour_ago() -> float:
        return scene.clock.now() - factories.HOUR

    record = record_at(scene.environment["DATABASE_URL"], process=new_process(), clock_now=an_hour_ago)
    go_by(record, an_hour_ago)
    await record.open()
    try:
        await record.change(processes.beat)
        yield record
    finally:
        await record.aclose()


async def died_running(scene: Scene) -> Request:
    """A lookup of Ana's that waits for its turn in a process that is dead."""
    async with died_an_hour_ago(scene) as record:
        return await record.change(factories.asked, [PhoneNumber(GOOD.digits)], agent=ANA)


async def entries_of(scene: Scene, lookup: Recorded) -> list[JournalEntry]:
    """What the journal says of one number of a request."""
    return [each for each in await journal(scene, lookup.request_id) if each.position == lookup.position]


async def events_of(scene: Scene, lookup: Recorded) -> list[Event]:
    return [each.event for each in await entries_of(scene, lookup)]


async def decisions_on(scene: Scene, request_id: RequestId) -> list[str | None]:
    """What the waiting for an approval ended in, each time that it did."""
    return [each.to_state for each in await journal(scene, request_id) if each.from_state == ApprovalState.AWAITING]


async def is_whole(scene: Scene) -> bool:
    """Whether the journal is unbroken, and vouches for everything in the record."""
    async with record_of(scene) as record:
        return (await record.read(verification.inspect)).fault is None


def outbox_of(scene: Scene, request_id: RequestId) -> list[str]:
    """The kinds of what is still to be said of a request, also later."""
    sql = "SELECT kind FROM outbox JOIN requests ON requests.number = outbox.request WHERE requests.id = ?"
    with hands_on(scene.database_url) as database:
        return [kind for (kind,) in database.execute(sql, [request_id])]


def make_overdue(scene: Scene) -> None:
    """As if the time had passed in which whoever made a change says it, and nobody had."""
    with hands_on(scene.database_url) as database:
        database.execute("UPDATE outbox SET due_at = 1 WHERE kind IN ('agent', 'cards')")


def silence(scene: Scene) -> None:
    """As if the half minute had passed after which a silent process counts as dead."""
    with hands_on(scene.database_url) as database:
        assert database.execute("UPDATE processes SET seen_at = 1").rowcount > 0
