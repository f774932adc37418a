"""Whatever hands have made of the quota's state: turns go on, sooner or later, and the state is one again."""

import json
from random import Random

import pytest

from bot.quota import grants
from bot.quota.account import Account, Rules, read, wait
from bot.quota.grants import Ending, Grant, Later
from bot.quota.order import Demand
from tests.fuzz.amount import BY_CHANCE, chances
from tests.fuzz.odd import mutated, odd_text

pytestmark = BY_CHANCE

RULES = Rules(limit=10)
NOW = 1000.0
PATIENCE = 120.0
"""Seconds: twice the farthest that a time in the state may lie ahead."""


def worked() -> Account:
    """A state that has seen calls of two processes, one of them throttled."""
    state, now = Account(), NOW - 5.0
    for number in range(30):
        demand = Demand(interactive={"T0SANDBOX U0ANA": 1}, bulk={"T0SANDBOX U0LEE": 2})
        state, answer = grants.ask(state, demand, process=f"{number % 2}", holder=f"{number}", now=now, rules=RULES)
        now += 0.1
        if isinstance(answer, Grant) and number % 3:
            ending = Ending(
                granted_at=now - 0.1,
                ended_at=now,
                was_answered=True,
                round_trip=0.08,
                was_throttled=number == 20,
                hint=1.0,
            )
            state = grants.ended(state, answer, ending, now=now, rules=RULES)
    return state


def use(text: str) -> None:
    """Take turns from a state until one is given, as a process does, and end that call."""
    state, now = read(text), NOW
    demand = Demand(interactive={"T0SANDBOX U0TRU": 1})
    while True:
        state, answer = grants.ask(state, demand, process="ours", holder="ours-1", now=now, rules=RULES)
        assert wait(state, 3, now=now, rules=RULES) < PATIENCE
        if isinstance(answer, Grant):
            break
        assert isinstance(answer, Later)
        now = max(now + 0.02, min(answer.at, now + 0.5))
        assert now < NOW + PATIENCE, "nobody gets a turn any more"
    assert at_once(state, now) <= RULES.limit
    state = grants.renewed(state, [answer], now=now, rules=RULES)
    ending = Ending(granted_at=now, ended_at=now + 0.1, was_answered=True, round_trip=0.1)
    state = grants.gone(grants.ended(state, answer, ending, now=now + 0.1, rules=RULES), process="ours")
    assert read(state.model_dump_json()) == state


def at_once(state: Account, now: float) -> int:
    """How many turns are given in one moment."""
    demand, given = Demand(interactive={"T0SANDBOX U0TRU": 1}), 0
    for number in range(2 * RULES.limit):
        state, answer = grants.ask(state, demand, process="ours", holder=f"more {number}", now=now, rules=RULES)
        given += isinstance(answer, Grant) and answer.starts_at <= now
    return given


def odd_state(chance: Random, state: str) -> str:
    match chance.randrange(8):
        case 0:
            return odd_text(chance)
        case 1:
            return state[: chance.randrange(len(state))]
    return json.dumps(mutated(json.loads(state), chance))


def test_any_state_gives_a_turn_in_the_end() -> None:
    state = worked().model_dump_json()
    use(state)
    for number, chance in chances("quota state", usual=500):
        odd = odd_state(chance, state)
        try:
            use(odd)
        except Exception as error:
            raise AssertionError(f"state number {number}: {odd:.3000}") from error


@pytest.mark.parametrize(
    "pace",
    [
        {"fewer": 10**18, "changed_at": -1e300},  # a step back up for each, and no step gets any nearer to now
        {"fewer": -5, "changed_at": 999.0},  # more slots than the limit
        {"fewer": 5, "patience": 0.0, "fewer_when_good": 10**18},
    ],
)
def test_a_pace_that_cannot_be_is_none(pace: dict[str, float]) -> None:
    state = json.loads(worked().model_dump_json())
    use(json.dumps({**state, "slots": [{}] * 50, "pace": {**state["pace"], **pace}}))
