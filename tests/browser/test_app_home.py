"""The page shows what the manifest switches on, and not what it switches off."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.visit import Watch, serve_slack

pytestmark = pytest.mark.asyncio(loop_scope="session")  # where the browser lives

TURNED_OFF = "Sending messages to this app has been turned off."


@pytest.mark.parametrize("has_home", [True, False])
async def test_there_is_a_home_where_the_manifest_has_one(
    browser: Browser,
    has_home: bool,  # noqa: FBT001 - a column of the table
) -> None:
    async with serve_slack({"home_tab_enabled": has_home}) as slack:
        page = await open_page(browser, slack.base_url)
        entry = page.get_by_test_id("conversation").filter(has_text="Helper Home")
        await expect(entry).to_have_count(int(has_home))
        await expect(page.get_by_role("heading", name="Apps")).to_have_count(int(has_home))
        if has_home:
            await entry.click()
            await expect(page.get_by_test_id("home")).to_contain_text("This app has not published a Home yet.")


async def test_a_read_only_direct_message_takes_shortcuts_and_no_words(browser: Browser) -> None:
    async with serve_slack({"messages_tab_read_only_enabled": True}) as slack:
        page = await open_page(browser, slack.base_url)
        await expect(page.get_by_text(TURNED_OFF)).to_be_hidden()
        await page.locator("[data-conversation-id=D0ANA]").click()
        await expect(page.get_by_text(TURNED_OFF)).to_be_visible()
        await expect(page.get_by_test_id("composer")).to_be_hidden()
        await expect(page.get_by_test_id("send")).to_be_hidden()
        await page.get_by_test_id("shortcuts").click()
        await expect(page.get_by_test_id("shortcut")).to_contain_text("Ask")
        await page.get_by_test_id("tab-numbers").click()
        await page.get_by_test_id("book-use").first.click()
        composer = page.get_by_test_id("composer")
        await expect(composer).to_have_attribute("aria-label", "Message #support")
        await expect(composer).to_have_value("/ask +86 138 0000 1234 208312")


async def test_a_direct_message_takes_words_unless_the_manifest_says_otherwise(browser: Browser) -> None:
    async with serve_slack() as slack:
        page = await open_page(browser, slack.base_url)
        await page.locator("[data-conversation-id=D0ANA]").click()
        await page.get_by_test_id("composer").fill("hello")
        await page.get_by_test_id("composer").press("Enter")
        await expect(page.get_by_test_id("message").last).to_contain_text("hello")


async def open_page(browser: Browser, url: str) -> Page:
    page = await Watch().open_page(await browser.new_context(viewport={"width": 1280, "height": 800}))
    await page.goto(url)
    await page.get_by_test_id("composer").wait_for()
    return page
