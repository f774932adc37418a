"""Work after the acknowledgement: bounded, counted, and never silent when it breaks."""

import asyncio

import pytest

from bot.slack.jobs import Job, Jobs


class Told:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    async def __call__(self, error: Exception, reference: str) -> None:
        self.heard.append((type(error).__name__, reference))


async def nothing() -> None:
    pass


async def breaks() -> None:
    raise ZeroDivisionError


async def test_what_breaks_is_told_and_logged_under_one_reference(caplog: pytest.LogCaptureFixture) -> None:
    jobs, told = Jobs(), Told()
    jobs.start(Job(breaks, told))
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
    jobs.start(Job(breaks, cannot_tell))
    assert await jobs.drain(5)
    assert [record.getMessage() for record in caplog.records] == ["job broke", "user not told"]


async def test_draining_waits_for_what_starts_meanwhile() -> None:
    jobs, told, done = Jobs(), Told(), []

    async def starts_another() -> None:
        await asyncio.sleep(0)
        jobs.start(Job(ends, told))

    async def ends() -> None:
        await asyncio.sleep(0)
        done.append(1)

    jobs.start(Job(starts_another, told))
    assert await jobs.drain(5)
    assert done == [1]
    assert jobs.running == 0


async def test_draining_gives_up_in_time_and_what_is_left_can_be_ended() -> None:
    jobs = Jobs()
    jobs.start(Job(asyncio.get_running_loop().create_future, Told()))
    assert not await jobs.drain(0.01)
    assert jobs.running == 1
    await jobs.cancel()
    assert jobs.running == 0


async def test_nothing_to_drain_is_drained() -> None:
    assert await Jobs().drain(0)
