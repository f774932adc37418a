"""The forms: what they never carry, and what they notice before anything is kept."""

import json
from typing import Any

import pytest

from bot.entry.lines import MOST
from bot.errors import EntryMistake
from bot.models import ApprovalState, PhoneNumber, Result, State
from bot.policy import Decision, Rule, Verdict
from bot.sandbox.slack.validator import Surface, check_view
from bot.slack.blocks import View
from bot.slack.forms import Filling
from bot.slack.forms_read import Entry, Filled, Mistakes, read, read_codes, read_denial
from bot.slack.payloads import Origin, Submission, parse
from bot.texts.language import in_english
from tests.english import asking, forms, pages, views
from tests.english import requests as texts
from tests.values import decided, request

NUMBER = PhoneNumber("8613800001234")
APPROVERS = "<@U0LEE>"
LONGEST = [PhoneNumber(f"4915123456{number:05}") for number in range(MOST)]
"""As many as a list can hold, of the length no number exceeds."""
APPROVED = decided(ApprovalState.APPROVED)
FULLEST = request(LONGEST, State.ANSWERED, result=Result(phone_number_id="9" * 60), reason="r" * 500)
ONE, SEVERAL = Filling(), Filling(is_several=True)

MISTAKES = asking.ENTRY_MISTAKES


def submitted(view: View, **typed: str) -> Submission:
    """The form with this typed into its fields."""
    values = {
        block["block_id"]: {block["element"]["action_id"]: {"value": typed.get(block["element"]["action_id"], "")}}
        for block in view["blocks"]
        if block["type"] == "input"
    }
    kept = {name: view[name] for name in ("callback_id", "private_metadata")}
    body = {
        "user": {"id": "U0ANA", "team_id": "T0SANDBOX"},
        "team": None,
        "view": {"id": "V1", "hash": "1.a", **kept, "state": {"values": values}},
    }
    return parse(Submission, body)


def mistakes(found: object) -> dict[str, str]:
    """The sentences by field."""
    assert isinstance(found, Mistakes)
    return {block_id.partition("-")[0]: in_english(sentence) for block_id, sentence in found.by_block.items()}


def filled(found: Filled | Mistakes) -> Filled:
    assert isinstance(found, Filled)
    return found


def codes_of(found: Filled | Mistakes) -> list[str | None]:
    return [entry.code.get_secret_value() if entry.code else None for entry in filled(found).entries]


def block_ids(view: dict[str, Any]) -> set[str]:
    return {block["block_id"] for block in view["blocks"] if "block_id" in block}


@pytest.mark.parametrize(("filling", "fields"), [(ONE, 3), (SEVERAL, 2)])
def test_no_two_forms_share_a_field_or_slack_would_carry_typed_codes_over(filling: Filling, fields: int) -> None:
    first, second = (forms.build(Origin(), filling) for _ in range(2))
    assert len(block_ids(first)) == fields
    assert not block_ids(first) & block_ids(second)


@pytest.mark.parametrize("approvers", [None, APPROVERS])
def test_nothing_fills_in_a_code(approvers: str | None) -> None:
    view = forms.build(Origin(), Filling(phones=(NUMBER,), reason="ticket 7"), approvers=approvers)
    (code,) = (block for block in view["blocks"] if block.get("block_id", "").startswith("code"))
    assert "initial_value" not in code["element"]


@pytest.mark.parametrize(
    "view",
    [
        forms.build(Origin()),
        forms.build(Origin(), SEVERAL),
        forms.build(Origin(), Filling(phones=tuple(LONGEST), reason="r" * 500, is_several=True)),
        forms.build(Origin(), Filling(phones=tuple(LONGEST), is_several=True), approvers=APPROVERS),
        forms.build_codes(Origin(response_url="https://hooks.invalid/" + "x" * 200), FULLEST),
        forms.build_codes(Origin(), request(approval=APPROVED)),
        forms.build_denial(Origin(), FULLEST),
        views.outcome(Origin(), FULLEST),
        pages.details(Origin(), FULLEST),
    ],
)
def test_slack_takes_the_fullest_form(view: View) -> None:
    assert check_view(view, surfaces=(Surface.MODAL,)) == []


def test_as_many_numbers_as_can_be_fit_with_their_codes() -> None:
    (field,) = (block for block in forms.build_codes(Origin(), FULLEST)["blocks"] if block["type"] == "input")
    typed = "\n".join(f"{line}208312" for line in field["element"]["initial_value"].split("\n"))
    assert len(typed) <= forms.LONGEST


def test_a_form_carries_no_more_than_slack_takes() -> None:
    view = forms.build_codes(Origin(), FULLEST)
    assert len(view["private_metadata"]) <= 3000
    assert len(json.loads(view["private_metadata"])["numbers"].split()) == MOST


def test_a_code_typed_behind_the_number_is_noticed() -> None:
    asked = submitted(forms.build(Origin()), phone="+49 30 12345 208312", code="208312")
    assert mistakes(read(asked, region=None)) == {"phone": MISTAKES[EntryMistake.NUMBER_HOLDS_CODE]}


@pytest.mark.parametrize("phone", ["+86 138 0000 1234", "nonsense"])
def test_a_code_typed_into_the_reason_is_noticed_whatever_the_number_is(phone: str) -> None:
    asked = submitted(forms.build(Origin()), phone=phone, code="208312", reason="the code is 208 312")
    assert mistakes(read(asked, region=None))["reason"] == MISTAKES[EntryMistake.REASON_HOLDS_CODE]


def test_where_somebody_must_approve_the_reason_is_required_and_the_code_may_wait() -> None:
    form = forms.build(Origin(), approvers=APPROVERS)
    asked = submitted(form, phone="+86 138 0000 1234")
    assert mistakes(read(asked, region=None)) == {"reason": MISTAKES[EntryMistake.REASON_MISSING]}
    asked = submitted(form, phone="+86 138 0000 1234", reason="ticket 7")
    assert read(asked, region=None) == Filled((Entry(NUMBER, None),), "ticket 7")


def test_where_nobody_must_the_code_is_required() -> None:
    asked = submitted(forms.build(Origin()), phone="+86 138 0000 1234")
    assert mistakes(read(asked, region=None)) == {"code": MISTAKES[EntryMistake.CODE_MISSING]}


def test_one_number_and_several_are_read_as_the_same_value() -> None:
    one = read(submitted(forms.build(Origin()), phone="+86 138 0000 1234", code="208312"), region=None)
    several = read(submitted(forms.build(Origin(), SEVERAL), numbers="+86 138 0000 1234 208312"), region=None)
    assert filled(one).entries == filled(several).entries
    assert (filled(one).is_several, filled(several).is_several) == (False, True)


def test_a_code_of_any_line_in_the_reason_is_noticed() -> None:
    lines = "+86 138 0000 1234 208312\n+1 202-555-0101 004217"
    asked = submitted(forms.build(Origin(), SEVERAL), numbers=lines, reason="use 004-217")
    assert mistakes(read(asked, region=None)) == {"reason": MISTAKES[EntryMistake.REASON_HOLDS_CODE]}


def test_where_somebody_must_approve_codes_of_several_may_wait_and_the_reason_is_required() -> None:
    form = forms.build(Origin(), SEVERAL, approvers=APPROVERS)
    asked = submitted(form, numbers="+86 138 0000 1234")
    assert mistakes(read(asked, region=None)) == {"reason": MISTAKES[EntryMistake.REASON_MISSING]}
    assert codes_of(read(submitted(form, numbers="+86 138 0000 1234", reason="7"), region=None)) == [None]


def test_a_word_for_nothing_is_a_code_that_may_wait_or_is_missing() -> None:
    typed = {"phone": "+86 138 0000 1234", "code": "TBD", "reason": "ticket 7"}
    asked = submitted(forms.build(Origin(), approvers=APPROVERS), **typed)
    assert read(asked, region=None) == Filled((Entry(NUMBER, None),), "ticket 7")
    asked = submitted(forms.build(Origin()), **typed)
    assert mistakes(read(asked, region=None)) == {"code": MISTAKES[EntryMistake.CODE_MISSING]}


def test_a_second_number_is_not_taken_for_the_code() -> None:
    asked = submitted(forms.build(Origin()), phone="+86 138 0000 1234", code="138 0000 1235")
    assert mistakes(read(asked, region=None)) == {"code": MISTAKES[EntryMistake.CODE_UNREADABLE]}
    asked = submitted(forms.build(Origin()), phone="+86 138 0000 1234", code="13800001235")
    assert mistakes(read(asked, region=None)) == {"code": MISTAKES[EntryMistake.CODE_IS_NUMBER]}
    asked = submitted(forms.build_codes(Origin(), request([NUMBER], approval=APPROVED)), code="12025550105")
    assert mistakes(read_codes(asked, region=None)) == {"code": MISTAKES[EntryMistake.CODE_IS_NUMBER]}


def test_codes_that_may_have_lost_zeros_are_named_until_they_are_marked() -> None:
    form = forms.build(Origin(), SEVERAL)
    lines = "+86 138 0000 1234 208312\n+1 202-555-0101 8312"
    said = MISTAKES[EntryMistake.CODE_SHORTENED]
    assert mistakes(read(submitted(form, numbers=lines), region=None)) == {"numbers": f"Line 2: {said}"}
    assert codes_of(read(submitted(form, numbers=f"{lines}!"), region=None)) == ["208312", "8312"]


def test_where_codes_may_wait_they_all_do_or_none_does() -> None:
    form = forms.build(Origin(), SEVERAL, approvers=APPROVERS)
    asked = submitted(form, numbers="+86 138 0000 1234 208312\n+1 202-555-0101\n+1 202-555-0102", reason="7")
    assert mistakes(read(asked, region=None)) == {"numbers": f"Lines 2 and 3: {MISTAKES[EntryMistake.CODES_FOR_SOME]}"}


def test_a_form_for_the_code_of_one_number_gives_it_with_its_number() -> None:
    of = request([NUMBER], approval=APPROVED)
    asked = submitted(forms.build_codes(Origin(), of), code="208-312")
    found = filled(read_codes(asked, region=None))
    assert [entry.phone for entry in found.entries] == [NUMBER]
    assert codes_of(found) == ["208312"]
    assert asked.view.request_id == of.id


def test_a_form_for_codes_takes_those_of_its_numbers_in_any_order_and_no_others() -> None:
    form = forms.build_codes(Origin(), request([NUMBER, PhoneNumber("12025550101")], approval=APPROVED))
    turned = submitted(form, numbers="+1 202-555-0101 004217\n+86 138 0000 1234 208312")
    assert codes_of(read_codes(turned, region=None)) == ["004217", "208312"]
    left_out = submitted(form, numbers="+1 202-555-0101 004217")
    assert mistakes(read_codes(left_out, region=None)) == {"numbers": MISTAKES[EntryMistake.NUMBERS_LEFT_OUT]}


@pytest.mark.parametrize("metadata", ["", "{}", "[", '{"numbers": 7}', '{"numbers": "x"}'])
def test_a_form_for_codes_whose_numbers_are_gone_takes_none(metadata: str) -> None:
    lines = {**forms.build_codes(Origin(), request([NUMBER, *LONGEST[:1]])), "private_metadata": metadata}
    one = {**forms.build_codes(Origin(), request([NUMBER])), "private_metadata": metadata}
    sentence = MISTAKES[EntryMistake.NUMBER_NOT_APPROVED]
    assert mistakes(read_codes(submitted(lines, numbers="+86 138 0000 1234 208312"), region=None)) == {
        "numbers": f"Line 1: {sentence}"
    }
    assert mistakes(read_codes(submitted(one, code="208312"), region=None)) == {"code": sentence}


def test_a_denial_needs_a_reason() -> None:
    form = forms.build_denial(Origin(), request())
    for unseen in (" ", "\u200b", "\u2800", "\u3164", "..."):
        assert mistakes(read_denial(submitted(form, reason=unseen))) == {"reason": texts.DENY_REASON_MISSING}
    assert mistakes(read_denial(submitted(form, reason="x" * 501))) == {
        "reason": MISTAKES[EntryMistake.REASON_TOO_LONG]
    }
    denied = submitted(form, reason=" not yours ")
    assert read_denial(denied) == "not yours"
    assert denied.view.request_id == request().id


@pytest.mark.parametrize(
    ("view", "typed", "said"),
    [
        (forms.build(Origin()), {"phone": "+86 138 0000 1234", "code": "208312"}, "Looking up +86 138 0000 1234"),
        (forms.build(Origin(), SEVERAL), {"numbers": "+86 138 0000 1234 208312"}, "Looking up +86 138 0000 1234"),
        (
            forms.build(Origin(), SEVERAL),
            {"numbers": "+86 138 0000 1234 208312\n+1 202-555-0101 208313"},
            "Looking up 2 numbers",
        ),
        (
            forms.build(Origin(), approvers=APPROVERS),
            {"phone": "+86 138 0000 1234", "reason": "7"},
            "Requesting approval for +86 138 0000 1234",
        ),
        (
            forms.build(Origin(), SEVERAL, approvers=APPROVERS),
            {"numbers": "+86 138 0000 1234\n+1 202-555-0101", "reason": "7"},
            "Requesting approval for 2 numbers",
        ),
    ],
)
def test_a_submitted_form_says_at_once_what_happens_now(view: View, typed: dict[str, str], said: str) -> None:
    submission = submitted(view, **typed)
    shown = json.dumps(forms.submitted(submission, filled(read(submission, region=None))))
    assert said in shown
    assert "2083" not in shown


def test_submitted_codes_say_at_once_what_happens_now() -> None:
    one = submitted(forms.build_codes(Origin(), request([NUMBER])), code="208312")
    assert texts.ASKING_NOW in json.dumps(forms.submitted(one, filled(read_codes(one, region=None))))


MAY = Decision(Verdict.MAY, Rule.NO_APPROVALS)
WITH_APPROVAL = Decision(Verdict.MAY_WITH_APPROVAL, Rule.APPROVALS)


def test_a_form_that_was_opened_under_another_policy_says_what_it_lacks() -> None:
    assert forms.lacks(WITH_APPROVAL, Filled((Entry(NUMBER, None),))) == asking.CODE_NOT_YET.one
    assert forms.lacks(WITH_APPROVAL, Filled((Entry(NUMBER, None),), "7")) is None
    assert forms.lacks(MAY, Filled((Entry(NUMBER, None),), "7", is_several=True)) == asking.CODE_NEEDED.several
