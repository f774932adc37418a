"""The Web API and the response URLs over HTTP: tokens, scopes, troubles, and the record of every call."""

import json
import math
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any

from aiohttp import web

from bot.interfaces import Clock
from bot.models import MASK
from bot.sandbox.inspector import Inspector, Wire
from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.complaints import Complaints
from bot.sandbox.slack.credentials import Credentials
from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.methods import Method, Methods
from bot.sandbox.slack.refusals import Refusal
from bot.sandbox.slack.replies import Replies
from bot.sandbox.slack.response_urls import ResponseUrls
from bot.sandbox.slack.trouble import Forced, SlackTrouble

RETRY_AFTER = 1
"""Seconds, in a 429 of a Slack that throttles everything."""

RESPONSE_URL = "response_url"
"""What is called a method here and is none."""

_PAGE = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


class WebApi:
    """What the bot calls."""

    def __init__(
        self,
        *,
        methods: Methods,
        manifest: Manifest,
        credentials: Credentials,
        response_urls: ResponseUrls,
        replies: Replies,
        complaints: Complaints,
        inspector: Inspector,
        clock: Clock,
        trouble: Callable[[], SlackTrouble],
        forced: dict[str, Forced],
        lacking: AbstractSet[str],
        surplus: AbstractSet[str],
    ) -> None:
        self._methods = methods
        self._manifest = manifest
        self._credentials = credentials
        self._response_urls = response_urls
        self._replies = replies
        self._complaints = complaints
        self._inspector = inspector
        self._clock = clock
        self._trouble = trouble
        self._forced = forced
        self._lacking = lacking
        self._surplus = surplus
        self._closed_until: dict[str, float] = {}

    async def call(self, request: web.Request) -> web.Response:
        """``/api/<method>``."""
        name = request.match_info["method"]
        started = self._clock.monotonic()
        arguments = await _read_arguments(request)
        await self._hang(name, request)
        response = self._stumble(request) or self._force(name, request) or self._answer(name, request, arguments)
        self._record(name, request, arguments, response, started=started)
        return response

    async def respond(self, request: web.Request) -> web.Response:
        """A response URL."""
        started = self._clock.monotonic()
        reply = await _read_arguments(request)
        await self._hang(RESPONSE_URL, request)
        response = self._stumble(request) or self._force(RESPONSE_URL, request) or self._reply(request.path, reply)
        self._record(RESPONSE_URL, request, reply, response, started=started)
        return response

    def _answer(self, name: str, request: web.Request, arguments: JsonObject | None) -> web.Response:
        method = self._methods.get(name)
        headers: dict[str, str] = {}
        try:
            if method is None:
                self._complaints.note(f"{name}: the sandbox's Slack does not know this method")
                raise Refusal("unknown_method")
            if arguments is None:
                raise Refusal("invalid_json")
            self._check_token(_token(request, arguments), method)
            # Only for a token that it knows, and that token's own.
            headers["x-oauth-scopes"] = "connections:write" if method.takes_app_token else ",".join(self._granted)
            if method.scopes:
                headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
            lacking = self._lacks_scope(name, method, arguments)
            if lacking is not None:
                return web.json_response(lacking, headers=headers)
            for unknown in sorted(arguments.keys() - method.arguments - {"token", "team_id"}):
                self._complaints.note(f"{name}: unknown argument {unknown}")
            return web.json_response({"ok": True, **method.answer(arguments)}, headers=headers)
        except Refusal as refusal:
            return web.json_response(refusal.as_json(name), headers=headers)

    def _check_token(self, token: str, method: Method) -> None:
        of_apps = (self._credentials.app_token, self._credentials.other_app_token)
        is_app_token = token in [each.get_secret_value() for each in of_apps]
        is_bot_token = token == self._credentials.bot_token.get_secret_value()
        if not token:
            raise Refusal("not_authed")
        if not is_app_token and not is_bot_token:
            raise Refusal("invalid_auth")
        if is_app_token is not method.takes_app_token:
            raise Refusal("not_allowed_token_type")

    @property
    def _granted(self) -> list[str]:
        return [*(each for each in self._manifest.bot_scopes if each not in self._lacking), *sorted(self._surplus)]

    def _lacks_scope(self, name: str, method: Method, arguments: JsonObject) -> JsonObject | None:
        granted = self._granted
        for scopes in (method.scopes, method.scopes_for(arguments)):
            if scopes and not set(scopes) & set(granted):
                needed = ",".join(scopes)
                if not set(scopes) & self._lacking:
                    self._complaints.note(f"{name}: missing_scope, it needs {needed}")
                return {"ok": False, "error": "missing_scope", "needed": needed, "provided": ",".join(granted)}
        return None

    def _reply(self, path: str, reply: JsonObject | None) -> web.Response:
        try:
            to = self._response_urls.use(path)
        except Refusal as refusal:
            return web.Response(text=refusal.error, status=404)
        try:
            if reply is None:
                raise Refusal("invalid_payload")
            self._replies.post(reply, to=to, where="response_url")
        except Refusal as refusal:
            return web.Response(text=refusal.error, status=400)
        return web.Response(text="ok")

    async def _hang(self, name: str, request: web.Request) -> None:
        """Answer nothing. What was wanted is not done, also once the trouble is over: the caller has given up."""
        forced = self._forced.get(name)
        is_hanging = self._trouble() is SlackTrouble.HANG or (forced is not None and forced.hangs)
        while is_hanging and request.transport is not None:
            await self._clock.sleep(0.05)
        if is_hanging:
            raise web.HTTPServiceUnavailable

    def _stumble(self, request: web.Request) -> web.Response | None:
        """The answer of a Slack in trouble."""
        match self._trouble():
            case SlackTrouble.RATE_LIMITED:
                return _too_many(request, RETRY_AFTER)
            case SlackTrouble.UNREACHABLE:
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=503)
            case SlackTrouble.PAGE:
                return web.Response(status=502, content_type="text/html", text=_PAGE)
            case SlackTrouble.PLAIN:
                return web.Response(status=503, content_type="text/plain", text="no healthy upstream")
            case SlackTrouble.HANG | SlackTrouble.NONE:
                return None

    def _force(self, name: str, request: web.Request) -> web.Response | None:
        """The answer that somebody wants this method to give."""
        forced = self._forced.get(name)
        if forced is None:
            self._closed_until.pop(name, None)
            return None
        if forced.retry_after is not None:
            until = self._closed_until.setdefault(name, self._clock.monotonic() + forced.retry_after)
            rest = math.ceil(until - self._clock.monotonic())
            if rest > 0:
                return _too_many(request, rest)
            del self._closed_until[name], self._forced[name]
            return None
        if name == RESPONSE_URL:
            return web.Response(text=forced.error, status=404)
        return web.json_response({"ok": False, "error": forced.error})

    def _record(
        self,
        title: str,
        request: web.Request,
        arguments: JsonObject | None,
        response: web.Response,
        *,
        started: float,
    ) -> None:
        is_gone = self._trouble() is SlackTrouble.UNREACHABLE
        self._inspector.record(
            Wire.BOT_TO_SLACK,
            title,
            at=self._clock.now(),
            request={"method": request.method, "headers": _shown_headers(request), "body": _shown(arguments)},
            response=None if is_gone else _parse(response.text or ""),
            status=None if is_gone else response.status,
            milliseconds=(self._clock.monotonic() - started) * 1000,
        )


def _too_many(request: web.Request, seconds: int) -> web.Response:
    """Too many requests, as the Web API says it and as webhooks do."""
    if not request.path.startswith("/api/"):
        return web.json_response({"ok": False, "error": "rate_limited", "retry_after": seconds}, status=429)
    body = {"ok": False, "error": "ratelimited"}
    return web.json_response(body, status=429, headers={"Retry-After": str(seconds)})


async def _read_arguments(request: web.Request) -> JsonObject | None:
    """Query, form or JSON, as one object; ``None`` when the JSON cannot be read."""
    arguments: JsonObject = dict(request.query)
    if request.content_type == "application/json":
        read = _parse(await request.text())
        return {**arguments, **read} if isinstance(read, dict) else None
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        arguments |= dict(await request.post())
    return arguments


def _token(request: web.Request, arguments: JsonObject) -> str:
    """From the header; in a form also from ``token``, which Slack ignores in JSON."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Bearer":
        return token
    return "" if request.content_type == "application/json" else str(arguments.get("token", ""))


def _shown_headers(request: web.Request) -> dict[str, str]:
    shown = {name: request.headers[name] for name in ("Content-Type", "User-Agent") if name in request.headers}
    if "Authorization" in request.headers:
        shown["Authorization"] = _masked(request.headers["Authorization"])
    return shown


def _masked(authorization: str) -> str:
    """The kind of token and no more of it."""
    scheme, _, token = authorization.partition(" ")
    kind = token.partition("-")[0] if token.startswith(("xoxb-", "xapp-")) else ""
    return f"{scheme} {kind}-{MASK}" if kind else MASK


def _shown(arguments: JsonObject | None) -> Any:
    return {**arguments, "token": MASK} if arguments and "token" in arguments else arguments


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text or None
