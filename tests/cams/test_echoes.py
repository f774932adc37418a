"""No form of the verification code is kept of what the API says."""

import base64
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.cams.echoes import holds_form, tells_code

CODE = "208312"

WHOLE: list[Callable[[str], str]] = [
    str,
    lambda code: code[::-1],
    "-".join,
    "x".join,
    lambda code: code.encode().hex(),
    lambda code: base64.b64encode(code.encode()).decode().rstrip("="),
]
"""Ways to write all of a code."""


@pytest.mark.parametrize(
    ("name", "is_found"),
    [
        ("Bad.208312", True),
        ("208312", True),
        ("Bad.208-312", True),
        ("2.0.8.3.1.2", True),
        ("Bad_2_0_8_3_1_2", True),
        ("x1208312x", True),  # inside a longer run it may be the code all the same
        ("a2b0c8d3e1f2", True),
        ("Bad.213802", True),  # backwards
        ("Bad.208", True),  # half of it: the other half may be elsewhere
        ("312.Bad", True),
        ("Bad.083", True),
        ("Bad.802", True),
        ("Bad.MjA4MzEy", True),  # base64, and the same with one or two characters before it
        ("Bad.eDIwODMxMg", True),
        ("Bad.eHgyMDgzMTI", True),
        ("Bad.mja4mzey", True),
        ("Bad.323038333132", True),  # hexadecimal
        ("VerifyCode.Incorrect", False),
        ("Bad.20", False),
        ("InvalidParameter.40013", False),
        ("", False),
    ],
)
def test_each_way_to_write_the_code_is_found(name: str, *, is_found: bool) -> None:
    assert holds_form(name, SecretStr(CODE)) is is_found


@pytest.mark.parametrize(
    ("name", "code", "is_found"),
    [
        ("Bad.208312", "208 312", True),
        ("Bad.208312", " 208-312 ", True),
        ("Wrong.AB12cd", "ab12CD", True),
        ("Wrong.dc21BA", "ab12CD", True),
        ("Bad.1234", "1234", True),
        ("Bad.234", "1234", True),
        ("Bad.12", "1234", False),
        ("Bad.1", "1", True),
        ("Bad", "(*)", False),  # of signs alone: none of them is kept
        ("Bad", " ", False),
    ],
)
def test_whatever_the_code_is_made_of(name: str, code: str, *, is_found: bool) -> None:
    assert holds_form(name, SecretStr(code)) is is_found


@given(
    before=st.text("Badxyz0123456789._-"),
    after=st.text("Badxyz0123456789._-"),
    code=st.text("0123456789", min_size=4, max_size=8),
    written=st.sampled_from([*WHOLE, lambda code: code[: max(3, (len(code) + 1) // 2)]]),
)
def test_whatever_stands_around_it_it_is_found(
    before: str, after: str, code: str, written: Callable[[str], str]
) -> None:
    assert holds_form(f"{before}{written(code)}{after}", SecretStr(code))


@pytest.mark.parametrize(
    ("sent", "is_told"),
    [
        ("208312", True),
        (" 208-312 ", True),
        ("２０８３１２", True),
        ("٢٠٨٣١٢", False),  # neither is it shown as the code
        ("x208312", True),
        ("code=208312", True),
        ("1208312", True),  # too few digits for an ID
        ("0000208312", False),  # of an ID's own form: the digits may be there by chance
        ("920155208312345", False),
        ("920155213802345", False),
        ("id-920155208312345", True),  # of no form that is known
        ("pvn-2.0.8.3.1.2", True),
        ("pvn-213802", True),
        ("pvn-MjA4MzEy", True),
        ("920323038333132", True),  # in hexadecimal: not by chance
        ("pvn-208", False),  # half of it is in many
        ("pvn-7Q3xK9_demo", False),
        ("920155500012345", False),
        ("", False),
    ],
)
def test_an_id_that_tells_the_code(sent: str, *, is_told: bool) -> None:
    assert tells_code(sent, SecretStr(CODE)) is is_told


@given(
    before=st.text("idxyz0123456789._=-"),
    after=st.text("idxyz0123456789._=-"),
    code=st.text("0123456789", min_size=4, max_size=8),
    written=st.sampled_from(WHOLE),
)
def test_no_id_of_an_unknown_form_tells_the_code(
    before: str, after: str, code: str, written: Callable[[str], str]
) -> None:
    assert tells_code(f"{before}i{written(code)}d{after}", SecretStr(code))


@given(
    phone_number_id=st.text("0123456789", min_size=13, max_size=17),
    at=st.integers(0, 12),
    code=st.text("0123456789", min_size=4, max_size=6),
)
def test_no_id_is_given_up_for_digits_that_stand_in_it_by_chance(phone_number_id: str, at: int, code: str) -> None:
    by_chance = (phone_number_id[:at] + code + phone_number_id[at:])[:17]
    assert tells_code(by_chance, SecretStr(code)) is (code.encode().hex() in by_chance)


def test_a_code_of_signs_is_found_as_a_whole() -> None:
    assert tells_code(" (*)", SecretStr("(*)"))
    assert not tells_code("(+)", SecretStr("(*)"))


@pytest.mark.parametrize("text", ["2" * 1_000_000, "2 " * 500_000, "20831" * 200_000])
def test_a_text_made_to_be_slow_is_not(text: str) -> None:
    started = time.perf_counter()
    tells_code(text, SecretStr(CODE))
    holds_form(text, SecretStr(CODE))
    assert time.perf_counter() - started < 5  # quadratic would be minutes
