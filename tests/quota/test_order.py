"""The order: lanes first, then agents in turn."""

import pytest

from bot.quota.order import Demand, Party, ahead_of, next_party
from bot.tickets import Lane

ANA, BEN, CLEO = (Party(Lane.INTERACTIVE, agent) for agent in ("ana", "ben", "cleo"))
ANAS_LIST, BENS_LIST = (Party(Lane.BULK, agent) for agent in ("ana", "ben"))


@pytest.mark.parametrize(
    ("demands", "served", "party"),
    [
        ([], {}, None),
        ([Demand()], {}, None),
        ([Demand(bulk={"ana": 3})], {}, ANAS_LIST),
        # interactive before lists, in whichever process it waits
        ([Demand(bulk={"ana": 3}), Demand(interactive={"ben": 1})], {}, BEN),
        # whoever was served the longest ago
        ([Demand(interactive={"ana": 1, "ben": 1})], {ANA.key: 4, BEN.key: 3}, BEN),
        ([Demand(interactive={"ana": 1}), Demand(interactive={"ben": 1})], {ANA.key: 1, BEN.key: 2}, ANA),
        # whoever was not served yet
        ([Demand(interactive={"ana": 1, "cleo": 1})], {ANA.key: 1}, CLEO),
        # turns in one lane are no turns in the other
        ([Demand(interactive={"ana": 1, "ben": 1})], {ANAS_LIST.key: 9, BEN.key: 1}, ANA),
    ],
)
def test_who_is_next(demands: list[Demand], served: dict[str, int], party: Party | None) -> None:
    assert next_party(demands, served) == party


@pytest.mark.parametrize(
    ("party", "position", "ahead"),
    [
        (ANA, 0, 0),  # served the longest ago
        (BEN, 0, 1),
        (BEN, 1, 3),  # ana, ben, ana
        (ANA, 4, 6),  # four of ana's own, and both of ben's
        (ANAS_LIST, 0, 7),  # everything interactive
        (BENS_LIST, 0, 8),
        (BENS_LIST, 2, 10),  # of ana's list there is one
    ],
)
def test_how_many_come_before(party: Party, position: int, ahead: int) -> None:
    demands = [Demand(interactive={"ana": 5}, bulk={"ana": 1}), Demand(interactive={"ben": 2}, bulk={"ben": 5})]
    served = {ANA.key: 1, BEN.key: 2, ANAS_LIST.key: 3, BENS_LIST.key: 4}
    assert ahead_of(party, position, demands, served) == ahead


def test_a_demand_less_one_forgets_whoever_wants_nothing_more() -> None:
    demand = Demand(interactive={"ana": 2, "ben": 1})
    assert demand.less_one(BEN).interactive == {"ana": 2}
    assert demand.less_one(ANA).interactive == {"ana": 1, "ben": 1}
