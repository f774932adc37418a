"""What became of every lookup: in the record, in its agent's eyes, and in whatever could hold a code."""

import asyncio
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.app import open_store
from bot.models import JournalEntry, LogQuery, Lookup, LookupId, State, Through
from bot.policy import is_final
from bot.sandbox.slack.workspace import Message
from bot.settings import RecordSettings, read
from bot.slack import approval_views, views
from bot.texts import history
from tests.faults.leaks import Listener, leaks_in
from tests.faults.tally import Tally
from tests.scenarios.scene import Scene

REFERENCE = re.compile(r"L-\w{8}")

EVERYTHING = LogQuery(limit=1_000_000)


@dataclass(frozen=True, kw_only=True)
class Reckoning:
    """A world after a fault: the sandbox, the folder of the bot's files, and what its agents heard."""

    scene: Scene
    folder: Path
    listener: Listener
    times: int
    notes: list[str] = field(default_factory=list)

    async def reckon(self) -> Tally:
        """Everything there is to say once nothing runs any more."""
        record = await self._record()
        seen = self._seen()
        self.listener.listen()
        lost = [each for lookup, entries in record for each in _lost(lookup, entries, seen[lookup.id])]
        doubled = [each for lookup, entries in record for each in _doubled(lookup, entries, seen[lookup.id])]
        told_twice = sum(_times_told(lookup, seen[lookup.id]) > 1 for lookup, _ in record)
        states = Counter(lookup.state.value for lookup, _ in record)
        return Tally(
            times=self.times,
            lookups=len(record),
            lost=[*lost, *await self._broken_journal(), *self._complaints()],
            doubled=[*doubled, *self._calls_in_vain(record)],
            leaked=[*self.listener.found, *leaks_in(self.folder)],
            notes=[*self.notes, f"ended as {dict(states)}", f"told the same twice: {told_twice}"],
        )

    async def _record(self) -> list[tuple[Lookup, list[JournalEntry]]]:
        settings = read(RecordSettings, {"DATABASE_URL": self.scene.environment["DATABASE_URL"]})
        async with open_store(settings) as store:
            return [(lookup, await store.journal(lookup.id)) for lookup in await store.search(EVERYTHING)]

    def _seen(self) -> dict[LookupId, list[str]]:
        """What stands in the bot's messages to each lookup's agent, by lookup; cards are for others' eyes."""
        seen: dict[LookupId, list[str]] = defaultdict(list)
        for human in self.scene.slack.humans.values():
            for conversation in human.screen.conversations:
                for message in human.sees(conversation.id):
                    if message.is_app and not _is_card(message) and not message.text.startswith(history.TITLE):
                        for reference in {*REFERENCE.findall(message.text), *REFERENCE.findall(message.words)}:
                            seen[LookupId(reference)].append(message.text)
        return seen

    async def _broken_journal(self) -> list[str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "journal", "verify"),
            env={"DATABASE_URL": self.scene.environment["DATABASE_URL"]},
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, words = await process.communicate()
        return [] if process.returncode == 0 else [f"the journal is not whole: {words.decode()}"]

    def _complaints(self) -> list[str]:
        return [f"Slack complained: {each}" for each in self.scene.slack.complaints]

    def _calls_in_vain(self, record: list[tuple[Lookup, list[JournalEntry]]]) -> Iterator[str]:
        """Calls that no attempt accounts for. What a dead process called is known of no more: one call, or none."""
        calls = Counter(call.phone for call in self.scene.cams.calls)
        attempts: Counter[str] = Counter()
        for lookup, _ in record:
            attempts[lookup.phone.digits] += max(1, lookup.result.attempts or 0)
        for phone, count in calls.items():
            if count > attempts[phone]:
                yield f"+{phone} was called {count} times in {attempts[phone]} attempts"


def _lost(lookup: Lookup, entries: list[JournalEntry], seen: list[str]) -> Iterator[str]:
    if not is_final(lookup.state):
        yield f"{lookup.id} is {lookup.state} still"
    elif lookup.agent.through is Through.SLACK and not _times_told(lookup, seen):
        yield f"{lookup.id} is {lookup.state}, and its agent was not told: {seen}"
    if entries[-1].to_state is None and not any(entry.to_state is lookup.state for entry in entries):
        yield f"{lookup.id} is {lookup.state}, of which the journal knows nothing"


def _doubled(lookup: Lookup, entries: list[JournalEntry], seen: list[str]) -> Iterator[str]:
    ends = [entry.to_state for entry in entries if entry.to_state and is_final(entry.to_state)]
    if len(ends) > 1:
        yield f"{lookup.id} ended {len(ends)} times: {ends}"
    if ends and ends[-1] is not lookup.state:
        yield f"{lookup.id} is {lookup.state}, and {ends[-1]} in the journal"
    if contradictions := set(seen) - _right(lookup):
        yield f"{lookup.id} is {lookup.state}, and its agent read {contradictions}"


def _times_told(lookup: Lookup, seen: list[str]) -> int:
    """How often an agent was told the same of how it ended."""
    counts = Counter(seen)
    return max(counts[text] for text in _outcomes(lookup))


def _outcomes(lookup: Lookup) -> set[str]:
    told = {views.outcome_message(lookup).text}
    return told | {approval_views.ended(lookup).text} if approval_views.has_ended_message(lookup) else told


def _right(lookup: Lookup) -> set[str]:
    """Everything an agent may have been told of a lookup that ended so."""
    right = _outcomes(lookup)
    if lookup.approval is not None:
        approved = replace(lookup, state=State.APPROVED, approval=replace(lookup.approval, reason=""))
        right |= {approval_views.receipt(lookup).text, approval_views.ended(approved).text}
    return right


def _is_card(message: Message) -> bool:
    return "Asked by" in message.words
