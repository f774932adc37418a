"""A list in the browser: a bad line is named, the bar moves, the results can be read again."""

import re

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.run import Sandbox
from tests.browser.visit import be

pytestmark = pytest.mark.asyncio(loop_scope="session")  # where the browser lives

GOOD, PHONE_NUMBER_ID = "+86 138 0000 1234 208312", "920155500012345"
WRONG_CODE = "+1 202 555 0101 999999"
SLOW = "+1 202 555 0108 483920"
"""Its ID takes 3 seconds: long enough to see the bar stand at two of three."""


async def test_a_list_with_a_bad_line_a_refused_code_and_successes(page: Page, sandbox: Sandbox) -> None:
    await open_form(page)
    await name_the_bad_line(page)
    await watch_it_run(page)
    await read_the_results_again(page)
    await see_that_nobody_else_does(page)
    assert list(sandbox.slack.complaints) == []
    assert len(sandbox.cams.lookups) == 3


async def open_form(page: Page) -> None:
    composer = page.get_by_test_id("composer")
    await composer.fill("/phoneid help")
    await composer.press("Enter")
    usage = page.get_by_test_id("message").last
    await usage.get_by_role("button", name="Several numbers").click()
    await expect(page.get_by_test_id("modal")).to_contain_text("Enter up to 100 pre-validated WhatsApp numbers")


async def name_the_bad_line(page: Page) -> None:
    field = page.get_by_role("textbox", name="Numbers and codes")
    await field.fill(f"{GOOD}\nAna's new shop\n{WRONG_CODE}\n{SLOW}")
    await page.get_by_test_id("modal-submit").click()
    modal = page.get_by_test_id("modal")
    await expect(modal).to_contain_text("Line 2: There is no phone number here.")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await field.fill(f"{GOOD}\n{WRONG_CODE}\n{SLOW}")
    await page.get_by_test_id("modal-submit").click()


async def watch_it_run(page: Page) -> None:
    modal = page.get_by_test_id("modal")
    await expect(modal).to_contain_text("0 of 3 ░░░░░░░░░░░░░░░░░░░░")
    # It is looked at every few seconds: on a busy machine one of the two may end unseen.
    await expect(modal).to_contain_text(re.compile("1 of 3 ▓{6}░{14}|2 of 3 ▓{13}░{7}"))
    await expect(modal).to_contain_text(PHONE_NUMBER_ID)
    await expect(modal).to_contain_text("2 IDs found, 1 failed.")
    refused = r"12025550101\s+Alibaba Cloud did not accept this code.*VerifyCode\.Incorrect"
    await expect(modal).to_contain_text(re.compile(refused))
    await page.keyboard.press("Escape")
    await expect(modal).to_have_count(0)


async def read_the_results_again(page: Page) -> None:
    await page.get_by_test_id("conversation").filter(has_text="Phone ID").click()
    message = page.get_by_test_id("message").last
    await expect(message).to_contain_text("Your list of 3 numbers is done.")
    await expect(message).not_to_contain_text(PHONE_NUMBER_ID)
    await message.get_by_role("button", name="Show results").click()
    modal = page.get_by_test_id("modal")
    await expect(modal).to_contain_text(PHONE_NUMBER_ID)
    await modal.get_by_role("button", name="Try the rest again").click()
    field = page.get_by_role("textbox", name="Numbers and codes")
    await expect(field).to_have_value("+1 202-555-0101 ")
    await page.keyboard.press("Escape")


async def see_that_nobody_else_does(page: Page) -> None:
    await be(page, "Lee")
    await expect(page.get_by_test_id("messages").get_by_text(PHONE_NUMBER_ID)).to_have_count(0)
