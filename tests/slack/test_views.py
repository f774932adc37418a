"""Windows and messages: what others wrote is text in every one of them, and each says what became of a request."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.audit import LogEntry
from bot.models import FORGOTTEN, ApprovalState, Problem, Request, Result, State
from bot.policy import Audience, Decision, Rule, Verdict
from bot.progress import Progress
from bot.sandbox.slack import blockkit
from bot.sandbox.slack.schema import escaped
from bot.sandbox.slack.validator import Surface, check_message, check_view
from bot.slack import buttons
from bot.slack import pages as unsaid
from bot.slack.blocks import View
from bot.slack.payloads import Origin
from bot.texts.language import Language, Languages
from bot.texts.said import row
from bot.tickets import Outlook
from tests.clocks import START
from tests.english import Read, cards, forms, pages, views
from tests.english import requests as texts
from tests.slack.test_cards import RECENT
from tests.values import ANA, AWAITING, decided, request

ODD = "<!channel> & <https://example.com|click>"
ESCAPED = "&lt;!channel&gt; &amp; &lt;https://example.com|click&gt;"

APPROVED = decided(ApprovalState.APPROVED)
NO = Result(problem=Problem.UNKNOWN_CODE, api_code=ODD, request_id=ODD)
REFUSED = request(1, State.REFUSED, result=NO, reason=ODD)
ANSWERED = request(1, State.ANSWERED, result=Result(phone_number_id=ODD), reason=ODD)
DENIED = request(1, State.DROPPED, approval=decided(ApprovalState.DENIED, reason=ODD), reason=ODD)
WAITING = request(1, State.HELD, approval=AWAITING, reason=ODD)
SEVERAL = request(3, State.REFUSED, result=NO, reason=ODD, approval=APPROVED)

MARKUP = re.compile(r"<(?!@U0ANA>|@U0LEE>|!date\^|https://(?:developers\.facebook\.com|www\.alibabacloud\.com)/)")
"""Whatever means something to Slack and is not ours."""


def mrkdwn_of(block: Any) -> Iterator[str]:
    """Every text in there that Slack reads as markup."""
    if isinstance(block, dict):
        if block.get("type") == "mrkdwn":
            yield block["text"]
        for value in block.values():
            yield from mrkdwn_of(value)
    elif isinstance(block, list):
        for each in block:
            yield from mrkdwn_of(each)


def buttons_in(shown: Any) -> list[tuple[str, str | None]]:
    """The action id and the value of every button in there."""
    if isinstance(shown, dict):
        own = [(shown["action_id"], shown.get("value"))] if shown.get("type") == "button" else []
        return own + [each for value in shown.values() for each in buttons_in(value)]
    return [each for value in shown for each in buttons_in(value)] if isinstance(shown, list) else []


def text_of(view: View) -> str:
    return json.dumps(view, ensure_ascii=False)


@pytest.mark.parametrize(
    ("message", "holds"),
    [
        pytest.param(views.outcome_message(REFUSED), True, id="no ID"),
        pytest.param(views.outcome_message(ANSWERED), True, id="an ID"),
        pytest.param(views.sentence(row(ODD, separator="")), True, id="a sentence"),
        pytest.param(views.ended(DENIED), True, id="a denial"),
        pytest.param(cards.card(WAITING, RECENT), True, id="a card"),
        pytest.param(cards.decided_card(DENIED), False, id="a decided card"),
        pytest.param(views.receipt(WAITING), False, id="a receipt"),
        pytest.param(views.outcome_message(SEVERAL), False, id="the end of several"),
        pytest.param(views.progress_message(Progress(request=SEVERAL)), False, id="the progress of several"),
        pytest.param(views.became(SEVERAL), False, id="a late click"),
        pytest.param(
            pages.history([LogEntry(REFUSED, REFUSED.lookup)], is_first=True), False, id="a page of the history"
        ),
    ],
)
def test_what_others_wrote_is_escaped_wherever_slack_reads_markup(message: Read, *, holds: bool) -> None:
    assert (ESCAPED in message.text) is holds
    for text in (message.text, *mrkdwn_of(message.blocks)):
        assert not MARKUP.search(text)


@pytest.mark.parametrize(
    "view",
    [
        views.outcome(Origin(), REFUSED),
        views.outcome(Origin(), SEVERAL),
        pages.details(Origin(), REFUSED),
        pages.details(Origin(), SEVERAL),
    ],
)
def test_a_window_holds_what_others_wrote_as_plain_text_only(view: View) -> None:
    assert ODD in text_of(view)
    assert not any(MARKUP.search(text) for text in mrkdwn_of(view))
    assert check_view(view, surfaces=(Surface.MODAL,)) == []


@pytest.mark.parametrize("state", [State.ANSWERED, State.REFUSED, State.REJECTED])
def test_of_a_forgotten_lookup_only_that_is_said(state: State) -> None:
    forgotten = request([FORGOTTEN], state, reason="")
    assert views.outcome_message(forgotten).text == texts.FORGOTTEN.one
    window = text_of(views.outcome(Origin(), forgotten))
    assert texts.FORGOTTEN.one in window
    assert "number ID of" not in window
    assert views.became(forgotten).text == texts.FORGOTTEN.one


# What its agent is told of a request that needed approval, and the button below it.
ENDS = [
    pytest.param(request(approval=APPROVED), "Enter the verification code to", "enter_code", id="approved"),
    pytest.param(request(3, approval=APPROVED), "Enter the verification codes to", "enter_code", id="several approved"),
    pytest.param(request(1, State.ANSWERED, approval=APPROVED), "ID is ready", "show_id", id="answered"),
    pytest.param(DENIED, "Denied by", "try_again", id="denied"),
    pytest.param(
        request(3, State.DROPPED, approval=decided(ApprovalState.EXPIRED)), "expired", "try_again", id="several expired"
    ),
    pytest.param(
        request(1, State.DROPPED, approval=decided(ApprovalState.LAPSED)), "approval expired", "try_again", id="lapsed"
    ),
]


@pytest.mark.parametrize(("of", "said", "action_id"), ENDS)
def test_the_agent_is_told_what_became_of_a_request_with_the_next_step(of: Request, said: str, action_id: str) -> None:
    assert views.has_ended_message(of)
    message = views.ended(of)
    assert said in message.text
    is_decided = of.approval.state is not ApprovalState.EXPIRED
    assert ("by <@U0LEE>." in json.dumps(message.blocks)) is is_decided
    assert buttons_in(message.blocks) == [(action_id, of.id)]


def test_whoever_withdrew_is_not_told_who_did() -> None:
    withdrawn = request(1, State.DROPPED, approval=decided(ApprovalState.WITHDRAWN, by=ANA))
    assert "by <@U0ANA>" not in json.dumps(views.ended(withdrawn).blocks)
    assert views.became(withdrawn).text == "Withdrawn by <@U0ANA>."


@pytest.mark.parametrize(
    "of",
    [
        pytest.param(WAITING, id="one that waits"),
        pytest.param(REFUSED, id="one that needed no approval"),
        pytest.param(request(1, State.ANSWERED), id="an answer that needed no approval"),
        pytest.param(request(1, State.FAILED, approval=APPROVED), id="an approved one without an answer"),
        pytest.param(request(3, State.ANSWERED, approval=APPROVED), id="several that were answered"),
        pytest.param(request(3, State.ANSWERED, State.REFUSED, approval=APPROVED), id="several that ended differently"),
    ],
)
def test_what_the_outcome_says_is_not_said_before(of: Request) -> None:
    assert not views.has_ended_message(of)


def test_one_number_is_answered_and_several_are_a_table() -> None:
    one, several = (request(count, State.ANSWERED, result=Result(phone_number_id="920")) for count in (1, 3))
    assert "Phone number ID of +1 202-555-0100" in text_of(views.outcome(Origin(), one))
    assert views.embedded_signup(["920"])[0] in text_of(views.outcome(Origin(), one)).replace('\\"', '"')
    table = text_of(views.outcome(Origin(), several))
    assert "12025550100\\t920\\n12025550101\\t920\\n12025550102\\t920" in table
    assert "\\n".join(views.embedded_signup(["920"] * 3)) in table.replace('\\"', '"')
    assert "are temporary" in table


def test_messages_of_several_numbers_hold_no_id_and_one_of_a_single_number_does() -> None:
    one, several = (request(count, State.ANSWERED, result=Result(phone_number_id="920")) for count in (1, 3))
    assert "920" in views.outcome_message(one).text
    message = views.outcome_message(several)
    assert "920" not in json.dumps([message.text, message.blocks])
    assert (buttons.SHOW_RESULTS, several.id) in buttons_in(message.blocks)


def test_the_rest_of_several_numbers_can_be_asked_for_again_and_none_when_all_have_their_ids() -> None:
    some, all_ = request(3, State.ANSWERED, State.FAILED), request(3, State.ANSWERED)
    assert (buttons.TRY_AGAIN, some.id) in buttons_in(views.outcome_message(some).blocks)
    assert buttons.TRY_AGAIN not in dict(buttons_in(views.outcome_message(all_).blocks))


def test_whoever_may_not_ask_cannot_try_again_and_whoever_has_to_wait_can() -> None:
    guest = request(1, State.REJECTED, result=Result(problem=Problem.GUEST))
    waiting = request(1, State.REJECTED, result=Result(problem=Problem.TOO_MANY_GUESSES, wait_until=START + 60))
    assert buttons_in(views.outcome_message(guest).blocks) == []
    assert buttons_in(views.outcome_message(waiting).blocks) == [(buttons.TRY_AGAIN, waiting.id)]


@pytest.mark.parametrize(
    ("problem", "is_green"), [(Problem.UNKNOWN_CODE, True), (Problem.NO_ANSWER, True), (Problem.NOT_AUTHORIZED, False)]
)
def test_try_again_stands_out_only_where_it_can_help(problem: Problem, *, is_green: bool) -> None:
    failed = request(1, State.FAILED, result=Result(problem=problem))
    (button,) = views.outcome_message(failed).blocks[-1]["elements"]
    assert button["action_id"] == buttons.TRY_AGAIN
    assert (button.get("style") == "primary") is is_green


@pytest.mark.parametrize(
    ("state", "is_green"), [(ApprovalState.EXPIRED, True), (ApprovalState.LAPSED, True), (ApprovalState.DENIED, False)]
)
def test_what_came_too_late_is_asked_again_and_what_was_denied_need_not_be(
    state: ApprovalState, *, is_green: bool
) -> None:
    (button,) = views.ended(request(1, State.DROPPED, approval=decided(state))).blocks[-1]["elements"]
    assert button["action_id"] == buttons.TRY_AGAIN
    assert (button.get("style") == "primary") is is_green


@pytest.mark.parametrize(("problem", "is_green"), [(Problem.UNKNOWN_CODE, True), (Problem.TOKEN_EXPIRED, False)])
def test_in_the_window_of_a_list_the_rest_stands_out_where_trying_helps(problem: Problem, *, is_green: bool) -> None:
    some = request(3, State.ANSWERED, State.REFUSED, result=Result(problem=problem))
    rest, another = next(each for each in views.outcome(Origin(), some)["blocks"] if each["type"] == "actions")[
        "elements"
    ]
    assert (rest.get("style") == "primary", another.get("style")) == (is_green, None)


def test_a_card_lets_nobody_take_a_denial_for_what_is_wanted() -> None:
    approve, deny, details = cards.card(WAITING, RECENT).blocks[-1]["elements"]
    assert [each.get("style") for each in (approve, deny, details)] == ["primary", None, None]
    assert "<@U0ANA> can then get the ID of +12" in approve["confirm"]["text"]["text"]
    assert "202-555" not in str(approve)


def test_several_numbers_that_nobody_may_ask_for_are_no_table() -> None:
    guests = request(3, State.REJECTED, result=Result(problem=Problem.GUEST))
    assert buttons_in(views.outcome(Origin(), guests)) == []
    assert "Guests of this workspace" in views.outcome_message(guests).text


def test_a_running_request_can_be_stopped_until_all_are_called() -> None:
    running = Progress(request=request(3, State.ANSWERED, State.CALLING, State.QUEUED), seconds=4.0)
    message, window = views.progress_message(running), views.progress(Origin(), running)
    assert message.text.endswith("1 of 3 done. 1 ID found. About 4 seconds left.")
    assert buttons_in(message.blocks) == buttons_in(window) == [(buttons.STOP, running.request.id)]
    called = Progress(request=request(3, State.ANSWERED, State.CALLING))
    assert buttons_in(views.progress_message(called).blocks) == []


def test_the_wait_of_one_number_says_its_place_and_an_estimate() -> None:
    phone = request().lookup.phone
    first, second = (text_of(views.waiting(Origin(), phone, Outlook(place=each, seconds=2.5))) for each in (1, 2))
    assert f"Looking up {phone.international} in about 3 seconds" in first
    assert first.count("Looking") == second.count("Looking") == 1, "now or later, not both"
    assert "number 2 in line. Looking it up in about 3 seconds" in second
    assert "in about" not in text_of(views.waiting(Origin(), phone))


@pytest.mark.parametrize(
    ("of", "said"),
    [
        pytest.param(None, texts.NOT_ENTERED.one, id="nobody's"),
        pytest.param(request(approval=APPROVED), texts.NOT_ENTERED.one, id="still to be used"),
        pytest.param(request(3, approval=APPROVED), texts.NOT_ENTERED.several, id="several still to be used"),
        pytest.param(DENIED, "Denied by <@U0LEE>.", id="denied"),
        pytest.param(request(1, State.CALLING, approval=APPROVED), "is being looked up.", id="used a moment ago"),
        pytest.param(request(3, State.CALLING, approval=APPROVED), "0 of 3", id="several used a moment ago"),
        pytest.param(
            request(3, State.DROPPED, approval=decided(ApprovalState.DENIED)), "was denied", id="several denied"
        ),
        pytest.param(request(1, State.FAILED, approval=APPROVED), "No ID for", id="used and ended"),
    ],
)
def test_codes_that_come_too_late_show_how_their_request_stands(of: Request | None, said: str) -> None:
    assert said in text_of(views.used(Origin(), of))


def history(*found: Request) -> Read:
    entries = [LogEntry(replace(of, lookups=()), each) for of in found for each in of.lookups]
    page: Read = pages.history(entries, is_first=True)
    return page


@pytest.mark.parametrize(
    ("of", "button"),
    [
        pytest.param(request(1, State.ANSWERED), ("show_id", "R-7K3Q9FZ2"), id="an answer"),
        pytest.param(request(1, State.FAILED), ("try_again", "R-7K3Q9FZ2"), id="none"),
        pytest.param(request(approval=AWAITING), ("withdraw", "R-7K3Q9FZ2"), id="one that waits"),
        pytest.param(request(approval=APPROVED), ("enter_code", "R-7K3Q9FZ2"), id="an approved one"),
        pytest.param(request(1, State.CALLING), None, id="one that runs"),
        pytest.param(request([FORGOTTEN], State.ANSWERED), None, id="a forgotten one"),
        pytest.param(request(1, State.REJECTED, result=Result(problem=Problem.GUEST)), None, id="one that was refused"),
    ],
)
def test_each_lookup_of_the_history_has_the_button_that_helps(of: Request, button: tuple[str, str] | None) -> None:
    assert buttons_in(history(of).blocks) == ([button] if button else [])


def test_beside_one_number_of_several_its_own_id_is_shown_and_the_whole_request_withdrawn() -> None:
    answered, waiting = request(2, State.ANSWERED), request(2, approval=AWAITING)
    assert buttons_in(history(answered).blocks) == [("show_id", "R-7K3Q9FZ2/1"), ("show_id", "R-7K3Q9FZ2/2")]
    assert buttons_in(history(waiting).blocks) == [("withdraw", "R-7K3Q9FZ2")] * 2
    assert "Reference R-7K3Q9FZ2/2 · Number 2 of 2 in a list" in history(answered).text


def test_a_full_page_has_a_button_for_what_is_older_and_holds_no_more_than_a_page() -> None:
    page = history(request(pages.PAGE + 1, State.ANSWERED))
    assert page.text.count("Reference") == pages.PAGE
    assert buttons_in(page.blocks)[-1] == (buttons.OLDER, f"R-7K3Q9FZ2/{pages.PAGE}")


@pytest.mark.parametrize("language", Languages.read().all, ids=lambda each: each.name)
def test_read_as_one_line_a_time_stands_apart_from_what_became_of_the_number(language: Language) -> None:
    answered = request(1, State.ANSWERED)
    page = unsaid.history([LogEntry(answered, answered.lookup)], is_first=True)
    assert re.search(r"UTC> \S", language.markup(page.text))


def test_details_show_an_approver_every_number_in_full() -> None:
    assert "+1 202-555-0100" in text_of(pages.details(Origin(), WAITING))
    several = text_of(pages.details(Origin(), request(3, approval=AWAITING)))
    assert all(f"+1 202-555-010{number}" in several for number in range(3))


LONG = "&" * 500
"""The longest reason, of characters that Slack stores as five."""

MANY = Audience(user_ids=frozenset(f"U{number:010}" for number in range(800)), group_ids=frozenset({"S0LEADS"}))


@pytest.mark.parametrize(
    "message",
    [
        cards.card(request(100, State.HELD, approval=AWAITING, reason=LONG), RECENT),
        cards.decided_card(
            request(100, State.DROPPED, approval=decided(ApprovalState.DENIED, reason=LONG), reason=LONG)
        ),
        views.ended(request(100, State.DROPPED, approval=decided(ApprovalState.DENIED, reason=LONG), reason=LONG)),
        views.outcome_message(request(100, State.REFUSED, result=NO, reason=LONG)),
        views.progress_message(Progress(request=request(100, State.QUEUED, reason=LONG))),
        pages.help_page(Decision(Verdict.MAY_WITH_APPROVAL, Rule.APPROVALS), approvers=MANY, is_unreadable=True),
        pages.why(Decision(Verdict.MAY_WITH_APPROVAL, Rule.APPROVALS), is_approver=False, approvers=MANY),
        pages.history([LogEntry(one := request(1, State.REFUSED, result=NO), one.lookup)] * 50, is_first=True),
    ],
)
def test_no_message_is_longer_than_slack_takes(message: Read) -> None:
    assert check_message(message.blocks) == []
    assert len(escaped(blockkit.words(message.blocks), is_mrkdwn=True)) < 10_000


def test_hundreds_of_approvers_are_not_all_named() -> None:
    assert (
        check_view(forms.build(Origin(), forms.Filling(), approvers=views.names(MANY)), surfaces=(Surface.MODAL,)) == []
    )
    assert views.names(MANY).endswith("and 781 more")
    assert views.names(MANY).startswith("<!subteam^S0LEADS>, <@U0000000000>, ")
    few = Audience(user_ids=frozenset(sorted(MANY.user_ids)[:20]))
    assert "more" not in views.names(few)
