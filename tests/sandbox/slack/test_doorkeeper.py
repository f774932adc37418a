"""Who may knock: no browser where only the bot has business, no other host, no other machine."""

import aiohttp
import pytest
from aiohttp import web

from bot.sandbox.slack.server import LocalSlack


@pytest.mark.parametrize("path", ["/api/auth.test", "/commands/0", "/actions/0"])
async def test_a_browser_cannot_call_for_the_bot(slack: LocalSlack, session: aiohttp.ClientSession, path: str) -> None:
    headers = {"Origin": slack.base_url, "Authorization": f"Bearer {slack.bot_token}"}
    async with session.post(f"{slack.base_url}{path}", headers=headers) as response:
        assert response.status == 403


async def test_a_browser_cannot_open_a_connection(slack: LocalSlack, session: aiohttp.ClientSession) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await session.ws_connect(f"{slack.base_url}/link/", origin="http://evil.example")
    assert caught.value.status == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "evil.example:{port}"])
async def test_another_host_is_refused(slack: LocalSlack, session: aiohttp.ClientSession, host: str) -> None:
    port = slack.base_url.rpartition(":")[2]
    headers = {"Host": host.format(port=port), "Authorization": f"Bearer {slack.bot_token}"}
    async with session.get(f"{slack.base_url}/api/auth.test", headers=headers) as response:
        assert response.status == 403


async def test_localhost_is_this_machine_too(slack: LocalSlack, session: aiohttp.ClientSession) -> None:
    port = slack.base_url.rpartition(":")[2]
    headers = {"Host": f"localhost:{port}", "Authorization": f"Bearer {slack.bot_token}"}
    async with session.get(f"{slack.base_url}/api/auth.test", headers=headers) as response:
        assert (await response.json())["ok"] is True


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
async def test_only_loopback_is_served(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        await LocalSlack().start(host=host)


async def test_others_may_add_routes_before_the_start(session: aiohttp.ClientSession) -> None:
    async def show(_request: web.Request) -> web.Response:
        return web.Response(text="page")

    slack = LocalSlack()
    slack.web_app.router.add_get("/", show)
    await slack.start()
    async with session.get(f"{slack.base_url}/") as response:
        assert await response.text() == "page"
    await slack.stop()
