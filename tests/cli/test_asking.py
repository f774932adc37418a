"""A list's numbers are asked for a window at a time, in the lists' lane, each recorded when its time comes."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from pydantic import SecretStr

from bot.audit import LogEntry, LogQuery
from bot.cli.asking import Asking
from bot.cli.ids import Ids, Row
from bot.entry.table import Line
from bot.lookups import Lookups
from bot.models import PhoneNumber, Request, Result, State
from bot.policy import YES
from bot.store import requests, search
from bot.store.record import Record
from bot.store.sqlite import IN_MEMORY, SqliteEngine
from bot.tickets import Call, Lane
from tests.clocks import SteppingClock
from tests.factories import OLGA, new_request
from tests.quotas import FreeQuota

LINES = [
    Line(
        line=number,
        phone=PhoneNumber(f"1202555{number:04}"),
        code=SecretStr("208312"),
        reason="of its own" if number == 7 else "ticket 7",
    )
    for number in range(1, 31)
]


class CountingApi:
    """Answers once everybody who can be there has been; remembers how many were recorded as asked by then."""

    def __init__(self, record: Record, *, at_once: int) -> None:
        self._record = record
        self._at_once = at_once
        self._is_full = asyncio.Event()
        self.recorded: list[int] = []
        self.running = 0
        self.most = 0

    async def get_phone_number_id(
        self, phone: PhoneNumber, code: SecretStr, *, turn: Callable[[], AbstractAsyncContextManager[Call]]
    ) -> Result:
        async with turn():
            self.running += 1
            self.most = max(self.most, self.running)
            if self.running == self._at_once:
                self._is_full.set()
            await self._is_full.wait()
            self.recorded.append(len(await self._record.read(search.search, LogQuery(limit=100))))
            self.running -= 1
        return Result(phone_number_id=phone.digits[::-1], api_code="OK", request_id="R", http_status=200)


class KeptIds(Ids):
    """Keeps the rows; ``fails_at`` is the row that cannot be written."""

    def __init__(self, *, fails_at: int | None = None) -> None:
        super().__init__(-1)
        self.rows: list[Row] = []
        self._fails_at = fails_at

    def add(self, row: Row) -> None:
        if len(self.rows) == self._fails_at:
            raise OSError(28, "No space left on device")
        self.rows.append(row)


@dataclass
class Run:
    """What came of asking for the list."""

    asking: Asking
    request: Request
    api: CountingApi
    quota: FreeQuota
    log: list[LogEntry]
    """In the list's order."""


async def ask(ids: KeptIds, *, at_once: int) -> Run:
    clock = SteppingClock()
    record = Record(SqliteEngine(IN_MEMORY, process="p1", clock_now=clock.now))
    await record.open()
    api, quota = CountingApi(record, at_once=at_once), FreeQuota()
    lookups = Lookups(record=record, api=api, quota=quota, clock=clock)
    new = new_request((), agent=OLGA, reason="ticket 7", size=len(LINES))
    request = (await record.change(requests.accept, new, YES)).request
    asking = Asking(record, lookups, ids, request=request, tell=lambda row: None)
    await asyncio.wait_for(asking.ask(LINES, at_once=at_once), 30)
    log = await record.read(search.search, LogQuery(limit=100))
    await record.aclose()
    return Run(asking, request, api, quota, log[::-1])


async def test_no_more_are_recorded_as_asked_than_run_or_have_ended() -> None:
    ids = KeptIds()
    run = await ask(ids, at_once=5)
    assert run.asking.why_stopped is None
    assert len(ids.rows) == 30
    assert run.api.most == 5
    assert all(recorded <= called + 5 for called, recorded in enumerate(run.api.recorded, 1))


async def test_a_list_waits_in_the_lists_lane_and_each_number_has_its_place_in_the_request() -> None:
    run = await ask(KeptIds(), at_once=5)
    assert {ticket.lane for ticket in run.quota.tickets} == {Lane.BULK}
    assert run.request.size == 30
    assert [entry.lookup.id for entry in run.log] == [f"{run.request.id}/{number}" for number in range(1, 31)]
    assert [entry.lookup.phone for entry in run.log] == [line.phone for line in LINES]


async def test_a_reason_is_the_requests_and_a_number_with_one_of_its_own_keeps_it() -> None:
    run = await ask(KeptIds(), at_once=5)
    assert {entry.request.reason for entry in run.log} == {"ticket 7"}
    assert [entry.lookup.reason for entry in run.log] == [*[""] * 6, "of its own", *[""] * 23]


async def test_an_output_that_cannot_be_written_ends_the_run() -> None:
    ids = KeptIds(fails_at=7)
    run = await ask(ids, at_once=5)
    assert len(ids.rows) == 7
    assert run.asking.why_stopped is not None
    assert "No space left on device" in run.asking.why_stopped
    assert run.request.id in run.asking.why_stopped
    assert len(run.api.recorded) <= 7 + 5
    assert {row.state for row in ids.rows} == {State.ANSWERED}
