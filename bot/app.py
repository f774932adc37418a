"""The composition root: settings in, a running bot out. Everything below is given what it needs from here."""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.cams.client import CamsClient
from bot.cams.credentials import Credentials
from bot.cams.transport import READ_SECONDS, open_http
from bot.clock import SystemClock
from bot.errors import SchemaUnknown, SettingsError, StoreError, StoreUnavailable
from bot.interfaces import Clock, Store
from bot.lookups import Lookups
from bot.models import Actor, Event, LogQuery, Through
from bot.quota.slots import LATEST_ARRIVAL
from bot.quota.state import Rules
from bot.quota.turns import Turns
from bot.repeating import Repeating
from bot.retention import Retention
from bot.settings import BotSettings, LookupSettings, RecordSettings
from bot.slack import connection
from bot.slack.approval_desk import ApprovalDesk
from bot.slack.desk import Desk
from bot.slack.front import Front, open_front
from bot.slack.jobs import Job, Jobs
from bot.slack.list_desk import ListDesk
from bot.slack.listeners import build_app
from bot.slack.people import People
from bot.slack.windows import SETTLED_AFTER
from bot.store.cells import SqliteCell
from bot.store.sqlite import SqliteStore
from bot.texts import terminal

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long the bot waits for things, in seconds. Tests are less patient."""

    finishing: float = 15.0
    """For what runs, at a stop. With what closing and telling take it stays below the 30 seconds after which container
    hosts commonly kill."""
    api_reading: float = READ_SECONDS
    """For the API's answer, each attempt."""
    settling: tuple[float, ...] = SETTLED_AFTER
    """For a submission's acknowledgement to have arrived, before each update of its window."""
    lease: float = 30.0
    """For a process that says nothing to count as dead, and its lookups as interrupted."""
    sweeping: float = 5.0
    """Between looks at what dead processes and passing time left behind."""
    forgetting: float = 3600.0
    """Between looks at what is older than PHONEID_RETENTION."""
    approval: float | None = None
    """For a decision; ``None``: as PHONEID_APPROVAL_TTL says."""
    slack: float = connection.ANSWERING
    """For Slack's answer, each attempt."""
    database: float = 5.0
    """For another process to let go of the database."""
    latest_arrival: float = LATEST_ARRIVAL
    """For a request that was given up to be seen by the API after all."""


PATIENT = Waits()

QUOTA_CELL = "quota"
"""The name under which the processes of an account share the state of its calls."""


@asynccontextmanager
async def open_store(
    settings: RecordSettings, clock: Clock | None = None, *, waits: Waits = PATIENT
) -> AsyncIterator[SqliteStore]:
    """The record. Raises ``SettingsError`` when it cannot be used."""
    path = settings.database_path
    store = SqliteStore(path, clock=clock or SystemClock(), lease=waits.lease, busy_timeout=waits.database)
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
    async with (
        open_http(settings.phoneid_cams_url, read_seconds=waits.api_reading) as http,
        open_quota(settings, clock, waits=waits) as quota,
    ):
        api = CamsClient(http, credentials=lambda: credentials, clock=clock)
        lookups = Lookups(store=store, api=api, quota=quota, clock=clock)
        async with Repeating(lookups.renew, every=waits.lease / 3, clock=clock):
            yield lookups


@asynccontextmanager
async def open_quota(
    settings: LookupSettings, clock: Clock | None = None, *, waits: Waits = PATIENT
) -> AsyncIterator[Turns]:
    """The account's calls per second, shared by all processes on one database. Its schema must be this release's."""
    cell = SqliteCell(settings.database_path, QUOTA_CELL, busy_timeout=waits.database)
    await cell.open()
    turns = Turns(
        Rules(settings.phoneid_qps, latest_arrival=waits.latest_arrival), cell=cell, clock=clock or SystemClock()
    )
    try:
        yield turns
    finally:
        await turns.aclose()
        await cell.aclose()


@asynccontextmanager
async def open_people(settings: BotSettings) -> AsyncIterator[People]:
    """What Slack knows of people, for whoever only asks. Raises ``SettingsError`` when Slack cannot be asked."""
    async with _web_client(settings) as client:
        identity = await connection.check_bot_token(client)
        group_ids = settings.policy.group_ids
        people = People(client, team_id=identity.team_id, clock=SystemClock(), group_ids=group_ids)
        try:
            yield people
        finally:
            await people.aclose()


def _web_client(settings: BotSettings, *, waits: Waits = PATIENT) -> AbstractAsyncContextManager[AsyncWebClient]:
    token = settings.slack_bot_token.get_secret_value()
    return connection.web_client(token=token, base_url=settings.slack_api_url, seconds=waits.slack)


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
        client = await stack.enter_async_context(_web_client(settings, waits=waits))
        identity = await connection.check_bot_token(client)
        if settings.slack_app_token:
            await connection.check_app_token(client, settings.slack_app_token.get_secret_value())
        store = await stack.enter_async_context(open_store(settings, clock, waits=waits))
        lookups = await stack.enter_async_context(open_lookups(settings, store, clock, waits=waits))
        people = People(client, team_id=identity.team_id, clock=clock, group_ids=settings.policy.group_ids)
        stack.push_async_callback(people.aclose)
        await _check_approvals(settings, client, people)
        await _record_start(store, settings, identity)
        front = open_front(
            client,
            store=store,
            lookups=lookups,
            people=people,
            policy=settings.policy,
            channel_id=settings.phoneid_approval_channel,
            seconds=waits.approval or settings.phoneid_approval_ttl,
            settling=waits.settling,
            clock=clock,
        )
        stack.push_async_callback(_finish, front.jobs, lookups, waits.finishing)
        app = build_app(
            Desk(front.errands, front.history, front.list_errands, region=settings.phoneid_default_region),
            ApprovalDesk(front.requests, front.errands),
            ListDesk(front.list_errands, front.errands, region=settings.phoneid_default_region),
            front.jobs,
            client=client,
            signing_secret=_signing_secret(settings),
            clock=clock,
            identity=identity,
        )
        port = await stack.enter_async_context(_connected(settings, app, host=host, store=store))
        # Last: a start that fails must not have ended anything that it then tells nobody of.
        await stack.enter_async_context(_sweeping(lookups, front, clock, every=waits.sweeping))
        await stack.enter_async_context(_forgetting(settings, store, clock, every=waits.forgetting))
        yield Bot(app=app, jobs=front.jobs, port=port)
        log.info("stopping", extra={"facts": {"running": front.jobs.running}})


async def _check_approvals(settings: BotSettings, client: AsyncWebClient, people: People) -> None:
    """Raise ``SettingsError`` when requests would wait for nobody, or where others could decide."""
    if not settings.policy.needs_approval:
        return
    if not await people.active(settings.policy.approvers):
        raise SettingsError(terminal.no_approver_left(settings.policy.approvers.ids))
    if settings.phoneid_approval_channel:
        await connection.check_approval_channel(client, settings.phoneid_approval_channel)


async def _record_start(store: Store, settings: BotSettings, identity: connection.Identity) -> None:
    itself = Actor(team_id=identity.team_id, user_id=identity.bot_user_id, through=Through.BOT)
    await store.note(Event.STARTED, actor=itself, lookup_id=None, facts=settings.told)


def _signing_secret(settings: BotSettings) -> str:
    secret = settings.slack_signing_secret
    # In Socket Mode no request carries a signature; Bolt asks for a secret all the same and checks none.
    return secret.get_secret_value() if secret else "socket mode"


@asynccontextmanager
async def _connected(settings: BotSettings, app: AsyncApp, *, host: str, store: Store) -> AsyncIterator[int | None]:
    async def is_ready() -> bool:
        try:
            await store.search(LogQuery(limit=1))
        except StoreError:
            return False
        return True

    if settings.slack_app_token:
        async with connection.socket_mode(app, settings.slack_app_token.get_secret_value()):
            yield None
    else:
        async with connection.signed_http(
            app, signing_secret=_signing_secret(settings), host=host, port=settings.port, is_ready=is_ready
        ) as port:
            yield port


async def _finish(jobs: Jobs, lookups: Lookups, seconds: float) -> None:
    if not await jobs.drain(seconds):
        lookups.interrupt()
        await jobs.drain(connection.CLOSING)
        await jobs.cancel()


def _sweeping(lookups: Lookups, front: Front, clock: Clock, *, every: float) -> Repeating:
    async def leave_to_next_sweep(_error: Exception, _reference: str) -> None:
        """Nobody is waiting for this; what could not be done is found again."""

    async def sweep() -> None:
        for lookup in await lookups.sweep():
            front.jobs.start(Job(partial(front.errands.tell_untold, lookup), leave_to_next_sweep))
        for work in [*await front.requests.overdue(), *await front.alarms.due()]:
            front.jobs.start(Job(work, leave_to_next_sweep))

    return Repeating(sweep, every=every, clock=clock)


def _forgetting(settings: BotSettings, store: Store, clock: Clock, *, every: float) -> Repeating:
    return Repeating(Retention(store, seconds=settings.phoneid_retention, clock=clock).apply, every=every, clock=clock)
