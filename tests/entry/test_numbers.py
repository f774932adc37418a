"""One number, as people type and paste it."""

from collections.abc import Iterator
from contextlib import suppress

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.entry.numbers import read_phone_number
from bot.errors import EntryError, EntryMistake
from bot.models import PhoneNumber

HAPPY = "8613800001234"
INVISIBLE = ["\u200b", "\u200e", "\u202a", "\u202c", "\u2066", "\ufeff", "\u00ad", "\u2060"]
SPACES = [" ", "\u00a0", "\u2009", "\u202f", "\u3000", "\t"]
DASHES = ["-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2212", "\ufe63", "\uff0d", "\u30fc"]
DIGITS = ["0123456789", "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19"] + [
    "".join(chr(zero + value) for value in range(10))
    for zero in (0x0660, 0x06F0, 0x0966, 0x1D7CE)  # Arabic-Indic, Persian, Devanagari, mathematical bold
]


@pytest.mark.parametrize(
    "typed",
    [
        "8613800001234",  # as in every example of the API
        "+8613800001234",
        "+86 138 0000 1234",
        "+86-138-0000-1234",
        "+86.138.0000.1234",
        "(+86) 138 0000 1234",
        "+(86) 138/0000/1234",
        "008613800001234",
        "00 86 138 0000 1234",
        "+00 86 138 0000 1234",
        "++86 138 0000 1234",
        "tel:+8613800001234",
        "<tel:+8613800001234|+86 138 0000 1234>",
        "<tel:+8613800001234>",
        "&lt;tel:+8613800001234|+86 138 0000 1234&gt;",
        "`+86 138 0000 1234`",
        "*+86 138 0000 1234*",
        "_~+86 138 0000 1234~_",
        "\u201c+86 138 0000 1234\u201d",
        "\u201e+86 138 0000 1234\u201c",
        "\u00ab\u00a0+86 138 0000 1234\u00a0\u00bb",
        "  +86 138\n0000 1234\n",
        "\uff0b86 138 0000 1234",  # full-width plus
        "\u202a+86\u00a0138\u20110000\u20111234\u202c",  # as copied from a contact
        "+86 138 0000 1234\ufe0e",
    ],
)
def test_a_number_reads_the_same_however_it_is_typed(typed: str) -> None:
    assert read_phone_number(typed, region=None) == PhoneNumber(HAPPY)


@pytest.mark.parametrize("script", DIGITS)
def test_digits_of_every_script_are_digits(script: str) -> None:
    assert read_phone_number(HAPPY.translate(str.maketrans(DIGITS[0], script)), region=None) == PhoneNumber(HAPPY)


@pytest.mark.parametrize(
    ("typed", "region", "mistake"),
    [
        ("", None, EntryMistake.NUMBER_MISSING),
        (" \u200b\u00a0", None, EntryMistake.NUMBER_MISSING),
        ("``", None, EntryMistake.NUMBER_MISSING),
        ("+", None, EntryMistake.NUMBER_UNREADABLE),
        ("hello", None, EntryMistake.NUMBER_UNREADABLE),
        ("1-800-FLOWERS", None, EntryMistake.NUMBER_HOLDS_LETTERS),
        ("1-800-FLOWERS", "US", EntryMistake.NUMBER_HOLDS_LETTERS),
        ("+1 202 555 0100 ext 5", None, EntryMistake.NUMBER_HOLDS_LETTERS),
        ("+1 202 555 0100 x5", None, EntryMistake.NUMBER_HOLDS_LETTERS),
        ("+1 202 555 0100 #5", None, EntryMistake.NUMBER_UNREADABLE),
        ("tel:+12025550100;ext=5", None, EntryMistake.NUMBER_HOLDS_LETTERS),
        ("+12025550100,,5", None, EntryMistake.NUMBER_UNREADABLE),
        ("+12025550100 +12025550101", None, EntryMistake.NUMBER_UNREADABLE),
        ("12", None, EntryMistake.NUMBER_TOO_SHORT),
        ("+86 138", None, EntryMistake.NUMBER_TOO_SHORT),
        ("+1 555 0100", None, EntryMistake.NUMBER_TOO_SHORT),  # the area code is missing
        ("208312", "CN", EntryMistake.NUMBER_TOO_SHORT),
        ("+86 138 0000 1234 208312", None, EntryMistake.NUMBER_TOO_LONG),
        ("+49 30 123456 208312", None, EntryMistake.NUMBER_TOO_LONG),  # Germany would allow it, E.164 does not
        ("9" * 400, None, EntryMistake.NUMBER_TOO_LONG),
        ("0138 0000 1234", None, EntryMistake.NUMBER_WITHOUT_COUNTRY),
        ("+999 138 0000 1234", None, EntryMistake.NUMBER_WITHOUT_COUNTRY),
        ("8613800001234", "DE", EntryMistake.NUMBER_AMBIGUOUS),  # 08613 is an area code in Germany
    ],
)
def test_each_mistake_is_told_apart(typed: str, region: str | None, mistake: EntryMistake) -> None:
    with pytest.raises(EntryError) as refusal:
        read_phone_number(typed, region=region)
    assert refusal.value.mistake is mistake


@pytest.mark.parametrize(
    ("typed", "region", "digits"),
    [
        ("138 0000 1234", "CN", HAPPY),  # national only
        ("8613800001234", "CN", HAPPY),  # with the region's own country code
        ("+86 138 0000 1234", "US", HAPPY),  # a plus outranks the region
        ("00 86 138 0000 1234", "US", HAPPY),
        ("011 86 138 0000 1234", "US", HAPPY),  # the way America dials abroad
        ("(202) 555-0100", "US", "12025550100"),
        ("1-202-555-0100", "US", "12025550100"),
        ("8613800001234", "US", HAPPY),  # not valid as a national number, valid with a country code
        ("12025550100", "CN", "12025550100"),
    ],
)
def test_a_region_lets_people_type_national_numbers(typed: str, region: str, digits: str) -> None:
    assert read_phone_number(typed, region=region) == PhoneNumber(digits)


def test_a_number_of_a_range_that_is_not_known_yet_is_taken() -> None:
    typed = "+1 200 555 0100"
    assert not phonenumbers.is_valid_number(phonenumbers.parse(typed))
    assert read_phone_number(typed, region=None) == PhoneNumber("12005550100")


@pytest.mark.parametrize("typed", ["208312 canary", "+86 138 0000 1234 208312", "+99 208312 208312", "20"])
@pytest.mark.parametrize("region", [None, "CN", "US"])
def test_an_error_carries_nothing_of_what_was_typed(typed: str, region: str | None) -> None:
    with pytest.raises(EntryError) as refusal:
        read_phone_number(typed, region=region)
    for error in _chain(refusal.value):
        shown = f"{error!r} {error} {error.args} {vars(error)}"
        assert not any(part in shown for part in ("20", "canary", "138"))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


EXAMPLES = [
    number
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    if (number := phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)) is not None
]


@st.composite
def _decorated(draw: st.DrawFn, written: str) -> str:
    """The same number with other scripts' digits, other spaces and dashes, invisible marks, and quotes around it."""
    script = draw(st.sampled_from(DIGITS))
    marks = st.sampled_from(["", "", "", *INVISIBLE])
    result = ""
    for character in written:
        match character:
            case " ":
                result += draw(st.sampled_from(SPACES))
            case "-":
                result += draw(st.sampled_from(DASHES))
            case "+":
                result += draw(st.sampled_from("+\uff0b"))
            case _ if character.isdigit():
                result += script[int(character)]
            case _:
                result += character
        result += draw(marks)
    around = draw(st.sampled_from(["  ", " \n", "``", "**", "\u201c\u201d", "<>"]))
    return around[0] + result + around[1]


def _read_or_mistake(typed: str, *, region: str | None) -> PhoneNumber | EntryMistake:
    try:
        return read_phone_number(typed, region=region)
    except EntryError as error:
        return error.mistake


@given(
    data=st.data(),
    number=st.sampled_from(EXAMPLES),
    form=st.sampled_from(["e164", "bare", "international", "national"]),
)
def test_every_country_s_numbers_keep_their_digits(
    data: st.DataObject, number: phonenumbers.PhoneNumber, form: str
) -> None:
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    region = phonenumbers.region_code_for_number(number)
    written, typed_region = {
        "e164": (e164, None),
        "bare": (e164.removeprefix("+"), None),
        "international": (phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL), None),
        "national": (phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL), region),
    }[form]
    typed = data.draw(_decorated(written))
    assert _read_or_mistake(typed, region=typed_region) in {
        PhoneNumber(e164.removeprefix("+")),
        EntryMistake.NUMBER_AMBIGUOUS if form == "national" else None,  # it may be another country's number as well
    }


@given(
    text=st.text() | st.text(alphabet="+0123456789 -().x#\u0663\uff15\u200b`&lt;<>|", max_size=40),
    region=st.sampled_from([None, "CN", "US", "DE", "BR", "IT"]),
)
def test_any_text_is_a_number_or_an_entry_error(text: str, region: str | None) -> None:
    with suppress(EntryError):
        assert len(read_phone_number(text, region=region).digits) <= 15
