"""Who may ask, whether that needs approval, and which changes of state there are."""

import pytest

from bot.models import Actor, ApprovalState, Problem, State, Through
from bot.policy import (
    EVERYONE,
    NOBODY,
    Action,
    Audience,
    Membership,
    Policy,
    Rule,
    Standing,
    Verdict,
    decide,
    problem_with,
)
from bot.states import (
    APPROVAL_TRANSITIONS,
    ENDS_UNUSED,
    STATE_AFTER,
    TRANSITIONS,
    check_approval_transition,
    check_transition,
    is_final,
)
from bot.store.requests import STARTS_IN

ONLY_ANA = Audience(user_ids=frozenset({"U0ANA"}))
ONLY_LEE = Audience(user_ids=frozenset({"U0LEE"}))
LEADS = Audience(group_ids=frozenset({"S0LEADS"}))
FULL = Standing(Membership.FULL)


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
        (Membership.UNKNOWN, EVERYONE, "U0ANA", Problem.NOT_A_MEMBER),  # fails closed
        (Membership.UNKNOWN, ONLY_ANA, "U0ANA", Problem.NOT_A_MEMBER),
    ],
)
@pytest.mark.parametrize("needs_approval", [False, True])
def test_who_may_ask(
    membership: Membership, agents: Audience, user_id: str, problem: Problem | None, *, needs_approval: bool
) -> None:
    policy = Policy(agents=agents, trusted=ONLY_ANA, needs_approval=needs_approval)
    decision = decide(somebody(user_id), Standing(membership), policy)
    assert decision.problem is problem
    assert (decision.verdict is Verdict.MAY_NOT) == (problem is not None)


SCOPE, WHO = Problem.SCOPE_MISSING, Problem.WHO_UNKNOWN


@pytest.mark.parametrize(
    ("standing", "agents", "problem"),
    [
        (Standing(Membership.UNKNOWN, doubt=SCOPE), EVERYONE, SCOPE),
        (Standing(Membership.UNKNOWN, doubt=WHO), EVERYONE, WHO),
        (Standing(Membership.FULL, doubt=SCOPE), LEADS, SCOPE),
        (Standing(Membership.FULL, doubt=WHO), LEADS, WHO),
        (Standing(Membership.FULL), LEADS, Problem.NOT_ALLOWED),
        (Standing(Membership.FULL, doubt=SCOPE), ONLY_LEE, Problem.NOT_ALLOWED),  # no usergroup would change that
        (Standing(Membership.FULL, doubt=SCOPE), ONLY_ANA, None),
        (Standing(Membership.FULL, doubt=SCOPE), EVERYONE, None),
        (Standing(Membership.FULL, frozenset({"S0LEADS"}), doubt=SCOPE), LEADS, None),
        (Standing(Membership.GUEST, doubt=SCOPE), LEADS, Problem.GUEST),
    ],
)
def test_whom_slack_says_nothing_of_is_told_why_and_let_in_nowhere(
    standing: Standing, agents: Audience, problem: Problem | None
) -> None:
    decision = decide(somebody(), standing, Policy(agents=agents))
    assert decision.problem is problem
    assert (decision.verdict is Verdict.MAY_NOT) == (problem is not None)
    of_approver = problem_with(
        Action.DENY, actor=somebody(), standing=standing, agent=somebody("U0LEE"), policy=Policy(approvers=agents)
    )
    assert of_approver is (Problem.NOT_AN_APPROVER if problem is Problem.NOT_ALLOWED else problem)


@pytest.mark.parametrize(
    ("trusted", "groups", "needs_approval", "verdict", "rule"),
    [
        (NOBODY, frozenset(), False, Verdict.MAY, Rule.NO_APPROVALS),
        (NOBODY, frozenset(), True, Verdict.MAY_WITH_APPROVAL, Rule.APPROVALS),
        (ONLY_ANA, frozenset(), False, Verdict.MAY, Rule.NO_APPROVALS),
        (ONLY_ANA, frozenset(), True, Verdict.MAY, Rule.TRUSTED),
        (LEADS, frozenset({"S0LEADS"}), True, Verdict.MAY, Rule.TRUSTED),
        (LEADS, frozenset(), True, Verdict.MAY_WITH_APPROVAL, Rule.APPROVALS),  # e.g. Slack does not say who is in it
        (LEADS, frozenset({"S0OTHERS"}), True, Verdict.MAY_WITH_APPROVAL, Rule.APPROVALS),
    ],
)
def test_who_needs_approval(
    trusted: Audience, groups: frozenset[str], verdict: Verdict, rule: Rule, *, needs_approval: bool
) -> None:
    policy = Policy(trusted=trusted, needs_approval=needs_approval)
    decision = decide(somebody(), Standing(Membership.FULL, groups), policy)
    assert (decision.verdict, decision.rule, decision.problem) == (verdict, rule, None)


def test_approvers_need_approval_like_anybody() -> None:
    policy = Policy(approvers=ONLY_ANA, needs_approval=True)
    assert decide(somebody(), FULL, policy).verdict is Verdict.MAY_WITH_APPROVAL


@pytest.mark.parametrize("agents", [EVERYONE, NOBODY, ONLY_ANA])
def test_the_command_line_may_always_ask(agents: Audience) -> None:
    root = somebody("root", Through.COMMAND_LINE)
    decision = decide(root, Standing(Membership.UNKNOWN), Policy(agents=agents, needs_approval=True))
    assert (decision.verdict, decision.rule) == (Verdict.MAY, Rule.COMMAND_LINE)


@pytest.mark.parametrize(
    ("audience", "user_id", "groups", "is_in"),
    [
        (EVERYONE, "U0ANA", frozenset(), True),
        (NOBODY, "U0ANA", frozenset({"S0LEADS"}), False),
        (ONLY_ANA, "U0ANA", frozenset(), True),
        (ONLY_ANA, "U0LEE", frozenset(), False),
        (LEADS, "U0ANA", frozenset(), False),
        (LEADS, "U0ANA", frozenset({"S0LEADS"}), True),
        (LEADS, "S0LEADS", frozenset(), False),  # a usergroup's id is nobody's user id
    ],
)
def test_a_audience_holds_those_it_names(
    audience: Audience, user_id: str, groups: frozenset[str], *, is_in: bool
) -> None:
    assert audience.holds(somebody(user_id), Standing(Membership.FULL, groups)) == is_in


def test_every_usergroup_that_a_rule_names_is_asked_about() -> None:
    audiences = [Audience(group_ids=frozenset({group_id})) for group_id in ("S1", "S2", "S3")]
    policy = Policy(agents=audiences[0], trusted=audiences[1], approvers=audiences[2])
    assert policy.group_ids == {"S1", "S2", "S3"}


# --- the changes of state ---

APPROVAL_CHANGES: dict[ApprovalState | None, set[ApprovalState]] = {
    None: {ApprovalState.NOT_NEEDED, ApprovalState.AWAITING},
    ApprovalState.AWAITING: {
        ApprovalState.APPROVED,
        ApprovalState.DENIED,
        ApprovalState.WITHDRAWN,
        ApprovalState.EXPIRED,
    },
    ApprovalState.APPROVED: {ApprovalState.LAPSED},
}

CHANGES: dict[State | None, set[State]] = {
    None: {State.REJECTED, State.QUEUED, State.HELD},
    State.HELD: {State.QUEUED, State.DROPPED},
    State.QUEUED: {
        State.CALLING,
        State.ANSWERED,
        State.REFUSED,
        State.FAILED,
        State.INTERRUPTED,
        State.REJECTED,
        State.DROPPED,
    },
    State.CALLING: {State.ANSWERED, State.REFUSED, State.FAILED, State.INTERRUPTED},
    State.INTERRUPTED: {State.ANSWERED},
}


def test_every_state_has_its_row_of_transitions() -> None:
    assert set(TRANSITIONS) == {None, *State}
    assert set(APPROVAL_TRANSITIONS) == {None, *ApprovalState}


@pytest.mark.parametrize("from_state", [None, *State])
@pytest.mark.parametrize("to_state", State)
def test_only_the_listed_changes_of_a_lookup_pass(from_state: State | None, to_state: State) -> None:
    if to_state in CHANGES.get(from_state, set()):
        check_transition(from_state, to_state)
    else:
        with pytest.raises(ValueError, match="no lookup goes from"):
            check_transition(from_state, to_state)


@pytest.mark.parametrize("from_state", [None, *ApprovalState])
@pytest.mark.parametrize("to_state", ApprovalState)
def test_only_the_listed_changes_of_an_approval_pass(from_state: ApprovalState | None, to_state: ApprovalState) -> None:
    if to_state in APPROVAL_CHANGES.get(from_state, set()):
        check_approval_transition(from_state, to_state)
    else:
        with pytest.raises(ValueError, match="no approval goes from"):
            check_approval_transition(from_state, to_state)


Stand = tuple[ApprovalState, State]
"""How a request stands, with one of its lookups."""


def nexts(stand: Stand) -> set[Stand]:
    """How it may stand after the next change: of the approval, and with that of what is held, or of the lookup."""
    approval, state = stand
    found: set[Stand] = set()
    for after in APPROVAL_TRANSITIONS[approval]:
        is_dropped = after in ENDS_UNUSED and state is State.HELD
        if state is State.HELD:  # once it is used, an approval is not looked at again
            found.add((after, State.DROPPED if is_dropped else state))
    for later in TRANSITIONS[state]:
        is_use = (state, later) == (State.HELD, State.QUEUED)
        if (state is not State.HELD) or (is_use and approval is ApprovalState.APPROVED):
            found.add((approval, later))
    return found


def reachable() -> set[Stand]:
    reached: set[Stand] = set()
    edge = set(STARTS_IN.values())
    while edge:
        reached |= edge
        edge = {after for stand in edge for after in nexts(stand)} - reached
    return reached


def test_every_state_can_be_reached() -> None:
    assert {approval for approval, _ in reachable()} == set(ApprovalState)
    assert {state for _, state in reachable()} == set(State)


def test_every_request_ends() -> None:
    """Wherever it stands, it goes on until its lookups have ended, and nothing comes back to where it was."""
    ends = {stand for stand in reachable() if is_final(stand[1])}
    for stand in reachable() - ends:
        assert nexts(stand), f"{stand} has no next"
        assert stand not in after_all(stand), f"{stand} comes back"
        assert after_all(stand) & ends, f"{stand} never ends"
    for stand in ends:  # and stays ended; only an ID may still come
        assert {state for _, state in after_all(stand)} <= {State.ANSWERED}


def test_every_request_ends_though_nobody_does_anything() -> None:
    """What waits for people is ended by time, and what waits for a process by the sweeper."""
    by_themselves = {
        (ApprovalState.AWAITING, State.HELD): (ApprovalState.EXPIRED, State.DROPPED),
        (ApprovalState.APPROVED, State.HELD): (ApprovalState.LAPSED, State.DROPPED),
        (ApprovalState.NOT_NEEDED, State.QUEUED): (ApprovalState.NOT_NEEDED, State.INTERRUPTED),
        (ApprovalState.NOT_NEEDED, State.CALLING): (ApprovalState.NOT_NEEDED, State.INTERRUPTED),
        (ApprovalState.APPROVED, State.QUEUED): (ApprovalState.APPROVED, State.INTERRUPTED),
        (ApprovalState.APPROVED, State.CALLING): (ApprovalState.APPROVED, State.INTERRUPTED),
    }
    assert {stand for stand in reachable() if not is_final(stand[1])} == by_themselves.keys()
    for stand, ended in by_themselves.items():
        assert ended in nexts(stand)
        assert is_final(ended[1])


def after_all(stand: Stand) -> set[Stand]:
    """However it may stand later."""
    reached: set[Stand] = set()
    edge = nexts(stand)
    while edge:
        reached |= edge
        edge = {after for each in edge for after in nexts(each)} - reached
    return reached


def test_a_lookup_has_ended_in_the_final_states_and_in_no_other() -> None:
    assert {state for state in State if not is_final(state)} == {State.HELD, State.QUEUED, State.CALLING}
    assert set(STATE_AFTER.values()) <= {state for state in State if is_final(state)} - {State.ANSWERED}
