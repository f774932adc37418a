"""An agent's whole day in the browser: the same story as `phoneid demo --script`, clicked."""

import asyncio
import sys

import pytest
from playwright.async_api import Locator, Page, expect

from bot.sandbox.run import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="session")  # where the browser lives

NUMBER, CODE, PHONE_NUMBER_ID = "+86 138 0000 1234", "208312", "920155500012345"


async def type_line(page: Page, line: str) -> None:
    composer = page.get_by_test_id("composer")
    await composer.fill(line)
    await composer.press("Enter")


async def newest(page: Page, words: str) -> Locator:
    message = page.get_by_test_id("message").last
    await expect(message).to_contain_text(words)
    return message


async def fill_form(page: Page, phone: str, code: str) -> None:
    await page.get_by_role("textbox", name="Phone number").fill(phone)
    await page.get_by_role("textbox", name="Verification code").fill(code)
    await page.get_by_test_id("modal-submit").click()


async def close_form(page: Page) -> None:
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("modal")).to_have_count(0)


async def log_of(sandbox: Sandbox) -> list[str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "log",
        env={"DATABASE_URL": f"sqlite:///{sandbox.database}"},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return output.decode().splitlines()


async def test_a_day_of_an_agent(page: Page, sandbox: Sandbox) -> None:
    await ask_by_command(page)
    await ask_by_form(page)
    await mistype_the_code_and_try_again(page)
    await mistype_the_number(page)
    await ask_for_an_account_that_is_not_subscribed(page)
    await live_through_an_outage(page)
    table = await log_of(sandbox)
    assert len(table) == 1 + 7
    assert sum("answered" in line for line in table) == 4
    assert sum("refused" in line for line in table) == 2
    assert sum("failed" in line for line in table) == 1
    assert list(sandbox.slack.complaints) == []


async def ask_by_command(page: Page) -> None:
    await type_line(page, f"/phoneid {NUMBER} {CODE}")
    message = await newest(page, PHONE_NUMBER_ID)
    await expect(message).to_contain_text("Only visible to you")
    await page.get_by_test_id("person").filter(has_text="Lee").click()
    await expect(page.get_by_test_id("messages").get_by_text(PHONE_NUMBER_ID)).to_have_count(0)
    await page.get_by_test_id("person").filter(has_text="Ana").click()
    await newest(page, PHONE_NUMBER_ID)


async def ask_by_form(page: Page) -> None:
    await type_line(page, "/phoneid ")
    await fill_form(page, "+1 202 555 0101", "004217")
    modal = page.get_by_test_id("modal")
    await expect(modal).to_contain_text("••••••")
    await expect(modal).to_contain_text("pvn-7Q3xK9_demo")
    await close_form(page)
    await newest(page, "pvn-7Q3xK9_demo")


async def mistype_the_code_and_try_again(page: Page) -> None:
    await type_line(page, f"/phoneid {NUMBER} 999999")
    message = await newest(page, "VerifyCode.Incorrect")
    await message.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("textbox", name="Phone number")).to_have_value(NUMBER)
    code = page.get_by_role("textbox", name="Verification code")
    await expect(code).to_have_value("")
    await code.fill(CODE)
    await code.press("Enter")
    await expect(page.get_by_test_id("modal")).to_contain_text(PHONE_NUMBER_ID)
    await close_form(page)


async def mistype_the_number(page: Page) -> None:
    await type_line(page, "/phoneid ")
    await fill_form(page, "+86 138", CODE)
    phone = page.get_by_role("textbox", name="Phone number")
    await expect(phone).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_test_id("modal")).to_contain_text("This number is too short.")
    await expect(phone).to_have_value("+86 138")
    await close_form(page)


async def ask_for_an_account_that_is_not_subscribed(page: Page) -> None:
    await page.get_by_test_id("tab-numbers").click()
    await page.get_by_test_id("book-row").filter(has_text="Product.Unsubscript").get_by_test_id("book-use").click()
    await expect(page.get_by_test_id("composer")).to_have_value("/phoneid +1 202-555-0102 310294")
    await page.get_by_test_id("composer").press("Enter")
    await newest(page, "Ask your administrator")


async def live_through_an_outage(page: Page) -> None:
    await page.get_by_test_id("tab-trouble").click()
    await page.locator('[data-trouble="api:down"]').click()
    await type_line(page, f"/phoneid {NUMBER} {CODE}")
    await newest(page, "Alibaba Cloud did not respond")
    await page.locator('[data-trouble="api:none"]').click()
    await type_line(page, f"/phoneid {NUMBER} {CODE}")
    await newest(page, PHONE_NUMBER_ID)
    await page.get_by_test_id("tab-trace").click()
    await expect(page.get_by_test_id("inspector-row").last).to_be_visible()


async def test_the_bot_can_be_killed_and_started_again(page: Page) -> None:
    await page.get_by_test_id("tab-trouble").click()
    await page.get_by_test_id("bot-kill").click()
    await expect(page.get_by_test_id("bot-state")).to_contain_text("Bot stopped")
    await type_line(page, f"/phoneid {NUMBER} {CODE}")
    await newest(page, "dispatch_failed")
    await page.get_by_test_id("bot-start").click()
    await expect(page.get_by_test_id("bot-state")).to_have_text("Bot connected")
    await type_line(page, f"/phoneid {NUMBER} {CODE}")
    await newest(page, PHONE_NUMBER_ID)
