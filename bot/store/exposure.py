"""What an agent had recorded beside a number: a code that comes later is held against it, elsewhere, and what holds the
code is forgotten here. Where a code may come after the approval, nobody could know it when it was recorded.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from bot.models import Actor, ApprovalState, PhoneNumber, RequestId
from bot.store import decisions, forgetting, outbox, rows
from bot.store.cells import readable
from bot.store.engine import Query, Row, Tx

# A colon comes after the digits: this number, and those that begin with it.
BESIDE: Final = f"""
    SELECT requests.number, requests.id, requests.approval, requests.reason, requests.decision_reason,
        lookups.position, lookups.phone, lookups.reason AS own_reason
    FROM lookups JOIN requests ON requests.number = lookups.request
    WHERE lookups.phone >= :phone AND lookups.phone < :phone || ':'
        AND {rows.OF_PERSON}"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class Beside:
    """A number as it was recorded, and the reasons beside it."""

    request: int
    request_id: RequestId
    position: int
    phone: PhoneNumber
    reasons: tuple[str, ...]
    has_cards: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """Where codes stand."""

    numbers: Sequence[Beside] = ()
    reasons: Sequence[Beside] = ()

    @property
    def all(self) -> Sequence[Beside]:
        return [*self.numbers, *self.reasons]


def beside(tx: Tx, agent: Actor, phones: Collection[PhoneNumber]) -> list[Beside]:
    """What this agent asked for with these numbers, or with numbers that begin so. A read."""
    answers = tx.gather(*(Query(BESIDE, {**rows.person_values(agent), "phone": phone.digits}) for phone in phones))
    return readable("lookups", (row for answer in answers for row in answer), _beside)


def forget(tx: Tx, exposed: Exposed, *, actor: Actor, entering: RequestId | None = None) -> None:
    """Forget these, and have their cards redrawn. The request for which the codes came, if there is one, ends unused.

    Raises ``RequestMoved`` when that one was used, or ended, by somebody else.
    """
    if entering:
        decisions.lapse(tx, entering, actor=actor)
    numbers = {(each.request, each.position) for each in exposed.numbers}
    forgetting.forget_these(tx, numbers, {each.request for each in exposed.reasons}, actor=actor)
    for number, has_cards in {each.request: each.has_cards for each in exposed.all}.items():
        outbox.drop(tx, outbox.Kind.AGENT, request=number)  # whoever entered the code is told at once
        if has_cards:
            outbox.put(tx, outbox.Kind.CARDS, number)


def _beside(row: Row) -> Beside:
    return Beside(
        request=row["number"],
        request_id=row["id"],
        position=row["position"],
        phone=PhoneNumber(row["phone"]),
        reasons=tuple(filter(None, (row["reason"], row["own_reason"], row["decision_reason"]))),
        has_cards=row["approval"] is not ApprovalState.NOT_NEEDED,
    )
