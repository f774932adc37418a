"""No echo of the verification code survives in what the API says."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.cams.redaction import redact
from bot.models import MASK


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The code 208312 is wrong.", f"The code {MASK} is wrong."),
        ("208312 and 208312", f"{MASK} and {MASK}"),
        ("208 312", MASK),
        ("208-312", MASK),
        ("2.0.8.3.1.2", MASK),
        ("208 - 312", MASK),
        ("208\u200b312", MASK),  # a zero-width space, as pasted from a page
        ("208%20312", MASK),  # the form body, quoted back
        ("VerifyCode=208312&x=1", f"VerifyCode={MASK}&x=1"),
        ("２０８３１２", MASK),  # full-width digits
        ("x1208312x", f"x1{MASK}x"),  # inside a longer run it may be the code all the same
        ("208313", "208313"),
        ("2083", "2083"),
        ("208 and then 312", "208 and then 312"),
        ("", ""),
    ],
)
def test_each_way_to_write_the_code_is_masked(text: str, shown: str) -> None:
    assert redact(text, SecretStr("208312")) == shown


@pytest.mark.parametrize("code", ["208 312", "208-312", " 208312 "])
def test_a_code_that_was_given_with_separators_is_found_without_them(code: str) -> None:
    assert redact("208312", SecretStr(code)) == MASK


def test_a_code_of_letters_is_found_in_either_case() -> None:
    assert redact("Wrong: AB12cd", SecretStr("ab12CD")) == f"Wrong: {MASK}"


def test_a_code_of_signs_alone_is_found() -> None:
    assert redact("Wrong: (*)", SecretStr("(*)")) == f"Wrong: {MASK}"


def test_an_empty_code_masks_nothing() -> None:
    assert redact("Wrong.", SecretStr(" ")) == "Wrong."


@given(
    before=st.text(),
    after=st.text(),
    code=st.text("0123456789", min_size=4, max_size=8),
    separators=st.lists(st.sampled_from(["", " ", "-", ".", "\u00a0", "_", " - "]), min_size=7, max_size=7),
)
def test_whatever_stands_around_it_the_code_is_gone(before: str, after: str, code: str, separators: list[str]) -> None:
    echo = "".join(character + separator for character, separator in zip(code, [*separators, ""], strict=False))
    assert code not in "".join(c for c in redact(f"{before}{echo}{after}", SecretStr(code)) if c.isalnum())


@pytest.mark.parametrize("text", ["2" * 1_000_000, "2 " * 500_000, "20831" * 200_000, "%20" * 330_000])
def test_a_text_made_to_be_slow_is_not(text: str) -> None:
    started = time.perf_counter()
    redact(text, SecretStr("208312"))
    assert time.perf_counter() - started < 5  # quadratic would be minutes
