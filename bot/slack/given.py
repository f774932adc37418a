"""The workspaces of an organisation that the app was given."""

from collections.abc import Mapping

from bot.slack.web import Web, part

MOST_AT_ONCE = 1000
"""That Slack names at once; it may name fewer."""

MOST_PAGES = 100
"""An answer that always has a next page has no end."""


async def workspaces_given(slack: Web) -> Mapping[str, str]:
    """What Slack calls each, by its id; there may be more in the organisation. Raises ``SlackError``."""
    found: dict[str, str] = {}
    cursor = None
    for _ in range(MOST_PAGES):
        answer = await slack.auth_teams_list(limit=MOST_AT_ONCE, cursor=cursor)
        teams = part(answer, "teams", list)
        found |= {str(each["id"]): _named(each) for each in teams if isinstance(each, dict) and each.get("id")}
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    return found


def _named(team: Mapping[str, object]) -> str:
    """With its id: names are only shown, and two workspaces may have the same."""
    name = team.get("name")
    return f"{name} ({team['id']})" if isinstance(name, str) and name and name.isprintable() else str(team["id"])
