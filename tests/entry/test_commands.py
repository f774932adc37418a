"""What is typed after /phoneid: a number, a code, both, in either order, or none."""

import re
from contextlib import suppress

import phonenumbers
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.entry.command import Typed, TypedKind, read_command
from bot.entry.numbers import read_phone_number
from bot.errors import EntryError, EntryMistake

HAPPY = "8613800001234"
CODE = "208312"
DEMO = "12025550100"


def _told(typed: Typed) -> tuple[TypedKind, str | None, str | None]:
    return (
        typed.kind,
        typed.number.digits if typed.number else None,
        typed.code.get_secret_value() if typed.code else None,
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", TypedKind.EMPTY),
        (" \u200b\n", TypedKind.EMPTY),
        ("``", TypedKind.EMPTY),
        ("help", TypedKind.HELP),
        ("  HELP ", TypedKind.HELP),
        ("?", TypedKind.HELP),
        ("\uff1f", TypedKind.HELP),
        ("`help`", TypedKind.HELP),
        ("history", TypedKind.HISTORY),
        (" History ", TypedKind.HISTORY),
        ("why", TypedKind.WHY),
        ("help me", TypedKind.UNREADABLE),
        ("history 2", TypedKind.UNREADABLE),
        ("hilfe", TypedKind.UNREADABLE),
        ("hello", TypedKind.UNREADABLE),
        ("123", TypedKind.UNREADABLE),
        ("A1B2C3", TypedKind.UNREADABLE),
        ("1 " * 400, TypedKind.UNREADABLE),
    ],
)
def test_a_text_without_number_and_code_is_told_apart(text: str, kind: TypedKind) -> None:
    assert read_command(text, region=None) == Typed(kind=kind)


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+86 138 0000 1234", None, HAPPY),
        ("8613800001234", None, HAPPY),
        ("138 0000 1234", "CN", HAPPY),
        ("(202) 555-0100", "US", DEMO),
        ("number: +1 202 555 0100", None, DEMO),
        ("<tel:+8613800001234|+86 138 0000 1234>", None, HAPPY),
        ("[+86 138 0000 1234]", None, HAPPY),
        ("+49 30/1234567", None, "49301234567"),  # a slash is used inside German numbers
        ("+49301234567", None, "49301234567"),
    ],
)
def test_a_number_alone_is_a_number(text: str, region: str | None, number: str) -> None:
    assert _told(read_command(text, region=region)) == (TypedKind.NUMBER, number, None)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("+86 138 0000 1234 208312", None),
        ("8613800001234 208312", None),
        ("86 138 0000 1234 208312", None),
        ("138 0000 1234 208312", "CN"),
        ("+86 138 0000 1234 208 312", None),
        ("+86 138 0000 1234 208-312", None),
        ("+86 138 0000 1234 20 83 12", None),
        ("+86 138 0000 1234 (208312)", None),
        ("+86 138 0000 1234 - 208312", None),
        ("+86 138 0000 1234, 208312", None),
        ("+86 138 0000 1234; 208312", None),
        ("+86 138 0000 1234\uff0c208312", None),  # full-width comma
        ("+86 138 0000 1234|208312", None),
        ("+86 138 0000 1234\n208 312", None),
        ("+86 138 0000 1234 code 208312", None),
        ("+86 138 0000 1234 code: 208312", None),
        ("+86 138 0000 1234 verification code=208312", None),
        ("+86 138 0000 1234 PIN 208312", None),
        ("+86 138 0000 1234 otp 208312", None),
        ("`+86 138 0000 1234` `208312`", None),
        ("'+86 138 0000 1234' 208312", None),
        ("*+86 138 0000 1234 208312*", None),
        ("[+86 138 0000 1234] [208312]", None),
        ("<+86 138 0000 1234> <208312>", None),
        ("<tel:+8613800001234|+86 138 0000 1234> 208312", None),
        ("<tel:+8613800001234|+86 138 0000 1234>208312", None),
        ("<tel:+8613800001234208312|+86 138 0000 1234 208312>", None),
        ("208312 +8613800001234", None),
        ("208312 8613800001234", None),
        ("208312, +86 138 0000 1234", None),
        ("code 208312 number 8613800001234", None),
        ("\u202a+86\u00a0138\u20110000\u20111234\u202c \u0662\u0660\u0668\u0663\u0661\u0662", None),
    ],
)
def test_a_number_and_a_code_are_told_apart(text: str, region: str | None) -> None:
    assert _told(read_command(text, region=region)) == (TypedKind.NUMBER_AND_CODE, HAPPY, CODE)


@pytest.mark.parametrize(
    ("text", "number", "code"),
    [
        ("+1 202 555 0100 008312", DEMO, "008312"),
        ("+1 202 555 0100 A1b2C3", DEMO, "A1b2C3"),
        ("+49 30 123456 208312", "4930123456", CODE),  # all of it would be a German number, but E.164 ends at 15 digits
        ("+1 200 555 0100, 208312", "12005550100", CODE),  # a separator: the number's range need not be known
    ],
)
def test_a_code_is_kept_as_typed(text: str, number: str, code: str) -> None:
    assert _told(read_command(text, region=None)) == (TypedKind.NUMBER_AND_CODE, number, code)


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+49 30 12345 2083", None, "493012345"),  # German lengths vary: the shortest cannot hold a digit of the code
        ("+49 30 12345 208 312", None, "493012345"),
        ("493012345 493012346", None, None),  # either may be the code
        ("8613800001234208312", None, None),  # typed without a gap
        ("+8613800001234208312", None, None),
        ("2083128613800001234", None, None),
        ("+86-138-0000-1234-208312", None, HAPPY),
        ("138 0000 1234 208312", None, None),  # no country
        ("+1 200 555 0100 208312", None, None),  # no range known here, and no separator
        ("+1 200 555 0100", None, None),  # its end may be a code
        ("+12005550100", None, "12005550100"),  # it has no end that could be a code
        ("208312", None, None),  # only a code
        ("208 312", None, None),
        ("20831234", None, None),
        ("49301234", None, None),  # a short German number, or a code of eight digits
        ("A1B2C3D4", None, None),
        ("code: 208312", None, None),
        ("+86 138 0000 1234 code208312", None, HAPPY),
        ("+1 202 555 0100 ext 51234", None, DEMO),
        ("+1 202 555 0100x51234", None, DEMO),
        ("+1 202 555 0100 x51234", None, DEMO),
        ("+1 202 555 0100 +1 202 555 0101", None, DEMO),
        ("please find 8613800001234", None, None),
        ("8613800001234 208312", "DE", None),  # a German number too
        ("261 20 21 234 56 A0A00", None, None),  # read with the code 56A0A00, it is a number nobody typed
    ],
)
def test_what_is_uncertain_gives_no_digit_of_a_code_away(text: str, region: str | None, number: str | None) -> None:
    assert _told(read_command(text, region=region)) == (TypedKind.UNCERTAIN, number, None)


@pytest.mark.parametrize(
    ("text", "mistake", "kept"),
    [
        ("138 0000 1234", EntryMistake.NUMBER_WITHOUT_COUNTRY, "138 0000 1234"),
        ("138 0000 1234 208312", EntryMistake.NUMBER_WITHOUT_COUNTRY, "138 0000 1234"),
        ("138 0000 1234, 2083", EntryMistake.NUMBER_WITHOUT_COUNTRY, "138 0000 1234"),
        ("13800001234 A1B2", EntryMistake.NUMBER_WITHOUT_COUNTRY, "13800001234"),
        ("(202) 555-0105 208312", EntryMistake.NUMBER_WITHOUT_COUNTRY, "(202) 555-0105"),
        ("+86 138 0000 12E4", EntryMistake.NUMBER_HOLDS_LETTERS, "+86 138 0000"),
        ("+86 138 0000 123O 208312", EntryMistake.NUMBER_HOLDS_LETTERS, "+86 138 0000"),
        ("please find 8613800001234", EntryMistake.NUMBER_HOLDS_LETTERS, ""),
        ("+1 202 555 01 208312", EntryMistake.NUMBER_TOO_SHORT, "+1 202 555 01"),
        ("+1 200 555 0100 208312", None, "+1 200 555 0100"),
        ("+1 202 555 0100 +1 202 555 0101", EntryMistake.NUMBERS_FUSED, ""),
        ("493012345 493012346", EntryMistake.NUMBERS_FUSED, ""),
        ("208312", EntryMistake.NUMBER_MISSING, ""),
        ("code: 208312", EntryMistake.NUMBER_MISSING, ""),
        ("1.3800001234E10", EntryMistake.NUMBER_FROM_SPREADSHEET, ""),
        ("+86 138 0000 1234 abc", EntryMistake.CODE_UNREADABLE, ""),
        ("+86 138 0000 1234 208312 abc", None, ""),
        # What may be a code is not kept, also where it may come first, or in groups, or without a gap.
        ("208312 138 0000 1234", None, ""),
        ("138 0000 1234 208 312", None, ""),
        ("555 0100 208 312", EntryMistake.NUMBER_WITHOUT_COUNTRY, ""),
        ("555 0100 20 83 12", EntryMistake.NUMBER_WITHOUT_COUNTRY, ""),
        ("13800001234208312", None, ""),
        ("8613800001234208312", None, ""),
    ],
)
def test_what_is_uncertain_has_one_mistake_and_keeps_what_is_surely_the_number(
    text: str, mistake: EntryMistake | None, kept: str
) -> None:
    typed = read_command(text, region=None)
    assert (typed.kind, typed.mistake, typed.kept) == (TypedKind.UNCERTAIN, mistake, kept)


def test_what_was_typed_never_shows_its_code() -> None:
    typed = read_command("+86 138 0000 1234 208312", region=None)
    assert CODE not in f"{typed} {typed!r} {typed.code}"


EXAMPLES = sorted(
    {
        phonenumbers.format_number(number, form)
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
        if (number := phonenumbers.example_number_for_type(region, kind)) is not None
        for form in (phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    }
)
GERMAN = st.from_regex(r"\+49 ?30 ?[1-9][0-9]{3,8}", fullmatch=True).filter(
    lambda number: phonenumbers.is_valid_number(phonenumbers.parse(number))
)
NUMBERS = st.sampled_from(EXAMPLES) | GERMAN
CODES = st.from_regex(r"[0-9]{4,10}|[0-9]{3}[ -][0-9]{3}|[A-CG-NR-W][0-9][A-Z][0-9]{2}", fullmatch=True)
GAPS = st.sampled_from([" ", "  ", "\u00a0", ", ", ";", "\n", " code ", " / ", " | "])


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


@given(number=NUMBERS, code=CODES, gap=GAPS, is_code_first=st.booleans(), has_plus=st.booleans())
@example(number="+49 30 12345", code="2083", gap=" ", is_code_first=False, has_plus=False)
@example(number="+676 20-123", code="3610000000", gap=" ", is_code_first=False, has_plus=False)
@example(number="+676 20-123", code="3210000000", gap=" ", is_code_first=False, has_plus=False)
# Without its last group it is a number without its area code, to which libphonenumber adds one that nobody typed.
@example(number="+261 20 21 234 56", code="A0A00", gap=" ", is_code_first=False, has_plus=False)
def test_a_certain_reading_is_what_was_meant_and_an_uncertain_one_gives_no_digit_of_the_code(
    *, number: str, code: str, gap: str, is_code_first: bool, has_plus: bool
) -> None:
    meant = read_phone_number(number, region=None).digits
    written = number if has_plus else number.removeprefix("+")
    typed = read_command(gap.join((code, written) if is_code_first else (written, code)), region=None)
    if typed.kind is TypedKind.NUMBER_AND_CODE:
        assert _told(typed)[1:] == (meant, re.sub("[ -]", "", code))
    else:
        assert typed.kind is TypedKind.UNCERTAIN
        filled_in = typed.number.digits if typed.number else ""
        assert meant.endswith(filled_in) if is_code_first else meant.startswith(filled_in)
        if len(code) <= 8 or not is_code_first:  # what is longer is no code that anybody sends, and looks like a number
            assert typed.kept == "" or (meant.startswith(_digits(typed.kept)) and not is_code_first)


@given(number=NUMBERS.filter(lambda number: number.startswith(("+86", "+1 "))), code=CODES)
def test_numbers_of_one_length_are_certain(number: str, code: str) -> None:
    assume(" " not in code and len(code) <= 8)
    assert read_command(f"{number} {code}", region=None).kind is TypedKind.NUMBER_AND_CODE


LIKE_COMMANDS = st.lists(
    st.sampled_from(
        ["+86", "138", "0000", "1234", "208312", "208", "+49", "30", "12345", "00", "code", "x5", "/", ",", "`"]
    )
    | st.text(alphabet="+0123456789 -./(),", max_size=12),
    max_size=8,
).map(" ".join)


@example(text="12345 138 138 12345", region=None)
@given(text=LIKE_COMMANDS, region=st.sampled_from([None, "CN", "US", "DE"]))
def test_every_typed_digit_is_in_the_number_or_in_the_code(text: str, region: str | None) -> None:
    typed = read_command(text, region=region)
    if typed.kind is not TypedKind.NUMBER_AND_CODE:
        return
    assert typed.number
    assert typed.code
    digits, code = _digits(text), _digits(typed.code.get_secret_value())
    plus = "+" if "+" in text else ""
    ways = []
    for rest in (digits.removesuffix(code), digits.removeprefix(code)):
        if rest != digits and len(rest) < 18:
            with suppress(EntryError):  # the code may stand on both sides, and be one only on the other
                ways.append(read_phone_number(plus + rest, region=region))
    assert typed.number in ways


@given(text=st.text() | LIKE_COMMANDS, region=st.sampled_from([None, "CN", "US", "DE"]))
def test_any_text_is_read_as_something(text: str, region: str | None) -> None:
    typed = read_command(text, region=region)
    assert (typed.code is not None) == (typed.kind is TypedKind.NUMBER_AND_CODE)
    if typed.number is None:
        assert typed.kind not in {TypedKind.NUMBER, TypedKind.NUMBER_AND_CODE}
