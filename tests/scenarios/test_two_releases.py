"""A newer release takes over the database while bots of ours are at work: nothing that was accepted is lost.

The newer one is a process of its own that knows one step more.
"""

import asyncio
import socket
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import AccessLost
from bot.repeating import in_background
from bot.running import running_bot
from bot.sandbox.bot_process import BotProcess, inherited
from bot.sandbox.cams.book import Entry
from bot.sandbox.slack.delivery import Outcome
from bot.settings import BotSettings, read
from tests.amounts import each_day, some_each_day
from tests.scenarios.balancing import Balancer, open_balancer
from tests.scenarios.racing import numbers
from tests.scenarios.scene import Scene, open_scene
from tests.scenarios.test_rolling_restart import AS_IT_IS, keep_asking, until_ready
from tests.store.engines import new_schema, plain_on, postgres_database

__all__ = ["postgres_database"]

pytestmark = pytest.mark.real_time

NEWER = Path(__file__).with_name("newer_release.py")

WAITS = replace(AS_IT_IS, leaving=1.0, sweeping=1.0)

SECONDS = each_day(1.5, at_night=15.0)
"""Of commands before the newer release comes, and after it."""

ROOT = Path(__file__).parents[2]


async def bot_of_ours(scene: Scene, balancer: Balancer, ended: asyncio.Event) -> str:
    """As ``phoneid run``: it runs until it is to end, or cannot go on; and what it says of that."""
    try:
        async with running_bot(read(BotSettings, scene.environment), waits=WAITS, clock=scene.clock) as bot:
            assert bot.port
            balancer.add(bot.port)
            async with in_background(bot.until_lost()) as lost, in_background(ended.wait()) as told:
                await asyncio.wait({lost, told}, return_when=asyncio.FIRST_COMPLETED)
                if lost.done():
                    lost.result()
    except AccessLost as error:
        return str(error)
    return "it was told to end"


async def newer_bot(scene: Scene, balancer: Balancer, kind: str, stack: AsyncExitStack, folder: Path) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    bot = BotProcess(folder=folder, program=(str(NEWER), kind, "run"))
    stack.push_async_callback(bot.stop)
    await bot.start_with({**scene.environment, "PORT": str(port), "PYTHONPATH": str(ROOT)})
    balancer.add(port)


async def migrate(scene: Scene, kind: str, folder: Path) -> str:
    environment = {**inherited(), **scene.environment, "PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(NEWER), kind, "migrate"),
        env=environment,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()
    return out.decode() + err.decode()


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path, engine: str) -> str:
    if engine == "sqlite":
        return f"sqlite:///{tmp_path / 'phoneid.db'}"
    return new_schema(request.getfixturevalue("postgres_database"))


CASES: Sequence[tuple[str, str]] = [
    (kind, engine) for kind in ("addition", "break") for engine in ("sqlite", "postgres")
]


@pytest.mark.parametrize(("kind", "engine"), some_each_day(CASES, 1, what="a newer release"))
async def test_a_newer_release_takes_over_and_nothing_that_was_accepted_is_lost(
    tmp_path: Path, url: str, kind: str, engine: str
) -> None:
    asked, ended = list[Entry](), asyncio.Event()
    async with (
        open_scene(tmp_path, is_http=True, book=numbers(600), settings={"DATABASE_URL": url}) as scene,
        open_balancer(scene.clock) as (balancer, request_url),
        AsyncExitStack() as stack,
    ):
        scene.slack.request_url = request_url
        ours = [asyncio.create_task(bot_of_ours(scene, balancer, ended)) for _ in range(2)]
        await until_ready(scene, balancer, 2)
        async with in_background(keep_asking(scene, numbers(600), asked)):
            await asyncio.sleep(SECONDS)
            said = await migrate(scene, kind, tmp_path)
            if kind == "break":
                assert "2 processes of older releases are still running" in said
                for words in await asyncio.gather(*ours):
                    assert "a newer release is taking over this database" in words
            assert "migrated from 2 to 3" in said
            assert [each.done() for each in ours] == [kind == "break"] * 2
            await newer_bot(scene, balancer, kind, stack, tmp_path)
            await until_ready(scene, balancer, 3 if kind == "addition" else 1)
            await asyncio.sleep(SECONDS)
        await check_what_was_accepted(scene, url)
        if kind == "addition":
            outcomes = {each.outcome for each in scene.slack.deliveries}
            assert outcomes <= {Outcome.ACKNOWLEDGED, Outcome.LATE}, outcomes  # somebody was always there
        ended.set()
        await asyncio.gather(*ours)


async def check_what_was_accepted(scene: Scene, url: str) -> None:
    """What Slack has our word for is on record once, and its ID was told. Too busy a machine gives some of it up."""

    def is_all_told() -> bool:
        heard = "\n".join(message.text for place in ("support", scene.ana.dm) for message in scene.ana.sees(place))
        outcomes = Counter(each.outcome for each in scene.slack.deliveries)
        given_up = heard.count("The bot could not record this in time.")
        with closing(plain_on(url)) as plain:
            rows = plain.execute("SELECT state, phone_number_id FROM lookups").fetchall()
        accepted = outcomes[Outcome.ACKNOWLEDGED] - given_up
        return (
            {state for state, _ in rows} == {"answered"}
            and 5 < accepted <= len(rows) <= accepted + outcomes[Outcome.LATE]
            and all(found in heard for _, found in rows)
        )

    await scene.slack.until(is_all_told, timeout=30.0)
