"""The use case as time passes: requests expire, approvals lapse, approvers are reminded, what was shown is known."""

from collections.abc import AsyncIterator

import pytest

from bot.approvals import BOT, LATELY
from bot.errors import NotPossible
from bot.models import Event, PhoneNumber, State
from bot.policy import Action
from tests.office import CODE, HOUR, KIM, LEE, Office, open_office


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with open_office() as opened:
        yield opened


async def test_what_nobody_decided_expires_once_and_its_code_with_it(office: Office) -> None:
    lookup = await office.ask()
    assert await office.approvals.expire() == []
    office.clock.time += HOUR
    (expired,) = await office.approvals.expire()
    assert (expired.id, expired.state) == (lookup.id, State.EXPIRED)
    assert expired.approval
    assert expired.approval.decided_by == BOT
    assert await office.approvals.expire() == []
    assert len(office.vault) == 0


async def test_an_approval_that_nobody_used_lapses_and_its_approver_stays_known(office: Office) -> None:
    lookup = await office.do(Action.APPROVE, (await office.ask(code=None)).id)
    office.clock.time += HOUR
    (lapsed,) = await office.approvals.expire()
    assert (lapsed.id, lapsed.state) == (lookup.id, State.LAPSED)
    assert lapsed.approval
    assert lapsed.approval.decided_by == LEE
    with pytest.raises(NotPossible):
        await office.approvals.use(lookup, CODE)


async def test_what_waits_for_half_its_time_is_reminded_of_once(office: Office) -> None:
    lookup = await office.ask()
    assert await office.approvals.remind() == []
    office.clock.time += HOUR / 2 + 1
    assert [each.id for each in await office.approvals.remind()] == [lookup.id]
    assert await office.approvals.remind() == []
    assert Event.REMINDED in [entry.event for entry in await office.store.journal(lookup.id)]


async def test_of_what_is_decided_nobody_is_reminded(office: Office) -> None:
    await office.do(Action.APPROVE, (await office.ask()).id)
    office.clock.time += HOUR / 2 + 1
    assert await office.approvals.remind() == []


async def test_lately_counts_this_request_and_those_of_the_last_days(office: Office) -> None:
    other = PhoneNumber("12025550116")
    await office.ask(key="long ago")
    office.clock.time += LATELY + 1
    await office.ask(key="by another", agent=KIM)
    await office.ask(key="another number", phone=other)
    lately = await office.approvals.lately(await office.ask(key="this"))
    assert (lately.by_agent, lately.for_number) == (2, 2)


async def test_what_is_shown_is_journalled_each_time(office: Office) -> None:
    lookup = await office.ask()
    for actor in (LEE, KIM, LEE):
        await office.approvals.record_showing(lookup, actor)
    shown = [entry.actor for entry in await office.store.journal(lookup.id) if entry.event is Event.SHOWN]
    assert shown == [LEE, KIM, LEE]
