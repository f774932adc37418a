"""What people do on the command line."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.cams.book import Entry
from bot.sandbox.slack.server import LocalSlack
from tests.golden import copies
from tests.golden.plain import WRONG_CODES
from tests.golden.scenes_alone import GOOD, entry
from tests.golden.scenes_approvals import TO_CHANNEL
from tests.golden.shell import Shell
from tests.golden.terminal import Terminal, open_terminal

PlayTyped = Callable[[Terminal], Awaitable[None]]

NOT_YOURS, NOT_SUBSCRIBED = entry("Unknown.ResourceOwnerId"), entry("Product.Unsubscript")


@dataclass(frozen=True)
class Typed:
    """A scenario on the command line."""

    about: str
    play: PlayTyped

    async def copy(self, folder: Path, shell: Shell) -> str:
        """Play it and write down what was seen."""
        async with open_terminal(folder, shell) as terminal:
            await self.play(terminal)
        return copies.written(terminal.plain.value({"about": self.about, "steps": terminal.steps}))


TERMINAL: dict[str, Typed] = {}
"""By name."""


def typed(about: str) -> Callable[[PlayTyped], PlayTyped]:
    """The decorated function plays a scenario of its name."""

    def keep(play: PlayTyped) -> PlayTyped:
        TERMINAL[play.__name__] = Typed(about, play)
        return play

    return keep


@typed("The demo's story: the longest, so it begins first.")
async def demo_script(terminal: Terminal) -> None:
    await terminal.runs_alone("demo", "--script")


@typed("Single lookups, how they end and what the log has of them.")
async def terminal_lookup(terminal: Terminal) -> None:
    await terminal.runs("lookup", GOOD.phone, typed=f"{GOOD.code}\n")
    await terminal.runs("lookup", GOOD.phone, "--json", "--reason", "ticket 7", typed=GOOD.code)
    await terminal.runs("lookup", GOOD.phone, typed=WRONG_CODES[0])
    await terminal.runs("lookup", NOT_SUBSCRIBED.phone, "--json", typed=NOT_SUBSCRIBED.code)
    await terminal.runs("lookup", "+86 138", typed=GOOD.code)
    await terminal.runs("lookup", GOOD.phone, typed="")
    await terminal.runs("lookup", GOOD.phone, GOOD.code)
    await terminal.runs("log")
    await terminal.runs("log", "--json", "--limit", "2")
    await terminal.runs("log", "--csv", "--phone", GOOD.phone)
    await terminal.runs("log", "--json", "--csv")


def rows(*entries: Entry) -> str:
    return "phone_number,code\n" + "".join(f"{each.phone},{each.code}\n" for each in entries)


@typed("A list with a bad line, then run, run again, and again for what was refused; it stands in the log.")
async def terminal_list(terminal: Terminal) -> None:
    run = ("lookup", "--file", "numbers.csv", "--output", "ids.csv")
    terminal.write("numbers.csv", rows(GOOD) + f"+86 138,{WRONG_CODES[0]}\n{NOT_YOURS.phone},\n")
    await terminal.runs(*run)
    terminal.write("numbers.csv", rows(GOOD, NOT_YOURS, NOT_SUBSCRIBED))
    printed = await terminal.runs(*run, "--reason", "ticket 7")
    terminal.shows("ids.csv")
    await terminal.runs(*run)
    await terminal.runs(*run, "--again")
    terminal.shows("ids.csv")
    found = re.search(r"\b[A-Z]-[0-9A-Z]{8}\b", printed)
    assert found
    await terminal.runs("log", "--request", found[0], "--json")


@typed("Lists that are all answered, or make no sense.")
async def terminal_list_answered(terminal: Terminal) -> None:
    terminal.write("numbers.csv", rows(GOOD, entry("An ID with letters")))
    await terminal.runs("lookup", "--file", "numbers.csv", "--output", "ids.csv")
    await terminal.runs("lookup", "--file", "numbers.csv", "--output", "ids.csv")
    terminal.shows("ids.csv")
    await terminal.runs("lookup", "--file", "-", "--output", "-", typed=rows(GOOD))
    await terminal.runs("lookup", "--file", "numbers.csv")


@typed("The journal is whole, also after a number was forgotten; and a head that was noted before.")
async def terminal_journal(terminal: Terminal) -> None:
    await terminal.runs("journal", "verify")
    for asked in (GOOD, NOT_YOURS):
        await terminal.runs("lookup", asked.phone, "--reason", f"for {asked.phone}", typed=asked.code)
    head = (await terminal.runs("journal", "head")).strip()
    await terminal.runs("forget", GOOD.phone, typed="n\n")
    await terminal.runs("forget", GOOD.phone, "--yes")
    await terminal.runs("forget", GOOD.phone, "--yes")
    await terminal.runs("log", "--json")
    await terminal.runs("journal", "verify", "--since-head", head)
    await terminal.runs("journal", "verify", "--since-head", f"2:{'0' * 64}")


@typed("phoneid why, for an agent, an approver, a guest and somebody unknown.")
async def terminal_why(terminal: Terminal) -> None:
    slack = LocalSlack()
    await slack.start()
    settings = {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
    }
    terminal.environment |= settings | dict(TO_CHANNEL)
    try:
        for user in ("U0ANA", "U0LEE", "U0GUS", "U0NOBODY", "ana"):
            await terminal.runs("why", user)
    finally:
        await slack.stop()


@typed("Settings that are missing or wrong, a database that is not there, and the help.")
async def terminal_settings(terminal: Terminal) -> None:
    nothing = dict.fromkeys(terminal.environment, "")
    await terminal.runs("run", **nothing)
    await terminal.runs("run", PHONEID_APROVAL="always", PHONEID_QPS="none", DATABASE_URL="mysql://elsewhere")
    await terminal.runs("lookup", GOOD.phone, typed=GOOD.code, PHONEID_CAMS_URL="http://example.com")
    await terminal.runs("log", DATABASE_URL="sqlite:///elsewhere.db")
    await terminal.runs("--help")
    await terminal.runs("lookup", "--help")
    await terminal.runs("log", "--help")
