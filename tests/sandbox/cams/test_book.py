"""The book's numbers can be typed, are invented, and each has its own."""

import phonenumbers
import pytest

from bot.models import PhoneNumber
from bot.sandbox.cams.answers import Refusal, Success
from bot.sandbox.cams.book import BOOK, Entry

each = pytest.mark.parametrize("entry", BOOK, ids=lambda entry: entry.outcome)


@each
def test_a_number_is_valid_and_shown_as_people_write_it(entry: Entry) -> None:
    assert phonenumbers.is_valid_number(phonenumbers.parse(entry.phone))
    assert PhoneNumber(entry.digits).international == entry.phone


@each
def test_a_number_is_invented(entry: Entry) -> None:
    assert entry.digits == "8613800001234" or entry.digits.startswith("120255501")


@each
def test_a_code_is_six_digits(entry: Entry) -> None:
    assert entry.code.isdecimal()
    assert len(entry.code) == 6


@each
def test_an_entry_says_what_it_shows(entry: Entry) -> None:
    assert len(entry.outcome) <= 60
    assert entry.explanation.endswith(".")


@each
def test_no_id_is_the_number_or_the_code(entry: Entry) -> None:
    ids = [reply.phone_number_id for reply in entry.replies if isinstance(reply, Success)]
    assert not {entry.digits, entry.code} & set(ids)


def test_no_number_or_code_is_there_twice() -> None:
    assert len(BOOK) == len({entry.digits for entry in BOOK}) == len({entry.code for entry in BOOK})


def test_the_documented_errors_are_all_there() -> None:
    codes = {reply.code for entry in BOOK for reply in entry.replies if isinstance(reply, Refusal)}
    assert codes >= {"Product.Unsubscript", "Ram.PermissionDeny", "System.LimitControl", "Unknown.ResourceOwnerId"}


def test_one_id_is_not_digits() -> None:
    ids = [reply.phone_number_id or "" for entry in BOOK for reply in entry.replies if isinstance(reply, Success)]
    assert any(not phone_number_id.isdecimal() for phone_number_id in ids if phone_number_id)


def test_the_trap_repeats_its_own_code() -> None:
    trap = next(entry for entry in BOOK if entry.digits == "12025550115")
    (reply,) = trap.replies
    assert isinstance(reply, Refusal)
    assert trap.code in reply.code
    assert trap.code in reply.message
