"""Two processes on one database, and one that is killed."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.guesses import FREE_FOR_NUMBER
from bot.models import NewLookup, Problem, Result, State
from bot.store.connection import connect, let_readers_pass
from bot.store.migrations import migrate
from bot.store.sqlite import SqliteStore
from bot.store.steps import STEPS

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PATIENCE = 60.0

Racers = Callable[..., list[Any]]


@pytest.fixture
def race() -> Iterator[Racers]:
    """Runs racers against each other, started at the same time; gives what each of them told."""
    running: list[subprocess.Popen[str]] = []

    def run(*arguments: str, racers: int = 2) -> list[Any]:
        command = [sys.executable, str(HERE / "racer.py"), *arguments]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        running.extend(
            subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(racers)
        )
        for racer in running:
            assert racer.stdout
            assert racer.stdout.readline() == "ready\n"
        for racer in running:
            assert racer.stdin
            racer.stdin.write("go\n")
            racer.stdin.flush()
        told = [racer.communicate(timeout=PATIENCE)[0] for racer in running]
        return [
            json.loads(one) if racer.returncode == 0 else -racer.returncode
            for one, racer in zip(told, running, strict=True)
        ]

    yield run
    for racer in running:
        racer.kill()
        racer.communicate()


async def _queue(path: Path, lookups: list[NewLookup], *, lease: float = 30.0) -> list[str]:
    store = SqliteStore(path, clock=SystemClock(), lease=lease)
    await store.open()
    ids = [(await store.accept(new, state=State.QUEUED))[0].id for new in lookups]
    await store.aclose()
    return [str(one) for one in ids]


async def test_of_two_processes_moving_the_same_lookup_exactly_one_wins(
    path: Path, new: Callable[..., NewLookup], race: Racers, plain: sqlite3.Connection
) -> None:
    ids = await _queue(path, [new() for _ in range(200)])
    won = race("move", str(path), *ids)
    assert sorted([*won[0], *won[1]]) == sorted(ids)
    moves = plain.execute("SELECT lookup_id FROM journal WHERE event = 'moved'").fetchall()
    assert sorted(lookup_id for (lookup_id,) in moves) == sorted(ids)


async def test_of_two_processes_sweeping_each_abandoned_lookup_goes_to_one(
    path: Path, new: Callable[..., NewLookup], race: Racers
) -> None:
    ids = await _queue(path, [new() for _ in range(50)], lease=-1.0)
    swept = race("sweep", str(path))
    assert sorted([*swept[0], *swept[1]]) == sorted(ids)


async def test_of_two_processes_claiming_reminders_each_goes_to_one(
    path: Path, new: Callable[..., NewLookup], race: Racers, plain: sqlite3.Connection
) -> None:
    store = SqliteStore(path, clock=SystemClock())
    await store.open()
    asked = [await store.accept(new(), state=State.AWAITING, expires_at=SystemClock().now() + 60) for _ in range(50)]
    await store.aclose()
    ids = sorted(lookup.id for lookup, _ in asked)
    claimed = race("remind", str(path))
    assert sorted([*claimed[0], *claimed[1]]) == ids
    reminded = plain.execute("SELECT lookup_id FROM journal WHERE event = 'reminded'").fetchall()
    assert sorted(lookup_id for (lookup_id,) in reminded) == ids


def test_two_processes_that_guess_get_hardly_further_than_one(
    path: Path, race: Racers, plain: sqlite3.Connection
) -> None:
    called = race("guess", str(path), "12025550115", *map(str, range(40)))
    refused = plain.execute("SELECT count(*) FROM lookups WHERE state = 'refused'").fetchone()[0]
    assert refused == len([*called[0], *called[1]])
    # Each process may have had one under way when the last free one was refused.
    assert FREE_FOR_NUMBER <= refused <= FREE_FOR_NUMBER + 1
    alarms = plain.execute("SELECT count(*) FROM journal WHERE event = 'suspected'").fetchone()
    assert alarms == (1,)


async def test_of_two_processes_claiming_an_alarm_one_gets_it(
    path: Path, new: Callable[..., NewLookup], race: Racers
) -> None:
    store = SqliteStore(path, clock=SystemClock())
    await store.open()
    for _ in range(FREE_FOR_NUMBER):
        lookup, _ = await store.accept(new(), state=State.QUEUED)
        await store.move(lookup.id, from_state=State.QUEUED, to_state=State.CALLING, actor=lookup.agent)
        await store.move(
            lookup.id,
            from_state=State.CALLING,
            to_state=State.REFUSED,
            actor=lookup.agent,
            result=Result(problem=Problem.UNKNOWN_CODE),
        )
    await store.aclose()
    claimed = race("alarm", str(path), racers=3)
    assert [each for one in claimed for each in one] == [lookup.id]


@pytest.mark.parametrize("age", [0, 3], ids=["new", "old"])
def test_processes_that_start_on_a_database_at_once_all_start(tmp_path: Path, race: Racers, age: int) -> None:
    paths = [str(tmp_path / f"{number}.db") for number in range(20)]
    for path in paths if age else ():
        with closing(connect(path, busy_timeout=1.0)) as old:
            migrate(old, STEPS[:age])
    assert race("start", *paths, racers=3) == [paths] * 3
    for path in paths:
        with sqlite3.connect(path) as connection:
            steps = connection.execute("SELECT name FROM _sqlite_migrations ORDER BY id").fetchall()
        connection.close()
        assert steps == [(step.__name__,) for step in STEPS]


@pytest.mark.parametrize(("when", "state", "entries"), [("inside", State.QUEUED, 1), ("after", State.CALLING, 2)])
async def test_a_killed_process_leaves_the_change_and_its_entry_or_neither(
    path: Path,
    new: Callable[..., NewLookup],
    race: Racers,
    plain: sqlite3.Connection,
    when: str,
    state: State,
    entries: int,
) -> None:
    (lookup_id,) = await _queue(path, [new()])
    assert race("die", str(path), lookup_id, when, racers=1) == [signal.SIGKILL]
    assert plain.execute("SELECT state FROM lookups").fetchall() == [(state,)]
    assert plain.execute("SELECT count(*) FROM journal").fetchall() == [(entries,)]


def test_a_process_killed_while_it_migrates_leaves_the_old_database(path: Path, race: Racers) -> None:
    log = path.with_name(f"{path.name}-wal")
    with closing(connect(str(path), busy_timeout=1.0)) as old:
        migrate(old, STEPS[:3])
        let_readers_pass(old)
        old.execute(
            "INSERT INTO lookups (id, state, team_id, user_id, through, channel_id, phone, reason, submission_key,"
            " created_at, updated_at)"
            " SELECT value, 'failed', '', '', 'slack', '', '', hex(zeroblob(500)), value, 1, 1 FROM json_each(?)",
            [json.dumps([f"L-{number}" for number in range(500)])],
        )
        before, written = [*old.conn.iterdump()], log.stat().st_size
        assert race("die_migrating", str(path), racers=1) == [signal.SIGKILL]
        assert log.stat().st_size > written + 250_000  # most of the new tables was on the disk already
        assert [*old.conn.iterdump()] == before
        migrate(old)  # as the next start does
        assert old.execute("SELECT count(*) FROM lookups").fetchone() == (500,)
        assert "decision_reason" in {one.name for one in old["lookups"].columns}
