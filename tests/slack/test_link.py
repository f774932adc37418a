"""Socket Mode in our own hands: never alive and deaf, nothing lost at a refresh, and an end where no try can help."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp

from bot.checks import Checklist
from bot.errors import AccessLost
from bot.repeating import in_background
from bot.sandbox.slack.delivery import Outcome
from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.trouble import Forced, SlackTrouble
from bot.slack.app import build_app
from bot.slack.connection import check_tokens, open_web
from bot.slack.failures import unanswered
from bot.slack.link import DEAF, LONGEST_PAUSE, TOO_MANY, WEBSOCKET, Link, Patience
from bot.slack.web import Web
from bot.texts import terminal
from tests.clocks import SteppingClock
from tests.sandbox.slack.conftest import MANIFEST
from tests.slack.wires import Talk, hang_up, want_credentials
from tests.slack.wires import listening as listening_on

QUICK = Patience(opening=5.0, heartbeat=1.0, lingering=1.0, answering=2.0, closing=0.2)


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock(float(int(time.time())))  # near the real time, which Bolt's signature check reads


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    local = LocalSlack(manifest=Manifest.parse(MANIFEST), ack_seconds=3.0)
    await local.start()
    yield local
    await local.stop()


@pytest.fixture
async def web(slack: LocalSlack, clock: SteppingClock) -> AsyncIterator[Web]:
    async with open_web(token=slack.bot_token, base_url=slack.api_url, clock=clock) as opened:
        yield opened


class Listening:
    """Answers ``/ask`` at once, or when the test lets it."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.heard = 0
        self.is_asked = asyncio.Event()

    def register(self, app: AsyncApp) -> None:
        app.command("/ask")(self._ask)

    async def _ask(self, ack: Any) -> None:
        self.heard += 1
        self.is_asked.set()
        await self.may_answer.wait()
        await ack("here")


@pytest.fixture
def listening() -> Listening:
    return Listening()


class Company:
    """Links beside the one that is tested; none of them bring payloads unless the test says so."""

    def __init__(self) -> None:
        self.connected = 0
        self.greetings: list[object] = []

    def greet(self, connections: object) -> None:
        self.greetings.append(connections)


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture
async def link(slack: LocalSlack, web: Web, clock: SteppingClock, listening: Listening, company: Company) -> Link:
    identity = await check_tokens(web, Checklist())
    app = build_app(web, [listening], signing_secret="unused", identity=identity)
    return Link(app, web, slack.app_token, company=company, clock=clock, patience=QUICK)


@asynccontextmanager
async def running(link: Link, slack: LocalSlack) -> AsyncIterator["asyncio.Task[Any]"]:
    async with in_background(link.run()) as task:
        await slack.until(lambda: slack.is_connected)
        yield task


async def ask(slack: LocalSlack, text: str = "") -> Outcome:
    await slack.human("Ana").runs("support", f"/ask {text}")
    return slack.deliveries[-1].outcome


async def naps(clock: SteppingClock, count: int) -> None:
    """Until the link has paused so often."""
    while len([nap for nap in clock.naps if nap]) < count:  # noqa: ASYNC110 - a clock tells nobody
        await asyncio.sleep(0)


@asynccontextmanager
async def another_websocket(slack: LocalSlack) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """One that another program holds, with the same app."""
    async with aiohttp.ClientSession() as http, http.ws_connect(slack.sockets.issue_url()) as ws:
        assert (await ws.receive_json())["type"] == "hello"
        yield ws


def calls_of(slack: LocalSlack, method: str = "apps.connections.open") -> int:
    return sum(entry.title == method for entry in slack.inspector.entries())


@pytest.mark.parametrize("refusals", [1, 2, 5])
async def test_after_refused_upgrades_it_asks_for_a_new_address_each_time(
    slack: LocalSlack, link: Link, refusals: int
) -> None:
    slack.sockets.upgrades_refused = refusals
    async with running(link, slack):
        assert await ask(slack) is Outcome.ACKNOWLEDGED
    assert calls_of(slack) == refusals + 1


async def test_where_no_address_takes_a_websocket_it_ends_within_a_minute(
    slack: LocalSlack, link: Link, clock: SteppingClock
) -> None:
    async with running(link, slack) as task:
        began = clock.time
        slack.sockets.upgrades_refused = 1000
        await slack.sockets.close()
        await asyncio.wait({task}, timeout=20)
    with pytest.raises(AccessLost) as caught:
        task.result()
    assert caught.value.mistakes == (terminal.no_websocket("HTTP 503", is_too_many=False),)
    assert 30 < clock.time - began <= DEAF
    assert calls_of(slack) > 5  # an address of its own for each try


async def test_where_others_hold_every_websocket_it_ends_and_says_so(
    slack: LocalSlack, link: Link, web: Web, clock: SteppingClock
) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(10):
            await stack.enter_async_context(another_websocket(slack))
        with pytest.raises(AccessLost, match="all ten connections"):
            await link.run()
    assert min(clock.naps) >= TOO_MANY


async def test_it_goes_on_trying_while_another_link_brings_what_comes(
    slack: LocalSlack, link: Link, clock: SteppingClock, company: Company
) -> None:
    async with running(link, slack):
        company.connected = 1
        slack.sockets.upgrades_refused = 30
        began = clock.time
        await slack.sockets.close()
        await slack.until(lambda: slack.is_connected)
        assert clock.time - began > 5 * DEAF
        assert await ask(slack) is Outcome.ACKNOWLEDGED


async def test_a_link_can_be_replaced_at_will(slack: LocalSlack, link: Link, company: Company) -> None:
    async with running(link, slack):
        await link.connected.wait()
        link.replace()
        await slack.until(lambda: slack.connections == 2)
        await slack.until(lambda: slack.connections == 1)
        assert await ask(slack) is Outcome.ACKNOWLEDGED
    assert company.greetings == [1, 2]  # the new one is there before the old one goes


async def test_in_life_an_upgrade_that_is_refused_leaves_it_deaf_for_a_moment_only(
    slack: LocalSlack, link: Link
) -> None:
    async with running(link, slack):
        slack.sockets.upgrades_refused = 2
        await slack.sockets.close()
        await slack.until(lambda: slack.is_connected)
        assert await ask(slack) is Outcome.ACKNOWLEDGED


async def test_a_peer_that_is_gone_without_a_word_is_found_out_by_its_pong(slack: LocalSlack, link: Link) -> None:
    async with running(link, slack):
        slack.sockets.is_frozen = True
        await slack.until(lambda: not slack.is_connected)
        slack.sockets.is_frozen = False
        await slack.until(lambda: slack.is_connected)
        assert await ask(slack) is Outcome.ACKNOWLEDGED


@pytest.mark.parametrize(
    "trouble", [SlackTrouble.UNREACHABLE, SlackTrouble.PAGE, SlackTrouble.PLAIN, SlackTrouble.RATE_LIMITED]
)
async def test_a_slack_in_trouble_is_tried_again_ever_less_often(
    slack: LocalSlack, link: Link, clock: SteppingClock, trouble: SlackTrouble
) -> None:
    async with running(link, slack):
        slack.trouble = trouble
        await slack.sockets.close()
        await naps(clock, 12)
        assert max(clock.naps) <= LONGEST_PAUSE
        assert clock.naps[-1] >= LONGEST_PAUSE / 2
        slack.trouble = SlackTrouble.NONE
        await slack.until(lambda: slack.is_connected)
        assert await ask(slack) is Outcome.ACKNOWLEDGED


async def test_it_is_never_asked_for_an_address_before_slack_wants_to_be(
    slack: LocalSlack, link: Link, clock: SteppingClock
) -> None:
    async with running(link, slack):
        slack.forced["apps.connections.open"] = Forced("ratelimited", 300)
        await slack.sockets.close()
        await naps(clock, 1)
        slack.forced.clear()
        assert clock.naps[0] == 300
        await slack.until(lambda: slack.is_connected)


async def test_nothing_is_lost_while_one_websocket_replaces_another(slack: LocalSlack, link: Link) -> None:
    outcomes = []
    async with running(link, slack):
        for _ in range(2):
            refreshing = asyncio.create_task(slack.refresh_connections())
            while not refreshing.done():
                outcomes.append(await ask(slack))
            outcomes.append(await ask(slack))
        assert slack.connections == 1
    assert set(outcomes) == {Outcome.ACKNOWLEDGED}
    assert len(outcomes) > 4
    assert slack.complaints == []


async def test_what_is_being_answered_at_the_end_is_answered_and_nothing_new_is_taken(
    slack: LocalSlack, link: Link, listening: Listening
) -> None:
    listening.may_answer.clear()
    async with running(link, slack) as task:
        asking = asyncio.create_task(ask(slack))
        await listening.is_asked.wait()
        task.cancel()
        await asyncio.sleep(0)
        late = asyncio.create_task(ask(slack))
        await asyncio.sleep(0.05)
        listening.may_answer.set()
        await asyncio.wait({task, asking, late})
    assert [each.outcome for each in slack.deliveries].count(Outcome.ACKNOWLEDGED) == 1
    assert listening.heard == 1


@pytest.mark.parametrize(
    "code",
    ["invalid_auth", "token_revoked", "account_inactive", "missing_scope", "not_allowed_token_type", "forbidden_team"],
)
async def test_a_token_that_gets_no_address_any_more_ends_it(slack: LocalSlack, link: Link, code: str) -> None:
    async with running(link, slack) as task:
        slack.forced["apps.connections.open"] = Forced(code)
        await slack.sockets.close()
        await asyncio.wait({task}, timeout=5)
    with pytest.raises(AccessLost) as caught:
        task.result()
    assert caught.value.mistakes == (terminal.app_token_refused(code),)


async def test_socket_mode_switched_off_ends_it_after_one_more_try(slack: LocalSlack, link: Link) -> None:
    async with running(link, slack) as task:
        slack.request_url = "http://127.0.0.1:9/"
        await slack.sockets.end_all("link_disabled")
        await asyncio.wait({task}, timeout=5)
    with pytest.raises(AccessLost) as caught:
        task.result()
    assert caught.value.mistakes == (terminal.app_token_refused("link_disabled"),)
    assert calls_of(slack) == 2


async def test_socket_mode_switched_off_for_a_moment_does_not_end_it(slack: LocalSlack, link: Link) -> None:
    async with running(link, slack):
        await slack.sockets.end_all("link_disabled")
        await slack.until(lambda: slack.is_connected)
        assert await ask(slack) is Outcome.ACKNOWLEDGED


async def test_a_storm_of_replacements_is_no_storm_of_new_websockets(
    slack: LocalSlack, link: Link, clock: SteppingClock
) -> None:
    async with running(link, slack):
        for _ in range(6):
            await slack.sockets.end_all("warning")
            await slack.until(lambda: slack.is_connected)
        assert [nap for nap in clock.naps if nap]


@pytest.mark.parametrize("frame", ["[", "7", "[]", '"disconnect"', "{}", '{"envelope_id": 7}', "[" * 100_000])
async def test_frames_that_make_no_sense_do_not_end_it(slack: LocalSlack, link: Link, frame: str) -> None:
    async with running(link, slack):
        await slack.sockets.say(frame)
        assert await ask(slack) is Outcome.ACKNOWLEDGED


async def test_what_came_is_not_kept_once_it_is_answered(slack: LocalSlack, link: Link) -> None:
    async with running(link, slack):
        assert await ask(slack, "CANARY") is Outcome.ACKNOWLEDGED
        while link._answering:  # noqa: ASYNC110 - a set tells nobody
            await asyncio.sleep(0)
        gc.collect()
        frames = [each for each in gc.get_objects() if isinstance(each, aiohttp.WSMessage)]
        assert [each for each in frames if "CANARY" in str(each.data)] == []


async def test_an_acknowledgement_that_cannot_be_sent_is_logged_with_its_cause(
    slack: LocalSlack,
    link: Link,
    listening: Listening,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def breaks(*_: object) -> None:
        raise ConnectionResetError

    listening.may_answer.clear()
    async with running(link, slack), in_background(ask(slack)) as asking:
        await listening.is_asked.wait()
        monkeypatch.setattr(aiohttp.ClientWebSocketResponse, "send_json", breaks)
        listening.may_answer.set()
        assert await asking is not Outcome.ACKNOWLEDGED
    [said] = [each for each in caplog.records if each.message == "acknowledgement failed"]
    assert vars(said)["facts"] == {"error": "ConnectionResetError"}


async def test_neither_ticket_nor_token_gets_into_the_log(
    slack: LocalSlack, link: Link, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="bot")
    slack.sockets.upgrades_refused = 2
    async with running(link, slack):
        await slack.sockets.end_all("refresh_requested")
        await slack.until(lambda: slack.is_connected)
    assert any(getattr(record, "facts", {}).get("error") == "HTTP 503" for record in caplog.records)
    ours = [record for record in caplog.records if record.name.startswith("bot.")]
    written = "\n".join(f"{record.getMessage()} {vars(record)}" for record in ours)
    assert "ticket" not in written
    assert slack.app_token not in written
    assert not [record for record in ours if record.exc_info]


@pytest.mark.parametrize(("talk", "error"), [(want_credentials, "ClientHttpProxyError"), (hang_up, "ClientOSError")])
async def test_a_websocket_goes_through_the_proxy_that_https_goes_through(
    clock: SteppingClock, talk: Talk, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readline())
        await talk(reader, writer)

    async with listening_on(listen) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://bot:secret@127.0.0.1:{port}")
        async with open_web(token="xoxb-invented", base_url="http://127.0.0.1:9/api/", clock=clock) as web:
            with pytest.raises(aiohttp.ClientError) as caught:
                await web.connect("wss://wss-primary.invalid/link/?ticket=T1", heartbeat=1.0, closing=0.1)
    assert set(heard) == {b"CONNECT wss-primary.invalid:443 HTTP/1.1\r\n"}
    assert type(caught.value).__name__ in (error, "ServerDisconnectedError", "ClientProxyConnectionError")
    told = str(unanswered(WEBSOCKET, caught.value))
    assert not any(secret in told for secret in ("secret", "T1", "ticket"))
