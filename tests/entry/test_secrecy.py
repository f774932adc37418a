"""A code typed into a field that is kept is noticed before anything is kept."""

import pytest
from pydantic import SecretStr

from bot.entry.secrecy import number_holds, text_holds
from bot.models import PhoneNumber


@pytest.mark.parametrize(
    ("digits", "code", "is_held"),
    [
        ("493012345208312", "208312", True),  # +49 30 12345, and the code behind it
        ("8613800001234", "208312", False),
        ("8613800208312", "208312", False),  # ends like the code, but what is left is no number
        ("12025550101", "0101", False),
        ("493012345208312", "12", False),  # too short to tell from chance
    ],
)
def test_a_code_behind_a_number(digits: str, code: str, is_held: bool) -> None:  # noqa: FBT001 - a table's column
    assert number_holds(PhoneNumber(digits), SecretStr(code)) is is_held


@pytest.mark.parametrize(
    ("text", "code", "is_held"),
    [
        ("code is 208312", "208312", True),
        ("208 312", "208312", True),
        ("2-0-8-3-1-2", "208312", True),
        ("code208312!", "208312", True),
        ("２０８３１２", "208312", True),
        ("AbC9x", "abc9X", True),
        ("ticket 4711", "208312", False),
        ("", "208312", False),
        ("ticket 12345", "12", False),
        ("code 12", "12", True),
    ],
)
def test_a_code_in_a_text(text: str, code: str, is_held: bool) -> None:  # noqa: FBT001 - a table's column
    assert text_holds(text, SecretStr(code)) is is_held
