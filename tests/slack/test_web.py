"""Slack's Web API: whatever fails is an error of ours, and no secret is in it or in the log."""

import asyncio
import gzip
import json
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from slack_sdk.errors import SlackRequestError

from bot.errors import SlackError, SlackForbidden, SlackRefused, SlackUnauthorised, SlackUnreachable
from bot.slack.connection import open_web
from bot.slack.failures import TOKEN_REFUSED
from bot.slack.web import Web, part
from tests.clocks import SteppingClock
from tests.slack import wires
from tests.slack.conftest import NOT_SLACK, Answers
from tests.slack.failures import PROXY_PASSWORD, TOKEN, check_clean, refusal, web_at

pytestmark = pytest.mark.usefixtures("no_secret_logged")


async def failure(web: Web) -> SlackError:
    """The error of a call, which holds no secret and no address, in itself or in what it came from."""
    with pytest.raises(SlackError) as caught:
        await web.users_info(user="U0ANA")
    check_clean(caught.value, web.base_url)
    return caught.value


# --- what Slack says ---


async def test_an_answer_comes_as_it_is(web: Web, answers: Answers) -> None:
    answers.become(200, "application/json", '{"ok": true, "user": {"id": "U0ANA"}}')
    assert part(await web.users_info(user="U0ANA"), "user", dict) == {"id": "U0ANA"}
    assert answers.called == ["users.info"]


async def test_a_refusal_carries_slacks_word_and_asks_once(web: Web, answers: Answers) -> None:
    answers.become(200, "application/json", refusal("user_not_found"))
    error = await failure(web)
    assert type(error) is SlackRefused
    assert (error.method, error.code, error.reason) == ("users.info", "user_not_found", "user_not_found")
    assert str(error) == "users.info: user_not_found"
    assert answers.called == ["users.info"]


async def test_a_refusal_names_the_scope_it_lacks(web: Web, answers: Answers) -> None:
    answers.become(200, "application/json", refusal("missing_scope", needed="users:read", provided="chat:write"))
    error = await failure(web)
    assert type(error) is SlackForbidden
    assert (error.needed, error.provided) == ("users:read", "chat:write")


@pytest.mark.parametrize(
    ("more", "details"),
    [
        ({"response_metadata": {"messages": ["[ERROR] too long"]}}, ("[ERROR] too long",)),
        ({"errors": ["unsupported type"]}, ("unsupported type",)),
        ({"errors": [{"odd": 1}]}, ("{'odd': 1}",)),
        ({"response_metadata": None, "errors": "odd"}, ()),
        ({"response_metadata": {"messages": "odd"}}, ()),
        ({}, ()),
    ],
)
async def test_a_refusal_keeps_details_out_of_its_text(
    web: Web, answers: Answers, more: dict[str, Any], details: tuple[str, ...]
) -> None:
    answers.become(200, "application/json", refusal("invalid_blocks", **more))
    error = await failure(web)
    assert isinstance(error, SlackRefused)
    assert error.details == details
    assert str(error) == "users.info: invalid_blocks"


@pytest.mark.parametrize("word", sorted(TOKEN_REFUSED))
@pytest.mark.parametrize("status", [200, 401, 403])
async def test_a_refused_token_is_told_apart(web: Web, answers: Answers, status: int, word: str) -> None:
    answers.become(status, "application/json", refusal(word))
    error = await failure(web)
    assert type(error) is SlackUnauthorised
    assert error.code == word


@pytest.mark.parametrize(
    "word", ["internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"]
)
@pytest.mark.parametrize("status", [200, 500, 503])
async def test_a_slack_in_trouble_refuses_nothing(web: Web, answers: Answers, status: int, word: str) -> None:
    answers.become(status, "application/json", refusal(word))
    error = await failure(web)
    assert isinstance(error, SlackUnreachable)
    assert (error.code, error.cause, error.arrived) == (word, word, True)


@pytest.mark.parametrize(("status", "content_type", "body"), NOT_SLACK)
async def test_what_is_not_slack_refuses_nothing(
    web: Web, answers: Answers, status: int, content_type: str, body: str | bytes
) -> None:
    answers.become(status, content_type, body)
    error = await failure(web)
    assert isinstance(error, SlackUnreachable)
    assert (error.code, error.arrived) == ("", True)
    assert len(answers.called) == 1


async def test_a_word_that_quotes_the_token_is_none_of_slacks(web: Web, answers: Answers) -> None:
    answers.become(200, "application/json", refusal(f"Bearer {TOKEN}"))
    assert isinstance(await failure(web), SlackUnreachable)


@pytest.mark.parametrize("lacking", ["{}", '{"user": null}', '{"user": ["U0ANA"]}'])
async def test_an_answer_without_what_was_asked_for_is_not_slacks(web: Web, answers: Answers, lacking: str) -> None:
    answers.become(200, "application/json", json.dumps({"ok": True, **json.loads(lacking)}))
    answer = await web.users_info(user="U0ANA")
    with pytest.raises(SlackUnreachable, match=r"^users\.info: ") as caught:
        part(answer, "user", dict)
    check_clean(caught.value, web.base_url)


# --- when nothing of Slack's comes ---


@pytest.mark.parametrize(
    "talk",
    [wires.hang_up, wires.reset, wires.stop_midway, wires.babble, wires.claim_gzip, wires.redirect_for_ever],
    ids=lambda talk: str(talk.__name__),
)
async def test_a_request_that_was_sent_may_have_arrived(talk: wires.Talk) -> None:
    async with wires.listening(talk) as port, web_at(f"http://127.0.0.1:{port}/api") as web:
        error = await failure(web)
    assert isinstance(error, SlackUnreachable)
    assert error.arrived


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "text/html", "application/gzip"])
async def test_what_unpacks_to_more_than_slack_says_is_not_read(web: Web, answers: Answers, content_type: str) -> None:
    answers.become(200, content_type, wires.BOMB, headers={"Content-Encoding": "gzip"})
    error = await failure(web)
    assert error.reason == "its answer is longer than any of Slack's"


async def test_nor_what_is_as_long_unpacked(web: Web, answers: Answers) -> None:
    answers.become(200, "application/json", gzip.decompress(wires.BOMB))
    assert (await failure(web)).reason == "its answer is longer than any of Slack's"


async def test_a_usergroup_of_thousands_is_read(web: Web, answers: Answers) -> None:
    users = [f"U{number:010}" for number in range(50_000)]
    body = gzip.compress(json.dumps({"ok": True, "users": users}).encode())
    answers.become(200, "application/json", body, headers={"Content-Encoding": "gzip"})
    assert part(await web.usergroups_users_list(usergroup="S0LEADS"), "users", list) == users


async def test_nothing_is_led_elsewhere(answers: Answers, base_url: str) -> None:
    async def lead_there(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {base_url}/elsewhere\r\nContent-Length: 0\r\n\r\n"
        writer.write(head.encode())
        await writer.drain()

    async with wires.listening(lead_there) as port:
        here = f"http://127.0.0.1:{port}/"
        async with open_web(token=TOKEN, base_url=f"{here}api", clock=SteppingClock()) as web:
            with pytest.raises(SlackUnreachable):
                await web.chat_postMessage(channel="D0ANA", text="1029384756")
            with pytest.raises(aiohttp.ClientError):
                await web.connect(f"{here}link", heartbeat=1.0, closing=1.0)
    assert answers.called == []


async def test_a_message_whose_answer_is_lost_is_sent_once() -> None:
    sent = 0

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        sent += 1
        await wires.reset(reader, writer)

    async with wires.listening(count) as port, web_at(f"http://127.0.0.1:{port}/api") as web:
        with pytest.raises(SlackUnreachable):
            await web.chat_postMessage(channel="C0LEADS", text="Once")
    assert sent == 1


@pytest.mark.parametrize("talk", [wires.stay_silent, wires.trickle], ids=lambda talk: str(talk.__name__))
async def test_an_answer_is_waited_for_only_so_long(talk: wires.Talk) -> None:
    async with wires.listening(talk) as port, web_at(f"http://127.0.0.1:{port}/api", seconds=0.05) as web:
        error = await failure(web)
    assert isinstance(error, SlackUnreachable)
    assert (error.cause, error.arrived) == ("no answer in time", True)


async def test_whoever_gives_up_earlier_hears_of_that_and_not_of_slack() -> None:
    async with wires.listening(wires.stay_silent) as port, web_at(f"http://127.0.0.1:{port}/api") as web:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(web.users_info(user="U0ANA"), 0.05)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def test_a_refused_connection_brought_nothing() -> None:
    async with web_at(f"http://127.0.0.1:{free_port()}/api") as web:
        error = await failure(web)
    assert isinstance(error, SlackUnreachable)
    assert (error.cause, error.arrived) == ("no connection", False)


class NobodyKnown(AbstractResolver):
    """Knows no name."""

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        raise OSError(None, f"{host} is not known")

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("proxy", "unknown"), [("", "slack.example"), (f"http://bot:{PROXY_PASSWORD}@proxy.example:3128", "proxy.example")]
)
async def test_a_name_that_nobody_knows_brought_nothing(
    monkeypatch: pytest.MonkeyPatch, proxy: str, unknown: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=NobodyKnown()))
    async with web_at("https://slack.example/api", session=session) as web:
        error = await failure(web)
    assert isinstance(error, SlackUnreachable)
    assert (error.cause, error.arrived) == (f"the name {unknown} is not known", False)


async def test_a_server_that_speaks_no_tls_was_sent_nothing() -> None:
    async with wires.listening(wires.babble) as port, web_at(f"https://127.0.0.1:{port}/api") as web:
        error = await failure(web)
    assert isinstance(error, SlackUnreachable)
    assert (error.cause, error.arrived) == ("no TLS", False)


@pytest.fixture(scope="module")
def own_certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's side with a certificate that it made for itself."""
    folder: Path = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=127.0.0.1", "-keyout", "key.pem", "-out", "certificate.pem"],
        cwd=folder, check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


async def test_a_certificate_that_nobody_vouches_for_was_sent_nothing(own_certificate: ssl.SSLContext) -> None:
    async with (
        wires.listening(wires.hang_up, tls=own_certificate) as port,
        web_at(f"https://127.0.0.1:{port}/api") as web,
    ):
        error = await failure(web)
    assert isinstance(error, SlackUnreachable)
    assert (error.cause, error.arrived) == ("its certificate is not trusted", False)


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:port/api", "ftp://127.0.0.1/api"])
async def test_an_address_that_is_none_was_sent_nothing(base_url: str) -> None:
    async with web_at(base_url) as web:
        error = await failure(web)
    assert isinstance(error, SlackUnreachable)
    assert (error.cause, error.arrived) == ("its address is no URL", False)


async def test_what_the_sdk_trips_over_before_it_asks_is_translated_too(base_url: str, clock: SteppingClock) -> None:
    for token, address in ((f"{TOKEN}\n{TOKEN}", base_url), (TOKEN, "http://[::1/api")):
        async with open_web(token=token, base_url=address, clock=clock) as web:
            assert isinstance(await failure(web), SlackUnreachable)


async def test_a_proxy_that_wants_credentials_let_nothing_through(monkeypatch: pytest.MonkeyPatch) -> None:
    async with wires.listening(wires.want_credentials) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://bot:{PROXY_PASSWORD}@127.0.0.1:{port}")
        async with web_at("https://slack.example/api") as web:
            error = await failure(web)
    assert isinstance(error, SlackUnreachable)
    assert (error.cause, error.arrived) == ("the proxy wants a user and a password", False)


async def test_a_proxy_that_is_away_let_nothing_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://bot:{PROXY_PASSWORD}@127.0.0.1:{free_port()}")
    async with web_at("https://slack.example/api") as web:
        error = await failure(web)
    assert isinstance(error, SlackUnreachable)
    assert (error.cause, error.arrived) == ("the proxy does not answer", False)


@pytest.mark.parametrize(
    ("arguments", "mistake"),
    [({"json": {"user": object()}}, TypeError), ({"http_verb": "GET", "json": {"user": "U0ANA"}}, SlackRequestError)],
)
async def test_a_mistake_of_ours_is_no_failure_of_slacks(
    web: Web, answers: Answers, arguments: dict[str, Any], mistake: type[Exception]
) -> None:
    with pytest.raises(mistake):
        await web.api_call("users.info", **arguments)
    assert answers.called == []
