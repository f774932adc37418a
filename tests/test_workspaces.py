"""Who is a member of which workspace, and where a request may be seen: the whole table."""

from itertools import product

import pytest

from bot.models import Actor, Through
from bot.policy import Membership
from bot.workspaces import Described, Installation, may_stand_in, membership_in, workspace_of

OURS, SISTER, PARTNER, GRID, PARTNER_GRID = "T0OURS", "T0SISTER", "T0PARTNER", "E0GRID", "E0PARTNER"

ALONE = Installation(workspaces=(OURS,))
IN_GRID = Installation(workspaces=(OURS,), enterprise_id=GRID)
ORG_WIDE = Installation(workspaces=(OURS, SISTER), enterprise_id=GRID, is_on_organisation=True)

GIVEN_OURS = Installation(workspaces=(OURS,), enterprise_id=GRID, is_on_organisation=True)
GIVEN_NONE = Installation(workspaces=(), enterprise_id=GRID, is_on_organisation=True)


def described(*teams: str, first: str = "", enterprise_id: str = "", is_a: Membership = Membership.FULL) -> Described:
    return Described(membership=is_a, teams=frozenset(teams), enterprise_id=enterprise_id, team_id=first)


def acting(team_id: str, enterprise_id: str = "") -> Actor:
    return Actor(team_id=team_id, user_id="U0SOMEBODY", through=Through.SLACK, enterprise_id=enterprise_id)


OF_BOTH = described(SISTER, OURS, first=SISTER, enterprise_id=GRID)
OF_BOTH_WITHOUT_FIRST = described(SISTER, OURS, enterprise_id=GRID)
OF_SISTER = described(SISTER, first=SISTER, enterprise_id=GRID)
COLLEAGUE = described(OURS, first=OURS)
PARTNERS = described(PARTNER, first=PARTNER)

MEMBERS = [
    # where, how Slack describes them, how they act, what they are there
    (OURS, COLLEAGUE, acting(OURS), Membership.FULL),
    (OURS, COLLEAGUE, acting(""), Membership.FULL),
    (OURS, COLLEAGUE, acting(PARTNER), Membership.OUTSIDER),  # another one's id, the same as our colleague's
    (OURS, COLLEAGUE, acting(SISTER), Membership.OUTSIDER),
    (SISTER, COLLEAGUE, acting(OURS), Membership.OUTSIDER),
    (OURS, PARTNERS, acting(PARTNER), Membership.OUTSIDER),
    (OURS, PARTNERS, acting(OURS), Membership.OUTSIDER),  # their team as claimed is not believed
    (OURS, PARTNERS, acting(PARTNER, PARTNER_GRID), Membership.OUTSIDER),
    (PARTNER, PARTNERS, acting(PARTNER), Membership.FULL),
    (OURS, OF_BOTH, acting(SISTER, GRID), Membership.FULL),  # a click, wherever they click
    (OURS, OF_BOTH, acting(OURS, GRID), Membership.FULL),
    (SISTER, OF_BOTH, acting(SISTER, GRID), Membership.FULL),
    (OURS, OF_BOTH, acting(GRID, GRID), Membership.FULL),
    (OURS, OF_BOTH, acting(SISTER), Membership.FULL),
    (OURS, OF_BOTH, acting(SISTER, PARTNER_GRID), Membership.OUTSIDER),
    (OURS, OF_BOTH, acting(PARTNER, GRID), Membership.OUTSIDER),
    (OURS, OF_BOTH_WITHOUT_FIRST, acting(SISTER, GRID), Membership.FULL),
    (OURS, OF_SISTER, acting(SISTER, GRID), Membership.OUTSIDER),
    (OURS, OF_SISTER, acting(OURS, GRID), Membership.OUTSIDER),
    (SISTER, OF_SISTER, acting(SISTER, GRID), Membership.FULL),
    (OURS, described(enterprise_id=GRID), acting(OURS, GRID), Membership.OUTSIDER),  # Slack names no workspace
    ("", OF_BOTH, acting(SISTER, GRID), Membership.OUTSIDER),
]


@pytest.mark.parametrize(("workspace", "who", "actor", "membership"), MEMBERS)
def test_a_member_of_a_workspace_is_whom_slack_names_one_and_who_acts_as_such(
    workspace: str, who: Described, actor: Actor, membership: Membership
) -> None:
    assert membership_in(workspace, who, actor=actor) is membership


@pytest.mark.parametrize("is_a", Membership)
def test_nobody_is_more_in_a_workspace_than_slack_says_they_are(is_a: Membership) -> None:
    assert membership_in(OURS, described(OURS, SISTER, is_a=is_a), actor=acting(OURS)) is is_a
    assert membership_in(PARTNER, described(OURS, SISTER, is_a=is_a), actor=acting(OURS)) is Membership.OUTSIDER


@pytest.mark.parametrize("workspace", ["", OURS, SISTER, PARTNER, GRID])
@pytest.mark.parametrize("installed", [ALONE, IN_GRID, ORG_WIDE, GIVEN_OURS, GIVEN_NONE])
def test_an_app_serves_the_workspaces_that_it_was_given_and_no_other(installed: Installation, workspace: str) -> None:
    given = {ORG_WIDE: {OURS, SISTER}, GIVEN_NONE: set[str]()}.get(installed, {OURS})
    assert installed.serves(workspace) is (workspace in given)


@pytest.mark.parametrize(
    ("installed", "channel", "workspace", "may"),
    [
        (ALONE, {OURS}, OURS, True),
        (IN_GRID, {OURS}, OURS, True),
        (IN_GRID, {OURS, SISTER}, OURS, True),  # as the settings name it; the start warns
        (ORG_WIDE, {OURS}, OURS, True),
        (ORG_WIDE, {OURS}, SISTER, False),
        (ORG_WIDE, {SISTER}, OURS, False),
        (ORG_WIDE, {OURS, SISTER}, OURS, True),
        (ORG_WIDE, {OURS, SISTER}, SISTER, True),
        (ORG_WIDE, {OURS, SISTER}, PARTNER, False),
        (ORG_WIDE, set[str](), OURS, False),
        (ORG_WIDE, {OURS}, None, True),  # of the command line
        (ORG_WIDE, {OURS}, "", False),
    ],
)
def test_cards_stand_in_channels_of_the_workspace_it_was_asked_in(
    installed: Installation, channel: set[str], workspace: str | None, *, may: bool
) -> None:
    assert may_stand_in(channel, workspace, installed=installed) is may


def test_what_the_command_line_asks_for_belongs_to_no_workspace() -> None:
    assert workspace_of(acting(OURS, GRID)) == OURS
    assert workspace_of(Actor(team_id="host", user_id="1000", through=Through.COMMAND_LINE)) is None


PEOPLE = [
    Actor(team_id=team_id, user_id=user_id, through=Through.SLACK, enterprise_id=enterprise_id)
    for team_id, user_id, enterprise_id in product((OURS, SISTER), ("U1", "U2"), ("", GRID, PARTNER_GRID))
]


@pytest.mark.parametrize(("one", "other"), list(product(PEOPLE, PEOPLE)))
def test_a_person_is_one_in_the_whole_organisation_and_nowhere_else(one: Actor, other: Actor) -> None:
    is_home_shared = (
        one.enterprise_id == other.enterprise_id
        if one.enterprise_id or other.enterprise_id
        else one.team_id == other.team_id
    )
    assert one.is_same_person(other) is (is_home_shared and one.user_id == other.user_id)
