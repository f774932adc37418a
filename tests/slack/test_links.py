"""Two links of one process: what Slack takes from one comes by the other, and there are never too many of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from slack_bolt.async_app import AsyncApp

from bot.checks import Checklist, CheckVerdict
from bot.errors import AccessLost, StoreUnavailable
from bot.sandbox.slack.delivery import Outcome
from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.trouble import Forced
from bot.slack.app import build_app
from bot.slack.connection import check_tokens, open_web
from bot.slack.link import Patience
from bot.slack.links import MOST, Hello, Links, check_room
from bot.slack.web import Web
from tests.clocks import HeldClock
from tests.sandbox.slack.conftest import MANIFEST

QUICK = Patience(opening=5.0, heartbeat=1.0, lingering=1.0, answering=2.0, closing=0.2)


class Listening:
    """Answers ``/ask`` at once."""

    def register(self, app: AsyncApp) -> None:
        app.command("/ask")(self._ask)

    async def _ask(self, ack: Callable[[str], object]) -> None:
        await ack("here")  # type: ignore[misc]


class Others:
    """How many links other processes keep."""

    def __init__(self) -> None:
        self.links = 0
        self.is_away = False

    async def count(self) -> int:
        if self.is_away:
            raise StoreUnavailable("away")
        return self.links


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock(float(int(time.time())))  # near the real time, which Bolt's signature check reads


@pytest.fixture
def others() -> Others:
    return Others()


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    local = LocalSlack(manifest=Manifest.parse(MANIFEST), ack_seconds=3.0)
    await local.start()
    yield local
    await local.stop()


@pytest.fixture
async def web(slack: LocalSlack, clock: HeldClock) -> AsyncIterator[Web]:
    async with open_web(token=slack.bot_token, base_url=slack.api_url, clock=clock) as opened:
        yield opened


@pytest.fixture
async def app(web: Web) -> AsyncApp:
    identity = await check_tokens(web, Checklist())
    return build_app(web, [Listening()], signing_secret="unused", identity=identity)


@asynccontextmanager
async def keeping(
    slack: LocalSlack, app: AsyncApp, web: Web, others: Others, *, wanted: int = 2
) -> AsyncIterator[tuple[Links, list["asyncio.Task[object]"]]]:
    links = Links(app, web, slack.app_token, wanted=wanted, count_others=others.count, patience=QUICK)
    async with links.keep_open() as running:
        yield links, running


async def ask(slack: LocalSlack) -> Outcome:
    await slack.human("Ana").runs("support", "/ask")
    return slack.deliveries[-1].outcome


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("wanted", "outcome"), [(1, Outcome.UNREACHABLE), (2, Outcome.ACKNOWLEDGED)])
async def test_what_slack_takes_away_without_a_warning_comes_by_the_other_link(
    slack: LocalSlack, app: AsyncApp, web: Web, others: Others, clock: HeldClock, wanted: int, outcome: Outcome
) -> None:
    async with keeping(slack, app, web, others, wanted=wanted) as (links, _):
        await until(lambda: links.connected == wanted)
        slack.sockets.upgrades_refused = 1  # and its place is taken only after a pause
        await slack.sockets.end_one("refresh_requested")
        assert [await ask(slack) for _ in range(5)] == [outcome] * 5
        await until(lambda: links.connected == wanted - 1)
        assert links.part.is_good is (wanted == 2)
        await until(lambda: bool(clock.naps))
        clock.ring()
        await until(lambda: links.connected == wanted)
        assert slack.connections == wanted
    assert list(slack.complaints) == []


async def test_each_link_that_is_warned_is_replaced_and_nothing_is_lost(
    slack: LocalSlack, app: AsyncApp, web: Web, others: Others
) -> None:
    outcomes = []
    async with keeping(slack, app, web, others) as (links, _):
        await until(lambda: links.connected == 2)
        for most in (1, 2):
            refreshing = asyncio.create_task(slack.sockets.refresh(most=most))
            while not refreshing.done():
                outcomes.append(await ask(slack))
        await until(lambda: slack.connections == 2)
        assert links.connected == 2
    assert set(outcomes) == {Outcome.ACKNOWLEDGED}
    assert len(outcomes) > 10


async def test_one_that_is_frozen_is_noticed_while_the_other_works(
    slack: LocalSlack, app: AsyncApp, web: Web, others: Others, clock: HeldClock
) -> None:
    def are_both_there() -> bool:
        clock.ring()  # each may have met the frozen peer once more, and pauses
        return links.connected == 2

    async with keeping(slack, app, web, others) as (links, _):
        await until(lambda: links.connected == 2)
        slack.sockets.is_frozen = True
        await until(lambda: links.connected < 2)
        slack.sockets.is_frozen = False
        await until(are_both_there)
        assert await ask(slack) is Outcome.ACKNOWLEDGED


async def test_a_token_that_is_refused_to_one_link_ends_both(
    slack: LocalSlack, app: AsyncApp, web: Web, others: Others
) -> None:
    async with keeping(slack, app, web, others) as (links, running):
        await until(lambda: links.connected == 2)
        slack.forced["apps.connections.open"] = Forced("token_revoked")
        await slack.sockets.end_one("refresh_requested")
        done, _ = await asyncio.wait(running, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    assert [isinstance(each.exception(), AccessLost) for each in done] == [True]


async def test_where_none_can_be_opened_it_does_not_begin(
    slack: LocalSlack, app: AsyncApp, web: Web, others: Others
) -> None:
    slack.forced["apps.connections.open"] = Forced("token_revoked")
    with pytest.raises(AccessLost):
        async with keeping(slack, app, web, others):
            raise AssertionError("it began")


async def test_without_room_it_keeps_one_link_until_there_is_some(
    slack: LocalSlack, app: AsyncApp, web: Web, others: Others, clock: HeldClock
) -> None:
    others.links = MOST - 1
    async with keeping(slack, app, web, others) as (links, _):
        await until(lambda: len(clock.naps) == 1)
        others.is_away = True
        clock.ring()
        await until(lambda: len(clock.naps) == 2)
        assert (links.connected, links.kept, slack.connections) == (1, 1, 1)
        others.is_away, others.links = False, MOST - 2
        clock.ring()
        await until(lambda: links.connected == 2)
        assert (links.kept, slack.connections) == (2, 2)


async def test_a_hello_says_how_many_connections_there_are_and_how_many_are_ours(
    slack: LocalSlack, app: AsyncApp, web: Web, others: Others
) -> None:
    async with keeping(slack, app, web, others) as (ours, _), keeping(slack, app, web, others) as (theirs, _):
        await until(lambda: ours.connected == theirs.connected == 2)
        ours.replace_one()
        await until(lambda: ours.hello == Hello(5, own=3))  # the one that is replaced is still open


@pytest.mark.parametrize(
    ("others", "wanted", "verdict"),
    [
        (0, 2, CheckVerdict.OK),
        (6, 2, CheckVerdict.OK),
        (7, 2, CheckVerdict.WARNING),
        (8, 2, CheckVerdict.WARNING),
        (9, 1, CheckVerdict.OK),
    ],
)
def test_the_start_says_where_there_is_room_for_one_link_only(others: int, wanted: int, verdict: CheckVerdict) -> None:
    assert check_room(others, wanted=wanted).verdict is verdict
