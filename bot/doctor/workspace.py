"""What the bot needs of Slack with its settings: tokens, scopes, somebody who can approve, a channel for the cards."""

import logging

from bot.checks import Check, Checklist, ok, stop, warning
from bot.errors import SlackError, SlackRefused
from bot.policy import Audience
from bot.settings import BotSettings
from bot.slack import connection
from bot.slack.channel import Channel
from bot.slack.people import People
from bot.slack.web import Web
from bot.texts import terminal
from bot.texts.requests import ChannelTrouble

log = logging.getLogger(__name__)


async def check_tokens(settings: BotSettings, web: Web, checks: Checklist) -> connection.Identity:
    """Whom the tokens are for, and whether they may do what these settings need. Raises ``SettingsError``."""
    needed = connection.scopes_needed(settings.policy, settings.phoneid_approval_channel)
    app_token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else None
    return await connection.check_tokens(web, checks, needed=needed, app_token=app_token)


async def check_approvals(settings: BotSettings, people: People, channel: Channel | None) -> list[Check]:
    """Whether requests would wait for nobody, and whether others could decide.

    A channel that cannot be used otherwise is a warning: the cards go to each approver.
    """
    if not settings.policy.needs_approval:
        return []
    of_channel = [await _check_channel(channel)] if channel else []
    return [await _check_approvers(settings.policy.approvers, people), *of_channel]


async def _check_approvers(approvers: Audience, people: People) -> Check:
    name = "PHONEID_APPROVERS"
    # Where hundreds are named, and the first have left, the start takes a while.
    facts = {"people": len(approvers.user_ids), "usergroups": len(approvers.group_ids)}
    log.info("asking Slack who can approve", extra={"facts": facts})
    try:
        if await people.has_active(approvers):
            return ok(name, terminal.APPROVERS_THERE)
    except SlackError as error:
        is_refused = isinstance(error, SlackRefused)
        return stop(name, terminal.approvers_not_told(approvers.ids, str(error), is_refused=is_refused))
    return stop(name, terminal.no_approver_left(approvers.ids))


async def _check_channel(channel: Channel) -> Check:
    name, channel_id = "PHONEID_APPROVAL_CHANNEL", channel.id
    trouble = await channel.trouble()
    if trouble is None and await channel.is_org_shared():
        return warning(name, terminal.channel_org_shared(channel_id), terminal.CHANNEL_OF_OUR_OWN)
    if trouble is None:
        return ok(name, terminal.APPROVAL_CHANNEL_THERE)
    said = terminal.approval_channel_unusable(channel_id, trouble)
    if trouble is ChannelTrouble.SHARED:
        return stop(name, said, terminal.CHANNEL_OF_OUR_OWN)
    return warning(name, f"{said} {terminal.CARDS_TO_EACH}")
