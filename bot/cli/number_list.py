"""``phoneid lookup --file``: the IDs of a list of numbers."""

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NoReturn
from uuid import uuid4

import click

from bot import policy
from bot.checks import Checklist
from bot.cli.arguments import EXIT_CANNOT_START, STREAM, CannotStart, say_warning
from bot.cli.asking import Asking
from bot.cli.caller import identify, on_ending
from bot.cli.ids import Ids, Row
from bot.cli.ids_file import IdsFile, open_ids_file
from bot.cli.ids_saved import hold_against
from bot.cli.progress import showing_progress
from bot.cli.streams import check_output, saying_that_it_waits
from bot.entry.records import LARGEST
from bot.entry.table import Line, read_table
from bot.errors import ListError
from bot.models import NewRequest, PhoneNumber, State
from bot.settings import LookupSettings
from bot.texts import command_line, terminal

Rows = dict[PhoneNumber, Row]

_MOST_AT_ONCE = 40
"""Numbers that are accepted and not ended yet. Up to here it is as many as keep every slot of the quota in use: one
waits for each while another's answer is on its way. More would wait for a connection: bot.cams has as many."""


class OncePerEvent(logging.Filter):
    """Lets the first record of each event pass: what is wrong with one number is soon wrong with thirty."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        is_first = record.msg not in self._seen
        self._seen.add(record.msg)
        return is_first


def ask_list(
    settings: LookupSettings, *, file: str, output: str, reason: str, is_again: bool, are_short_codes_meant: bool
) -> bool:
    """Ask for a list's numbers, but for those that are settled in the output. Whether all of them are answered.

    ``is_again``: refused numbers are asked again. ``are_short_codes_meant``: codes with fewer digits than most of the
    list's have lost none. Raises ``CannotStart``.
    """
    for handler in logging.getLogger().handlers:
        handler.addFilter(OncePerEvent())
    region = settings.phoneid_default_region
    lines = _read_list(file, region=region, reason=reason, are_short_codes_meant=are_short_codes_meant)
    why_stopped, may_go_on = None, output != STREAM
    with _open_output(output) as ids:
        if isinstance(ids, IdsFile) and ids.saved:
            asyncio.run(_hold_against_record(settings, ids, output))
        rows = _settled(ids.earlier, lines, is_again=is_again)
        to_ask = [line for line in lines if line.phone not in rows]
        if to_ask:
            is_hidden = output == STREAM and sys.stdout.isatty()  # there the rows themselves move
            asked = NewRequest(
                agent=identify(),
                phones=(),  # each is recorded when its turn comes
                reason=reason,
                channel_id="",
                submission_key=f"command line:{uuid4()}",
                size=len(to_ask),
            )
            asking = asyncio.run(_ask(settings, ids, to_ask, rows, new=asked, is_hidden=is_hidden))
            why_stopped, may_go_on = asking.why_stopped, may_go_on and asking.may_go_on
            ids.finish([line.phone for line in lines])
    for sentence in _ending(lines, rows, why_stopped=why_stopped, may_go_on=may_go_on):
        click.echo(sentence, err=True)
    return _count(rows)[State.ANSWERED] == len(lines)


async def _ask(
    settings: LookupSettings, ids: Ids, lines: Sequence[Line], rows: Rows, *, new: NewRequest, is_hidden: bool
) -> Asking:
    """Ask for the lines' numbers and add what came of them to ``rows``. How it went: it may have stopped before."""
    from bot.app import open_lookups, open_record
    from bot.store import requests

    counts = _count(rows)
    at_once = min(2 * settings.phoneid_qps + 10, _MOST_AT_ONCE)
    async with (
        open_record(settings, checks=Checklist(say_warning)) as record,
        open_lookups(settings, record) as lookups,
    ):
        request = (await record.change(requests.accept, new, policy.YES)).request
        click.echo(command_line.beginning(len(lines), before=counts, request_id=request.id), err=True)
        with showing_progress(len(lines), is_hidden=is_hidden) as show:

            def tell(row: Row) -> None:
                rows[row.phone] = row
                counts[row.state] += 1
                show(counts)

            asking = Asking(record, lookups, ids, request=request, tell=tell)
            on_ending(lambda: asking.stop(command_line.STOPPED))
            await asking.ask(lines, at_once=at_once)
    return asking


async def _hold_against_record(settings: LookupSettings, ids: IdsFile, name: str) -> None:
    """Believe of an earlier run's rows what the record says of them. Raises ``CannotStart``."""
    from bot.app import open_record

    async with open_record(settings) as record:
        held = await hold_against(record, ids.saved)
    if held.unknown:
        raise CannotStart(command_line.output_unreadable(name, held.unknown))
    try:
        ids.correct(held.rows)
    except OSError as error:
        raise CannotStart(command_line.output_unusable(name, error.strerror or "")) from None
    if held.changed:
        click.echo(command_line.output_corrected(name, held.changed), err=True)


def _settled(earlier: Mapping[PhoneNumber, Row], lines: Sequence[Line], *, is_again: bool) -> Rows:
    rows = {line.phone: earlier[line.phone] for line in lines if line.phone in earlier}
    return {
        phone: row for phone, row in rows.items() if row.state is State.ANSWERED or (row.is_settled and not is_again)
    }


def _count(rows: Mapping[PhoneNumber, Row]) -> Counter[State]:
    return Counter(row.state for row in rows.values())


def _ending(lines: Sequence[Line], rows: Rows, *, why_stopped: str | None, may_go_on: bool) -> list[str]:
    counts = _count(rows)
    are_left = any(line.phone not in rows or not rows[line.phone].is_settled for line in lines)
    are_refused = any(row.is_settled and row.state is not State.ANSWERED for row in rows.values())
    sentences = [why_stopped or "", f"{command_line.tally(counts, of=len(lines))}."]
    sentences += [command_line.WHY_IN_COLUMN] if counts.total() > counts[State.ANSWERED] else []
    sentences += [command_line.TO_GO_ON] if are_left and may_go_on else []
    sentences += [command_line.TO_ASK_REFUSED] if are_refused and may_go_on else []
    return [sentence for sentence in sentences if sentence]


def _read_list(file: str, *, region: str | None, reason: str, are_short_codes_meant: bool) -> list[Line]:
    try:
        with saying_that_it_waits(terminal.WAITING_FOR_LIST):
            content = _read_bytes(file)
        return read_table(content, region=region, reason=reason, are_short_codes_meant=are_short_codes_meant)
    except ListError as error:
        _show_mistakes(file, error)


def _read_bytes(file: str) -> bytes:
    if file == STREAM:
        if sys.stdin.isatty():
            raise click.UsageError(command_line.LIST_TYPED)
        return sys.stdin.buffer.read(LARGEST + 1)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(LARGEST + 1)
    except OSError as error:
        raise CannotStart(command_line.input_unreadable(file, error.strerror or "")) from None


def _show_mistakes(file: str, error: ListError) -> NoReturn:
    name = command_line.STANDARD_INPUT if file == STREAM else file
    click.echo(command_line.mistakes_heading(name), err=True)
    for line in command_line.mistake_lines(error.mistakes):
        click.echo(f"  - {line}", err=True)
    sys.exit(EXIT_CANNOT_START)


def _open_output(output: str) -> AbstractContextManager[Ids]:
    if output != STREAM:
        return open_ids_file(output)
    check_output()
    return nullcontext(Ids(sys.stdout.fileno()))
