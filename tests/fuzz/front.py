"""The bot's Slack half with everything behind it that is quick, and a Slack that takes note of all it is sent."""

import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any, cast

import aiohttp
from pydantic import SecretStr
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from bot.cams.failures import UNKNOWN_CODE
from bot.cams.protocol import decipher
from bot.lookups import Lookups
from bot.models import Actor, Answer, LookupId, NewLookup, PhoneNumber, Problem, Result, State, Through
from bot.sandbox.slack.validator import Surface, check_message, check_view
from bot.settings import BotSettings, read
from bot.slack.approval_desk import ApprovalDesk
from bot.slack.connection import Identity, Receiver
from bot.slack.desk import Desk
from bot.slack.front import open_front as open_real_front
from bot.slack.jobs import Jobs
from bot.slack.list_desk import ListDesk
from bot.slack.listeners import build_app
from bot.slack.people import People
from bot.slack.windows import SETTLED_AFTER
from bot.store.sqlite import SqliteStore
from bot.tickets import Call
from tests.clocks import SteppingClock
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
    "SLACK_SIGNING_SECRET": "invented",
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
    ) -> Answer:
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


class Slack:
    """In the place of an HTTP session, and of Socket Mode's client."""

    closed = False
    logger = logging.getLogger("slack_bolt")

    def __init__(self) -> None:
        self.acks: list[Mapping[str, Any]] = []
        self.sent: list[tuple[str, Mapping[str, Any]]] = []
        """Method or hook, and what was sent."""

    async def send_socket_mode_response(self, response: SocketModeResponse) -> None:
        self.acks.append(response.payload or {})

    @asynccontextmanager
    async def request(self, _verb: str, url: str, **given: Any) -> AsyncIterator[Response]:
        if not url.startswith(API):
            yield self._take_reply(url, json.loads(given["data"]))
            return
        method = url.removeprefix(API)
        sent = given.get("json") or given.get("params") or given.get("data") or {}
        json.dumps(sent).encode()  # as aiohttp would; half a surrogate pair is escaped
        self.sent.append((method, sent))
        yield Response(self._answer(method, sent))

    def _take_reply(self, url: str, sent: Mapping[str, Any]) -> Response:
        if URL(url).host is None:  # as aiohttp would
            raise aiohttp.InvalidURL(url)
        if not url.startswith(HOOKS):
            raise aiohttp.ClientConnectionError("nobody there")
        self.sent.append(("hook", sent))
        return Response({"ok": True})

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
    """Give it payloads as Slack would; ``lookups`` are some that are recorded, one for each state at least."""

    app: AsyncApp
    receiver: Receiver
    jobs: Jobs
    slack: Slack
    heard: Heard
    api: OddApi
    lookups: list[LookupId]

    async def give(self, payload: Mapping[str, Any]) -> bool:
        """Whether it was acknowledged, when all that follows has been done. Fails if any of it is amiss."""
        self.slack.acks.clear()
        request = SocketModeRequest(type="", envelope_id="1", payload=dict(payload))
        await self.receiver.handle(cast(SocketModeClient, self.slack), request)
        acks = [*self.slack.acks]
        said = await self.finish()
        assert len(acks) <= 1, "acknowledged twice"
        if acks and _is_somebody(payload):  # what Bolt has no listener for, Slack says itself
            assert any(each for _, each in said), "no words for whoever did that"
        return bool(acks)

    async def finish(self) -> list[tuple[str, Mapping[str, Any]]]:
        """What was said, when all that was begun is done. Fails if any of it is amiss."""
        assert await self.jobs.drain(20), "work goes on and on"
        said = [*self.slack.sent, *(("ack", ack) for ack in self.slack.acks)]
        self.slack.sent.clear()
        _check_log(*self.heard.take())
        for method, each in said:
            _check_said(method, each)
        return said


HANDLED = frozenset({"payload not handled", "reply not taken"})
"""What may be logged as an error: a payload that cannot be read, and a response URL that leads nowhere."""


def _check_log(written: str, records: list[logging.LogRecord]) -> None:
    assert CODE not in written.upper(), "a code in the log"
    for record in records:
        is_error = record.levelno >= logging.ERROR or record.exc_info
        is_ours = record.getMessage() in HANDLED and (record.getMessage() == "reply not taken" or not record.exc_info)
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
    client = AsyncWebClient(
        "xoxb-invented", base_url=API, session=cast(aiohttp.ClientSession, slack), retry_handlers=[]
    )
    store = SqliteStore(":memory:", clock=clock)
    await store.open()
    lookups = Lookups(store=store, api=api, quota=FreeQuota(), clock=clock)
    people = People(client, team_id=TEAM, clock=clock)
    front = open_real_front(
        client,
        store=store,
        lookups=lookups,
        people=people,
        policy=settings.policy,
        channel_id=None,
        seconds=settings.phoneid_approval_ttl,
        settling=SETTLED_AFTER,
        clock=clock,
    )
    app = build_app(
        Desk(front.errands, front.history, front.list_errands, region=None),
        ApprovalDesk(front.requests, front.errands),
        ListDesk(front.list_errands, front.errands, region=None),
        front.jobs,
        client=client,
        signing_secret="invented",
        clock=clock,
        identity=Identity(team_id=TEAM, bot_user_id="U0BOT", bot_id="B0BOT"),
    )
    recorded = [lookup_id async for lookup_id in _record(store)]
    receiver = Receiver(app, "xapp-invented")
    try:
        with listening() as heard:
            yield Front(
                app=app, receiver=receiver, jobs=front.jobs, slack=slack, heard=heard, api=api, lookups=recorded
            )
    finally:
        await receiver.client.aiohttp_client_session.close()
        await people.aclose()
        await store.aclose()


async def _record(store: SqliteStore) -> AsyncIterator[LookupId]:
    """Lookups of Ana's and Tru's in the states that buttons are about."""
    lee = Actor(team_id=TEAM, user_id="U0LEE", through=Through.SLACK)
    for number, (user_id, states) in enumerate(
        (user_id, states)
        for user_id in ("U0ANA", "U0TRU")
        for states in (
            (State.AWAITING,),
            (State.AWAITING,),
            (State.AWAITING, State.APPROVED),
            (State.AWAITING, State.DENIED),
            (State.QUEUED, State.CALLING, State.ANSWERED),
            (State.QUEUED, State.CALLING, State.REFUSED),
            *[(State.QUEUED, State.CALLING, State.FAILED)] * 12,
        )
    ):
        agent = Actor(team_id=TEAM, user_id=user_id, through=Through.SLACK)
        new = NewLookup(
            agent=agent,
            phone=PhoneNumber(f"1202555{1000 + number}"),
            reason="ticket 7 " + MENTION,
            channel_id="C0SUPPORT",
            submission_key=f"recorded {number}",
        )
        lookup, _ = await store.accept(new, state=states[0], expires_at=1e11 if states[0] is State.AWAITING else None)
        for from_state, to_state in pairwise(states):
            result = {
                State.ANSWERED: Result(phone_number_id="1234567", api_code="OK"),
                State.REFUSED: Result(problem=UNKNOWN_CODE.problem, api_code=MENTION),
                State.FAILED: Result(problem=Problem.NO_ANSWER),
            }.get(to_state)
            await store.move(
                lookup.id, from_state=from_state, to_state=to_state, actor=lee, result=result, reason=f"no {MENTION}"
            )
        yield lookup.id
