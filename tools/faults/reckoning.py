"""What became of every request: in the record, in its agent's eyes, and in whatever could hold a code."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.app import open_record
from bot.audit import JournalEntry
from bot.cams.probe import NOBODYS
from bot.models import ApprovalState, Lookup, Problem, Request, RequestId, Result, State, Through
from bot.sandbox.slack.workspace import Message
from bot.settings import RecordSettings, read
from bot.states import APPROVAL_TRANSITIONS, TRANSITIONS, is_final
from bot.store import journal, requests, verification
from bot.store.engine import Tx
from tests.english import history, views
from tests.scenarios.scene import Scene
from tools.faults.leaks import Listener, leaks_in
from tools.faults.numbers import SLOW_ID, id_of
from tools.faults.tally import Tally

REFERENCE = re.compile(r"R-\w{8}")

NAMES = "SELECT id FROM requests ORDER BY number"

UNSAID = """
    SELECT kind, requests.id, attempts FROM outbox JOIN requests ON requests.number = outbox.request ORDER BY kind"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request, and what the journal has of it and its lookups, oldest first."""

    request: Request
    entries: Sequence[JournalEntry]

    def of(self, lookup: Lookup | None) -> list[JournalEntry]:
        """The entries about one lookup, or about the request as a whole."""
        position = lookup.position if lookup else None
        return [each for each in self.entries if each.position == position]

    def lost(self) -> Iterator[str]:
        """What has not ended, and what the journal has not."""
        for lookup in self.request.lookups:
            if not is_final(lookup.state):
                yield f"{lookup.id} is {lookup.state} still"
            yield from _unknown(lookup.id, lookup.state, self.of(lookup))
        if self.request.approval.state is ApprovalState.AWAITING:
            yield f"{self.request.id} is awaiting still"
        yield from _unknown(self.request.id, self.request.approval.state, self.of(None))

    def doubled(self) -> Iterator[str]:
        """What went through states as it may not, or ended in two."""
        for lookup in self.request.lookups:
            yield from _misled(lookup.id, lookup.state, self.of(lookup), TRANSITIONS)
        yield from _misled(self.request.id, self.request.approval.state, self.of(None), APPROVAL_TRANSITIONS)

    def wrong(self) -> Iterator[str]:
        """IDs that are another number's."""
        for lookup in self.request.answered:
            if lookup.result.phone_number_id not in (id_of(lookup.phone.digits), SLOW_ID):
                yield f"{lookup.id} has {lookup.result.phone_number_id}"

    def calls(self, lookup: Lookup) -> int:
        """How often the API may have been called for it. What a dead process called is known of no more."""
        if lookup.follows:
            return 0
        is_called = any(each.to_state == State.CALLING for each in self.of(lookup))
        return max(int(is_called), lookup.result.attempts or 0)


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody asked for in Slack at once, and what they read of it."""

    recorded: Recorded
    seen: Sequence[str]

    @property
    def times_told(self) -> int:
        """How often the agent was told the same of how it ended."""
        counts = Counter(self.seen)
        return max(counts[text] for text in _outcomes(self.recorded.request))

    def untold(self) -> Iterator[str]:
        if self._has_ended and not self.times_told:
            yield f"{self._stand}, and its agent was not told: {self.seen}"

    def contradictions(self) -> Iterator[str]:
        if contradictions := set(self.seen) - self._right():
            yield f"{self._stand}, and its agent read {contradictions}"

    @property
    def _has_ended(self) -> bool:
        return all(is_final(each.state) for each in self.recorded.request.lookups)

    @property
    def _stand(self) -> str:
        request = self.recorded.request
        return f"{request.id} is {request.approval.state}, {', '.join(each.state for each in request.lookups)}"

    def _right(self) -> set[str]:
        """Everything an agent may have read of what ended so."""
        request, right = self.recorded.request, _outcomes(self.recorded.request)
        right |= _outcomes(self._before_late_ids())
        if request.approval.state is not ApprovalState.NOT_NEEDED:
            held = tuple(replace(each, state=State.HELD, result=Result()) for each in request.lookups)
            approval = replace(request.approval, state=ApprovalState.APPROVED, reason="")
            approved = replace(request, approval=approval, lookups=held)
            right |= {views.receipt(request).text, views.ended(approved).text}
        return right

    def _before_late_ids(self) -> Request:
        """The request as it was told before IDs came for lookups whose process was taken for dead."""
        ended = Result(problem=Problem.PROCESS_ENDED)
        lookups = (
            replace(each, state=State.INTERRUPTED, result=ended) if self._is_late(each) else each
            for each in self.recorded.request.lookups
        )
        return replace(self.recorded.request, lookups=tuple(lookups))

    def _is_late(self, lookup: Lookup) -> bool:
        return any(each.from_state == State.INTERRUPTED for each in self.recorded.of(lookup))


@dataclass(frozen=True, kw_only=True)
class Reckoning:
    """A world after a fault: the sandbox, the folder of the bot's files, and what its agents heard."""

    scene: Scene
    folder: Path
    listener: Listener

    async def reckon(self, times: int, notes: Sequence[str]) -> Tally:
        """Everything there is to say once nothing runs any more."""
        settings = read(RecordSettings, {"DATABASE_URL": self.scene.environment["DATABASE_URL"]})
        async with open_record(settings) as record:
            everything = await record.read(_everything)
            unsaid = await record.read(_unsaid)
            inspection = await record.read(verification.inspect)
        told = _told(everything, self._seen())
        self.listener.listen()
        states = Counter(lookup.state.value for each in everything for lookup in each.request.lookups)
        twice = sum(each.times_told > 1 for each in told)
        return Tally(
            times=times,
            lookups=states.total(),
            lost=[
                *(case for each in everything for case in (*each.lost(), *each.wrong())),
                *(case for each in told for case in each.untold()),
                *unsaid,
                *([f"the journal is not whole: {inspection.fault}"] if inspection.fault else []),
                *(f"Slack complained: {each}" for each in self.scene.slack.complaints),
            ],
            doubled=[
                *(case for each in everything for case in each.doubled()),
                *(case for each in told for case in each.contradictions()),
                *self._calls_in_vain(everything),
            ],
            leaked=[*self.listener.found, *leaks_in(self.folder)],
            notes=[
                *notes,
                f"{len(everything)} requests, {inspection.entries} entries of the journal",
                f"cards whose buttons are dead: {self._dead_buttons()}",
                f"ended as {dict(states)}",
                f"told the same twice: {twice} of {len(told)}",
            ],
        )

    def _seen(self) -> Mapping[str, Sequence[str]]:
        """What stands in the bot's messages to agents, by the reference in it; cards are for others' eyes."""
        seen: dict[str, list[str]] = defaultdict(list)
        for message in self._messages():
            if message.is_app and not _is_card(message) and not message.text.startswith(history.TITLE):
                for reference in {*REFERENCE.findall(message.text), *REFERENCE.findall(message.words)}:
                    seen[reference].append(message.text)
        return seen

    def _dead_buttons(self) -> int:
        """Cards that offer what is decided: posted by a process that died before it could remember them, mostly."""
        return len({(each.channel_id, each.ts) for each in self._messages() if _is_card(each) and each.buttons})

    def _messages(self) -> Iterator[Message]:
        """All that anybody sees; what several people see comes once for each."""
        for human in self.scene.slack.humans.values():
            for conversation in human.screen.conversations:
                yield from human.sees(conversation.id)

    def _calls_in_vain(self, everything: Iterable[Recorded]) -> Iterator[str]:
        """Calls that no attempt accounts for, but for the one of each start that looks nothing up."""
        calls = Counter(call.phone for call in self.scene.cams.lookups if call.phone != NOBODYS.digits)
        attempts: Counter[str] = Counter()
        for each in everything:
            for lookup in each.request.lookups:
                attempts[lookup.phone.digits] += each.calls(lookup)
        for phone, count in calls.items():
            if count > attempts[phone]:
                yield f"+{phone} was called {count} times in {attempts[phone]} attempts"


def _everything(tx: Tx) -> list[Recorded]:
    return [_recorded(tx, RequestId(row["id"])) for row in tx.all(NAMES)]


def _recorded(tx: Tx, name: RequestId) -> Recorded:
    found = requests.find(tx, name)
    assert found
    return Recorded(found, journal.of_request(tx, name))


def _unsaid(tx: Tx) -> list[str]:
    """What waits in the outbox still: of a request that has ended, nothing may."""
    return [f"{row['id']}: {row['kind']} was not said, tried {row['attempts']} times" for row in tx.all(UNSAID)]


def _told(everything: Iterable[Recorded], seen: Mapping[str, Sequence[str]]) -> list[Told]:
    in_slack = [each for each in everything if each.request.agent.through is Through.SLACK]
    return [Told(each, seen.get(each.request.id, ())) for each in in_slack]


def _outcomes(request: Request) -> set[str]:
    """What may be told of how a request ended."""
    told = {views.outcome_message(request).text}
    return told | {views.ended(request).text} if views.has_ended_message(request) else told


def _unknown(name: str, state: str, entries: Iterable[JournalEntry]) -> Iterator[str]:
    if state not in {each.to_state for each in entries}:
        yield f"{name} is {state}, of which the journal knows nothing"


def _misled(
    name: str, state: str, entries: Iterable[JournalEntry], transitions: Mapping[Any, Iterable[str]]
) -> Iterator[str]:
    """Whether the journal leads from state to state as it may, and to the one that is recorded."""
    now: str | None = None
    for each in entries:
        if each.to_state is not None:
            if each.from_state != now or each.to_state not in transitions[now]:
                yield f"{name} went from {each.from_state} to {each.to_state} and was {now}"
            now = each.to_state
    if now != state:
        yield f"{name} is {state}, and {now} in the journal"


def _is_card(message: Message) -> bool:
    return "Requested by" in message.words
