"""Every harm but a kill, each done to a real bot while somebody asks, in a world of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from bot.sandbox.cams.trouble import ApiTrouble
from bot.sandbox.slack.trouble import SlackTrouble
from tools.databases import ON_POSTGRES, ON_SQLITE, is_postgres
from tools.faults import crowd, cuts, databases, kills, outside
from tools.faults.tally import Tally, total
from tools.faults.world import Place

log = logging.getLogger(__name__)


def amid(harm: crowd.Harm) -> Callable[[Place], Awaitable[Tally]]:
    """The harm while people ask."""

    async def do(place: Place) -> Tally:
        return await crowd.harm_amid(harm, crowd.Load(numbers=4000), place)

    return do


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """Something that is done to a bot."""

    name: str
    do: Callable[[Place], Awaitable[Tally]]
    engines: frozenset[str] = frozenset({ON_SQLITE, ON_POSTGRES})
    """Where it makes sense."""
    elsewhere: tuple[str, ...] = ()
    """Tests that look at the same harm more closely, as ``path::name``."""
    is_long: bool = False
    """Whether it takes longer than a test may by day."""
    is_alone: bool = False
    """Whether it does something to this whole process, which no other harm may meet."""


FILE, SERVER = frozenset({ON_SQLITE}), frozenset({ON_POSTGRES})

LOCKED = "tests/store/test_record.py::test_a_change_that_waits_for_another_process_gives_up_in_time"

HARMS = (
    Harm(
        name="database locked before the record",
        do=databases.lock_before_the_record,
        elsewhere=(LOCKED, "tests/scenarios/test_canary.py::test_the_canary_is_nowhere_over_socket_mode"),
    ),
    Harm(
        name="database locked in the middle",
        do=databases.lock_for_a_moment_in_the_middle,
        elsewhere=("tests/test_lookups.py::test_an_outcome_is_recorded_as_soon_as_the_database_is_back",),
    ),
    Harm(
        name="database locked for long",
        do=databases.lock_for_long_in_the_middle,
        elsewhere=("tests/test_lookups.py::test_an_answer_is_kept_until_it_is_recorded_however_long_that_takes",),
    ),
    Harm(name="disk full", do=databases.fill_the_disk, engines=FILE),
    Harm(
        name="database file replaced",
        do=databases.replace_the_file,
        engines=FILE,
        elsewhere=("tests/store/test_gone.py::test_nothing_is_recorded_in_a_file_that_is_gone",),
    ),
    Harm(
        name="database file read-only",
        do=databases.forbid_to_write,
        engines=FILE,
        is_alone=True,  # the process becomes another user for a moment
        elsewhere=("tests/store/test_sqlite.py::test_a_place_that_is_read_only_is_unavailable",),
    ),
    Harm(name="database closed before the record", do=cuts.close_before_the_record, engines=SERVER),
    Harm(name="database closed in the middle", do=cuts.close_in_the_middle, engines=SERVER),
    Harm(name="database renamed", do=cuts.rename, engines=SERVER),
    Harm(
        name="connections terminated all the time",
        do=amid(cuts.terminate_all_the_time),
        engines=SERVER,
        is_long=True,
        elsewhere=("tests/store/test_postgres.py::test_a_connection_that_ended_while_nobody_used_it_is_not_noticed",),
    ),
    Harm(
        name="transactions cut in the middle",
        do=amid(cuts.cut_transactions),
        engines=SERVER,
        is_long=True,
        elsewhere=(
            "tests/store/test_postgres.py::test_a_connection_that_ends_in_the_middle_of_a_change_leaves_nothing",
            "tests/store/test_postgres.py::test_a_commit_whose_answer_is_lost_is_found_to_be_recorded",
        ),
    ),
    Harm(name="database closed for seconds", do=amid(cuts.close_now_and_then), engines=SERVER, is_long=True),
    Harm(name="a bot stopped and woken", do=amid(kills.stop_and_wake), is_long=True),
    Harm(name="Slack refuses connections", do=outside.slack_in_trouble(SlackTrouble.UNREACHABLE, seconds=2.0)),
    Harm(name="Slack hangs", do=outside.slack_in_trouble(SlackTrouble.HANG, seconds=3.0)),
    Harm(
        name="Slack answers 429",
        do=outside.slack_in_trouble(SlackTrouble.RATE_LIMITED, seconds=4.0),
        elsewhere=("tests/scenarios/test_trouble.py::test_slack_throttling_delays_the_answer_and_does_not_lose_it",),
    ),
    Harm(name="response URL expired or used up", do=outside.exhaust_the_response_url),
    Harm(name="API down", do=outside.api_in_trouble(ApiTrouble.DOWN)),
    Harm(
        name="API hangs",
        do=outside.api_in_trouble(ApiTrouble.HANG),
        elsewhere=(
            "tests/scenarios/test_trouble.py"
            "::test_with_the_api_hanging_many_commands_are_acknowledged_and_each_gets_its_words",
        ),
    ),
    Harm(
        name="SIGTERM",
        do=outside.stop_while(ApiTrouble.NONE),
        elsewhere=("tests/scenarios/test_trouble.py::test_an_ordinary_stop_finishes_what_runs",),
    ),
    Harm(
        name="SIGTERM while the API hangs",
        do=outside.stop_while(ApiTrouble.HANG),
        elsewhere=("tests/scenarios/test_trouble.py::test_a_stop_that_cannot_wait_interrupts_and_tells",),
    ),
)


AT_ONCE = 3
"""Worlds: most of a harm is waiting, and more would be late for it."""


def harms_of(where: str) -> list[Harm]:
    """What makes sense with such a database."""
    engine = ON_POSTGRES if is_postgres(where) else ON_SQLITE
    return [harm for harm in HARMS if engine in harm.engines]


async def do_all(place: Place, *, times: int = 1, harms: Sequence[Harm] | None = None) -> dict[str, Tally]:
    """Do each of the harms so often, each time in a world of its own; what became of it by name, in their order."""
    harms = harms_of(place.where) if harms is None else harms
    together = await _do([each for each in harms if not each.is_alone], place, times=times, at_once=AT_ONCE)
    alone = await _do([each for each in harms if each.is_alone], place, times=times, at_once=1)
    return {harm.name: (together | alone)[harm.name] for harm in harms}


async def _do(harms: Sequence[Harm], place: Place, *, times: int, at_once: int) -> dict[str, Tally]:
    free = asyncio.Semaphore(at_once)

    async def do(harm: Harm, time: int) -> Tally:
        async with free:
            folder = place.folder / f"{harm.name.replace(' ', '-')}-{time}"
            try:
                return await harm.do(replace(place, folder=folder, seed=place.seed + time))
            except Exception as error:  # the others' figures count all the same
                log.exception("%s did not come to its end", harm.name)
                return Tally(times=1, lookups=0, lost=[f"it broke: {error!r}"])

    async def repeat(harm: Harm) -> Tally:
        return total(await asyncio.gather(*(do(harm, time) for time in range(times))))

    tallies = await asyncio.gather(*(repeat(harm) for harm in harms))
    return {harm.name: each for harm, each in zip(harms, tallies, strict=True)}
