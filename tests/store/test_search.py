"""The log's questions."""

from dataclasses import replace

import pytest

from bot.audit import LogEntry, LogQuery
from bot.models import LookupId, PhoneNumber
from bot.store import search
from tests import factories
from tests.clocks import START, SteppingClock
from tests.factories import ANA, HOUR, LEE, phones
from tests.store.processes import Process

US, CN = PhoneNumber("12025550100"), PhoneNumber("8613800001234")


def found(process: Process, query: LogQuery) -> list[LogEntry]:
    return process.read(search.search, query)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (LogQuery(), "e d2 d1 c b a"),
        (LogQuery(limit=None), "e d2 d1 c b a"),
        (LogQuery(limit=2), "e d2"),
        (LogQuery(user_id="U0ANA"), "e b a"),
        (LogQuery(user_id="U0ANA", team_id="T0001"), "e b a"),
        (LogQuery(user_id="U0ANA", team_id="T0002"), ""),
        (LogQuery(phone=US), "d1 b"),
        (LogQuery(since=START + 2), "e d2 d1 c"),  # the instant itself included
        (LogQuery(user_id="U0ANA", phone=US), "b"),
        (LogQuery(user_id="U0ANA", since=START + 1, limit=2), "e b"),
        (LogQuery(user_id="nobody"), ""),
        (LogQuery(phone=PhoneNumber("1")), ""),
    ],
)
def test_the_log_lists_each_number_that_matches_newest_first(
    process: Process, clock: SteppingClock, query: LogQuery, expected: str
) -> None:
    for reason, agent, numbers in (
        ("a", ANA, (CN,)),
        ("b", ANA, (US,)),
        ("c", LEE, (CN,)),
        ("d", LEE, (US, CN)),
        ("e", ANA, (CN,)),
    ):
        process.change(factories.asked, numbers, agent=agent, reason=reason)
        clock.time += 1
    listed = found(process, query)
    names = [each.request.reason + ("" if each.request.is_single else str(each.lookup.position)) for each in listed]
    assert " ".join(names) == expected
    assert all(each.request.lookups == () for each in listed)


def test_the_log_goes_on_before_any_of_its_entries_and_within_one_request(process: Process) -> None:
    single, several = process.change(factories.asked), process.change(factories.asked, phones(5, first=1))
    newest_first = [*(each.id for each in several.lookups[::-1]), single.lookup.id]
    assert [each.lookup.id for each in found(process, LogQuery())] == newest_first
    for place, name in enumerate(newest_first):
        listed = found(process, LogQuery(before=name, limit=3))
        assert [each.lookup.id for each in listed] == newest_first[place + 1 :][:3]
    assert [each.lookup.id for each in found(process, LogQuery(request_id=single.id))] == [single.lookup.id]
    assert len(found(process, LogQuery(request_id=several.id))) == 5


def test_what_is_listed_is_the_request_and_the_number_as_they_are(process: Process) -> None:
    request = process.change(factories.finished, 2, reason="why")
    second, first = found(process, LogQuery())
    assert (first.lookup, second.lookup) == request.lookups
    assert {first.request, second.request} == {replace(request, lookups=())}


def test_before_what_is_not_there_there_is_nothing(process: Process) -> None:
    process.change(factories.asked)
    assert found(process, LogQuery(before=LookupId("R-NOWHERE0/2"))) == []


def test_how_often_was_asked_lately_counts_numbers_of_an_agent_and_requests_for_a_number(
    process: Process, clock: SteppingClock
) -> None:
    (number,) = phones(1)
    process.change(factories.asked)
    clock.time += HOUR
    process.change(factories.asked, phones(3))
    process.change(factories.asked, agent=LEE)
    request = process.change(factories.asked, (number, US))
    assert process.read(search.asked_lately, request, since=clock.time) == search.AskedLately(5, 3)
    assert process.read(search.asked_lately, request, since=clock.time - HOUR) == search.AskedLately(6, 4)
