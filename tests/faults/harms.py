"""Harms other than a kill: to the database, to Slack, to the API, and an ordinary stop in the middle of everything.

Each is done to a real bot while somebody asks, and gives what became of it. What its agent reads is awaited by name.
"""

import asyncio
import resource
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.models import State
from bot.sandbox.cams.trouble import ApiTrouble
from bot.sandbox.slack.trouble import SlackTrouble
from bot.texts import lists as list_texts
from tests.faults.story import ANSWERED, NO_ANSWER, NOT_RECORDED, SLOW, STOPPED, Story, telling
from tests.faults.tally import Tally
from tests.faults.world import World
from tests.scenarios.test_canary import CANARY

LIST_DONE = f"Your list of {list_texts.numbers(3)} is done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """Something that is done to a bot."""

    name: str
    do: Callable[[Path], Awaitable[Tally]]
    elsewhere: tuple[str, ...] = ()
    """Tests that look at the same harm more closely, as ``path::name``."""


# --- the database -----------------------------------------------------------------------------------------------------


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Somebody else writes, and takes their time."""
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def lock_before_the_record(folder: Path) -> Tally:
    """Nothing is recorded and nothing asked; the agent reads so, and asks again."""
    async with telling(folder) as story:
        with locked(story.world.database):
            await story.ask()
            await story.reads(NOT_RECORDED)
        await story.reads(ANSWERED, await story.ask())
        return await story.reckon(times=1, lookups=[State.ANSWERED])


async def lock_for_a_moment_in_the_middle(folder: Path) -> Tally:
    """The answer is there, and is recorded and told as soon as that is possible."""
    async with telling(folder, SLOW) as story:
        entry = await story.ask_until_called()
        with locked(story.world.database):
            await asyncio.sleep(2.5)  # as long as three tries to record it
        await story.reads(ANSWERED, entry)
        return await story.reckon(times=1, lookups=[State.ANSWERED])


async def lock_for_long_in_the_middle(folder: Path) -> Tally:
    """What cannot be recorded is not shown: the agent reads that, and then that the lookup was broken off."""
    async with telling(folder, SLOW) as story:
        entry = await story.ask_until_called()
        with locked(story.world.database):
            await story.reads(NOT_RECORDED)
        await story.reads(STOPPED, entry)
        return await story.reckon(times=1, lookups=[State.INTERRUPTED])


@contextmanager
def full_disk(world: World) -> Iterator[None]:
    """No file of the bot's may grow any more."""
    assert world.bot.pid
    limits = resource.prlimit(world.bot.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(world.bot.pid, resource.RLIMIT_FSIZE, (4096, limits[1]))
    yield
    resource.prlimit(world.bot.pid, resource.RLIMIT_FSIZE, limits)


async def fill_the_disk(folder: Path) -> Tally:
    """As a lock: nothing new is recorded; what ran is recorded once there is room again."""
    async with telling(folder, SLOW) as story:
        running = await story.ask_until_called()
        with full_disk(story.world):
            await story.ask()
            await story.reads(NOT_RECORDED)
        await story.reads(ANSWERED, running)
        await story.reads(ANSWERED, await story.ask())
        return await story.reckon(times=1, lookups=[State.ANSWERED] * 2)


async def replace_the_file(folder: Path) -> Tally:
    """Nothing goes into the wrong file, nor into one that nobody finds; the right one is back as it was."""
    async with telling(folder) as story:
        await story.reads(ANSWERED, await story.ask())
        database = story.world.database
        kept = database.rename(database.with_name("kept.db"))
        for name in ("empty", "foreign"):
            database.write_bytes(b"" if name == "empty" else b"not a database at all\n" * 100)
            before = len(story.lee.sees("support"))
            await story.ask()
            await story.until(lambda since=before: _reads_since(story, since))  # type: ignore[misc]  # a default binds the loop's value
        kept.rename(database)
        await story.reads(ANSWERED, await story.ask())
        return await story.reckon(times=2, lookups=[State.ANSWERED] * 2)


def _reads_since(story: Story, before: int) -> bool:
    return any(NOT_RECORDED in each.text for each in story.lee.sees("support")[before:])


# --- Slack ------------------------------------------------------------------------------------------------------------


def slack_in_trouble(trouble: SlackTrouble, *, seconds: float) -> Callable[[Path], Awaitable[Tally]]:
    async def harm(folder: Path) -> Tally:
        """The outcome is told as soon as Slack takes it, where it was asked or directly."""
        async with telling(folder, SLOW) as story:
            single = await story.ask_until_called()
            await story.ask_list(3)
            story.world.scene.slack.trouble = trouble
            await asyncio.sleep(seconds)
            story.world.scene.slack.trouble = SlackTrouble.NONE
            await story.reads(ANSWERED, single)
            await story.reads(LIST_DONE)
            return await story.reckon(times=1, lookups=[State.ANSWERED] * 4)

    return harm


async def expire_the_response_url(folder: Path) -> Tally:
    """The direct message is the other way."""
    async with telling(folder) as story:
        await story.reads(ANSWERED, await story.ask())
        slack = story.world.scene.slack
        for _ in range(2):
            entry = next(story.numbers)

            def without_way_back(payload: dict[str, str], phone: str = entry.phone) -> None:
                payload["text"] = f"{phone} {CANARY}"
                payload["response_url"] = f"{slack.base_url}/commands/{'0' * 32}"

            await slack.redeliver(edit=without_way_back, with_new_trigger=True)
            message = await story.reads(ANSWERED, entry)
            assert message.channel_id == story.lee.dm
        return await story.reckon(times=2, lookups=[State.ANSWERED] * 3)


# --- the API ----------------------------------------------------------------------------------------------------------


def api_in_trouble(trouble: ApiTrouble) -> Callable[[Path], Awaitable[Tally]]:
    async def harm(folder: Path) -> Tally:
        """After the retries it has failed, and the agent reads so."""
        async with telling(folder) as story:
            story.world.scene.cams.trouble = trouble
            single = await story.ask()
            await story.ask_list(3)
            await story.reads(NO_ANSWER, single)
            await story.reads(LIST_DONE)
            story.world.scene.cams.trouble = ApiTrouble.NONE
            await story.reads(ANSWERED, await story.ask())
            return await story.reckon(times=1, lookups=[*[State.FAILED] * 4, State.ANSWERED])

    return harm


# --- an ordinary stop -------------------------------------------------------------------------------------------------


def stop_while(trouble: ApiTrouble) -> Callable[[Path], Awaitable[Tally]]:
    async def harm(folder: Path) -> Tally:
        """No payload is taken any more; what runs ends within its time, or is broken off, and is told either way."""
        async with telling(folder, SLOW) as story:
            world = story.world
            world.scene.cams.trouble = trouble
            for _ in range(5):
                await story.ask()
            await story.ask_list(20)
            before = asyncio.get_running_loop().time()
            stopping = asyncio.create_task(world.bot.stop())
            await story.until(lambda: not world.scene.slack.is_connected)
            refused = await story.ask()
            await stopping
            seconds = asyncio.get_running_loop().time() - before
            assert await world.bot.wait() == 0
            assert seconds < 10, seconds
            await story.reads('error "dispatch_failed"')
            tally = await world.reckon(times=1, notes=[f"stopped in {seconds:.1f} s"])
            recorded = await world.scene.lookups()
            assert len(recorded) == 25
            assert refused.digits not in {each.phone.digits for each in recorded}
            ends = {each.state for each in recorded}
            assert ends == ({State.INTERRUPTED} if trouble is ApiTrouble.HANG else {State.ANSWERED})
            return tally

    return harm


LOCKED = (
    "tests/store/test_unavailable.py::test_while_somebody_else_writes_changes_give_up_in_time_and_the_event_loop_runs"
)

HARMS = (
    Harm(
        name="database locked before the record",
        do=lock_before_the_record,
        elsewhere=(LOCKED, "tests/scenarios/test_canary.py::test_the_canary_is_nowhere_over_socket_mode"),
    ),
    Harm(
        name="database locked in the middle",
        do=lock_for_a_moment_in_the_middle,
        elsewhere=("tests/test_lookups.py::test_an_outcome_is_recorded_as_soon_as_the_store_is_back",),
    ),
    Harm(
        name="database locked to the end",
        do=lock_for_long_in_the_middle,
        elsewhere=("tests/test_lookups.py::test_a_lookup_whose_end_could_not_be_recorded_is_swept_and_told",),
    ),
    Harm(name="disk full", do=fill_the_disk),
    Harm(
        name="database file replaced",
        do=replace_the_file,
        elsewhere=("tests/store/test_unavailable.py::test_nothing_is_recorded_in_a_file_that_is_gone",),
    ),
    Harm(name="Slack refuses connections", do=slack_in_trouble(SlackTrouble.UNREACHABLE, seconds=2.0)),
    Harm(name="Slack hangs", do=slack_in_trouble(SlackTrouble.HANG, seconds=3.0)),
    Harm(
        name="Slack answers 429",
        do=slack_in_trouble(SlackTrouble.RATE_LIMITED, seconds=4.0),
        elsewhere=("tests/scenarios/test_trouble.py::test_slack_throttling_delays_the_answer_and_does_not_lose_it",),
    ),
    Harm(name="response URL expired", do=expire_the_response_url),
    Harm(name="API down", do=api_in_trouble(ApiTrouble.DOWN)),
    Harm(
        name="API hangs",
        do=api_in_trouble(ApiTrouble.HANG),
        elsewhere=(
            "tests/scenarios/test_trouble.py"
            "::test_with_the_api_hanging_50_commands_are_acknowledged_and_each_gets_its_words",
        ),
    ),
    Harm(
        name="SIGTERM",
        do=stop_while(ApiTrouble.NONE),
        elsewhere=("tests/scenarios/test_trouble.py::test_an_ordinary_stop_finishes_what_runs",),
    ),
    Harm(
        name="SIGTERM while the API hangs",
        do=stop_while(ApiTrouble.HANG),
        elsewhere=("tests/scenarios/test_trouble.py::test_a_stop_that_cannot_wait_interrupts_and_tells",),
    ),
)


AT_ONCE = 3
"""Worlds: most of a harm is waiting, and more would be late for it."""


async def do_all(folder: Path) -> dict[str, Tally]:
    """Do each harm, in a world of its own; what became of it by name, in their order."""
    free = asyncio.Semaphore(AT_ONCE)

    async def do(number: int, harm: Harm) -> Tally:
        async with free:
            below = folder / f"harm-{number}"
            below.mkdir()
            return await harm.do(below)

    tallies = await asyncio.gather(*(do(number, harm) for number, harm in enumerate(HARMS)))
    return {harm.name: tally for harm, tally in zip(HARMS, tallies, strict=True)}
