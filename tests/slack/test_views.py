"""What people and the API wrote is text in every message: it pings nobody and links nowhere."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.approvals import Lately
from bot.models import FORGOTTEN, Actor, Approval, Lookup, LookupId, PhoneNumber, Problem, Result, State, Through
from bot.slack import approval_views, cards, views
from bot.slack.payloads import Origin
from bot.slack.views import Message
from bot.texts import asking
from tests.clocks import START

ODD = "<!channel> & <https://example.com|click>"
ESCAPED = "&lt;!channel&gt; &amp; &lt;https://example.com|click&gt;"

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
LEE = Actor(team_id="T0SANDBOX", user_id="U0LEE", through=Through.SLACK)
REFUSED = Lookup(
    id=LookupId("L-0001"),
    state=State.REFUSED,
    agent=ANA,
    phone=PhoneNumber("12025550102"),
    reason=ODD,
    channel_id="C0SUPPORT",
    created_at=START,
    updated_at=START,
    result=Result(problem=Problem.UNKNOWN_CODE, api_code=ODD, request_id=ODD),
)
ANSWERED = replace(REFUSED, state=State.ANSWERED, result=Result(phone_number_id=ODD))
DENIED = replace(
    REFUSED,
    state=State.DENIED,
    result=Result(),
    approval=Approval(expires_at=START, decided_by=LEE, decided_at=START, reason=ODD),
)
WAITING = replace(REFUSED, state=State.AWAITING, result=Result(), approval=Approval(expires_at=START))

MARKUP = re.compile(r"<(?!@U0ANA>|@U0LEE>|!date\^)")
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


@pytest.mark.parametrize(
    ("message", "holds"),
    [
        pytest.param(views.outcome_message(REFUSED), True, id="no ID"),
        pytest.param(views.outcome_message(ANSWERED), True, id="an ID"),
        pytest.param(views.sentence(ODD), True, id="a sentence"),
        pytest.param(approval_views.ended(DENIED), True, id="a denial"),
        pytest.param(cards.card(WAITING, Lately(by_agent=1, for_number=1)), True, id="a card"),
        pytest.param(cards.decided_card(DENIED), False, id="a decided card"),
        pytest.param(approval_views.receipt(WAITING), False, id="a receipt"),
    ],
)
def test_what_others_wrote_is_escaped_wherever_slack_reads_markup(message: Message, *, holds: bool) -> None:
    assert (ESCAPED in message.text) is holds
    for text in (message.text, *mrkdwn_of(message.blocks)):
        assert not MARKUP.search(text)


def test_a_window_holds_what_others_wrote_as_plain_text_only() -> None:
    view = views.outcome(Origin(), REFUSED)
    assert ODD in json.dumps(view, ensure_ascii=False)
    assert not any(MARKUP.search(text) for text in mrkdwn_of(view))


@pytest.mark.parametrize("state", [State.ANSWERED, State.REFUSED, State.REJECTED])
def test_of_a_forgotten_lookup_only_that_is_said(state: State) -> None:
    forgotten = replace(REFUSED, state=state, phone=FORGOTTEN, reason="")
    assert views.outcome_message(forgotten).text == asking.FORGOTTEN
    window = json.dumps(views.outcome(Origin(), forgotten))
    assert asking.FORGOTTEN in window
    assert "number ID of" not in window
