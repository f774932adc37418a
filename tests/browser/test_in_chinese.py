"""The day of an agent who reads Chinese, in the browser; Lee, who decides, reads English."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from bot.errors import EntryMistake
from bot.sandbox.run import APPROVALS, Sandbox, open_sandbox
from bot.texts import asking, history, requests, results, usage
from bot.texts.language import Languages
from bot.texts.said import Plain
from tests.browser.visit import be
from tests.chinese import latin_in

pytestmark = pytest.mark.asyncio(loop_scope="session")  # where the browser lives

NUMBER, CODE, PHONE_NUMBER_ID = "+86 138 0000 1234", "208312", "920155500012345"
OTHER, OTHER_ID = "+1 202 555 0101 004217", "pvn-7Q3xK9_demo"
CHINESE = Languages.read().nearest("zh-CN")
REASON, DENIAL = "工单 4711", "工单号不对"


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    """With approvals, which the leads give in #approvals."""
    async with open_sandbox(policy=APPROVALS, logs_to_file=True) as running:
        yield running


async def test_a_day_in_chinese_with_an_approver_who_reads_english(page: Page, sandbox: Sandbox) -> None:
    await be(page, "Mei")
    await look_at_the_help(page)
    await ask_with_a_mistake(page)
    await be_approved(page)
    await ask_for_several(page)
    await be_denied(page)
    await look_back(page)
    assert len(sandbox.cams.lookups) == 3
    assert list(sandbox.slack.complaints) == []


async def look_at_the_help(page: Page) -> None:
    await type_line(page, "/phoneid help")
    await expect(newest(page)).to_contain_text(zh(usage.REQUEST_ID))
    await read_only_chinese(page)


async def ask_with_a_mistake(page: Page) -> None:
    """By a command with its code, which an approval has to come before."""
    await type_line(page, f"/phoneid {NUMBER} {CODE}")
    modal = page.get_by_test_id("modal")
    await expect(modal).to_contain_text(zh(asking.CODE_NOT_YET.one))
    await fill(page, asking.PHONE_LABEL, "+86 138")
    await fill(page, asking.CODE_LABEL, CODE)
    await fill(page, asking.REASON_LABEL, REASON)
    await submit(page, asking.FORM_SUBMIT_FOR_APPROVAL)
    await expect(modal).to_contain_text(zh(asking.ENTRY_MISTAKES[EntryMistake.NUMBER_TOO_SHORT]))
    await read_only_chinese(page)
    await fill(page, asking.PHONE_LABEL, NUMBER)
    await send_and_close(page)


async def be_approved(page: Page) -> None:
    await be(page, "Lee")
    card = await newest_in(page, "approvals")
    await expect(card).to_contain_text("by @Mei")
    await card.get_by_role("button", name="Approve").click()
    await page.get_by_test_id("confirm").get_by_role("button", name="Approve").click()
    await expect(card.get_by_role("button")).to_have_count(0)
    await be(page, "Mei")
    told = await newest_in(page, "Phone ID")
    await told.get_by_role("button", name=zh(requests.SHOW_ID)).click()
    await expect(page.get_by_test_id("modal")).to_contain_text(PHONE_NUMBER_ID)
    await read_only_chinese(page)
    await close(page)


async def ask_for_several(page: Page) -> None:
    """With a line that holds no number."""
    await newest_in(page, "support")
    await type_line(page, "/phoneid list")
    await fill(page, asking.NUMBERS_LABEL, f"{NUMBER} {CODE}\n小店\n{OTHER}")
    await fill(page, asking.REASON_LABEL, REASON)
    await submit(page, asking.FORM_SUBMIT_FOR_APPROVAL)
    mistake = zh(asking.ENTRY_MISTAKES[EntryMistake.LINE_UNREADABLE])
    await expect(page.get_by_test_id("modal")).to_contain_text(mistake)
    await fill(page, asking.NUMBERS_LABEL, f"{NUMBER} {CODE}\n{OTHER}")
    await send_and_close(page)
    await be(page, "Lee")
    card = await newest_in(page, "approvals")
    await card.get_by_role("button", name="Approve").click()
    await page.get_by_test_id("confirm").get_by_role("button", name="Approve").click()
    await be(page, "Mei")
    told = await newest_in(page, "Phone ID")
    await told.get_by_role("button", name=zh(results.SHOW_RESULTS)).click()
    await expect(page.get_by_test_id("modal")).to_contain_text(PHONE_NUMBER_ID)
    await read_only_chinese(page)
    await close(page)


async def be_denied(page: Page) -> None:
    await newest_in(page, "support")
    await type_line(page, f"/phoneid {NUMBER}")
    await fill(page, asking.REASON_LABEL, REASON)
    await send_and_close(page)
    await be(page, "Lee")
    card = await newest_in(page, "approvals")
    await card.get_by_role("button", name="Deny").click()
    await page.get_by_role("textbox", name="Reason").fill(DENIAL)
    await page.get_by_test_id("modal-submit").click()
    await expect(card).to_contain_text(DENIAL)
    await be(page, "Mei")
    await expect(await newest_in(page, "Phone ID")).to_contain_text(DENIAL)
    await read_only_chinese(page)


async def look_back(page: Page) -> None:
    await newest_in(page, "support")
    for typed, words in (("why", "@leads"), ("history", zh(history.TITLE))):
        await type_line(page, f"/phoneid {typed}")
        await expect(newest(page)).to_contain_text(words)
    await read_only_chinese(page)


def zh(said: Plain) -> str:
    return CHINESE.text(said)


async def read_only_chinese(page: Page) -> None:
    """All that the bot has on the screen; the page itself speaks English, as Slack would speak Chinese."""
    for shown in await page.locator(".message-body, .modal-body, .modal h2").all_inner_texts():
        assert latin_in(re.sub(r"\((?:edited|optional)\)|@\w+", "", shown), data=[OTHER_ID]) == []


async def type_line(page: Page, line: str) -> None:
    composer = page.get_by_test_id("composer")
    await composer.fill(line)
    await composer.press("Enter")


def newest(page: Page) -> Locator:
    return page.get_by_test_id("message").last


async def newest_in(page: Page, channel: str) -> Locator:
    await page.get_by_test_id("conversation").filter(has_text=channel).click()
    return newest(page)


async def fill(page: Page, label: Plain, text: str) -> None:
    await page.get_by_test_id("modal").get_by_role("textbox", name=zh(label)).fill(text)


async def submit(page: Page, label: Plain) -> None:
    button = page.get_by_test_id("modal-submit")
    await expect(button).to_have_text(zh(label))
    await button.click()


async def send_and_close(page: Page) -> None:
    """Until the request waits, and its receipt is there."""
    await submit(page, asking.FORM_SUBMIT_FOR_APPROVAL)
    await expect(page.get_by_test_id("modal")).to_contain_text(re.compile(r"R-\w{8}"))
    await read_only_chinese(page)
    await close(page)
    await expect(newest(page)).to_contain_text(re.compile(r"R-\w{8}"))


async def close(page: Page) -> None:
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("modal")).to_have_count(0)
