"""What real files, chats and address books hold: nothing is asked that nobody meant, and what is meant is read.

Each wrong code that is asked costs a guess of the few there are.
"""

import re
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.entry.command import TypedKind, read_command
from bot.entry.fields import read_code
from bot.entry.lines import read_lines
from bot.entry.numbers import read_phone_number
from bot.entry.table import read_table
from bot.errors import EntryError, ListError
from bot.texts import command_line
from tests.english import ENTRY_MISTAKES

GOOD, CODE = "+86 138 0000 1234", "208312"
DIGITS, DEMO = "8613800001234", "12025550100"
OTHER = "+1 202 555 0101"


def rows(
    text: str, *, region: str | None = None, are_short_codes_meant: bool = False
) -> list[tuple[str, str]] | list[tuple[int | None, str]]:
    """Number and code of every row, or every mistake with its line."""
    try:
        lines = read_table(text.encode(), region=region, are_short_codes_meant=are_short_codes_meant)
    except ListError as error:
        return [(each.line, each.mistake.value) for each in error.mistakes]
    return [(line.phone.digits, line.code.get_secret_value()) for line in lines]


def lines(text: str, *, needs_codes: bool = True) -> dict[int, str] | list[tuple[str, str | None]]:
    read = read_lines(text, region=None, needs_codes=needs_codes)
    if read.mistakes:
        return {line: mistake.value for line, mistake in read.mistakes.items()}
    return [(each.phone.digits, each.code.get_secret_value() if each.code else None) for each in read.listed]


def command(text: str, region: str | None = None) -> tuple[TypedKind, str | None, str | None]:
    typed = read_command(text, region=region)
    number, code = typed.number, typed.code
    return typed.kind, number.digits if number else None, code.get_secret_value() if code else None


# Codes. A code has a digit; several words are one only if all are digits, in groups of one length.

BLANKS = [
    "TBD",
    "none",
    "not yet received",
    "x",
    "n/a",
    "--",
    "?",
    "Pending",
    "(none)",
    "null",
    "\u65e0",
    "\u672a\u5b9a",
    "noch nicht",
]
CHANGED = [
    *("2.0831245E7", "1E5", "2,08312E+05", "2.08312e+05", "208312.0", "208312,00", "208,312", "1'208'312"),
    *(
        "2031-08-12",
        "12.08.2031",
        "8/12/2031",
        "31-08-12",
        "12-08-31",
        "2031-08-12 00:00:00",
        "2031\u5e748\u670812\u65e5",
    ),
    *("12-Aug", "Aug-31", "12-Aug-31", "12 August 2031", "Aug 12, 2031", "12/8", "12-08"),
    *("#N/A", "#REF!", "######", "TRUE"),
]
NOT_CODES = [
    *("your code is 208312", "Ana", "ABCDEF", "Almeida", "is 208312", "208312 Ana", "A1 B2 C3", "ticket 8", "208312!x"),
    *("5 208312", "12 208312", "208312 208313", "208312-5", "2083 12", "1 2083 12", "06 12 34 56 78", "208312.5"),
]


@pytest.mark.parametrize("typed", BLANKS)
def test_a_word_for_nothing_is_no_code(typed: str) -> None:
    assert _mistake(typed) == "code missing"
    assert rows(f"phone,code\n{GOOD},{typed}") == [(2, "code missing")]
    assert lines(f"{GOOD}, {typed}") in ({1: "code missing"}, {1: "line uncertain"})
    assert command(f"{GOOD}, {typed}")[2] is None


def test_where_codes_may_wait_a_word_for_nothing_is_a_code_that_waits() -> None:
    assert lines(f"{GOOD}, TBD\n{OTHER}; n/a", needs_codes=False) == [(DIGITS, None), ("12025550101", None)]


@pytest.mark.parametrize("typed", CHANGED)
def test_what_a_spreadsheet_made_of_a_code_is_refused_with_the_way_out(typed: str) -> None:
    assert _mistake(typed) == "code from spreadsheet"
    assert rows(f'phone\tcode\n{GOOD}\t"{typed}"') == [(2, "code from spreadsheet")]
    assert command(f"{GOOD} {typed}")[2] is None
    assert command(f"{GOOD}, {typed}")[2] is None
    assert "as text" in ENTRY_MISTAKES[_refused(typed).mistake]


@pytest.mark.parametrize("typed", NOT_CODES)
def test_words_and_uneven_groups_are_no_code(typed: str) -> None:
    assert _mistake(typed) == "code unreadable"
    assert command(f"{GOOD} {typed}")[2] in {None, CODE}
    assert rows(f"phone;code\n{GOOD};{typed}") == [(2, "code unreadable")]


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "Code: 208312",
            "code=208312",
            "PIN: 208312",
            "verification code: 208312",
            "Your code is: 208312",
            "OTP #208312",
        ),
        *(
            "\u9a8c\u8bc1\u7801\uff1a208312",
            "\u8a8d\u8a3c\u30b3\u30fc\u30c9: 208312",
            "208312.",
            "208312,",
            ": 208312;",
            "'208312",
            '="208312"',
            "20 83 12",
        ),
    ],
)
def test_a_code_is_read_with_its_label_and_punctuation(typed: str) -> None:
    assert read_code(typed).get_secret_value() == CODE


def _refused(typed: str) -> EntryError:
    with pytest.raises(EntryError) as refusal:
        read_code(typed)
    return refusal.value


def _mistake(typed: str) -> str:
    return _refused(typed).mistake.value


# Commands: digits that are neither the number's nor the code's.


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (f"{GOOD}/5 208312", DIGITS),
        (f"{GOOD};12 208312", DIGITS),
        (f"{GOOD}/12 208312", DIGITS),
        (f"{GOOD}/1235", DIGITS),  # the end of a second number
        (f"{GOOD}/208312", DIGITS),
        (f"{GOOD} / 1235 208312", DIGITS),
        (f"{GOOD}-5 208312", DIGITS),
        (f"{GOOD} #5 208312", DIGITS),
        (f"{GOOD} x12 208312", DIGITS),
        (f"{GOOD},5 208312", DIGITS),
        (f"{GOOD} 12 208312", DIGITS),
        (f"{GOOD} 208312 5", DIGITS),
        (f"{GOOD} 2031-08-12", DIGITS),
        (f"{GOOD} 12.08.2031 208312", DIGITS),
        (f"{GOOD} 208312 12.08.2031", DIGITS),
        (f"{GOOD} 12-Aug-31", DIGITS),
        (f"{GOOD} 10:30 208312", DIGITS),
        (f"{GOOD}, 12 Main Street 208312", DIGITS),
        (f"{GOOD} 221B 208312", DIGITS),
        (f"{GOOD} 2.0831E5", DIGITS),
        ("+43 1 4000/4001", "4314000"),
        ("+43 1 4000/41 208312", "4314000"),
        ("+43 1 4000/4001 208312", "4314000"),
        ("+43 1 4000 - 4001 208312", "4314000"),
        ("+65 8123 4567 81234568", "6581234567"),  # as long as a number of that country
        (f"Ana: {GOOD} or 12 208312", DIGITS),
    ],
)
def test_a_command_with_other_digits_opens_the_form_with_its_number(text: str, number: str | None) -> None:
    assert command(text) == (TypedKind.UNCERTAIN, number, None)


@pytest.mark.parametrize(
    "text",
    [f"{GOOD} {OTHER}", f"{GOOD} / {OTHER} 208312", f"{GOOD}; 8613800001235", "+39 (0)347 1234567 208312"],
)
def test_a_command_with_two_numbers_asks_nothing(text: str) -> None:
    assert command(text)[2] is None


@pytest.mark.parametrize(
    "text",
    [
        *("https://wa.me/8613800001234 208312", "<https://wa.me/8613800001234|wa.me/8613800001234> 208312"),
        *(
            "wa.me/8613800001234?text=hello 208312",
            "8613800001234@s.whatsapp.net 208312",
            "whatsapp:+8613800001234 208312",
        ),
        *("tel:+86-138-0000-1234 208312", "TEL;TYPE=CELL:+86 138 0000 1234\n208312"),
        *(
            "Phone: +86 138 0000 1234 Code: 208312.",
            "Tel.: +86 138 0000 1234, PIN: 208312",
            "WhatsApp +86 138 0000 1234 code 208312",
        ),
        *(
            "\u624b\u673a\u53f7\uff1a+86 138 0000 1234 \u9a8c\u8bc1\u7801\uff1a208312",
            "\u96fb\u8a71\u756a\u53f7 +86 138 0000 1234 \u8a8d\u8a3c\u30b3\u30fc\u30c9 208312",
        ),
        *('="8613800001234";="208312"', f"{GOOD}\t208312", f"{GOOD} 208312."),
    ],
)
def test_a_command_is_read_as_it_is_meant(text: str) -> None:
    assert command(text) == (TypedKind.NUMBER_AND_CODE, DIGITS, CODE)


# Numbers, as they are pasted.

CARD = "BEGIN:VCARD\nVERSION:3.0\nFN:Ana 12 Almeida\nitem1.TEL;type=CELL;type=pref:+86 138 0000 1234\nEND:VCARD"


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "https://wa.me/8613800001234",
            "wa.me/8613800001234",
            "http://wa.me/+8613800001234",
            "<https://wa.me/8613800001234>",
        ),
        *(
            "https://wa.me/8613800001234?text=code%20208312",
            "https://api.whatsapp.com/send?phone=8613800001234&text=hi",
        ),
        *("https://api.whatsapp.com/send/?lang=en&amp;phone=%2B8613800001234", "whatsapp://send?phone=8613800001234"),
        *(
            "8613800001234@s.whatsapp.net",
            "8613800001234:12@s.whatsapp.net",
            "8613800001234@c.us",
            "whatsapp:+8613800001234",
        ),
        "<mailto:8613800001234@s.whatsapp.net|8613800001234@s.whatsapp.net>",
        *("tel:+86-138-0000-1234", "TEL;TYPE=CELL:+86 138 0000 1234", "TEL;VALUE=uri;TYPE=work:tel:+86-138-0000-1234"),
        *(CARD, CARD.replace("\n", " "), CARD.replace("\n", "\r\n")),
        *(
            "Phone: +86 138 0000 1234",
            "Tel.: 8613800001234",
            "Mobile (work): +86 138 0000 1234",
            "Ana Almeida: +86 138 0000 1234",
        ),
        *(
            "WhatsApp number 8613800001234",
            "my number: 8613800001234",
            "\u7535\u8bdd\uff1a8613800001234",
            "\u96fb\u8a71\u756a\u53f7: +86 138 0000 1234",
        ),
        *(
            "+86 138 0000 1234.",
            "+86 138 0000 1234,",
            "+86 138 0000 1234;",
            "+86 138 0000 1234 (mobile)",
            "8613800001234 WhatsApp",
        ),
        *('="8613800001234"', "=8613800001234", "'8613800001234", "+86 138\t0000 1234", "+86 (0)138 0000 1234"),
    ],
)
@pytest.mark.parametrize("region", [None, "US"])
def test_a_pasted_number_is_read(typed: str, region: str | None) -> None:
    assert read_phone_number(typed, region=region).digits == DIGITS


@pytest.mark.parametrize(
    "typed",
    ["+52 1 222 123 4567", "0052 1 222 123 4567", "5212221234567", "wa.me/5212221234567", "(+52) 1-222-123-4567"],
)
def test_a_mexican_number_with_its_old_1_is_asked_as_typed(typed: str) -> None:
    assert read_phone_number(typed, region=None).digits == "5212221234567"
    assert command(f"{typed} 208312") == (TypedKind.NUMBER_AND_CODE, "5212221234567", CODE)


@pytest.mark.parametrize(
    ("typed", "mistake"),
    [
        ("+43 1 4000/4001", "numbers fused"),
        ("+43 1 4000 / 4001", "numbers fused"),
        ("+43 1 4000/01", "numbers fused"),
        ("+43 1 4000 - 4001", "numbers fused"),
        (f"{GOOD}/5", "numbers fused"),
        ("+39 (0)347 1234567", "number with trunk zero"),
        ("+39 (0)6 69812345", "number with trunk zero"),
        ("+372 (0)32 12345", "number with trunk zero"),
        ("8613800001234.0", "number from spreadsheet"),
        ("8.6138E+12", "number from spreadsheet"),
        ("8,6138E+12", "number from spreadsheet"),
        ("##########", "number from spreadsheet"),
        ("+49 30 1234 CALL", "number holds letters"),
        (f"{GOOD} ext 5", "number holds letters"),
        (f"{CARD}\n{CARD.replace('1234', '1235')}", "number unreadable"),
    ],
)
def test_a_number_that_may_be_another_is_refused(typed: str, mistake: str) -> None:
    with pytest.raises(EntryError) as refusal:
        read_phone_number(typed, region=None)
    assert refusal.value.mistake.value == mistake


# Rows.


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        (f"{DIGITS},{DEMO}", [(1, "code is number")]),
        (f"phone,code\n{GOOD},13800001235", [(2, "code is number")]),  # as people dial there
        ("+65 8123 4567,81234568", [(1, "code is number")]),
        (f"phone,name,code\n{GOOD},Almeida, Ana,208300", [(2, "cells too many")]),
        (f"phone,code,name\n{GOOD},208312,Almeida, Ana", [(2, "cells too many")]),
        (f"phone,name,code\n{OTHER},Lee,004217\n{GOOD},Almeida, 9, Ana,208300", [(3, "cells too many")]),
        (f"{GOOD},Almeida, Ana,208300", [(1, "code unreadable")]),
        (f"{GOOD},208312,{OTHER},004217", [(1, "numbers fused")]),
        (f"{GOOD},208312,Ana\n{OTHER},004217,{GOOD}", [(2, "numbers fused")]),
        ("+43 1 4000/4001,208312", [(1, "numbers fused")]),
        (f"+43 1 4000 / 4001,208312\n{GOOD}/5,208313", [(1, "numbers fused"), (2, "numbers fused")]),
        ("+39 (0)347 1234567,208312", [(1, "number with trunk zero")]),
        (f"phone,code\n{GOOD},TBD\n{OTHER},2.0831245E7", [(2, "code missing"), (3, "code from spreadsheet")]),
        (f"number: {GOOD} code: {CODE}\n{OTHER} 1", [(2, "uncertain")]),  # the first line is no headings
        (f"{GOOD},208312\nphone,code\n{OTHER},208313", [(2, "number unreadable"), (2, "code unreadable")]),
        (f"phone,code\n{GOOD},208312\nTotal,1 number", [(3, "number unreadable"), (3, "code unreadable")]),
    ],
)
def test_a_row_that_may_mean_something_else_is_named(text: str, mistakes: list[tuple[int, str]]) -> None:
    assert rows(text) == mistakes


@pytest.mark.parametrize(
    ("country", "number", "is_taken"),
    [
        ("US", "138 0000 1234", False),
        ("1", "138 0000 1234", False),
        ("Brazil", "138 0000 1234", False),
        ("CN", "138 0000 1234", True),
        ("cn", "138 0000 1234", True),
        ("+86", "138 0000 1234", True),
        ("0086", "138 0000 1234", True),
        ("", "138 0000 1234", True),
        ("US", DIGITS, False),
        ("US", GOOD, True),  # the number says so itself
        ("China", DIGITS, True),
        ("US", "0086 138 0000 1234", True),
    ],
)
def test_a_country_column_does_not_contradict_the_default_region(country: str, number: str, *, is_taken: bool) -> None:
    read = rows(f"Country,PhoneNumber,VerifyCode\n{country},{number},208312", region="CN")
    assert read == ([(DIGITS, CODE)] if is_taken else [(2, "country differs")])


SIX = "".join(f"+1 202 555 01{i:02},20831{i % 10}\n" for i in range(5))


@pytest.mark.parametrize("short", ["8312", "83120", "1"])
def test_codes_that_may_have_lost_zeros_are_named_until_they_are_meant(short: str) -> None:
    assert rows(f"{SIX}{GOOD},{short}") == [(6, "code shortened")]
    assert rows(f"{SIX}{GOOD},{short}", are_short_codes_meant=True)[-1] == (DIGITS, short)
    assert lines(f"{SIX}{GOOD}, {short.zfill(4)}") == {6: "code shortened"}
    read = lines(f"{SIX}{GOOD}, {short.zfill(4)}!")
    assert isinstance(read, list)
    assert read[-1] == (DIGITS, short.zfill(4))  # as it stands there, never padded


@pytest.mark.parametrize(
    "codes",
    [["8312", "8313", "8314"], ["208312", "8313", "8314"], ["208312", "A1b2"], ["208312"], ["2083123", "2083124"]],
)
def test_codes_of_other_lengths_are_no_mistake(codes: Sequence[str]) -> None:
    text = "".join(f"+1 202 555 01{at:02},{code}\n" for at, code in enumerate(codes))
    assert [code for _, code in rows(text)] == codes


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\nphone;code\n{0};208312",
        '"sep=;"\n{0};208312',
        "sep=\t\nphone\tcode\n{0}\t208312",
        "sep=|\nname|phone|code\nAna|{0}|208312",  # nothing but that line says so
        'phone,code\n="8613800001234",="208312"',
        'phone,code\n"=""8613800001234""","=""208312"""',
        "phone,,code\n{0},,208312",
        ",,\n,{0},208312\n",
        ",{0},,208312,",
        "PhoneNumber,VerifyCode\n{0},208312",
        "Phone No.;Verification-Code\n{0};208312",
        "Name,Mobile Number (with country code),Passcode\nAna,{0},208312",
        "Telefonnummer;Best\u00e4tigungscode\n{0};208312",
        "N\u00famero de tel\u00e9fono;C\u00f3digo\n{0};208312",
        "\u624b\u673a\u53f7\u7801,\u9a8c\u8bc1\u7801\n{0},208312",
        "\u59d3\u540d,\u7535\u8bdd,\u9a8c\u8bc1\u7801\nAna,{0},208312",
        "\u96fb\u8a71\u756a\u53f7,\u8a8d\u8a3c\u30b3\u30fc\u30c9\n{0},208312",
        "Numbers we bought\n\nphone,code\n{0},208312",
        "Phone list, 2031-08-12\nof Ana,,\nphone;code\n{0};208312",
        "Numbers we bought\n{0},208312",
        "phone,code\nhttps://wa.me/8613800001234,208312",
        "phone,code\n8613800001234@s.whatsapp.net,Code: 208312.",
        "{0}\t,208312",
        "phone\t,code\n+86 138\t0000 1234,208312",
        "name\tphone\tcode\nAlmeida, Ana\t{0}\t208312",
        "name;phone;code\nAlmeida, Ana;{0};208312",
    ],
)
def test_a_list_is_read_as_it_is_meant(text: str) -> None:
    assert rows(text.format(GOOD)) == [(DIGITS, CODE)]


@pytest.mark.parametrize(
    "headings", ["phone,code", "PhoneNumber\tVerifyCode", "\u624b\u673a\u53f7;\u9a8c\u8bc1\u7801", "number code"]
)
def test_a_pasted_list_may_have_headings(headings: str) -> None:
    assert lines(f"{headings}\n{GOOD}\t\t208312") == [(DIGITS, CODE)]
    assert lines(f"{headings}\n{GOOD}\n") == {2: "code missing"}


@pytest.mark.parametrize("code", ["2.0831245E7", "208312.0", "12-Aug"])
def test_a_pasted_line_names_what_a_spreadsheet_did(code: str) -> None:
    assert lines(f"{GOOD}\t{code}") == {1: "code from spreadsheet"}


def test_a_number_that_only_lacks_its_plus_is_not_taken_for_one_of_another_country() -> None:
    # An American number without its country code; 20 being a country code, it is one in Egypt.
    assert rows("country,phone,code\nUS,2035550100,208312") == [(2, "country differs")]


def test_the_refusal_shows_the_headings_found_and_no_code_among_them() -> None:
    with pytest.raises(ListError) as caught:
        read_table(f"phone,Kunde,\x1b]x\x07Kode,208312\n{GOOD},Ana,208312,1".encode(), region=None)
    (said,) = command_line.mistake_lines(caught.value.mistakes)
    assert said.endswith("The headings found are: phone, Kunde, ]xKode.")
    assert not re.search(r"\d{3}|\x1b|\x07", said)
    assert "Kunde" not in f"{caught.value!r} {caught.value.mistakes!r}"


# Whatever the input.

PIECES = st.sampled_from(
    [
        *(GOOD, OTHER, DIGITS, "+43 1 4000", "4001", "13800001235", CODE, "004217", "8312", "5", "12", "A1b2C3"),
        *("/", ";", ",", "\t", " ", "\n", " - ", ".", ":", "=", '"', "'", "(0)", "!", "|", "sep=;\n", "phone,code\n"),
        *BLANKS[:5],
        *CHANGED[::3],
        *NOT_CODES[:3],
        CARD,
        "wa.me/",
        "@c.us",
        "tel:",
        "TEL;TYPE=CELL:",
        "Code: ",
        "ext ",
        *("\u9a8c\u8bc1\u7801", "Ana", "12 Main Street"),
    ]
)
TEXTS = st.lists(PIECES | st.text("0123456789 -./,;ae", max_size=6), max_size=9).map("".join)


def stood_together(code: str, text: str) -> bool:
    """Whether a code is one word of the text, or all of some groups of digits of one length."""
    for size in range(1, 5):
        groups = [code[at : at + size] for at in range(0, len(code), size)]
        if code.isdigit() and len(code) % size == 0 and re.search(rf"\b{'[ .-]{1,3}'.join(groups)}\b", text):
            return True
    return re.search(rf"(?<![0-9A-Za-z]){code}(?![0-9A-Za-z])", text) is not None


@given(text=TEXTS, region=st.sampled_from([None, "CN", "AT"]))
def test_every_code_that_is_asked_stood_together_in_what_was_typed(text: str, region: str | None) -> None:
    asked = [read_command(text, region=region).code, *read_lines(text, region=region).codes]
    with suppress(EntryError):
        asked.append(read_code(text))
    with suppress(ListError):
        asked += [line.code for line in read_table(text.encode(), region=region)]
    for code in filter(None, asked):
        assert stood_together(code.get_secret_value(), text)
        assert re.search(r"\d", code.get_secret_value())


@given(text=TEXTS, region=st.sampled_from([None, "CN", "AT"]))
def test_any_pasted_text_is_a_number_of_its_own_digits_or_a_mistake(text: str, region: str | None) -> None:
    with suppress(EntryError):
        number = read_phone_number(text, region=region).digits
        digits = re.sub(r"\D", "", text)
        assert number[-4:] in digits
