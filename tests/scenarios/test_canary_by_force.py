"""The canary is forced in where no screen of Slack's would put it: odd payloads, broken requests, other addresses."""

import asyncio
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.canaries import CANARY, found_in
from tests.scenarios.scene import Scene
from tests.scenarios.test_canary import loud_scene, search, wait_for_port

WHO = {"user": {"id": "U0ANA"}, "team": {"id": "T0SANDBOX"}, "trigger_id": "1.2.odd"}

PAYLOADS: tuple[dict[str, Any], ...] = (
    {**WHO, "type": "dialog_submission", "callback_id": "lookup_form", "submission": {"code": CANARY}, "state": ""},
    {**WHO, "type": "dialog_suggestion", "callback_id": "lookup_form", "name": "code", "value": CANARY},
    {**WHO, "type": "block_suggestion", "block_id": "code", "action_id": "code", "value": CANARY},
    {**WHO, "type": "interactive_message", "callback_id": "x", "actions": [{"name": "code", "value": CANARY}]},
    {**WHO, "type": "shortcut", "callback_id": CANARY},
    {**WHO, "type": "message_action", "callback_id": CANARY, "message": {"text": CANARY}},
    {**WHO, "type": "block_actions", "actions": [{"action_id": CANARY, "block_id": CANARY, "value": CANARY}]},
    {**WHO, "type": "view_submission", "view": {"id": "V1", "callback_id": CANARY, "state": {"values": {CANARY: 1}}}},
    {**WHO, "type": "view_closed", "view": {"id": "V1", "callback_id": CANARY, "private_metadata": CANARY}},
    {"type": "event_callback", "event": {"type": CANARY, "subtype": CANARY, "text": CANARY}, "team_id": "T0SANDBOX"},
    {"type": CANARY},
    {"command": f"/{CANARY}", "text": CANARY, "user_id": "U0ANA", "team_id": "T0SANDBOX"},
)

BROKEN = (
    f"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc{CANARY} code={CANARY} HTTP/1.1\r\n\r\n",
    f"{CANARY} {CANARY}\r\n\r\n",
    f"GET /healthz HTTP/1.1\r\nHost: x\r\n{CANARY}\r\n\r\n",
    f"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nx{CANARY}\x00: 1\r\n\r\n",
    f"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /{CANARY} HTTP/{CANARY}\r\n\r\n",
    f"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{CANARY}z\r\n{CANARY}\r\n",
    f"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: {CANARY}z\r\n\r\n{CANARY}",
    f"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\n{CANARY}",
    f"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{CANARY}",
)
"""Requests as a proxy sends them that cuts or joins bodies in the wrong place, in Latin-1."""

ADDRESSES = ("/healthz", "/readyz", "/metrics", "/", f"/healthz?code={CANARY}", f"/{CANARY}", f"/slack/events/{CANARY}")


async def test_the_canary_is_nowhere_whatever_is_sent(tmp_path: Path, unused_tcp_port: int) -> None:
    async with loud_scene(tmp_path, is_http=True) as (scene, bot):
        # Python's own development mode says more than any logger: what is slow, what was never closed or awaited.
        loud = {"PORT": str(unused_tcp_port), "PYTHONDEVMODE": "1", "PYTHONASYNCIODEBUG": "1"}
        await bot.start_with(scene.environment | loud)
        scene.slack.request_url = f"http://127.0.0.1:{unused_tcp_port}/slack/events"
        await wait_for_port(scene)
        async with aiohttp.ClientSession() as session:
            for payload in PAYLOADS:
                await send(scene, session, payload)
            for address in ADDRESSES:
                async with session.get(f"http://127.0.0.1:{unused_tcp_port}{address}") as response:
                    assert found_in(await response.read()) == [], address
        for broken in BROKEN:
            assert found_in(await send_raw(unused_tcp_port, broken.encode("latin-1"))) == [], broken
        await bot.stop()
        search(tmp_path, scene)


async def send(scene: Scene, session: aiohttp.ClientSession, payload: dict[str, Any]) -> None:
    """Signed as Slack would, in the form in which Slack sends this kind of thing."""
    is_event = "event" in payload or payload.get("type") == CANARY
    body = payload if "command" in payload else {"payload": json.dumps(payload)}
    content = json.dumps(payload).encode() if is_event else urlencode(body).encode()
    timestamp = str(int(time.time()))
    signed = b":".join((b"v0", timestamp.encode(), content))
    digest = hmac.new(scene.slack.signing_secret.encode(), signed, hashlib.sha256).hexdigest()
    headers = {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={digest}",
        "Content-Type": "application/json" if is_event else "application/x-www-form-urlencoded",
    }
    assert scene.slack.request_url
    async with session.post(scene.slack.request_url, data=content, headers=headers) as response:
        assert response.status in {200, 400, 404}, payload
        assert found_in(await response.read()) == [], payload


async def send_raw(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        writer.write_eof()
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()
