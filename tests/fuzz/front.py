"""The bot's Slack half with everything behind it that is quick, and a Slack that takes note of all it is sent."""

import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, cast

import aiohttp
from pydantic import SecretStr
from slack_bolt.async_app import AsyncApp
from yarl import URL

from bot.cams.protocol import decipher
from bot.lookups import Lookups
from bot.metrics import Metrics
from bot.models import Actor, ApprovalState, PhoneNumber, Problem, Request, Result, Through
from bot.network import Network
from bot.sandbox.slack.validator import Surface, check_message, check_view
from bot.settings import BotSettings, read
from bot.slack.app import build_app
from bot.slack.bot_token import BotToken
from bot.slack.connection import Identity
from bot.slack.jobs import Jobs
from bot.slack.link import answer_to
from bot.slack.messenger import Messenger
from bot.slack.parts import Base, build_parts
from bot.slack.people import People
from bot.slack.readers import Readers
from bot.slack.web import Web
from bot.slack.windows import SETTLED_AFTER
from bot.store import decisions, requests
from bot.store.engine import Tx
from bot.store.sqlite import IN_MEMORY
from bot.store.urls import SQLITE, record_at
from bot.texts.language import Languages
from bot.tickets import Call
from bot.workspaces import Installation
from tests import factories
from tests.clocks import SteppingClock
from tests.doubles import Believed
from tests.fuzz.listening import Heard, listening
from tests.fuzz.odd import CODE, MENTION, odd_text
from tests.quotas import FreeQuota

TEAM = "T0SANDBOX"
MEMBERS = frozenset({"U0ANA", "U0TRU", "U0LEE", "U0KIM"})
"""Everybody else is nobody to this Slack. Ana's requests need approval, Tru is trusted, Lee and Kim decide."""

API = "https://slack.test/api/"
HOOKS = "https://hooks.slack.test/"

ENVIRONMENT = {
    "SLACK_BOT_TOKEN": "xoxb-invented",
    "SLACK_SIGNING_SECRET": f"{0:032x}",
    "SLACK_API_URL": API,
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "invented",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "invented",
    "PHONEID_APPROVAL": "always",
    "PHONEID_APPROVERS": "U0LEE,U0KIM",
    "PHONEID_TRUSTED": "U0TRU",
}


class OddApi:
    """Says yes, or a no, in words that an API should not use."""

    def __init__(self) -> None:
        self.chance = Random(0)

    async def get_phone_number_id(
        self, phone: PhoneNumber, code: SecretStr, *, turn: Callable[[], AbstractAsyncContextManager[Call]]
    ) -> Result:
        api_code = "OK" if self.chance.random() < 0.6 else f"InvalidParameter.{odd_text(self.chance)}"
        envelope = {
            "Code": api_code,
            "Message": f"{odd_text(self.chance)} {code.get_secret_value()}",
            "RequestId": odd_text(self.chance),
            "Data": {"PhoneNumberId": odd_text(self.chance)},
        }
        async with turn():
            body = json.dumps(envelope).encode()
            return decipher(status=200, headers={}, body=body, code=code)


@dataclass
class Response:
    """As much of aiohttp's as Slack's SDK looks at."""

    body: Mapping[str, Any]
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    async def json(self) -> Mapping[str, Any]:
        return self.body

    async def text(self) -> str:
        return json.dumps(self.body)

    async def read(self) -> bytes:
        return json.dumps(self.body).encode()


class Slack:
    """In the place of an HTTP session."""

    closed = False

    def __init__(self) -> None:
        self.sent: list[tuple[str, Mapping[str, Any]]] = []
        """Method or hook, and what was sent."""

    @asynccontextmanager
    async def request(self, _verb: str, url: str, **given: Any) -> AsyncIterator[Response]:
        method = url.removeprefix(API)
        sent = given.get("json") or given.get("params") or given.get("data") or {}
        json.dumps(sent).encode()  # as aiohttp would; half a surrogate pair is escaped
        self.sent.append((method, sent))
        yield Response(self._answer(method, sent))

    @asynccontextmanager
    async def post(self, url: str, **given: Any) -> AsyncIterator[Response]:
        """An answer to a response URL."""
        json.dumps(given["json"]).encode()
        if URL(url).host is None:  # as aiohttp would
            raise aiohttp.InvalidURL(url)
        if not url.startswith(HOOKS):
            raise aiohttp.ClientConnectionError("nobody there")
        self.sent.append(("hook", given["json"]))
        yield Response({"ok": True})

    def _answer(self, method: str, sent: Mapping[str, Any]) -> Mapping[str, Any]:
        if method == "users.info":
            user_id = sent.get("user")
            if user_id not in MEMBERS:
                return {"ok": False, "error": "user_not_found"}
            return {"ok": True, "user": {"id": user_id, "team_id": TEAM}}
        if method == "chat.postMessage":
            return {"ok": True, "channel": sent.get("channel"), "ts": str(len(self.sent))}
        return {"ok": True}


@dataclass
class Front:
    """Give it payloads as Slack would; ``requests`` are recorded, in the states that buttons are about."""

    app: AsyncApp
    jobs: Jobs
    slack: Slack
    heard: Heard
    api: OddApi
    requests: list[Request]

    @property
    def references(self) -> list[str]:
        """Of the requests, and of their lookups."""
        return [name for each in self.requests for name in (each.id, *(lookup.id for lookup in each.lookups))]

    async def give(self, payload: Mapping[str, Any]) -> bool:
        """Whether it was acknowledged, when all that follows has been done. Fails if any of it is amiss."""
        acknowledgement = await answer_to(self.app, dict(payload))
        said = await self.finish(acknowledgement or {})
        if acknowledgement is not None and _is_somebody(payload):  # what Bolt has no listener for, Slack says itself
            assert any(each for _, each in said), "no words for whoever did that"
        return acknowledgement is not None

    async def finish(self, acknowledgement: Mapping[str, Any] | None = None) -> list[tuple[str, Mapping[str, Any]]]:
        """What was said, when all that was begun is done. Fails if any of it is amiss."""
        assert await self.jobs.drain(20), "work goes on and on"
        said = [*self.slack.sent, ("ack", acknowledgement or {})]
        self.slack.sent.clear()
        _check_log(*self.heard.take())
        for method, each in said:
            _check_said(method, each)
        return said


HANDLED = "payload not handled"
"""What may be logged as an error: a payload that cannot be read."""


def _check_log(written: str, records: list[logging.LogRecord]) -> None:
    assert CODE not in written.upper(), "a code in the log"
    for record in records:
        is_error = record.levelno >= logging.ERROR or record.exc_info
        is_ours = record.getMessage() == HANDLED and not record.exc_info
        assert not is_error or is_ours, written


def _check_said(method: str, sent: Mapping[str, Any]) -> None:
    written = json.dumps(sent, ensure_ascii=False)
    assert CODE not in written.upper(), f"a code in {method}"
    view = sent.get("view")
    view = json.loads(view) if isinstance(view, str) else view
    if view:
        assert not check_view(view, surfaces=(Surface.MODAL,)), (method, check_view(view, surfaces=(Surface.MODAL,)))
        _check_markup(view)
    blocks = sent.get("blocks")
    blocks = json.loads(blocks) if isinstance(blocks, str) else blocks
    if blocks:
        assert not check_message(blocks), (method, check_message(blocks))
        _check_markup(blocks)
    assert MENTION[:-1] not in str(sent.get("text", "")), f"a mention in {method}"


def _check_markup(value: Any) -> None:
    """No markup but ours in what Slack reads markup in."""
    if isinstance(value, list):
        for each in value:
            _check_markup(each)
    elif isinstance(value, dict):
        assert value.get("type") != "mrkdwn" or MENTION[:-1] not in value["text"], "a mention in markup"
        for each in value.values():
            _check_markup(each)


def _is_somebody(payload: Mapping[str, Any]) -> bool:
    user = payload.get("user")
    user_id = user.get("id") if isinstance(user, dict) else payload.get("user_id")
    return isinstance(user_id, str) and user_id in MEMBERS


@asynccontextmanager
async def open_front() -> AsyncIterator[Front]:
    clock, slack, api = SteppingClock(), Slack(), OddApi()
    settings = read(BotSettings, ENVIRONMENT)
    session = cast(aiohttp.ClientSession, slack)
    network = Network.read({})
    web = Web(token="xoxb-invented", base_url=API, session=session, network=network, clock=clock, seconds=30.0)
    record = record_at(SQLITE + IN_MEMORY, process="ours", clock_now=clock.now)
    await record.open()
    people = People(web, installed=Installation(workspaces=(TEAM,)), clock=clock)
    readers = Readers(people=people, channel=None, languages=Languages.read())
    parts = build_parts(
        Base(
            metrics=Metrics(),
            record=record,
            lookups=Lookups(record=record, api=api, quota=FreeQuota(), clock=clock),
            messenger=Messenger(web, readers),
            readers=readers,
            people=people,
            token=BotToken(web, clock, bot_user_id="U0BOT"),
            channel=None,
            policy=settings.policy,
            region=None,
            approval_seconds=settings.phoneid_approval_ttl,
            settling=SETTLED_AFTER,
            clock=clock,
            time=Believed(clock),
        )
    )
    identity = Identity(team_id=TEAM, bot_user_id="U0BOT", bot_id="B0BOT")
    app = build_app(web, parts.listeners, signing_secret="invented", identity=identity)
    recorded = await record.change(_fill)
    try:
        with listening() as heard:
            yield Front(app=app, jobs=parts.jobs, slack=slack, heard=heard, api=api, requests=recorded)
    finally:
        await people.aclose()
        await record.aclose()


FOR_EVER = 1e11
"""Seconds: no approval's time is over while a test runs, however often it sleeps."""


def _fill(tx: Tx) -> list[Request]:
    """Requests of Ana's and Tru's, for one number and for several, in the states that buttons are about."""
    recorded: list[Request] = []
    phones = (PhoneNumber(f"1202555{number}") for number in range(1000, 9999))
    for user_id in ("U0ANA", "U0TRU"):
        agent = Actor(team_id=TEAM, user_id=user_id, through=Through.SLACK)
        for size in (1, 3):
            numbers = [[next(phones) for _ in range(size)] for _ in range(7)]
            waiting = [_awaiting(tx, each, agent) for each in numbers[:4]]
            finish = partial(factories.finished, tx, agent=agent, reason=REASON)
            recorded += [
                *waiting[:2],
                decisions.decide(tx, waiting[2].id, ApprovalState.APPROVED, actor=LEE, good_for=FOR_EVER),
                decisions.decide(tx, waiting[3].id, ApprovalState.DENIED, actor=LEE, reason=f"no {MENTION}"),
                finish(numbers[4], Result(phone_number_id="1234567", api_code="OK")),
                finish(numbers[5], Result(problem=Problem.NOT_YOURS, api_code=MENTION)),
                factories.asked(tx, numbers[6], agent=agent, reason=REASON),
            ]
        recorded.append(finish([next(phones)], Result(problem=Problem.UNKNOWN_CODE, api_code=MENTION)))
        recorded += [finish([next(phones)], factories.FAILED) for _ in range(12)]
    return recorded


LEE = Actor(team_id=TEAM, user_id="U0LEE", through=Through.SLACK)
REASON = f"ticket 7 {MENTION}"


def _awaiting(tx: Tx, phones: list[PhoneNumber], agent: Actor) -> Request:
    new = factories.new_request(phones, agent=agent, reason=REASON)
    return requests.accept(tx, new, factories.NEEDS_APPROVAL, expires_at=FOR_EVER).request
