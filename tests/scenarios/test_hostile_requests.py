"""Whatever is sent to the bot, it answers in its own words and goes on: no traceback, nothing of a body in a log."""

import hashlib
import hmac
import json
import logging
import time
from functools import partial
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from tests.scenarios.scene import OpenScene, Scene, entry

FORM = "application/x-www-form-urlencoded"
DEEP = "[" * 3000 + "]" * 3000
CLICK = {"type": "block_actions", "user": {"id": "U0ANA"}, "team": {"id": "T0SANDBOX"}, "trigger_id": "1.2.odd"}

ODD_PAYLOADS: dict[str, Any] = {
    "no actions": {**CLICK, "actions": []},
    "actions null": {**CLICK, "actions": None},
    "actions a number": {**CLICK, "actions": 3},
    "an empty action": {**CLICK, "actions": [{}]},
    "a message of the old kind": {"type": "interactive_message", "actions": [], "callback_id": None},
    "a workflow step": {"type": "workflow_step_edit", "workflow_step": None},
    "a list": [],
    "null": None,
    "a number": 3,
    "a string": "text",
    "a view that is none": {"type": "view_submission", "view": 3},
    "a user that is none": {**CLICK, "user": 3, "actions": [{"action_id": "open_form"}]},
}

ODD_BODIES: dict[str, bytes] = {
    **{name: urlencode({"payload": json.dumps(payload)}).encode() for name, payload in ODD_PAYLOADS.items()},
    "broken JSON": b"{",
    "a broken payload": b"payload={x",
    "deep JSON": DEEP.encode(),
    "a deep payload": b"payload=" + DEEP.encode(),
    "not UTF-8": b"payload=\xff\xfe",
    "nothing": b"",
}


def sign(scene: Scene, body: bytes, *, timestamp: str | None = None) -> dict[str, str]:
    timestamp = timestamp if timestamp is not None else str(int(time.time()))
    signed = b":".join((b"v0", timestamp.encode(), body))
    digest = hmac.new(scene.slack.signing_secret.encode(), signed, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}", "Content-Type": FORM}


async def post(scene: Scene, body: bytes, headers: dict[str, str]) -> int:
    assert scene.slack.request_url
    async with (
        aiohttp.ClientSession() as session,
        session.post(scene.slack.request_url, data=body, headers=headers) as response,
    ):
        return response.status


def tracebacks(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.exc_info]


async def test_unsigned_requests_are_refused_whatever_they_hold(
    scene_with: OpenScene, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene_with(is_http=True) as scene:
        for name, body in ODD_BODIES.items():
            assert await post(scene, body, {"Content-Type": FORM}) == 401, name
            assert await post(scene, body, {"Content-Type": "application/json"}) == 401, name
        await still_answers(scene)
    assert tracebacks(caplog) == []


@pytest.mark.parametrize("body", [b"ssl_check=1&token=x", b"token=x&ssl_check=1", b"ssl_check=1&command=%2Fphoneid"])
async def test_a_look_at_our_certificate_is_answered_unsigned_and_nothing_is_done(
    scene_with: OpenScene, body: bytes
) -> None:
    async with scene_with(is_http=True) as scene:
        assert await post(scene, body, {"Content-Type": FORM}) == 200
        for other in (b"ssl_check=2", b"x_ssl_check=1", b"text=ssl_check=1", b'{"ssl_check": "1"}'):
            assert await post(scene, other, {"Content-Type": FORM}) == 401, other
        assert await scene.lookups() == []
        await still_answers(scene)


@pytest.mark.parametrize("timestamp", ["abc", "", "1e3", "9" * 400, "9" * 5000, "-1", "\u00e9"])
async def test_an_odd_timestamp_is_refused(
    scene_with: OpenScene, caplog: pytest.LogCaptureFixture, timestamp: str
) -> None:
    async with scene_with(is_http=True) as scene:
        assert await post(scene, b"command=/phoneid", sign(scene, b"command=/phoneid", timestamp=timestamp)) == 401
    assert tracebacks(caplog) == []


@pytest.mark.parametrize("signature", ["v0=\u00e9", "", "v0=", "\u00e9"])
async def test_an_odd_signature_is_refused(
    scene_with: OpenScene, caplog: pytest.LogCaptureFixture, signature: str
) -> None:
    async with scene_with(is_http=True) as scene:
        headers = sign(scene, b"command=/phoneid") | {"X-Slack-Signature": signature}
        assert await post(scene, b"command=/phoneid", headers) == 401
    assert tracebacks(caplog) == []


async def test_signed_requests_that_cannot_be_read_are_no_failure_of_ours(
    scene_with: OpenScene, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene_with(is_http=True) as scene:
        for name, body in ODD_BODIES.items():
            assert await post(scene, body, sign(scene, body)) < 500, name
        charset = sign(scene, b"command=/phoneid") | {"Content-Type": f"{FORM}; charset=unheard-of"}
        assert await post(scene, b"command=/phoneid", charset) == 400
        await still_answers(scene)
    assert tracebacks(caplog) == []
    malformed = [record for record in caplog.records if record.getMessage() == "payload malformed"]
    assert malformed
    assert not any("U0ANA" in repr(record.__dict__) for record in malformed)


async def test_odd_payloads_do_not_end_socket_mode(scene_with: OpenScene, caplog: pytest.LogCaptureFixture) -> None:
    async with scene_with() as scene:
        await still_answers(scene)
        patience, scene.slack.ack_seconds = scene.slack.ack_seconds, 0.2  # most get no acknowledgement
        for payload in ODD_PAYLOADS.values():
            if isinstance(payload, dict):
                await scene.slack.redeliver(edit=partial(become, new=payload))
        scene.slack.ack_seconds = patience
        assert scene.slack.is_connected
        await still_answers(scene)
    assert "payload malformed" in caplog.messages


def become(payload: dict[str, Any], *, new: dict[str, Any]) -> None:
    payload.clear()
    payload.update(new)


async def still_answers(scene: Scene) -> None:
    """Asks, and waits for an answer that was not there before."""
    before = len(await scene.lookups())
    await scene.ask(entry("The ID"))
    assert len(await scene.lookups()) == before + 1
    await scene.answer(scene.ana, "The phone number ID")
