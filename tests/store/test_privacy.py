"""What the record holds, and what it never can."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from inspect import getmembers, isfunction, signature
from typing import Any, get_type_hints

import pytest

import bot.store
from bot import audit, guesses, models
from bot.models import MASK, PhoneNumber
from bot.store import outbox
from bot.store.engine import Tx
from tests import factories
from tests.factories import ANSWERED, NEEDS_APPROVAL
from tests.store.processes import Process

PHONE, REASON, ID, DENIAL = "8613800001234", "canary reason", "canary-phone-number-id", "canary denial"

NOUNS = (
    "backlog",
    "copying",
    "decisions",
    "exposure",
    "forgetting",
    "glance",
    "guesses",
    "journal",
    "lookups",
    "messages",
    "outbox",
    "processes",
    "requests",
    "rights",
    "rows",
    "scrubbing",
    "search",
    "verification",
)


def functions() -> dict[str, Callable[..., Any]]:
    """What the use cases do to the record: each takes the transaction first."""
    found: dict[str, Callable[..., Any]] = {}
    for noun in NOUNS:
        module = importlib.import_module(f"bot.store.{noun}")
        for name, function in getmembers(module, isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                found[f"{noun}.{name}"] = function
    return found


VALUES = [
    value
    for module in (models, audit, guesses, outbox)
    for value in vars(module).values()
    if isinstance(value, type) and is_dataclass(value) and value.__module__ == module.__name__
]


def test_the_store_has_no_way_to_receive_a_code() -> None:
    given = [(field.name, get_type_hints(value)[field.name]) for value in VALUES for field in fields(value)]
    given += [hint for function in functions().values() for hint in get_type_hints(function).items()]
    assert len(VALUES) > 15
    assert len(functions()) > 35
    assert not {name for name, _ in given} & {"code", "codes", "verify_code", "verification_code"}
    assert not [name for name, hint in given if "Secret" in str(hint)]


def test_the_nouns_are_all_there_are() -> None:
    modules = {each.name for each in pkgutil.iter_modules(bot.store.__path__)}
    takers = {
        name
        for name in modules
        for _, function in getmembers(importlib.import_module(f"bot.store.{name}"), isfunction)
        if function.__module__ == f"bot.store.{name}" and next(iter(signature(function).parameters), None) == "tx"
    }
    assert takers == {*NOUNS, "migrations"}


def live(tx: Tx) -> None:
    """A lookup's whole life, and a denial."""
    result = replace(ANSWERED, phone_number_id=ID)
    factories.finished(tx, (PhoneNumber(PHONE),), result, reason=REASON)
    factories.deny(tx, factories.asked(tx, decision=NEEDS_APPROVAL), reason=DENIAL)


def test_the_journal_and_the_outbox_hold_no_number_no_reason_and_no_id(process: Process) -> None:
    process.change(live)
    forgettable = (PHONE, REASON, ID, DENIAL)
    held = str([process.rows(f"SELECT * FROM {table}") for table in ("requests", "lookups")])
    others = str([process.rows(f"SELECT * FROM {table}") for table in ("journal", "outbox", "messages", "state")])
    assert [word for word in forgettable if word not in held] == []
    assert [word for word in forgettable if word in others] == []


@pytest.mark.parametrize("field", ["api_code", "request_id"])
@pytest.mark.parametrize("told", [PHONE, f"R-{PHONE}-1", ID, f"x{ID}"])
def test_what_the_api_calls_its_answer_takes_no_number_and_no_id_into_the_journal(
    process: Process, field: str, told: str
) -> None:
    codes: dict[str, Any] = {"api_code": None, "request_id": None, field: told}
    result = replace(ANSWERED, phone_number_id=ID, **codes)
    ended = process.change(factories.finished, (PhoneNumber(PHONE),), result).lookup
    assert getattr(ended.result, field) == MASK
    assert ended.result.phone_number_id == ID
    entries = str(process.rows("SELECT * FROM journal"))
    assert not any(word in entries for word in (PHONE, ID))


def test_a_salt_of_its_own_keeps_every_digest_from_being_tried_against_numbers(process: Process) -> None:
    process.change(live)
    salts = process.column("SELECT salt FROM requests") + process.column("SELECT salt FROM lookups")
    assert len(set(salts)) == len(salts) == 4
    assert not any(salt.hex() in str(process.rows("SELECT * FROM journal")) for salt in salts)
