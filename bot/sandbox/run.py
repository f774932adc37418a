"""Putting the sandbox together: the local Slack, the local API, the real bot in a process of its own, the page."""

import asyncio
import logging
import signal
import sys
import tempfile
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from bot.sandbox import texts
from bot.sandbox.bot_process import BotProcess
from bot.sandbox.cams.book import BOOK
from bot.sandbox.cams.latency import Profile
from bot.sandbox.cams.server import SANDBOX_ACCOUNT, LocalCams
from bot.sandbox.cams.trouble import ApiTrouble
from bot.sandbox.cams.window import Counting
from bot.sandbox.inspector import Inspector
from bot.sandbox.page.world import Switch, World
from bot.sandbox.page_api import PageApi
from bot.sandbox.slack.people import LEADS
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.trouble import SlackTrouble

Say = Callable[[str], None]

NO_APPROVALS: Mapping[str, str] = {}
APPROVALS: Mapping[str, str] = {
    "PHONEID_APPROVAL": "always",
    "PHONEID_APPROVERS": LEADS.id,
    "PHONEID_APPROVAL_CHANNEL": "C0APPROVALS",
}
"""Settings with which the team leads decide on every request, in their private channel."""

STARTING = 20.0
"""Seconds the bot may take from its start to its connection."""


IN_THE_TERMINAL = frozenset({"www-browser", "links", "links2", "elinks", "lynx", "w3m", "browsh"})
"""Browsers that would take the terminal, in which the sandbox says what it does."""


class CannotServe(Exception):
    """The sandbox cannot start; its text is a sentence that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A running sandbox."""

    slack: LocalSlack
    cams: LocalCams
    bot: BotProcess
    inspector: Inspector
    database: Path
    bot_log: Path | None


@asynccontextmanager
async def open_sandbox(
    *, port: int = 0, policy: Mapping[str, str] = NO_APPROVALS, logs_to_file: bool = False
) -> AsyncIterator[Sandbox]:
    """Everything running and connected. The database lives in a folder that is deleted at the end.

    ``port`` is the page's and the local Slack's, ``policy`` settings of the bot's. With ``logs_to_file`` the bot's log
    stays off the terminal. Raises ``CannotServe``.
    """
    inspector = Inspector()
    slack, cams = LocalSlack(inspector=inspector), LocalCams(inspector=inspector)
    with tempfile.TemporaryDirectory(prefix="phoneid-demo-") as folder:
        await cams.start()
        log = Path(folder, "bot.log") if logs_to_file else None
        output = log.open("wb") if log else None
        database = Path(folder, "phoneid.db")
        try:
            bot = BotProcess(folder=database.parent, output=output)
            await _start_slack(slack, cams, bot, inspector, port=port)
            try:
                await bot.start_with({**environment(slack, cams, database), **policy})
                await wait_until_connected(slack, bot)
                yield Sandbox(slack=slack, cams=cams, bot=bot, inspector=inspector, database=database, bot_log=log)
            finally:
                await bot.stop()
        finally:
            await slack.stop()
            await cams.stop()
            if output:
                output.close()


async def _start_slack(slack: LocalSlack, cams: LocalCams, bot: BotProcess, inspector: Inspector, *, port: int) -> None:
    # The page's routes must be there before the server starts; the bot needs the server's address.
    world = World(book=BOOK, switches={"api": Switch(cams, ApiTrouble), "slack": Switch(slack, SlackTrouble)}, bot=bot)
    PageApi(slack, inspector=inspector, world=world).add_to(slack.web_app)
    with _telling_port_taken(port):
        await slack.start(port=port)


@contextmanager
def _telling_port_taken(port: int) -> Iterator[None]:
    try:
        yield
    except OSError:
        raise CannotServe(texts.port_taken(port)) from None


def environment(slack: LocalSlack, cams: LocalCams, database: Path) -> dict[str, str]:
    """The settings that point the bot at the sandbox."""
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": SANDBOX_ACCOUNT.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SANDBOX_ACCOUNT.access_key_secret.get_secret_value(),
        "PHONEID_CAMS_URL": cams.url,
        "DATABASE_URL": f"sqlite:///{database}",
        "PHONEID_LOG_FORMAT": "text",
    }


async def wait_until_connected(slack: LocalSlack, bot: BotProcess) -> None:
    """Return once the bot is there. Raises ``CannotServe`` when it ended instead."""
    connected = asyncio.create_task(slack.until(lambda: slack.is_connected, timeout=STARTING))
    ended = asyncio.create_task(bot.wait())
    done, pending = await asyncio.wait({connected, ended}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    if ended in done:
        raise CannotServe(texts.BOT_ENDED)
    connected.result()


async def serve_page(*, port: int, opens_browser: bool, policy: Mapping[str, str], say: Say) -> None:
    """The sandbox with its page, until interrupted. Raises ``CannotServe``."""
    logging.getLogger().setLevel(logging.WARNING)
    interrupted = _listen_for_interrupts()  # before there is anything that would be left behind
    async with open_sandbox(port=port, policy=policy) as sandbox:
        url = sandbox.slack.api_url.removesuffix("api/")
        database, has_approvals = str(sandbox.database), policy == APPROVALS
        say(texts.page_ready(url, database=database, cams_url=sandbox.cams.url, has_approvals=has_approvals))
        sys.stdout.flush()
        if opens_browser:
            # Finding one takes its time, and some do not come back until they are closed.
            threading.Thread(target=open_browser, args=(url,), daemon=True).start()
        await interrupted.wait()


def open_browser(url: str) -> None:
    """In a window of its own, if there is a browser with windows."""
    with suppress(webbrowser.Error):
        browser = webbrowser.get()
        if Path(getattr(browser, "name", "")).name not in IN_THE_TERMINAL:
            browser.open(url)


async def serve_cams(
    *, port: int, say: Say, network: Profile | None = None, qps: int = 10, counting: Counting = Counting.SLIDING
) -> None:
    """The local API alone, until interrupted; without a ``network`` nothing spends time on the way.

    Raises ``CannotServe``.
    """
    chance = Random(0)  # noqa: S311 - no secret: the same ways at each start, so that clients can be compared
    cams = LocalCams(
        qps=qps,
        counting=counting,
        latency_there=partial(network.there, chance) if network else None,
        latency_back=partial(network.back, chance) if network else None,
    )
    interrupted = _listen_for_interrupts()
    try:
        with _telling_port_taken(port):
            await cams.start(port=port)
        say(texts.cams_ready(cams.url, SANDBOX_ACCOUNT.access_key_id, SANDBOX_ACCOUNT.access_key_secret))
        say(texts.book_of_numbers(BOOK))
        sys.stdout.flush()
        await interrupted.wait()
    finally:
        await cams.stop()


def _listen_for_interrupts() -> asyncio.Event:
    """Set by each signal that ends a process in an orderly way."""
    stopped = asyncio.Event()
    for number in {signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGTERM)}:
        with suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped
