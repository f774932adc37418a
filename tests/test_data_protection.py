"""What ``docs/data-protection.md`` says of where personal data lies is what the schema has."""

import re
from pathlib import Path

from bot.store.schema import COLUMNS

DOCUMENT = (Path(__file__).parent.parent / "docs" / "data-protection.md").read_text()

COLUMNS_OF = {
    "phone number": ("phone",),
    "phone number ID": ("phone_number_id",),
    "reason": ("reason", "decision_reason"),
    "who asked, decided, looked": ("user_id",),
}
"""The columns that hold each kind of data, by the words of the table's first column."""


def tables_told(what: str) -> set[str]:
    row = next(line for line in DOCUMENT.splitlines() if line.startswith(f"| {what} |"))
    return set(re.findall(r"`(\w+)`", row)) & COLUMNS.keys()


def test_each_kind_of_data_lies_in_the_tables_that_it_names() -> None:
    for what, columns in COLUMNS_OF.items():
        assert tables_told(what) == {table for table, has in COLUMNS.items() if set(columns) & set(has)}, what


def test_a_code_lies_in_none() -> None:
    assert not tables_told("verification code")


def test_the_journal_has_no_place_for_a_number() -> None:
    assert not {"phone", "phone_number_id", "reason"} & set(COLUMNS["journal"])
