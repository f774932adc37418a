"""Processes: each says that it is alive, and what one that died left running is ended by another."""

from collections.abc import Collection
from typing import Final

from bot.audit import Event
from bot.errors import RecordDamaged
from bot.models import Actor, LookupId, Problem, Result, State, Through
from bot.policy import TRANSITIONS
from bot.store import lookups, scrubbing
from bot.store.cells import note_damaged, whole
from bot.store.engine import Query, Row, Tx

SWEEPER = Actor(team_id="-", user_id="sweeper", through=Through.BOT)
"""Who ends what nobody ended in time. A process on a host, like the command line, and no host is called "-"."""

ALIVE: Final = "SELECT name, seen_at FROM processes WHERE seen_at >= :since OR name = :process"

BEAT: Final = """
    INSERT INTO processes (name, seen_at) VALUES (:process, :now)
    ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at"""

FORGET_DEAD: Final = "DELETE FROM processes WHERE seen_at < :since"

LEAVE: Final = "DELETE FROM processes WHERE name = :process"


def beat(tx: Tx) -> None:
    """Say that this process is alive. Repeatable."""
    tx.write(BEAT, process=tx.process, now=tx.now)


def leave(tx: Tx) -> None:
    """Say that this process ends and runs nothing any more."""
    tx.write(LEAVE, process=tx.process)


def interrupt_abandoned(tx: Tx, running: frozenset[LookupId], *, silent_for: float) -> int:
    """End the lookups of dead processes, and those of this one that it does not run any more. How many.

    A process is dead when it was silent for ``silent_for`` seconds. One that was silent for long itself, say on a
    machine that slept, sweeps nobody: the others could not speak either. Nor could they while the file was written
    anew.
    """
    since = tx.now - silent_for
    alive, found, scrubs = tx.gather(
        Query(ALIVE, {"since": since, "process": tx.process}),
        Query(lookups.RUNNING, {}),
        Query(scrubbing.UNDER_WAY, {}),
    )
    seen_at = {row["name"]: row["seen_at"] for row in whole("processes", alive)}
    tx.write(BEAT, process=tx.process, now=tx.now)
    scrub = next((row["text"] for row in scrubs), None)
    if seen_at.get(tx.process, 0.0) < since or scrubbing.keeps_others_silent(scrub, now=tx.now, silent_for=silent_for):
        return 0
    found = whole("lookups", found)  # a damaged one must not keep the others running for ever
    abandoned = [row for row in found if _is_abandoned(tx, row, seen_at.keys(), running, since=since)]
    gone = {lookups.id_of(row) for row in abandoned}
    abandoned += [row for row in found if row["follows"] in gone and lookups.id_of(row) not in gone]
    ended = Result(problem=Problem.PROCESS_ENDED)
    endings = [
        lookups.Ending(row=row, state=State.INTERRUPTED, result=ended, actor=SWEEPER, event=Event.ABANDONED)
        for row in abandoned
        if _can_be_interrupted(row)
    ]
    lookups.end_each(tx, endings, running=found)
    tx.write(FORGET_DEAD, since=since)
    return len(endings)


def _is_abandoned(tx: Tx, row: Row, alive: Collection[str], running: frozenset[LookupId], *, since: float) -> bool:
    if row["process"] == tx.process:
        # Recorded a moment ago, its task may be about to start.
        return lookups.id_of(row) not in running and row["updated_at"] < since
    return row["process"] not in alive


def _can_be_interrupted(row: Row) -> bool:
    """Not what belongs to a process and does not run: the table's rules were switched off for it."""
    if State.INTERRUPTED in TRANSITIONS[row["state"]]:
        return True
    note_damaged("lookups", row, RecordDamaged("state"))
    return False
