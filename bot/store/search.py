"""The log's questions, and how often somebody and some number were asked for."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from bot.audit import LogEntry, LogQuery
from bot.models import Request
from bot.store import rows
from bot.store.cells import OF, readable
from bot.store.engine import Query, Row, Tx, Value
from bot.store.names import split_lookup_id
from bot.store.schema import COLUMNS

# The request's columns carry a prefix: both tables have a reason, a salt and a time of asking.
_PREFIXED = ", ".join(f"requests.{name} AS {OF}{name}" for name in COLUMNS["requests"])

SEARCH: Final = f"""
    SELECT lookups.*, {_PREFIXED} FROM requests JOIN lookups ON lookups.request = requests.number"""  # noqa: S608 - constants only

ASKED_BY: Final = f"""
    SELECT count(*) AS asked FROM requests JOIN lookups ON lookups.request = requests.number
    WHERE {rows.OF_PERSON} AND requests.asked_at >= :since"""  # noqa: S608 - constants only

ASKED_FOR: Final = "SELECT count(*) AS asked FROM lookups WHERE phone = :phone AND asked_at >= :since"

_CONDITIONS = {
    "user_id": "requests.user_id = :user_id",
    "team_id": "requests.team_id = :team_id",
    "phone": "lookups.phone = :phone",
    "since": "lookups.asked_at >= :since",
    "request": "requests.id = :request",
    "before": "(lookups.request, lookups.position) < ((SELECT number FROM requests WHERE id = :before), :position)",
}


class AskedLately(NamedTuple):
    """How many numbers an agent asked for since some time, and how often a number was asked for by anybody."""

    by_agent: int
    for_number: int


def search(tx: Tx, query: LogQuery) -> list[LogEntry]:
    """Matching lookups, newest first."""
    sql, values = sql_of(query)
    return readable("lookups", tx.all(sql, **values), _entry)


def asked_lately(tx: Tx, request: Request, *, since: float) -> AskedLately:
    """How often was asked since then (Unix seconds), this request included; of several numbers, for the first."""
    (by_agent,), (for_number,) = tx.gather(
        Query(ASKED_BY, {**rows.person_values(request.agent), "since": since}),
        Query(ASKED_FOR, {"phone": request.lookup.phone.digits, "since": since}),
    )
    return AskedLately(by_agent["asked"], for_number["asked"])


def sql_of(query: LogQuery) -> tuple[str, Mapping[str, Value]]:
    """The question in SQL. Only what is asked for is in it, so that each kind of question finds its index."""
    before, position = split_lookup_id(query.before) if query.before is not None else (None, 0)
    asked: dict[str, Value] = {
        "user_id": query.user_id,
        "team_id": query.team_id,
        "phone": query.phone.digits if query.phone else None,
        "since": query.since,
        "request": query.request_id,
        "before": before,
    }
    values = {name: value for name, value in asked.items() if value is not None}
    where = " AND ".join(_CONDITIONS[name] for name in values) or "1 = 1"
    if query.before is not None:
        values["position"] = position
    sql = f"{SEARCH} WHERE {where} ORDER BY {_order(query)}"
    if query.limit is None:
        return sql, values
    return f"{sql} LIMIT :limit", {**values, "limit": query.limit}


def _order(query: LogQuery) -> str:
    """Newest first, said so that the index which finds the rows gives them in this order."""
    if query.user_id is not None and query.phone is None:
        return "requests.number DESC, lookups.position DESC"
    if query.since is not None and query.phone is None and query.request_id is None:
        return "lookups.asked_at DESC, lookups.request DESC, lookups.position DESC"
    return "lookups.request DESC, lookups.position DESC"


def _entry(row: Row) -> LogEntry:
    request = rows.request({name: row[f"{OF}{name}"] for name in COLUMNS["requests"]}, ())
    lookup = rows.lookup(row, request.id, of=request.size)
    return LogEntry(request, lookup)
