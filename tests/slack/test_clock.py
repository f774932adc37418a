"""What people meet while the bot's clock cannot be believed: nothing expires, and nothing past its time goes on."""

import pytest

from bot.models import ApprovalState, Problem, State
from bot.policy import Action
from bot.slack import cards
from bot.texts.problems import PROBLEMS
from tests.slack.workplace import Bot, Workplace, workplace
from tests.world import LEE

__all__ = ["workplace"]

pytestmark = pytest.mark.virtual_time

DAY = 86400.0


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
