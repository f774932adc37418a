"""Forgotten bytes that must leave the files: since when, how long that took the last time, and that it is being done.

While SQLite writes its file anew nobody else can write, so nobody can say that they are alive.
"""

import math
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from bot.store.engine import Query, Tx
from bot.store.state import KEEP

LONGEST = 600.0
"""Seconds that it may take. After those, whoever began it counts as dead."""

# Other hands may have written something that is no text.
PARTS: Final = """
    SELECT name, CAST(coalesce(text, '') AS TEXT) AS text FROM state
    WHERE name IN ('unscrubbed', 'unscrubbed since', 'scrubbed in')"""

RUNNING: Final = "SELECT 1 AS found FROM lookups WHERE process IS NOT NULL LIMIT 1"

OTHERS: Final = "SELECT 1 AS found FROM processes WHERE seen_at >= :since AND name <> :process LIMIT 1"

UNDER_WAY: Final = "SELECT CAST(coalesce(text, '') AS TEXT) AS text FROM state WHERE name = 'scrubbing'"

KEEP_FIRST: Final = """
    INSERT INTO state (name, text) VALUES ('unscrubbed since', :text) ON CONFLICT (name) DO NOTHING"""

SCRUBBED: Final = "DELETE FROM state WHERE name = 'unscrubbed' AND CAST(coalesce(text, '') AS TEXT) = :entry"

ALL_SCRUBBED: Final = """
    DELETE FROM state WHERE name = 'unscrubbed since' AND NOT EXISTS (
        SELECT 1 FROM state WHERE name = 'unscrubbed')"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToScrub:
    """What is to be done, and what speaks for doing it now or later."""

    entry: str
    """The journal's number of the last thing forgotten whose bytes may still be in the files, as it stands there."""
    waited: float
    """Seconds since the first of them was forgotten."""
    took: float
    """Seconds that it took the last time."""
    is_quiet: bool
    """Nobody has a lookup under way."""
    is_alone: bool
    """No other process says that it is alive."""


def find(tx: Tx) -> ToScrub | None:
    """What was forgotten since the files were last rid of it. A read."""
    rows, running, others = tx.gather(
        Query(PARTS, {}), Query(RUNNING, {}), Query(OTHERS, {"since": tx.now - 30.0, "process": tx.process})
    )
    known = {row["name"]: row["text"] for row in rows}
    if "unscrubbed" not in known:
        return None
    return ToScrub(
        entry=known["unscrubbed"],
        waited=tx.now - _number(known.get("unscrubbed since", "")),
        took=_number(known.get("scrubbed in", "")),
        is_quiet=not running,
        is_alone=not others,
    )


def remember(tx: Tx, entry: int) -> None:
    """The change whose last entry this is has forgotten something."""
    tx.write(KEEP, name="unscrubbed", text=str(entry))
    tx.write(KEEP_FIRST, text=repr(tx.now))


def begin(tx: Tx) -> None:
    """From now on others may be unable to say that they are alive. Repeatable."""
    tx.write(KEEP, name="scrubbing", text=repr(tx.now + LONGEST))


def end(tx: Tx) -> None:
    """They can again. Repeatable."""
    tx.write(KEEP, name="scrubbing", text=repr(tx.now))


def done(tx: Tx, entry: str, *, took: float) -> None:
    """The bytes of what was forgotten up to that entry are gone; more may have been forgotten meanwhile. Repeatable."""
    tx.write(SCRUBBED, entry=entry)
    tx.write(ALL_SCRUBBED)
    tx.write(KEEP, name="scrubbed in", text=repr(took))


def keeps_others_silent(text: str | None, *, now: float, silent_for: float) -> bool:
    """Whether processes may be silent because of this: it is being done, or they had no time to speak since."""
    until = _number(text or "")
    return now - silent_for < until <= now + LONGEST


def _number(text: str) -> float:
    with suppress(ValueError):
        number = float(text)
        return number if math.isfinite(number) else 0.0
    return 0.0
