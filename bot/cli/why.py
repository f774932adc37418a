"""``phoneid why``: what the policy means for one person."""

import asyncio
import re

import click

from bot import logs, settings
from bot.cli.arguments import CannotStart, Discreet, read_settings
from bot.cli.streams import check_output, show
from bot.environment.values import SLACK_USER
from bot.models import Actor, Through
from bot.policy import Membership, Standing, Verdict, decide
from bot.texts import permissions, terminal


@click.command(cls=Discreet)
@click.argument("user")
def why(user: str) -> None:
    """Show what USER, a Slack user ID, is allowed to do, and which setting says so."""
    if not re.fullmatch(SLACK_USER, user):
        raise click.UsageError(terminal.USER_UNREADABLE)
    check_output()
    bot_settings = read_settings(settings.BotSettings)
    logs.configure(level="WARNING", log_format=bot_settings.phoneid_log_format)
    person = Actor(team_id="", user_id=user, through=Through.SLACK)
    standing = asyncio.run(_standing(bot_settings, person))
    if standing.membership is Membership.UNKNOWN:
        raise CannotStart(terminal.user_not_told(user) if standing.doubt else terminal.user_unknown(user))
    policy = bot_settings.policy
    decision = decide(person, standing, policy)
    is_approver = policy.approvers.holds(person, standing)
    show("\n".join(permissions.what_the_policy_means(decision, is_approver=is_approver)))
    if decision.verdict is Verdict.MAY_WITH_APPROVAL:
        show(permissions.decided_by(policy.approvers.ids))


async def _standing(bot_settings: settings.BotSettings, person: Actor) -> Standing:
    from bot.app import open_people

    async with open_people(bot_settings) as people:
        return await people.standing(person)
