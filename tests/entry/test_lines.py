"""Several numbers, one to a line: each mistake is named by its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.entry.lines import MOST, WHOLE, read_lines
from bot.errors import EntryMistake

GOOD, CODE = "+86 138 0000 1234", "208312"
OTHER = "+1 202-555-0101 004217"


@pytest.mark.parametrize(
    "typed",
    [
        f"{GOOD} {CODE}\n{OTHER}",
        f"\n\n{GOOD} {CODE}\n   \n{OTHER}\n\n",  # empty lines mean nothing
        f"{GOOD}, {CODE}\r\n{OTHER}",  # as a spreadsheet or Windows has it
        f"{GOOD}\t{CODE}\n{OTHER}",
        f"{CODE} {GOOD}\n{OTHER}",  # the code first
        f"number: {GOOD} code: {CODE}\n{OTHER}",
    ],
)
def test_numbers_and_codes_are_read_line_by_line(typed: str) -> None:
    read = read_lines(typed, region=None)
    assert read.mistakes == {}
    assert [each.phone.digits for each in read.listed] == ["8613800001234", "12025550101"]
    assert [code.get_secret_value() for code in read.codes] == [CODE, "004217"]


@pytest.mark.parametrize("separator", [", ", ",", "; ", "\t", "\uff0c"])
@pytest.mark.parametrize("code", ["ABCDE1", "123", "123456789", "x" * 31 + "7"])
def test_behind_a_separator_every_code_is_one(separator: str, code: str) -> None:
    read = read_lines(f"{GOOD}{separator}{code}", region=None)
    assert read.mistakes == {}
    assert read.listed[0].phone.digits == "8613800001234"
    assert [each.get_secret_value() for each in read.codes] == [code]


@pytest.mark.parametrize(
    "typed",
    [
        f"{GOOD}, 8613800001235",  # two numbers
        f"{GOOD} {CODE}, Anna",
        "+49 30 1234567 208312, Anna",  # all of it is a number as well: the code would be kept in it
        f"{GOOD}, {CODE}, Anna",
        f"{GOOD}, code{CODE}",
    ],
)
def test_what_is_behind_a_separator_may_also_be_no_code(typed: str) -> None:
    assert read_lines(typed, region=None).mistakes == {1: EntryMistake.LINE_UNCERTAIN}


@pytest.mark.parametrize("behind", [", AB", f", {'x' * 33}", ", done by Ana", " ABCDEF"])
def test_what_is_behind_a_number_and_can_be_no_code_is_called_so(behind: str) -> None:
    assert read_lines(f"{GOOD}{behind}", region=None).mistakes == {1: EntryMistake.CODE_UNREADABLE}


def test_two_numbers_in_a_line_are_called_so() -> None:
    assert read_lines(f"{GOOD}, +86 138 0000 1235", region=None).mistakes == {1: EntryMistake.NUMBERS_FUSED}


@pytest.mark.parametrize(
    ("typed", "mistakes"),
    [
        ("", {WHOLE: EntryMistake.LIST_EMPTY}),
        (" \n\t\n", {WHOLE: EntryMistake.LIST_EMPTY}),
        ("x" * 3001, {WHOLE: EntryMistake.LIST_TOO_LONG}),
        ("\n".join(["1"] * (MOST + 1)), {WHOLE: EntryMistake.LIST_TOO_LONG}),
        (GOOD, {1: EntryMistake.CODE_MISSING}),
        (f"\n{GOOD}", {2: EntryMistake.CODE_MISSING}),  # lines are counted as they stand on the screen
        ("hello", {1: EntryMistake.LINE_UNREADABLE}),
        ("help", {1: EntryMistake.LINE_UNREADABLE}),  # no command here
        ("list", {1: EntryMistake.LINE_UNREADABLE}),
        (CODE, {1: EntryMistake.NUMBER_MISSING}),
        (f"138 0000 1234 {CODE}", {1: EntryMistake.NUMBER_WITHOUT_COUNTRY}),
        ("+358369484719078, 719078", {1: EntryMistake.NUMBER_HOLDS_CODE}),
        (
            f"8.6138E+12\t{CODE}\n8,6138E+12;{CODE}\n8,6138E+12\t{CODE}\n8613800001234.0, {CODE}\n###\t{CODE}",
            dict.fromkeys(range(1, 6), EntryMistake.NUMBER_FROM_SPREADSHEET),
        ),
        ("+8613800001234208312", {1: EntryMistake.LINE_UNCERTAIN}),  # without a gap nobody can tell
        (f"{GOOD} {CODE}\n+8613800001234 999999", {2: EntryMistake.NUMBER_TWICE}),
        (f"hello\n{GOOD} {CODE}\n{GOOD} {CODE}", {1: EntryMistake.LINE_UNREADABLE, 3: EntryMistake.NUMBER_TWICE}),
    ],
)
def test_each_mistake_has_its_line(typed: str, mistakes: dict[int, EntryMistake]) -> None:
    assert read_lines(typed, region=None).mistakes == mistakes


def test_where_codes_may_wait_a_number_alone_is_a_line_and_a_glued_code_still_a_mistake() -> None:
    read = read_lines(f"{GOOD}\n{OTHER}\n+8613800001235208312", region=None, needs_codes=False)
    assert [each.code is None for each in read.listed] == [True, False]
    assert read.mistakes == {3: EntryMistake.LINE_UNCERTAIN}


def test_a_national_number_is_read_where_the_region_is_known() -> None:
    assert read_lines("138 0000 1234 208312", region=None).mistakes
    assert read_lines("138 0000 1234 208312", region="CN").listed[0].phone.digits == "8613800001234"


@given(st.text(max_size=200), st.booleans())
def test_every_line_is_read_or_named(typed: str, needs_codes: bool) -> None:  # noqa: FBT001 - hypothesis passes it by position
    read = read_lines(typed, region=None, needs_codes=needs_codes)
    if WHOLE not in read.mistakes:
        filled = {number for number, line in enumerate(typed.splitlines(), start=1) if line.strip()}
        assert {each.line for each in read.listed} ^ set(read.mistakes) == filled
