"""User groups: who is in them, and what a bot is told of those that are not in use."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.people import UserGroup
from bot.sandbox.slack.server import LocalSlack


@pytest.fixture(autouse=True)
def former(slack: LocalSlack) -> UserGroup:
    """A group nobody uses any more."""
    group = UserGroup(id="S0FORMER", handle="former", name="Former leads", members=("U0IDA",), is_disabled=True)
    slack.workspace.user_groups[group.id] = group
    return group


async def test_a_groups_members_are_told_by_id(slack: LocalSlack, client: AsyncWebClient) -> None:
    assert (await client.usergroups_users_list(usergroup="S0LEADS"))["users"] == ["U0LEE", "U0KIM"]
    assert slack.complaints == []


@pytest.mark.parametrize("usergroup", ["S0NOBODY", "S0FORMER", "U0LEE"])
async def test_a_group_that_is_not_there_or_disabled_is_none(client: AsyncWebClient, usergroup: str) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client.usergroups_users_list(usergroup=usergroup)
    assert caught.value.response["error"] == "no_such_subteam"


@pytest.mark.parametrize("include", [True, "true", "1", 1])
async def test_a_disabled_groups_members_are_told_to_who_asks_for_them(client: AsyncWebClient, include: Any) -> None:
    answer = await client.api_call(
        "usergroups.users.list", params={"usergroup": "S0FORMER", "include_disabled": include}
    )
    assert answer["users"] == ["U0IDA"]


async def test_who_leaves_the_workspace_stays_in_their_group(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.deactivate("Kim")
    assert (await client.usergroups_users_list(usergroup="S0LEADS"))["users"] == ["U0LEE", "U0KIM"]
    assert (await client.users_info(user="U0KIM"))["user"]["deleted"] is True


async def test_groups_are_listed_as_asked_for(client: AsyncWebClient) -> None:
    (leads,) = (await client.usergroups_list())["usergroups"]
    assert (leads["id"], leads["handle"], leads["name"]) == ("S0LEADS", "leads", "Team leads")
    assert "users" not in leads
    everything = await client.usergroups_list(include_disabled=True, include_users=True, include_count=True)
    listed = [(group["id"], group["users"], group["user_count"]) for group in everything["usergroups"]]
    assert listed == [("S0LEADS", ["U0LEE", "U0KIM"], 2), ("S0FORMER", ["U0IDA"], 1)]
