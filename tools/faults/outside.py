"""Harms from outside: to Slack, to the API, and an ordinary stop. What its agent reads is awaited by name."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import aiohttp

from bot.models import State
from bot.sandbox.cams.trouble import ApiTrouble
from bot.sandbox.slack.trouble import SlackTrouble
from bot.texts.language import in_english
from bot.texts.numbers import numbers
from tests.canaries import CANARY
from tools.faults.story import ANSWERED, NO_ANSWER, SLOW, telling
from tools.faults.tally import Tally
from tools.faults.world import Place

LIST_DONE = f"Your list of {in_english(numbers(3))} is done"


# --- Slack ------------------------------------------------------------------------------------------------------------


def slack_in_trouble(trouble: SlackTrouble, *, seconds: float) -> Callable[[Place], Awaitable[Tally]]:
    async def harm(place: Place) -> Tally:
        """The outcome is told as soon as Slack takes it, where it was asked or directly."""
        async with telling(place, SLOW) as story:
            single = await story.ask_until_called()
            await story.ask_list(3)
            story.world.scene.slack.trouble = trouble
            await asyncio.sleep(seconds)
            story.world.scene.slack.trouble = SlackTrouble.NONE
            await story.reads(ANSWERED, entry=single)
            await story.reads(LIST_DONE)
            return await story.reckon(times=1, lookups=[State.ANSWERED] * 4)

    return harm


async def exhaust_the_response_url(place: Place) -> Tally:
    """Expired or used up: the direct message is the other way."""
    async with telling(place) as story:
        await story.reads(ANSWERED, entry=await story.ask())
        slack = story.world.scene.slack
        expired, used_up = f"{slack.base_url}/commands/{'0' * 32}", slack.deliveries[-1].payload["response_url"]
        await _use_up(used_up)
        for response_url in (expired, used_up):
            entry = next(story.numbers)
            typed = {"text": f"{entry.phone} {CANARY}", "response_url": response_url}
            await slack.redeliver(edit=partial(_retype, typed), with_new_trigger=True)
            message = await story.reads(ANSWERED, entry=entry)
            assert message.channel_id == story.lee.dm
        return await story.reckon(times=2, lookups=[State.ANSWERED] * 3)


async def _use_up(response_url: str) -> None:
    statuses = []
    async with aiohttp.ClientSession() as session:
        for _ in range(5):
            async with session.post(response_url, json={"text": "once more"}) as response:
                statuses.append(response.status)
    assert statuses == [200, 200, 200, 200, 404]  # the bot's own answer was the first of five


def _retype(typed: Mapping[str, str], payload: dict[str, Any]) -> None:
    payload.update(typed)


# --- the API ----------------------------------------------------------------------------------------------------------


def api_in_trouble(trouble: ApiTrouble) -> Callable[[Place], Awaitable[Tally]]:
    async def harm(place: Place) -> Tally:
        """After the retries it has failed, and the agent reads so."""
        async with telling(place) as story:
            story.world.scene.cams.trouble = trouble
            single = await story.ask()
            await story.ask_list(3)
            await story.reads(NO_ANSWER, entry=single)
            await story.reads(LIST_DONE)
            story.world.scene.cams.trouble = ApiTrouble.NONE
            await story.reads(ANSWERED, entry=await story.ask())
            return await story.reckon(times=1, lookups=[*[State.FAILED] * 4, State.ANSWERED])

    return harm


# --- an ordinary stop -------------------------------------------------------------------------------------------------


def stop_while(trouble: ApiTrouble) -> Callable[[Place], Awaitable[Tally]]:
    async def harm(place: Place) -> Tally:
        """No payload is taken any more; what runs ends within its time, or is broken off, and is told either way."""
        async with telling(place, SLOW) as story:
            world = story.world
            world.scene.cams.trouble = trouble
            for _ in range(5):
                await story.ask()
            await story.ask_list(20)
            before = asyncio.get_running_loop().time()
            stopping = asyncio.create_task(world.bot.stop())
            await story.until(lambda: not world.scene.slack.is_connected)
            refused = await story.ask()
            await stopping
            seconds = asyncio.get_running_loop().time() - before
            assert await world.bot.wait() == 0
            assert seconds < 12, seconds
            await story.reads('error "dispatch_failed"')
            tally = await world.reckon(times=1, notes=[f"stopped in {seconds:.1f} s"])
            recorded = await world.scene.lookups()
            assert len(recorded) == 25
            assert refused.digits not in {each.phone.digits for each in recorded}
            ends = {each.state for each in recorded}
            # A call that hangs may be given up just before the bot's patience at its end is over.
            hung = {State.INTERRUPTED, State.FAILED}
            assert ends <= (hung if trouble is ApiTrouble.HANG else {State.ANSWERED})
            return tally

    return harm
