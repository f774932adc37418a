"""Whatever happens in whatever order: the journal stays whole, and every request can end and be told."""

import itertools
import random
from collections.abc import Callable

import pytest

from bot.audit import LogQuery
from bot.errors import LookupMoved, RequestMoved, StillOpen, TooManyGuesses
from bot.models import ApprovalState, LookupId, Problem, Request, Result, State, Through
from bot.states import (
    APPROVAL_TRANSITIONS,
    ENDS_UNUSED,
    FINAL,
    STATE_AFTER,
    TRANSITIONS,
    check_approval_transition,
    check_transition,
)
from bot.store import decisions, forgetting, journal, lookups, outbox, processes, requests, search, verification
from bot.store.outbox import Kind
from tests import factories
from tests.clocks import SteppingClock
from tests.factories import ANA, ANSWERED, HOUR, LEE, MAY, MAY_NOT, NEEDS_APPROVAL, OLGA, REFUSED
from tests.store import auditor
from tests.store.processes import Process, StartProcess

NUMBERS = factories.phones(5)


class Story:
    """Three processes on one database, doing what comes to their minds."""

    def __init__(self, processes: list[Process], clock: SteppingClock, dice: random.Random) -> None:
        self._processes = processes
        self._clock = clock
        self._dice = dice
        self._requests: list[Request] = []
        self.done: set[str] = set()
        """What succeeded at least once."""

    def go_on(self, times: int) -> None:
        for _ in range(times):
            work = self._dice.choice(self._works())
            try:
                work(self._dice.choice(self._processes))
            except (RequestMoved, LookupMoved, TooManyGuesses, StillOpen):
                continue  # the state does not allow it: that is an answer, too
            self.done.add(work.__name__)

    def _works(self) -> list[Callable[[Process], None]]:
        works: list[Callable[[Process], None]] = [
            self.ask,
            self.ask,
            self.sweep,
            self.wait,
            self.say,
            self.forget,
            self.forget_old,
        ]
        if self._requests:
            works += [self.decide, self.use, self.lapse, self.stop, self.add] + 6 * [self.call, self.end]
        return works

    def ask(self, process: Process) -> None:
        numbers = self._dice.choices(NUMBERS, k=self._dice.randint(1, 4))
        agent, decision = (
            self._dice.choice([ANA, ANA, LEE, OLGA]),
            self._dice.choice([MAY, MAY, NEEDS_APPROVAL, MAY_NOT]),
        )
        if agent is OLGA:
            decision = MAY
        reason = self._dice.choice(["", "why", f"about {self._dice.choice(NUMBERS).digits}"])
        size = len(numbers) + 2 if agent is OLGA else None
        new = factories.new_request(numbers, agent=agent, reason=reason, size=size)
        accepted = process.change(requests.accept, new, decision, expires_at=self._clock.time + HOUR)
        self._requests.append(accepted.request)

    def decide(self, process: Process) -> None:
        to_state = self._dice.choice([ApprovalState.APPROVED, *(ENDS_UNUSED - {ApprovalState.LAPSED})])
        process.change(decisions.decide, self._any(process).id, to_state, actor=LEE, reason="so", good_for=HOUR)

    def use(self, process: Process) -> None:
        process.change(decisions.use, self._any(process).id)

    def lapse(self, process: Process) -> None:
        if self._dice.random() < 0.1:
            process.change(decisions.lapse, self._any(process).id, actor=LEE)

    def stop(self, process: Process) -> None:
        if self._dice.random() < 0.2:
            process.change(lookups.stop, self._any(process).id, actor=ANA)

    def add(self, process: Process) -> None:
        request = self._any(process)
        if request.agent.through is Through.COMMAND_LINE and len(request.lookups) < request.size:
            position = len(request.lookups) + 1
            phone = self._dice.choice(NUMBERS)
            process.change(requests.add_lookup, request, position, phone, reason="own", decision=MAY)

    def call(self, process: Process) -> None:
        request = self._any(process)
        position = self._dice.randint(1, len(request.lookups))
        if request.lookups[position - 1].follows is None:  # one that follows another is not called
            process.change(factories.call, request, position)

    def end(self, process: Process) -> None:
        request = self._any(process)
        position = self._dice.randint(1, len(request.lookups))
        allowed = TRANSITIONS[request.lookups[position - 1].state]
        results = [ANSWERED, ANSWERED, REFUSED, Result(problem=Problem.NO_ANSWER), Result(problem=Problem.INTERNAL)]
        result = self._dice.choice(results)
        is_late = result is REFUSED and request.lookups[position - 1].state is State.INTERRUPTED  # it only counts
        if is_late or (STATE_AFTER[result.problem] if result.problem else State.ANSWERED) in allowed:
            process.change(factories.end, request, result, position=position)

    def sweep(self, process: Process) -> None:
        process.change(processes.beat)
        process.change(processes.interrupt_abandoned, self._running(process), silent_for=30.0)

    def wait(self, process: Process) -> None:
        self._clock.time += self._dice.choice([0.25, 0.25, 1.0, 20.0, 40.0, 1800.0])

    def say(self, process: Process) -> None:
        for due in process.change(outbox.claim):
            is_said = self._dice.random() < 0.5
            if is_said and due.kind is Kind.EXPIRE:
                self._end_overdue(process, due)
            if is_said and due.kind is Kind.REMIND:
                process.change(decisions.reminded, due)
            else:
                process.change(outbox.said if is_said else outbox.postpone, due)

    def forget(self, process: Process) -> None:
        if self._dice.random() < 0.3:
            process.change(forgetting.forget, self._dice.choice(NUMBERS), actor=OLGA)

    def forget_old(self, process: Process) -> None:
        process.change(forgetting.forget_old, before=self._clock.time - HOUR, limit=2)

    def _any(self, process: Process) -> Request:
        # Rather one of the last few, so that much happens to it.
        return process.change(factories.current, self._dice.choice(self._requests[-self._dice.choice([3, 100]) :]))

    def _running(self, process: Process) -> frozenset[LookupId]:
        names = [each.id for one in self._requests for each in process.change(factories.current, one).lookups]
        return frozenset(name for name in names if self._dice.random() < 0.8)

    def end_everything(self, process: Process) -> None:
        """As a bot does that starts after all others are gone: it sweeps, and handles what is due."""
        for _ in range(6):
            self._clock.time += HOUR / 2
            process.change(processes.beat)
            process.change(processes.interrupt_abandoned, frozenset[LookupId](), silent_for=1.0)
            for due in process.change(outbox.claim):
                if due.kind is Kind.EXPIRE:
                    self._end_overdue(process, due)
                process.change(outbox.said, due)

    def _end_overdue(self, process: Process, due: outbox.Due) -> None:
        request = process.read(requests.find, due.request_id)
        assert request
        if request.approval.state is ApprovalState.AWAITING:
            process.change(decisions.decide, request.id, ApprovalState.EXPIRED, actor=LEE)
        elif request.is_any(State.HELD):
            process.change(decisions.lapse, request.id, actor=LEE)


def check(process: Process) -> None:
    inspection = process.read(verification.inspect)
    assert inspection.fault is None
    journal_rows = process.rows("SELECT * FROM journal ORDER BY seq")
    newest = auditor.check(journal_rows, process.rows("SELECT * FROM requests"), process.rows("SELECT * FROM lookups"))
    assert newest == process.read(journal.head).hash
    allowed = {"lookup": TRANSITIONS, "request": APPROVAL_TRANSITIONS}
    for row in journal_rows:
        if row["to_state"] is not None:
            table = allowed["request" if row["position"] is None else "lookup"]
            assert row["to_state"] in table[row["from_state"]]  # type: ignore[index] # both are states' names


def refused_in_the_journal(process: Process) -> int:
    """Calls whose code was refused: a lookup that follows another one makes none."""
    (count,) = process.column(
        "SELECT count(*) FROM journal WHERE event = 'refused' OR (from_state = 'calling' AND to_state = 'refused')"
    )
    return int(count)


SEEDS = [*range(2), *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(2, 60))]


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_the_journal_stays_whole_and_every_request_ends(
    start: StartProcess, clock: SteppingClock, seed: int
) -> None:
    started = [start(name) for name in ("p1", "p2", "p3")]
    story = Story(started, clock, random.Random(seed))
    for _ in range(3):
        story.go_on(80)
        check(started[0])
    assert len(story.done) > 8, story.done
    last = start("last")
    last.change(processes.beat)
    story.end_everything(last)
    check(last)
    assert set(last.column("SELECT DISTINCT state FROM lookups")) <= FINAL
    assert "awaiting" not in last.column("SELECT DISTINCT approval FROM requests")
    assert last.rows("SELECT * FROM outbox") == []
    assert len(last.rows("SELECT * FROM refused_codes")) == refused_in_the_journal(last)
    count = last.column("SELECT count(*) FROM lookups")
    assert [len(last.read(search.search, LogQuery(limit=None)))] == count


# --- the two state machines ---


@pytest.mark.parametrize(
    ("states", "table", "check_it"),
    [(State, TRANSITIONS, check_transition), (ApprovalState, APPROVAL_TRANSITIONS, check_approval_transition)],
    ids=["lookup", "approval"],
)
def test_every_change_of_state_is_in_the_table_or_refused(
    states: type[State] | type[ApprovalState], table: dict[str | None, frozenset[str]], check_it: Callable[..., None]
) -> None:
    assert set(table) == {None, *states}
    for from_state, to_state in itertools.product([None, *states], states):
        if to_state in table[from_state]:
            check_it(from_state, to_state)
        else:
            with pytest.raises(ValueError, match="goes from"):
                check_it(from_state, to_state)


def test_from_every_state_a_lookup_can_end_and_what_has_ended_stays_so_but_for_a_late_id() -> None:
    for state in State:
        reached = {state}
        while more := {each for one in reached for each in TRANSITIONS[one]} - reached:
            reached |= more
        assert reached & FINAL, state
    assert {state for state in FINAL if TRANSITIONS[state]} == {State.INTERRUPTED}
    assert TRANSITIONS[State.INTERRUPTED] == {State.ANSWERED}


def test_from_every_state_but_an_approval_that_is_used_a_request_s_waiting_can_end() -> None:
    for state in (ApprovalState.AWAITING, ApprovalState.APPROVED):
        assert APPROVAL_TRANSITIONS[state] & (ENDS_UNUSED | {ApprovalState.APPROVED})
    for state in ENDS_UNUSED | {ApprovalState.NOT_NEEDED}:
        assert APPROVAL_TRANSITIONS[state] == frozenset()


def test_every_problem_ends_a_lookup_in_a_state_that_a_call_or_a_decision_can_reach() -> None:
    reachable = TRANSITIONS[None] | TRANSITIONS[State.QUEUED] | TRANSITIONS[State.CALLING]
    assert set(STATE_AFTER) == set(Problem)
    assert set(STATE_AFTER.values()) <= reachable & FINAL
