"""A signed request runs once: a retry of Slack's within the same second has the signature of the first delivery."""

import asyncio

import pytest
from aiohttp import web

from bot.slack.gate import SIGNATURES_LIVE, Replays
from tests.clocks import SteppingClock

ONE, TWO = "v0=one", "v0=two"


class Work:
    """Answers as it is told, and counts."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = [*statuses]
        self.runs = 0
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def __call__(self) -> web.Response:
        self.runs += 1
        await self.is_open.wait()
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 0:
            raise ValueError
        return web.Response(status=status, text="for whoever asked first")


async def answer(replays: Replays, signature: str, work: Work) -> tuple[int, str]:
    response = await replays.once(signature, work)
    assert isinstance(response, web.Response)
    return response.status, response.text or ""


async def test_a_repeat_runs_nothing_and_gets_the_status_without_the_body(clock: SteppingClock) -> None:
    replays, work = Replays(clock), Work()
    assert await answer(replays, ONE, work) == (200, "for whoever asked first")
    assert await answer(replays, ONE, work) == (200, "")
    assert await answer(replays, TWO, work) == (200, "for whoever asked first")
    assert work.runs == 2


async def test_a_repeat_waits_for_the_first_delivery_which_is_still_handled(clock: SteppingClock) -> None:
    replays, work = Replays(clock), Work()
    work.is_open.clear()
    deliveries = [asyncio.create_task(answer(replays, ONE, work)) for _ in range(3)]
    await asyncio.sleep(0)
    work.is_open.set()
    assert await asyncio.gather(*deliveries) == [(200, "for whoever asked first"), (200, ""), (200, "")]
    assert work.runs == 1


@pytest.mark.parametrize("status", [400, 404, 500, 503])
async def test_what_failed_is_handled_when_it_comes_again(clock: SteppingClock, status: int) -> None:
    replays, work = Replays(clock), Work(status)
    assert (await answer(replays, ONE, work))[0] == status
    assert await answer(replays, ONE, work) == (200, "for whoever asked first")
    assert await answer(replays, ONE, work) == (200, "")
    assert work.runs == 2


async def test_of_repeats_that_wait_for_what_fails_one_is_handled(clock: SteppingClock) -> None:
    replays, work = Replays(clock), Work(0)
    work.is_open.clear()
    deliveries = [asyncio.create_task(answer(replays, ONE, work)) for _ in range(3)]
    await asyncio.sleep(0)
    work.is_open.set()
    first, *others = await asyncio.gather(*deliveries, return_exceptions=True)
    assert isinstance(first, ValueError)
    assert others == [(200, "for whoever asked first"), (200, "")]
    assert work.runs == 2


async def test_what_was_cancelled_is_handled_when_it_comes_again(clock: SteppingClock) -> None:
    replays, work = Replays(clock), Work()
    work.is_open.clear()
    delivery = asyncio.create_task(answer(replays, ONE, work))
    await asyncio.sleep(0)
    delivery.cancel()
    await asyncio.gather(delivery, return_exceptions=True)
    work.is_open.set()
    assert await answer(replays, ONE, work) == (200, "for whoever asked first")


async def test_a_signature_is_remembered_while_its_age_would_let_it_in(clock: SteppingClock) -> None:
    replays, work = Replays(clock), Work()
    for _ in range(3):  # each repeat renews the memory
        await answer(replays, ONE, work)
        clock.time += SIGNATURES_LIVE
    assert work.runs == 1
    clock.time += 1
    # It would be refused by its age before this is asked; that it is handled here shows that nothing is kept.
    await answer(replays, ONE, work)
    assert work.runs == 2
