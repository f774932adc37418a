"""Where the app is installed, and what payloads and answers say because of it.

In a workspace of its own, in one workspace of an organisation (Enterprise Grid), or on the whole organisation. The
organisation has two workspaces. Keys: https://docs.slack.dev/enterprise/developing-for-enterprise-orgs
"""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.people import PARTNER_TEAM_ID, SISTER_TEAM_ID, TEAM_ID, Kind, Person
from bot.sandbox.slack.refusals import Refusal
from bot.sandbox.slack.workspace import Conversation, ConversationKind

ENTERPRISE_ID = "E0SANDBOX"
PARTNER_ENTERPRISE_ID = "E0PARTNER"

ABOUT_THE_APP = frozenset({"app_uninstalled", "tokens_revoked"})

_DOMAINS = {TEAM_ID: "sandbox", SISTER_TEAM_ID: "sister", PARTNER_TEAM_ID: "t0partner"}
_ENTERPRISE = {"id": ENTERPRISE_ID, "name": "Sandbox Group"}
_OF_ENTERPRISE = {"enterprise_id": ENTERPRISE_ID, "enterprise_name": "Sandbox Group"}


@dataclass(frozen=True)
class Installation:
    """One way to be installed."""

    is_grid: bool = False
    is_org_wide: bool = False
    given: set[str] = field(default_factory=lambda: {TEAM_ID})
    """The workspaces that the app can be used in."""
    most_teams_a_page: int = 1000
    """How many of them are named at once, whatever is asked for."""

    @classmethod
    def in_grid(cls) -> "Installation":
        """In one workspace of an organisation."""
        return cls(is_grid=True)

    @classmethod
    def org_wide(cls) -> "Installation":
        """On a whole organisation."""
        return cls(is_grid=True, is_org_wide=True, given={TEAM_ID, SISTER_TEAM_ID})

    @property
    def owner(self) -> str:
        """What stands in the paths of response URLs, if anything does."""
        return ENTERPRISE_ID if self.is_org_wide else ""

    # What people can do

    def used_in(self, person: Person, conversation: Conversation | None = None) -> str:
        """The workspace in which somebody finds the app's commands and shortcuts: of several their first; ``""``: none.

        Other companies' people find them nowhere.
        """
        is_channel = conversation and conversation.kind is ConversationKind.CHANNEL
        there = conversation.teams if conversation and is_channel else person.workspaces
        found = [each for each in person.workspaces if each in there and each in self.given]
        return found[0] if found and person.kind is not Kind.OUTSIDER else ""

    # What payloads say

    def of_command(self, team_id: str) -> dict[str, str]:
        """Every value is text."""
        of_enterprise = _OF_ENTERPRISE if self.is_grid else {}
        is_org_wide = "true" if self.is_org_wide else "false"
        domain = _DOMAINS[team_id]
        return {"team_id": team_id, "team_domain": domain, **of_enterprise, "is_enterprise_install": is_org_wide}

    def of_click(self) -> JsonObject:
        """The app's team, whoever clicked; only ``user.team_id`` is theirs (slackapi/java-slack-sdk#1041)."""
        team = {"id": TEAM_ID, "domain": _DOMAINS[TEAM_ID], **(_OF_ENTERPRISE if self.is_grid else {})}
        return {
            "team": None if self.is_org_wide else team,
            "enterprise": _ENTERPRISE if self.is_grid else None,
            "is_enterprise_install": self.is_org_wide,
        }

    def of_view(self, person: Person) -> JsonObject:
        """A submission or a closing: another company's people bring their own (slackapi/bolt-js#1614)."""
        if person.kind is not Kind.OUTSIDER:
            return self.of_click()
        theirs = {"id": person.team_id, "domain": _DOMAINS[person.team_id]}
        enterprise = {"id": PARTNER_ENTERPRISE_ID, "name": "Partner Group"}
        return {**self.of_click(), "team": theirs, "enterprise": enterprise}

    def view_teams(self, person: Person) -> JsonObject:
        """What a view says of where it is."""
        is_theirs = self.is_org_wide or person.kind is Kind.OUTSIDER
        return {
            "team_id": person.team_id if is_theirs else TEAM_ID,
            "app_installed_team_id": ENTERPRISE_ID if self.is_org_wide else TEAM_ID,
        }

    def of_event(self, kind: str, bot_user_id: str) -> JsonObject:
        """Of its own end on a whole organisation the app hears without a word of where."""
        if self.is_org_wide and kind in ABOUT_THE_APP:
            return {}
        enterprise_id = ENTERPRISE_ID if self.is_grid else None
        authorization = {
            "enterprise_id": enterprise_id,
            "team_id": None if self.is_org_wide else TEAM_ID,
            "user_id": bot_user_id,
            "is_bot": True,
            "is_enterprise_install": self.is_org_wide,
        }
        return {
            "team_id": TEAM_ID,
            "context_team_id": TEAM_ID,
            "context_enterprise_id": enterprise_id,
            **({"enterprise_id": enterprise_id} if self.is_grid else {}),
            "authorizations": [authorization],
        }

    # What the Web API says

    def of_identity(self) -> JsonObject:
        """What ``team_id`` holds for a whole organisation is nowhere said; here it is one that is no workspace."""
        return {
            "team_id": ENTERPRISE_ID if self.is_org_wide else TEAM_ID,
            "is_enterprise_install": self.is_org_wide,
            **({"enterprise_id": ENTERPRISE_ID} if self.is_grid else {}),
        }

    def of_user(self, described: JsonObject, person: Person) -> JsonObject:
        """A user as ``users.info`` describes them. A token of the whole organisation sees them without a workspace."""
        if not self.is_grid or person.kind not in (Kind.MEMBER, Kind.GUEST) or person.is_deactivated:
            return described
        teams = [*person.workspaces]
        in_enterprise = {"id": person.id, **_OF_ENTERPRISE, "is_admin": False, "is_owner": False, "teams": teams}
        described = {**described, "enterprise_user": in_enterprise}
        if not self.is_org_wide:
            return described
        without = {name: value for name, value in described.items() if name != "team_id"}
        return {**without, "enterprise_id": ENTERPRISE_ID, "teams": teams}

    def check_token_reaches(self, conversation: Conversation) -> None:
        """Raises ``Refusal`` for a channel where the app is not."""
        if conversation.kind is ConversationKind.CHANNEL and not self.given & {*conversation.teams}:
            raise Refusal("team_access_not_granted" if self.is_org_wide else "channel_not_found")

    def workspace_asked(self, arguments: dict[str, Any]) -> str:
        """Of which workspace a method answers: a token of the whole organisation has to say."""
        if not self.is_org_wide:
            return TEAM_ID
        asked = str(arguments.get("team_id") or "")
        if not asked:
            raise Refusal("missing_argument", arg="team_id")
        if asked not in self.given:
            raise Refusal("team_access_not_granted")
        return asked

    def teams(self, *, limit: object, cursor: object) -> JsonObject:
        """The workspaces that the token reaches, a page of them: from 1 to 1000, and by itself 100."""
        asked = str(100 if limit is None else limit)
        if not (asked.isascii() and asked.isdecimal() and 1 <= int(asked) <= 1000):
            raise Refusal("invalid_limit")
        given = sorted(self.given)
        pages = {_cursor_at(each): position for position, each in enumerate(given)}
        if cursor and cursor not in pages:
            raise Refusal("invalid_cursor")
        begin = pages[str(cursor)] if cursor else 0
        end = begin + min(int(asked), self.most_teams_a_page)
        named = [{"id": each, "name": _DOMAINS[each].capitalize()} for each in given[begin:end]]
        next_cursor = _cursor_at(given[end]) if end < len(given) else ""
        return {"teams": named, "response_metadata": {"next_cursor": next_cursor}}


def _cursor_at(team_id: str) -> str:
    return b64encode(f"team:{team_id}".encode()).decode()
