"""The start: who the bot is, or in words why it cannot start; and what monitors get in HTTP mode."""

import json
import re
from typing import Any, NoReturn

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from bot.checks import Checklist
from bot.clock import SystemClock
from bot.errors import SettingsError, SlackUnreachable
from bot.health import Health
from bot.policy import Audience, Policy
from bot.slack.connection import check_tokens, scopes_needed, signed_http
from bot.slack.web import Web
from bot.texts import terminal
from bot.workspaces import Installation
from tests.clocks import SteppingClock
from tests.slack.conftest import IDENTITY, NOT_SLACK, Answers

LEADS = Audience(group_ids=frozenset({"S0LEADS"}))

AUTH_TEST = {"ok": True, "team_id": "T0SANDBOX", "user_id": "U0BOT", "bot_id": "B0BOT", "is_enterprise_install": False}


def become_slack(answers: Answers, answer: dict[str, Any]) -> None:
    answers.become(200, "application/json", json.dumps(answer))


async def refusals(web: Web, *, app_token: str | None = None) -> tuple[str, ...]:
    """Why there is no start."""
    with pytest.raises(SettingsError) as caught:
        await check_tokens(web, Checklist(), app_token=app_token)
    return caught.value.mistakes


async def test_a_good_bot_token_says_who_the_bot_is(web: Web, answers: Answers) -> None:
    become_slack(answers, AUTH_TEST)
    assert await check_tokens(web, Checklist()) == IDENTITY
    assert answers.called == ["auth.test"]


@pytest.mark.parametrize(
    ("policy", "channel_id", "granted", "lacking"),
    [
        (Policy(), None, "commands,chat:write,users:read", None),
        (Policy(), None, "commands,chat:write", "users:read"),
        (Policy(), None, "chat:write,users:read,usergroups:read", "commands"),
        (Policy(agents=LEADS), None, "commands,chat:write,users:read", "usergroups:read"),
        (Policy(approvers=LEADS), None, "commands,chat:write,users:read", "usergroups:read"),
        (Policy(agents=LEADS), None, "commands,chat:write,users:read,usergroups:read", None),
        (Policy(), "C0LEADS", "commands,chat:write,users:read", "channels:read or groups:read"),
        (Policy(), "G0LEADS", "commands,chat:write,users:read,groups:read", None),
    ],
)
async def test_a_scope_that_the_settings_need_is_named_at_the_start(
    web: Web, answers: Answers, policy: Policy, channel_id: str | None, granted: str, lacking: str | None
) -> None:
    answers.become(200, "application/json", json.dumps(AUTH_TEST), headers={"x-oauth-scopes": granted})
    needed = scopes_needed(policy, channel_id)
    if lacking is None:
        assert await check_tokens(web, Checklist(), needed=needed) == IDENTITY
        return
    with pytest.raises(SettingsError, match=f"lacks scopes that these settings need: {lacking}\\."):
        await check_tokens(web, Checklist(), needed=needed)


async def test_a_clock_that_is_off_is_a_warning_at_the_start(
    web: Web, answers: Answers, clock: SteppingClock, caplog: pytest.LogCaptureFixture
) -> None:
    clock.time = 1_800_000_400.0
    date = {"Date": "Fri, 15 Jan 2027 08:00:00 GMT"}
    answers.become(200, "application/json", json.dumps(AUTH_TEST), headers=date)
    assert await check_tokens(web, Checklist()) == IDENTITY
    assert "This machine's clock is 400 seconds ahead of Slack's." in caplog.text


BODY = b"command=/phoneid"
TIME, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"


@pytest.mark.parametrize(
    ("secret", "off", "changes", "level", "why"),
    [
        ("right", -400, {}, "WARNING", "signed by Slack 40. s before this machine's time: its clock is off"),
        ("right", 900, {}, "WARNING", "signed by Slack (900|8..) s after this machine's time: its clock is off"),
        ("wrong", 0, {}, "INFO", "the signature does not fit SLACK_SIGNING_SECRET"),
        ("wrong", -400, {}, "INFO", "the signature does not fit SLACK_SIGNING_SECRET"),
        ("right", 0, {SIGNATURE: "v0=00"}, "INFO", "the signature does not fit SLACK_SIGNING_SECRET"),
        ("right", 0, {SIGNATURE: ""}, "INFO", "not signed by Slack"),
        ("right", 0, {TIME: ""}, "INFO", "not signed by Slack"),
        ("right", 0, {TIME: "nan"}, "INFO", "not signed by Slack"),
        ("right", 0, {SIGNATURE: "\u00e9"}, "INFO", "not signed by Slack"),
    ],
)
async def test_a_clock_that_is_off_is_told_apart_from_a_wrong_secret(
    session: aiohttp.ClientSession,
    caplog: pytest.LogCaptureFixture,
    *,
    secret: str,
    off: int,
    changes: dict[str, str],
    level: str,
    why: str,
) -> None:
    caplog.set_level("INFO")
    timestamp = str(int(SystemClock().now() + off))
    signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=BODY)
    headers = {TIME: timestamp, SIGNATURE: signature or "", **changes}
    app = AsyncApp(token="xoxb-invented", signing_secret="right")
    async with signed_http(
        app, signing_secret="right", address=("127.0.0.1", 0), health=Health(SystemClock()), clock=SystemClock()
    ) as port:
        url = f"http://127.0.0.1:{port}/slack/events"
        async with session.post(url, data=BODY, headers=headers) as answer:
            assert answer.status == 401
    (refused,) = [each for each in caplog.records if each.getMessage() == "request refused"]
    assert refused.levelname == level
    assert re.match(why, vars(refused)["facts"]["why"])


async def test_a_good_app_token_passes(web: Web, answers: Answers) -> None:
    become_slack(answers, {**AUTH_TEST, "url": "wss://127.0.0.1/link"})
    assert await check_tokens(web, Checklist(), app_token="xapp-invented") == IDENTITY
    assert sorted(answers.called) == ["apps.connections.open", "auth.test"]


async def test_refused_tokens_are_told_together_each_with_slacks_word(web: Web, answers: Answers) -> None:
    become_slack(answers, {"ok": False, "error": "token_revoked"})
    assert await refusals(web, app_token="xapp-invented") == (
        terminal.bot_token_refused("token_revoked"),
        terminal.app_token_refused("token_revoked"),
    )


@pytest.mark.parametrize(
    ("word", "turn"),
    [
        ("accesslimited", "Ask a workspace administrator"),
        ("org_login_required", "Ask its administrator"),
        ("ekm_access_denied", "Ask the administrators of the keys"),
        ("enterprise_is_restricted", "Ask one of its administrators"),
        ("team_access_not_granted", "Ask an administrator of the organization"),
        ("team_disabled", "Ask a workspace administrator"),
        ("token_expired", "Create the app again"),
        ("account_inactive", "Install the app again"),
        ("token_revoked", "Install the app again"),
        ("invalid_auth", "Copy it again"),
        ("not_authed", "Copy it again"),
    ],
)
async def test_each_refusal_at_the_start_says_whose_turn_it_is(
    web: Web, answers: Answers, word: str, turn: str
) -> None:
    become_slack(answers, {"ok": False, "error": word})
    (said,) = await refusals(web)
    assert turn in said
    assert f"({word})" in said
    assert ("opy it again" in said) is (turn == "Copy it again")


@pytest.mark.parametrize("word", ["team_added_to_org", "migration_in_progress", "service_unavailable"])
async def test_what_passes_by_itself_is_no_refusal(web: Web, answers: Answers, word: str) -> None:
    become_slack(answers, {"ok": False, "error": word})
    assert await refusals(web, app_token="xapp-invented") == (terminal.slack_not_now(word),)


@pytest.mark.parametrize(("status", "content_type", "body"), NOT_SLACK)
async def test_what_is_not_slack_says_nothing_about_a_token(
    web: Web, answers: Answers, status: int, content_type: str, body: str | bytes
) -> None:
    answers.become(status, content_type, body)
    (mistake,) = await refusals(web, app_token="xapp-invented")
    assert mistake.startswith(f"Slack does not respond at {web.base_url}: ")


@pytest.mark.parametrize(
    "cause",
    [
        "its certificate is not trusted",
        "the name slack.com is not known",
        "the proxy wants a user and a password",
        "no connection",
    ],
)
async def test_why_slack_does_not_answer_is_in_the_sentence(
    web: Web, monkeypatch: pytest.MonkeyPatch, cause: str
) -> None:
    async def fail() -> NoReturn:
        raise SlackUnreachable("auth.test", cause, arrived=False)

    monkeypatch.setattr(web, "auth_test", fail)
    (said,) = await refusals(web)
    assert said.startswith(f"Slack does not respond at {web.base_url}: {cause}. ")


@pytest.mark.parametrize("reason", ["internal_error", "fatal_error", "service_unavailable", "request_timeout"])
async def test_a_slack_in_trouble_says_nothing_about_a_token(web: Web, answers: Answers, reason: str) -> None:
    become_slack(answers, {"ok": False, "error": reason})
    assert await refusals(web, app_token="xapp-invented") == (terminal.slack_not_now(reason),)


@pytest.mark.parametrize("status", [200, 429])
async def test_a_slack_that_is_too_busy_says_nothing_about_a_token(web: Web, answers: Answers, status: int) -> None:
    answers.become(status, "application/json", json.dumps({"ok": False, "error": "ratelimited"}))
    assert await refusals(web, app_token="xapp-invented") == (terminal.slack_not_now("ratelimited"),)
    assert sorted(answers.called) == ["apps.connections.open", "auth.test"]


@pytest.mark.parametrize("lacking", ["team_id", "user_id", "bot_id"])
async def test_an_answer_that_lacks_the_identity_is_not_slacks(web: Web, answers: Answers, lacking: str) -> None:
    become_slack(answers, {name: value for name, value in AUTH_TEST.items() if name != lacking})
    (said,) = await refusals(web)
    assert said.startswith("Slack does not respond")


async def test_in_one_workspace_of_an_organisation_the_app_is_in_that_one(web: Web, answers: Answers) -> None:
    become_slack(answers, {**AUTH_TEST, "enterprise_id": "E0GRID"})
    identity = await check_tokens(web, Checklist())
    assert identity.installed == Installation(workspaces=("T0SANDBOX",), enterprise_id="E0GRID")
    assert answers.called == ["auth.test"]


@pytest.mark.parametrize("team_id", [{}, {"team_id": "E0GRID"}, {"team_id": "T0OTHER"}, {"team_id": None}], ids=str)
async def test_on_a_whole_organisation_the_app_is_where_it_was_given_to(
    web: Web, answers: Answers, team_id: dict[str, Any]
) -> None:
    """What ``team_id`` is then nobody says."""
    given = {"teams": [{"id": "T0SANDBOX", "name": "Sandbox"}, {"id": "T0SISTER", "name": "Sister"}]}
    without = {name: value for name, value in AUTH_TEST.items() if name != "team_id"}
    of_organisation = {"is_enterprise_install": True, "enterprise_id": "E0GRID", **team_id}
    become_slack(answers, {**without, **of_organisation, **given})
    identity = await check_tokens(web, Checklist())
    assert identity.installed == Installation(
        workspaces=("T0SANDBOX", "T0SISTER"), enterprise_id="E0GRID", is_on_organisation=True
    )
    assert answers.called == ["auth.test", "auth.teams.list"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"enterprise_id": "E0GRID", "teams": []}, f"{terminal.NO_WORKSPACES} {terminal.GIVE_WORKSPACES}"),
        ({"enterprise_id": "E0GRID", "teams": ["?", {}]}, f"{terminal.NO_WORKSPACES} {terminal.GIVE_WORKSPACES}"),
        ({"enterprise_id": "E0GRID"}, "Slack does not respond"),
        ({"teams": [{"id": "T0SANDBOX"}]}, "Slack does not respond"),
    ],
)
async def test_an_organisation_without_workspaces_or_name_is_no_start(
    web: Web, answers: Answers, answer: dict[str, Any], said: str
) -> None:
    become_slack(answers, {**AUTH_TEST, "is_enterprise_install": True, **answer})
    (mistake,) = await refusals(web)
    assert mistake.startswith(said)


async def test_once_the_bot_stops_each_answer_is_the_last_on_its_connection(session: aiohttp.ClientSession) -> None:
    health = Health(SystemClock())
    app = AsyncApp(token="xoxb-invented", signing_secret="invented")
    way = signed_http(app, signing_secret="invented", address=("127.0.0.1", 0), health=health, clock=SystemClock())
    kept = list[bool]()
    async with way as port:
        for is_stopping in (False, True):
            if is_stopping:
                health.end()
            async with session.post(f"http://127.0.0.1:{port}/slack/events") as answer:
                kept.append(answer.headers.get("Connection") != "close")
    assert kept == [True, False]
