"""Several people decide on one request in the same instant, with two bots on one database: one of them does.

``PHONEID_RACES`` is how many races are run, ``PHONEID_SEED`` repeats the timings of a run.
"""

import asyncio
import os
import secrets
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from bot import models
from bot.audit import Event, JournalEntry
from bot.models import ApprovalState
from bot.store import journal
from bot.store import requests as store
from tests.amounts import each_day, scaled
from tests.english import cards
from tests.scenarios.asking import ANSWERED, DENIED, UNUSED, WITHDRAWN, Standing, record_of
from tests.scenarios.databases import hands_on
from tests.scenarios.racing import Arena, Click, Deed, Request, numbers, open_arena

RACES = int(os.environ.get("PHONEID_RACES") or each_day(20, at_night=scaled(1000, least=100)))
AT_ONCE = 50
"""Requests that wait at the same time."""

AGAIN = each_day(2, at_night=10)
"""Requests on which somebody clicks more than once."""

FIELDS = (
    (Click("Lee", Deed.APPROVE), Click("Kim", Deed.APPROVE)),
    (Click("Lee", Deed.APPROVE), Click("Kim", Deed.DENY)),
    (Click("Kim", Deed.APPROVE), Click("Lee", Deed.DENY)),
    (Click("Lee", Deed.DENY), Click("Kim", Deed.DENY)),
    (Click("Lee", Deed.APPROVE), Click("Ana", Deed.WITHDRAW)),
    (Click("Kim", Deed.APPROVE), Click("Ana", Deed.WITHDRAW)),
)
"""Who does what in a race."""

ENDS: dict[Deed, set[Standing]] = {
    Deed.APPROVE: {UNUSED, ANSWERED},
    Deed.DENY: {DENIED},
    Deed.WITHDRAW: {WITHDRAWN},
}
"""How a request stands in the end, by what was done first."""

CALLS = {UNUSED: 0, ANSWERED: 1, DENIED: 0, WITHDRAWN: 0}
"""Calls to the API, by how a request stands in the end."""

WORDS = {Deed.APPROVE: "Approved", Deed.DENY: "Denied", Deed.WITHDRAW: "Withdrawn"}


@dataclass(frozen=True, slots=True)
class Race:
    """A request and who clicked; whoever clicked twice is in it twice."""

    request: Request
    clicks: Sequence[Click]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A race as the database has it."""

    race: Race
    request: models.Request
    entries: list[JournalEntry]

    @property
    def standing(self) -> Standing:
        return self.request.approval.state, self.request.lookup.state

    @property
    def decisions(self) -> list[JournalEntry]:
        return [
            each for each in self.entries if each.event is Event.MOVED and each.from_state == ApprovalState.AWAITING
        ]

    @property
    def forbidden(self) -> list[JournalEntry]:
        return [each for each in self.entries if each.event is Event.FORBIDDEN]

    @property
    def winner(self) -> Click:
        """The first click of those that could have decided so."""
        decider = self.decisions[0].actor.user_id
        possible = (each for each in self.race.clicks if self.standing in ENDS[each.deed])
        return next(each for each in possible if user_id(each) == decider)

    @property
    def losers(self) -> list[Click]:
        clicks = list(self.race.clicks)
        clicks.remove(self.winner)
        return clicks


def user_id(click: Click) -> str:
    return f"U0{click.name.upper()}"


@pytest.fixture
async def arena(tmp_path: Path) -> AsyncIterator[Arena]:
    seed = int(os.environ.get("PHONEID_SEED") or secrets.randbits(32))
    sys.stdout.write(f"PHONEID_SEED={seed}\n")
    async with open_arena(tmp_path, random=Random(seed), book=numbers(max(RACES, AGAIN))) as opened:
        yield opened


async def recorded(arena: Arena, races: Sequence[Race]) -> list[Recorded]:
    async with record_of(arena.scene) as record:
        found = [
            Recorded(race, request, await record.read(journal.of_request, request.id))
            for race in races
            if (request := await record.read(store.find, race.request.id))
        ]
    assert len(found) == len(races)
    return found


def untold(arena: Arena) -> list[str]:
    """What is still to be said. That an approval may lapse is not said before it does."""
    with hands_on(arena.scene.database_url) as database:
        return [row[0] for row in database.execute("SELECT kind FROM outbox WHERE kind <> 'expire'")]


def check_decided_once(arena: Arena, each: Recorded) -> None:
    """One decision, by one of those who clicked; everybody else's click is in the journal as too late."""
    assert len(each.decisions) == 1, each.entries
    assert each.standing in CALLS, each.request
    assert each.request.approval.decided_by == each.decisions[0].actor
    assert Counter((entry.actor.user_id, entry.facts["action"], entry.facts["why"]) for entry in each.forbidden) == (
        Counter((user_id(loser), loser.deed.value, "too late") for loser in each.losers)
    )
    calls = [call for call in arena.scene.cams.lookups if call.phone == each.race.request.entry.digits]
    assert len(calls) == CALLS[each.standing], each.request
    assert each.race.request.has_code or not calls


def check_cards(arena: Arena, each: Recorded) -> None:
    """Each copy says what the database says, and offers nothing any more."""
    copies = arena.copies(each.race.request)
    assert len(copies) == 2
    for copy in copies:
        assert copy.buttons == []
        assert copy.text == cards.decided_card(each.request).text


def check_everybody_was_told(arena: Arena, all_recorded: Sequence[Recorded]) -> None:
    """The agent once, and whoever was slower by name who decided."""
    ids = [each.request.id for each in all_recorded]
    assert arena.told() == Counter(dict.fromkeys(ids, 1))
    assert untold(arena) == []
    expected = Counter(
        (user_id(loser), WORDS[each.winner.deed], user_id(each.winner))
        for each in all_recorded
        for loser in each.losers
    )
    assert Counter(arena.sentences()) == expected


def errors(arena: Arena) -> list[str]:
    """Errors in the log. What was not said at once, on a crowded machine, was said later: that is checked apart."""
    lines = arena.log.read_text().splitlines()
    return [line for line in lines if '"ERROR"' in line and '"event": "message not delivered"' not in line]


async def check(arena: Arena, races: Sequence[Race]) -> list[Recorded]:
    """Everything there is to say of races that are over."""
    await arena.finish()
    all_recorded = await recorded(arena, races)
    for each in all_recorded:
        check_decided_once(arena, each)
        check_cards(arena, each)
    check_everybody_was_told(arena, all_recorded)
    assert errors(arena) == []
    return all_recorded


def figures(all_recorded: Sequence[Recorded]) -> str:
    states = Counter(" ".join(each.standing) for each in all_recorded)
    winners = Counter(f"{each.winner.name} {each.winner.deed}" for each in all_recorded)
    apart = sorted(abs(entry.at - each.decisions[0].at) * 1000 for each in all_recorded for entry in each.forbidden)
    return f"{len(all_recorded)} races: {dict(states)}, {dict(winners)}; median {apart[len(apart) // 2]:.1f} ms apart\n"


async def run(arena: Arena, races: Sequence[Race]) -> None:
    """One race after the other: nobody has more than two hands."""
    for race in races:
        await arena.race(race.request, race.clicks)
    await arena.settle([race.request for race in races])


@pytest.mark.more_at_night
async def test_of_two_who_decide_in_the_same_instant_one_does_and_the_other_is_told_who(arena: Arena) -> None:
    races: list[Race] = []
    rounds = [arena.book[start : start + AT_ONCE] for start in range(0, RACES, AT_ONCE)]
    requests = await arena.ask(rounds[0])
    for following in [*rounds[1:], []]:
        waiting = [Race(request, arena.random.choice(FIELDS)) for request in requests]
        # Ana asks for the next ones while these are decided: that stirs the timings.
        requests, _ = await asyncio.gather(arena.ask(following), run(arena, waiting))
        races += waiting
    all_recorded = await check(arena, races)
    sys.stdout.write(figures(all_recorded))


@pytest.mark.more_at_night
async def test_of_two_clicks_by_one_approver_one_decides_and_the_other_gets_its_sentence(arena: Arena) -> None:
    requests = await arena.ask(arena.book[:AGAIN])
    races = [Race(request, [Click("Lee", Deed.APPROVE)] * 2) for request in requests]
    await run(arena, races)
    await check(arena, races)


@pytest.mark.more_at_night
@pytest.mark.parametrize("deed", [Deed.APPROVE, Deed.DENY])
async def test_what_slack_delivers_three_times_decides_once_and_is_answered_three_times(
    arena: Arena, deed: Deed
) -> None:
    requests = await arena.ask(arena.book[:AGAIN])
    races = [Race(request, [Click("Kim", deed)] * 3) for request in requests]
    for race in races:
        await arena.race(race.request, race.clicks[:1])
        # Nobody waits for what the first delivery does: it was only acknowledged.
        await asyncio.gather(*(arena.scene.slack.redeliver() for _ in range(2)))
    await arena.settle(requests)
    await check(arena, races)
