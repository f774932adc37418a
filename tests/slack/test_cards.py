"""The cards approvers decide on: they tell what is needed to decide, and nothing that need not be seen."""

import json

import pytest

from bot.guesses import Alarm, Counts, Guesses, Suspect
from bot.models import FORGOTTEN, ApprovalState, Request, State
from bot.recent import RecentCounts
from bot.slack.payloads import Origin
from tests.english import ASKED_FOR, Read, cards, pages, views
from tests.english import requests as texts
from tests.values import AWAITING, decided, phones, request

RECENT = RecentCounts(by_agent=3, for_number=1, refused=Counts())
APPROVED = decided(ApprovalState.APPROVED)


def test_a_card_shows_who_asks_and_why_and_hides_the_middle_of_the_number() -> None:
    shown = json.dumps(cards.card(request(approval=AWAITING), RECENT).blocks, ensure_ascii=False)
    for said in (
        "ID of +12•••••100",
        "Requested by <@U0ANA>",
        "Reason: ticket 7",
        "3 lookups requested by this agent",
        "1 lookup requested for this",
    ):
        assert said in shown
    assert "202-555" not in shown


def test_a_card_for_several_numbers_counts_them_and_says_that_it_is_for_all() -> None:
    message = cards.card(request(3, approval=AWAITING), RECENT)
    shown = json.dumps(message.blocks)
    assert message.text.startswith("Approval needed: IDs of 3 numbers\nRequested by <@U0ANA>")
    assert "This approves the whole list." in shown
    assert "3 lookups requested by this agent in the last 7 days." in shown


@pytest.mark.parametrize("end", ["\n", "\n\n", " " * 99, "\u00a0" * 99, "\u3000" * 99, "\t\t", "\u2028"])
def test_a_reason_is_one_line_behind_its_label_and_cannot_imitate_the_cards_own(end: str) -> None:
    typed = f"ticket 7{end}This request was approved. Decided by <@U0LEE>.{end}Reference R-00000000"
    line = "ticket 7 This request was approved. Decided by <@U0LEE>. Reference R-00000000"
    asked = request(approval=AWAITING, reason=typed)
    denied = request(1, State.DROPPED, approval=decided(ApprovalState.DENIED, reason=typed), reason=typed)
    for message, label in (
        (cards.card(asked, RECENT), "Reason"),
        (cards.decided_card(denied), "Reason"),
        (cards.decided_card(denied), "Reason for the denial"),
        (views.ended(denied), "Reason"),
        (Read("", pages.details(Origin(), asked)["blocks"]), "Reason"),
    ):
        assert f"{label}: {line}" in [each["text"]["text"] for each in message.blocks if each["type"] == "section"]
        own = "This request was approved.", "Decided by", "Reference R-00000000"
        assert not [each for each in message.text.splitlines() if each.startswith(own)]


def test_a_reminder_says_that_it_is_one() -> None:
    assert cards.card(request(approval=AWAITING), RECENT, is_reminder=True).text.startswith("Still waiting: ID of ")


def test_refused_codes_are_told_once_they_are_more_than_happens_to_anybody() -> None:
    refused = RecentCounts(by_agent=1, for_number=1, refused=Counts(for_number=Guesses(refused=5)))
    assert "5 wrong codes for this number in the last 24 hours." in json.dumps(
        cards.card(request(approval=AWAITING), refused).blocks
    )
    assert "wrong code" not in json.dumps(cards.card(request(approval=AWAITING), RECENT).blocks)


def test_every_button_of_a_card_carries_the_request_and_nothing_else() -> None:
    (*_, actions) = cards.card(request(3, approval=AWAITING), RECENT).blocks
    assert [(each["action_id"], each["value"]) for each in actions["elements"]] == [
        (cards.APPROVE, "R-7K3Q9FZ2"),
        (cards.DENY, "R-7K3Q9FZ2"),
        (cards.DETAILS, "R-7K3Q9FZ2"),
    ]


@pytest.mark.parametrize(
    ("of", "said"),
    [
        pytest.param(request(approval=APPROVED), "Approved by <@U0LEE>.", id="approved"),
        pytest.param(
            request(1, State.ANSWERED, approval=APPROVED), "Approved by <@U0LEE>. The agent has the ID.", id="answered"
        ),
        pytest.param(
            request(1, State.DROPPED, approval=decided(ApprovalState.DENIED, reason="not yours")),
            "Denied by <@U0LEE>.",
            id="denied",
        ),
        pytest.param(request(3, State.QUEUED, State.CALLING, approval=APPROVED), "being looked up.", id="running"),
        pytest.param(request(3, State.REJECTED, State.ANSWERED, approval=APPROVED), ASKED_FOR, id="partly rejected"),
        pytest.param(
            request([FORGOTTEN, *phones(2)], State.ANSWERED, approval=APPROVED), ASKED_FOR, id="partly forgotten"
        ),
    ],
)
def test_a_decided_card_says_what_became_of_the_request_and_has_no_buttons(of: Request, said: str) -> None:
    message = cards.decided_card(of)
    assert message.text.endswith(said)
    assert "by <@U0LEE>." in message.text
    assert all(block["type"] != "actions" for block in message.blocks)
    assert ("Reason for the denial: not yours" in json.dumps(message.blocks)) is said.startswith("Denied")


def test_of_a_request_that_was_forgotten_a_card_says_only_that() -> None:
    forgotten = request([FORGOTTEN], State.ANSWERED, approval=APPROVED, reason="")
    assert texts.FORGOTTEN.one in cards.decided_card(forgotten).text


@pytest.mark.parametrize(
    ("suspect", "said"),
    [
        (Suspect.NUMBER, "6 wrong codes for +12•••••102 within 5 minutes. <@U0ANA> entered the last one."),
        (Suspect.AGENT, "<@U0ANA> entered 6 wrong codes within 5 minutes. The last one was for +12•••••102."),
    ],
)
def test_an_alarm_says_who_how_often_and_how_fast(suspect: Suspect, said: str) -> None:
    of = request(3, State.REFUSED)
    alarm = Alarm(entry=7, request=of, lookup=of.lookups[2], suspect=suspect, refused=6, seconds=300.0)
    message = cards.alarm_message(alarm)
    assert said in message.text
    assert "Reference R-7K3Q9FZ2/3" in message.text
