"""``phoneid forget``: a number, its ID and the reasons leave the record."""

import asyncio
import sys

import click

from bot import settings
from bot.cli.arguments import EXIT_NO_ID, CannotStart, read_phone
from bot.cli.caller import identify
from bot.errors import StillOpen, StoreUnavailable
from bot.interfaces import Store
from bot.models import PhoneNumber
from bot.texts import journal as texts
from bot.texts import terminal
from bot.traces import Traces


@click.command()
@click.argument("phone")
@click.option("--yes", is_flag=True, help="Do not ask whether this is meant.")
def forget(*, phone: str, yes: bool) -> None:
    """Forget PHONE: remove it, its ID and the reasons from the record, for good.

    That it was asked, by whom and how it ended stays. Exit code 0: it is in no file any more; 1: something of it may
    be; 2: it could not be tried.
    """
    record_settings = settings.read(settings.RecordSettings)
    path = record_settings.database_path
    if not path.exists():
        raise CannotStart(terminal.no_database(str(path)))
    number = read_phone(phone, record_settings)
    if not asyncio.run(_forget(record_settings, number, is_agreed=yes)):
        sys.exit(EXIT_NO_ID)


async def _forget(record_settings: settings.RecordSettings, number: PhoneNumber, *, is_agreed: bool) -> bool:
    from bot.app import open_store

    async with open_store(record_settings) as store:
        traces = await store.traces(number)
        if not (is_agreed or _is_agreed(number, traces)):
            return False
        try:
            forgotten = await store.forget(number, actor=identify())
        except StillOpen as error:
            click.echo(texts.still_open(number, error.traces), err=True)
            return False
        click.echo(texts.forgotten(number, forgotten))
        return await _scrub(store)


def _is_agreed(number: PhoneNumber, traces: Traces) -> bool:
    # What is not there, or not possible, is said without a question before it.
    if traces.running or traces.waiting or not (traces.ended or traces.mentions):
        return True
    return click.confirm(texts.asks_to_forget(number, traces), err=True)


async def _scrub(store: Store) -> bool:
    """Also when there was nothing to forget now: an earlier try may have been kept from it."""
    try:
        if await store.scrub():
            return True
        click.echo(texts.not_scrubbed(texts.READ_BY_OTHERS), err=True)
    except StoreUnavailable as error:
        click.echo(texts.not_scrubbed(str(error)), err=True)
    return False
