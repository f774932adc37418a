"""A person is one in the whole organisation, in whichever workspace; who has their id elsewhere is somebody else.

Every statement that asks for a person's requests asks so.
"""

from dataclasses import replace

import pytest

from bot.errors import CardOutdated
from bot.guesses import FREE_FOR_AGENT
from bot.models import Actor, MessageRef, Problem, Through
from bot.store import decisions, exposure, guesses, messages, requests, search
from tests import factories
from tests.clocks import SteppingClock
from tests.factories import HOUR, LEE, NEEDS_APPROVAL, REFUSED, phones
from tests.store.processes import Process

BEA = Actor(team_id="T0001", user_id="W0BEA", through=Through.SLACK, enterprise_id="E0001")

SAME = replace(BEA, team_id="T0002")
WHO = [
    pytest.param(SAME, True, id="in the other workspace"),
    pytest.param(replace(BEA, enterprise_id="E0002"), False, id="in another organisation"),
    pytest.param(replace(BEA, enterprise_id="", team_id="E0001x"), False, id="in no organisation"),
]

(PHONE,) = phones(1)


@pytest.mark.parametrize(("other", "is_same"), WHO)
def test_a_refused_code_counts_against_them(process: Process, other: Actor, *, is_same: bool) -> None:
    process.change(factories.finished, phones(1, first=50), REFUSED, agent=BEA)
    counted = process.read(guesses.counts, other, (PHONE,))
    assert counted.against(None).by_agent.refused == int(is_same)


@pytest.mark.parametrize(("other", "is_same"), WHO)
def test_a_code_that_is_being_tried_counts_against_them(process: Process, other: Actor, *, is_same: bool) -> None:
    process.change(factories.call, process.change(factories.asked, phones(1, first=50), agent=BEA))
    counted = process.read(guesses.counts, other, (PHONE,))
    assert counted.against(None).by_agent.under_way == int(is_same)


@pytest.mark.parametrize(("other", "is_same"), WHO)
def test_a_lookup_under_way_is_joined_by_them(process: Process, other: Actor, *, is_same: bool) -> None:
    process.change(factories.asked, (PHONE,), agent=BEA)
    assert bool(process.read(requests.under_way, other, (PHONE,))) is is_same
    assert (process.change(factories.asked, (PHONE,), agent=other).lookup.follows is not None) is is_same


@pytest.mark.parametrize(("other", "is_same"), WHO)
def test_their_open_requests_are_counted(
    process: Process, clock: SteppingClock, other: Actor, *, is_same: bool
) -> None:
    process.change(factories.asked, agent=BEA, decision=NEEDS_APPROVAL)
    new = factories.new_request(phones(1, first=9), agent=other)
    asked = process.change(requests.accept, new, NEEDS_APPROVAL, expires_at=clock.now() + HOUR, most_open=1)
    assert (asked.request.lookup.result.problem is Problem.TOO_MANY_OPEN) is is_same


@pytest.mark.parametrize(("other", "is_same"), WHO)
def test_how_often_they_asked_lately(process: Process, other: Actor, *, is_same: bool) -> None:
    process.change(factories.asked, phones(3, first=50), agent=BEA)
    request = process.change(factories.asked, agent=other)
    assert process.read(search.asked_lately, request, since=0.0).by_agent == 1 + 3 * is_same


@pytest.mark.parametrize(("other", "is_same"), WHO)
def test_what_holds_a_code_is_found_among_theirs(process: Process, other: Actor, *, is_same: bool) -> None:
    process.change(factories.asked, (PHONE,), agent=BEA)
    assert bool(process.read(exposure.beside, other, [PHONE])) is is_same


@pytest.mark.parametrize(("other", "is_same"), WHO)
def test_a_card_drawn_before_their_code_was_refused_is_outdated(
    process: Process, clock: SteppingClock, other: Actor, *, is_same: bool
) -> None:
    request = process.change(factories.asked, agent=other, decision=NEEDS_APPROVAL)
    card = MessageRef("C0LEADS", "1.1")
    drawn_at = clock.now() - 1
    process.change(messages.add, messages.Kind.CARD, request.id, card, sent_to="C0LEADS", drawn_at=drawn_at)
    for each in phones(FREE_FOR_AGENT, first=50):
        process.change(factories.finished, (each,), REFUSED, agent=BEA)
    if is_same:
        with pytest.raises(CardOutdated):
            process.change(decisions.approve, request.id, actor=LEE, good_for=HOUR, card=card)
    else:
        process.change(decisions.approve, request.id, actor=LEE, good_for=HOUR, card=card)
