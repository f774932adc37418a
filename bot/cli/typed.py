"""What a command is told of one number: as an argument, or, where nobody else shall see it, on standard input.

Every user of a machine can see the arguments of what runs there, so the code is never one, and ``-`` stands for a
number or a reason that is not. At a terminal each is asked for; else each is a line, in the order number, reason, code.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from pydantic import SecretStr

from bot import settings
from bot.cli.arguments import STREAM, CannotStart
from bot.cli.streams import saying_that_it_waits
from bot.entry import fields
from bot.entry.numbers import read_phone_number
from bot.errors import EntryError
from bot.models import PhoneNumber
from bot.texts import asking, terminal
from bot.texts.language import in_english


def read_phone(phone: str, record_settings: settings.RecordSettings) -> PhoneNumber:
    """The number, as a whole. Raises ``click.UsageError`` and ``CannotStart``."""
    if phone == STREAM:
        phone = _read_line(terminal.NUMBER, in_english(asking.PHONE_LABEL))
    with _mistakes_of_usage():
        return read_phone_number(phone, region=record_settings.phoneid_default_region)


def read_reason(reason: str) -> str:
    """Why the ID is needed, which may be empty. Raises ``click.UsageError`` and ``CannotStart``."""
    if reason == STREAM:
        reason = _read_line(terminal.REASON, in_english(asking.REASON_LABEL), default="")
    if any("\ud800" <= character <= "\udfff" for character in reason):
        raise click.UsageError(terminal.REASON_NOT_TEXT)  # bytes that could be neither recorded nor printed
    with _mistakes_of_usage():
        return fields.read_reason(reason)


def read_code() -> SecretStr:
    """The code, unseen. Raises ``click.UsageError`` and ``CannotStart``."""
    with _mistakes_of_usage():
        return fields.read_code(_read_line(terminal.CODE, in_english(asking.CODE_LABEL), is_hidden=True))


@contextmanager
def _mistakes_of_usage() -> Iterator[None]:
    try:
        yield
    except EntryError as error:
        raise click.UsageError(in_english(asking.ENTRY_MISTAKES[error.mistake])) from None


def _read_line(what: str, label: str, *, default: str | None = None, is_hidden: bool = False) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(label, default=default, show_default=False, hide_input=is_hidden, err=True))
    with saying_that_it_waits(terminal.waiting_for(what)):
        line = sys.stdin.readline()
    if not line:
        raise CannotStart(terminal.did_not_come(what))
    return line
