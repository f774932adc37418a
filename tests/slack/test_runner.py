"""Whoever waits sees how long it takes, where they asked, within what Slack takes; and the numbers wait for nobody."""

import asyncio
import gc
import itertools
import logging
from collections.abc import Sequence

import pytest

from bot.errors import DatabaseGone
from bot.models import PhoneNumber, State
from bot.slack import buttons
from bot.slack.messenger import Shown
from bot.slack.runner import MOST_NOTICES
from bot.store.outbox import HANDLING
from bot.tickets import Outlook
from tests.doubles import Doing
from tests.english import asking, results
from tests.factories import phones
from tests.fake_api import id_of
from tests.quotas import SlowQuota
from tests.slack.workplace import RESPONSE_URL, Bot, Workplace, buttons_of, filled, text_of, workplace
from tests.world import CODE, MINUTE, WITHOUT_APPROVALS

__all__ = ["workplace"]

pytestmark = pytest.mark.virtual_time

(PHONE,) = phones(1)

MINUTES = 10
"""How long everybody waits who waits for long."""


async def open_bot(workplace: Workplace, *, waits: float = 0.0, calls: float = 0.0) -> Bot:
    """Where nobody has to approve, a turn comes after ``waits`` seconds, and an answer ``calls`` seconds later."""
    workplace.policy = WITHOUT_APPROVALS
    workplace.quota = SlowQuota(workplace.clock, waits)
    workplace.api.takes = calls
    return await workplace.open()


async def submit(bot: Bot, numbers: Sequence[PhoneNumber], *, view_id: str = "V1") -> None:
    form = await bot_form(bot, is_several=len(numbers) > 1)
    await bot.submits(form, filled(numbers, "208312"), view_id=view_id, hash=view_id, waits=False)


async def bot_form(bot: Bot, *, is_several: bool) -> dict[str, object]:
    """The form; what runs goes on meanwhile."""
    opened = len(bot.messenger.opened)
    await bot.types("list" if is_several else "", waits=False)
    while len(bot.messenger.opened) == opened:  # noqa: ASYNC110 - in virtual time this takes none
        await asyncio.sleep(0)
    return bot.messenger.opened[-1][1]


def times_of(workplace: Workplace, *doings: Doing) -> list[float]:
    """When Slack gets these, from now on."""
    times: list[float] = []

    async def note(doing: Doing) -> None:
        if doing in doings:
            times.append(workplace.clock.monotonic())

    workplace.messenger.before = note
    return times


# --- a command ---


@pytest.mark.parametrize(
    ("waits", "calls", "said"),
    [
        pytest.param(0.5, 0.0, [], id="a blink"),
        pytest.param(0.5, 0.9, [], id="a call of an ordinary length"),
        pytest.param(0.5, 3.0, [asking.still_asking(PHONE)], id="a long call"),
        pytest.param(0.5, 11.0, [asking.still_asking(PHONE), asking.slow(PHONE)], id="a slow call"),
        pytest.param(
            8.0,
            11.0,
            [asking.waiting(PHONE, 70, 7.0), asking.waiting(PHONE, 10, 1.0), asking.slow(PHONE)],
            id="a wait, and a slow call",
        ),
        pytest.param(1.5, 0.0, [asking.waiting(PHONE, 5, 0.5)], id="a short wait"),
        pytest.param(1.5, 3.0, [asking.waiting(PHONE, 5, 0.5)], id="a short wait and a long call: told once"),
        pytest.param(
            8.0, 0.0, [asking.waiting(PHONE, 70, 7.0), asking.waiting(PHONE, 10, 1.0)], id="a wait of some length"
        ),
    ],
)
async def test_where_a_command_was_typed_the_wait_is_told(
    workplace: Workplace, waits: float, calls: float, said: list[str]
) -> None:
    bot = await open_bot(workplace, waits=waits, calls=calls)
    await bot.types(f"+{PHONE.digits} 208312")
    *notices, answer = bot.messenger.said_to(RESPONSE_URL)
    assert notices == said
    assert id_of(PHONE) in answer


async def test_who_waits_for_a_turn_from_the_second_second_on_is_told_then(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then it is being recorded, and stands in no line."""
    quota = SlowQuota(workplace.clock, 60.0)
    workplace.policy, workplace.quota = WITHOUT_APPROVALS, quota
    bot = await workplace.open()
    begins_at = workplace.clock.monotonic() + 1.5
    monkeypatch.setattr(
        quota, "outlook", lambda _: Outlook(place=3, seconds=30.0) if workplace.clock.monotonic() > begins_at else None
    )
    await bot.types(f"+{PHONE.digits} 208312", waits=False)
    await workplace.pass_time(2.5)
    assert bot.messenger.said_to(RESPONSE_URL) == [asking.waiting(PHONE, 3, 30.0)]
    await bot.settle()


async def test_however_long_it_takes_two_answers_are_left_for_the_outcome(workplace: Workplace) -> None:
    bot = await open_bot(workplace, waits=1000.0)
    await bot.types(f"+{PHONE.digits} 208312")
    *notices, answer = bot.messenger.said_to(RESPONSE_URL)
    assert len(notices) == MOST_NOTICES == 3
    assert id_of(PHONE) in answer


# --- the window of one number ---


async def test_the_window_shows_the_wait_every_three_seconds_and_that_it_is_over(workplace: Workplace) -> None:
    bot = await open_bot(workplace, waits=6.0, calls=10.0)
    times = times_of(workplace, Doing.UPDATE_VIEW)
    await submit(bot, [PHONE])
    began_at = workplace.clock.monotonic()
    await workplace.pass_time(15)
    assert times == pytest.approx([began_at + seconds for seconds in (1.0, 4.0, 7.0)])
    _acknowledged, first, second, third = [text_of(view) for _, view in bot.messenger.shown]
    assert asking.waiting(PHONE, 50, 5.0) in first
    assert asking.waiting(PHONE, 20, 2.0) in second
    assert "in line" not in third  # from then on it is being asked, and nothing changes
    await bot.settle()
    assert id_of(PHONE) in text_of(bot.messenger.window("V1"))


async def test_the_window_says_once_that_a_call_is_slow(workplace: Workplace) -> None:
    bot = await open_bot(workplace, calls=20.0)
    times = times_of(workplace, Doing.UPDATE_VIEW)
    await submit(bot, [PHONE])
    began_at = workplace.clock.monotonic()
    await workplace.pass_time(19)
    assert times == pytest.approx([began_at + 10.0])
    assert asking.slow(PHONE) in text_of(bot.messenger.window("V1"))
    await bot.settle()


@pytest.mark.parametrize(("shown", "times"), [(Shown.GONE, 1), (Shown.NOT_NOW, 3)])
async def test_a_window_that_was_closed_is_not_insisted_on(workplace: Workplace, shown: Shown, times: int) -> None:
    bot = await open_bot(workplace, waits=9.0)
    bot.messenger.fail(Doing.UPDATE_VIEW, shown=shown)
    await submit(bot, [PHONE])
    await workplace.pass_time(8.5)
    assert bot.messenger.calls.count(Doing.UPDATE_VIEW) == times
    await bot.settle()


@pytest.mark.parametrize(("count", "each_gets"), [(1, 200), (2, 200), (12, 41), (30, 16)])
async def test_however_many_windows_wait_half_of_what_slack_takes_is_left_to_several_numbers(
    workplace: Workplace, count: int, each_gets: int
) -> None:
    bot = await open_bot(workplace, waits=MINUTES * MINUTE)
    for number, phone in enumerate(phones(count)):
        await submit(bot, [phone], view_id=f"V{number}")
    await workplace.pass_time(MINUTES * MINUTE - 1)
    drawn = bot.messenger.calls.count(Doing.UPDATE_VIEW)
    assert drawn <= 50 * MINUTES + count  # and one each as they come
    assert drawn >= (each_gets - 1) * count
    await bot.settle()


async def test_a_window_that_was_closed_takes_nothing_from_the_others(workplace: Workplace) -> None:
    bot = await open_bot(workplace, waits=MINUTES * MINUTE)
    bot.messenger.fail(Doing.UPDATE_VIEW, shown=Shown.GONE)
    for number, phone in enumerate(phones(12)):
        await submit(bot, [phone], view_id=f"V{number}")
    await workplace.pass_time(5)
    bot.messenger.recover()
    await submit(bot, [phones(13)[12]], view_id="V12")
    await workplace.pass_time((MINUTES - 1) * MINUTE)
    assert sum(view_id == "V12" for view_id, _ in bot.messenger.shown) >= 20 * (MINUTES - 1) - 1
    await bot.settle()


# --- several numbers ---


async def test_window_and_message_follow_several_numbers_and_only_what_changed_is_drawn(workplace: Workplace) -> None:
    bot = await open_bot(workplace)
    workplace.api.is_open.clear()
    await submit(bot, phones(3))
    await workplace.until_called(3)
    await workplace.pass_time(6)
    assert bot.messenger.calls.count(Doing.UPDATE_VIEW) == bot.messenger.calls.count(Doing.UPDATE) == 1
    assert results.so_far(0, 0, None) in text_of(bot.messenger.window("V1"))
    await workplace.pass_time(5)
    assert results.SLOW in text_of(bot.messenger.window("V1"))
    assert results.SLOW in text_of(bot.messenger.updated[-1][1])
    await workplace.pass_time(60)
    assert bot.messenger.calls.count(Doing.UPDATE_VIEW) == bot.messenger.calls.count(Doing.UPDATE) == 2
    workplace.api.is_open.set()
    await bot.settle()
    _, last = bot.messenger.updated[-1]
    assert buttons.SHOW_RESULTS in buttons_of(last)
    window = text_of(bot.messenger.window("V1"))
    assert all(id_of(phone) in window for phone in phones(3))
    assert results.SLOW not in window
    assert not any("id-" in text_of(message) for _, message in bot.messenger.updated)


async def test_the_window_of_several_numbers_shows_each_id_as_it_comes(workplace: Workplace) -> None:
    bot = await open_bot(workplace)
    workplace.api.held = {phones(3)[2]}
    workplace.api.is_open.clear()
    await submit(bot, phones(3))
    await workplace.pass_time(10)
    window = text_of(bot.messenger.window("V1"))
    assert [id_of(phone) in window for phone in phones(3)] == [True, True, False]
    workplace.api.is_open.set()
    await bot.settle()


async def test_running_lists_are_looked_at_soon_and_then_less_often_the_more_run(workplace: Workplace) -> None:
    bot = await open_bot(workplace, waits=60.0)
    for number in range(3):
        await submit(bot, phones(2, first=2 * number), view_id=f"V{number}")
    began_at = workplace.clock.monotonic()
    times = times_of(workplace, Doing.UPDATE)
    await workplace.pass_time(20)
    assert times[:3] == pytest.approx([began_at + 0.5] * 3, abs=0.05)
    pauses = [later - sooner for sooner, later in itertools.pairwise(times[::3])]
    assert pauses == pytest.approx([3.75] * len(pauses))  # three lists, 1.25 seconds for each
    await bot.settle()


async def test_whatever_becomes_of_looking_the_numbers_go_on(workplace: Workplace) -> None:
    bot = await open_bot(workplace, calls=20.0)
    await submit(bot, phones(3))
    await workplace.pass_time(1)
    bot.process.record.failing["find"] = 3
    bot.messenger.fail(Doing.UPDATE, Doing.UPDATE_VIEW, times=2)
    await bot.settle()
    assert (await bot.last_request()).is_all(State.ANSWERED)
    assert bot.process.record.failing["find"] == 0


async def test_the_numbers_do_not_wait_for_the_message_that_follows_them(workplace: Workplace) -> None:
    bot = await open_bot(workplace)
    workplace.slow(Doing.POST, seconds=30.0)
    began_at = workplace.clock.monotonic()
    await submit(bot, phones(3))
    await workplace.until_called(3)
    assert workplace.clock.monotonic() - began_at < 1
    await bot.settle()
    assert buttons.SHOW_RESULTS in buttons_of(bot.messenger.updated[-1][1])


async def be_gone(change: str) -> None:
    if change == "end":
        raise DatabaseGone("the database file was replaced")


async def test_a_number_whose_answer_cannot_be_recorded_for_minutes_is_answered_then(workplace: Workplace) -> None:
    bot = await open_bot(workplace)
    form = await bot.form()
    bot.process.record.failing["end"] = 60
    await bot.submits(form, filled(phones(1), "208312"))
    request = await bot.last_request()
    assert request.is_all(State.ANSWERED)
    assert (request.lookup.result.phone_number_id or "-") in text_of(bot.messenger.window("V1"))
    assert len(workplace.api.called) == 1


async def test_several_numbers_that_cannot_be_recorded_break_as_what_they_are(workplace: Workplace) -> None:
    bot = await open_bot(workplace)
    form = await bot.form(is_several=True)
    bot.process.record.before = be_gone
    await bot.submits(form, filled(phones(3), "208312"))
    bot.process.record.before = None
    assert "cannot use its database" in text_of(bot.messenger.window("V1"))
    await bot.sweep_for(HANDLING * 3)
    request = await bot.last_request()
    assert request.is_all(State.INTERRUPTED)
    assert request.id in str(bot.messenger.updated[-1][1])


async def test_what_is_broken_off_leaves_nothing_running_and_no_noise(
    workplace: Workplace, caplog: pytest.LogCaptureFixture
) -> None:
    bot = await open_bot(workplace)
    workplace.api.is_open.clear()
    await submit(bot, phones(3))
    await workplace.until_called(3)
    request = await bot.last_request()
    await bot.parts.jobs.cancel()
    assert [bot.process.lookups.is_trying(each.id, CODE) for each in request.lookups] == [None] * 3
    await workplace.pass_time(1)
    gc.collect()  # a future whose error nobody looked at complains when it goes
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert {task for task in asyncio.all_tasks() if "Lookups" in repr(task)} == set()
