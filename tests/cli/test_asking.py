"""A list's numbers are asked for a window at a time, in the lists' lane, each recorded when its time comes."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager

from pydantic import SecretStr

from bot.cli.asking import Asking
from bot.cli.ids import Row
from bot.entry.table import Line
from bot.lookups import Lookups
from bot.models import Actor, Answer, BatchId, LogQuery, PhoneNumber, Place, State, Through
from bot.store.sqlite import SqliteStore
from bot.tickets import Call, Lane
from tests.clocks import SteppingClock
from tests.quotas import FreeQuota

LINES = [
    Line(line=number, phone=PhoneNumber(f"1202555{number:04}"), code=SecretStr("208312"), reason="")
    for number in range(1, 31)
]


class CountingApi:
    """Answers once everybody who can be there has been; remembers how many were recorded as asked by then."""

    def __init__(self, store: SqliteStore, *, at_once: int) -> None:
        self._store = store
        self._at_once = at_once
        self._is_full = asyncio.Event()
        self.recorded: list[int] = []
        self.running = 0
        self.most = 0

    async def get_phone_number_id(
        self, phone: PhoneNumber, code: SecretStr, *, turn: Callable[[], AbstractAsyncContextManager[Call]]
    ) -> Answer:
        async with turn():
            self.running += 1
            self.most = max(self.most, self.running)
            if self.running == self._at_once:
                self._is_full.set()
            await self._is_full.wait()
            self.recorded.append(len(await self._store.search(LogQuery(limit=100))))
            self.running -= 1
        return Answer(phone_number_id=phone.digits[::-1], request_id="R")


class KeptIds:
    """Keeps the rows; ``fails_at`` is the row that cannot be written."""

    def __init__(self, *, fails_at: int | None = None) -> None:
        self.rows: list[Row] = []
        self._fails_at = fails_at

    @property
    def earlier(self) -> Mapping[PhoneNumber, Row]:
        return {}

    def add(self, row: Row) -> None:
        if len(self.rows) == self._fails_at:
            raise OSError(28, "No space left on device")
        self.rows.append(row)

    def finish(self, order: Collection[PhoneNumber]) -> None:
        """Nothing: it is all here."""


async def ask(ids: KeptIds, *, at_once: int) -> tuple[Asking, CountingApi, FreeQuota, list[Place | None]]:
    clock = SteppingClock()
    store = SqliteStore(":memory:", clock=clock)
    await store.open()
    api, quota = CountingApi(store, at_once=at_once), FreeQuota()
    lookups = Lookups(store=store, api=api, quota=quota, clock=clock)
    agent = Actor(team_id="host", user_id="ana", through=Through.COMMAND_LINE)
    asking = Asking(lookups, ids, agent=agent, batch_id=BatchId("B-7K3Q9FZ2"), tell=lambda row: None)
    await asyncio.wait_for(asking.ask(LINES, at_once=at_once), 30)
    places = [lookup.place for lookup in await store.search(LogQuery(limit=100))][::-1]
    await store.aclose()
    return asking, api, quota, places


async def test_no_more_are_recorded_as_asked_than_run_or_have_ended() -> None:
    ids = KeptIds()
    asking, api, _, _ = await ask(ids, at_once=5)
    assert asking.why_stopped is None
    assert len(ids.rows) == 30
    assert api.most == 5
    assert all(recorded <= called + 5 for called, recorded in enumerate(api.recorded, 1))


async def test_a_list_waits_in_the_lists_lane_and_each_number_has_its_place_in_it() -> None:
    _, _, quota, places = await ask(KeptIds(), at_once=5)
    assert {ticket.lane for ticket in quota.tickets} == {Lane.BULK}
    assert places == [Place(batch_id=BatchId("B-7K3Q9FZ2"), number=number, of=30) for number in range(1, 31)]


async def test_an_output_that_cannot_be_written_ends_the_run() -> None:
    ids = KeptIds(fails_at=7)
    asking, api, _, _ = await ask(ids, at_once=5)
    assert len(ids.rows) == 7
    assert asking.why_stopped is not None
    assert "No space left on device" in asking.why_stopped
    assert "B-7K3Q9FZ2" in asking.why_stopped
    assert len(api.recorded) <= 7 + 5
    assert {row.state for row in ids.rows} == {State.ANSWERED}
