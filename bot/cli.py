"""The command line: the only printer and exiter."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from getpass import getuser
from platform import node
from typing import Any, NoReturn, TypeVar
from uuid import uuid4

import click
from pydantic import SecretStr

from bot import listing, logs, settings
from bot.durations import read_duration
from bot.entry.fields import read_code, read_reason
from bot.entry.numbers import read_phone_number
from bot.entry.secrecy import number_holds, text_holds
from bot.errors import EntryError, EntryMistake, PhoneIdError, SettingsError
from bot.models import Actor, LogQuery, Lookup, NewLookup, PhoneNumber, State, Through
from bot.policy import Membership, Policy, Standing, Verdict, decide
from bot.texts import approvals, asking, problems, terminal

EXIT_NO_ID = 1
EXIT_CANNOT_START = 2

_ENDINGS = tuple(
    number
    for number in signal.Signals
    if number.name in {"SIGTERM", "SIGINT", "SIGHUP"} and signal.getsignal(number) is not signal.SIG_IGN
)
"""What ends a lookup in words: a closed terminal too, but not where it was to be ignored, as ``nohup`` asks."""

Ended = TypeVar("Ended")


class CannotStart(click.ClickException):
    """A command cannot do anything, for a reason that one sentence tells."""

    exit_code = EXIT_CANNOT_START


def main() -> None:
    """The entry point: our errors become words and an exit code, never a traceback."""
    try:
        phoneid.main(prog_name="phoneid")
    except SettingsError as error:
        _cannot_start(error)
    except PhoneIdError as error:
        click.echo(terminal.command_failed(str(error)), err=True)
        sys.exit(EXIT_NO_ID)


def _check_text(_context: click.Context, _option: click.Parameter, typed: str | None) -> str | None:
    """What was typed, unless it holds bytes that are no text: they could be neither recorded nor printed."""
    if typed and any("\ud800" <= character <= "\udfff" for character in typed):
        raise click.BadParameter(terminal.NOT_TEXT)
    return typed


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="phoneid-bot")
def phoneid() -> None:
    """Turns a pre-validated WhatsApp number and its verification code into the phone number ID.

    To look at it without any account: phoneid demo
    """


@phoneid.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen in HTTP mode.")
def run(host: str) -> None:
    """Run the bot.

    Socket Mode when SLACK_APP_TOKEN is set, else signed HTTP on PORT.
    """
    bot_settings = settings.read(settings.BotSettings)
    logs.configure(level=bot_settings.log_level, log_format=bot_settings.phoneid_log_format)
    asyncio.run(_run(bot_settings, host))


async def _run(bot_settings: settings.BotSettings, host: str) -> None:
    from bot.app import running_bot

    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows: Ctrl-C still raises KeyboardInterrupt
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with running_bot(bot_settings, host=host):
        await stopped.wait()


@phoneid.command()
@click.argument("phone")
@click.option("--reason", default="", callback=_check_text, help="Recorded with the lookup.")
@click.option("--json", "is_json", is_flag=True, help="Print the whole outcome as JSON.")
def lookup(*, phone: str, reason: str, is_json: bool) -> None:
    """Get the ID of PHONE. The verification code is asked for, or read from standard input: never an argument.

    Prints the ID alone on standard output. Exit code 0: there is an ID; 1: there is none; 2: it could not be asked.
    """
    lookup_settings = settings.read(settings.LookupSettings)
    logs.configure(level="ERROR", log_format=lookup_settings.phoneid_log_format)
    number = _read_phone(phone, lookup_settings)
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


@phoneid.command()
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 1_000_000), help="At most so many, newest first."
)
@click.option("--agent", callback=_check_text, help="Only this user id.")
@click.option("--phone", help="Only this number.")
@click.option("--since", help="Only since then: 90m, 24h, 7d, or a date such as 2026-11-01.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "is_csv", is_flag=True, help="Print CSV.")
def log(*, limit: int, agent: str | None, phone: str | None, since: str | None, is_json: bool, is_csv: bool) -> None:
    """Show what was asked, by whom, who decided, and what came of it."""
    if is_json and is_csv:
        raise click.UsageError(terminal.FORMAT_ONCE)
    record_settings = settings.read(settings.RecordSettings)
    path = record_settings.database_path
    if not path.exists():
        raise CannotStart(terminal.no_database(str(path)))
    number = _read_phone(phone, record_settings) if phone else None
    query = LogQuery(limit=limit, user_id=agent, phone=number, since=_read_since(since) if since else None)
    lookups = asyncio.run(_search(record_settings, query))
    show = listing.as_json if is_json else listing.as_csv if is_csv else listing.as_table
    click.echo(show(lookups), nl=not is_csv)


async def _search(record_settings: settings.RecordSettings, query: LogQuery) -> list[Lookup]:
    from bot.app import open_store

    async with open_store(record_settings) as store:
        return await store.search(query)


@phoneid.command()
@click.argument("user")
def why(user: str) -> None:
    """Say what the policy means for USER, a Slack user id: may they ask, must it be approved, by whom, and why so."""
    if not re.fullmatch(r"[UW][A-Z0-9]+", user):
        raise click.UsageError(terminal.USER_UNREADABLE)
    bot_settings = settings.read(settings.BotSettings)
    logs.configure(level="WARNING", log_format=bot_settings.phoneid_log_format)
    person = Actor(team_id="", user_id=user, through=Through.SLACK)
    standing = asyncio.run(_standing(bot_settings, person))
    if standing.membership is Membership.UNKNOWN:
        raise CannotStart(terminal.user_unknown(user))
    policy = bot_settings.policy
    decision = decide(person, standing, policy)
    is_approver = policy.approvers.holds(person, standing)
    click.echo("\n".join(approvals.what_the_policy_means(decision, is_approver=is_approver)))
    if decision.verdict is Verdict.MAY_WITH_APPROVAL:
        click.echo(approvals.decided_by(policy.approvers.ids))


async def _standing(bot_settings: settings.BotSettings, person: Actor) -> Standing:
    from bot.app import open_people

    async with open_people(bot_settings) as people:
        return await people.standing(person)


@phoneid.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="The page's port; 0: any.")
@click.option("--no-browser", is_flag=True, help="Do not open the page in a browser.")
@click.option("--approvals", "with_approvals", is_flag=True, help="Every request needs a team lead's approval.")
@click.option("--script", "is_script", is_flag=True, help="Play a short story on the terminal instead, and check it.")
def demo(*, port: int, no_browser: bool, with_approvals: bool, is_script: bool) -> None:
    """Run the bot in the sandbox: a local Slack and a local API, no accounts needed."""
    from bot.sandbox import run as sandbox
    from bot.sandbox import story

    if is_script:
        sys.exit(_run_sandbox(story.play(click.echo)))
    policy = sandbox.APPROVALS if with_approvals else sandbox.NO_APPROVALS
    _run_sandbox(sandbox.serve_page(port=port, opens_browser=not no_browser, policy=policy, say=click.echo))


@phoneid.command()
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
def cams(port: int) -> None:
    """Run the local API alone, for other clients, and list its test numbers."""
    from bot.sandbox import run as sandbox

    _run_sandbox(sandbox.serve_cams(port=port, say=click.echo))


def _run_sandbox(running: Coroutine[Any, Any, Ended]) -> Ended:
    from bot.sandbox.run import CannotServe

    try:
        return asyncio.run(running)
    except CannotServe as error:
        raise CannotStart(str(error)) from None


def _cannot_start(error: SettingsError) -> NoReturn:
    click.echo(terminal.SETTINGS_HEADING, err=True)
    for mistake in error.mistakes:
        click.echo(f"  - {mistake}", err=True)
    click.echo(terminal.SETTINGS_FOOTER, err=True)
    sys.exit(EXIT_CANNOT_START)


def _read_phone(phone: str, record_settings: settings.RecordSettings) -> PhoneNumber:
    try:
        return read_phone_number(phone, region=record_settings.phoneid_default_region)
    except EntryError as error:
        raise click.UsageError(asking.ENTRY_MISTAKES[error.mistake]) from None


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


def _read_since(since: str) -> float:
    """Unix seconds of ``90m``, ``24h``, ``7d`` ago, or of an ISO date (local time unless it says otherwise)."""
    with suppress(ValueError):
        return datetime.now(UTC).timestamp() - read_duration(since)
    try:
        return datetime.fromisoformat(since.strip()).timestamp()
    except (ValueError, OverflowError):
        raise click.UsageError(terminal.SINCE_UNREADABLE) from None
