"""Whether cards may go to the approval channel: remembered briefly, and no when in doubt."""

import json
from typing import Any

import pytest

from bot.slack.channel import Channel
from bot.slack.web import Web
from bot.texts.requests import ChannelTrouble
from tests.clocks import SteppingClock
from tests.slack.conftest import INSTALLED, NOT_SLACK, TEAM_ID, Answers
from tests.slack.failures import refusal


def become_channel(answers: Answers, **facts: Any) -> None:
    answers.become(
        200, "application/json", json.dumps({"ok": True, "channel": {"id": "C0LEADS", "is_member": True, **facts}})
    )


@pytest.mark.parametrize(
    ("facts", "trouble"),
    [
        ({}, None),
        ({"is_ext_shared": False, "is_pending_ext_shared": False, "pending_connected_team_ids": []}, None),
        ({"is_org_shared": True}, None),
        ({"is_ext_shared": True}, ChannelTrouble.SHARED),
        ({"is_pending_ext_shared": True}, ChannelTrouble.SHARED),
        ({"pending_shared": ["T0PARTNER"]}, ChannelTrouble.SHARED),
        ({"pending_connected_team_ids": ["T0PARTNER"]}, ChannelTrouble.SHARED),
        ({"is_ext_shared": True, "is_archived": True}, ChannelTrouble.SHARED),
        ({"is_shared": True}, ChannelTrouble.SHARED),
        ({"connected_team_ids": ["T0PARTNER"]}, ChannelTrouble.SHARED),
        ({"connected_team_ids": ["T0PARTNER"], "is_org_shared": True}, ChannelTrouble.SHARED),
        ({"shared_team_ids": ["T0PARTNER"]}, ChannelTrouble.SHARED),  # as one record has it, without ours
        ({"shared_team_ids": [TEAM_ID, "T0PARTNER"], "internal_team_ids": [TEAM_ID]}, ChannelTrouble.SHARED),
        ({"pending_shared": True}, ChannelTrouble.SHARED),
        ({"shared_team_ids": [TEAM_ID], "connected_team_ids": None, "pending_shared": []}, None),
        ({"shared_team_ids": [TEAM_ID, "T0SISTER"], "is_org_shared": True, "is_shared": True}, None),
        ({"is_archived": True, "is_member": False}, ChannelTrouble.ARCHIVED),
        ({"is_frozen": True}, ChannelTrouble.ARCHIVED),
        ({"is_read_only": True}, ChannelTrouble.READ_ONLY),
        ({"is_thread_only": True}, ChannelTrouble.READ_ONLY),
        ({"is_member": False}, ChannelTrouble.NOT_JOINED),
        ({"is_member": None}, ChannelTrouble.NOT_JOINED),
    ],
)
async def test_what_slack_says_of_the_channel_decides_whether_cards_go_there(
    web: Web, answers: Answers, clock: SteppingClock, facts: dict[str, Any], trouble: ChannelTrouble | None
) -> None:
    become_channel(answers, **facts)
    channel = Channel("C0LEADS", web, installed=INSTALLED, clock=clock)
    assert (channel.id, await channel.trouble()) == ("C0LEADS", trouble)


async def test_a_channel_that_becomes_shared_gets_no_cards_ten_seconds_later(
    web: Web, answers: Answers, clock: SteppingClock
) -> None:
    channel = Channel("C0LEADS", web, installed=INSTALLED, clock=clock)
    become_channel(answers)
    assert await channel.trouble() is None
    become_channel(answers, is_ext_shared=True)
    clock.time += 9
    assert await channel.trouble() is None
    clock.time += 1
    assert await channel.trouble() is ChannelTrouble.SHARED
    assert answers.called == ["conversations.info"] * 2


@pytest.mark.parametrize(
    ("status", "content_type", "body", "trouble"),
    [
        *(pytest.param(*each.values, ChannelTrouble.NOT_TOLD, id=each.id) for each in NOT_SLACK),
        pytest.param(200, "application/json", '{"ok": true}', ChannelTrouble.NOT_TOLD, id="about no channel"),
        pytest.param(200, "application/json", refusal("token_revoked"), ChannelTrouble.NOT_TOLD, id="a token"),
        pytest.param(200, "application/json", refusal("missing_scope"), ChannelTrouble.SCOPE_MISSING, id="a scope"),
        pytest.param(200, "application/json", refusal("channel_not_found"), ChannelTrouble.UNKNOWN, id="not seen"),
    ],
)
async def test_without_an_answer_no_cards_go_there_and_that_is_not_remembered(
    web: Web, answers: Answers, clock: SteppingClock, status: int, content_type: str, body: str, trouble: ChannelTrouble
) -> None:
    channel = Channel("C0LEADS", web, installed=INSTALLED, clock=clock)
    answers.become(status, content_type, body)
    assert await channel.trouble() is trouble
    become_channel(answers)
    assert await channel.trouble() is None


async def test_each_trouble_is_in_the_log_once_an_hour(
    web: Web, answers: Answers, clock: SteppingClock, caplog: pytest.LogCaptureFixture
) -> None:
    channel = Channel("C0LEADS", web, installed=INSTALLED, clock=clock)
    for seconds in (0, 1800, 1799, 1):
        clock.time += seconds
        become_channel(answers, is_archived=True)
        assert await channel.trouble() is ChannelTrouble.ARCHIVED
        channel.note(ChannelTrouble.REFUSES)
    noted = [each.__dict__["facts"]["why"] for each in caplog.records if "unusable" in each.message]
    assert noted == ["archived", "refuses"] * 2
