"""Work after the acknowledgement: bounded, counted, and never silent when it breaks."""

import asyncio
import inspect

import pytest

from bot.slack.jobs import Jobs, new_reference


class Told:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    async def __call__(self, error: Exception, reference: str) -> None:
        self.heard.append((type(error).__name__, reference))


async def breaks() -> None:
    raise ZeroDivisionError


async def test_what_breaks_is_told_and_logged_under_one_reference(caplog: pytest.LogCaptureFixture) -> None:
    jobs, told = Jobs(), Told()
    jobs.start(breaks(), tell=told)
    assert await jobs.drain(5)
    ((error, reference),) = told.heard
    assert error == "ZeroDivisionError"
    (record,) = caplog.records
    assert record.facts == {"reference": reference}  # type: ignore[attr-defined]  # given as extra
    assert record.exc_info


async def test_when_telling_breaks_too_the_log_has_both(caplog: pytest.LogCaptureFixture) -> None:
    async def cannot_tell(error: Exception, reference: str) -> None:
        raise OSError

    jobs = Jobs()
    jobs.start(breaks(), tell=cannot_tell)
    assert await jobs.drain(5)
    assert [record.getMessage() for record in caplog.records] == ["job failed", "message to user failed"]


async def test_draining_waits_for_what_starts_meanwhile() -> None:
    jobs, told, done = Jobs(), Told(), []

    async def starts_another() -> None:
        await asyncio.sleep(0)
        jobs.start(ends(), tell=told)

    async def ends() -> None:
        await asyncio.sleep(0)
        done.append(1)

    jobs.start(starts_another(), tell=told)
    assert await jobs.drain(5)
    assert done == [1]
    assert jobs.running == 0


async def test_draining_gives_up_in_time_and_what_is_left_can_be_ended() -> None:
    jobs = Jobs()
    jobs.start(asyncio.Event().wait(), tell=Told())
    assert not await jobs.drain(0.01)
    assert jobs.running == 1
    await jobs.cancel()
    assert jobs.running == 0


async def test_nothing_to_drain_is_drained() -> None:
    assert await Jobs().drain(0)


async def test_what_is_ended_before_it_began_is_closed_and_nobody_is_told() -> None:
    jobs, told = Jobs(), Told()
    work = breaks()
    jobs.start(work, tell=told)
    await jobs.cancel()
    assert inspect.getcoroutinestate(work) == inspect.CORO_CLOSED
    assert (jobs.running, told.heard) == (0, [])


async def test_the_task_of_a_job_ends_well_even_if_its_work_did_not() -> None:
    await Jobs().start(breaks(), tell=Told())


def test_references_are_not_alike() -> None:
    assert len({new_reference() for _ in range(100)}) == 100
