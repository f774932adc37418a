"""Signed HTTP: payloads posted to the bot's request URL (https://docs.slack.dev/authentication/verifying-requests-from-slack)."""

import asyncio
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import aiohttp
from pydantic import SecretStr

from bot.interfaces import Clock
from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.delivery import Answer, DeliveryKind, Outcome, Parcel


def pack(
    kind: DeliveryKind, *, title: str, payload: JsonObject, signing_secret: SecretStr, clock: Clock, attempt: int = 0
) -> Parcel:
    """The payload as HTTP carries it, signed now: what is sent again within a second has the same signature."""
    if kind is DeliveryKind.EVENT:
        body, content_type = json.dumps(payload).encode(), "application/json"
    else:
        fields = payload if kind is DeliveryKind.COMMAND else {"payload": json.dumps(payload)}
        body, content_type = urlencode(fields).encode(), "application/x-www-form-urlencoded"
    timestamp = str(int(clock.now()))
    signed = b":".join((b"v0", timestamp.encode(), body))
    digest = hmac.new(signing_secret.get_secret_value().encode(), signed, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={digest}",
    }
    return Parcel(kind=kind, title=title, payload=payload, body=body, headers=headers, attempt=attempt)


class SignedHttp:
    """Posts parcels to one URL."""

    def __init__(self, *, url: str, session: aiohttp.ClientSession, ack_seconds: float) -> None:
        self._url = url
        self._session = session
        self._ack_seconds = ack_seconds

    async def carry(self, parcel: Parcel) -> Answer:
        sent = {"url": self._url, "headers": parcel.headers, "payload": parcel.payload}
        try:
            async with asyncio.timeout(self._ack_seconds):
                async with self._session.post(
                    self._url, data=parcel.body, headers=parcel.headers, allow_redirects=False
                ) as answer:
                    text = await answer.text()
        except TimeoutError:
            return Answer(Outcome.LATE, sent=sent)
        except aiohttp.ClientError:
            return Answer(Outcome.UNREACHABLE, sent=sent)
        response = _parse(text, content_type=answer.content_type)
        outcome = Outcome.ACKNOWLEDGED if answer.status == 200 else Outcome.REFUSED
        return Answer(outcome, response=response, status=answer.status, sent=sent, received=response)


def _parse(text: str, *, content_type: str) -> Any:
    """JSON where it says so; other text is shown as it is, as Slack does with an answer to a command."""
    if content_type != "application/json":
        return {"text": text} if text else None
    try:
        return json.loads(text) or None
    except json.JSONDecodeError:
        return {"text": text}
