"""What waits in the record, in numbers: for a decision, or to be said in Slack."""

from dataclasses import dataclass
from typing import Final

from bot.store.engine import Query, Tx
from bot.store.outbox import Kind, unsaid_since

# Whatever is awaited has its expiry in the outbox, which is small; the table of requests has no end.
AWAITING: Final = """
    SELECT count(*) AS found FROM outbox JOIN requests ON requests.number = outbox.request
    WHERE outbox.kind = 'expire' AND requests.approval = 'awaiting'"""

UNSAID: Final = """
    SELECT kind, attempts, count(*) AS found, min(due_at) AS due_at FROM outbox GROUP BY kind, attempts"""


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits."""

    awaiting: int
    """Requests that wait for an approver's decision."""
    unsaid: dict[str, int]
    """Rows of the outbox by kind, those whose time has not come among them."""
    oldest: float
    """Seconds for which, at the least, something was to be said and is not; 0: nothing is."""


def backlog(tx: Tx) -> Backlog:
    """Of the whole database, for every process the same. A read."""
    (awaiting,), unsaid = tx.gather(Query(AWAITING, {}), Query(UNSAID, {}))
    counts = dict.fromkeys((each.value for each in Kind), 0)
    for row in unsaid:
        if row["kind"] in counts:
            counts[row["kind"]] += row["found"]
    ages = [tx.now - unsaid_since(row["kind"], row["attempts"], row["due_at"]) for row in unsaid]
    return Backlog(awaiting["found"], counts, max([0.0, *ages]))
