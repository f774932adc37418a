"""Who is a member: asked once, remembered briefly, and no when in doubt."""

import asyncio
import json
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.models import Actor, Through
from bot.policy import Membership
from bot.slack.people import REMEMBERED, People
from tests.clocks import SteppingClock
from tests.slack.conftest import NOT_SLACK, TEAM_ID, Answers

ANA = Actor(team_id=TEAM_ID, user_id="U0ANA", through=Through.SLACK)
MEMBER = {"id": "U0ANA", "team_id": TEAM_ID, "deleted": False, "is_bot": False}


class Directory(AsyncWebClient):
    """A client whose ``users.info`` answers when it is let, and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.is_open = asyncio.Event()

    async def users_info(self, *, user: str, include_locale: bool | None = None, **_: Any) -> AsyncSlackResponse:
        self.asked += 1
        await self.is_open.wait()
        return AsyncSlackResponse(
            client=self,
            http_verb="POST",
            api_url="users.info",
            req_args={},
            data={"ok": True, "user": {**MEMBER, "id": user}},
            headers={},
            status_code=200,
        )


@pytest.fixture
def directory() -> Directory:
    return Directory()


def become_user(answers: Answers, user: dict[str, Any]) -> None:
    answers.become(200, "application/json", json.dumps({"ok": True, "user": user}))


@pytest.mark.parametrize(
    ("facts", "membership"),
    [
        pytest.param({}, Membership.FULL, id="a member"),
        pytest.param({"is_admin": True}, Membership.FULL, id="an admin"),
        pytest.param({"is_restricted": True}, Membership.GUEST, id="a guest"),
        pytest.param({"is_ultra_restricted": True}, Membership.GUEST, id="a guest of one channel"),
        pytest.param({"is_stranger": True}, Membership.OUTSIDER, id="a stranger"),
        pytest.param({"team_id": "T0PARTNER"}, Membership.OUTSIDER, id="of another workspace"),
        pytest.param({"team_id": None}, Membership.OUTSIDER, id="of no workspace"),
        pytest.param({"team_id": "T0PARTNER", "is_restricted": True}, Membership.OUTSIDER, id="of another, as a guest"),
        pytest.param({"deleted": True}, Membership.UNKNOWN, id="who left"),
        pytest.param({"is_bot": True}, Membership.UNKNOWN, id="a bot"),
    ],
)
async def test_what_slack_says_of_somebody_decides(
    client: AsyncWebClient, answers: Answers, clock: SteppingClock, facts: dict[str, Any], membership: Membership
) -> None:
    become_user(answers, {**MEMBER, **facts})
    assert await People(client, team_id=TEAM_ID, clock=clock).membership(ANA) is membership


async def test_somebody_acting_from_another_workspace_is_told_without_asking(
    directory: Directory, clock: SteppingClock
) -> None:
    olu = Actor(team_id="T0PARTNER", user_id="U0OLU", through=Through.SLACK)
    assert await People(directory, team_id=TEAM_ID, clock=clock).membership(olu) is Membership.OUTSIDER
    assert directory.asked == 0


async def test_an_answer_is_remembered_briefly(client: AsyncWebClient, answers: Answers, clock: SteppingClock) -> None:
    people = People(client, team_id=TEAM_ID, clock=clock)
    become_user(answers, MEMBER)
    assert await people.membership(ANA) is Membership.FULL
    become_user(answers, {**MEMBER, "is_restricted": True})
    clock.time += REMEMBERED - 1
    assert await people.membership(ANA) is Membership.FULL
    clock.time += 1
    assert await people.membership(ANA) is Membership.GUEST
    assert len(answers.called) == 2


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        *NOT_SLACK,
        pytest.param(200, "application/json", '{"ok": false, "error": "user_not_found"}', id="nobody Slack knows"),
        pytest.param(200, "application/json", '{"ok": true}', id="an answer about nobody"),
    ],
)
async def test_without_an_answer_nobody_is_a_member_and_that_is_not_remembered(
    client: AsyncWebClient, answers: Answers, clock: SteppingClock, status: int, content_type: str, body: str
) -> None:
    people = People(client, team_id=TEAM_ID, clock=clock)
    answers.become(status, content_type, body)
    assert await people.membership(ANA) is Membership.UNKNOWN
    become_user(answers, MEMBER)
    assert await people.membership(ANA) is Membership.FULL


async def test_many_who_wait_for_one_person_are_one_question(directory: Directory, clock: SteppingClock) -> None:
    people = People(directory, team_id=TEAM_ID, clock=clock)
    waiting = [asyncio.create_task(people.membership(ANA)) for _ in range(5)]
    await asyncio.sleep(0)
    directory.is_open.set()
    assert await asyncio.gather(*waiting) == [Membership.FULL] * 5
    assert directory.asked == 1


async def test_one_who_stops_waiting_does_not_end_it_for_the_others(directory: Directory, clock: SteppingClock) -> None:
    people = People(directory, team_id=TEAM_ID, clock=clock)
    impatient, patient = (asyncio.create_task(people.membership(ANA)) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    directory.is_open.set()
    assert await patient is Membership.FULL
    assert directory.asked == 1


async def test_closing_ends_what_is_still_being_asked(directory: Directory, clock: SteppingClock) -> None:
    people = People(directory, team_id=TEAM_ID, clock=clock)
    waiting = asyncio.create_task(people.membership(ANA))
    await asyncio.sleep(0)
    waiting.cancel()  # as at a stop: the job that waited is cancelled, its shielded question is not
    await asyncio.gather(waiting, return_exceptions=True)
    assert len(asyncio.all_tasks()) == 2
    await people.aclose()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_closing_with_nothing_under_way_is_quiet(directory: Directory, clock: SteppingClock) -> None:
    await People(directory, team_id=TEAM_ID, clock=clock).aclose()
