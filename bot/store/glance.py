"""A quick look at the journal: whether its newest entries are whole. ``bot.store.verification`` looks at all."""

from typing import Final, NamedTuple

from bot.evidence import CHAINED, GENESIS, Head
from bot.store.engine import Tx
from bot.store.migrations import HEAD
from bot.store.verification import FORMS

MOST = 1000
"""Entries, so that the look takes no time that anybody notices."""

NEWEST: Final = f"""
    SELECT {", ".join(CHAINED)}, hash FROM journal ORDER BY seq DESC LIMIT :most"""  # noqa: S608 - constants only


class Glance(NamedTuple):
    """What was seen."""

    schema: int
    """The database's, which may be older than this release's."""
    entries: int
    """How many of the newest were looked at."""
    head: int
    """The number of the newest."""
    broken_at: int | None
    """The number of one that is not as it was recorded."""


def glance(tx: Tx, *, most: int = MOST) -> Glance:
    """A read. Raises ``SchemaUnknown`` when a table or a column is not there."""
    with tx.distrusting():
        head = tx.one(HEAD)
        newest = tx.all(NEWEST, most=most + 1)[::-1]
    before = newest[0]["hash"] if len(newest) > most else GENESIS
    entries = newest[1:] if len(newest) > most else newest
    broken = None
    for entry in entries:
        hash_of = FORMS.get(entry["form"])
        if hash_of is None or not isinstance(entry["at"], float) or entry["hash"] != hash_of(entry, before):
            broken = entry["seq"]
            break
        before = entry["hash"]
    last = entries[-1]["seq"] if entries else 0
    if broken is None and Head(last, before) != tx.head:
        broken = tx.head.seq
    return Glance(schema=head["schema"] if head else 0, entries=len(entries), head=tx.head.seq, broken_at=broken)
