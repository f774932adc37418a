"""The running bot: settings in, a bot that is connected to Slack out."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, NoReturn

from slack_bolt.async_app import AsyncApp

from bot.app import PATIENT, Waits, open_lookups, open_record
from bot.audit import Event
from bot.checks import Checklist
from bot.clock import SystemClock
from bot.doctor import database, examination, machine, workspace
from bot.errors import (
    AccessLost,
    DatabaseGone,
    RecordDamaged,
    SchemaUnknown,
    StoreError,
)
from bot.health import Health, Part
from bot.interfaces import Clock
from bot.lookups import Lookups
from bot.metrics import Metrics
from bot.models import Actor, Through
from bot.monitoring import open_monitoring
from bot.repeating import in_background
from bot.retention import Retention
from bot.settings import BotSettings
from bot.slack import connection
from bot.slack.app import build_app
from bot.slack.bot_token import BotToken
from bot.slack.channel import Channel
from bot.slack.jobs import Jobs
from bot.slack.links import Links, check_room
from bot.slack.messenger import Messenger
from bot.slack.parts import Base, build_parts
from bot.slack.people import People
from bot.slack.readers import Readers
from bot.slack.rivals import Rivals, check_clicks
from bot.slack.web import Web
from bot.store import journal, migrations
from bot.store.record import Record
from bot.texts import health as health_texts
from bot.texts import terminal
from bot.texts.language import Languages
from bot.timekeeping import Timekeeper
from bot.upkeep import Upkeep

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bot:
    """A running bot: ``app`` takes Slack's payloads; ``port`` is where it listens in HTTP mode."""

    app: AsyncApp
    jobs: Jobs
    port: int | None
    health_port: int | None
    """Where monitors are answered."""
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
    health_host: str = "127.0.0.1",
    clock: Clock | None = None,
    waits: Waits = PATIENT,
    checks: Checklist | None = None,
    languages: Languages | None = None,
) -> AsyncIterator[Bot]:
    """The whole bot, connected. Raises ``SettingsError`` when it cannot start; ``checks`` has what was looked at.
    ``languages`` are those of the catalogues unless others are given.

    Leaving stops taking payloads, lets what runs finish for a while, then ends it as interrupted and tells.
    """
    clock, checks = clock or SystemClock(), checks or Checklist()
    log.debug("starting", extra={"facts": {"settings": settings}})  # shown with its secrets masked
    async with AsyncExitStack() as stack:
        monitoring = await stack.enter_async_context(open_monitoring(clock, health_host, settings.phoneid_health_port))
        metrics = monitoring.metrics
        opened = await _open(stack, settings, clock, waits, checks=checks, metrics=metrics)
        record, lookups, web, identity = opened.record, opened.lookups, opened.web, opened.identity
        token = BotToken(web, clock, bot_user_id=identity.bot_user_id)
        time = Timekeeper(record, web.witness, ask=web.auth_test, clock=clock)
        readers = Readers(
            people=opened.people,
            channel=opened.channel,
            languages=languages or Languages.read(),
            workspaces=settings.phoneid_language,
        )
        parts = build_parts(_base(settings, opened, waits, readers=readers, token=token, time=time, metrics=metrics))
        leaving = 0.0 if settings.slack_app_token else waits.leaving
        stack.push_async_callback(_finish, parts.jobs, lookups, waits.finishing - leaving)
        app = build_app(web, parts.listeners, signing_secret=_signing_secret(settings), identity=identity)
        links = await _links(settings, app, opened, checks)
        connecting = _connected(settings, app, links, clock, host=host, health=monitoring.health)
        port, watched = await stack.enter_async_context(connecting)
        watching = [token.watch(every=waits.token), _watch_record(record, settings, clock, every=waits.sweeping)]
        if links:
            rivals = Rivals(links, lookups.links_of_others)
            wanted = settings.phoneid_links
            metrics.watch_links(lambda: links.connected, wanted=wanted, foreign=lambda: rivals.foreign)
            watching.append(rivals.watch())
        watched += [await stack.enter_async_context(in_background(each)) for each in watching]
        retention = Retention(record, seconds=settings.phoneid_retention, clock=clock, time=time)
        # Last: whoever handles what is due is connected.
        await stack.enter_async_context(Upkeep(record, lookups, opened.people, parts).going_on(retention, clock, waits))
        await stack.enter_async_context(_leaving(clock, seconds=leaving))
        stack.enter_context(monitoring.up(record, lambda: _slack_part(token, links)))
        yield Bot(app=app, jobs=parts.jobs, port=port, health_port=monitoring.port, watched=tuple(watched))


class _Opened(NamedTuple):
    """What was opened, and found good."""

    web: Web
    identity: connection.Identity
    record: Record
    lookups: Lookups
    people: People
    channel: Channel | None


async def _open(
    stack: AsyncExitStack, settings: BotSettings, clock: Clock, waits: Waits, *, checks: Checklist, metrics: Metrics
) -> _Opened:
    """All that the bot stands on, until the stack is left. Raises ``SettingsError`` for what it cannot stand on."""
    web = await stack.enter_async_context(_open_web(settings, clock, waits, checks))
    identity = await workspace.check_tokens(settings, web, checks)
    record = await stack.enter_async_context(open_record(settings, clock, waits=waits, checks=checks))
    checks.heed([await check_clicks(record, now=clock.now())])
    web.count, record.count = metrics.slack_failed, metrics.recorded
    metrics.tell_build(engine="sqlite" if settings.database_path else "postgresql")
    measured = partial(metrics.measuring, limit=settings.phoneid_qps, clock=clock)
    opening = open_lookups(settings, record, clock, waits=waits, measured=measured)
    lookups = await stack.enter_async_context(opening)
    there = examination.open_workspace(settings, web, identity, stack)
    case = examination.Case(settings=settings, clock=clock, waits=waits, workspace=there, database=record)
    await examination.heed_quick(case, checks)
    await _record_start(record, settings, identity)
    return _Opened(web, identity, record, lookups, there.people, there.channel)


@asynccontextmanager
async def _open_web(settings: BotSettings, clock: Clock, waits: Waits, checks: Checklist) -> AsyncIterator[Web]:
    token = settings.slack_bot_token.get_secret_value()
    async with connection.open_web(
        token=token, base_url=settings.slack_api_url, clock=clock, seconds=waits.slack, checks=checks
    ) as web:
        yield web


async def _record_start(record: Record, settings: BotSettings, identity: connection.Identity) -> None:
    """In the journal, and in the log in one line: what somebody who reads only that has to know of the bot."""
    itself = Actor(
        team_id=identity.team_id,
        user_id=identity.bot_user_id,
        through=Through.BOT,
        enterprise_id=identity.enterprise_id,
    )
    await record.change(journal.note, Event.STARTED, actor=itself, facts=settings.told)
    facts = {
        "version": machine.release(),
        "workspace": identity.team or identity.team_id,
        "bot": identity.bot or identity.bot_user_id,
        "agents": settings.phoneid_agents.ids,
        "approval": settings.phoneid_approval,
        "approvers": settings.phoneid_approvers.ids,
        "database": settings.database_name,
        "engine": database.engine_name(settings),
    }
    log.info("bot starts", extra={"facts": facts})


def _base(
    settings: BotSettings,
    opened: _Opened,
    waits: Waits,
    *,
    readers: Readers,
    token: BotToken,
    time: Timekeeper,
    metrics: Metrics,
) -> Base:
    return Base(
        record=opened.record,
        lookups=opened.lookups,
        messenger=Messenger(opened.web, readers),
        readers=readers,
        people=opened.people,
        token=token,
        channel=opened.channel,
        policy=settings.policy,
        region=settings.phoneid_default_region,
        approval_seconds=waits.approval or settings.phoneid_approval_ttl,
        settling=waits.settling,
        clock=opened.web.clock,
        time=time,
        metrics=metrics,
    )


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
            log.error("database lost", extra={"facts": {"error": str(error)}})
            raise AccessLost(terminal.database_unusable(settings.database_name, str(error))) from None
        except StoreError as error:
            log.info("database check failed", extra={"facts": {"error": str(error)}})
        await clock.sleep(every)


def _slack_part(token: BotToken, links: Links | None) -> Part:
    """Whether people are heard, and can be answered. Slack is not asked."""
    if token.is_refused:
        return Part(health_texts.SLACK, is_good=False, words=health_texts.REFUSED)
    return links.part if links else Part(health_texts.SLACK, is_good=True, words=health_texts.BY_HTTP)


async def _links(settings: BotSettings, app: AsyncApp, opened: _Opened, checks: Checklist) -> Links | None:
    """In Socket Mode. Other processes get to know of them by the heartbeat."""
    if settings.slack_app_token is None:
        return None
    token, lookups = settings.slack_app_token.get_secret_value(), opened.lookups
    wanted, others = settings.phoneid_links, lookups.links_of_others
    links = Links(app, opened.web, token, wanted=wanted, count_others=others)
    lookups.count_links = lambda: links.kept
    await lookups.beat()
    checks.heed([check_room(await others(), wanted=wanted)])
    return links


@asynccontextmanager
async def _connected(
    settings: BotSettings, app: AsyncApp, links: Links | None, clock: Clock, *, host: str, health: Health
) -> AsyncIterator[tuple[int | None, list["asyncio.Task[Any]"]]]:
    """The port, in HTTP mode; and in Socket Mode what ends when it cannot go on."""
    if links:
        async with links.keep_open() as running:
            yield None, running
    else:
        async with connection.signed_http(
            app,
            signing_secret=_signing_secret(settings),
            address=(host, settings.port),
            health=health,
            clock=clock,
            connections=settings.phoneid_connections,
        ) as port:
            yield port, []


@asynccontextmanager
async def _leaving(clock: Clock, *, seconds: float) -> AsyncIterator[None]:
    """At an orderly end it goes on for so long, once it says that it is not ready: whoever sends has to notice."""
    yield
    await clock.sleep(seconds)


async def _finish(jobs: Jobs, lookups: Lookups, seconds: float) -> None:
    log.info("finishing running work", extra={"facts": {"running": jobs.running}})
    if not await jobs.drain(seconds):
        lookups.interrupt()
        await jobs.drain(connection.CLOSING)
        await jobs.cancel()
