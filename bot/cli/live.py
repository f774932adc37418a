"""``phoneid doctor --live``: one real lookup, and a file about it that may be shown."""

import asyncio
import json
import os
from pathlib import Path

import click
import httpx

from bot import logs, settings
from bot.cams.recording import Exchange, record_exchanges
from bot.cli.arguments import CannotStart, read_settings
from bot.cli.lookup import look_up
from bot.cli.streams import show
from bot.cli.typed import read_code, read_phone
from bot.doctor import machine
from bot.doctor.live import redacted
from bot.entry.secrecy import what_is_wrong
from bot.models import State
from bot.texts import asking, problems
from bot.texts import doctor as texts
from bot.texts.language import in_english


def look_up_live(phone: str) -> bool:
    """Make the lookup, recorded like any other, and write the file. Whether there is an ID."""
    lookup_settings = read_settings(settings.LookupSettings)
    logs.configure(level="ERROR", log_format=lookup_settings.phoneid_log_format)
    number, code = read_phone(phone, lookup_settings), read_code()
    if mistake := what_is_wrong(number, code, texts.LIVE_REASON):
        raise click.UsageError(in_english(asking.ENTRY_MISTAKES[mistake]))
    recorded: list[Exchange] = []

    def listen(http: httpx.AsyncClient) -> None:
        nonlocal recorded
        recorded = record_exchanges(http)

    ended = asyncio.run(look_up(lookup_settings, number, code, texts.LIVE_REASON, on_wire=listen))
    exchanges = [redacted(each, number, code) for each in recorded]
    if exchanges:
        path = Path(f"phoneid-live-{ended.request.id}.json")
        _write(path, {"version": machine.release(), "reference": ended.request.id, "exchanges": exchanges})
        show(texts.live_recorded(str(path.absolute())))
    else:
        show(texts.NOTHING_TO_RECORD)
    is_answered = ended.lookup.state is State.ANSWERED
    click.echo(texts.LIVE_ANSWERED if is_answered else in_english(problems.no_id(ended.lookup)), err=True)
    return is_answered


def _write(path: Path, content: object) -> None:
    """A new file, for its owner alone from its first byte."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=2)
    except OSError as error:
        raise CannotStart(texts.live_not_written(str(path), error.strerror or "")) from None
