"""Processes: each says that it is alive, and what one that died left running is ended by another."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from bot.audit import Event
from bot.errors import RecordDamaged
from bot.models import Actor, LookupId, Problem, Result, State, Through
from bot.states import TRANSITIONS
from bot.store import lookups, schema, scrubbing
from bot.store.cells import note_damaged, one_of, whole
from bot.store.engine import Query, Row, Tx

SWEEPER = Actor(team_id="-", user_id="sweeper", through=Through.BOT)
"""Who ends what nobody ended in time. A process on a host, like the command line, and no host is called "-"."""

SILENT_FOR: Final = 30.0
"""Seconds after which a process that says nothing counts as dead."""

ALIVE: Final = "SELECT name, seen_at FROM processes WHERE seen_at >= :since OR name = :process"

BEAT: Final = """
    INSERT INTO processes (name, seen_at, schema, links) VALUES (:process, :now, :schema, coalesce(:links, 0))
    ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, links = coalesce(:links, processes.links)"""

# They spoke while the clock was ahead, and may be dead long before the time that they named.
BRING_BACK: Final = "UPDATE processes SET seen_at = :now WHERE seen_at > :now"

LINKS_OF_OTHERS: Final = """
    SELECT coalesce(sum(links), 0) AS found FROM processes WHERE seen_at >= :since AND name <> :process"""

FORGET_DEAD: Final = "DELETE FROM processes WHERE seen_at < :since"

LEAVE: Final = "DELETE FROM processes WHERE name = :process"


def beat(tx: Tx, *, links: int | None = None) -> None:
    """Say that this process is alive, and keeps so many links to Slack; ``None``: as many as before. Repeatable."""
    tx.write(BEAT, process=tx.process, now=tx.now, schema=schema.SCHEMA, links=links)


def links_of_others(tx: Tx, *, silent_for: float = SILENT_FOR) -> int:
    """How many links to Slack the other living processes keep. A read."""
    row = tx.one(LINKS_OF_OTHERS, since=tx.now - silent_for, process=tx.process)
    return one_of(int, row, "found") if row else 0


def leave(tx: Tx) -> None:
    """Say that this process ends and runs nothing any more."""
    tx.write(LEAVE, process=tx.process)


class Living(NamedTuple):
    """Which processes live, as far as this one can tell."""

    names: frozenset[str]
    can_tell: bool
    """Not when it was silent for long itself, say on a machine that slept: the others could not speak either. Nor could
    they while the file was written anew."""

    def has_lost(self, row: Row) -> bool:
        """Whether the process that ran this lookup is dead."""
        return self.can_tell and row["process"] not in self.names


def queries(tx: Tx, *, silent_for: float = SILENT_FOR) -> list[Query]:
    """What ``living`` needs to know, to be asked with other things."""
    alive = Query(ALIVE, {"since": tx.now - silent_for, "process": tx.process})
    return [alive, Query(scrubbing.UNDER_WAY, {})]


def living(tx: Tx, answers: Sequence[Sequence[Row]], *, silent_for: float = SILENT_FOR) -> Living:
    """What the answers to ``queries`` say. A process is dead when it was silent for ``silent_for`` seconds."""
    alive, scrubs = answers
    seen = {row["name"]: row["seen_at"] for row in whole("processes", alive)}
    # Another may have spoken a while before this one did, so half of that is long already.
    has_spoken = seen.get(tx.process, 0.0) >= tx.now - silent_for / 2
    scrub = scrubs[0]["text"] if scrubs else None
    could_speak = not scrubbing.keeps_others_silent(scrub, now=tx.now, silent_for=silent_for)
    return Living(frozenset(seen), has_spoken and could_speak)


def interrupt_abandoned(tx: Tx, running: frozenset[LookupId], *, silent_for: float = SILENT_FOR) -> int:
    """End the lookups of dead processes, and those of this one that it does not run any more. How many."""
    since = tx.now - silent_for
    found, *answers = tx.gather(Query(lookups.RUNNING, {}), *queries(tx, silent_for=silent_for))
    known = living(tx, answers, silent_for=silent_for)
    beat(tx)
    tx.write(BRING_BACK, now=tx.now)
    if not known.can_tell:
        return 0
    found = whole("lookups", found)  # a damaged one must not keep the others running for ever
    abandoned = [row for row in found if known.has_lost(row) or _is_orphan(tx, row, running, since=since)]
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


def sweep_in_passing(tx: Tx) -> int:
    """End the lookups of dead processes, for one that runs none and is gone in a moment. How many."""
    beat(tx)
    ended = interrupt_abandoned(tx, frozenset())
    leave(tx)
    return ended


def _is_orphan(tx: Tx, row: Row, running: frozenset[LookupId], *, since: float) -> bool:
    """Whether it is this process's own, and its task is gone."""
    is_new = since <= row["updated_at"] <= tx.now  # its task may be about to start
    return row["process"] == tx.process and lookups.id_of(row) not in running and not is_new


def _can_be_interrupted(row: Row) -> bool:
    """Not what belongs to a process and does not run: the table's rules were switched off for it."""
    if State.INTERRUPTED in TRANSITIONS[row["state"]]:
        return True
    note_damaged("lookups", row, RecordDamaged("state"))
    return False
