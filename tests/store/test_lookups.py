"""Lookups: called, ended, stopped, followed, and ended for a process that died."""

import asyncio

import pytest

from bot.audit import Event
from bot.errors import LookupMoved
from bot.guesses import FREE_FOR_NUMBER
from bot.models import Actor, Lookup, LookupId, Problem, Request, RequestId, Result, State, Through
from bot.states import FINAL, STATE_AFTER
from bot.store import (
    decisions,
    forgetting,
    guesses,
    journal,
    lookups,
    outbox,
    processes,
    requests,
    scrubbing,
    verification,
)
from bot.store.outbox import Kind
from bot.store.processes import SWEEPER
from tests import factories
from tests.clocks import SteppingClock
from tests.factories import ANA, ANSWERED, FAILED, HOUR, LEE, NEEDS_APPROVAL, OLGA, REFUSED, phones
from tests.store.engines import OpenRecord
from tests.store.processes import Process, StartProcess

SILENT = 30.0
"""Seconds after which a process that says nothing is dead."""

NOBODY = frozenset[LookupId]()


def states(process: Process, request: Request) -> list[State]:
    return [each.state for each in process.change(factories.current, request).lookups]


def entries(process: Process, request: Request, position: int = 1) -> list[tuple[Event, str | None, str | None, str]]:
    """What the journal says of one number: event, states, who."""
    found = [each for each in process.read(journal.of_request, request.id) if each.position == position]
    return [(each.event, each.from_state, each.to_state, each.actor.user_id) for each in found]


def sweep(process: Process, running: frozenset[LookupId] = NOBODY) -> int:
    return process.change(processes.interrupt_abandoned, running, silent_for=SILENT)


def is_to_be_told(process: Process, request: Request) -> bool:
    return process.read(outbox.waiting, Kind.AGENT, request.id) is not None


# --- begin and end ---


@pytest.mark.parametrize("result", [ANSWERED, REFUSED, FAILED])
def test_a_call_and_its_end_are_recorded_with_their_states(
    process: Process, clock: SteppingClock, result: Result
) -> None:
    request = process.change(factories.asked, 2)
    clock.time += 1
    called = process.change(factories.call, request, 2)
    assert (called.state, called.updated_at, called.asked_at) == (State.CALLING, clock.time, clock.time - 1)
    assert process.read(lookups.find, called.id) == called
    clock.time += 0.5
    ended = process.change(factories.end, request, result, position=2)
    state = STATE_AFTER[result.problem] if result.problem else State.ANSWERED
    assert (ended.state, ended.result, ended.updated_at) == (state, result, clock.time)
    assert process.change(factories.current, request).lookups == (request.lookups[0], ended)
    assert entries(process, request, 2) == [
        (Event.ASKED, None, "queued", "U0ANA"),
        (Event.MOVED, "queued", "calling", "U0ANA"),
        (Event.MOVED, "calling", state, "U0ANA"),
    ]
    facts = process.read(journal.of_request, request.id)[-1].facts
    assert facts == {
        name: getattr(result, name)
        for name in ("problem", "api_code", "request_id", "http_status", "milliseconds", "attempts")
    }


def test_a_lookup_that_could_not_be_called_is_ended_from_its_queue(process: Process) -> None:
    request = process.change(factories.asked)
    process.change(factories.end, request, Result(problem=Problem.TOO_MANY_GUESSES, wait_until=1.8e9))
    assert entries(process, request)[-1] == (Event.MOVED, "queued", "rejected", "U0ANA")


@pytest.mark.parametrize("name", ["R-NOWHERE0", "R-NOWHERE0/3", "", "R-1/999999999999", "/", "1/x"])
def test_there_is_no_lookup_by_a_name_that_nobody_was_given(process: Process, name: str) -> None:
    assert process.read(lookups.find, LookupId(name)) is None


def test_what_is_not_queued_here_is_not_called(start: StartProcess) -> None:
    ours, theirs = start("p1"), start("p2")
    request = ours.change(factories.asked)
    with pytest.raises(LookupMoved):
        theirs.change(factories.call, request)
    ours.change(factories.call, request)
    for process in (theirs, ours):  # it is called already
        with pytest.raises(LookupMoved) as lost:
            process.change(factories.call, request)
        assert lost.value.current == process.read(lookups.find, request.lookup.id)
    held = ours.change(factories.asked, decision=NEEDS_APPROVAL)
    with pytest.raises(LookupMoved):
        ours.change(factories.call, held)
    assert len(entries(ours, request)) == 2


@pytest.mark.parametrize("state", sorted(FINAL))
def test_what_has_ended_does_not_end_again(process: Process, state: State) -> None:
    request = process.change(factories.finished)
    before = process.change(factories.current, request)
    with pytest.raises(LookupMoved) as lost:
        process.change(lookups.end, request.lookup, state, ANSWERED, agent=ANA)
    assert lost.value.current == request.lookup
    assert process.change(factories.current, request) == before


async def test_of_two_that_end_a_lookup_at_once_one_does(open_record: OpenRecord) -> None:
    ours, theirs = [await open_record(name, clock_now=lambda: 1.8e9) for name in ("p1", "p2")]
    for _ in range(10):
        request = await ours.change(factories.asked)
        told = await asyncio.gather(
            *(record.change(factories.call, request) for record in (ours, theirs, ours)), return_exceptions=True
        )
        assert sum(isinstance(each, Lookup) for each in told) == 1
        assert sum(isinstance(each, LookupMoved) for each in told) == 2


@pytest.mark.parametrize("count", [1, 3])
def test_the_agent_is_to_be_told_once_all_numbers_have_ended(process: Process, count: int) -> None:
    request = process.change(factories.asked, count)
    for position in range(1, count + 1):
        assert not is_to_be_told(process, request)
        process.change(factories.call, request, position)
        process.change(factories.end, request, position=position)
    assert is_to_be_told(process, request)
    assert process.read(outbox.waiting, Kind.CARDS, request.id) is None  # nobody had to approve: there are none


# --- stopping ---


def test_stopping_drops_what_is_queued_and_leaves_the_rest(process: Process) -> None:
    request = process.change(factories.asked, 4)
    for position in (1, 2):
        process.change(factories.call, request, position)
    process.change(factories.end, request)
    stopped = process.change(lookups.stop, request.id, actor=ANA)
    assert stopped == [f"{request.id}/3", f"{request.id}/4"]
    assert states(process, request) == [State.ANSWERED, State.CALLING, State.DROPPED, State.DROPPED]
    assert process.change(factories.current, request).lookups[3].result == Result(problem=Problem.STOPPED)
    assert entries(process, request, 3)[-1] == (Event.MOVED, "queued", "dropped", "U0ANA")
    assert not is_to_be_told(process, request)
    assert process.change(lookups.stop, request.id, actor=ANA) == []
    process.change(factories.end, request, position=2)
    assert is_to_be_told(process, request)


def test_stopping_the_last_that_runs_makes_the_request_end(start: StartProcess) -> None:
    running, stopping = start("p1"), start("p2")
    request = running.change(factories.asked, 2)
    stopping.change(lookups.stop, request.id, actor=ANA)
    assert is_to_be_told(running, request)
    with pytest.raises(LookupMoved) as lost:  # its own process notices when it wants to go on
        running.change(factories.call, request)
    assert lost.value.current
    assert lost.value.current.state is State.DROPPED


def test_there_is_nothing_to_stop_of_a_request_that_is_not_there(process: Process) -> None:
    before = process.read(journal.head)
    assert process.change(lookups.stop, RequestId("R-NOWHERE0"), actor=ANA) == []
    assert process.read(journal.head) == before


# --- following ---


@pytest.mark.parametrize("result", [ANSWERED, REFUSED, FAILED])
def test_a_second_request_of_an_agent_for_a_number_that_runs_follows_it(start: StartProcess, result: Result) -> None:
    one, two = start("p1"), start("p2")
    leader = one.change(factories.asked, 2)
    follower = two.change(factories.asked, 3)  # the first two of them run already
    assert [each.follows for each in follower.lookups] == [f"{leader.id}/1", f"{leader.id}/2", None]
    assert {each.state for each in follower.lookups} == {State.QUEUED}
    one.change(factories.call, leader)
    one.change(factories.end, leader, result)
    ended = two.change(factories.current, follower).lookups[0]
    state = STATE_AFTER[result.problem] if result.problem else State.ANSWERED
    assert (ended.state, ended.result) == (state, result)
    assert entries(two, follower)[-1] == (Event.MOVED, "queued", state, "U0ANA")
    assert states(two, follower)[1:] == [State.QUEUED, State.QUEUED]
    # It is one code that was refused, however many asked for it.
    assert len(one.rows("SELECT * FROM refused_codes")) == (result is REFUSED)


def test_a_follower_is_followed_by_nobody(process: Process) -> None:
    leader, first, second = [process.change(factories.asked) for _ in range(3)]
    assert first.lookup.follows == second.lookup.follows == leader.lookup.id
    process.change(factories.call, leader)
    process.change(factories.end, leader)
    for request in (leader, first, second):
        assert states(process, request) == [State.ANSWERED]
        assert is_to_be_told(process, request)
    assert process.change(factories.asked).lookup.follows is None


def test_nothing_is_followed_across_agents_nor_by_what_needs_approval(process: Process) -> None:
    process.change(factories.asked)
    other_teams_ana = Actor(team_id="T0002", user_id=ANA.user_id, through=Through.SLACK)
    for agent in (LEE, other_teams_ana, OLGA):
        assert process.change(factories.asked, agent=agent).lookup.follows is None
    approved = process.change(factories.approve, process.change(factories.asked, decision=NEEDS_APPROVAL))
    assert process.change(decisions.use, approved.id).lookup.follows is None


def test_an_approved_lookup_that_runs_is_followed(process: Process) -> None:
    approved = process.change(factories.approve, process.change(factories.asked, decision=NEEDS_APPROVAL))
    assert process.change(factories.asked).lookup.follows is None  # it is not called yet
    running = process.change(decisions.use, approved.id)
    kim = Actor(team_id="T0001", user_id="U0KIM", through=Through.SLACK)
    assert process.change(factories.asked, agent=kim).lookup.follows is None
    assert process.change(factories.asked).lookup.follows is not None
    assert running.lookup.follows is None


@pytest.mark.parametrize(
    ("silent", "is_followed"), [(0.0, True), (SILENT, True), (SILENT + 1, False)], ids=["alive", "slow", "dead"]
)
def test_what_a_dead_process_left_is_followed_by_nobody(
    start: StartProcess, clock: SteppingClock, silent: float, *, is_followed: bool
) -> None:
    other, here = start("p1"), start("p2")
    other.change(processes.beat)
    leader = other.change(factories.asked)
    clock.time += silent
    here.change(processes.beat)
    assert here.read(requests.under_way, ANA, phones(2)) == ({leader.lookup.phone} if is_followed else set())
    assert here.change(factories.asked).lookup.follows == (leader.lookup.id if is_followed else None)


def test_a_process_that_was_silent_itself_takes_nobody_for_dead(start: StartProcess, clock: SteppingClock) -> None:
    other, here = start("p1"), start("p2")
    for process in (other, here):
        process.change(processes.beat)
    leader = other.change(factories.asked)
    clock.time += HOUR
    assert here.change(factories.asked).lookup.follows == leader.lookup.id


def test_stopping_drops_what_follows_too(process: Process) -> None:
    leader, follower = process.change(factories.asked, 2), process.change(factories.asked, 3)
    assert process.change(lookups.stop, leader.id, actor=ANA) == [f"{leader.id}/1", f"{leader.id}/2"]
    assert states(process, follower) == [State.DROPPED, State.DROPPED, State.QUEUED]
    assert is_to_be_told(process, leader)
    assert not is_to_be_told(process, follower)


def test_stopping_a_follower_leaves_what_it_follows(process: Process) -> None:
    leader, follower = process.change(factories.asked), process.change(factories.asked)
    process.change(lookups.stop, follower.id, actor=ANA)
    assert (states(process, leader), states(process, follower)) == ([State.QUEUED], [State.DROPPED])
    assert (is_to_be_told(process, leader), is_to_be_told(process, follower)) == (False, True)


def test_a_follower_is_interrupted_with_what_it_follows(start: StartProcess, clock: SteppingClock) -> None:
    dead, alive = start("p1"), start("p2")
    dead.change(processes.beat)
    leader, follower = dead.change(factories.asked), alive.change(factories.asked)
    clock.time += SILENT
    alive.change(processes.beat)
    clock.time += 1
    assert sweep(alive, frozenset({follower.lookup.id})) == 2
    assert (states(alive, leader), states(alive, follower)) == ([State.INTERRUPTED], [State.INTERRUPTED])
    assert is_to_be_told(alive, follower)


# --- processes that died ---


def test_the_lookups_of_a_process_that_is_silent_for_long_are_interrupted_once(
    start: StartProcess, clock: SteppingClock
) -> None:
    dead, alive, other = start("p1"), start("p2"), start("p3")
    request = dead.change(factories.asked, 2)
    dead.change(factories.call, request, 2)
    for process in (dead, alive, other):
        process.change(processes.beat)
    clock.time += SILENT
    assert [sweep(each) for each in (alive, other)] == [0, 0]  # each says that it is alive by looking
    clock.time += 0.1
    assert [sweep(each) for each in (alive, other)] == [2, 0]
    ended = alive.change(factories.current, request)
    assert {(each.state, each.result) for each in ended.lookups} == {
        (State.INTERRUPTED, Result(problem=Problem.PROCESS_ENDED))
    }
    assert entries(alive, request, 1)[-1] == (Event.ABANDONED, "queued", "interrupted", SWEEPER.user_id)
    assert entries(alive, request, 2)[-1] == (Event.ABANDONED, "calling", "interrupted", SWEEPER.user_id)
    # It is told at once: whoever should have told it is dead.
    assert {(each.kind, each.request_id) for each in other.change(outbox.claim)} == {
        (Kind.AGENT, request.id),
    }
    assert alive.column("SELECT name FROM processes ORDER BY name") == ["p2", "p3"]


def test_nobody_is_dead_for_being_silent_while_the_file_was_written_anew(
    start: StartProcess, clock: SteppingClock
) -> None:
    one, started_after = start("p1"), start("p2")
    one.change(factories.asked)
    one.change(processes.beat)
    one.change(scrubbing.begin)
    clock.time += 3 * SILENT  # nobody could write
    one.change(scrubbing.end)
    started_after.change(processes.beat)
    assert sweep(started_after) == 0
    clock.time += SILENT - 1
    assert sweep(started_after) == 0  # the first may speak until here
    clock.time += 1
    assert sweep(started_after) == 1


@pytest.mark.parametrize("off", [scrubbing.LONGEST + 1, -1_000_000.0])
def test_who_died_while_writing_the_file_anew_keeps_nobody_alive_for_ever(
    start: StartProcess, clock: SteppingClock, off: float
) -> None:
    dead, alive = start("p1"), start("p2")
    dead.change(factories.asked)
    dead.change(scrubbing.begin)
    clock.time += off + SILENT  # also a clock that was set back
    alive.change(processes.beat)
    assert sweep(alive) == 1


def test_who_died_while_the_clock_was_ahead_is_not_alive_until_then(start: StartProcess, clock: SteppingClock) -> None:
    dead, alive = start("p1"), start("p2")
    clock.time += 365 * 24 * HOUR
    leader = dead.change(factories.asked)
    for process in (dead, alive):
        process.change(processes.beat)
    clock.time -= 365 * 24 * HOUR
    assert sweep(alive) == 0  # it may live, and had no time to speak since
    clock.time += SILENT
    assert (sweep(alive), sweep(alive)) == (0, 0)
    clock.time += 1
    assert sweep(alive) == 1
    assert states(alive, leader) == [State.INTERRUPTED]


def test_what_a_living_process_lost_while_the_clock_was_ahead_is_ended(process: Process, clock: SteppingClock) -> None:
    clock.time += HOUR
    lost = process.change(factories.asked)
    clock.time -= HOUR
    process.change(processes.beat)
    assert sweep(process) == 1
    assert states(process, lost) == [State.INTERRUPTED]


def test_a_process_that_never_spoke_is_dead(start: StartProcess, clock: SteppingClock) -> None:
    silent, alive = start("p1"), start("p2")
    silent.change(factories.asked)
    alive.change(processes.beat)
    assert sweep(alive) == 1


@pytest.mark.parametrize("seconds", [HOUR, SILENT * 2 / 3])
def test_a_process_that_is_late_itself_sweeps_nobody(start: StartProcess, clock: SteppingClock, seconds: float) -> None:
    """A machine that slept: the others could not speak either, and may have spoken a while before this one."""
    slept, other, new = start("p1"), start("p2"), start("p3")
    request = other.change(factories.asked)
    other.change(processes.beat)
    clock.time += SILENT / 3 + 1
    slept.change(processes.beat)
    clock.time += seconds
    assert sweep(new) == 0  # one that never spoke is late, too
    assert sweep(slept) == 0
    other.change(processes.beat)
    clock.time += 1
    assert sweep(slept) == 0  # now it is not late any more, and neither is the other
    assert states(slept, request) == [State.QUEUED]


def test_what_a_living_process_runs_is_left_alone_and_what_it_lost_is_ended(
    process: Process, clock: SteppingClock
) -> None:
    process.change(processes.beat)
    kept, lost = process.change(factories.asked), process.change(factories.asked, factories.phones(1, first=5))
    running = frozenset({kept.lookup.id})
    clock.time += SILENT
    assert sweep(process, running) == 0  # its task may be about to start
    clock.time += 1
    assert sweep(process, running) == 1
    assert (states(process, kept), states(process, lost)) == ([State.QUEUED], [State.INTERRUPTED])


def test_a_process_that_leaves_is_dead_at_once(start: StartProcess, clock: SteppingClock) -> None:
    leaving, alive = start("p1"), start("p2")
    leaving.change(factories.asked)
    for process in (leaving, alive):
        process.change(processes.beat)
    assert sweep(alive) == 0
    leaving.change(processes.leave)
    assert sweep(alive) == 1


async def test_of_two_sweepers_each_abandoned_lookup_goes_to_one(open_record: OpenRecord, clock: SteppingClock) -> None:
    dead, *sweepers = [await open_record(name) for name in ("p1", "p2", "p3")]
    await dead.change(factories.asked, 40)
    for each in sweepers:
        await each.change(processes.beat)
    swept = await asyncio.gather(
        *(each.change(processes.interrupt_abandoned, NOBODY, silent_for=SILENT) for each in sweepers)
    )
    assert sorted(swept) == [0, 40]


def interrupted(dead: Process, alive: Process, clock: SteppingClock) -> Request:
    """A request that a process, which is only slow, was calling for when another one took it for dead."""
    dead.change(processes.beat)
    request = dead.change(factories.asked)
    dead.change(factories.call, request)
    clock.time += SILENT
    alive.change(processes.beat)
    clock.time += 1
    assert sweep(alive) == 1
    for due in alive.change(outbox.claim):
        alive.change(outbox.said, due)
    return request


def test_an_id_that_comes_for_an_interrupted_lookup_is_recorded_and_told(
    start: StartProcess, clock: SteppingClock
) -> None:
    woken, alive = start("p1"), start("p2")
    request = interrupted(woken, alive, clock)
    ended = woken.change(factories.end, request)
    assert (ended.state, ended.result) == (State.ANSWERED, ANSWERED)
    assert woken.read(lookups.find, ended.id) == ended
    assert entries(alive, request)[-1] == (Event.MOVED, "interrupted", "answered", "U0ANA")
    assert is_to_be_told(alive, request)


def test_a_failure_of_a_process_that_was_taken_for_dead_changes_nothing(
    start: StartProcess, clock: SteppingClock
) -> None:
    woken, alive = start("p1"), start("p2")
    request = interrupted(woken, alive, clock)
    head = woken.read(journal.head)
    with pytest.raises(LookupMoved) as lost:
        woken.change(factories.end, request, FAILED)
    assert lost.value.current
    assert lost.value.current.state is State.INTERRUPTED
    with pytest.raises(LookupMoved):
        woken.change(factories.call, request)
    assert woken.change(lookups.stop, request.id, actor=ANA) == []
    assert woken.read(journal.head) == head
    assert not is_to_be_told(alive, request)


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_a_code_refused_to_a_process_that_was_taken_for_dead_counts_and_changes_nothing_else(
    start: StartProcess, clock: SteppingClock, *, is_forgotten: bool
) -> None:
    woken, alive = start("p1"), start("p2")
    for _ in range(FREE_FOR_NUMBER - 1):
        alive.change(factories.finished, 1, REFUSED)
    request = interrupted(woken, alive, clock)
    if is_forgotten:
        alive.change(forgetting.forget, request.lookup.phone, actor=OLGA)
    before = woken.change(factories.current, request)
    assert woken.change(factories.end, request, REFUSED) == before.lookup
    assert woken.change(factories.current, request) == before
    written = [each for each in woken.read(journal.of_request, request.id) if each.event is Event.REFUSED]
    assert [(each.position, each.to_state, each.actor.user_id) for each in written] == [(1, None, "U0ANA")]
    assert written[0].facts["api_code"] == REFUSED.api_code
    assert alive.column("SELECT entry FROM refused_codes ORDER BY entry")[-1] == written[0].seq
    assert set(alive.column("SELECT phone FROM refused_codes")) == {before.lookup.phone.digits}
    counted = alive.read(guesses.counts, ANA, [request.lookup.phone]).against(request.lookup.phone)
    assert (counted.for_number.refused, counted.by_agent.refused) == (0 if is_forgotten else 5, 5)
    assert bool(alive.read(outbox.waiting, Kind.ALARM, request.id)) is not is_forgotten
    assert not is_to_be_told(alive, request)
    assert alive.read(verification.inspect).fault is None


def test_an_id_that_comes_late_is_also_for_what_followed_and_a_refusal_is_not(
    start: StartProcess, clock: SteppingClock
) -> None:
    """The follower was interrupted together with it, and its agent waits for the same ID."""
    for result in (REFUSED, ANSWERED):
        woken, alive = start(f"woken {result}"), start(f"alive {result}")
        woken.change(processes.beat)
        leader, follower = woken.change(factories.asked), alive.change(factories.asked)
        woken.change(factories.call, leader)
        clock.time += SILENT
        alive.change(processes.beat)
        clock.time += 1
        assert sweep(alive, frozenset({follower.lookup.id})) == 2
        woken.change(factories.end, leader, result)
        expected = State.ANSWERED if result is ANSWERED else State.INTERRUPTED
        assert (states(alive, leader), states(alive, follower)) == ([expected], [expected])
        assert is_to_be_told(alive, follower)


def test_a_follower_whose_own_process_died_gets_the_id_all_the_same(start: StartProcess, clock: SteppingClock) -> None:
    dead, alive = start("p1"), start("p2")
    dead.change(processes.beat)
    alive.change(processes.beat)
    leader, follower = alive.change(factories.asked), dead.change(factories.asked)
    alive.change(factories.call, leader)
    clock.time += SILENT
    alive.change(processes.beat)
    clock.time += 1
    assert sweep(alive, frozenset({leader.lookup.id})) == 1
    alive.change(factories.end, leader)
    assert states(alive, follower) == [State.ANSWERED]
    assert is_to_be_told(alive, follower)


def test_an_id_that_comes_late_for_a_number_that_was_forgotten_is_not_recorded(
    start: StartProcess, clock: SteppingClock
) -> None:
    woken, alive = start("p1"), start("p2")
    request = interrupted(woken, alive, clock)
    alive.change(forgetting.forget, request.lookup.phone, actor=OLGA)
    with pytest.raises(LookupMoved):
        woken.change(factories.end, request)
    assert alive.read(verification.inspect).fault is None
    assert alive.column("SELECT phone_number_id FROM lookups") == [None]
