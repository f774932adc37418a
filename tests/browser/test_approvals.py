"""A day with approvals in the browser: Lee approves, Lee denies, Ana takes back."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from bot.sandbox.run import APPROVALS, Sandbox, open_sandbox
from tests.browser.visit import be

pytestmark = pytest.mark.asyncio(loop_scope="session")  # where the browser lives

NUMBER, CODE, PHONE_NUMBER_ID = "+86 138 0000 1234", "208312", "920155500012345"


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    """With approvals, which the leads give in #approvals."""
    async with open_sandbox(policy=APPROVALS, logs_to_file=True) as running:
        yield running


async def test_a_day_with_approvals(page: Page, sandbox: Sandbox) -> None:
    await be_approved(page)
    await be_denied(page)
    await take_back(page)
    assert len(sandbox.cams.lookups) == 1
    assert list(sandbox.slack.complaints) == []


async def be_approved(page: Page) -> None:
    await ask(page, NUMBER, CODE, reason="New customer, ticket 4711")
    await be(page, "Lee")
    card = await newest_in(page, "approvals", "New customer, ticket 4711")
    await expect(card).to_contain_text("Requested by @Ana")
    await expect(card).not_to_contain_text(NUMBER)
    await expect(card).not_to_contain_text(CODE)
    await card.get_by_role("button", name="Details").click()
    await expect(page.get_by_test_id("modal")).to_contain_text(NUMBER)
    await close_form(page)
    await card.get_by_role("button", name="Approve").click()
    asked = page.get_by_test_id("confirm")
    await expect(asked).to_contain_text("Approve this request?")
    await expect(asked).to_contain_text("@Ana can then get the ID of +861•••••1234.")
    await asked.get_by_role("button", name="Approve").click()
    await expect(card).to_contain_text("The agent has the ID.")
    await expect(card).to_contain_text("@Lee")
    await expect(card.get_by_role("button")).to_have_count(0)
    await be(page, "Ana")
    told = await newest_in(page, "Phone ID", "The phone number ID is ready.")
    await expect(told).not_to_contain_text(PHONE_NUMBER_ID)
    await told.get_by_role("button", name="Show ID").click()
    await expect(page.get_by_test_id("modal")).to_contain_text(PHONE_NUMBER_ID)
    await close_form(page)


async def be_denied(page: Page) -> None:
    await ask(page, "+1 202 555 0101", "004217", reason="They called")
    await be(page, "Lee")
    card = await newest_in(page, "approvals", "They called")
    await card.get_by_role("button", name="Deny").click()
    await page.get_by_role("textbox", name="Reason").fill("Which ticket is this?")
    await page.get_by_test_id("modal-submit").click()
    await expect(card).to_contain_text("Denied by")
    await expect(card).to_contain_text("Reason: They called")
    await expect(card).to_contain_text("Reason for the denial: Which ticket is this?")
    await be(page, "Ana")
    told = await newest_in(page, "Phone ID", "Denied by")
    await expect(told).to_contain_text("Which ticket is this?")


async def take_back(page: Page) -> None:
    receipt = await ask(page, "+1 202 555 0102", "310294", reason="Ticket 4712")
    await receipt.get_by_role("button", name="Withdraw").click()
    await newest_in(page, "Phone ID", "You withdrew this request.")
    await be(page, "Lee")
    card = await newest_in(page, "approvals", "Withdrawn by")
    await expect(card.get_by_role("button")).to_have_count(0)


async def ask(page: Page, phone: str, code: str, *, reason: str) -> Locator:
    """Fill in the form as Ana. Her receipt, where she typed."""
    await page.get_by_test_id("conversation").filter(has_text="support").click()
    composer = page.get_by_test_id("composer")
    await composer.fill("/phoneid ")
    await composer.press("Enter")
    modal = page.get_by_test_id("modal")
    await expect(modal).to_contain_text("This needs approval by @leads")
    await expect(page.get_by_test_id("modal-submit")).to_have_text("Request approval")
    await page.get_by_role("textbox", name="Phone number").fill(phone)
    await page.get_by_role("textbox", name="Verification code").fill(code)
    await page.get_by_role("textbox", name="Reason").fill(reason)
    await page.get_by_test_id("modal-submit").click()
    await expect(modal).to_contain_text("is waiting for approval")
    await close_form(page)
    receipt = page.get_by_test_id("message").last
    await expect(receipt).to_contain_text("is waiting for approval")
    return receipt


async def newest_in(page: Page, channel: str, words: str) -> Locator:
    await page.get_by_test_id("conversation").filter(has_text=channel).click()
    message = page.get_by_test_id("message").last
    await expect(message).to_contain_text(words)
    return message


async def close_form(page: Page) -> None:
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("modal")).to_have_count(0)
