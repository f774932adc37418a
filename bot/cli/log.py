"""``phoneid log``: what was asked, for whoever has to know."""

import asyncio
import re
from contextlib import suppress
from datetime import UTC, datetime

import click

from bot import export, logs, settings
from bot.audit import Event, LogEntry, LogQuery
from bot.checks import Checklist
from bot.cli.arguments import Discreet, read_existing, say_warning
from bot.cli.caller import COMMAND_LINE_USER, identify
from bot.cli.streams import check_output, show
from bot.cli.typed import read_phone
from bot.durations import read_duration
from bot.environment.values import SLACK_USER
from bot.models import RequestId
from bot.store.cells import LATEST
from bot.store.names import REFERENCE, split_lookup_id
from bot.texts import terminal

_NEWEST = 50


def _read_agent(_context: click.Context, _option: click.Parameter, typed: str | None) -> str | None:
    """A user id as it is recorded: Slack's, or the command line's with the name beside it."""
    if typed is None:
        return None
    name = typed.strip()
    if not name.isprintable() or not re.fullmatch(rf"{SLACK_USER}|{COMMAND_LINE_USER}", name):
        raise click.BadParameter(terminal.AGENT_UNREADABLE)
    return name


def _read_reference(_context: click.Context, _option: click.Parameter, typed: str | None) -> RequestId | None:
    """The request that is named, or one of whose numbers is."""
    if typed is None:
        return None
    if not re.fullmatch(REFERENCE, name := typed.strip().upper(), re.ASCII):
        raise click.BadParameter(terminal.REFERENCE_UNREADABLE)
    return split_lookup_id(name)[0]


def _read_since(_context: click.Context, _option: click.Parameter, typed: str | None) -> float | None:
    """Unix seconds of ``90m``, ``24h``, ``7d`` ago, or of an ISO date (local time unless it says otherwise)."""
    if typed is None:
        return None
    with suppress(ValueError):
        return max(0.0, datetime.now(UTC).timestamp() - read_duration(typed))
    with suppress(ValueError, OverflowError):
        since = datetime.fromisoformat(typed.strip()).timestamp()
        if 0 <= since < LATEST:
            return since
    raise click.BadParameter(terminal.SINCE_UNREADABLE)


@click.command(cls=Discreet)
@click.option(
    "--limit",
    type=click.IntRange(1, 1_000_000),
    help="Maximum number of rows, newest first (default 50; with --request, all rows in the request's order).",
)
@click.option("--agent", callback=_read_agent, help="Only lookups of this user ID.")
@click.option("--phone", help="Only lookups of this number; - reads it from standard input.")
@click.option(
    "--request", "reference", callback=_read_reference, help="Only lookups of this request, by its reference (R-…)."
)
@click.option(
    "--since", callback=_read_since, help="Only lookups since then: 90m, 24h, 7d, or a date such as 2026-11-01."
)
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "is_csv", is_flag=True, help="Print CSV.")
def log(
    *,
    limit: int | None,
    agent: str | None,
    phone: str | None,
    reference: RequestId | None,
    since: float | None,
    is_json: bool,
    is_csv: bool,
) -> None:
    """List lookups: who asked, who approved, the result."""
    if is_json and is_csv:
        raise click.UsageError(terminal.FORMAT_ONCE)
    check_output()
    record_settings = read_existing()
    logs.configure(level="WARNING", log_format=record_settings.phoneid_log_format)  # a damaged record is left out
    query = LogQuery(
        limit=limit if limit or reference else _NEWEST,
        user_id=agent,
        phone=read_phone(phone, record_settings) if phone else None,
        since=since,
        request_id=reference,
    )
    form = "json" if is_json else "csv" if is_csv else "table"
    shown = asyncio.run(_export(record_settings, query, form=form))
    show(shown if form == "table" else shown.encode(), ends_line=not is_csv)  # a file is UTF-8, whatever the terminal


_FORMS = {"json": export.as_json, "csv": export.as_csv, "table": export.as_table}


async def _export(record_settings: settings.RecordSettings, query: LogQuery, *, form: str) -> str:
    """What is asked for. Once it is made, and before anybody sees it, the journal has it that it was, and for whom."""
    from bot.app import open_record
    from bot.store import journal, search
    from bot.store.migrations import TO_USE

    async with open_record(record_settings, checks=Checklist(say_warning), opening=TO_USE) as record:
        entries = await record.read(search.search, query)
        made = _FORMS[form](entries if query.limit else entries[::-1])
        facts = {"form": form, **_asked(query), **_extent(entries)}
        await record.change(journal.note, Event.EXPORTED, actor=identify(), facts=facts)
        if not entries:
            click.echo(terminal.nothing_found(query), err=True)
        return made


def _asked(query: LogQuery) -> dict[str, str | int | None]:
    """What was asked for, without what may be a number: a filter's name, and its value only where it is a time."""
    filters = {"agent": query.user_id, "phone": query.phone, "request": query.request_id}
    return {
        "limit": query.limit,
        "since": None if query.since is None else int(query.since),
        "filters": ", ".join(name for name, value in filters.items() if value is not None),
    }


def _extent(entries: list[LogEntry]) -> dict[str, str | int | None]:
    newest, oldest = (entries[0].lookup.id, entries[-1].lookup.id) if entries else (None, None)
    return {"lookups": len(entries), "newest": newest, "oldest": oldest}
