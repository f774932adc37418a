"""A list of numbers: read however people and spreadsheets write it, and refused by line where it cannot be."""

import codecs
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.entry.records import LARGEST
from bot.entry.table import MOST_NUMBERS, Line, read_table
from bot.errors import EntryMistake, LineMistake, ListError, ListMistake
from bot.texts import command_line

BOTH = [("8613800001234", "208312"), ("12025550101", "004217")]


def read(text: str | bytes, *, region: str | None = None, reason: str = "") -> list[Line]:
    return read_table(text if isinstance(text, bytes) else text.encode(), region=region, reason=reason)


def pairs(lines: Sequence[Line]) -> list[tuple[str, str]]:
    return [(line.phone.digits, line.code.get_secret_value()) for line in lines]


def mistakes(text: str | bytes, *, reason: str = "") -> list[tuple[int | None, str]]:
    with pytest.raises(ListError) as caught:
        read(text, reason=reason)
    return [(each.line, each.mistake.value) for each in caught.value.mistakes]


@pytest.mark.parametrize(
    "text",
    [
        "phone_number,code\n+86 138 0000 1234,208312\n+1 202-555-0101,004217\n",
        "+86 138 0000 1234,208312\n+1 202-555-0101,004217",
        "8613800001234,208312\r\n12025550101,004217\r\n",
        "8613800001234,208312\r12025550101,004217\r",
        "Verification Code;Phone Number\n208312;+86 138 0000 1234\n004217;+1 202-555-0101\n",
        "customer\tphone\tcode\nSmith\t+86 138 0000 1234\t208312\nJones\t+1 202-555-0101\t004217\n",
        '"phone_number","code"\n"+86 138 0000 1234","208312"\n"+1 202-555-0101","004217"\n',
        '"name; if any",phone,code\n,+86 138 0000 1234, "208312"\n,+1 202-555-0101,004217\n',
        "+86 138 0000 1234 208312\n+1 202-555-0101\t004217\n",
        "number code\n+86 138 0000 1234 208312\n+1 202-555-0101;004217\n",
        "\n\n+86 138 0000 1234,208312\n,,\n   \n+1 202-555-0101,004217\n\n",
        "phone_number,code\n+86 138 0000 1234,208312\n+1 202-555-0101,004217\n+8613800001234,208312\n",
        "+86 138 0000 1234,208312,left alone\n+1 202-555-0101,004217\n",
        "+８６ 138 0000 1234,２０８３１２\n+1 202-555-0101,004 217\n",
    ],
)
def test_a_list_is_read_however_it_is_written(text: str) -> None:
    assert pairs(read(text)) == BOTH


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + b"phone_number,code\n",
        "\ufeffphone_number\tcode\n".encode("utf-16-le"),
        "phone_number,code\n".encode("utf-16"),
    ],
)
def test_the_mark_of_a_spreadsheet_is_no_part_of_the_first_heading(content: bytes) -> None:
    encoding = "utf-8" if content.startswith(codecs.BOM_UTF8) else "utf-16-le"
    separator = "\t" if b"\t" in content else ","
    assert pairs(read(content + f"+86 138 0000 1234{separator}208312".encode(encoding))) == BOTH[:1]


def test_a_number_knows_its_line_and_its_reason() -> None:
    text = 'phone,code,reason\n+86 138 0000 1234,208312,"ticket 8,\nurgent"\n\n+1 202-555-0101,004217,\n'
    first, second = read(text, reason="ticket 7")
    assert (first.line, first.reason) == (2, "ticket 8,\nurgent")
    assert (second.line, second.reason) == (5, "ticket 7")


def test_national_numbers_are_read_where_there_is_a_region() -> None:
    assert pairs(read("138 0000 1234,208312", region="CN")) == BOTH[:1]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [(None, "empty")]),
        (" \n,,\n", [(None, "empty")]),
        ("phone_number,code\n", [(None, "empty")]),
        (b"\xff\x00", [(None, "not text")]),
        (b"+86 138 0000 1234,208312,\xe9", [(None, "not text")]),
        ("nummer,kode\n+86 138 0000 1234,208312", [(1, "columns unknown")]),
        ("\nphone_number,name\n+86 138 0000 1234,208312", [(2, "columns unknown")]),
        ("phone,number,code\n1,+86 138 0000 1234,208312", [(1, "columns double")]),
        (
            "+86 138,208312\n+86 138 0000 1234,\n,208312",
            [(1, "number too short"), (2, "code missing"), (3, "number missing")],
        ),
        ("+86 138,no code!", [(1, "number too short"), (1, "code unreadable")]),
        ("+86 138 0000 1234", [(1, "code missing")]),
        ("+86 138 0000 1234 208312\nwords", [(2, "number unreadable")]),
        ("+86 138 0000 1234 20 83 12 11 22 33", [(1, "uncertain")]),
        ('+86 138 0000 1234,"208312\n+1 202-555-0101,004217', [(1, "cell over lines")]),
        ('"+86 138 0000 1234,208312\n+1 202-555-0101,004217', [(1, "cell over lines")]),
        (
            "+86 138 0000 1234,208312\n+1 202-555-0101,1\n+8613800001234,208313",
            [(2, "code shortened"), (3, "other code")],
        ),
        (
            "8613800001234.0,208312\n8613800001234,208312.0",
            [(1, "number from spreadsheet"), (2, "code from spreadsheet")],
        ),
        ("phone,code\n+86 138 0000 1234,2.08312E+05", [(2, "code from spreadsheet")]),
        ("12345678,8613800001234", [(1, "number too short")]),
        ("+86 138 0000 1234 208312,208312", [(1, "number too long")]),
        ("+49 30 12345 208312,208312", [(1, "number holds code")]),
        ("+44 20 7946 0018 1234,1234", [(1, "number too long")]),
        ("phone,code,reason\n+86 138 0000 1234,208312,code 208 312", [(2, "reason holds code")]),
    ],
)
def test_every_mistake_is_named_by_its_line(text: str | bytes, found: list[tuple[int, str]]) -> None:
    assert mistakes(text) == found


def test_columns_that_are_swapped_are_not_taken_for_number_and_code() -> None:
    # National, the code would be a possible number, and be recorded as one.
    with pytest.raises(ListError) as caught:
        read("20831234,8613800001234", region="CN")
    assert [each.mistake for each in caught.value.mistakes] == [ListMistake.UNCERTAIN]


def test_a_reason_is_not_the_code_of_another_line() -> None:
    text = "phone,code,reason\n+86 138 0000 1234,208312,004 217\n+1 202-555-0101,004217,ticket 208312"
    assert mistakes(text) == [(2, "reason holds code")]


def test_a_reason_for_all_holds_nobodys_code() -> None:
    assert mistakes("+86 138 0000 1234,208312\n+1 202-555-0101,004217", reason="004217") == [(2, "reason holds code")]


def test_a_list_has_an_end() -> None:
    rows = "".join(f"+1 202-{555 + i // 10000:03}-{i % 10000:04},1234\n" for i in range(MOST_NUMBERS))
    assert len(read(rows)) == MOST_NUMBERS
    assert mistakes(rows + "+86 138 0000 1234,208312\n") == [(None, "too many")]
    assert mistakes(" " * LARGEST + "1") == [(None, "too large")]


def test_mistakes_are_words_and_as_many_as_can_be_read() -> None:
    some = [LineMistake(mistake=EntryMistake.CODE_MISSING, line=line) for line in range(1, 26)]
    assert command_line.mistake_lines(some[:20])[-1] == "line 20: Enter the verification code."
    assert command_line.mistake_lines(some)[20:] == ["and 5 more"]
    (told,) = command_line.mistake_lines([LineMistake(mistake=ListMistake.OTHER_CODE, line=4, other_line=2)])
    assert told.startswith("line 4: ")
    assert "line 2" in told


def test_the_sentences_name_the_limits_there_are() -> None:
    assert f"{MOST_NUMBERS:,} numbers" in command_line.LIST_MISTAKES[ListMistake.TOO_MANY]
    assert f"{LARGEST // 1_000_000} MB" in command_line.LIST_MISTAKES[ListMistake.TOO_LARGE]


@pytest.mark.parametrize("mistake", ListMistake)
def test_every_mistake_of_a_list_has_its_sentence(mistake: ListMistake) -> None:
    assert command_line.LIST_MISTAKES[mistake].endswith((".", "?"))


CELLS = st.text(alphabet=st.sampled_from("0123456789+-., ;\t\"'\r\nabcCODE\x00é１"), max_size=200)


@given(st.binary(max_size=200) | CELLS.map(str.encode) | CELLS.map(lambda text: f"phone,code\n{text}".encode()))
def test_anything_is_read_or_refused_without_a_word_of_it(content: bytes) -> None:
    refused = ListError(*_mistakes(content))  # whatever else it raises fails the test
    allowed = {mistake.value for mistake in (*EntryMistake, *ListMistake)}
    assert {part.split(": ", 1)[1] for part in filter(None, str(refused).split("; "))} <= allowed
    assert len(command_line.mistake_lines(refused.mistakes)) <= 21


def _mistakes(content: bytes) -> tuple[LineMistake, ...]:
    try:
        read_table(content, region="CN")
    except ListError as error:
        return error.mistakes
    return ()


@given(st.from_regex(r"[A-Za-z][0-9A-Za-z]{10}[0-9]", fullmatch=True), st.sampled_from(["{},{}", "{} {}", "{}"]))
def test_what_stands_in_a_list_is_in_no_error(code: str, shape: str) -> None:
    with pytest.raises(ListError) as caught:
        read(shape.format(code, code))
    error = caught.value
    told = [str(error), repr(error), repr(error.mistakes), *command_line.mistake_lines(error.mistakes)]
    assert not any(code in each for each in told)
