"""Whether the record can be used: opened, read, written, whole at its end, and with room to grow."""

import os
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from bot.app import Waits, open_record
from bot.checks import Check, Checklist, ok, stop, warning
from bot.errors import PhoneIdError, StoreError
from bot.interfaces import Clock
from bot.settings import RecordSettings
from bot.store import rights
from bot.store.engine import Tx
from bot.store.glance import glance
from bot.store.migrations import HEAD, NOTHING_YET, TO_LOOK
from bot.store.processes import beat
from bot.store.record import Record
from bot.store.schema import SCHEMA
from bot.texts import doctor as texts

NAME = "database"

IN_MEMORY = "sqlite:///:memory:"
"""Shared with nobody."""

LITTLE = 200_000_000
"""Bytes. The journal of a hundred thousand lookups takes as much."""


@asynccontextmanager
async def open_to_check(
    settings: RecordSettings, clock: Clock, *, waits: Waits, checks: Checklist
) -> AsyncIterator[Record | None]:
    """The record, if there is one that can be used; none is begun. ``checks`` has what was found."""
    if is_new(settings):
        checks.made.append(_without_record(settings))
        yield None
        return
    async with AsyncExitStack() as stack:
        record = None
        try:
            record = await stack.enter_async_context(
                open_record(settings, clock, waits=waits, checks=checks, opening=TO_LOOK)
            )
        except PhoneIdError as error:  # it is among the checks
            if str(error.__context__) == NOTHING_YET:  # a start begins one there
                checks.made[-1] = ok(NAME, texts.no_record_yet(settings.database_name))
        yield record


def is_new(settings: RecordSettings) -> bool:
    """Whether there is no file yet."""
    return settings.database_path is not None and not _is_there(settings.database_path)


async def check_database(settings: RecordSettings, record: Record) -> list[Check]:
    """Whether it takes a change, and whether its newest entries are whole."""
    name = settings.database_name
    try:
        seen = await record.read(glance)
        if trouble := await _trouble_on_server(settings, record, seen.schema):
            return [trouble]
        with suppress(_Undone):
            await record.change(_try_writing, is_older=seen.schema < SCHEMA)
    except StoreError as error:
        return [stop(NAME, texts.database_not_writable(name, " ".join(str(error).split())), texts.CHECK_DATABASE)]
    whole = (
        ok("journal", texts.chain_whole(seen.entries, seen.head))
        if seen.broken_at is None
        else warning("journal", texts.chain_broken(seen.broken_at), texts.VERIFY_AND_RESTORE)
    )
    works = ok(NAME, texts.database_works(name, engine_name(settings), seen.schema))
    return [works, whole, *await _who_could_change_it(settings, record)]


class _Undone(Exception):
    """It was only tried."""


def _try_writing(tx: Tx, *, is_older: bool) -> None:
    """Write what a process says of itself, and have it undone. An older file gets its columns at the start."""
    if not is_older:
        beat(tx)
    tx.one(HEAD)  # what was to be written is written before this is answered
    raise _Undone


async def _trouble_on_server(settings: RecordSettings, record: Record, schema: int) -> Check | None:
    """Why a start ends there; a file is migrated and its owner may do everything."""
    if settings.database_path:
        return None
    name = settings.database_name
    if schema < SCHEMA:
        return stop(NAME, texts.database_older(name, schema, SCHEMA), texts.MIGRATE)
    if lacking := await record.read(rights.lacking):
        return stop(NAME, texts.rights_missing(name, ", ".join(lacking)), texts.GIVE_RIGHTS)
    return None


async def _who_could_change_it(settings: RecordSettings, record: Record) -> list[Check]:
    """Whether the bot's role is one that the guide would not let at the journal."""
    if settings.database_path:
        return []  # whoever writes the file can do anything to it
    match await record.read(rights.over_journal):
        case rights.OverJournal.OWN:
            return [warning("role", texts.ROLE_OWNS_JOURNAL, texts.USE_TWO_ROLES)]
        case rights.OverJournal.CHANGE:
            return [warning("role", texts.ROLE_MAY_CHANGE_JOURNAL, texts.CLOSE_JOURNAL)]
        case rights.OverJournal.NOTHING:
            return [ok("role", texts.ROLE_ONLY_ADDS)]


def engine_name(settings: RecordSettings) -> str:
    """What keeps the record."""
    return f"SQLite {sqlite3.sqlite_version}" if settings.database_path else "Postgres"


def check_disk(settings: RecordSettings) -> list[Check]:
    """Whether there is room where the record is; of a server's disk nothing is known here."""
    path = settings.database_path
    if path is None:
        return []
    folder = path.absolute().parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return []  # whether the folder is there is told with the database
    told = texts.megabytes(free)
    if free < LITTLE:
        return [warning("disk", texts.disk_nearly_full(told, str(folder)), texts.FREE_DISK)]
    return [ok("disk", texts.disk_free(told, str(folder)))]


def _without_record(settings: RecordSettings) -> Check:
    assert settings.database_path
    folder = settings.database_path.absolute().parent
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return ok(NAME, texts.no_record_yet(settings.database_name))
    return stop(NAME, texts.folder_unusable(settings.database_name), texts.MAKE_FOLDER)


def _is_there(path: Path) -> bool:
    try:
        return os.path.lexists(path)
    except OSError:  # a name too long for any file
        return True
