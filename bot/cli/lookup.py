"""``phoneid lookup``: one number's ID, or a list's, from a terminal."""

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from itertools import chain, repeat
from typing import TypedDict, Unpack
from uuid import uuid4

import click
import httpx
from pydantic import SecretStr

from bot import export, logs, policy, settings
from bot.audit import LogEntry
from bot.checks import Checklist
from bot.cli.arguments import EXIT_NO_ID, STREAM, Discreet, read_settings, say_warning
from bot.cli.caller import identify, on_ending
from bot.cli.streams import check_output, show
from bot.cli.typed import read_code, read_phone, read_reason
from bot.clock import SystemClock
from bot.entry.secrecy import what_is_wrong
from bot.interfaces import Clock
from bot.lookups import Lookups
from bot.models import Lookup, NewRequest, PhoneNumber, Request, State
from bot.repeating import while_running
from bot.texts import asking, problems, terminal
from bot.texts import command_line as texts
from bot.texts.language import in_english
from bot.texts.said import Said

FIRST_AFTER, THEN_EVERY = 1.0, 3.0
"""Seconds between moments at which something may be said: most lookups are over before the first."""


class _ListFlags(TypedDict):
    is_again: bool
    are_short_codes_meant: bool


@click.command(cls=Discreet)
@click.argument("phone", required=False)
@click.option("--reason", default="", help="Recorded with the lookup, or with each number of a list.")
@click.option("--json", "is_json", is_flag=True, help="Print the full result for PHONE as JSON.")
@click.option("--file", metavar="FILE", help="List of numbers and codes to use instead of PHONE; - is standard input.")
@click.option("--output", metavar="FILE", help="File for the list's IDs, as CSV; - is standard output.")
@click.option(
    "--again", "is_again", is_flag=True, help="Also look up lines again whose number or code was not accepted."
)
@click.option(
    "--short-codes",
    "are_short_codes_meant",
    is_flag=True,
    help="The list's short codes are correct: no leading zeros were lost.",
)
def lookup(
    *,
    phone: str | None,
    reason: str,
    is_json: bool,
    file: str | None,
    output: str | None,
    **of_list: Unpack[_ListFlags],
) -> None:
    """Get the ID of PHONE, or the IDs of a list.

    The command asks for the verification code or reads it from standard input. The code is never an argument. Only the
    ID is printed to standard output. Other users of this machine can see the arguments of running commands. To hide the
    number or the reason from them, write - in its place. The command then reads it from standard input, one per line in
    the order number, reason, code.

    Exit code 0: there is an ID; 1: there is none; 2: nothing could be looked up.

    For many numbers: phoneid lookup --file numbers.csv --output ids.csv

    The list is CSV with the columns phone_number, code and, optionally, reason. Or it has a number and its code on each
    line, without headings. It can have up to 10,000 numbers. Mistakes are reported by line before anything is looked
    up. You can stop the command at any time: run it again, and it continues after the finished numbers.

    Exit code 0: all numbers have their IDs; 1: not all; 2: nothing could be looked up.
    """
    _check_combination(phone, file, output, is_json=is_json, **of_list)
    if file == reason == STREAM:
        raise click.UsageError(texts.ONE_STREAM)
    lookup_settings = read_settings(settings.LookupSettings)
    logs.configure(level="ERROR", log_format=lookup_settings.phoneid_log_format)
    if file is not None and output is not None:
        from bot.cli.number_list import ask_list

        are_all_answered = ask_list(lookup_settings, file=file, output=output, reason=read_reason(reason), **of_list)
        sys.exit(0 if are_all_answered else EXIT_NO_ID)
    assert phone is not None
    check_output()
    number, why, code = read_phone(phone, lookup_settings), read_reason(reason), read_code()
    if mistake := what_is_wrong(number, code, why):  # both are kept, and the code is not: it must be in neither
        raise click.UsageError(in_english(asking.ENTRY_MISTAKES[mistake]))
    ended = asyncio.run(look_up(lookup_settings, number, code, why))
    on_record = terminal.to_be_found(ended.request.id)
    if is_json:
        show(export.in_json(export.as_row(ended)).encode(), otherwise=on_record)
    elif ended.lookup.state is State.ANSWERED:
        show(ended.lookup.result.phone_number_id or "", otherwise=on_record)
    if ended.lookup.state is not State.ANSWERED:
        click.echo(in_english(problems.no_id(ended.lookup)), err=True)
        sys.exit(EXIT_NO_ID)


async def look_up(
    lookup_settings: settings.LookupSettings,
    number: PhoneNumber,
    code: SecretStr,
    reason: str,
    *,
    on_wire: Callable[[httpx.AsyncClient], object] | None = None,
) -> LogEntry:
    """One lookup, recorded; ``on_wire`` is handed the connections to the API before it is called."""
    from bot.app import open_lookups, open_record
    from bot.store import requests

    key = f"command line:{uuid4()}"
    new = NewRequest(agent=identify(), phones=(number,), reason=reason, channel_id="", submission_key=key)
    async with (
        open_record(lookup_settings, checks=Checklist(say_warning)) as record,
        open_lookups(lookup_settings, record, on_wire=on_wire) as lookups,
    ):
        on_ending(lookups.interrupt)
        request = (await record.change(requests.accept, new, policy.YES)).request
        if request.lookup.state is State.QUEUED:
            click.echo(_beginning(request.lookup), err=True)
        ended = await run_telling(lookups, request, code, clock=SystemClock(), tell=partial(click.echo, err=True))
        return LogEntry(request, ended)


async def run_telling(
    lookups: Lookups, request: Request, code: SecretStr, *, clock: Clock, tell: Callable[[str], None]
) -> Lookup:
    """Run a request for one number, and tell how long its turn is still away, whenever that has changed.

    The lookup as it ended.
    """
    lookup = request.lookup
    answering = asyncio.create_task(lookups.run(request, lookup, code))
    told: Said | None = None
    try:
        async for _ in while_running(answering, chain([FIRST_AFTER], repeat(THEN_EVERY)), clock):
            outlook = lookups.outlook(lookup.id)
            slow = asking.slow(lookup.phone) if lookups.is_slow(lookup.id) else told
            said = asking.waiting(lookup.phone, outlook.place, outlook.seconds) if outlook else slow
            if said is not None and said != told:
                tell(in_english(said))
                told = said
        return await answering
    finally:
        answering.cancel()


def _beginning(lookup: Lookup) -> str:
    if lookup.follows:  # another terminal asks for it; which code was given there is known only there
        return in_english(asking.already_looked_up(lookup.phone, is_same_code=False))
    return in_english(asking.asking(lookup.phone))


def _check_combination(
    phone: str | None, file: str | None, output: str | None, *, is_json: bool, **of_list: Unpack[_ListFlags]
) -> None:
    """Raises ``click.UsageError`` for what makes no sense together."""
    wrong = {
        texts.PHONE_OR_FILE: (phone is None) == (file is None),
        texts.FILE_NEEDED: file is None and (output is not None or any(of_list.values())),
        texts.OUTPUT_NEEDED: file is not None and output is None,
        texts.JSON_NOT_HERE: file is not None and is_json,
        texts.AGAIN_NEEDS_FILE: of_list["is_again"] and output == STREAM,
    }
    for sentence, is_wrong in wrong.items():
        if is_wrong:
            raise click.UsageError(sentence)
