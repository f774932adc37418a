"""What is forgotten is in no file any more, and the journal is as whole as before."""

import itertools
import random
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.errors import StillOpen
from bot.guesses import FREE_FOR_NUMBER
from bot.models import FORGOTTEN, Actor, Event, Lookup, LookupId, NewLookup, PhoneNumber, Result, State, Through
from bot.store import forgetting
from bot.store.connection import changing, connect, let_readers_pass
from bot.store.migrations import migrate
from bot.store.sqlite import SqliteStore
from bot.traces import Traces
from tests.clocks import SteppingClock
from tests.guessing import use_up

OpenStore = Callable[..., Awaitable[SqliteStore]]

PHONE, OTHER = PhoneNumber("8613800001234"), PhoneNumber("12025550101")
ID = "920155500012345"
REASON, DENIAL = "canary reason", "canary denial"
OPERATOR = Actor(team_id="host", user_id="olga", through=Through.COMMAND_LINE)

WRITTEN = (PHONE.digits, PHONE.digits[2:], PHONE.international, "138 0000 1234", ID, REASON, DENIAL)


def forms(text: str) -> list[bytes]:
    return [text.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")]


def found_in_files(path: Path, words: tuple[str, ...] = WRITTEN) -> set[tuple[str, str]]:
    """Which words are in which of the database's files."""
    files = [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))]
    contents = {each.name: each.read_bytes() for each in files if each.exists()}
    return {
        (name, word) for name, held in contents.items() for word in words if any(each in held for each in forms(word))
    }


def content(path: Path) -> bytes:
    return path.read_bytes()


async def answer(store: SqliteStore, new: NewLookup, phone_number_id: str = ID) -> Lookup:
    lookup, _ = await store.accept(new, state=State.QUEUED)
    await store.move(lookup.id, from_state=State.QUEUED, to_state=State.CALLING, actor=lookup.agent)
    result = Result(phone_number_id=phone_number_id, api_code="OK")
    answered = await store.move(
        lookup.id, from_state=State.CALLING, to_state=State.ANSWERED, actor=lookup.agent, result=result
    )
    await store.told(lookup.id, State.ANSWERED)
    return answered


async def deny(store: SqliteStore, new: NewLookup, reason: str = DENIAL) -> Lookup:
    lookup, _ = await store.accept(new, state=State.AWAITING, expires_at=1_900_000_000.0)
    denied = await store.move(
        lookup.id, from_state=State.AWAITING, to_state=State.DENIED, actor=lookup.agent, reason=reason
    )
    await store.told(lookup.id, State.DENIED)
    return denied


async def test_a_forgotten_number_is_in_no_file(store: SqliteStore, new: Callable[..., NewLookup], path: Path) -> None:
    await answer(store, new(reason=REASON))
    await deny(store, new(reason=f"please, for {PHONE.international}"))
    await deny(store, new(phone=OTHER, reason="as for +86 138 0000 1234"))
    assert {word for _, word in found_in_files(path)} == set(WRITTEN)
    assert await store.forget(PHONE, actor=OPERATOR) == Traces(ended=2, running=0, waiting=0, mentions=1)
    assert await store.scrub()
    assert found_in_files(path) == set()
    assert (await store.inspect()).fault is None
    assert found_in_files(path, (OTHER.digits,))


def fill(database: Database, dice: random.Random) -> None:
    """Rows that are written and then grow, so that SQLite moves some of them to other pages."""
    for number in range(1000):
        is_one = number % 50 == 7
        row = {
            "number": number,
            "id": f"L-{dice.randrange(10**8)}-{number}",
            "phone": PHONE.digits if is_one else str(dice.randrange(10**10, 10**13)),
            "reason": REASON * dice.randrange(60) if is_one else "x" * dice.randrange(900),
            "salt": bytes(32),
        }
        database.execute(
            "INSERT INTO lookups (id, state, team_id, user_id, through, channel_id, phone, reason, submission_key,"
            " created_at, updated_at, salt)"
            " VALUES (:id, 'answered', 'T', 'U', 'slack', 'C', :phone, :reason, :id, :number, :number, :salt)",
            row,
        )
        database.execute("UPDATE lookups SET phone_number_id = ? WHERE rowid = ?", [f"{number:016}", number - 2])


@pytest.mark.parametrize("seed", range(16))
def test_it_is_in_no_gap_of_a_page_either(path: Path, seed: int) -> None:
    # `secure_delete` zeroes what is deleted, not what a row leaves behind that SQLite moved: of these, some leave it.
    database = connect(str(path), busy_timeout=1.0)
    migrate(database)
    let_readers_pass(database)
    with changing(database):
        fill(database, random.Random(seed))
    with changing(database):
        forgetting.forget(database, PHONE, actor=OPERATOR, now=1.0)
    assert forgetting.scrub(database)
    database.close()
    assert found_in_files(path, (PHONE.digits, REASON)) == set()


async def test_a_forgotten_lookup_is_still_there_without_what_was_forgotten(
    store: SqliteStore, new: Callable[..., NewLookup]
) -> None:
    before = await answer(store, new(reason=REASON))
    await store.forget(PHONE, actor=OPERATOR)
    after = await store.find(before.id)
    assert after
    assert after.is_forgotten
    assert not before.is_forgotten
    result = replace(before.result, phone_number_id=None)
    assert after == replace(before, phone=FORGOTTEN, reason="", result=result)


async def test_forgetting_is_in_the_journal_without_the_number(
    store: SqliteStore, new: Callable[..., NewLookup], plain: sqlite3.Connection
) -> None:
    forgotten, mentions = await answer(store, new()), await answer(store, new(phone=OTHER, reason=f"see {ID}"), "1")
    await store.forget(PHONE, actor=OPERATOR)
    for lookup, what in ((forgotten, "all"), (mentions, "reasons")):
        entry = (await store.journal(lookup.id))[-1]
        assert (entry.event, entry.actor, entry.facts) == (Event.FORGOTTEN, OPERATOR, {"what": what, "why": "command"})
    entries = str(plain.execute("SELECT * FROM journal").fetchall())
    assert not any(word in entries for word in WRITTEN)


async def test_the_digest_that_stays_cannot_be_tried_against_numbers(
    store: SqliteStore, new: Callable[..., NewLookup], path: Path, plain: sqlite3.Connection
) -> None:
    await answer(store, new())
    ((salt,),) = plain.execute("SELECT salt FROM lookups")
    await store.forget(PHONE, actor=OPERATOR)
    await store.scrub()
    assert not any(salt in each.read_bytes() for each in path.parent.iterdir())


@pytest.mark.parametrize(
    ("reason", "is_mention"),
    [
        (f"call {PHONE.digits}", True),
        (f"call +{PHONE.digits}.", True),
        (PHONE.international, True),
        ("0138-0000-1234", True),
        ("(138) 0000.1234", True),
        ("１３８０００0１２３４", True),
        ("١٣٨٠٠٠٠١٢٣٤", True),
        ("138\u200b00001234", True),
        (f"got {ID}", True),
        ("13800001235", False),
        ("ticket 1234", False),
        ("", False),
    ],
)
async def test_other_lookups_reasons_that_mention_the_number_are_forgotten(
    store: SqliteStore, new: Callable[..., NewLookup], reason: str, *, is_mention: bool
) -> None:
    await answer(store, new())
    asked = await answer(store, new(phone=OTHER, reason=reason), "1")
    denied = await deny(store, new(phone=OTHER), reason=reason)
    assert (await store.traces(PHONE)).mentions == 2 * is_mention
    await store.forget(PHONE, actor=OPERATOR)
    after, decided = await store.find(asked.id), await store.find(denied.id)
    assert after
    assert decided
    assert decided.approval
    left = "" if is_mention else reason
    assert (after.reason, decided.approval.reason) == (left, left)
    assert (after.phone, after.result.phone_number_id) == (OTHER, "1")
    assert (await store.inspect()).fault is None


@pytest.mark.parametrize(
    ("states", "traces"),
    [
        ([State.QUEUED], Traces(ended=1, running=1, waiting=0, mentions=0)),
        ([State.QUEUED, State.CALLING], Traces(ended=1, running=1, waiting=0, mentions=0)),
        ([State.AWAITING], Traces(ended=1, running=0, waiting=1, mentions=0)),
        ([State.AWAITING, State.APPROVED], Traces(ended=1, running=0, waiting=1, mentions=0)),
    ],
)
async def test_a_number_that_is_being_asked_for_is_not_forgotten(
    store: SqliteStore, new: Callable[..., NewLookup], states: list[State], traces: Traces
) -> None:
    ended = await answer(store, new())
    expires_at = 1_900_000_000.0 if states[0] is State.AWAITING else None
    lookup, _ = await store.accept(new(), state=states[0], expires_at=expires_at)
    for from_state, to_state in itertools.pairwise(states):
        await store.move(lookup.id, from_state=from_state, to_state=to_state, actor=lookup.agent)
    with pytest.raises(StillOpen) as caught:
        await store.forget(PHONE, actor=OPERATOR)
    assert caught.value.traces == traces
    assert await store.find(ended.id) == ended


async def test_a_number_nobody_asked_for_leaves_no_entry(store: SqliteStore) -> None:
    before = await store.journal_head()
    assert await store.forget(PHONE, actor=OPERATOR) == Traces(ended=0, running=0, waiting=0, mentions=0)
    assert await store.journal_head() == before


async def test_a_reader_keeps_old_bytes_and_whoever_comes_next_removes_them(
    open_store: OpenStore, new: Callable[..., NewLookup], path: Path, plain: sqlite3.Connection
) -> None:
    store, bot = await open_store(busy_timeout=0.0), await open_store()
    await answer(store, new(reason=REASON))
    plain.execute("BEGIN")
    plain.execute("SELECT * FROM lookups").fetchall()
    await store.forget(PHONE, actor=OPERATOR)
    assert not await store.scrub()
    assert found_in_files(path)
    plain.execute("COMMIT")
    await store.aclose()
    assert await bot.scrub()
    assert found_in_files(path) == set()


async def test_with_nothing_forgotten_the_file_is_not_written_anew(
    store: SqliteStore, new: Callable[..., NewLookup], path: Path
) -> None:
    await answer(store, new())
    await store.forget(PHONE, actor=OPERATOR)
    assert await store.scrub()
    before = content(path)
    await answer(store, new())  # in the log, not yet in the file
    assert await store.scrub()
    assert content(path) == before


async def test_what_is_old_is_forgotten_the_oldest_first(
    store: SqliteStore, new: Callable[..., NewLookup], clock: SteppingClock, path: Path
) -> None:
    old = []
    for _ in range(3):
        old.append(await answer(store, new(reason=REASON)))
        clock.time += 10
    young = await answer(store, new(phone=OTHER))
    forgotten = [await store.forget_old(before=clock.time, limit=2) for _ in range(3)]
    assert forgotten == [2, 1, 0]
    assert await store.scrub()
    assert found_in_files(path, (PHONE.digits, REASON)) == set()
    assert await store.find(young.id) == young
    entry = (await store.journal(old[0].id))[-1]
    assert (entry.actor.user_id, entry.facts) == ("sweeper", {"what": "all", "why": "retention"})
    assert (await store.inspect()).fault is None


async def test_what_has_not_ended_or_was_not_told_is_not_old(
    store: SqliteStore, new: Callable[..., NewLookup], clock: SteppingClock
) -> None:
    untold, _ = await store.accept(new(), state=State.QUEUED)
    await store.move(untold.id, from_state=State.QUEUED, to_state=State.FAILED, actor=untold.agent)
    await store.accept(new(), state=State.QUEUED)
    await store.accept(new(), state=State.AWAITING, expires_at=1_900_000_000.0)
    clock.time += 86399
    assert await store.forget_old(before=clock.time, limit=10) == 0
    clock.time += 1  # nobody could tell them for a day: they have left
    assert await store.forget_old(before=clock.time, limit=10) == 1


async def test_two_processes_that_forget_at_once_forget_once(
    open_store: OpenStore, new: Callable[..., NewLookup], clock: SteppingClock
) -> None:
    one, two = await open_store(), await open_store()
    lookup = await answer(one, new())
    clock.time += 1
    assert [await each.forget_old(before=clock.time, limit=10) for each in (one, two)] == [1, 0]
    assert [entry.event for entry in await one.journal(LookupId(lookup.id))].count(Event.FORGOTTEN) == 1


async def test_refused_codes_of_a_forgotten_number_count_for_their_agent_and_no_more_for_the_number(
    store: SqliteStore, ana: Actor
) -> None:
    last = await use_up(store, ana, PHONE)
    await store.forget(PHONE, actor=OPERATOR)
    counted = await store.tally(ana, PHONE)
    assert (counted.for_number.refused, counted.by_agent.refused) == (0, FREE_FOR_NUMBER)
    (alarm,) = await store.claim_alarms()
    assert (alarm.lookup.id, alarm.lookup.is_forgotten) == (last.id, True)
    await store.alarm_told(alarm, people=1)
    assert (await store.inspect()).fault is None
