"""What people look at again: theirs alone, from the record, and first in the journal."""

from dataclasses import replace

import pytest

from bot.audit import Event
from bot.models import Actor, Problem, RequestId
from bot.policy import Audience
from bot.slack import buttons, forms_read
from bot.slack.blocks import View
from bot.store import forgetting
from tests import factories
from tests.doubles import Doing
from tests.english import PROBLEMS, Read, asking, cards, history, pages
from tests.english import requests as texts
from tests.factories import phones
from tests.fake_api import id_of
from tests.slack.workplace import RESPONSE_URL, Bot, Workplace, buttons_of, filled, text_of, workplace
from tests.world import ANA, KIM, LEE, WITH_APPROVALS, WITHOUT_APPROVALS

__all__ = ["bot", "workplace"]

pytestmark = pytest.mark.virtual_time

PHONE, OTHER, THIRD = phones(3)


@pytest.fixture
async def bot(workplace: Workplace) -> Bot:
    """Where nobody has to approve."""
    workplace.policy = WITHOUT_APPROVALS
    return await workplace.open()


def opened(bot: Bot) -> View:
    return bot.messenger.opened[-1][1]


def last_said(bot: Bot) -> Read:
    return bot.messenger.said[-1].message


async def shown(bot: Bot, request_id: RequestId) -> list[tuple[Actor, int | None]]:
    """Who was shown what of a request, by the journal."""
    return [(each.actor, each.position) for each in await bot.process.journal(request_id, Event.SHOWN)]


def fields_of(form: View) -> dict[str, str]:
    """What a form starts with, by field."""
    inputs = [block["element"] for block in form["blocks"] if block["type"] == "input"]
    return {each["action_id"]: each.get("initial_value", "") for each in inputs}


# --- an ID, the results, the details ---


@pytest.mark.parametrize(
    ("action_id", "by"), [(buttons.SHOW_ID, ANA), (buttons.SHOW_RESULTS, ANA), (cards.DETAILS, LEE)], ids=str
)
async def test_a_process_that_stood_still_shows_nothing_that_was_forgotten_meanwhile(
    workplace: Workplace, bot: Bot, action_id: str, by: Actor
) -> None:
    workplace.policy = WITH_APPROVALS
    bot, elsewhere = await workplace.open("p2"), await workplace.open("p3")
    request = await bot.asks(2)
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    value = f"{request.id}/1" if action_id == buttons.SHOW_ID else request.id

    async def forget_meanwhile(name: str) -> None:
        if name == "show":
            await elsewhere.process.record.change(forgetting.forget, PHONE, actor=KIM)

    bot.process.record.before = forget_meanwhile
    await bot.presses(action_id, value, by=by)
    assert await elsewhere.process.journal(request.id, Event.FORGOTTEN)
    assert id_of(PHONE) not in text_of(opened(bot))
    assert PHONE.digits[-4:] not in text_of(opened(bot)).replace(" ", "").replace("-", "")
    assert (by, 1) not in await shown(bot, request.id)


async def test_an_id_is_shown_again_without_a_call_and_it_is_in_the_journal(workplace: Workplace, bot: Bot) -> None:
    request = await bot.asks()
    await bot.presses(buttons.SHOW_ID, request.id)
    assert id_of(PHONE) in text_of(opened(bot))
    assert await shown(bot, request.id) == [(ANA, 1)]
    assert len(workplace.api.called) == 1


async def test_one_id_of_several_is_shown_by_its_button(bot: Bot) -> None:
    request = await bot.asks(3)
    await bot.presses(buttons.SHOW_ID, f"{request.id}/2")
    assert id_of(OTHER) in text_of(opened(bot))
    assert id_of(PHONE) not in text_of(opened(bot))
    assert await shown(bot, request.id) == [(ANA, 2)]


@pytest.mark.parametrize("position", ["4", "0", "99999999"])
async def test_a_button_for_a_number_that_is_not_there_is_answered_and_in_the_journal(bot: Bot, position: str) -> None:
    request = await bot.asks(2)
    await bot.presses(buttons.SHOW_ID, f"{request.id}/{position}")
    assert PROBLEMS[Problem.NOT_YOUR_REQUEST].what in last_said(bot).text
    assert len(await bot.process.journal(request.id, Event.FORBIDDEN)) == 1
    assert await shown(bot, request.id) == []


async def test_of_a_number_without_an_id_nothing_is_said_to_be_shown(workplace: Workplace, bot: Bot) -> None:
    workplace.api.problems[OTHER] = Problem.NOT_YOURS
    request = await bot.asks(2)
    await bot.presses(buttons.SHOW_ID, f"{request.id}/2")
    assert "id-" not in text_of(opened(bot))
    assert await shown(bot, request.id) == []


async def test_an_id_is_not_shown_when_it_cannot_be_recorded(bot: Bot) -> None:
    request = await bot.asks()
    windows = len(bot.messenger.opened)
    bot.process.record.failing["show"] = 1
    await bot.presses(buttons.SHOW_ID, request.id)
    assert len(bot.messenger.opened) == windows
    assert "cannot use its database" in last_said(bot).text


async def test_a_window_that_opened_too_late_is_answered(bot: Bot) -> None:
    request = await bot.asks()
    bot.messenger.fail(Doing.OPEN_VIEW)
    await bot.presses(buttons.SHOW_ID, request.id)
    assert last_said(bot).text == texts.WINDOW_TOO_LATE


async def test_the_results_are_shown_again_and_each_id_is_in_the_journal(workplace: Workplace, bot: Bot) -> None:
    workplace.api.problems[OTHER] = Problem.NOT_YOURS
    request = await bot.asks(3)
    await bot.presses(buttons.SHOW_RESULTS, request.id)
    assert id_of(PHONE) in text_of(opened(bot))
    assert id_of(THIRD) in text_of(opened(bot))
    assert await shown(bot, request.id) == [(ANA, 1), (ANA, 3)]


async def test_the_full_numbers_are_for_approvers_and_each_is_in_the_journal(workplace: Workplace) -> None:
    bot = await workplace.open()
    request = await bot.asks(3)
    await bot.presses(cards.DETAILS, request.id, by=LEE)
    assert all(phone.international in text_of(opened(bot)) for phone in phones(3))
    assert await shown(bot, request.id) == [(LEE, 1), (LEE, 2), (LEE, 3)]


async def test_of_what_was_forgotten_only_that_is_said(bot: Bot) -> None:
    request = await bot.asks()
    await bot.process.record.change(forgetting.forget, PHONE, actor=LEE)
    for action_id, value in ((buttons.SHOW_ID, request.id), (buttons.TRY_AGAIN, request.id)):
        await bot.presses(action_id, value)
        assert texts.FORGOTTEN.one in last_said(bot).text
    assert await shown(bot, request.id) == []


async def test_of_several_of_which_one_was_forgotten_the_others_are_shown(bot: Bot) -> None:
    request = await bot.asks(3)
    await bot.process.record.change(forgetting.forget, OTHER, actor=LEE)
    await bot.presses(buttons.SHOW_RESULTS, request.id)
    assert id_of(PHONE) in text_of(opened(bot))
    assert await shown(bot, request.id) == [(ANA, 1), (ANA, 3)]
    await bot.presses(buttons.SHOW_ID, f"{request.id}/2")
    assert texts.FORGOTTEN.one in text_of(opened(bot))
    assert await shown(bot, request.id) == [(ANA, 1), (ANA, 3)]


# --- the history ---


async def test_the_history_is_ones_own_newest_first_and_has_pages(bot: Bot) -> None:
    await bot.process.ask(agent=KIM)
    asked = [await bot.process.ask(first=number) for number in range(pages.PAGE + 2)]
    await bot.types("history")
    page = last_said(bot)
    newest = [request.id for request in reversed(asked)]
    assert [request_id in text_of(page) for request_id in newest] == [True] * pages.PAGE + [False] * 2
    assert buttons_of(page) == {buttons.OLDER: newest[pages.PAGE - 1]}
    await bot.presses(buttons.OLDER, newest[pages.PAGE - 1])
    assert [request_id in text_of(last_said(bot)) for request_id in newest] == [False] * pages.PAGE + [True] * 2
    assert buttons_of(last_said(bot)) == {}


async def test_a_page_may_begin_within_several_numbers(bot: Bot) -> None:
    request = await bot.process.ask(pages.PAGE + 2)
    await bot.types("history")
    (older,) = buttons_of(last_said(bot)).values()
    assert older.startswith(f"{request.id}/")
    await bot.presses(buttons.OLDER, older)
    assert text_of(last_said(bot)).count("Reference") == 2


async def test_whoever_never_asked_reads_so(bot: Bot) -> None:
    await bot.types("history")
    assert last_said(bot).text == history.EMPTY


async def test_nobody_looks_back_in_somebody_elses_history(bot: Bot) -> None:
    request = await bot.process.ask(agent=KIM)
    await bot.presses(buttons.OLDER, request.id)
    assert last_said(bot).text == asking.GONE


# --- the form again ---


async def test_the_form_opens_again_with_the_number_and_the_reason_and_without_the_code(
    workplace: Workplace, bot: Bot
) -> None:
    workplace.api.problems[PHONE] = Problem.UNKNOWN_CODE
    request = await bot.asks()
    await bot.presses(buttons.TRY_AGAIN, request.id)
    assert fields_of(opened(bot)) == {
        forms_read.PHONE: PHONE.international,
        forms_read.CODE: "",
        forms_read.REASON: "ticket 7",
    }
    assert "208312" not in str(opened(bot))


@pytest.mark.parametrize(
    ("beside", "callback_id", "numbers"),
    [
        ("", forms_read.LIST, [OTHER.international, THIRD.international]),
        ("/3", forms_read.LOOKUP, [THIRD.international]),
    ],
    ids=["all of them", "one of them"],
)
async def test_of_several_those_without_an_id_are_in_the_form(
    workplace: Workplace, bot: Bot, beside: str, callback_id: str, numbers: list[str]
) -> None:
    workplace.api.problems |= {OTHER: Problem.UNKNOWN_CODE, THIRD: Problem.UNKNOWN_CODE}
    request = await bot.asks(3)
    await bot.presses(buttons.TRY_AGAIN, f"{request.id}{beside}")
    form = opened(bot)
    assert form["callback_id"] == callback_id
    assert [number for number in (each.international for each in phones(3)) if number in str(form)] == numbers


async def test_the_form_in_a_window_takes_its_place_and_is_not_painted_over(workplace: Workplace, bot: Bot) -> None:
    workplace.api.problems[PHONE] = Problem.UNKNOWN_CODE
    form = await bot.form()
    await bot.submits(form, filled([PHONE], "208312"), waits=False)
    await workplace.pass_time(1)  # the outcome is there, and will be shown once more
    window = bot.messenger.window("V1")
    assert buttons.TRY_AGAIN in buttons_of(window)
    await bot.presses(buttons.TRY_AGAIN, (await bot.last_request()).id, view=window)
    await workplace.pass_time(30)
    again = bot.messenger.window("V1")
    assert again
    assert again["callback_id"] == forms_read.LOOKUP


async def test_somebody_elses_request_fills_in_no_form(bot: Bot) -> None:
    request = await bot.asks(by=KIM)
    windows = len(bot.messenger.opened)
    await bot.presses(buttons.TRY_AGAIN, request.id)
    assert last_said(bot).text == asking.GONE
    assert len(bot.messenger.opened) == windows


# --- why ---


async def test_why_says_what_the_policy_means_and_how_long_there_is_to_wait(workplace: Workplace, bot: Bot) -> None:
    await bot.types("why")
    assert "You can get IDs." in last_said(bot).text
    for phone in phones(10, first=100):
        await bot.process.record.change(factories.finished, (phone,), factories.REFUSED, agent=ANA)
    await bot.types("why")
    assert "You can try again in 1 minute." in last_said(bot).text


async def test_why_names_those_who_decide(workplace: Workplace) -> None:
    workplace.policy = replace(workplace.policy, agents=Audience(user_ids=frozenset({"U0ANA"})))
    bot = await workplace.open()
    await bot.types("why")
    assert "<@U0LEE>" in last_said(bot).text
    await bot.types("why", by=LEE)
    assert "You cannot get IDs." in last_said(bot).text
    assert "You can approve other people's requests." in last_said(bot).text
    assert bot.messenger.said[-1].place == RESPONSE_URL
