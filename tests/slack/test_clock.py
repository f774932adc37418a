"""What people meet while the bot's clock cannot be believed: nothing expires, and nothing past its time goes on."""

import pytest

from bot.models import ApprovalState, Problem, State
from bot.policy import Action
from bot.slack import buttons
from tests.english import PROBLEMS, cards
from tests.slack.workplace import Bot, Workplace, workplace
from tests.world import LEE

__all__ = ["workplace"]

pytestmark = pytest.mark.virtual_time

DAY = 86400.0
CODE = "208312"


@pytest.fixture
async def bot(workplace: Workplace) -> Bot:
    return await workplace.open()


@pytest.mark.parametrize("action_id", [cards.APPROVE, cards.DENY])
@pytest.mark.parametrize("is_behind", [False, True], ids=["by our clock", "by others' clocks"])
async def test_what_seems_past_its_time_neither_ends_nor_goes_on(
    workplace: Workplace, bot: Bot, action_id: str, *, is_behind: bool
) -> None:
    request = await bot.asks()
    said = len(workplace.messenger.said)
    workplace.time.is_trusted = False
    if is_behind:
        workplace.time.behind = DAY
    else:
        workplace.clock.slept += 400 * DAY
    await bot.sweep()
    await bot.presses(action_id, request.id, by=LEE)
    told = workplace.messenger.said[-1].text
    assert PROBLEMS[Problem.CLOCK_UNSURE].what in told
    assert "expired" not in "".join(each.text for each in workplace.messenger.said[said:-1])
    assert (await bot.process.find(request.id)) == request
    assert workplace.api.called == []
    assert (await bot.process.journal(request.id))[-1].facts == {
        "action": (Action.APPROVE if action_id == cards.APPROVE else Action.DENY).value,
        "why": "clock unsure",
    }
    workplace.time.is_trusted = True
    workplace.clock.slept, workplace.time.behind = 400 * DAY, 0.0
    await bot.sweep()
    ended = await bot.process.find(request.id)
    assert (ended.approval.state, ended.lookup.state) == (ApprovalState.EXPIRED, State.DROPPED)


@pytest.mark.parametrize("is_entered", [False, True], ids=["a code that waits", "a code that is entered"])
@pytest.mark.parametrize("is_behind", [False, True], ids=["by our clock", "by others' clocks"])
async def test_no_code_is_used_for_an_approval_that_seems_past_its_time(
    workplace: Workplace, bot: Bot, *, is_behind: bool, is_entered: bool
) -> None:
    request = await bot.asks(code="" if is_entered else CODE)
    workplace.token.is_taken_away = not is_entered  # for a moment, so that the code goes on waiting
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    workplace.token.is_taken_away = False
    if is_entered:
        await bot.presses(buttons.ENTER_CODE, request.id)
    workplace.time.is_trusted = False
    ahead, workplace.time.behind = (0.0, DAY) if is_behind else (400 * DAY, 0.0)
    workplace.clock.slept += ahead
    if is_entered:
        await bot.submits(bot.messenger.opened[-1][1], {"code": CODE})
    await bot.sweep()
    assert workplace.api.called == []
    assert (await bot.process.find(request.id)).is_all(State.HELD)
    workplace.time.is_trusted, workplace.time.behind = True, 0.0
    workplace.clock.slept -= ahead
    if is_entered:
        await bot.submits(bot.messenger.opened[-1][1], {"code": CODE}, hash="1.b")
    await bot.sweep()
    assert [code for _, code in workplace.api.called] == [CODE]
