"""The sandbox as a newcomer has it, and Chromium to look at it."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.sandbox.run import Sandbox, open_sandbox
from bot.sandbox.slack.server import LocalSlack
from tests.amounts import NIGHTLY
from tests.browser.visit import Watch, serve_slack

CHROMIUM = Path("/usr/bin/chromium")
HAS_CHROMIUM = CHROMIUM.exists()
QUIET = (
    # Root, as in a container, has no sandbox of Chromium's; the rest keeps it from calling home.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

expect.set_options(timeout=60_000)  # milliseconds; only a failure takes as long


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with open_sandbox(logs_to_file=True) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests of a process, each with a context of its own: to start it takes longer than most tests."""
    if not HAS_CHROMIUM:
        if os.environ.get("CI"):
            pytest.fail(f"CI must have {CHROMIUM}")
        pytest.skip(f"no browser at {CHROMIUM}")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET])
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session", params=["light", pytest.param("dark", marks=NIGHTLY)])
async def page(request: pytest.FixtureRequest, browser: Browser, sandbox: Sandbox) -> AsyncIterator[Page]:
    """Ana's page."""
    watch = Watch()
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme=request.param)
    opened = await watch.open_page(context)
    await opened.goto(sandbox.slack.base_url)
    await opened.get_by_test_id("composer").wait_for()
    yield opened
    await context.close()
    watch.check(base_url=sandbox.slack.base_url)


@pytest_asyncio.fixture(loop_scope="session")
async def slack() -> AsyncIterator[LocalSlack]:
    """A Slack with an app that nobody runs."""
    async with serve_slack() as served:
        yield served


@pytest_asyncio.fixture(loop_scope="session")
async def blank(browser: Browser, slack: LocalSlack) -> AsyncIterator[Page]:
    """A page that has not been to that Slack yet."""
    watch = Watch()
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, base_url=slack.base_url)
    yield await watch.open_page(context)
    await context.close()
    watch.check(base_url=slack.base_url)
