"""Who can approve, workspace by workspace of an organisation: what stops a start, and what it only says."""

import pytest

from bot.checks import Check, CheckVerdict, ok, skipped, stop, warning
from bot.doctor import workspace
from bot.errors import SlackBusy
from bot.policy import Audience
from bot.settings import BotSettings, read
from bot.slack.connection import Identity
from bot.texts import terminal
from tests.doubles import FakePeople

SETTINGS = read(
    BotSettings,
    {
        "SLACK_BOT_TOKEN": "xoxb-invented",
        "SLACK_APP_TOKEN": "xapp-1-A0INVENTED-1-invented",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "invented-id",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "invented-secret",
        "PHONEID_APPROVAL": "always",
        "PHONEID_APPROVERS": "U0LEE",
    },
)
NAME, IDS = "PHONEID_APPROVERS", "U0LEE"
BUSY = SlackBusy("usergroups.users.list", 30.0)
NOT_TOLD = skipped(NAME, terminal.approvers_not_told_everywhere(str(BUSY)))


class PeopleOf(FakePeople):
    """Somebody can approve where it says so; ``None``: Slack does not say."""

    def __init__(self, where: dict[str, bool | None]) -> None:
        super().__init__()
        self.where = where

    async def has_active(self, audience: Audience, workspace: str | None = None, *, but_for: str = "") -> bool:
        has_some = self.where[workspace or ""]
        if has_some is None:
            raise BUSY
        return has_some


def without(place: str) -> Check:
    return warning(NAME, terminal.no_approver_in(IDS, f"Name of {place}"), terminal.APPROVER_THERE)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"T0ONE": True, "T0TWO": True}, [ok(NAME, terminal.APPROVERS_THERE)]),
        ({"T0ONE": True, "T0TWO": False}, [without("T0TWO")]),
        ({"T0ONE": False, "T0TWO": True, "T0THREE": False}, [without("T0ONE"), without("T0THREE")]),
        ({"T0ONE": True, "T0TWO": None}, [NOT_TOLD]),
        ({"T0ONE": None, "T0TWO": False, "T0THREE": True}, [without("T0TWO"), NOT_TOLD]),
        ({"T0ONE": False, "T0TWO": False}, [stop(NAME, terminal.no_approver_left(IDS))]),
        (
            {"T0ONE": False, "T0TWO": None},
            [stop(NAME, terminal.approvers_not_told(IDS, str(BUSY), is_refused=False))],
        ),
    ],
    ids=str,
)
async def test_a_start_is_stopped_only_where_nobody_is_known_to_approve_anywhere(
    where: dict[str, bool | None], found: list[Check]
) -> None:
    called = {each: f"Name of {each}" for each in where}
    identity = Identity(team_id="", bot_user_id="U0BOT", bot_id="B0BOT", enterprise_id="E0GRID", workspaces=called)
    checks = await workspace.check_approvers(SETTINGS, PeopleOf(where), identity)
    assert checks == found
    assert all(each.remedy for each in checks if each.verdict in (CheckVerdict.WARNING, CheckVerdict.STOP))
