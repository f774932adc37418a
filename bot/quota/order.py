"""The order: whose turn is next. Interactive before lists; within a lane agents take turns, whatever they ask. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from bot.tickets import Lane

LANES = (Lane.INTERACTIVE, Lane.BULK)
"""The most urgent first."""


STEP = 1_000_000
"""Between two turns' numbers: room for whoever begins to wait in between."""


class Party(NamedTuple):
    """An agent in a lane: whoever takes turns with others."""

    lane: Lane
    agent: str

    @property
    def key(self) -> str:
        """Names it where turns are numbered."""
        return f"{self.lane.value} {self.agent}"


class Demand(BaseModel):
    """What waits in one process: how many calls of which agents."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    interactive: dict[str, int] = {}
    bulk: dict[str, int] = {}
    seen_at: float = 0.0
    """When that process last said so."""

    def of(self, lane: Lane) -> Mapping[str, int]:
        return self.interactive if lane is Lane.INTERACTIVE else self.bulk

    def parties(self) -> Iterator[Party]:
        """Who waits."""
        for lane in LANES:
            yield from (Party(lane, agent) for agent in self.of(lane))

    def less_one(self, party: Party) -> "Demand":
        """After one of them got a turn."""
        left = {agent: count - (agent == party.agent) for agent, count in self.of(party.lane).items()}
        return self.model_copy(update={party.lane.value: {agent: count for agent, count in left.items() if count}})


def next_party(
    demands: Iterable[Demand], served: Mapping[str, int], *, lanes: tuple[Lane, ...] = LANES
) -> Party | None:
    """Who is next: of those in the first of the ``lanes`` where anybody waits, whoever had no turn for the longest.

    ``served`` numbers the turns, by party: the number of the last one.
    """
    demands = list(demands)
    for lane in lanes:
        agents = {agent for demand in demands for agent, count in demand.of(lane).items() if count}
        if agents:
            return min((Party(lane, agent) for agent in agents), key=lambda party: _rank(party, served))
    return None


def with_newcomers(served: Mapping[str, int], demands: Iterable[Demand], *, last: int) -> dict[str, int]:
    """The numbers with those of parties that begin to wait: behind whoever waits already, before the last one served.

    ``last`` is the last turn's number.
    """
    numbered = dict(served)
    for party in (party for demand in demands for party in demand.parties()):
        if party.key not in numbered:
            numbered[party.key] = 1 + max((each for each in numbered.values() if each < last), default=last - STEP)
    return numbered


def with_turn(served: Mapping[str, int], party: Party, demands: Iterable[Demand], *, number: int) -> dict[str, int]:
    """The numbers after that party's turn, of those who still wait."""
    waiting = {each.key for demand in demands for each in demand.parties()}
    return {key: each for key, each in {**served, party.key: number}.items() if key in waiting}


def ahead_of(party: Party, position: int, demands: Iterable[Demand], served: Mapping[str, int]) -> int:
    """How many turns come before the one at ``position`` (from 0) of that party's own, as things are now."""
    waiting: dict[str, int] = {}
    ahead = position
    for demand in demands:
        for agent, count in demand.of(party.lane).items():
            waiting[agent] = waiting.get(agent, 0) + count
        if party.lane is Lane.BULK:
            ahead += sum(demand.interactive.values())
    for agent, count in waiting.items():
        is_before = _rank(Party(party.lane, agent), served) < _rank(party, served)
        ahead += 0 if agent == party.agent else min(count, position + is_before)
    return ahead


def _rank(party: Party, served: Mapping[str, int]) -> tuple[int, str]:
    return served.get(party.key, 0), party.agent
