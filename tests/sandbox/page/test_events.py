"""Server-sent events: told of every change, together when they come fast, and nothing left behind."""

import asyncio

import aiohttp
import pytest

from bot.sandbox.inspector import Wire
from bot.sandbox.page.changes import Changes
from tests.sandbox.page.site import Site


async def read_frame(response: aiohttp.ClientResponse) -> bytes:
    return await asyncio.wait_for(response.content.readuntil(b"\n\n"), 5)


async def listen(site: Site) -> aiohttp.ClientResponse:
    """An open stream, past its first frame."""
    response = await site.get("/sandbox/events?user=U0ANA")
    assert response.headers["Content-Type"] == "text/event-stream"
    assert await read_frame(response) == b": connected\n\n"
    return response


async def test_a_change_in_slack_is_told(site: Site) -> None:
    response = await listen(site)
    site.slack.change()
    assert await read_frame(response) == b'event: changed\ndata: {"version": 1}\n\n'
    response.close()


@pytest.mark.parametrize("what", ["an exchange", "a trouble", "the bot"])
async def test_changes_beside_slack_are_told_too(site: Site, what: str) -> None:
    response = await listen(site)
    if what == "an exchange":
        site.inspector.record(Wire.SLACK_TO_BOT, "slash command", at=1.0, request={})
    elif what == "a trouble":
        await site.post("/sandbox/trouble", {"api": "slow"})
    else:
        await site.post("/sandbox/bot", {"do": "restart"})
    assert (await read_frame(response)).startswith(b"event: changed\n")
    response.close()


async def test_every_open_page_is_told(site: Site) -> None:
    responses = [await listen(site), await listen(site)]
    site.slack.change()
    assert [await read_frame(response) for response in responses] == [b'event: changed\ndata: {"version": 1}\n\n'] * 2
    for response in responses:
        response.close()


async def test_changes_that_come_together_are_told_as_one() -> None:
    changes = Changes()
    frames = changes.frames()
    await anext(frames)
    for _ in range(100):
        changes.announce()
    assert await anext(frames) == b'event: changed\ndata: {"version": 100}\n\n'
    changes.wake()
    assert await anext(frames) == b": still here\n\n"
    await frames.aclose()


async def test_a_change_between_two_reads_is_not_lost() -> None:
    changes = Changes()
    frames = changes.frames()
    await anext(frames)
    changes.announce()
    await anext(frames)
    changes.announce()
    assert await anext(frames) == b'event: changed\ndata: {"version": 2}\n\n'
    await frames.aclose()


async def test_a_page_that_is_gone_is_forgotten_at_the_next_beat(site: Site) -> None:
    response = await listen(site)
    assert site.page_api.changes.listeners == 1
    response.close()
    async with asyncio.timeout(5):
        while site.page_api.changes.listeners:
            site.clock.ring()
            await asyncio.sleep(0)


async def test_the_beat_keeps_an_idle_stream_alive(site: Site) -> None:
    response = await listen(site)
    site.clock.ring()
    assert await read_frame(response) == b": still here\n\n"
    response.close()


async def test_a_stopping_server_ends_its_streams_at_once(site: Site) -> None:
    response = await listen(site)
    await asyncio.wait_for(site.runner.cleanup(), 2)
    assert await response.content.read() == b": still here\n\n"
    assert site.page_api.changes.listeners == 0


async def test_a_stream_opened_while_stopping_ends_after_its_first_frame() -> None:
    changes = Changes()
    changes.end()
    assert [frame async for frame in changes.frames()] == [b": connected\n\n"]
