"""Telling somebody an outcome: tried again for a while, because they wait for nothing else."""

import json

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import views
from bot.slack.replies import Replies
from tests.clocks import SteppingClock
from tests.slack.conftest import NOT_SLACK, Answers

MESSAGE = views.sentence("There is news.")
TAKEN = json.dumps({"ok": True})


async def test_what_slack_takes_is_told_once(client: AsyncWebClient, answers: Answers, clock: SteppingClock) -> None:
    assert await Replies(client, clock=clock).tell("U0ANA", MESSAGE)
    assert (answers.called, clock.naps) == (["chat.postMessage"], [])


@pytest.mark.parametrize(("status", "content_type", "body"), NOT_SLACK)
async def test_an_outcome_is_told_again_when_slack_is_back(
    client: AsyncWebClient, answers: Answers, status: int, content_type: str, body: str
) -> None:
    answers.become(status, content_type, body)

    def come_back() -> None:
        if len(answers.called) == 2:
            answers.become(200, "application/json", TAKEN)

    clock = SteppingClock(on_nap=come_back)
    assert await Replies(client, clock=clock).tell("U0ANA", MESSAGE)
    assert answers.called == ["chat.postMessage"] * 3
    assert clock.naps == [2.0, 10.0]


async def test_a_slack_that_stays_away_is_given_up_after_a_minute(
    client: AsyncWebClient, answers: Answers, clock: SteppingClock
) -> None:
    answers.become(200, "application/json", json.dumps({"ok": False, "error": "internal_error"}))
    assert not await Replies(client, clock=clock).tell("U0ANA", MESSAGE)
    assert answers.called == ["chat.postMessage"] * 4
    assert clock.naps == [2.0, 10.0, 60.0]


async def test_what_is_said_by_the_way_is_said_once(
    client: AsyncWebClient, answers: Answers, clock: SteppingClock
) -> None:
    answers.become(200, "application/json", json.dumps({"ok": False, "error": "internal_error"}))
    assert not await Replies(client, clock=clock).mention("U0ANA", MESSAGE)
    assert (answers.called, clock.naps) == (["chat.postMessage"], [])
