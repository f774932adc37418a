"""``phoneid why``: what the policy means for one person."""

import asyncio
import re

import click

from bot import guesses, logs, settings
from bot.audit import LogQuery
from bot.cli.arguments import CannotStart, Discreet, read_settings
from bot.cli.streams import check_output, show
from bot.clock import SystemClock
from bot.environment.values import SLACK_USER
from bot.errors import SettingsError, StoreError
from bot.models import Actor, Through
from bot.policy import Decision, Membership, Standing, Verdict, decide
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
    decision = asyncio.run(_guarded(bot_settings, decide(person, standing, policy), user))
    is_approver = policy.approvers.holds(person, standing)
    show("\n".join(permissions.what_the_policy_means(decision, is_approver=is_approver)))
    if decision.wait_until:
        show(permissions.waits(decision.wait_until - SystemClock().now()))
    if decision.verdict is Verdict.MAY_WITH_APPROVAL:
        show(permissions.decided_by(policy.approvers.ids))


async def _guarded(bot_settings: settings.BotSettings, decision: Decision, user: str) -> Decision:
    """What the guess guard leaves of it, where there is a record that says so. Nothing is recorded."""
    path = bot_settings.database_path
    if decision.verdict is not Verdict.MAY or (path and not path.exists()):
        return decision
    from bot.app import open_record_to_look
    from bot.store import guesses as counts
    from bot.store import search

    try:
        async with open_record_to_look(bot_settings) as record:
            newest = await record.read(search.search, LogQuery(limit=1, user_id=user))
            if not newest:
                return decision
            counted = await record.read(counts.counts, newest[0].request.agent, ())
    except (SettingsError, StoreError) as error:
        click.echo(permissions.waits_unknown(str(error)), err=True)
        return decision
    return guesses.guard(decision, counted.against(None), now=counted.at)


async def _standing(bot_settings: settings.BotSettings, person: Actor) -> Standing:
    from bot.app import open_people

    async with open_people(bot_settings) as people:
        return await people.standing(person)
