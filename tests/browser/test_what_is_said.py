"""What the page says, to whom, and how often."""

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from bot.sandbox.slack.server import LocalSlack
from tests.browser.visit import FORM, be

pytestmark = pytest.mark.asyncio(loop_scope="session")  # where the browser lives

CODE = "`one` and `two`\n```\nthree\n```"


@pytest_asyncio.fixture(loop_scope="session")
async def composer(blank: Page) -> Locator:
    """Ana's."""
    await blank.goto("/#U0ANA")
    found = blank.get_by_test_id("composer")
    await expect(found).to_be_focused()
    return found


async def test_a_request_nobody_answered_says_so(blank: Page, composer: Locator) -> None:
    await composer.fill("/ask")
    await composer.press("Enter")
    await expect(blank.get_by_test_id("inspector-row")).to_contain_text("no answer")


async def test_only_a_box_of_code_has_a_copy_button(blank: Page, slack: LocalSlack, composer: Locator) -> None:
    slack.workspace.post("C0SUPPORT", user_id="U0LEE", text=CODE)
    await expect(blank.get_by_test_id("message")).to_contain_text("three")
    await expect(blank.get_by_test_id("copy")).to_have_count(1)
    await expect(composer).to_be_focused()


FORMATTED = "*一* (*二*) *三*, *四：* 五 _六_ `七`"
ATTACHED = "*一*。 *二*三 四*五* （*六*） “*七*” _八_， `九`，"
"""Slack shows these marks instead of reading them."""


async def test_marks_beside_chinese_characters_and_punctuation_are_shown_as_slack_shows_them(
    blank: Page, slack: LocalSlack, composer: Locator
) -> None:
    await expect(composer).to_be_visible()
    for text in (FORMATTED, ATTACHED):
        slack.workspace.post("C0SUPPORT", user_id="U0BOT", text=text)
    formatted, attached = (blank.get_by_test_id("message").nth(each) for each in (0, 1))
    await expect(formatted.locator(".message-body")).to_have_text("一 (二) 三, 四： 五 六 七")
    await expect(attached.locator(".message-body")).to_have_text(ATTACHED)
    await expect(formatted.locator(".message-body strong")).to_have_text(["一", "二", "三", "四："])
    await expect(attached.locator(".message-body").locator("strong, em, code")).to_have_count(0)


async def test_who_reads_another_language_is_known_by_it(blank: Page, slack: LocalSlack, composer: Locator) -> None:
    await expect(composer).to_be_visible()
    slack.speaks("Lee", "pt-BR")
    await be(blank, "Mei")
    titles = blank.get_by_test_id("person").locator(".person-title")
    await expect(titles).to_have_text(
        [
            "Support agent",
            "Support agent · 中文",
            "Team lead · português",
            "Team lead",
            "Contractor · guest",
            "Partner · other workspace",
        ]
    )
    slack.workspace.post("C0SUPPORT", user_id="U0BOT", text="你好")
    await expect(blank.get_by_test_id("message").locator(".message-body")).to_have_attribute("lang", "zh-CN")


async def test_a_moment_is_said_in_the_language_of_whoever_looks(
    blank: Page, slack: LocalSlack, composer: Locator
) -> None:
    await expect(composer).to_be_visible()
    now = int(slack.clock.now())
    slack.workspace.post("C0SUPPORT", user_id="U0BOT", text=f"<!date^{now}^{{date_num}} {{date_short_pretty}}|now>")
    day = await blank.evaluate("seconds => new Date(seconds * 1000).toLocaleDateString('sv')", now)
    for name, today in (("Ana", "today"), ("Mei", "今天")):
        await be(blank, name)
        await expect(blank.get_by_test_id("message").locator(".message-body")).to_have_text(f"{day} {today}")


async def test_a_text_that_is_too_long_is_complained_of_once(blank: Page, slack: LocalSlack, composer: Locator) -> None:
    await expect(composer).to_be_visible()
    slack.modals.open("U0ANA", FORM)
    field, counter = blank.get_by_role("textbox", name="What"), blank.get_by_text("characters too many")
    await field.fill("a" * 25)
    await expect(counter).to_be_visible()
    await blank.get_by_test_id("modal-submit").click()
    await expect(blank.get_by_text("Please use at most 20 characters.")).to_be_visible()
    await expect(counter).to_be_hidden()
    await field.press("Backspace")
    await expect(counter).to_have_text("4 characters too many")
    await expect(blank.get_by_text("Please use at most")).to_be_hidden()


async def test_somebody_of_another_workspace_is_offered_no_command(blank: Page, composer: Locator) -> None:
    hint = blank.get_by_test_id("hint")
    await expect(hint).to_contain_text("/ask")
    await be(blank, "Olu")
    await expect(hint).to_contain_text("Olu’s workspace has not installed the app. Choose another person.")
    await expect(hint).not_to_contain_text("/ask")
    await blank.get_by_test_id("tab-numbers").click()
    await blank.get_by_test_id("book-use").first.click()
    await expect(blank.get_by_test_id("notice")).to_contain_text("has not installed the app")
    await expect(composer).to_have_value("")


async def test_a_shared_channel_says_once_that_it_is_shared(blank: Page, composer: Locator) -> None:
    await expect(composer).to_be_visible()
    await blank.locator("[data-conversation-id=C0PARTNER]").click()
    await expect(blank.get_by_text("Shared with another company")).to_have_count(1)


async def test_what_was_read_out_to_one_person_is_gone_for_the_next(
    blank: Page, slack: LocalSlack, composer: Locator
) -> None:
    await expect(composer).to_be_visible()
    slack.workspace.post("C0SUPPORT", user_id="U0BOT", text="psst", only_for="U0ANA")
    announcer = blank.locator("#announcer")
    await expect(announcer).to_contain_text("psst")
    await be(blank, "Lee")
    await expect(announcer).to_be_empty()


@pytest.mark.parametrize("name", ["Ana", "Olu"])
async def test_on_a_narrow_screen_no_ones_title_is_cut_without_an_ellipsis(blank: Page, name: str) -> None:
    await blank.set_viewport_size({"width": 400, "height": 800})
    await blank.goto("/")
    await be(blank, name)
    mine = blank.locator("[data-testid=person][aria-current]")
    await expect(mine).to_contain_text(name)
    picker, box = await blank.get_by_test_id("person-picker").bounding_box(), await mine.bounding_box()
    assert picker is not None
    assert box is not None
    assert box["x"] + box["width"] <= picker["x"] + picker["width"]
    await expect(mine.locator(".person-title")).to_have_css("text-overflow", "ellipsis")
