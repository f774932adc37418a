"""What is counted against guessing codes, and the alarm when it becomes too much. Part of its callers' changes."""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from bot.audit import Event
from bot.errors import RecordDamaged
from bot.guesses import FREE, REMEMBERED, Alarm, Counts, Guesses, Suspect
from bot.models import Actor, PhoneNumber, RequestId, Through, person_in
from bot.store import journal, rows
from bot.store.cells import note_damaged, raw
from bot.store.engine import Query, Row, Tx
from bot.store.journal import NewEntry
from bot.store.schema import adding

GUARD = Actor(team_id="-", user_id="guard", through=Through.BOT)
"""Who suspects. No host is called "-"."""

# Whoever has the right code need not guess it, so an answer clears the number's count. An agent's own count goes on:
# the answer may be to another number.
FOR_NUMBER: Final = """
    SELECT count(*) AS refused, min(at) AS earliest, max(at) AS latest FROM refused_codes
    WHERE phone = :phone AND at > :since AND at > coalesce(
        (SELECT max(updated_at) FROM lookups WHERE phone = :phone AND state = 'answered' AND updated_at <= :now), 0)"""

# Without those of one request: if it was approved, somebody said yes to one code for each of its numbers.
BY_AGENT: Final = f"""
    SELECT count(*) AS refused, min(at) AS earliest, max(at) AS latest FROM refused_codes
    JOIN requests ON requests.number = refused_codes.request
    WHERE refused_codes.user_id = :user_id AND {rows.HOME} = :home AND for_agent = 1 AND at > :since
    AND request <> coalesce((SELECT number FROM requests WHERE id = :but_for), 0)"""  # noqa: S608 - constants only

# No more rows than the account has calls per second, or as good as that. The condition on process is for the index.
UNDER_WAY: Final = """
    SELECT lookups.phone, lookups.updated_at, requests.enterprise_id, requests.team_id, requests.user_id FROM lookups
    JOIN requests ON requests.number = lookups.request
    WHERE lookups.process IS NOT NULL AND lookups.state = 'calling'"""

REMEMBER: Final = adding("refused_codes")

RAISE_ALARM: Final = """
    INSERT INTO alarms (entry, request, position, suspect, refused, first_at, at)
    VALUES (:entry, :request, :position, :suspect, :refused, :first_at, :at)"""

UNTOLD: Final = """
    SELECT alarms.* FROM alarms JOIN requests ON requests.number = alarms.request
    WHERE requests.id = :request AND alarms.told_at IS NULL ORDER BY alarms.entry"""

TOLD: Final = "UPDATE alarms SET told_at = :now WHERE entry = :entry AND told_at IS NULL RETURNING entry"

NO_REQUEST = RequestId("")
"""No request has this name: nothing is left out."""


class Counted(NamedTuple):
    """What is counted against one agent, and against each of some numbers."""

    by_agent: Guesses
    for_number: dict[PhoneNumber, Guesses]
    at: float
    """When they were counted."""

    def against(self, phone: PhoneNumber | None) -> Counts:
        return Counts(for_number=self.for_number.get(phone, Guesses()) if phone else Guesses(), by_agent=self.by_agent)


def queries(tx: Tx, agent: Actor, phones: Sequence[PhoneNumber], *, but_for: RequestId = NO_REQUEST) -> list[Query]:
    """What ``counted`` needs to know, to be asked with other things. Refused codes of ``but_for`` do not count."""
    since = tx.now - REMEMBERED
    who = {"user_id": agent.person, "home": agent.home}
    return [
        Query(UNDER_WAY, {}),
        Query(BY_AGENT, {**who, "since": since, "but_for": but_for}),
        *(Query(FOR_NUMBER, {"phone": phone.digits, "since": since, "now": tx.now}) for phone in phones),
    ]


def counted(tx: Tx, answers: Sequence[Sequence[Row]], agent: Actor, phones: Sequence[PhoneNumber]) -> Counted:
    """What the answers to ``queries`` say."""
    found, (by_agent,), *for_numbers = answers
    under_way = [raw(row) for row in found]  # they are only compared, and a damaged one is nobody's
    own = [
        each
        for each in under_way
        if (each["enterprise_id"] or each["team_id"], person_in(str(each["user_id"]))) == (agent.home, agent.person)
    ]
    return Counted(
        by_agent=_guesses(by_agent, now=tx.now, under_way=own),
        for_number={
            phone: _guesses(row, now=tx.now, under_way=[each for each in under_way if each["phone"] == phone.digits])
            for phone, (row,) in zip(phones, for_numbers, strict=True)
        },
        at=tx.now,
    )


def counts(tx: Tx, agent: Actor, phones: Sequence[PhoneNumber]) -> Counted:
    """What is counted against an agent, and against each of these numbers. A read."""
    return counted(tx, tx.gather(*queries(tx, agent, phones)), agent, phones)


def remember(tx: Tx, row: Row, counts_for: Collection[Suspect], *, entry: int) -> None:
    """Count one refused code. ``row`` is the lookup's, with its request's agent; ``entry`` its journal entry."""
    tx.write(
        REMEMBER,
        entry=entry,
        request=row["request"],
        position=row["position"],
        phone=row["phone"],
        team_id=row["team_id"],
        user_id=person_in(row["user_id"]),
        for_agent=int(Suspect.AGENT in counts_for),
        at=tx.now,
    )


def suspect(tx: Tx, row: Row, before: Counts, counts_for: Collection[Suspect]) -> bool:
    """Raise the alarms, if one more refused code, which counts for these, used up what is free. Whether it did.

    Each refused code counts one up, so each alarm is raised once.
    """
    is_raised = False
    for each in Suspect:
        guesses = before.of(each)
        if each not in counts_for or guesses.refused + 1 != FREE[each]:
            continue
        facts = {"suspect": each.value, "refused": guesses.refused + 1}
        of = {"request": row["name"], "position": row["position"]}
        entry = journal.append(tx, NewEntry(event=Event.SUSPECTED, actor=GUARD, **of, facts=facts))
        first_at = guesses.first_at if guesses.refused else tx.now
        place = {"entry": entry, "request": row["request"], "position": row["position"]}
        tx.write(RAISE_ALARM, **place, **facts, first_at=first_at, at=tx.now)
        is_raised = True
    return is_raised


def untold_alarms(tx: Tx, request_id: RequestId) -> list[Alarm]:
    """The alarms about a request that the approvers do not know of yet."""
    found_request, lookups, (alarms,) = rows.found(tx, request_id, Query(UNTOLD, {"request": request_id}))
    if found_request is None:
        return []
    request = rows.request(found_request, lookups)
    by_position = {each.position: each for each in request.lookups}
    found = []
    for row in alarms:
        try:
            found.append(
                Alarm(
                    entry=row["entry"],
                    request=request,
                    lookup=by_position[row["position"]],
                    suspect=row["suspect"],
                    refused=row["refused"],
                    seconds=row["at"] - row["first_at"],
                )
            )
        except (RecordDamaged, KeyError):
            note_damaged("alarms", row, RecordDamaged("any"))
    return found


def alarm_told(tx: Tx, alarm: Alarm, *, people: int) -> None:
    """Record that so many people or channels were told, if nobody did before."""
    if tx.one(TOLD, entry=alarm.entry, now=tx.now):
        facts = {"suspect": alarm.suspect.value, "told": people}
        request, position = alarm.request.id, alarm.lookup.position
        journal.append(tx, NewEntry(event=Event.WARNED, actor=GUARD, request=request, position=position, facts=facts))


def _guesses(row: Row, *, now: float, under_way: Sequence[Row]) -> Guesses:
    if not row["refused"]:
        return Guesses(under_way=len(under_way))
    return Guesses(
        refused=row["refused"],
        first_at=_time(row["earliest"], now),
        last_at=_time(row["latest"], now),
        under_way=len(under_way),
        called_at=max((_time(each["updated_at"], now) for each in under_way), default=0.0),
    )


def _time(at: object, now: float) -> float:
    # A time that other hands wrote, or a clock that was set back, must neither end the guard nor make it endless.
    return at if isinstance(at, float | int) and at <= now else now
