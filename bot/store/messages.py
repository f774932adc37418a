"""The messages about a request. Where they are is no change of it, so it is not in the journal."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from bot.models import ApprovalState, MessageRef, RequestId
from bot.store import outbox
from bot.store.cells import column, readable
from bot.store.engine import Row, Tx


class Kind(StrEnum):
    """What a message is for."""

    CARD = "card"
    """A copy of the card that approvers decide on."""
    PROGRESS = "progress"
    """The message in which the agent follows a request for several numbers."""


REQUEST: Final = "SELECT number, approval FROM requests WHERE id = :request"

ADD: Final = """
    INSERT INTO messages (channel_id, ts, kind, request, sent_to, posted_at)
    VALUES (:channel_id, :ts, :kind, :request, :sent_to, :now)
    ON CONFLICT (channel_id, ts) DO NOTHING"""

REDRAWN: Final = """
    UPDATE messages SET posted_at = :drawn_at
    WHERE channel_id = :channel_id AND ts = :ts AND posted_at < :drawn_at"""

OF_REQUEST: Final = """
    SELECT messages.channel_id, messages.ts, messages.sent_to
    FROM messages JOIN requests ON requests.number = messages.request
    WHERE requests.id = :request AND messages.kind = :kind ORDER BY messages.posted_at, messages.ts"""

# What waits has an end, which is in the outbox: far less than there is of requests.
WAITING_IN: Final = """
    SELECT DISTINCT requests.id FROM outbox CROSS JOIN requests CROSS JOIN messages
    WHERE outbox.kind = 'expire' AND requests.number = outbox.request AND requests.approval = 'awaiting'
        AND messages.request = requests.number AND messages.kind = 'card' AND messages.sent_to = :place"""

TAKEN_AWAY: Final = "DELETE FROM messages WHERE channel_id = :channel_id AND ts = :ts"

PLACES: Final = """
    SELECT messages.sent_to FROM messages JOIN requests ON requests.number = messages.request
    WHERE requests.id = :request AND messages.kind = 'card' AND messages.posted_at >= :since"""


def add(
    tx: Tx,
    kind: Kind,
    request_id: RequestId,
    message: MessageRef,
    *,
    sent_to: str = "",
    drawn_at: float | None = None,
) -> None:
    """Remember a message; one that is remembered already stays as it is. Repeatable.

    ``sent_to``: the channel or the user id that it was sent to, where the message does not say it: a direct message has
    a channel id of its own, and is changed in its reader's language.
    ``drawn_at``: when what it says was read (Unix seconds); it may have been on its way for long.
    """
    row = tx.one(REQUEST, request=request_id)
    if row is None:
        return
    place = {"channel_id": message.channel_id, "ts": message.ts}
    where, now = sent_to or message.sent_to, tx.now if drawn_at is None else drawn_at
    tx.write(ADD, kind=kind, request=row["number"], sent_to=where, now=now, **place)
    if kind is Kind.CARD and row["approval"] != ApprovalState.AWAITING:
        # It was decided while the card was on its way, perhaps in another process: nobody says so at once.
        outbox.put(tx, outbox.Kind.CARDS, row["number"], due_at=tx.now)


def redrawn(tx: Tx, cards: Iterable[MessageRef], *, drawn_at: float) -> None:
    """Remember that these say what was read then. Repeatable."""
    tx.write_many(REDRAWN, [{"channel_id": each.channel_id, "ts": each.ts, "drawn_at": drawn_at} for each in cards])


def of_request(tx: Tx, kind: Kind, request_id: RequestId) -> list[MessageRef]:
    """A request's messages, in the order they were posted."""
    return readable("messages", tx.all(OF_REQUEST, kind=kind, request=request_id), _message)


def waiting_in(tx: Tx, place: str) -> list[RequestId]:
    """Requests that nobody has decided on, and whose card was sent there."""
    return column("requests", tx.all(WAITING_IN, place=place), "id")


def taken_away(tx: Tx, card: MessageRef) -> None:
    """Forget a card that says nothing of its request any more. Repeatable."""
    tx.write(TAKEN_AWAY, channel_id=card.channel_id, ts=card.ts)


def places(tx: Tx, request_id: RequestId, *, since: float = 0.0) -> frozenset[str]:
    """To whom a request's cards were sent since then (Unix seconds): a channel, user ids."""
    return frozenset(column("messages", tx.all(PLACES, request=request_id, since=since), "sent_to"))


def _message(row: Row) -> MessageRef:
    return MessageRef(row["channel_id"], row["ts"], sent_to=row["sent_to"])
