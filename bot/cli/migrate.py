"""``phoneid migrate``: the database gets this release's schema."""

import asyncio
import time

import click

from bot import settings
from bot.checks import Checklist
from bot.cli.arguments import CannotStart, read_settings, say_warning
from bot.cli.caller import on_ending
from bot.cli.help import Command
from bot.cli.streams import check_output, show
from bot.errors import DatabaseGone, OlderAtWork, StoreUnavailable, TablesInUse
from bot.store.record import Record
from bot.texts import databases as texts

PATIENCE = 120.0
"""Seconds for processes of older releases to end. They notice within seconds, and a stop takes them half a minute.
Whoever reads has as long."""

LOOKED_AT_EVERY = 1.0


@click.command(cls=Command)
def migrate() -> None:
    """Bring the database in DATABASE_URL to this release's schema.

    Run it after you have installed a new release and before you start its processes. On Postgres they do not start
    without it. Processes of the older release can keep running. If the change would break them, they accept no more
    work and end, and this command waits up to two minutes for that, or for a backup to end. You can run it again at
    any time.

    Exit code 0: this release can use the database; 2: it cannot, and nothing was changed.
    """
    check_output()
    record_settings = read_settings(settings.RecordSettings)
    try:
        asyncio.run(_migrate(record_settings))
    except asyncio.CancelledError:
        raise click.Abort from None


async def _migrate(record_settings: settings.RecordSettings) -> None:
    from bot.app import open_record
    from bot.store.migrations import Older, Opening

    name = record_settings.database_name
    async with open_record(record_settings, checks=Checklist(say_warning), opening=Opening(older=Older.LEFT)) as record:
        try:
            before, after = await _take_steps(record)
        except OlderAtWork as found:
            click.echo(texts.waiting_for_older(found.count, PATIENCE), err=True)
            before, after = await _migrate_after_older(record, name)
        is_new = record.is_new
    show(texts.migrated(name, before, after, is_new=is_new))


async def _take_steps(record: Record) -> tuple[int, int]:
    """Take the steps in a moment in which nobody reads. Between the tries all others go on."""
    from bot.store.migrations import take_steps

    until, is_told = time.monotonic() + PATIENCE, False
    while True:
        try:
            return await record.change(take_steps)
        except TablesInUse:
            if time.monotonic() >= until:
                raise
        if not is_told:
            click.echo(texts.waiting_for_readers(PATIENCE), err=True)
            is_told = True
        await asyncio.sleep(LOOKED_AT_EVERY)


async def _migrate_after_older(record: Record, name: str) -> tuple[int, int]:
    """Have the processes end that do not know a step, and then take it. Raises ``CannotStart`` if they stay."""
    from bot.store.migrations import announce, take_steps, withdraw

    this = asyncio.current_task()

    def stop() -> None:
        if this:
            this.cancel()

    on_ending(stop)
    until = time.monotonic() + PATIENCE
    await record.change(announce)
    try:
        while True:
            await asyncio.sleep(LOOKED_AT_EVERY)
            try:
                return await record.change(take_steps)
            except OlderAtWork as found:
                if time.monotonic() >= until:
                    raise CannotStart(texts.older_still_there(found.count, name)) from None
            except DatabaseGone:
                raise
            except StoreUnavailable:  # those who end are busy recording
                if time.monotonic() >= until:
                    raise
    except BaseException:
        await record.change(withdraw)
        raise
