"""``phoneid log``: what was asked, for whoever has to know."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from bot import listing, logs, settings
from bot.cli.arguments import CannotStart, check_text, read_phone
from bot.cli.caller import identify
from bot.durations import read_duration
from bot.models import BatchId, Event, LogQuery, Lookup
from bot.texts import terminal

_NEWEST = 50


@click.command()
@click.option(
    "--limit",
    type=click.IntRange(1, 1_000_000),
    help="At most so many, newest first: 50, but a list as a whole and in its order.",
)
@click.option("--agent", callback=check_text, help="Only this user id.")
@click.option("--phone", help="Only this number.")
@click.option("--list", "batch", callback=check_text, help="Only this list of numbers, by its B-… id.")
@click.option("--since", help="Only since then: 90m, 24h, 7d, or a date such as 2026-11-01.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "is_csv", is_flag=True, help="Print CSV.")
def log(
    *,
    limit: int | None,
    agent: str | None,
    phone: str | None,
    batch: str | None,
    since: str | None,
    is_json: bool,
    is_csv: bool,
) -> None:
    """Show what was asked, by whom, who decided, and what came of it."""
    if is_json and is_csv:
        raise click.UsageError(terminal.FORMAT_ONCE)
    record_settings = settings.read(settings.RecordSettings)
    logs.configure(level="WARNING", log_format=record_settings.phoneid_log_format)  # a damaged record is left out
    path = record_settings.database_path
    if not _is_there(path):
        raise CannotStart(terminal.no_database(str(path)))
    number = read_phone(phone, record_settings) if phone else None
    query = LogQuery(
        limit=limit if limit or batch else _NEWEST,
        user_id=agent,
        phone=number,
        since=_read_since(since) if since else None,
        batch_id=BatchId(batch.strip().upper()) if batch else None,
    )
    form = "json" if is_json else "csv" if is_csv else "table"
    lookups = asyncio.run(_export(record_settings, query, form=form))
    if query.limit is None:
        lookups.sort(key=_place)
    show = listing.as_json if is_json else listing.as_csv if is_csv else listing.as_table
    click.echo(show(lookups), nl=not is_csv)


def _place(lookup: Lookup) -> int:
    return lookup.place.number if lookup.place else 0


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # its name is too long for any file, or it is behind a closed door
        return False


async def _export(record_settings: settings.RecordSettings, query: LogQuery, *, form: str) -> list[Lookup]:
    """What is asked for. First it is in the journal that it was shown, and to whom."""
    from bot.app import open_store

    async with open_store(record_settings) as store:
        lookups = await store.search(query)
        facts = {"form": form, **_told(query), **_extent(lookups)}
        await store.note(Event.EXPORTED, actor=identify(), lookup_id=None, facts=facts)
        return lookups


def _told(query: LogQuery) -> dict[str, str | int | None]:
    """What was asked for, without what may be a number: a filter's name, and its value only where it is a time."""
    filters = {"agent": query.user_id, "phone": query.phone, "list": query.batch_id}
    return {
        "limit": query.limit,
        "since": None if query.since is None else int(query.since),
        "filters": ", ".join(name for name, value in filters.items() if value is not None),
    }


def _extent(lookups: list[Lookup]) -> dict[str, str | int | None]:
    newest, oldest = (lookups[0].id, lookups[-1].id) if lookups else (None, None)
    return {"lookups": len(lookups), "newest": newest, "oldest": oldest}


def _read_since(since: str) -> float:
    """Unix seconds of ``90m``, ``24h``, ``7d`` ago, or of an ISO date (local time unless it says otherwise)."""
    with suppress(ValueError):
        return datetime.now(UTC).timestamp() - read_duration(since)
    try:
        return datetime.fromisoformat(since.strip()).timestamp()
    except (ValueError, OverflowError):
        raise click.UsageError(terminal.SINCE_UNREADABLE) from None
