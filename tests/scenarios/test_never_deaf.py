"""The bot is never alive and deaf: each trouble ends in a new connection or a clear end within a minute, and /readyz
says so meanwhile. In virtual time."""

import asyncio
from collections.abc import Callable

import aiohttp
import pytest

from bot.errors import AccessLost
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.trouble import Forced
from bot.texts import terminal
from tests.scenarios.scene import OpenScene, Scene, entry

MINUTE = 60.0


async def readiness(scene: Scene) -> tuple[int, str]:
    assert scene.bot
    url = f"http://127.0.0.1:{scene.bot.health_port}/readyz"
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, (await answer.text()).splitlines()[-1]


async def until_ready(scene: Scene, status: int) -> float:
    """How many seconds it takes until ``/readyz`` has this status."""
    began = scene.clock.monotonic()
    while (await readiness(scene))[0] != status:
        assert scene.clock.monotonic() - began <= MINUTE, await readiness(scene)
        await scene.clock.sleep(0.1)
    return scene.clock.monotonic() - began


async def take_away(slack: LocalSlack, *, upgrades_refused: int) -> None:
    """Slack ends every connection, and refuses so many of the next tries to open one."""
    slack.sockets.upgrades_refused = upgrades_refused
    await slack.sockets.close()


@pytest.mark.parametrize("refused", [2, 6], ids=["each link's once", "each link's three times"])
async def test_an_address_that_is_refused_ends_in_a_new_connection(scene_with: OpenScene, refused: int) -> None:
    async with scene_with(PHONEID_HEALTH_PORT="0") as scene:
        await scene.slack.until(lambda: scene.slack.connections == 2)
        await take_away(scene.slack, upgrades_refused=refused)
        await until_ready(scene, 503)
        assert (await readiness(scene))[1] == "Slack: 0 of 2 connections open"
        assert await until_ready(scene, 200) < MINUTE
        await scene.slack.until(lambda: scene.slack.connections == 2)
        await scene.ask(entry("The ID"))
        await scene.answer(scene.ana, "The phone number ID")


def refuse_for_ever(slack: LocalSlack) -> str:
    slack.sockets.upgrades_refused = 1_000_000
    return terminal.no_websocket("HTTP 503", is_too_many=False)


def revoke_app_token(slack: LocalSlack) -> str:
    slack.forced["apps.connections.open"] = Forced("token_revoked")
    return terminal.app_token_refused("token_revoked")


def revoke_bot_token(slack: LocalSlack) -> str:
    slack.forced["auth.test"] = Forced("token_revoked")
    return terminal.bot_token_refused("token_revoked")


@pytest.mark.parametrize("trouble", [refuse_for_ever, revoke_app_token, revoke_bot_token])
async def test_what_no_try_can_help_ends_the_bot_within_a_minute_and_it_is_not_ready_before(
    scene_with: OpenScene, trouble: Callable[[LocalSlack], str]
) -> None:
    async with scene_with(PHONEID_HEALTH_PORT="0") as scene:
        assert scene.bot
        await scene.slack.until(lambda: scene.slack.connections == 2)
        sentence = trouble(scene.slack)
        began = scene.clock.monotonic()
        if trouble is not revoke_bot_token:
            await scene.slack.sockets.close()
        lost = asyncio.create_task(scene.bot.until_lost())
        await until_ready(scene, 503)
        await asyncio.wait({lost}, timeout=2 * MINUTE)
        assert scene.clock.monotonic() - began <= MINUTE
        assert (await readiness(scene))[0] == 503
    with pytest.raises(AccessLost) as caught:
        lost.result()
    assert caught.value.mistakes == (sentence,)


async def test_a_pong_that_never_comes_ends_in_a_new_connection(scene_with: OpenScene) -> None:
    async with scene_with(PHONEID_HEALTH_PORT="0") as scene:
        await scene.slack.until(lambda: scene.slack.connections == 2)
        scene.slack.sockets.is_frozen = True
        scene.slack.sockets.upgrades_refused = 2  # so that it can be seen
        waited = await until_ready(scene, 503)
        assert 5 < waited < MINUTE / 2
        scene.slack.sockets.is_frozen = False
        assert waited + await until_ready(scene, 200) < MINUTE
        await scene.ask(entry("The ID"))
        await scene.answer(scene.ana, "The phone number ID")
