"""Who is a member, and in which usergroups: asked once, remembered briefly, and no when in doubt."""

import asyncio
import json
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import SlackBusy, SlackError, SlackRefused
from bot.models import Actor, Problem, Through
from bot.policy import Audience, Membership, Standing
from bot.slack import people as people_module
from bot.slack.people import Listed, People
from bot.slack.web import Web
from tests.clocks import SteppingClock
from tests.slack.conftest import INSTALLED, NOT_SLACK, TEAM_ID, Answers
from tests.slack.failures import refusal

ANA = Actor(team_id=TEAM_ID, user_id="U0ANA", through=Through.SLACK)
MEMBER = {
    "id": "U0ANA",
    "team_id": TEAM_ID,
    "deleted": False,
    "is_bot": False,
    "is_restricted": False,
    "is_ultra_restricted": False,
}


class Directory(Web):
    """Slack where ``users.info`` answers when it is let, and counts."""

    def __init__(self) -> None:
        AsyncWebClient.__init__(self)  # it asks nobody, so it needs no session
        self.asked = 0
        self.is_open = asyncio.Event()
        self.is_asked = asyncio.Event()

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        data = await self.answer(api_method, arguments["params"])
        return AsyncSlackResponse(
            client=self, http_verb="GET", api_url=api_method, req_args={}, data=data, headers={}, status_code=200
        )

    async def answer(self, _method: str, params: dict[str, Any]) -> dict[str, Any]:
        self.asked += 1
        self.is_asked.set()
        await self.is_open.wait()
        return {"ok": True, "user": {**MEMBER, "id": params["user"]}}


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
        pytest.param({"is_invited_user": True}, Membership.UNKNOWN, id="invited, and not here yet"),
        pytest.param({"is_restricted": None}, Membership.UNKNOWN, id="with a flag that says nothing"),
        pytest.param({"is_restricted": 0, "is_ultra_restricted": 0}, Membership.UNKNOWN, id="with flags that are none"),
        pytest.param({"id": "U0LEE"}, Membership.UNKNOWN, id="an answer about somebody else"),
        pytest.param({"id": None}, Membership.UNKNOWN, id="an answer about nobody"),
        pytest.param({"is_stranger": False, "team_id": "T0PARTNER"}, Membership.OUTSIDER, id="met in a channel"),
    ],
)
async def test_what_slack_says_of_somebody_decides(
    web: Web, answers: Answers, clock: SteppingClock, facts: dict[str, Any], membership: Membership
) -> None:
    become_user(answers, {**MEMBER, **facts})
    assert await People(web, installed=INSTALLED, clock=clock).standing(ANA) == Standing(membership)


@pytest.mark.parametrize(
    "lacking", [{"is_restricted"}, {"is_ultra_restricted"}, {"is_restricted", "is_ultra_restricted"}]
)
async def test_whom_slack_does_not_call_no_guest_is_no_full_member(
    web: Web, answers: Answers, clock: SteppingClock, lacking: set[str]
) -> None:
    become_user(answers, {name: value for name, value in MEMBER.items() if name not in lacking})
    people = People(web, installed=INSTALLED, clock=clock)
    assert await people.standing(ANA) == Standing(Membership.UNKNOWN)
    assert await people.is_full_member("U0ANA") is False


async def test_slackbot_is_described_like_a_member_and_is_none(
    web: Web, answers: Answers, clock: SteppingClock
) -> None:
    become_user(answers, {**MEMBER, "id": "USLACKBOT"})
    people = People(web, installed=INSTALLED, clock=clock)
    assert await people.standing(member("USLACKBOT")) == Standing(Membership.UNKNOWN)


async def test_somebody_acting_from_another_workspace_is_told_without_asking(
    directory: Directory, clock: SteppingClock
) -> None:
    olu = Actor(team_id="T0PARTNER", user_id="U0OLU", through=Through.SLACK)
    assert await People(directory, installed=INSTALLED, clock=clock).standing(olu) == Standing(Membership.OUTSIDER)
    assert directory.asked == 0


@pytest.mark.parametrize(("age", "is_asked"), [(9.0, False), (10.0, True), (59.0, True)])
async def test_an_answer_is_no_older_than_whoever_asks_takes(
    directory: Directory, clock: SteppingClock, age: float, *, is_asked: bool
) -> None:
    directory.is_open.set()
    people = People(directory, installed=INSTALLED, clock=clock)
    await people.standing(ANA)
    clock.time += age
    await people.standing(ANA, within=10.0)
    assert directory.asked == 1 + is_asked
    await people.standing(ANA)
    assert directory.asked == 1 + is_asked


async def test_whoever_becomes_a_guest_is_one_within_a_minute(web: Web, answers: Answers, clock: SteppingClock) -> None:
    people = People(web, installed=INSTALLED, clock=clock)
    become_user(answers, MEMBER)
    assert await people.standing(ANA) == Standing(Membership.FULL)
    become_user(answers, {**MEMBER, "is_restricted": True})
    clock.time += 59
    assert await people.standing(ANA) == Standing(Membership.FULL)
    clock.time += 1
    assert await people.standing(ANA) == Standing(Membership.GUEST)
    assert len(answers.called) == 2


LACKING = '{"ok": false, "error": "missing_scope", "needed": "usergroups:read", "provided": "chat:write"}'


@pytest.mark.parametrize(
    ("status", "body", "doubt"),
    [
        pytest.param(200, LACKING, Problem.SCOPE_MISSING, id="a scope that is missing"),
        pytest.param(200, '{"ok": false, "error": "internal_error"}', Problem.WHO_UNKNOWN, id="a Slack in trouble"),
        pytest.param(502, "<html>", Problem.WHO_UNKNOWN, id="a proxy's page"),
        *(
            pytest.param(200, refusal(word), Problem.SLACK_FORBIDS, id=word)
            for word in ("invalid_auth", "account_inactive", "org_login_required", "accesslimited", "ekm_access_denied")
        ),
        *(
            pytest.param(200, refusal(word), Problem.SLACK_FORBIDS, id=word)
            for word in ("enterprise_is_restricted", "team_access_not_granted", "plan_upgrade_required", "new_word")
        ),
        *(
            pytest.param(200, refusal(word), Problem.WHO_UNKNOWN, id=word)
            for word in ("team_added_to_org", "service_unavailable", "request_timeout")
        ),
        pytest.param(200, '{"ok": false, "error": "user_not_visible"}', None, id="somebody we are not shown"),
        pytest.param(200, '{"ok": false, "error": "no_such_subteam"}', None, id="a no"),
    ],
)
async def test_why_slack_says_nothing_of_somebody_goes_with_their_standing(
    web: Web, answers: Answers, clock: SteppingClock, status: int, body: str, doubt: Problem | None
) -> None:
    people = People(web, installed=INSTALLED, clock=clock, group_ids=frozenset({"S0LEADS"}))
    answers.become(status, "application/json", body)
    assert await people.standing(ANA) == Standing(Membership.UNKNOWN, doubt=doubt)
    become_user(answers, MEMBER)
    assert await people.is_full_member("U0ANA")  # from here on it is remembered
    answers.become(status, "application/json", body)
    assert await people.standing(ANA) == Standing(Membership.FULL, doubt=doubt)


async def test_a_scope_that_is_missing_is_named_in_the_log(
    web: Web, answers: Answers, clock: SteppingClock, caplog: pytest.LogCaptureFixture
) -> None:
    answers.become(200, "application/json", LACKING)
    await People(web, installed=INSTALLED, clock=clock).standing(ANA)
    facts = [vars(each)["facts"] for each in caplog.records if each.getMessage() == "user info failed"]
    assert facts == [{"user": "U0ANA", "error": "missing_scope, it needs usergroups:read"}]


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        *NOT_SLACK,
        pytest.param(200, "application/json", '{"ok": false, "error": "user_not_found"}', id="nobody Slack knows"),
        pytest.param(200, "application/json", '{"ok": true}', id="an answer about nobody"),
    ],
)
async def test_without_an_answer_nobody_is_a_member_and_that_is_not_remembered(
    web: Web, answers: Answers, clock: SteppingClock, status: int, content_type: str, body: str | bytes
) -> None:
    people = People(web, installed=INSTALLED, clock=clock)
    answers.become(status, content_type, body)
    assert (await people.standing(ANA)).membership is Membership.UNKNOWN
    become_user(answers, MEMBER)
    assert await people.standing(ANA) == Standing(Membership.FULL)


async def test_a_mistake_of_ours_is_not_taken_for_a_no(clock: SteppingClock) -> None:
    class Broken(Directory):
        async def answer(self, _method: str, _params: dict[str, Any]) -> dict[str, Any]:
            raise TypeError

    with pytest.raises(TypeError):
        await People(Broken(), installed=INSTALLED, clock=clock).standing(ANA)


async def test_many_who_wait_for_one_person_are_one_question(directory: Directory, clock: SteppingClock) -> None:
    people = People(directory, installed=INSTALLED, clock=clock)
    waiting = [asyncio.create_task(people.standing(ANA)) for _ in range(5)]
    await asyncio.sleep(0)
    directory.is_open.set()
    assert await asyncio.gather(*waiting) == [Standing(Membership.FULL)] * 5
    assert directory.asked == 1


async def test_one_who_stops_waiting_does_not_end_it_for_the_others(directory: Directory, clock: SteppingClock) -> None:
    people = People(directory, installed=INSTALLED, clock=clock)
    impatient, patient = (asyncio.create_task(people.standing(ANA)) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    directory.is_open.set()
    assert await patient == Standing(Membership.FULL)
    assert directory.asked == 1


async def test_whoever_waits_gives_up_soon_and_what_slack_says_later_is_remembered(
    directory: Directory, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_module, "PATIENCE", 0.0)
    people = People(directory, installed=INSTALLED, clock=clock)
    assert await people.standing(ANA) == Standing(Membership.UNKNOWN, doubt=Problem.WHO_UNKNOWN)
    directory.is_open.set()
    assert await people.is_full_member("U0ANA")
    assert await people.standing(ANA) == Standing(Membership.FULL)
    assert directory.asked == 1


async def test_an_answer_is_as_old_as_the_question(directory: Directory, clock: SteppingClock) -> None:
    people = People(directory, installed=INSTALLED, clock=clock)
    asking = asyncio.create_task(people.standing(ANA))
    await directory.is_asked.wait()
    clock.time += 10
    directory.is_open.set()
    await asking
    await people.standing(ANA, within=10.0)
    assert directory.asked == 2


async def test_closing_ends_what_is_still_being_asked(directory: Directory, clock: SteppingClock) -> None:
    people = People(directory, installed=INSTALLED, clock=clock)
    waiting = asyncio.create_task(people.standing(ANA))
    await asyncio.sleep(0)
    waiting.cancel()  # as at a stop: the job that waited is cancelled, its shielded question is not
    await asyncio.gather(waiting, return_exceptions=True)
    assert len(asyncio.all_tasks()) == 2
    await people.aclose()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_closing_with_nothing_under_way_is_quiet(directory: Directory, clock: SteppingClock) -> None:
    await People(directory, installed=INSTALLED, clock=clock).aclose()


# --- usergroups ---

LEADS = "S0LEADS"
BY_GROUP = Audience(group_ids=frozenset({LEADS}))


class GroupDirectory(Directory):
    """Knows usergroups too; whom it is told to be silent about, it says nothing of."""

    def __init__(self, groups: dict[str, list[str]], users: dict[str, dict[str, Any]]) -> None:
        super().__init__()
        self.groups = groups
        self.users = users
        self.groups_asked: list[str] = []
        self.busy: set[str] = set()
        """Of these it does not say now who they are."""

    async def answer(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        if method == "users.info":
            self.asked += 1
            if params["user"] in self.busy:
                raise SlackBusy(method, 30.0)
            if params["user"] not in self.users:
                raise SlackRefused(method, "user_not_found")
            return {"ok": True, "user": {**MEMBER, "id": params["user"], **self.users[params["user"]]}}
        usergroup = params["usergroup"]
        self.groups_asked.append(usergroup)
        await self.is_open.wait()
        if usergroup not in self.groups:
            raise SlackRefused(method, "no_such_subteam")
        return {"ok": True, "users": self.groups[usergroup]}


@pytest.fixture
def groups() -> GroupDirectory:
    directory = GroupDirectory(
        groups={LEADS: ["U0LEE", "U0IDA", "U0GUS", "U0OLU", "U0LOST"]},
        users={
            "U0ANA": {},
            "U0LEE": {},
            "U0IDA": {"deleted": True},
            "U0GUS": {"is_restricted": True},
            "U0OLU": {"team_id": "T0PARTNER"},
        },
    )
    directory.is_open.set()
    return directory


def member(user_id: str, team_id: str = TEAM_ID) -> Actor:
    return Actor(team_id=team_id, user_id=user_id, through=Through.SLACK)


async def test_a_member_is_in_the_usergroups_that_name_them(groups: GroupDirectory, clock: SteppingClock) -> None:
    groups.groups["S0MORE"] = ["U0LEE"]
    people = People(groups, installed=INSTALLED, clock=clock, group_ids=frozenset({LEADS, "S0MORE"}))
    assert await people.standing(member("U0LEE")) == Standing(Membership.FULL, frozenset({LEADS, "S0MORE"}))
    assert await people.standing(member("U0ANA")) == Standing(Membership.FULL)


@pytest.mark.parametrize(
    ("user_id", "membership"),
    [("U0IDA", Membership.UNKNOWN), ("U0GUS", Membership.GUEST), ("U0LOST", Membership.UNKNOWN)],
)
async def test_no_usergroup_makes_a_member_of_somebody_who_is_none(
    groups: GroupDirectory, clock: SteppingClock, user_id: str, membership: Membership
) -> None:
    people = People(groups, installed=INSTALLED, clock=clock, group_ids=frozenset({LEADS}))
    assert await people.standing(member(user_id)) == Standing(membership)
    assert await people.standing(member("U0OLU", team_id="T0PARTNER")) == Standing(Membership.OUTSIDER)
    assert groups.groups_asked == []


async def test_a_usergroup_that_slack_does_not_know_holds_nobody_and_is_asked_for_again(
    groups: GroupDirectory, clock: SteppingClock
) -> None:
    people = People(groups, installed=INSTALLED, clock=clock, group_ids=frozenset({"S0GONE"}))
    assert await people.standing(member("U0LEE")) == Standing(Membership.FULL)
    groups.groups["S0GONE"] = ["U0LEE"]
    assert await people.standing(member("U0LEE")) == Standing(Membership.FULL, frozenset({"S0GONE"}))


@pytest.mark.parametrize(("status", "content_type", "body"), NOT_SLACK)
async def test_a_usergroup_without_an_answer_of_slacks_holds_nobody(
    web: Web, answers: Answers, clock: SteppingClock, status: int, content_type: str, body: str | bytes
) -> None:
    answers.become(status, content_type, body)
    people = People(web, installed=INSTALLED, clock=clock)
    listed = await people.listed(BY_GROUP)
    assert (listed.user_ids, isinstance(listed.doubt, SlackError)) == (frozenset(), True)
    with pytest.raises(SlackError):
        await people.has_active(BY_GROUP)


async def test_whoever_leaves_a_usergroup_stops_deciding_within_a_minute(
    groups: GroupDirectory, clock: SteppingClock
) -> None:
    people = People(groups, installed=INSTALLED, clock=clock, group_ids=frozenset({LEADS}))
    assert (await people.standing(member("U0LEE"))).groups == {LEADS}
    groups.groups[LEADS] = []
    clock.time += 59
    assert (await people.standing(member("U0LEE"))).groups == {LEADS}
    clock.time += 1
    assert (await people.standing(member("U0LEE"))).groups == frozenset()
    assert len(groups.groups_asked) == 2


async def test_an_empty_usergroup_is_an_answer_and_remembered(groups: GroupDirectory, clock: SteppingClock) -> None:
    groups.groups[LEADS] = []
    people = People(groups, installed=INSTALLED, clock=clock)
    assert await people.listed(BY_GROUP) == Listed(frozenset())
    assert await people.has_active(BY_GROUP) is False
    assert groups.groups_asked == [LEADS]


async def test_many_who_click_at_once_are_one_question_about_the_usergroup(
    groups: GroupDirectory, clock: SteppingClock
) -> None:
    groups.is_open.clear()
    people = People(groups, installed=INSTALLED, clock=clock, group_ids=frozenset({LEADS}))
    waiting = [asyncio.create_task(people.standing(member("U0LEE"))) for _ in range(5)]
    for _ in range(5):
        await asyncio.sleep(0)
    groups.is_open.set()
    assert {(await each).groups for each in waiting} == {frozenset({LEADS})}
    assert groups.groups_asked == [LEADS]


AUDIENCE = Audience(user_ids=frozenset({"U0IDA", "U0LEE"}), group_ids=frozenset({LEADS, "S0GONE"}))


async def test_whom_an_audience_names_and_who_of_them_is_a_full_member(
    groups: GroupDirectory, clock: SteppingClock
) -> None:
    people = People(groups, installed=INSTALLED, clock=clock)
    listed = await people.listed(AUDIENCE)
    assert listed == Listed(frozenset({"U0LEE", "U0IDA", "U0GUS", "U0OLU", "U0LOST"}))
    assert {each for each in listed.user_ids if await people.is_full_member(each)} == {"U0LEE"}


async def test_nobody_but_one_person_may_be_active(groups: GroupDirectory, clock: SteppingClock) -> None:
    people = People(groups, installed=INSTALLED, clock=clock)
    assert await people.has_active(AUDIENCE) is True
    assert await people.has_active(AUDIENCE, but_for="U0LEE") is False


async def test_of_hundreds_only_the_first_active_one_is_asked_about(
    groups: GroupDirectory, clock: SteppingClock
) -> None:
    groups.groups[LEADS] = [f"U{number:03}" for number in range(800)]
    groups.users = {each: {} for each in groups.groups[LEADS][3:]}
    assert await People(groups, installed=INSTALLED, clock=clock).has_active(BY_GROUP) is True
    assert groups.asked == 4
    groups.users["U0KIM"] = {}
    named = Audience(user_ids=frozenset({"U0KIM"}), group_ids=frozenset({LEADS}))
    assert await People(groups, installed=INSTALLED, clock=clock).has_active(named) is True
    assert (groups.asked, groups.groups_asked) == (5, [LEADS])


async def test_while_slack_does_not_say_who_somebody_is_that_is_no_no(
    groups: GroupDirectory, clock: SteppingClock
) -> None:
    groups.busy.add("U0IDA")
    people = People(groups, installed=INSTALLED, clock=clock)
    with pytest.raises(SlackError):
        await people.is_full_member("U0IDA")
    with pytest.raises(SlackBusy):
        await people.has_active(AUDIENCE, but_for="U0LEE")
    assert await people.has_active(AUDIENCE) is True
    groups.busy.clear()
    assert await people.is_full_member("U0IDA") is False
