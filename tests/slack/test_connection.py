"""The start: who the bot is, or in words why it cannot start; and what monitors get in HTTP mode."""

import json
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp

from bot.errors import SettingsError
from bot.slack.connection import check_app_token, check_bot_token, signed_http
from bot.slack.web import Web
from bot.texts import terminal
from tests.slack.conftest import IDENTITY, NOT_SLACK, Answers

AUTH_TEST = {"ok": True, "team_id": "T0SANDBOX", "user_id": "U0BOT", "bot_id": "B0BOT", "is_enterprise_install": False}


def become_slack(answers: Answers, answer: dict[str, Any]) -> None:
    answers.become(200, "application/json", json.dumps(answer))


async def test_a_good_bot_token_says_who_the_bot_is(web: Web, answers: Answers) -> None:
    become_slack(answers, AUTH_TEST)
    assert await check_bot_token(web) == IDENTITY
    assert answers.called == ["auth.test"]


async def test_a_good_app_token_passes(web: Web, answers: Answers) -> None:
    become_slack(answers, {"ok": True, "url": "wss://127.0.0.1/link"})
    await check_app_token(web, "xapp-invented")
    assert answers.called == ["apps.connections.open"]


async def test_a_refused_token_is_told_with_slacks_word(web: Web, answers: Answers) -> None:
    become_slack(answers, {"ok": False, "error": "token_revoked"})
    with pytest.raises(SettingsError) as caught:
        await check_bot_token(web)
    assert caught.value.mistakes == (terminal.bot_token_refused("token_revoked"),)
    with pytest.raises(SettingsError) as caught:
        await check_app_token(web, "xapp-invented")
    assert caught.value.mistakes == (terminal.app_token_refused("token_revoked"),)


@pytest.mark.parametrize(("status", "content_type", "body"), NOT_SLACK)
async def test_what_is_not_slack_says_nothing_about_a_token(
    web: Web, answers: Answers, status: int, content_type: str, body: str | bytes
) -> None:
    answers.become(status, content_type, body)
    checks = (check_bot_token(web), check_app_token(web, "xapp-invented"))
    for check in checks:
        with pytest.raises(SettingsError) as caught:
            await check
        assert caught.value.mistakes == (terminal.slack_unreachable(web.base_url),)


@pytest.mark.parametrize("reason", ["internal_error", "fatal_error", "service_unavailable", "request_timeout"])
async def test_a_slack_in_trouble_says_nothing_about_a_token(web: Web, answers: Answers, reason: str) -> None:
    become_slack(answers, {"ok": False, "error": reason})
    checks = (
        check_bot_token(web),
        check_app_token(web, "xapp-invented"),
    )
    for check in checks:
        with pytest.raises(SettingsError) as caught:
            await check
        assert caught.value.mistakes == (terminal.slack_not_now(reason),)


@pytest.mark.parametrize("status", [200, 429])
async def test_a_slack_that_is_too_busy_says_nothing_about_a_token(web: Web, answers: Answers, status: int) -> None:
    answers.become(status, "application/json", json.dumps({"ok": False, "error": "ratelimited"}))
    checks = (check_bot_token(web), check_app_token(web, "xapp-invented"))
    for check in checks:
        with pytest.raises(SettingsError) as caught:
            await check
        assert caught.value.mistakes == (terminal.slack_not_now("ratelimited"),)
    assert answers.called == ["auth.test", "apps.connections.open"]


@pytest.mark.parametrize("lacking", ["team_id", "user_id", "bot_id"])
async def test_an_answer_that_lacks_the_identity_is_not_slacks(web: Web, answers: Answers, lacking: str) -> None:
    become_slack(answers, {name: value for name, value in AUTH_TEST.items() if name != lacking})
    with pytest.raises(SettingsError, match="Slack does not answer"):
        await check_bot_token(web)


@pytest.mark.parametrize("of_an_organization", [{"enterprise_id": "E0GRID"}, {"is_enterprise_install": True}], ids=min)
async def test_an_enterprise_grid_is_refused_in_words(
    web: Web, answers: Answers, of_an_organization: dict[str, Any]
) -> None:
    become_slack(answers, {**AUTH_TEST, **of_an_organization})
    with pytest.raises(SettingsError) as caught:
        await check_bot_token(web)
    assert caught.value.mistakes == (terminal.ENTERPRISE_GRID,)


async def test_readiness_is_asked_anew_each_time(web: Web, session: aiohttp.ClientSession) -> None:
    readiness = [True, False, True]

    async def is_ready() -> bool:
        return readiness.pop()

    app = AsyncApp(client=web, signing_secret="invented")
    async with signed_http(app, signing_secret="invented", host="127.0.0.1", port=0, is_ready=is_ready) as port:
        statuses = []
        for path in ("readyz", "readyz", "readyz", "healthz"):
            async with session.get(f"http://127.0.0.1:{port}/{path}") as response:
                statuses.append(response.status)
    assert statuses == [200, 503, 200, 200]
