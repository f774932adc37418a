"""Until the page knows who you are and what you see, there is nothing to type into."""

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.slack.server import LocalSlack
from tests.browser.visit import FORM, Held, be

pytestmark = pytest.mark.asyncio(loop_scope="session")  # where the browser lives


async def test_nothing_typed_before_the_first_state_is_lost(blank: Page) -> None:
    held = Held()
    await held.hold(blank)
    await blank.goto("/")
    await held.asked()
    composer = blank.get_by_test_id("composer")
    await expect(composer).to_be_hidden()
    await expect(blank.get_by_test_id("home")).to_be_hidden()
    await blank.keyboard.type("too early")
    held.let_go()
    await expect(composer).to_be_focused()
    await expect(composer).to_have_value("")
    await blank.keyboard.type("in time")
    await blank.keyboard.press("Enter")
    await expect(blank.get_by_test_id("message").last).to_contain_text("in time")


async def test_what_is_typed_while_the_person_changes_is_nobodys(blank: Page, slack: LocalSlack) -> None:
    await blank.goto("/#U0ANA")
    composer = blank.get_by_test_id("composer")
    await composer.fill("Ana's draft")
    held = Held()
    await held.hold(blank, "U0LEE")
    await blank.evaluate("location.hash = 'U0LEE'")
    await held.asked()
    await expect(composer).to_be_hidden()
    await blank.keyboard.type("whose?")
    await blank.keyboard.press("Enter")
    held.let_go()
    await expect(composer).to_be_focused()
    await expect(composer).to_have_value("")
    await be(blank, "Ana")
    await expect(composer).to_have_value("Ana's draft")
    assert slack.human("Ana").sees("support") == []


async def test_a_number_used_while_the_person_changes_does_nothing(blank: Page) -> None:
    await blank.goto("/#U0ANA")
    await blank.get_by_test_id("tab-numbers").click()
    held = Held()
    await held.hold(blank, "U0LEE")
    await be(blank, "Lee")
    await held.asked()
    await blank.get_by_test_id("book-use").first.click()
    held.let_go()
    await expect(blank.get_by_test_id("composer")).to_have_value("")


async def test_a_form_stays_with_the_person_who_has_it_open(blank: Page, slack: LocalSlack) -> None:
    await blank.goto("/#U0ANA")
    await blank.get_by_test_id("composer").wait_for()
    slack.modals.open("U0ANA", FORM)
    field = blank.get_by_role("textbox", name="What")
    await field.fill("Ana's words")
    held = Held()
    await held.hold(blank, "U0LEE")
    await be(blank, "Lee")
    await held.asked()
    await expect(blank.get_by_test_id("modal")).to_have_count(0)
    held.let_go()
    await expect(blank.get_by_test_id("composer")).to_be_visible()
    await be(blank, "Ana")
    await expect(field).to_have_value("Ana's words")
