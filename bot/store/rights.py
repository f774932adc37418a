"""What a role may do with the tables on Postgres, before it is tried: a start must not end at its first lookup."""

from enum import StrEnum
from typing import Final

from bot.store.engine import Tx
from bot.store.schema import COLUMNS

WRITTEN: Final = ("SELECT", "INSERT", "UPDATE")
ADDED_TO: Final = ("SELECT", "INSERT")
"""The journal: nobody changes what is in it."""
EMPTIED: Final = {"messages", "outbox", "processes", "state"}

_WANTED: Final = ", ".join(
    f"('{table}', '{right}')"
    for table in sorted(COLUMNS)
    for right in (
        *(ADDED_TO if table == "journal" else WRITTEN),
        *(("DELETE",) if table in EMPTIED else ()),
    )
)

LACKING: Final = f"""
    SELECT name, privilege FROM (VALUES {_WANTED}) AS wanted (name, privilege)
    WHERE NOT has_table_privilege(name, privilege) ORDER BY name, privilege"""  # noqa: S608 - our own names

# A role that is a member of the owner, or a superuser, counts as the owner: it could give itself every right.
OVER_JOURNAL: Final = """
    SELECT pg_has_role(relowner, 'MEMBER') AS owns,
           has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE') AS may_change
    FROM pg_class WHERE oid = to_regclass('journal')"""


class OverJournal(StrEnum):
    """What this role could do to the journal's entries if the server's triggers did not refuse it."""

    NOTHING = "nothing"
    CHANGE = "change"
    OWN = "own"
    """It can take the triggers away too."""


def lacking(tx: Tx) -> list[str]:
    """What this role may not do and the bot does, as in ``INSERT on lookups``. A read, on Postgres alone."""
    return [f"{row['privilege']} on {row['name']}" for row in tx.all(LACKING)]


def over_journal(tx: Tx) -> OverJournal:
    """A read, on Postgres alone."""
    row = tx.one(OVER_JOURNAL)
    if row and row["owns"]:
        return OverJournal.OWN
    return OverJournal.CHANGE if row and row["may_change"] else OverJournal.NOTHING
