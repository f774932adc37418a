"""``phoneid journal``: is the record what was recorded?"""

import asyncio
import re
import sys
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import click

from bot.cli.arguments import EXIT_NO_ID, read_existing
from bot.cli.help import Group
from bot.cli.streams import check_output, show
from bot.errors import SchemaUnknown
from bot.evidence import Head
from bot.store.engine import Tx
from bot.texts import journal as texts
from bot.texts import terminal

Asked = ParamSpec("Asked")
Found = TypeVar("Found")


@click.group(cls=Group)
def journal() -> None:
    """Check the journal of all changes, or print its newest entry to note it elsewhere."""


@journal.command()
@click.option(
    "--since-head",
    metavar="SEQ:HASH",
    help="Output of phoneid journal head that you noted earlier: that entry must still be there.",
)
def verify(*, since_head: str | None) -> None:
    """Check the journal's hash chain; report the first broken entry.

    Exit code 0: the journal is intact; 1: it is broken, or the database does not match it; 2: it could not be checked.
    """
    from bot.store import verification

    check_output()
    anchor = _read_head(since_head) if since_head is not None else None
    try:
        inspection = asyncio.run(_look(verification.inspect, anchor=anchor))
    except SchemaUnknown as error:  # it was opened as ours: what is not there was taken away since
        click.echo(terminal.command_failed(str(error)), err=True)
        sys.exit(EXIT_NO_ID)
    if inspection.fault:
        click.echo(texts.not_whole(inspection), err=True)
        sys.exit(EXIT_NO_ID)
    show(texts.whole(inspection, anchor))


@journal.command()
def head() -> None:
    """Print the newest entry as SEQ:HASH.

    Note it where nobody who can write to the database can write. phoneid journal verify --since-head checks it.
    """
    from bot.store import journal as entries

    check_output()
    newest = asyncio.run(_look(entries.head))
    show(f"{newest.seq}:{newest.hash}")


def _read_head(typed: str) -> Head:
    written = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", typed.strip(), re.ASCII)
    if written is None:
        raise click.UsageError(texts.HEAD_UNREADABLE)
    return Head(int(written[1]), written[2])


async def _look(function: Callable[Concatenate[Tx, Asked], Found], *asked: Asked.args, **named: Asked.kwargs) -> Found:
    from bot.app import open_record_to_look

    async with open_record_to_look(read_existing()) as record:
        return await record.read(function, *asked, **named)
