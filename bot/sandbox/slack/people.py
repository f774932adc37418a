"""Who is in the sandbox's workspace, and around it."""

from dataclasses import dataclass
from enum import StrEnum

TEAM_ID = "T0SANDBOX"
SISTER_TEAM_ID = "T0SISTER"
"""The other workspace, where there is an organisation."""
PARTNER_TEAM_ID = "T0PARTNER"
SLACKBOT_ID = "USLACKBOT"
APP_ID = "A0SANDBOX"
OTHER_APP_ID = "A0OTHER"
BOT_ID = "B0BOT"
BOT_USER_ID = "U0BOT"


class Kind(StrEnum):
    """What somebody is to the workspace."""

    MEMBER = "member"
    GUEST = "guest"
    OUTSIDER = "outsider"
    """From another workspace, met in a shared channel."""
    STRANGER = "stranger"
    """From another workspace, and met nowhere."""
    INVITED = "invited"
    """Asked to join, and not here yet."""
    SLACKBOT = "slackbot"
    """Slack's own; no bot, as Slack describes it."""
    BOT = "bot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a user id, the app's bot user included."""

    id: str
    name: str
    title: str
    kind: Kind
    team_id: str = TEAM_ID
    teams: tuple[str, ...] = ()
    """The workspaces of an organisation that they are in, where these are more than one; ``team_id`` is their first."""
    locale: str = "en-US"
    """The language that they chose for their Slack."""
    is_deactivated: bool = False
    """Left the workspace: known still, but there no more."""

    @property
    def is_at_a_client(self) -> bool:
        """Whether they can do something in this Slack."""
        return self.kind in (Kind.MEMBER, Kind.GUEST, Kind.OUTSIDER) and not self.is_deactivated

    @property
    def workspaces(self) -> tuple[str, ...]:
        """Those they are in, their first one first."""
        return self.teams or (self.team_id,)

    @property
    def handle(self) -> str:
        """The name as commands and clicks carry it."""
        return self.name.lower().replace(" ", "_")


ANA = Person(id="U0ANA", name="Ana", title="Support agent", kind=Kind.MEMBER)
MEI = Person(id="U0MEI", name="Mei", title="Support agent", kind=Kind.MEMBER, locale="zh-CN")
LEE = Person(id="U0LEE", name="Lee", title="Team lead", kind=Kind.MEMBER)
KIM = Person(id="U0KIM", name="Kim", title="Team lead", kind=Kind.MEMBER)
GUS = Person(id="U0GUS", name="Gus", title="Contractor", kind=Kind.GUEST)
OLU = Person(id="U0OLU", name="Olu", title="Partner", kind=Kind.OUTSIDER, team_id=PARTNER_TEAM_ID)

IDA = Person(id="U0IDA", name="Ida", title="Former team lead", kind=Kind.MEMBER, is_deactivated=True)

CAST = (ANA, MEI, LEE, KIM, GUS, OLU, IDA)
"""Whom a sandbox starts with, besides the app."""

BEA = Person(
    id="W0BEA",
    name="Bea",
    title="Support agent in both",
    kind=Kind.MEMBER,
    team_id=SISTER_TEAM_ID,
    teams=(SISTER_TEAM_ID, TEAM_ID),
)
TOM = Person(id="U0TOM", name="Tom", title="Team lead in the other", kind=Kind.MEMBER, team_id=SISTER_TEAM_ID)
SUE = Person(id="U0SUE", name="Sue", title="Support agent in the other", kind=Kind.MEMBER, team_id=SISTER_TEAM_ID)

GRID_CAST = (*CAST, BEA, TOM, SUE)
"""Whom an organisation's sandbox starts with."""

KNOWN_BY_ID = (
    Person(id="U0SID", name="Sid", title="Stranger", kind=Kind.STRANGER, team_id="T0ELSEWHERE"),
    Person(id="U0IVO", name="Ivo", title="Invited", kind=Kind.INVITED),
    Person(id=SLACKBOT_ID, name="Slackbot", title="", kind=Kind.SLACKBOT),
)
"""Whom Slack describes to who asks for their id, and who are nowhere to be met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserGroup:
    """People who can be mentioned together."""

    id: str
    handle: str
    name: str
    members: tuple[str, ...]
    """User ids."""
    team_id: str = TEAM_ID
    is_disabled: bool = False


LEADS = UserGroup(id="S0LEADS", handle="leads", name="Team leads", members=(LEE.id, KIM.id))
SISTER_LEADS = UserGroup(
    id="S0SISTER",
    handle="sister-leads",
    name="Team leads in the other workspace",
    members=(TOM.id, BEA.id),
    team_id=SISTER_TEAM_ID,
)
