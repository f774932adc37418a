"""What the file holds, and what it never can."""

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import fields
from inspect import signature
from pathlib import Path
from typing import get_type_hints

import pytest
from pydantic import SecretBytes, SecretStr

from bot.guesses import Alarm, Guesses, Tally
from bot.models import MASK, Actor, Approval, Card, JournalEntry, Lookup, NewLookup, PhoneNumber, Result, State
from bot.store.connection import changing, connect
from bot.store.sqlite import SqliteStore

PHONE, REASON, ID = "8613800001234", "canary reason " * 8, "canary-phone-number-id"
DENIAL = "canary denial " * 8

VERBS = [verb for name, verb in vars(SqliteStore).items() if callable(verb) and not name.startswith("_")]


@pytest.fixture
async def answered(open_store: Callable[..., Awaitable[SqliteStore]], new: Callable[..., NewLookup]) -> None:
    """A lookup's whole life, and a denial, in a file that is closed again."""
    store = await open_store()
    lookup, _ = await store.accept(new(phone=PhoneNumber(PHONE), reason=REASON), state=State.QUEUED)
    await store.move(lookup.id, from_state=State.QUEUED, to_state=State.CALLING, actor=lookup.agent)
    await store.move(
        lookup.id,
        from_state=State.CALLING,
        to_state=State.ANSWERED,
        actor=lookup.agent,
        result=Result(phone_number_id=ID, api_code="OK"),
    )
    awaiting, _ = await store.accept(new(), state=State.AWAITING, expires_at=1_800_003_600.0)
    await store.move(awaiting.id, from_state=State.AWAITING, to_state=State.DENIED, actor=awaiting.agent, reason=DENIAL)
    await store.aclose()


def test_the_store_has_no_way_to_receive_a_code() -> None:
    values = (Actor, NewLookup, Result, Approval, Card, Lookup, JournalEntry, Alarm, Tally, Guesses)
    given = [(field.name, get_type_hints(value)[field.name]) for value in values for field in fields(value)]
    given += [(name, hint) for verb in VERBS for name, hint in get_type_hints(verb).items()]
    assert len(VERBS) == 35
    assert not {name for name, _ in given} & {"code", "verify_code", "verification_code"}
    assert not [name for name, hint in given if "Secret" in str(hint) or hint in (SecretStr, SecretBytes)]


def test_the_store_takes_values_of_ours_and_nothing_loose() -> None:
    loose = [
        parameter
        for verb in VERBS
        for parameter in signature(verb).parameters.values()
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    ]
    assert loose == []


def test_the_journal_holds_no_number_no_reason_and_no_id(answered: None, plain: sqlite3.Connection) -> None:
    entries = str(plain.execute("SELECT * FROM journal").fetchall())
    lookups = str(plain.execute("SELECT * FROM lookups").fetchall())
    for forgettable in (PHONE, REASON, ID, DENIAL):
        assert forgettable in lookups
        assert forgettable not in entries


@pytest.mark.parametrize("field", ["api_code", "request_id"])
@pytest.mark.parametrize("told", [PHONE, f"R-{PHONE}-1", ID, f"x{ID}"])
async def test_what_the_api_calls_its_answer_takes_no_number_and_no_id_into_the_journal(
    open_store: Callable[..., Awaitable[SqliteStore]],
    new: Callable[..., NewLookup],
    plain: sqlite3.Connection,
    field: str,
    told: str,
) -> None:
    store = await open_store()
    lookup, _ = await store.accept(new(phone=PhoneNumber(PHONE)), state=State.QUEUED)
    codes = {"api_code": None, "request_id": None, field: told}
    result = Result(phone_number_id=ID, api_code=codes["api_code"], request_id=codes["request_id"])
    moved = await store.move(
        lookup.id, from_state=State.QUEUED, to_state=State.ANSWERED, actor=lookup.agent, result=result
    )
    assert getattr(moved.result, field) == MASK
    assert moved.result.phone_number_id == ID
    entries = str(plain.execute("SELECT * FROM journal").fetchall())
    assert not any(word in entries for word in (PHONE, ID))


def test_what_is_overwritten_is_gone_from_the_file(answered: None, path: Path) -> None:
    assert all(word.encode() in path.read_bytes() for word in (PHONE, REASON, ID, DENIAL))
    database = connect(str(path), busy_timeout=1.0)
    with changing(database):
        database.execute("UPDATE lookups SET phone = '', reason = '', phone_number_id = ''")
        database.execute("UPDATE lookups SET decision_reason = '' WHERE decided_at IS NOT NULL")
    database.close()
    assert not any(word.encode() in path.read_bytes() for word in (PHONE, "canary reason", ID, "canary denial"))
