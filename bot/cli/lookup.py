"""``phoneid lookup``: one number's ID, from a terminal."""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from getpass import getuser
from platform import node
from uuid import uuid4

import click
from pydantic import SecretStr

from bot import listing, logs, settings
from bot.cli.arguments import EXIT_NO_ID, check_text, read_phone
from bot.entry.fields import read_code, read_reason
from bot.entry.secrecy import number_holds, text_holds
from bot.errors import EntryError, EntryMistake
from bot.models import Actor, Lookup, NewLookup, PhoneNumber, State, Through
from bot.policy import Membership, Policy, Standing, decide
from bot.texts import asking, problems

_ENDINGS = tuple(
    number
    for number in signal.Signals
    if number.name in {"SIGTERM", "SIGINT", "SIGHUP"} and signal.getsignal(number) is not signal.SIG_IGN
)
"""What ends a lookup in words: a closed terminal too, but not where it was to be ignored, as ``nohup`` asks."""


@click.command()
@click.argument("phone")
@click.option("--reason", default="", callback=check_text, help="Recorded with the lookup.")
@click.option("--json", "is_json", is_flag=True, help="Print the whole outcome as JSON.")
def lookup(*, phone: str, reason: str, is_json: bool) -> None:
    """Get the ID of PHONE. The verification code is asked for, or read from standard input: never an argument.

    Prints the ID alone on standard output. Exit code 0: there is an ID; 1: there is none; 2: it could not be asked.
    """
    lookup_settings = settings.read(settings.LookupSettings)
    logs.configure(level="ERROR", log_format=lookup_settings.phoneid_log_format)
    number = read_phone(phone, lookup_settings)
    code = _read_code()
    why = _read_reason(reason)
    _check_apart(number, code, why)
    ended = asyncio.run(_lookup(lookup_settings, number, code, why))
    if is_json:
        click.echo(json.dumps(listing.as_row(ended), ensure_ascii=False, indent=2))
    elif ended.state is State.ANSWERED:
        click.echo(ended.result.phone_number_id)
    if ended.state is not State.ANSWERED:
        click.echo(problems.no_id(ended), err=True)
        sys.exit(EXIT_NO_ID)


async def _lookup(
    lookup_settings: settings.LookupSettings, number: PhoneNumber, code: SecretStr, reason: str
) -> Lookup:
    from bot.app import open_lookups, open_store

    agent = Actor(team_id=node() or "this machine", user_id=_user_name(), through=Through.COMMAND_LINE)
    new = NewLookup(agent=agent, phone=number, reason=reason, channel_id="", submission_key=f"command line:{uuid4()}")
    async with open_store(lookup_settings) as store, open_lookups(lookup_settings, store) as lookups:
        for number_of_signal in _ENDINGS:
            with suppress(NotImplementedError):
                asyncio.get_running_loop().add_signal_handler(number_of_signal, lookups.interrupt)
        accepted, _ = await lookups.accept(new, decide(agent, Standing(Membership.UNKNOWN), Policy()))
        if accepted.state is State.REJECTED:
            return accepted
        click.echo(asking.asking(number), err=True)
        return await lookups.run(accepted, code)


def _user_name() -> str:
    """Whoever runs this, by name, or by number where that user has no name: in many containers."""
    try:
        return getuser()
    except (KeyError, OSError, ImportError):  # by version and system of Python; ImportError is Windows'
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def _read_code() -> SecretStr:
    try:
        is_asked = sys.stdin.isatty()
        typed = click.prompt(asking.CODE_LABEL, hide_input=True, err=True) if is_asked else sys.stdin.readline()
        return read_code(typed)
    except UnicodeDecodeError:
        raise click.UsageError(asking.ENTRY_MISTAKES[EntryMistake.CODE_UNREADABLE]) from None
    except EntryError as error:
        raise click.UsageError(asking.ENTRY_MISTAKES[error.mistake]) from None


def _check_apart(number: PhoneNumber, code: SecretStr, reason: str) -> None:
    """The number and the reason are kept, and the code is not: it must be in neither."""
    if number_holds(number, code):
        raise click.UsageError(asking.ENTRY_MISTAKES[EntryMistake.NUMBER_HOLDS_CODE])
    if text_holds(reason, code):
        raise click.UsageError(asking.ENTRY_MISTAKES[EntryMistake.REASON_HOLDS_CODE])


def _read_reason(reason: str) -> str:
    try:
        return read_reason(reason)
    except EntryError as error:
        raise click.UsageError(asking.ENTRY_MISTAKES[error.mistake]) from None
