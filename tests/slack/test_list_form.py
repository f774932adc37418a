"""The form for several numbers: what it never carries, and what it notices before anything is kept."""

import json
from typing import Any

import pytest

from bot.entry.lines import MOST
from bot.errors import EntryMistake
from bot.models import Actor, Lookup, LookupId, PhoneNumber, Result, State, Through
from bot.sandbox.slack.validator import Surface, check_view
from bot.slack import list_form, list_views
from bot.slack.form import Mistakes
from bot.slack.payloads import Origin, Submission, parse
from bot.texts import asking
from bot.texts import lists as texts

LONGEST = [PhoneNumber(f"4915123456{number:05}") for number in range(MOST)]
"""As many as a list can hold, of the length no number exceeds."""


def lookups(state: State = State.APPROVED) -> list[Lookup]:
    return [
        Lookup(
            id=LookupId(f"L-{number:08}"),
            state=state,
            agent=Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK),
            phone=phone,
            reason="r" * 500,
            channel_id="C0SUPPORT",
            created_at=0.0,
            updated_at=0.0,
            result=Result(phone_number_id="9" * 60),
        )
        for number, phone in enumerate(LONGEST)
    ]


def submitted(view: dict[str, Any], *, numbers: str, reason: str = "") -> Submission:
    values = {
        block["block_id"]: {block["element"]["action_id"]: {"value": typed}}
        for block, typed in zip(
            [block for block in view["blocks"] if block["type"] == "input"], (numbers, reason), strict=False
        )
    }
    kept = {"id": "V1", "hash": "1.a", "callback_id": view["callback_id"], "private_metadata": view["private_metadata"]}
    body = {
        "user": {"id": "U0ANA", "team_id": "T0SANDBOX"},
        "team": None,
        "view": {**kept, "state": {"values": values}},
    }
    return parse(Submission, body)


def mistakes(submission: Submission) -> str:
    read = list_form.read(submission, region=None)
    return " ".join(read.by_block.values()) if isinstance(read, Mistakes) else ""


@pytest.mark.parametrize(
    "view",
    [
        list_form.build(Origin(), list_form.EMPTY),
        list_form.build(Origin(), list_form.Filling(phones=LONGEST, reason="r" * 500)),
        list_form.build(Origin(), list_form.Filling(phones=LONGEST), approvers="<@U0LEE>"),
        list_form.build_codes(Origin(response_url="https://hooks.invalid/" + "x" * 200), lookups()),
        list_views.results(Origin(), lookups(State.ANSWERED)),
        list_views.details(Origin(), lookups()),
    ],
)
def test_slack_takes_the_fullest_list(view: dict[str, Any]) -> None:
    assert check_view(view, surfaces=(Surface.MODAL,)) == []


def test_a_list_as_long_as_can_be_fits_with_its_codes() -> None:
    (field,) = (block for block in list_form.build_codes(Origin(), lookups())["blocks"] if block["type"] == "input")
    filled = "\n".join(f"{line}208312" for line in field["element"]["initial_value"].split("\n"))
    assert len(filled) <= list_form.LONGEST


def test_no_two_forms_share_a_field_or_slack_would_carry_typed_codes_over() -> None:
    first, second = (list_form.build(Origin(), list_form.EMPTY) for _ in range(2))
    ids = [{block["block_id"] for block in view["blocks"] if "block_id" in block} for view in (first, second)]
    assert len(ids[0]) == 2
    assert not ids[0] & ids[1]


def test_a_code_of_any_line_in_the_reason_is_noticed() -> None:
    form = list_form.build(Origin(), list_form.EMPTY)
    asked = submitted(form, numbers="+86 138 0000 1234 208312\n+1 202-555-0101 004217", reason="use 004-217")
    assert mistakes(asked) == asking.ENTRY_MISTAKES[EntryMistake.REASON_HOLDS_CODE]


def test_where_somebody_must_approve_codes_may_wait_and_the_reason_is_required() -> None:
    form = list_form.build(Origin(), list_form.EMPTY, approvers="<@U0LEE>")
    assert mistakes(submitted(form, numbers="+86 138 0000 1234")) == asking.ENTRY_MISTAKES[EntryMistake.REASON_MISSING]
    read = list_form.read(submitted(form, numbers="+86 138 0000 1234", reason="7"), region=None)
    assert isinstance(read, list_form.Filled)
    assert [each.code for each in read.listed] == [None]


def test_where_codes_may_wait_they_all_do_or_none_does() -> None:
    form = list_form.build(Origin(), list_form.EMPTY, approvers="<@U0LEE>")
    asked = submitted(form, numbers="+86 138 0000 1234 208312\n+1 202-555-0101\n+1 202-555-0102", reason="7")
    assert mistakes(asked) == f"Lines 2 and 3: {asking.ENTRY_MISTAKES[EntryMistake.CODES_FOR_SOME]}"


@pytest.mark.parametrize("metadata", ["", "{}", "[", '{"numbers": 7}'])
def test_a_form_of_codes_whose_numbers_are_gone_takes_none(metadata: str) -> None:
    form = {**list_form.build_codes(Origin(), lookups()[:1]), "private_metadata": metadata}
    assert mistakes(submitted(form, numbers="+86 138 0000 1234 208312")) == (
        f"Line 1: {asking.ENTRY_MISTAKES[EntryMistake.NUMBER_NOT_APPROVED]}"
    )


def test_a_form_carries_no_more_than_slack_takes() -> None:
    view = list_form.build_codes(Origin(), lookups())
    assert len(view["private_metadata"]) <= 3000
    assert len(json.loads(view["private_metadata"])["numbers"].split()) == MOST


# --- the mistakes in words ---


def test_each_mistake_is_said_once_with_all_its_lines() -> None:
    said = texts.mistakes(
        {
            3: EntryMistake.CODE_MISSING,
            1: EntryMistake.LINE_UNCERTAIN,
            7: EntryMistake.CODE_MISSING,
            5: EntryMistake.CODE_MISSING,
        }
    )
    sentences = asking.ENTRY_MISTAKES
    assert said == (
        f"Line 1: {sentences[EntryMistake.LINE_UNCERTAIN]} Lines 3, 5 and 7: {sentences[EntryMistake.CODE_MISSING]}"
    )


def test_a_hundred_mistakes_fit_under_the_field() -> None:
    kinds = (EntryMistake.CODE_MISSING, EntryMistake.LINE_UNCERTAIN, EntryMistake.LINE_UNREADABLE)
    said = texts.mistakes({line: kinds[line % 3] for line in range(1, MOST + 1)})
    assert len(said) < 1000
    assert all(str(line) in said for line in range(1, MOST + 1))
