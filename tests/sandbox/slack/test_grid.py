"""An organisation of two workspaces: its payloads and answers have the keys that Slack's have, and none else."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.forms import NotOnScreen
from bot.sandbox.slack.installation import ENTERPRISE_ID, PARTNER_ENTERPRISE_ID, Installation
from bot.sandbox.slack.people import PARTNER_TEAM_ID, SISTER_TEAM_ID, TEAM_ID
from bot.sandbox.slack.server import LocalSlack

WAYS = {"alone": Installation, "in the grid": Installation.in_grid, "org-wide": Installation.org_wide}
GRID = ("in the grid", "org-wide")


def slack_installed(way: str) -> LocalSlack:
    return LocalSlack(installation=WAYS[way]())


async def sent(slack: LocalSlack, name: str, do: str, *arguments: Any) -> dict[str, Any]:
    """What Slack sent when somebody did something; nobody takes it."""
    await getattr(slack.human(name), do)(*arguments)
    return slack.deliveries[-1].payload


def of(payload: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: payload[name] for name in names if name in payload}


@pytest.mark.parametrize(
    ("way", "name", "channel", "keys"),
    [
        ("alone", "Ana", "support", {"team_id": TEAM_ID, "is_enterprise_install": "false"}),
        ("in the grid", "Ana", "support", {"team_id": TEAM_ID, "is_enterprise_install": "false"}),
        ("in the grid", "Bea", "support", {"team_id": TEAM_ID, "is_enterprise_install": "false"}),
        ("in the grid", "Bea", "commons", {"team_id": TEAM_ID, "is_enterprise_install": "false"}),
        ("org-wide", "Ana", "commons", {"team_id": TEAM_ID, "is_enterprise_install": "true"}),
        ("org-wide", "Bea", "support", {"team_id": TEAM_ID, "is_enterprise_install": "true"}),
        ("org-wide", "Bea", "commons", {"team_id": SISTER_TEAM_ID, "is_enterprise_install": "true"}),
        ("org-wide", "Tom", "sister", {"team_id": SISTER_TEAM_ID, "is_enterprise_install": "true"}),
    ],
)
async def test_a_command_names_the_workspace_it_was_typed_in(
    way: str, name: str, channel: str, keys: dict[str, str]
) -> None:
    payload = await sent(slack_installed(way), name, "runs", channel, "/phoneid help")
    of_enterprise = {"enterprise_id": ENTERPRISE_ID} if way in GRID else {}
    assert of(payload, "team_id", "is_enterprise_install", "enterprise_id") == {**keys, **of_enterprise}


@pytest.mark.parametrize(("name", "channel"), [("Tom", "commons"), ("Sue", "sister")])
async def test_who_is_not_where_the_app_is_has_no_command_and_no_shortcut(name: str, channel: str) -> None:
    slack = slack_installed("in the grid")
    await slack.human(name).runs(channel, "/phoneid help")
    assert slack.deliveries == []
    with pytest.raises(NotOnScreen):
        await slack.human(name).uses_shortcut("get_phone_number_id")


@pytest.mark.parametrize(("way", "team_id"), [("alone", TEAM_ID), ("in the grid", TEAM_ID), ("org-wide", None)])
async def test_a_shortcut_names_the_persons_first_workspace_whichever_they_are_in(
    way: str, team_id: str | None
) -> None:
    slack = slack_installed(way)
    name = "Bea" if way in GRID else "Ana"
    payload = await sent(slack, name, "uses_shortcut", "get_phone_number_id")
    assert (payload["team"] and payload["team"]["id"]) == team_id
    assert payload["user"]["team_id"] == (SISTER_TEAM_ID if way in GRID else TEAM_ID)
    assert (payload["enterprise"] and payload["enterprise"]["id"]) == (ENTERPRISE_ID if way in GRID else None)
    assert payload["is_enterprise_install"] is (way == "org-wide")


MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Form"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "Nothing to fill in"}}],
}


@pytest.mark.parametrize(
    ("way", "name", "team", "enterprise", "view_team", "installed"),
    [
        ("alone", "Ana", TEAM_ID, None, TEAM_ID, TEAM_ID),
        ("alone", "Olu", PARTNER_TEAM_ID, PARTNER_ENTERPRISE_ID, PARTNER_TEAM_ID, TEAM_ID),
        ("in the grid", "Bea", TEAM_ID, ENTERPRISE_ID, TEAM_ID, TEAM_ID),
        ("in the grid", "Olu", PARTNER_TEAM_ID, PARTNER_ENTERPRISE_ID, PARTNER_TEAM_ID, TEAM_ID),
        ("org-wide", "Bea", None, ENTERPRISE_ID, SISTER_TEAM_ID, ENTERPRISE_ID),
        ("org-wide", "Olu", PARTNER_TEAM_ID, PARTNER_ENTERPRISE_ID, PARTNER_TEAM_ID, ENTERPRISE_ID),
    ],
)
async def test_a_submission_names_an_outsiders_own_team_and_of_the_organisation_none(
    way: str, name: str, team: str | None, enterprise: str | None, view_team: str, installed: str
) -> None:
    slack = slack_installed(way)
    slack.modals.open(slack.human(name).person.id, MODAL)
    payload = await sent(slack, name, "submits")
    assert (payload["team"] and payload["team"]["id"]) == team
    assert (payload["enterprise"] and payload["enterprise"]["id"]) == enterprise
    assert (payload["view"]["team_id"], payload["view"]["app_installed_team_id"]) == (view_team, installed)


@pytest.fixture
async def org_wide(session: aiohttp.ClientSession) -> Any:
    slack = slack_installed("org-wide")
    await slack.start()
    yield slack
    await slack.stop()


@pytest.fixture
def token(org_wide: LocalSlack, session: aiohttp.ClientSession) -> AsyncWebClient:
    """The official client with a token of the whole organisation."""
    return AsyncWebClient(token=org_wide.bot_token, base_url=org_wide.api_url, session=session)


async def refusal(client: AsyncWebClient, method: str, **arguments: Any) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as caught:
        await client.api_call(method, params=arguments)
    answer: dict[str, Any] = caught.value.response.data
    return answer


async def test_a_token_of_the_organisation_says_so_and_where_it_reaches(token: AsyncWebClient) -> None:
    answer = await token.auth_test()
    assert (answer["enterprise_id"], answer["is_enterprise_install"]) == (ENTERPRISE_ID, True)
    assert answer["team_id"] not in (TEAM_ID, SISTER_TEAM_ID)
    assert [each["id"] for each in (await token.auth_teams_list())["teams"]] == [TEAM_ID, SISTER_TEAM_ID]


async def test_it_names_as_many_workspaces_at_once_as_are_asked_for_and_then_where_it_goes_on(
    token: AsyncWebClient,
) -> None:
    first = await token.auth_teams_list(limit=1)
    cursor = first["response_metadata"]["next_cursor"]
    second = await token.auth_teams_list(limit=1, cursor=cursor)
    assert [[each["id"] for each in page["teams"]] for page in (first, second)] == [[TEAM_ID], [SISTER_TEAM_ID]]
    assert second["response_metadata"]["next_cursor"] == ""
    assert (await refusal(token, "auth.teams.list", cursor="invented"))["error"] == "invalid_cursor"
    for limit in ("0", "1001", "many"):
        assert (await refusal(token, "auth.teams.list", limit=limit))["error"] == "invalid_limit"


@pytest.mark.parametrize("method", ["usergroups.list", "usergroups.users.list", "bots.info"])
async def test_it_has_to_say_of_which_workspace(org_wide: LocalSlack, token: AsyncWebClient, method: str) -> None:
    asked = {"usergroup": "S0SISTER"} if method == "usergroups.users.list" else {}
    assert await refusal(token, method, **asked) == {"ok": False, "error": "missing_argument", "arg": "team_id"}
    assert (await token.api_call(method, params={**asked, "team_id": SISTER_TEAM_ID}))["ok"]
    org_wide.installation.given.remove(SISTER_TEAM_ID)
    answer = await refusal(token, method, **asked, team_id=SISTER_TEAM_ID)
    assert answer["error"] == "team_access_not_granted"


async def test_a_usergroup_is_of_its_workspace_alone(token: AsyncWebClient) -> None:
    answer = await refusal(token, "usergroups.users.list", usergroup="S0SISTER", team_id=TEAM_ID)
    assert answer["error"] == "no_such_subteam"
    listed = (await token.usergroups_list(team_id=SISTER_TEAM_ID))["usergroups"]
    assert [(each["id"], each["team_id"]) for each in listed] == [("S0SISTER", SISTER_TEAM_ID)]


@pytest.mark.parametrize("method", ["conversations.info", "chat.postMessage"])
async def test_a_channel_of_a_workspace_that_was_not_given_is_closed(
    org_wide: LocalSlack, token: AsyncWebClient, method: str
) -> None:
    assert (await token.api_call(method, params={"channel": "C0SISTER", "text": "hello"}))["ok"]
    org_wide.installation.given.remove(SISTER_TEAM_ID)
    answer = await refusal(token, method, channel="C0SISTER", text="hello")
    assert answer["error"] == "team_access_not_granted"
    assert (await token.api_call(method, params={"channel": "C0COMMONS", "text": "hello"}))["ok"]


async def test_a_channels_name_means_nothing_to_it(token: AsyncWebClient) -> None:
    assert (await refusal(token, "chat.postMessage", channel="support", text="hello"))["error"] == "channel_not_found"


async def test_it_describes_people_by_the_workspaces_they_are_in(token: AsyncWebClient) -> None:
    bea = (await token.users_info(user="W0BEA"))["user"]
    assert "team_id" not in bea
    assert bea["teams"] == bea["enterprise_user"]["teams"] == [SISTER_TEAM_ID, TEAM_ID]
    assert bea["enterprise_id"] == bea["enterprise_user"]["enterprise_id"] == ENTERPRISE_ID
    olu = (await token.users_info(user="U0OLU"))["user"]
    assert (olu["team_id"], "enterprise_user" in olu) == (PARTNER_TEAM_ID, False)


async def test_a_channel_of_both_is_shared_in_the_organisation_and_not_outside(token: AsyncWebClient) -> None:
    commons = (await token.conversations_info(channel="C0COMMONS"))["channel"]
    assert (commons["is_org_shared"], commons["is_shared"], commons["is_ext_shared"]) == (True, True, False)
    assert commons["internal_team_ids"] == [TEAM_ID, SISTER_TEAM_ID]
    support = (await token.conversations_info(channel="C0SUPPORT"))["channel"]
    assert (support["is_org_shared"], support["is_shared"]) == (False, False)


async def test_its_response_urls_hold_the_organisation(org_wide: LocalSlack, session: aiohttp.ClientSession) -> None:
    payload = await sent(org_wide, "Ana", "runs", "support", "/phoneid help")
    assert f"/commands/{ENTERPRISE_ID}/" in payload["response_url"]
    async with session.post(payload["response_url"], json={"text": "hello"}) as answer:
        assert answer.status == 200
    assert org_wide.human("Ana").sees("support")[-1].text == "hello"
