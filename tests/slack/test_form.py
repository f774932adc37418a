"""The form: what it never carries, and what it notices before anything is kept."""

from typing import Any

import pytest

from bot.errors import EntryMistake
from bot.models import PhoneNumber
from bot.slack import form
from bot.slack.payloads import Origin, Submission, parse
from bot.texts import asking

NUMBER = PhoneNumber("8613800001234")


def block_ids(view: dict[str, Any]) -> set[str]:
    return {block["block_id"] for block in view["blocks"] if "block_id" in block}


def submitted(*, phone: str, code: str, reason: str = "", callback_id: str = form.CALLBACK) -> Submission:
    values = {
        name: {name: {"type": "plain_text_input", "value": value}}
        for name, value in (("phone", phone), ("code", code), ("reason", reason))
    }
    view = {"id": "V1", "hash": "1.a", "callback_id": callback_id, "state": {"values": values}}
    return parse(Submission, {"user": {"id": "U0ANA", "team_id": "T0SANDBOX"}, "team": None, "view": view})


def mistakes(submission: Submission) -> dict[str, str]:
    read = form.read(submission, region=None)
    return read.by_block if isinstance(read, form.Mistakes) else {}


def test_no_two_forms_share_a_field_or_slack_would_carry_the_typed_code_over() -> None:
    first, second = (form.build(Origin(), form.Filling(phone=NUMBER)) for _ in range(2))
    assert len(block_ids(first)) == 3
    assert not block_ids(first) & block_ids(second)


@pytest.mark.parametrize("approvers", [None, "<@U0LEE>"])
def test_nothing_fills_in_a_code(approvers: str | None) -> None:
    view = form.build(Origin(), form.Filling(phone=NUMBER, reason="ticket 7"), approvers=approvers)
    (code,) = (block for block in view["blocks"] if block.get("block_id", "").startswith("code"))
    assert "initial_value" not in code["element"]


def test_a_code_typed_behind_the_number_is_noticed() -> None:
    found = mistakes(submitted(phone="+49 30 12345 208312", code="208312"))
    assert found == {"phone": asking.ENTRY_MISTAKES[EntryMistake.NUMBER_HOLDS_CODE]}


def test_a_code_typed_into_the_reason_is_noticed() -> None:
    found = mistakes(submitted(phone="+86 138 0000 1234", code="208312", reason="the code is 208 312"))
    assert found == {"reason": asking.ENTRY_MISTAKES[EntryMistake.REASON_HOLDS_CODE]}


def test_where_somebody_must_approve_the_reason_is_required_and_the_code_may_wait() -> None:
    asked = submitted(phone="+86 138 0000 1234", code="", callback_id=form.APPROVAL_CALLBACK)
    assert mistakes(asked) == {"reason": asking.ENTRY_MISTAKES[EntryMistake.REASON_MISSING]}
    asked = submitted(phone="+86 138 0000 1234", code="", reason="ticket 7", callback_id=form.APPROVAL_CALLBACK)
    read = form.read(asked, region=None)
    assert isinstance(read, form.Filled)
    assert read.code is None


def test_where_nobody_must_the_code_is_required() -> None:
    found = mistakes(submitted(phone="+86 138 0000 1234", code=""))
    assert found == {"code": asking.ENTRY_MISTAKES[EntryMistake.CODE_MISSING]}
