"""Whether the approval channel is for this workspace's eyes alone: remembered briefly, and no when in doubt."""

import json
from typing import Any

import pytest

from bot.slack.people import Channel
from bot.slack.web import Web
from tests.clocks import SteppingClock
from tests.slack.conftest import NOT_SLACK, Answers


def become_channel(answers: Answers, **facts: Any) -> None:
    answers.become(200, "application/json", json.dumps({"ok": True, "channel": {"id": "C0LEADS", **facts}}))


@pytest.mark.parametrize(
    ("facts", "is_ours"),
    [
        ({}, True),
        ({"is_ext_shared": False, "is_pending_ext_shared": False}, True),
        ({"is_org_shared": True}, True),
        ({"is_ext_shared": True}, False),
        ({"is_pending_ext_shared": True}, False),
    ],
)
async def test_a_channel_is_ours_while_no_other_workspace_sees_it(
    web: Web, answers: Answers, clock: SteppingClock, facts: dict[str, Any], *, is_ours: bool
) -> None:
    become_channel(answers, **facts)
    channel = Channel("C0LEADS", web, clock=clock)
    assert (channel.id, await channel.is_ours()) == ("C0LEADS", is_ours)


async def test_a_channel_that_becomes_shared_is_not_ours_a_minute_later(
    web: Web, answers: Answers, clock: SteppingClock
) -> None:
    channel = Channel("C0LEADS", web, clock=clock)
    become_channel(answers)
    assert await channel.is_ours()
    become_channel(answers, is_ext_shared=True)
    clock.time += 59
    assert await channel.is_ours()
    clock.time += 1
    assert not await channel.is_ours()
    assert answers.called == ["conversations.info"] * 2


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        *NOT_SLACK,
        pytest.param(200, "application/json", '{"ok": false, "error": "channel_not_found"}', id="one we cannot see"),
        pytest.param(200, "application/json", '{"ok": true}', id="an answer about no channel"),
    ],
)
async def test_without_an_answer_a_channel_is_not_ours_and_that_is_not_remembered(
    web: Web, answers: Answers, clock: SteppingClock, status: int, content_type: str, body: str | bytes
) -> None:
    channel = Channel("C0LEADS", web, clock=clock)
    answers.become(status, content_type, body)
    assert not await channel.is_ours()
    become_channel(answers)
    assert await channel.is_ours()
