"""Who may ask, and which changes of state there are."""

import pytest

from bot.models import Actor, Problem, State, Through
from bot.policy import TRANSITIONS, Agents, Membership, check_transition, decide, is_final

EVERYONE = Agents(None)
NOBODY = Agents(frozenset())
ONLY_ANA = Agents(frozenset({"U0ANA"}))


def somebody(user_id: str = "U0ANA", through: Through = Through.SLACK) -> Actor:
    return Actor(team_id="T0SANDBOX", user_id=user_id, through=through)


@pytest.mark.parametrize(
    ("membership", "agents", "user_id", "problem"),
    [
        (Membership.FULL, EVERYONE, "U0ANA", None),
        (Membership.FULL, ONLY_ANA, "U0ANA", None),
        (Membership.FULL, ONLY_ANA, "U0LEE", Problem.NOT_ALLOWED),
        (Membership.FULL, ONLY_ANA, "U0AN", Problem.NOT_ALLOWED),  # a part of an id is nobody's
        (Membership.FULL, NOBODY, "U0ANA", Problem.NOT_ALLOWED),
        (Membership.GUEST, EVERYONE, "U0GUS", Problem.GUEST),
        (Membership.GUEST, ONLY_ANA, "U0ANA", Problem.GUEST),  # a list does not make a guest a member
        (Membership.OUTSIDER, EVERYONE, "U0OUT", Problem.OUTSIDER),
        (Membership.OUTSIDER, ONLY_ANA, "U0ANA", Problem.OUTSIDER),
        (Membership.UNKNOWN, EVERYONE, "U0ANA", Problem.WHO_UNKNOWN),  # fails closed
        (Membership.UNKNOWN, ONLY_ANA, "U0ANA", Problem.WHO_UNKNOWN),
    ],
)
def test_who_may_ask(membership: Membership, agents: Agents, user_id: str, problem: Problem | None) -> None:
    assert decide(somebody(user_id), membership, agents).problem is problem


@pytest.mark.parametrize("agents", [EVERYONE, NOBODY, ONLY_ANA])
def test_the_command_line_may_always_ask(agents: Agents) -> None:
    root = somebody("root", Through.COMMAND_LINE)
    assert decide(root, Membership.UNKNOWN, agents).is_yes


def test_every_state_has_its_row_of_transitions() -> None:
    assert set(TRANSITIONS) == {None, *State}


def test_every_state_can_be_reached_and_every_life_ends() -> None:
    reached: set[State] = set()
    edge = set(TRANSITIONS[None])
    while edge:
        reached |= edge
        edge = {after for state in edge for after in TRANSITIONS[state]} - reached
    assert reached == set(State)
    for state in State:
        assert is_final(state) or any(is_final(after) for after in TRANSITIONS[state])


@pytest.mark.parametrize("from_state", [None, *State])
@pytest.mark.parametrize("to_state", State)
def test_only_the_listed_changes_pass(from_state: State | None, to_state: State) -> None:
    allowed = {
        (None, State.REJECTED),
        (None, State.QUEUED),
        (State.QUEUED, State.CALLING),
        (State.QUEUED, State.FAILED),
        (State.QUEUED, State.INTERRUPTED),
        (State.CALLING, State.ANSWERED),
        (State.CALLING, State.REFUSED),
        (State.CALLING, State.FAILED),
        (State.CALLING, State.INTERRUPTED),
    }
    if (from_state, to_state) in allowed:
        check_transition(from_state, to_state)
    else:
        with pytest.raises(ValueError, match="no lookup goes from"):
            check_transition(from_state, to_state)
