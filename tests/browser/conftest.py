"""The sandbox as a newcomer has it, and Chromium to look at it."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from bot.sandbox.run import Sandbox, open_sandbox

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


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with open_sandbox(logs_to_file=True) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if not HAS_CHROMIUM:
        if os.environ.get("CI"):
            pytest.fail(f"CI must have {CHROMIUM}")
        pytest.skip(f"no browser at {CHROMIUM}")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET])
        yield chromium
        await chromium.close()


@pytest.fixture(params=["light", "dark"])
async def page(request: pytest.FixtureRequest, browser: Browser, sandbox: Sandbox) -> AsyncIterator[Page]:
    """Ana's page. It must stay on this machine and have nothing to complain about."""
    complaints: list[str] = []
    requested: list[str] = []
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme=request.param)
    opened = await context.new_page()
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda sent: requested.append(sent.url))
    await opened.goto(sandbox.slack.base_url)
    await opened.get_by_test_id("composer").wait_for()
    yield opened
    await context.close()
    assert complaints == []
    assert all(url.startswith(sandbox.slack.base_url) for url in requested)
