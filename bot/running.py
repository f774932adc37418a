"""The running bot: settings in, a bot that is connected to Slack out."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from slack_bolt.async_app import AsyncApp

from bot.app import PATIENT, Waits, open_lookups, open_record
from bot.audit import Event, LogQuery
from bot.checks import Checklist
from bot.clock import SystemClock
from bot.doctor import workspace
from bot.errors import (
    AccessLost,
    DatabaseGone,
    RecordDamaged,
    SchemaUnknown,
    StoreError,
)
from bot.interfaces import Clock
from bot.lookups import Lookups
from bot.models import Actor, Through
from bot.repeating import in_background, repeating
from bot.retention import Retention
from bot.settings import BotSettings
from bot.slack import connection
from bot.slack.app import build_app
from bot.slack.bot_token import BotToken
from bot.slack.jobs import Jobs
from bot.slack.messenger import Messenger
from bot.slack.parts import Base, Parts, build_parts
from bot.slack.people import Channel, People
from bot.slack.web import Web
from bot.store import journal, migrations, search
from bot.store.outbox import Kind
from bot.store.record import Record
from bot.texts import terminal
from bot.timekeeping import Timekeeper

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bot:
    """A running bot: ``app`` takes Slack's payloads; ``port`` is where it listens in HTTP mode."""

    app: AsyncApp
    jobs: Jobs
    port: int | None
    watched: tuple["asyncio.Task[Any]", ...]
    """What ends only when the bot cannot go on."""

    async def until_lost(self) -> None:
        """Until the bot cannot go on. Raises ``AccessLost``, or what else it is that broke."""
        ended, _ = await asyncio.wait(self.watched, return_when=asyncio.FIRST_COMPLETED)
        for each in ended:
            each.result()


@asynccontextmanager
async def running_bot(
    settings: BotSettings,
    *,
    host: str = "127.0.0.1",
    clock: Clock | None = None,
    waits: Waits = PATIENT,
    checks: Checklist | None = None,
) -> AsyncIterator[Bot]:
    """The whole bot, connected. Raises ``SettingsError`` when it cannot start; ``checks`` has what was looked at.

    Leaving stops taking payloads, lets what runs finish for a while, then ends it as interrupted and tells.
    """
    clock, checks = clock or SystemClock(), checks or Checklist()
    log.debug("starting", extra={"facts": {"settings": settings}})  # shown with its secrets masked
    async with AsyncExitStack() as stack:
        web = await stack.enter_async_context(_open_web(settings, clock, waits, checks))
        identity = await workspace.check_tokens(settings, web, checks)
        record = await stack.enter_async_context(open_record(settings, clock, waits=waits, checks=checks))
        lookups = await stack.enter_async_context(open_lookups(settings, record, clock, waits=waits))
        people, channel = _open_people(settings, web, identity, stack)
        checks.heed(await workspace.check_approvals(settings, people, channel))
        await _record_start(record, settings, identity)
        token = BotToken(web, clock, bot_user_id=identity.bot_user_id)
        time = Timekeeper(record, web.witness, ask=web.auth_test, clock=clock)
        parts = build_parts(
            Base(
                record=record,
                lookups=lookups,
                messenger=Messenger(web),
                people=people,
                token=token,
                channel=channel,
                policy=settings.policy,
                region=settings.phoneid_default_region,
                approval_seconds=waits.approval or settings.phoneid_approval_ttl,
                settling=waits.settling,
                clock=clock,
                time=time,
            )
        )
        stack.push_async_callback(_finish, parts.jobs, lookups, waits.finishing)
        app = build_app(web, parts.listeners, signing_secret=_signing_secret(settings), identity=identity)
        way = _connected(settings, app, web, host=host, is_ready=_readiness(record, token), clock=clock)
        port, watched = await stack.enter_async_context(way)
        watching = (token.watch(every=waits.token), _watch_record(record, settings, clock, every=waits.sweeping))
        watched += [await stack.enter_async_context(in_background(each)) for each in watching]
        # Last: whoever handles what is due is connected.
        await stack.enter_async_context(_sweeping(lookups, parts, clock, every=waits.sweeping))
        await stack.enter_async_context(_forgetting(settings, record, time, clock, every=waits.forgetting))
        yield Bot(app=app, jobs=parts.jobs, port=port, watched=tuple(watched))


@asynccontextmanager
async def _open_web(settings: BotSettings, clock: Clock, waits: Waits, checks: Checklist) -> AsyncIterator[Web]:
    token = settings.slack_bot_token.get_secret_value()
    async with connection.open_web(
        token=token, base_url=settings.slack_api_url, clock=clock, seconds=waits.slack, checks=checks
    ) as web:
        yield web


def _open_people(
    settings: BotSettings, web: Web, identity: connection.Identity, stack: AsyncExitStack
) -> tuple[People, Channel | None]:
    people = People(web, team_id=identity.team_id, clock=web.clock, group_ids=settings.policy.group_ids)
    stack.push_async_callback(people.aclose)
    if not settings.phoneid_approval_channel:
        return people, None
    channel = Channel(settings.phoneid_approval_channel, web, team_id=identity.team_id, clock=web.clock)
    stack.push_async_callback(channel.aclose)
    return people, channel


async def _record_start(record: Record, settings: BotSettings, identity: connection.Identity) -> None:
    itself = Actor(team_id=identity.team_id, user_id=identity.bot_user_id, through=Through.BOT)
    await record.change(journal.note, Event.STARTED, actor=itself, facts=settings.told)


def _signing_secret(settings: BotSettings) -> str:
    secret = settings.slack_signing_secret
    # In Socket Mode no request carries a signature; Bolt asks for a secret all the same and checks none.
    return secret.get_secret_value() if secret else "socket mode"


async def _watch_record(record: Record, settings: BotSettings, clock: Clock, *, every: float) -> NoReturn:
    """Until the database is gone, or a newer release's. Raises ``AccessLost``: nothing could be recorded any more."""
    while True:
        try:
            await record.read(migrations.check_usable)
        except (DatabaseGone, RecordDamaged, SchemaUnknown) as error:
            log.error("database not usable any more", extra={"facts": {"error": str(error)}})
            raise AccessLost(terminal.database_unusable(settings.database_name, str(error))) from None
        except StoreError as error:
            log.info("database not checked", extra={"facts": {"error": str(error)}})
        await clock.sleep(every)


def _readiness(record: Record, token: BotToken) -> connection.IsReady:
    async def is_ready() -> bool:
        try:
            await record.read(search.search, LogQuery(limit=1))
        except StoreError:
            return False
        return not token.is_refused

    return is_ready


@asynccontextmanager
async def _connected(
    settings: BotSettings, app: AsyncApp, web: Web, *, host: str, is_ready: connection.IsReady, clock: Clock
) -> AsyncIterator[tuple[int | None, list["asyncio.Task[Any]"]]]:
    """The port, in HTTP mode; and in Socket Mode what ends when it cannot go on."""
    if settings.slack_app_token:
        async with connection.socket_mode(
            app, web, settings.slack_app_token.get_secret_value(), clock=clock
        ) as running:
            yield None, [running]
    else:
        async with connection.signed_http(
            app,
            signing_secret=_signing_secret(settings),
            address=(host, settings.port),
            is_ready=is_ready,
            clock=clock,
            connections=settings.phoneid_connections,
        ) as port:
            yield port, []


async def _finish(jobs: Jobs, lookups: Lookups, seconds: float) -> None:
    log.info("ending what runs", extra={"facts": {"running": jobs.running}})
    if not await jobs.drain(seconds):
        lookups.interrupt()
        await jobs.drain(connection.CLOSING)
        await jobs.cancel()


def _sweeping(lookups: Lookups, parts: Parts, clock: Clock, *, every: float) -> AbstractAsyncContextManager[object]:
    async def sweep() -> None:
        await lookups.sweep()
        for request in await parts.requests.usable():
            parts.jobs.start(parts.asking.use_if_there(request))
        for request_id in await parts.notices.cards_to_take_away():
            parts.jobs.start(parts.outbox.deliver(Kind.CARDS, request_id))
        for due in await parts.outbox.due():
            parts.jobs.start(parts.outbox.deliver(due.kind, due.request_id))

    return repeating(sweep, every=every, clock=clock)


def _forgetting(
    settings: BotSettings, record: Record, time: Timekeeper, clock: Clock, *, every: float
) -> AbstractAsyncContextManager[object]:
    retention = Retention(record, seconds=settings.phoneid_retention, clock=clock, time=time)
    return repeating(retention.apply, every=every, clock=clock)
