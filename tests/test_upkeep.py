"""What a running bot does again and again: it follows what other processes record."""

import pytest

from bot.errors import StoreUnavailable
from bot.models import State
from tests.english import cards
from tests.slack.workplace import Workplace, workplace
from tests.world import LEE

__all__ = ["workplace"]

pytestmark = pytest.mark.virtual_time


@pytest.mark.parametrize("failing", ["moves_since", "find"])
async def test_what_the_database_failed_over_is_followed_at_the_next_look(workplace: Workplace, failing: str) -> None:
    here, elsewhere = await workplace.open("p1"), await workplace.open("p2")
    request = await here.asks()
    await here.upkeep.follow()
    await elsewhere.presses(cards.APPROVE, request.id, by=LEE)
    here.process.record.failing[failing] = 1
    with pytest.raises(StoreUnavailable):
        await here.upkeep.follow()
    await here.upkeep.follow()
    await here.settle()
    assert (await here.process.find(request.id)).is_all(State.ANSWERED)
