"""The composition root: settings in, a running bot out. Everything below is given what it needs from here."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.cams.client import CamsClient
from bot.cams.credentials import Credentials
from bot.cams.transport import READ_SECONDS, open_http
from bot.clock import SystemClock
from bot.errors import SchemaUnknown, SettingsError, StoreError, StoreUnavailable
from bot.interfaces import Clock, Store
from bot.lookups import Lookups
from bot.models import LogQuery
from bot.policy import Agents
from bot.quota.memory import MemoryQuota
from bot.quota.slots import LATEST_ARRIVAL
from bot.repeating import Repeating
from bot.settings import BotSettings, LookupSettings, RecordSettings
from bot.slack import connection
from bot.slack.desk import Desk
from bot.slack.jobs import Jobs
from bot.slack.listeners import build_app
from bot.slack.people import People
from bot.slack.replies import Replies
from bot.store.sqlite import SqliteStore
from bot.texts import terminal

log = logging.getLogger(__name__)

LEASE = 30.0
"""Seconds after which a process that says nothing counts as dead and its lookups as interrupted."""

SWEEP_EVERY = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long the bot waits for things, in seconds. Tests are less patient."""

    finishing: float = 25.0
    """For what runs, at a stop. Container hosts commonly kill 30 seconds after SIGTERM."""
    api_reading: float = READ_SECONDS
    """For the API's answer, each attempt."""
    latest_arrival: float = LATEST_ARRIVAL
    """For a request that was given up to be seen by the API after all."""


PATIENT = Waits()


@asynccontextmanager
async def open_store(settings: RecordSettings, clock: Clock | None = None) -> AsyncIterator[SqliteStore]:
    """The record. Raises ``SettingsError`` when it cannot be used."""
    path = settings.database_path
    store = SqliteStore(path, clock=clock or SystemClock(), lease=LEASE)
    try:
        await store.open()
    except SchemaUnknown:
        raise SettingsError(terminal.database_foreign(str(path))) from None
    except StoreUnavailable as error:
        raise SettingsError(terminal.database_unusable(str(path))) from error
    try:
        yield store
    finally:
        await store.aclose()


@asynccontextmanager
async def open_lookups(
    settings: LookupSettings, store: Store, clock: Clock | None = None, *, waits: Waits = PATIENT
) -> AsyncIterator[Lookups]:
    """The use case with the real API behind it; lookups of dead processes are swept by whoever runs the bot."""
    clock = clock or SystemClock()
    credentials = _credentials(settings)
    quota = MemoryQuota(settings.phoneid_qps, clock=clock, latest_arrival=waits.latest_arrival)
    async with open_http(settings.phoneid_cams_url, read_seconds=waits.api_reading) as http:
        api = CamsClient(http, credentials=lambda: credentials, clock=clock)
        lookups = Lookups(store=store, api=api, quota=quota, clock=clock)
        async with _heartbeat(lookups, clock):
            yield lookups


def _credentials(settings: LookupSettings) -> Credentials:
    try:
        return Credentials(
            access_key_id=settings.alibaba_cloud_access_key_id,
            access_key_secret=settings.alibaba_cloud_access_key_secret,
            security_token=settings.alibaba_cloud_security_token,
        )
    except ValueError:
        raise SettingsError(terminal.CREDENTIALS_UNUSABLE) from None


@dataclass(frozen=True, slots=True)
class Bot:
    """A running bot: ``app`` takes Slack's payloads; ``port`` is where it listens in HTTP mode."""

    app: AsyncApp
    jobs: Jobs
    port: int | None


@asynccontextmanager
async def running_bot(
    settings: BotSettings, *, host: str = "127.0.0.1", clock: Clock | None = None, waits: Waits = PATIENT
) -> AsyncIterator[Bot]:
    """The whole bot, connected. Raises ``SettingsError`` when it cannot start.

    Leaving stops taking payloads, lets what runs finish for a while, then ends it as interrupted and tells.
    """
    clock = clock or SystemClock()
    log.debug("starting", extra={"facts": {"settings": settings}})  # shown with its secrets masked
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            connection.web_client(token=settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url)
        )
        team_id = await connection.check_bot_token(client)
        store = await stack.enter_async_context(open_store(settings, clock))
        lookups = await stack.enter_async_context(open_lookups(settings, store, clock, waits=waits))
        jobs = Jobs()
        desk = Desk(
            lookups=lookups,
            people=People(client, team_id=team_id, clock=clock),
            replies=Replies(client, clock=clock),
            agents=Agents(settings.agent_ids),
            region=settings.phoneid_default_region,
            clock=clock,
        )
        stack.push_async_callback(_finish, jobs, lookups, waits.finishing)
        await stack.enter_async_context(_sweeping(lookups, desk, clock))
        app = _build(settings, desk, jobs, client, clock)
        port = await stack.enter_async_context(_connected(settings, app, client, host=host, store=store))
        yield Bot(app=app, jobs=jobs, port=port)
        log.info("stopping", extra={"facts": {"running": jobs.running}})


def _build(settings: BotSettings, desk: Desk, jobs: Jobs, client: AsyncWebClient, clock: Clock) -> AsyncApp:
    secret = settings.slack_signing_secret
    # In Socket Mode no request carries a signature; Bolt asks for a secret all the same and checks none.
    signing_secret = secret.get_secret_value() if secret else "socket mode"
    return build_app(desk, jobs, client=client, signing_secret=signing_secret, clock=clock)


@asynccontextmanager
async def _connected(
    settings: BotSettings, app: AsyncApp, client: AsyncWebClient, *, host: str, store: Store
) -> AsyncIterator[int | None]:
    async def is_ready() -> bool:
        try:
            await store.search(LogQuery(limit=1))
        except StoreError:
            return False
        return True

    if settings.slack_app_token:
        app_token = settings.slack_app_token.get_secret_value()
        await connection.check_app_token(client, app_token)
        async with connection.socket_mode(app, app_token):
            yield None
    else:
        async with connection.signed_http(app, host=host, port=settings.port, is_ready=is_ready) as port:
            yield port


async def _finish(jobs: Jobs, lookups: Lookups, seconds: float) -> None:
    if not await jobs.drain(seconds):
        lookups.interrupt()
        await jobs.drain(connection.CLOSING)
        await jobs.cancel()


def _heartbeat(lookups: Lookups, clock: Clock) -> Repeating:
    return Repeating(lookups.renew, every=LEASE / 3, clock=clock)


def _sweeping(lookups: Lookups, desk: Desk, clock: Clock) -> Repeating:
    async def sweep() -> None:
        for lookup in await lookups.sweep():
            await desk.tell_interrupted(lookup)

    return Repeating(sweep, every=SWEEP_EVERY, clock=clock)
