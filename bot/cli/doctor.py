"""``phoneid doctor``: everything that a start depends on, with what to do where something is wrong."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import click

from bot import logs, settings
from bot.checks import Check, CheckVerdict
from bot.cli.arguments import EXIT_CANNOT_START, Discreet, env_file
from bot.cli.live import look_up_live
from bot.cli.streams import check_output, show
from bot.cli.style import styled, terminal_width, wrapped
from bot.doctor import machine
from bot.texts import doctor as texts

EXIT_WARNINGS = 1

_COLOURS: Mapping[CheckVerdict, str] = {
    CheckVerdict.OK: "green",
    CheckVerdict.SKIPPED: "blue",
    CheckVerdict.WARNING: "yellow",
    CheckVerdict.STOP: "red",
}
_WIDTH = max(map(len, CheckVerdict))
_CLEARED_LINE = "\r\x1b[2K"


@click.command(cls=Discreet)
@click.option("--json", "is_json", is_flag=True, help="Print all checks as JSON.")
@click.option("--views", "with_views", is_flag=True, help="Also let Slack validate every view and message.")
@click.option("--live", "phone", metavar="PHONE", help="Make one real lookup instead, and write it to a redacted file.")
def doctor(*, is_json: bool, with_views: bool, phone: str | None) -> None:
    """Check everything that the bot needs, and show how to fix what is wrong.

    The checks cover the settings, the network, Slack, the approvals, Alibaba Cloud (with one call that looks nothing
    up), the database and the machine. They change nothing, and one error does not stop the others. With --views,
    Slack's validator also checks every view in its longest form. It shows the views to nobody; this takes some minutes.

    --live PHONE makes one real lookup instead, as phoneid lookup does. It asks for the code: never give it as an
    argument. The request and the answer are written to a file, without the code, the key, the signature, the ID and
    the middle of the number. Exit code 0: there is an ID; 1: there is none.

    Exit code 0: everything is fine; 1: the bot can start, but there are warnings; 2: the bot cannot start.
    """
    from bot.doctor.examination import PARTS, VIEWS, examine

    check_output()
    if phone is not None:
        if is_json or with_views:
            raise click.UsageError(texts.LIVE_ALONE)
        sys.exit(0 if look_up_live(phone) else EXIT_WARNINGS)
    found, checks = settings.examine(settings.BotSettings, env_file=env_file())
    logs.configure(level="CRITICAL", log_format=found.phoneid_log_format if found else None)
    parts = (*PARTS, VIEWS) if with_views else PARTS
    with showing_what_is_checked() as tell:
        checks += machine.check_env_file(env_file())
        by_group = asyncio.run(examine(found, checks, parts=parts, tell=tell))
    if is_json:
        show(json.dumps(as_json(by_group, found), ensure_ascii=False, indent=2))
    else:
        show("\n".join(lines(by_group, width=terminal_width())))
    sys.exit(exit_code(each for checks in by_group.values() for each in checks))


def exit_code(checks: Iterable[Check]) -> int:
    """What the verdicts come to."""
    verdicts = {each.verdict for each in checks}
    if CheckVerdict.STOP in verdicts:
        return EXIT_CANNOT_START
    return EXIT_WARNINGS if CheckVerdict.WARNING in verdicts else 0


def as_json(by_group: Mapping[str, Iterable[Check]], found: settings.BotSettings | None) -> dict[str, object]:
    """The shape that ``docs/operations.md`` describes; names are only ever added to it."""
    checks = [
        {"group": group, "name": each.name, "verdict": each.verdict.value, "what": each.what, "remedy": each.remedy}
        for group, checks in by_group.items()
        for each in checks
    ]
    code = exit_code(each for checks in by_group.values() for each in checks)
    return {
        "version": machine.release(),
        "exit_code": code,
        "settings": found.shown if found else None,
        "checks": checks,
    }


def lines(by_group: Mapping[str, Iterable[Check]], *, width: int | None = None) -> Iterable[str]:
    """For people: each check, and below it what to do; ``width``: how long a line may be."""
    verdicts: list[CheckVerdict] = []
    for group, checks in by_group.items():
        if shown := [*checks]:
            yield styled(group, bold=True)
            for each in shown:
                yield from _lines_of(each, width)
            yield ""
            verdicts += [each.verdict for each in shown]
    counts = (verdicts.count(each) for each in (CheckVerdict.STOP, CheckVerdict.WARNING, CheckVerdict.SKIPPED))
    yield texts.summary(*counts)


def _lines_of(check: Check, width: int | None) -> Iterable[str]:
    verdict = styled(check.verdict.ljust(_WIDTH), colour=_COLOURS[check.verdict])
    indent = _WIDTH + 4
    what = check.what if check.what.startswith(check.name) else f"{check.name}: {check.what}"
    first, *rest = wrapped(what, width=width, indent=indent)
    yield f"  {verdict}  {first}"
    yield from rest
    if check.remedy:
        first, *rest = wrapped(f"{texts.WHAT_TO_DO} {check.remedy}", width=width, indent=indent)
        yield " " * indent + first
        yield from rest


@contextmanager
def showing_what_is_checked() -> Iterator[Callable[[Sequence[str]], None]]:
    """One line on standard error that changes, for who waits at a terminal; it is gone when the answer is there."""
    if not sys.stderr.isatty():
        yield lambda _groups: None
        return

    def tell(groups: Sequence[str]) -> None:
        click.echo(_CLEARED_LINE + (texts.checking(groups) if groups else ""), nl=False, err=True)

    try:
        yield tell
    finally:
        tell(())
