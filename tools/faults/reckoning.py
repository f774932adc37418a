"""What became of every lookup: in the record, in its agent's eyes, and in whatever could hold a code."""

import asyncio
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.app import open_store
from bot.models import JournalEntry, LogQuery, Lookup, State, Through
from bot.policy import is_final
from bot.sandbox.slack.workspace import Message
from bot.settings import RecordSettings, read
from bot.slack import approval_views, list_views, views
from bot.texts import history
from tests.scenarios.scene import Scene
from tools.faults.leaks import Listener, leaks_in
from tools.faults.tally import Tally

REFERENCE = re.compile(r"[LB]-\w{8}")

EVERYTHING = LogQuery(limit=1_000_000)

Record = Sequence[tuple[Lookup, Sequence[JournalEntry]]]


@dataclass(frozen=True, kw_only=True)
class Reckoning:
    """A world after a fault: the sandbox, the folder of the bot's files, and what its agents heard."""

    scene: Scene
    folder: Path
    listener: Listener

    async def reckon(self, times: int, notes: Sequence[str]) -> Tally:
        """Everything there is to say once nothing runs any more."""
        record = await self._record()
        requests = _requests(record, self._seen())
        self.listener.listen()
        states = Counter(lookup.state.value for lookup, _ in record)
        twice = sum(request.times_told > 1 for request in requests)
        return Tally(
            times=times,
            lookups=len(record),
            lost=[
                *(each for lookup, entries in record for each in lost_of(lookup, entries)),
                *(each for request in requests for each in request.untold()),
                *await self._broken_journal(),
                *self._complaints(),
            ],
            doubled=[
                *(each for lookup, entries in record for each in doubled_of(lookup, entries)),
                *(each for request in requests for each in request.contradictions()),
                *self._calls_in_vain(record),
            ],
            leaked=[*self.listener.found, *leaks_in(self.folder)],
            notes=[
                *notes,
                f"cards whose buttons are dead: {self._dead_buttons()}",
                f"ended as {dict(states)}",
                f"told the same twice: {twice} of {len(requests)}",
            ],
        )

    async def _record(self) -> Record:
        settings = read(RecordSettings, {"DATABASE_URL": self.scene.environment["DATABASE_URL"]})
        async with open_store(settings) as store:
            return [(lookup, await store.journal(lookup.id)) for lookup in await store.search(EVERYTHING)]

    def _seen(self) -> Mapping[str, Sequence[str]]:
        """What stands in the bot's messages to agents, by the reference in it; cards are for others' eyes."""
        seen: dict[str, list[str]] = defaultdict(list)
        for human in self.scene.slack.humans.values():
            for conversation in human.screen.conversations:
                for message in human.sees(conversation.id):
                    if message.is_app and not _is_card(message) and not message.text.startswith(history.TITLE):
                        for reference in {*REFERENCE.findall(message.text), *REFERENCE.findall(message.words)}:
                            seen[reference].append(message.text)
        return seen

    def _dead_buttons(self) -> int:
        """Cards that offer what is decided: posted by a process that died before it could remember them, mostly."""
        slack = self.scene.slack
        seen = {
            (message.channel_id, message.ts): message
            for human in slack.humans.values()
            for conversation in human.screen.conversations
            for message in human.sees(conversation.id)
            if _is_card(message) and message.buttons
        }
        return len(seen)

    async def _broken_journal(self) -> list[str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "journal", "verify"),
            env={name: self.scene.environment[name] for name in ("DATABASE_URL", "PYTHONPATH")},
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, words = await process.communicate()
        return [] if process.returncode == 0 else [f"the journal is not whole: {words.decode()}"]

    def _complaints(self) -> list[str]:
        return [f"Slack complained: {each}" for each in self.scene.slack.complaints]

    def _calls_in_vain(self, record: Record) -> Iterator[str]:
        """Calls that no attempt accounts for. What a dead process called is known of no more: one call, or none."""
        calls = Counter(call.phone for call in self.scene.cams.calls)
        attempts: Counter[str] = Counter()
        for lookup, _ in record:
            attempts[lookup.phone.digits] += max(1, lookup.result.attempts or 0)
        for phone, count in calls.items():
            if count > attempts[phone]:
                yield f"+{phone} was called {count} times in {attempts[phone]} attempts"


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody in Slack asked for at once: one number, or a list in its order; and what they read of it."""

    listed: Sequence[Lookup]
    seen: Sequence[str]

    @property
    def times_told(self) -> int:
        """How often the agent was told the same of how it ended."""
        counts = Counter(self.seen)
        return max(counts[text] for text in self._outcomes())

    def untold(self) -> Iterator[str]:
        first = self.listed[0]
        if all(is_final(each.state) for each in self.listed) and not self.times_told:
            yield f"{first.id} is {first.state}, and its agent was not told: {self.seen}"

    def contradictions(self) -> Iterator[str]:
        first = self.listed[0]
        if contradictions := set(self.seen) - self._right():
            yield f"{first.id} is {first.state}, and its agent read {contradictions}"

    def _outcomes(self) -> set[str]:
        first = self.listed[0]
        told = {views.outcome_message(first).text}
        if approval_views.has_ended_message(first):
            told.add(approval_views.ended(first).text)
        if first.place:
            told.add(list_views.done_message(self.listed).text)
        return told

    def _right(self) -> set[str]:
        """Everything an agent may have read of what ended so."""
        first, right = self.listed[0], self._outcomes()
        if first.approval is not None:
            approved = replace(first, state=State.APPROVED, approval=replace(first.approval, reason=""))
            right |= {approval_views.receipt(first).text, approval_views.ended(approved).text}
        return right


def _requests(record: Record, seen: Mapping[str, Sequence[str]]) -> list[Request]:
    requests: dict[str, list[Lookup]] = defaultdict(list)
    for lookup, _ in record:
        if lookup.agent.through is Through.SLACK:
            requests[lookup.place.batch_id if lookup.place else lookup.id].append(lookup)
    return [Request(sorted(listed, key=_number), seen.get(reference, ())) for reference, listed in requests.items()]


def _number(lookup: Lookup) -> int:
    return lookup.place.number if lookup.place else 0


def lost_of(lookup: Lookup, entries: Sequence[JournalEntry]) -> Iterator[str]:
    if not is_final(lookup.state):
        yield f"{lookup.id} is {lookup.state} still"
    if lookup.state not in {entry.to_state for entry in entries}:
        yield f"{lookup.id} is {lookup.state}, of which the journal knows nothing"


def doubled_of(lookup: Lookup, entries: Sequence[JournalEntry]) -> Iterator[str]:
    ends = [entry.to_state for entry in entries if entry.to_state and is_final(entry.to_state)]
    if len(ends) > 1:
        yield f"{lookup.id} ended {len(ends)} times: {ends}"
    if ends and ends[-1] is not lookup.state:
        yield f"{lookup.id} is {lookup.state}, and {ends[-1]} in the journal"


def _is_card(message: Message) -> bool:
    return "Asked by" in message.words
