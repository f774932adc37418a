"""Connecting to Slack: tokens checked before anything starts, then Socket Mode or signed HTTP."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.checks import Check, Checklist, Scopes, clock_beside, ok, scopes, scopes_beyond, stop
from bot.errors import SettingsError, SlackError, SlackRefused, SlackUnreachable
from bot.health import Health, closing, routes
from bot.interfaces import Clock
from bot.logs import Seldom
from bot.network import Network
from bot.outbox import ONE_CALL
from bot.policy import Audience, Policy
from bot.serving import MOST, HttpServer
from bot.slack.gate import Replays, gate, note_malformed
from bot.slack.gate import log as gate_log
from bot.slack.given import workspaces_given
from bot.slack.web import Answer, Web, part
from bot.texts import terminal
from bot.workspaces import Installation

log = logging.getLogger(__name__)

CLOSING = 5.0
"""Seconds for requests under way to end, and for what was interrupted to be told."""

ANSWERING = ONE_CALL
"""Seconds in which Slack's Web API answers."""

REFUSALS_TOLD = 20
"""Lines a minute about requests that are refused, of each kind."""

PATH = "/slack/events"
"""Where signed requests come in; the manifest names it."""


@asynccontextmanager
async def open_web(
    *, token: str, base_url: str, clock: Clock, seconds: float = ANSWERING, checks: Checklist | None = None
) -> AsyncIterator[Web]:
    """Slack's Web API over one shared HTTP session; the SDK would open a new connection for every call.

    ``seconds`` is how long an answer is waited for. Raises ``SettingsError`` when the environment's proxy or
    certificates cannot be used.
    """
    network = Network.read(checks=checks)
    tracing = aiohttp.TraceConfig()
    tracing.on_request_redirect.append(_refuse_redirect)
    async with aiohttp.ClientSession(trace_configs=[tracing], response_class=Answer) as session:
        yield Web(token=token, base_url=base_url, session=session, network=network, clock=clock, seconds=seconds)


async def _refuse_redirect(_session: object, _context: object, redirect: aiohttp.TraceRequestRedirectParams) -> None:
    # It would carry what is said, IDs among it, to a host nobody chose. The SDK cannot be told to follow none.
    redirect.response.close()
    raise aiohttp.TooManyRedirects(redirect.response.request_info, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the bot is to Slack, and in which workspace."""

    team_id: str
    """Empty where the app is installed on a whole organisation."""
    bot_user_id: str
    bot_id: str
    enterprise_id: str = ""
    """The organisation's, if there is one."""
    workspaces: Mapping[str, str] = field(default_factory=dict)
    """Of an organisation, what Slack calls each that the app was given, by its id."""
    bot: str = ""
    team: str = ""
    """What Slack calls both."""

    @property
    def installed(self) -> Installation:
        """Where the app is installed."""
        return Installation(
            workspaces=(self.team_id,) if self.team_id else tuple(self.workspaces),
            enterprise_id=self.enterprise_id,
            is_on_organisation=not self.team_id,
        )


def scopes_needed(policy: Policy, channel_id: str | None) -> Scopes:
    """What the bot token must have with these settings. Of a channel Slack says only later whether it is private."""
    always = tuple(frozenset({each}) for each in ("commands", "chat:write", "users:read"))
    of_groups = (frozenset({"usergroups:read"}),) if policy.group_ids else ()
    of_channel = (frozenset({"channels:read", "groups:read"}),) if channel_id else ()
    return (*always, *of_groups, *of_channel)


def scopes_known() -> frozenset[str]:
    """Every scope that some settings need: those of the manifest."""
    everything = Policy(agents=Audience(group_ids=frozenset({"S0"})))
    return frozenset().union(*scopes_needed(everything, "C0"))


async def check_tokens(slack: Web, checks: Checklist, *, needed: Scopes = (), app_token: str | None = None) -> Identity:
    """Whom the bot token is for. Raises ``SettingsError``, before anything is recorded.

    ``app_token``: the one with which Socket Mode has to be opened.
    """
    identity, found = await examine_tokens(slack, needed=needed, app_token=app_token)
    checks.heed(found)
    assert identity, "a bot that is nobody does not start"
    return identity


async def examine_tokens(
    slack: Web, *, needed: Scopes = (), app_token: str | None = None
) -> tuple[Identity | None, list[Check]]:
    """The same for whoever goes on whatever was found: ``None`` where Slack does not say who the bot is."""
    of_bot, of_app = _check_bot_token(slack, needed), _check_app_token(slack, app_token)
    (identity, found), more = await asyncio.gather(of_bot, of_app)
    return identity, [*found, *more]


async def _check_bot_token(slack: Web, needed: Scopes) -> tuple[Identity | None, list[Check]]:
    try:
        answer = await slack.auth_test()
        identity = await _identity_in(slack, answer)
    except SlackError as error:
        return None, [_without_answer(slack, "SLACK_BOT_TOKEN", error, terminal.bot_token_refused)]
    if not identity.installed.workspaces:
        return None, [stop("SLACK_BOT_TOKEN", terminal.NO_WORKSPACES, terminal.GIVE_WORKSPACES)]
    headers = answer.headers
    granted = headers.get("x-oauth-scopes")
    return identity, [
        ok("SLACK_BOT_TOKEN", terminal.bot_token_good(identity.bot, identity.team)),
        scopes(granted, needed),
        *scopes_beyond(granted, scopes_known()),
        clock_beside(headers.get("Date"), now=slack.clock.now()),
    ]


async def _identity_in(slack: Web, answer: AsyncSlackResponse) -> Identity:
    """Raises ``SlackError``. What ``team_id`` holds for a whole organisation is not settled: it is not read."""
    is_on_organisation = bool(answer.get("is_enterprise_install"))
    enterprise_id = part(answer, "enterprise_id", str) if is_on_organisation else str(answer.get("enterprise_id") or "")
    return Identity(
        team_id="" if is_on_organisation else part(answer, "team_id", str),
        bot_user_id=part(answer, "user_id", str),
        bot_id=part(answer, "bot_id", str),
        enterprise_id=enterprise_id,
        workspaces=await workspaces_given(slack) if is_on_organisation else {},
        bot=_named(answer, "user"),
        team=_named(answer, "team"),
    )


def _named(answer: AsyncSlackResponse, what: str) -> str:
    """A name, which is only shown."""
    name = answer.get(what)
    return name if isinstance(name, str) and name.isprintable() else ""


async def _check_app_token(slack: Web, app_token: str | None) -> list[Check]:
    if app_token is None:
        return []
    try:
        await slack.apps_connections_open(app_token=app_token)
    except SlackError as error:
        return [_without_answer(slack, "SLACK_APP_TOKEN", error, terminal.app_token_refused)]
    return [ok("SLACK_APP_TOKEN", terminal.token_good("SLACK_APP_TOKEN"))]


def _without_answer(slack: Web, token: str, error: SlackError, refused: Callable[[str], str]) -> Check:
    """Tells what Slack does not take from a Slack that is not there, in words."""
    match error:
        case SlackRefused():
            return stop(token, refused(error.code))
        case SlackUnreachable(code=""):
            return stop("Slack", terminal.slack_unreachable(slack.base_url, error.cause))
        case SlackUnreachable():
            return stop("Slack", terminal.slack_not_now(error.code))
    return stop("Slack", terminal.slack_not_now("ratelimited"))


@asynccontextmanager
async def signed_http(
    app: AsyncApp,
    *,
    signing_secret: str,
    address: tuple[str, int],
    health: Health,
    clock: Clock,
    connections: int = MOST,
) -> AsyncIterator[int]:
    """Receive signed requests at ``/slack/events`` while inside; gives the port. Raises ``SettingsError``.

    When the bot stops each answer is the last on its connection: a proxy keeps none to send the next one on.
    """
    host, port = address
    web_app = app.server(port=port, path=PATH, host=host).web_app
    web_app.middlewares.append(closing(health))
    web_app.middlewares.append(gate(path=PATH, signing_secret=signing_secret, replays=Replays(clock)))
    web_app.add_routes(routes(health))
    logging.getLogger("aiohttp.server").addFilter(note_malformed)
    seldom = Seldom(most=REFUSALS_TOLD)
    gate_log.addFilter(seldom)
    server = HttpServer(web_app, most=connections, access_log=None, shutdown_timeout=CLOSING)
    try:
        try:
            await server.start(host, port)
        except OSError:
            raise SettingsError(terminal.port_taken(host, port, "PORT")) from None
        actual_port = server.address[1]
        log.info("connected", extra={"facts": {"mode": "http", "host": host, "port": actual_port}})
        yield actual_port
    finally:
        await server.stop()
        gate_log.removeFilter(seldom)
