"""Answers where somebody typed or clicked: they arrive, or are an error of ours without the URL in it."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web as http

from bot.errors import SlackBusy, SlackError, SlackRefused, SlackUnreachable
from bot.slack.web import Web
from tests.slack import wires
from tests.slack.failures import TICKET, check_clean, refusal, web_at

pytestmark = pytest.mark.usefixtures("no_secret_logged")


class Mailbox:
    """What a response URL got, and what it answers."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.answer: Callable[[], http.Response] = lambda: http.Response(text="ok")

    async def take(self, request: http.Request) -> http.Response:
        self.got.append(await request.json())
        return self.answer()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def base_url(mailbox: Mailbox) -> AsyncIterator[str]:
    web_app = http.Application()
    web_app.router.add_post(f"/commands/{TICKET}", mailbox.take)
    runner = http.AppRunner(web_app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await http.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    await runner.cleanup()


@pytest.fixture
def response_url(base_url: str) -> str:
    return f"{base_url.removesuffix('api/')}commands/{TICKET}"


async def failure_at(web: Web, response_url: str) -> SlackError:
    with pytest.raises(SlackError) as caught:
        await web.respond(response_url, {"text": "x"})
    check_clean(caught.value, response_url)
    assert caught.value.method == "response_url"
    return caught.value


async def test_an_answer_arrives_where_somebody_typed(web: Web, mailbox: Mailbox, response_url: str) -> None:
    for text in ("ok", '{"ok": true}', ""):
        mailbox.answer = lambda text=text: http.Response(text=text)  # type: ignore[misc]  # bound now
        await web.respond(response_url, {"text": "There is news."})
    assert mailbox.got == [{"text": "There is news."}] * 3


@pytest.mark.parametrize(
    ("status", "body"),
    [
        *((status, refusal("expired_url")) for status in (404, 200, 400)),
        *((404, text) for text in ("expired_url", "used_url", "no_service\n", "no_team")),
        *((400, text) for text in ("invalid_blocks", "invalid_payload", "no_text")),
        (403, "action_prohibited"),
        (410, "channel_is_archived"),
    ],
)
async def test_a_used_up_response_url_is_refused(
    web: Web, mailbox: Mailbox, response_url: str, status: int, body: str
) -> None:
    mailbox.answer = lambda: http.Response(status=status, text=body)
    error = await failure_at(web, response_url)
    assert isinstance(error, SlackRefused)
    assert error.is_final
    assert error.code in body


@pytest.mark.parametrize("body", ["forbidden", "not_found", "<html>", "{", "[" * 1_999, '["ok"]', ""])
@pytest.mark.parametrize("status", [404, 500, 502])
async def test_a_response_url_without_slack_behind_it_refuses_nothing(
    web: Web, mailbox: Mailbox, response_url: str, status: int, body: str
) -> None:
    mailbox.answer = lambda: http.Response(status=status, text=body)
    assert isinstance(await failure_at(web, response_url), SlackUnreachable)


async def test_a_response_url_can_be_busy(web: Web, mailbox: Mailbox, response_url: str) -> None:
    mailbox.answer = lambda: http.Response(status=429, headers={"Retry-After": "9"})
    error = await failure_at(web, response_url)
    assert isinstance(error, SlackBusy)
    assert error.retry_after == 9.0


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ('{"ok": false, "error": "rate_limited", "retry_after": 90}', 90.0),
        ('{"error": "rate_limited", "retry_after": "90"}', 90.0),
        ('{"error": "rate_limited", "retry_after": null}', 30.0),
        ('{"error": "rate_limited", "retry_after": [9]}', 30.0),
        ("rate_limited", 30.0),
    ],
)
async def test_webhooks_say_in_the_body_how_long_they_want_to_be_left_alone(
    web: Web, mailbox: Mailbox, response_url: str, body: str, seconds: float
) -> None:
    mailbox.answer = lambda: http.Response(status=429, text=body)
    error = await failure_at(web, response_url)
    assert isinstance(error, SlackBusy)
    assert error.retry_after == seconds


async def test_what_is_said_to_one_place_is_not_carried_to_another(
    web: Web, mailbox: Mailbox, response_url: str
) -> None:
    mailbox.answer = lambda: http.Response(status=307, headers={"Location": response_url})
    assert isinstance(await failure_at(web, response_url), SlackUnreachable)
    assert len(mailbox.got) == 1


async def test_a_response_url_whose_answer_unpacks_to_more_than_slack_says_is_unreachable(
    web: Web, mailbox: Mailbox, response_url: str
) -> None:
    mailbox.answer = lambda: http.Response(body=wires.BOMB, headers={"Content-Encoding": "gzip"})
    error = await failure_at(web, response_url)
    assert error.reason == "its answer is longer than any of Slack's"


@pytest.mark.parametrize(
    "talk",
    [wires.hang_up, wires.reset, wires.babble, wires.stay_silent, wires.trickle, wires.claim_gzip],
    ids=lambda talk: str(talk.__name__),
)
async def test_a_response_url_that_breaks_is_unreachable(talk: wires.Talk) -> None:
    async with wires.listening(talk) as port, web_at(f"http://127.0.0.1:{port}/api", seconds=0.5) as web:
        assert isinstance(await failure_at(web, f"http://127.0.0.1:{port}/commands/{TICKET}"), SlackUnreachable)


@pytest.mark.parametrize(
    "url",
    [
        "http://slack.example/commands/",
        "https://slack.example/commands/",
        "https://hooks.slack.com.example/commands/",
        "https://notslack.com/commands/",
        "https://hooks.slack.com@slack.example/commands/",
        "https://hooks.slack.com:444/commands/",
        "https://slack.example\\.slack.com/commands/",
        "https://slack.example#.slack.com/commands/",
        "https://sl\u0430ck.com/commands/",
        "http://hooks.slack.com/commands/",
        "http://127.0.0.1.slack.example/commands/",
        "http://localhost@slack.example/commands/",
        "https://169.254.169.254/commands/",
        "http://127.0.0.1:1/commands/",
        "http://localhost:1/commands/",
        "https://127.0.0.1:1/commands/",
        "ftp://127.0.0.1/commands/",
        "http://[::1/commands/",
        "//slack.example/",
        "",
    ],
)
async def test_nothing_is_said_but_to_slack(web: Web, mailbox: Mailbox, url: str) -> None:
    error = await failure_at(web, url + TICKET)
    assert isinstance(error, SlackUnreachable)
    assert (error.cause, error.arrived) == ("no address of Slack's", False)
    assert mailbox.got == []


@pytest.mark.parametrize("extra", ["@slack.example/", ".slack.example/", "1/", "\\@slack.example/"])
async def test_nor_to_what_only_begins_like_the_configured_slack(web: Web, base_url: str, extra: str) -> None:
    error = await failure_at(web, base_url.removesuffix("/api/") + extra + TICKET)
    assert isinstance(error, SlackUnreachable)
    assert error.cause == "no address of Slack's"


@pytest.mark.parametrize(
    "url", ["https://hooks.slack.com/commands/", "https://hooks.slack-gov.com/actions/", "HTTPS://HOOKS.SLACK.COM/"]
)
async def test_slacks_own_hosts_are_tried(web: Web, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    tried: list[str] = []

    def post(to: str, **_rest: object) -> None:
        tried.append(to)
        raise OSError

    monkeypatch.setattr(web._http, "post", post)
    assert isinstance(await failure_at(web, url + TICKET), SlackUnreachable)
    assert tried == [url + TICKET]
