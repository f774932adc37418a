"""``phoneid forget``: a number, its ID and the reasons leave the record."""

import asyncio
import sys

import click

from bot import settings
from bot.audit import Footprint
from bot.checks import Checklist
from bot.cli.arguments import EXIT_NO_ID, CannotStart, Discreet, read_existing, say_warning
from bot.cli.caller import identify
from bot.cli.streams import check_output, show
from bot.cli.typed import read_phone
from bot.clock import SystemClock
from bot.errors import StillOpen, StoreUnavailable
from bot.models import PhoneNumber
from bot.texts import journal as texts


@click.command(cls=Discreet)
@click.argument("phone")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def forget(*, phone: str, yes: bool) -> None:
    """Remove PHONE, its ID and the reasons from all records for good.

    If PHONE is -, the number is read from standard input. Who asked, when, and the outcome remain on record.

    Exit code 0: it is removed; 1: it is not, or parts of it may still be in the database's files; 2: nothing could be
    removed.
    """
    check_output()
    record_settings = read_existing()
    number = read_phone(phone, record_settings)
    if not asyncio.run(_forget(record_settings, number, is_agreed=yes)):
        sys.exit(EXIT_NO_ID)


async def _forget(record_settings: settings.RecordSettings, number: PhoneNumber, *, is_agreed: bool) -> bool:
    from bot.app import open_record
    from bot.retention import SLOW, scrub
    from bot.store import forgetting, processes, scrubbing
    from bot.store.migrations import TO_USE

    async with open_record(record_settings, checks=Checklist(say_warning), opening=TO_USE) as record:
        await record.change(processes.sweep_in_passing)  # there may be no bot that ends what a killed command left
        found = await record.read(forgetting.footprint, number)
        if not (is_agreed or _is_agreed(number, found)):
            return False
        try:
            forgotten = await record.change(forgetting.forget, number, actor=identify())
        except StillOpen as error:
            click.echo(texts.still_open(number, error.found), err=True)
            return False
        show(texts.forgotten(number, forgotten))
        try:  # also when there was nothing to forget now: an earlier try may have been kept from it
            if (found_now := await record.read(scrubbing.find)) is None:
                return True
            if found_now.took > SLOW and not found_now.is_alone:
                click.echo(texts.scrubbed_later(found_now.took), err=True)
                return False
            if await scrub(record, SystemClock()):
                show(texts.SCRUBBED if record_settings.database_path else texts.SCRUBBED_ON_A_SERVER)
                return True
            click.echo(texts.not_scrubbed(texts.READ_BY_OTHERS), err=True)
        except StoreUnavailable as error:
            click.echo(texts.not_scrubbed(str(error)), err=True)
        return False


def _is_agreed(number: PhoneNumber, found: Footprint) -> bool:
    # What is not there, or not possible, is said without a question before it.
    if found.running or found.waiting or not (found.ended or found.mentions):
        return True
    try:
        return click.confirm(texts.asks_to_forget(number, found), err=True)
    except click.Abort:
        raise CannotStart(texts.NO_ANSWER) from None
