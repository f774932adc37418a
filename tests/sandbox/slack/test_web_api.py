"""The Web API's door: tokens, scopes, bodies, troubles; and what is kept of each call."""

import json
from collections.abc import Awaitable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.models import MASK
from bot.sandbox.inspector import Wire
from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.trouble import Forced, SlackTrouble


async def refused(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_the_bot_token_says_who_and_where_it_is(slack: LocalSlack, client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert answer.data == {
        "ok": True,
        "url": "https://sandbox.slack.com/",
        "team": "Sandbox",
        "user": "helper",
        "team_id": "T0SANDBOX",
        "user_id": "U0BOT",
        "bot_id": "B0BOT",
        "is_enterprise_install": False,
    }
    assert answer.headers["x-oauth-scopes"] == ",".join(slack.manifest.bot_scopes)


async def test_each_instance_invents_its_own_secrets() -> None:
    one, other = LocalSlack(), LocalSlack()
    assert one.bot_token.startswith("xoxb-")
    assert one.app_token.startswith("xapp-")
    secrets = {each for slack in (one, other) for each in (slack.bot_token, slack.app_token, slack.signing_secret)}
    assert len(secrets) == 6
    assert one.bot_token not in repr(one.credentials)


@pytest.mark.parametrize(
    ("method", "token", "error"),
    [
        pytest.param("auth.test", None, "not_authed", id="no token"),
        pytest.param("auth.test", "xoxb-wrong", "invalid_auth", id="a token of nobody"),
        pytest.param("auth.test", "app", "not_allowed_token_type", id="the app token for a method of the bot"),
        pytest.param("apps.connections.open", "bot", "not_allowed_token_type", id="the bot token for a connection"),
        pytest.param("apps.connections.open", "xapp-wrong", "invalid_auth", id="an app token of nobody"),
    ],
)
async def test_tokens_are_told_apart(
    slack: LocalSlack, session: aiohttp.ClientSession, method: str, token: str | None, error: str
) -> None:
    token = {"app": slack.app_token, "bot": slack.bot_token}.get(token or "", token)
    client = AsyncWebClient(token=token, base_url=slack.api_url, session=session)
    assert await refused(client.api_call(method)) == error


async def test_a_token_may_stand_in_a_form_but_not_in_json(slack: LocalSlack, session: aiohttp.ClientSession) -> None:
    url, body = f"{slack.api_url}auth.test", {"token": slack.bot_token}
    async with session.post(url, data=body) as response:
        assert (await response.json())["ok"] is True
    async with session.post(url, json=body) as response:
        assert await response.json() == {"ok": False, "error": "not_authed"}


async def test_json_that_cannot_be_read_is_refused(slack: LocalSlack, session: aiohttp.ClientSession) -> None:
    headers = {"Authorization": f"Bearer {slack.bot_token}", "Content-Type": "application/json"}
    async with session.post(f"{slack.api_url}auth.test", data="{", headers=headers) as response:
        assert await response.json() == {"ok": False, "error": "invalid_json"}


async def test_an_unknown_method_is_a_complaint(
    slack: LocalSlack, client: AsyncWebClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert await refused(client.users_list()) == "unknown_method"
    assert slack.complaints == ["users.list: the sandbox's Slack does not know this method"]
    assert "users.list" in caplog.text


async def test_an_unknown_argument_is_a_complaint(slack: LocalSlack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="U0ANA", text="hello", icon_emoji=":wave:")
    assert slack.complaints == ["chat.postMessage: unknown argument icon_emoji"]


@pytest.mark.parametrize(
    ("call", "needed"),
    [
        pytest.param("chat.postMessage", "chat:write", id="chat.postMessage"),
        pytest.param("chat.postEphemeral", "chat:write", id="chat.postEphemeral"),
        pytest.param("chat.update", "chat:write", id="chat.update"),
        pytest.param("users.info", "users:read", id="users.info"),
        pytest.param("conversations.info", "channels:read,groups:read,mpim:read,im:read", id="conversations.info"),
        pytest.param("usergroups.list", "usergroups:read", id="usergroups.list"),
        pytest.param("usergroups.users.list", "usergroups:read", id="usergroups.users.list"),
        pytest.param("conversations.open", "channels:manage,groups:write,im:write,mpim:write", id="conversations.open"),
    ],
)
async def test_a_method_needs_its_scope(session: aiohttp.ClientSession, call: str, needed: str) -> None:
    declared = {
        "display_information": {"name": "Helper"},
        "oauth_config": {"scopes": {"bot": ["commands", "users:write"]}},
    }
    slack = LocalSlack(manifest=Manifest.parse(declared))
    await slack.start()
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
    with pytest.raises(SlackApiError) as caught:
        await client.api_call(call)
    assert caught.value.response.data == {
        "ok": False,
        "error": "missing_scope",
        "needed": needed,
        "provided": "commands,users:write",
    }
    assert slack.complaints == [f"{call}: missing_scope, it needs {needed}"]
    await slack.stop()


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        pytest.param("U0ANA", {"team_id": "T0SANDBOX", "is_restricted": False, "is_bot": False}, id="a member"),
        pytest.param(
            "U0GUS", {"team_id": "T0SANDBOX", "is_restricted": True, "is_ultra_restricted": False}, id="a guest"
        ),
        pytest.param("U0OLU", {"team_id": "T0PARTNER", "is_stranger": False}, id="an outsider, met in a channel"),
        pytest.param("U0SID", {"team_id": "T0ELSEWHERE", "is_stranger": True}, id="an outsider, met nowhere"),
        pytest.param("U0IVO", {"is_restricted": False, "is_invited_user": True}, id="somebody invited"),
        pytest.param("USLACKBOT", {"team_id": "T0SANDBOX", "is_restricted": False, "is_bot": False}, id="Slackbot"),
        pytest.param("U0BOT", {"team_id": "T0SANDBOX", "is_bot": True}, id="the bot"),
        pytest.param("U0IDA", {"team_id": "T0SANDBOX", "deleted": True}, id="somebody who left"),
    ],
)
async def test_users_are_told_apart(client: AsyncWebClient, user: str, expected: dict[str, Any]) -> None:
    described = (await client.users_info(user=user))["user"]
    assert {name: described[name] for name in expected} == expected


async def test_an_outsiders_roles_are_not_told(client: AsyncWebClient) -> None:
    for user in ("U0OLU", "U0SID"):
        assert not (await client.users_info(user=user))["user"].keys() & {"is_restricted", "is_ultra_restricted"}


async def test_in_which_language_somebody_reads_is_told_to_who_asks_and_only_of_the_workspaces_own(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    slack.speaks("Gus", "pt-BR")
    slack.speaks("Olu", "zh-CN")

    async def told(user: str, *, include_locale: bool) -> str | None:
        user_info = (await client.users_info(user=user, include_locale=include_locale))["user"]
        return user_info.get("locale")  # type: ignore[no-any-return] # JSON

    people = ("U0MEI", "U0ANA", "U0GUS", "U0OLU", "U0SID", "USLACKBOT", "U0BOT")
    told_each = [await told(each, include_locale=True) for each in people]
    assert told_each == ["zh-CN", "en-US", "pt-BR", None, None, None, None]
    assert [await told(each, include_locale=False) for each in people] == [None] * len(people)
    slack.speaks("Mei", "zh-TW")
    assert await told("U0MEI", include_locale=True) == "zh-TW"
    assert slack.complaints == []


async def test_of_somebody_who_left_little_is_told(client: AsyncWebClient) -> None:
    described = (await client.users_info(user="U0IDA"))["user"]
    assert "real_name" not in described
    assert "is_restricted" not in described
    assert described["profile"]["real_name"] == "Ida"


async def test_nobody_is_not_found(client: AsyncWebClient) -> None:
    assert await refused(client.users_info(user="U0NOBODY")) == "user_not_found"
    assert await refused(client.users_info(user="")) == "invalid_arguments"


async def test_a_direct_message_can_be_opened_with_its_scope(session: aiohttp.ClientSession) -> None:
    declared = {"display_information": {"name": "Helper"}, "oauth_config": {"scopes": {"bot": ["im:write"]}}}
    slack = LocalSlack(manifest=Manifest.parse(declared))
    await slack.start()
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
    assert (await client.conversations_open(users="U0ANA"))["channel"]["id"] == slack.human("Ana").dm
    assert await refused(client.conversations_open(users="U0NOBODY")) == "user_not_found"
    assert await refused(client.conversations_open(users="U0BOT")) == "cannot_dm_bot"
    await slack.stop()


async def test_a_rate_limited_slack_says_when_to_come_back(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.trouble = SlackTrouble.RATE_LIMITED
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="U0ANA", text="hello")
    response = caught.value.response
    assert (response.status_code, response["error"], response.headers["Retry-After"]) == (429, "ratelimited", "1")
    slack.trouble = SlackTrouble.NONE
    await client.chat_postMessage(channel="U0ANA", text="hello")


async def test_an_unreachable_slack_closes_the_connection(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.trouble = SlackTrouble.UNREACHABLE
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.chat_postMessage(channel="U0ANA", text="hello")
    assert slack.human("Ana").sees(slack.human("Ana").dm) == []
    assert slack.inspector.entries()[-1].response is None


async def test_a_hanging_slack_answers_nothing_and_does_nothing_also_later(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    slack.trouble = SlackTrouble.HANG
    call = {"channel": "U0ANA", "text": "hello"}
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    impatient = aiohttp.ClientTimeout(total=0.3)
    with pytest.raises(TimeoutError):
        await session.post(f"{slack.api_url}chat.postMessage", json=call, headers=headers, timeout=impatient)
    slack.trouble = SlackTrouble.NONE
    async with session.post(f"{slack.api_url}auth.test", headers=headers) as response:
        assert (await response.json())["ok"] is True
    assert slack.human("Ana").sees(slack.human("Ana").dm) == []


@pytest.mark.parametrize(
    ("trouble", "status", "content_type"),
    [
        pytest.param(SlackTrouble.PAGE, 502, "text/html", id="a page"),
        pytest.param(SlackTrouble.PLAIN, 503, "text/plain", id="a line of text"),
    ],
)
async def test_a_proxy_answers_in_slacks_place_and_not_in_json(
    slack: LocalSlack, session: aiohttp.ClientSession, trouble: SlackTrouble, status: int, content_type: str
) -> None:
    slack.trouble = trouble
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    async with session.post(f"{slack.api_url}auth.test", headers=headers) as response:
        assert (response.status, response.content_type) == (status, content_type)
        text = await response.text()
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    assert slack.inspector.entries()[-1].status == status
    slack.trouble = SlackTrouble.NONE
    async with session.post(f"{slack.api_url}auth.test", headers=headers) as response:
        assert (await response.json())["ok"] is True


def test_each_trouble_has_words() -> None:
    assert len({trouble.label for trouble in SlackTrouble}) == len(SlackTrouble)


async def test_every_call_is_kept_as_sent_with_the_token_masked(slack: LocalSlack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="U0ANA", text="hello")
    (exchange,) = slack.inspector.entries()
    assert (exchange.wire, exchange.title, exchange.status) == (Wire.BOT_TO_SLACK, "chat.postMessage", 200)
    assert exchange.request["headers"]["Authorization"] == f"Bearer xoxb-{MASK}"
    assert exchange.request["body"] == {"channel": "U0ANA", "text": "hello"}
    assert exchange.response["ok"] is True


async def test_no_token_is_kept_wherever_it_stood(slack: LocalSlack, session: aiohttp.ClientSession) -> None:
    await AsyncWebClient(base_url=slack.api_url, session=session).apps_connections_open(app_token=slack.app_token)
    async with session.post(f"{slack.api_url}auth.test", data={"token": slack.bot_token}):
        pass
    async with session.get(f"{slack.api_url}auth.test", headers={"Authorization": slack.bot_token}):
        pass
    kept = repr(slack.inspector.entries())
    assert slack.bot_token not in kept
    assert slack.app_token not in kept


@pytest.mark.parametrize("forced", [Forced("token_revoked"), Forced("ratelimited", 300)])
async def test_any_method_can_be_made_to_refuse(slack: LocalSlack, client: AsyncWebClient, forced: Forced) -> None:
    slack.forced["users.info"] = forced
    with pytest.raises(SlackApiError) as caught:
        await client.users_info(user="U0ANA")
    assert caught.value.response["error"] == forced.error
    assert caught.value.response.headers.get("Retry-After") == (forced.retry_after and str(forced.retry_after))
    del slack.forced["users.info"]
    await client.users_info(user="U0ANA")


@pytest.mark.parametrize("seconds", [1, 300])
async def test_too_many_requests_come_in_two_shapes(
    slack: LocalSlack, session: aiohttp.ClientSession, seconds: int
) -> None:
    slack.forced |= {"users.info": Forced("", seconds), "response_url": Forced("", seconds)}
    async with session.post(f"{slack.api_url}users.info") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, str(seconds))
        assert await answer.json() == {"ok": False, "error": "ratelimited"}
    async with session.post(f"{slack.base_url}/commands/0123", json={"text": "psst"}) as answer:
        assert (answer.status, "Retry-After" in answer.headers) == (429, False)
        assert await answer.json() == {"ok": False, "error": "rate_limited", "retry_after": seconds}


async def test_which_scopes_a_method_takes_is_told_only_of_one_that_needs_some(client: AsyncWebClient) -> None:
    assert "x-accepted-oauth-scopes" not in (await client.auth_test()).headers
    assert (await client.users_info(user="U0ANA")).headers["x-accepted-oauth-scopes"] == "users:read"


@pytest.mark.parametrize(("token", "error"), [("", "not_authed"), ("xoxb-unknown", "invalid_auth")])
async def test_of_a_token_that_it_does_not_know_no_scopes_are_told(
    slack: LocalSlack, session: aiohttp.ClientSession, token: str, error: str
) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with session.post(f"{slack.api_url}users.info", headers=headers) as answer:
        assert (await answer.json())["error"] == error
        assert not {"x-oauth-scopes", "x-accepted-oauth-scopes"} & {each.lower() for each in answer.headers}


async def test_a_method_works_again_when_its_wait_is_over(
    slack: LocalSlack, client: AsyncWebClient, clock: Any
) -> None:
    slack.forced["users.info"] = Forced("", 300)
    waits = []
    for seconds in (0, 100, 199):
        clock.time += seconds
        with pytest.raises(SlackApiError) as caught:
            await client.users_info(user="U0ANA")
        waits.append(caught.value.response.headers["Retry-After"])
    assert waits == ["300", "200", "1"]
    clock.time += 1
    await client.users_info(user="U0ANA")
    assert slack.forced == {}


async def test_a_bot_is_of_the_app_that_the_app_token_names(slack: LocalSlack, client: AsyncWebClient) -> None:
    bot = (await client.bots_info(bot="B0BOT"))["bot"]
    assert (bot["app_id"], bot["user_id"]) == ("A0SANDBOX", "U0BOT")
    assert slack.app_token.split("-")[2] == bot["app_id"] != slack.other_app_token.split("-")[2]
    assert await refused(client.bots_info(bot="B0OTHER")) == "bot_not_found"
    slack.lacking.add("users:read")
    assert await refused(client.bots_info(bot="B0BOT")) == "missing_scope"


async def test_another_apps_token_is_taken_and_a_scope_too_many_is_told(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    assert (await client.apps_connections_open(app_token=slack.other_app_token))["ok"]
    slack.surplus.add("files:write")
    assert "files:write" in (await client.auth_test()).headers["x-oauth-scopes"].split(",")


FINE = [{"type": "section", "text": {"type": "plain_text", "text": "x"}}]
LONG = [{"type": "section", "text": {"type": "plain_text", "text": "x" * 3001}}]


@pytest.mark.parametrize(
    ("sent", "error", "pointer"),
    [
        ({"blocks": FINE}, None, None),
        ({"message": {"text": "x", "blocks": FINE}}, None, None),
        ({"view": {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": FINE}}, None, None),
        ({"view": {"type": "home", "blocks": FINE}}, None, None),
        ({"blocks": LONG}, "invalid_blocks", "/0/text/text"),
        ({"message": {"blocks": LONG}}, "invalid_message", "/blocks/0/text/text"),
        ({"message": []}, "invalid_message", ""),
        ({"view": {"type": "home", "blocks": LONG}}, "invalid_view", "/blocks/0/text/text"),
        ({"blocks": FINE, "view": {}}, "invalid_arguments", None),
        ({}, "invalid_arguments", None),
    ],
)
async def test_slacks_validator_says_what_it_would_refuse_and_where(
    client: AsyncWebClient, sent: dict[str, Any], error: str | None, pointer: str | None
) -> None:
    payload = {name: json.dumps(each) for name, each in sent.items()}
    if error is None:
        assert (await client.api_call("blocks.validate", json=payload))["ok"]
        return
    with pytest.raises(SlackApiError) as caught:
        await client.api_call("blocks.validate", json=payload)
    answer = caught.value.response
    assert answer["error"] == error
    if pointer is not None:
        assert [each["pointer"] for each in answer["errors"]] == [pointer]
        assert {"pointer", "code", "message"} == answer["errors"][0].keys()
