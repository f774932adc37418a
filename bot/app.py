"""The composition root's lower half: settings in, an open record and the use case of lookups out.

The command line needs no more; the bot, which adds Slack, is put together in ``bot.running``.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    ExitStack,
    asynccontextmanager,
    closing,
    contextmanager,
    nullcontext,
    suppress,
)
from dataclasses import dataclass, replace
from functools import partial

import httpx

from bot.cams.client import CamsClient
from bot.cams.credentials import open_role
from bot.cams.signing import Credentials
from bot.cams.transport import READ_SECONDS, open_http
from bot.checks import Check, Checklist, ok, stop, warning
from bot.clock import SystemClock
from bot.errors import SchemaUnknown, StoreError, StoreUnavailable, WrittenMeanwhile
from bot.interfaces import Clock, Quota
from bot.lookups import Lookups
from bot.quota.account import Rules
from bot.quota.slots import LATEST_ARRIVAL
from bot.quota.turns import Turns
from bot.repeating import repeating
from bot.settings import BotSettings, LookupSettings, RecordSettings
from bot.slack import connection
from bot.slack.people import People
from bot.slack.windows import SETTLED_AFTER
from bot.store import copying
from bot.store.copying import Copied, Tell
from bot.store.files import check_files
from bot.store.migrations import NOTHING_YET, Opening, known_schema
from bot.store.names import new_process
from bot.store.processes import SILENT_FOR
from bot.store.record import Record
from bot.store.urls import PATIENCE, engine_to_copy_from, engine_to_copy_to, record_at, record_to_look_at, state_at
from bot.texts import databases, terminal
from bot.texts import settings as starting


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long the bot waits for things, in seconds. Tests are less patient."""

    finishing: float = 15.0
    """For what runs, at a stop. With what closing and telling take it stays below the 30 seconds after which container
    hosts commonly kill."""
    leaving: float = 5.0
    """Of these, in HTTP mode, for whoever sends requests here to hear that they go elsewhere: until then they come."""
    api_reading: float = READ_SECONDS
    """For the API's answer, each attempt."""
    settling: tuple[float, ...] = SETTLED_AFTER
    """For a submission's acknowledgement to have arrived, before each update of its window."""
    lease: float = SILENT_FOR
    """For a process that says nothing to count as dead, and its lookups as interrupted."""
    sweeping: float = 5.0
    """Between looks at what dead processes and passing time left behind."""
    saying: float = 1.0
    """Between looks at what nobody has said in Slack in time."""
    following: float = 0.15
    """Between looks at what others did to requests that wait or run here: an approval is noticed at once."""
    leavers: float = 600.0
    """Between looks at whether those who wait for a decision are still there."""
    resting: float = 1.0
    """The same while nothing waits or runs here. What begins to is followed from before it."""
    checkpoint: float = 30.0
    """Between moments at which all that is recorded is in the one file that people copy."""
    forgetting: float = 3600.0
    """Between looks at what is older than PHONEID_RETENTION."""
    approval: float | None = None
    """For a decision; ``None``: as PHONEID_APPROVAL_TTL says."""
    token: float = 30.0
    """Between looks at whether Slack still takes the bot token: without it the bot ends within a minute."""
    slack: float = connection.ANSWERING
    """For Slack's answer, each attempt."""
    database: float = PATIENCE
    """For another process to let go of the database."""
    latest_arrival: float = LATEST_ARRIVAL
    """For a request that was given up to be seen by the API after all."""


PATIENT = Waits()

QUOTA_STATE = "quota"
"""The name under which the processes of an account share the state of its calls."""


@asynccontextmanager
async def open_record(
    settings: RecordSettings,
    clock: Clock | None = None,
    *,
    waits: Waits = PATIENT,
    checks: Checklist | None = None,
    opening: Opening | None = None,
) -> AsyncIterator[Record]:
    """The record. Raises ``SettingsError`` when it cannot be used, or must not be; a new one is a warning.

    ``opening`` says what may be done to one that is not yet as this release has it.
    """
    now, process = (clock or SystemClock()).now, new_process()
    new = partial(
        record_at, settings.database_url, process=process, clock_now=now, patience=waits.database, opening=opening
    )
    async with _opened(settings, new, checks or Checklist(), writes=True) as record:
        yield record


@asynccontextmanager
async def open_record_to_look(settings: RecordSettings, *, checks: Checklist | None = None) -> AsyncIterator[Record]:
    """The record for whoever only reads, also from a copy that nobody may write. Otherwise as ``open_record``."""
    new = partial(record_to_look_at, settings.database_url, process=new_process())
    async with _opened(settings, new, checks or Checklist(), writes=False) as record:
        yield record


def copy_record(source: RecordSettings, target: RecordSettings, *, checks: Checklist, tell: Tell) -> Copied:
    """Copy a whole record into an empty database, and check the copy.

    Raises ``SettingsError``, and ``StoreError`` with the name of the database that it is about.
    """
    process, clock = new_process(), SystemClock()
    for each, writes in ((source, False), (target, True)):
        if each.database_path:
            checks.heed(check_files(each.database_path, writes=writes))
    with ExitStack() as opened:
        with _saying_which(source):
            from_ = opened.enter_context(closing(engine_to_copy_from(source.database_url, process=process)))
            from_.open()
            with from_.reading() as tx:
                number = known_schema(tx)
        with _saying_which(target):
            new = engine_to_copy_to(target.database_url, process=process, clock_now=clock.now, schema=number)
            into = opened.enter_context(closing(new))
            into.open()
        try:
            return copying.copy(from_, into, states=[QUOTA_STATE], tell=tell)
        except WrittenMeanwhile:  # a bot has begun to use the file: from now on it knows that we read
            from_.close()
            from_.open()
            return copying.copy(from_, into, states=[QUOTA_STATE], tell=tell)


@contextmanager
def _saying_which(settings: RecordSettings) -> Iterator[None]:
    try:
        yield
    except (SchemaUnknown, StoreUnavailable) as error:
        raise StoreUnavailable(databases.at(settings.database_name, str(error))) from error


@asynccontextmanager
async def _opened(
    settings: RecordSettings, new: Callable[[], Record], checks: Checklist, *, writes: bool
) -> AsyncIterator[Record]:
    if settings.database_path:
        checks.heed(check_files(settings.database_path, writes=writes))
    try:
        record = new()
        await record.open()
        if not writes:
            await record.read(known_schema)
    except (SchemaUnknown, StoreUnavailable) as error:
        checks.heed([_unusable(settings, error)])
        raise
    try:
        name = settings.database_name
        good = ok("database", terminal.database_good(name))
        checks.heed([warning("database", starting.new_record(name)) if record.is_new else good])
        yield record
    finally:
        await record.aclose()


def _unusable(settings: RecordSettings, error: StoreError) -> Check:
    """What is said, and what to do where the error does not say it."""
    found = stop("database", terminal.database_unusable(settings.database_name, str(error)))
    if found.remedy or str(error) == NOTHING_YET:
        return found
    if isinstance(error, SchemaUnknown):
        return replace(found, remedy=terminal.NAME_OUR_DATABASE)
    return replace(found, remedy=terminal.CHECK_FILE if settings.database_path else terminal.CHECK_SERVER)


@asynccontextmanager
async def open_lookups(
    settings: LookupSettings,
    record: Record,
    clock: Clock | None = None,
    *,
    waits: Waits = PATIENT,
    measured: Callable[[Turns], Quota] | None = None,
    on_wire: Callable[[httpx.AsyncClient], object] | None = None,
) -> AsyncIterator[Lookups]:
    """The use case with the real API behind it, in a process that says of itself that it lives.

    ``measured`` gives turns that are measured; ``on_wire`` is handed the connections before anything is called.
    """
    clock = clock or SystemClock()
    async with (
        open_credentials(settings, clock) as credentials,
        open_http(settings.phoneid_cams_url, read_seconds=waits.api_reading) as http,
        open_quota(settings, clock, waits=waits) as quota,
    ):
        if on_wire:
            on_wire(http)
        api = CamsClient(http, credentials=credentials, clock=clock)
        turns = measured(quota) if measured else quota
        lookups = Lookups(record=record, api=api, quota=turns, clock=clock, silent_for=waits.lease)
        await lookups.beat()  # before anything is recorded as this process's
        try:
            async with (
                repeating(lookups.keep_up, every=waits.lease / 3, clock=clock),
                repeating(record.checkpoint, every=waits.checkpoint, clock=clock),
            ):
                yield lookups
        finally:
            with suppress(StoreError):  # then the others find out by its silence
                await lookups.leave()


def open_credentials(settings: LookupSettings, clock: Clock) -> AbstractAsyncContextManager[Callable[[], Credentials]]:
    """What signs each call, asked for at each call."""
    if settings.role is not None:
        return open_role(settings.role, clock)
    key_id, secret = settings.alibaba_cloud_access_key_id, settings.alibaba_cloud_access_key_secret
    assert key_id, "settings without credentials stop the start"
    assert secret, "an ID without its secret stops it, too"
    token = settings.alibaba_cloud_security_token
    key = Credentials(access_key_id=key_id, access_key_secret=secret, security_token=token)
    return nullcontext(lambda: key)


@asynccontextmanager
async def open_quota(
    settings: LookupSettings, clock: Clock | None = None, *, waits: Waits = PATIENT
) -> AsyncIterator[Turns]:
    """The account's calls per second, shared by all processes on one database. Its schema must be this release's."""
    clock = clock or SystemClock()
    url, process = settings.database_url, new_process()
    state = state_at(url, QUOTA_STATE, process=process, clock=clock, patience=waits.database)
    await state.open()
    turns = Turns(Rules(settings.phoneid_qps, latest_arrival=waits.latest_arrival), state=state, clock=clock)
    try:
        yield turns
    finally:
        await turns.aclose()
        await state.aclose()


@asynccontextmanager
async def open_people(settings: BotSettings) -> AsyncIterator[People]:
    """What Slack knows of people, for whoever only asks. Raises ``SettingsError`` when Slack cannot be asked."""
    clock = SystemClock()
    token = settings.slack_bot_token.get_secret_value()
    async with connection.open_web(token=token, base_url=settings.slack_api_url, clock=clock) as web:
        identity = await connection.check_tokens(web, Checklist())
        people = People(web, installed=identity.installed, clock=clock, group_ids=settings.policy.group_ids)
        try:
            yield people
        finally:
            await people.aclose()
