"""What the bot needs of Slack with its settings: tokens of one app, scopes, people, usergroups, a channel."""

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.checks import Check, Checklist, ok, skipped, stop, warning
from bot.errors import SlackError, SlackRefused
from bot.policy import Audience
from bot.repeating import few_at_once
from bot.settings import BotSettings
from bot.slack import connection
from bot.slack.channel import Channel
from bot.slack.people import People
from bot.slack.web import Web, part
from bot.texts import doctor as texts
from bot.texts import terminal
from bot.texts.requests import ChannelTrouble

log = logging.getLogger(__name__)


MOST_PEOPLE = 100
"""People whom the doctor asks about one by one: as many as Slack answers in a minute."""

_APP_OF_TOKEN = re.compile(r"xapp-\d+-(A[A-Z0-9]+)-.*")
"""Slack's form of an app-level token, which names the app."""


async def check_tokens(settings: BotSettings, web: Web, checks: Checklist) -> connection.Identity:
    """Whom the tokens are for, and whether they may do what these settings need. Raises ``SettingsError``."""
    identity, found = await examine_tokens(settings, web)
    checks.heed(found)
    assert identity, "a bot that is nobody does not start"
    return identity


async def examine_tokens(settings: BotSettings, web: Web) -> tuple[connection.Identity | None, list[Check]]:
    """The same for whoever goes on whatever was found."""
    needed = connection.scopes_needed(settings.policy, settings.phoneid_approval_channel)
    app_token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else None
    return await connection.examine_tokens(web, needed=needed, app_token=app_token)


async def check_app(settings: BotSettings, web: Web, identity: connection.Identity) -> list[Check]:
    """How payloads come, and whether they are those of the app that answers."""
    if settings.slack_app_token is None:
        return [skipped("transport", texts.signed_http(settings.port, connection.PATH))]
    name = "SLACK_APP_TOKEN"
    listening = _APP_OF_TOKEN.fullmatch(settings.slack_app_token.get_secret_value())
    # A token of a whole organisation has to name a workspace; any other one ignores that.
    where = identity.installed.workspaces[0]
    try:
        bot = part(await web.bots_info(bot=identity.bot_id, team_id=where), "bot", dict)
    except SlackError:
        bot = {}
    answering = bot.get("app_id")
    way = ok("transport", texts.SOCKET_MODE)
    if listening is None or not isinstance(answering, str):
        return [way, skipped(name, texts.APP_NOT_TOLD)]
    if listening[1] != answering:
        return [way, stop(name, texts.other_app(listening[1], answering), texts.TOKENS_OF_ONE_APP)]
    return [way, ok(name, texts.SAME_APP)]


async def check_usergroups(settings: BotSettings, web: Web, identity: connection.Identity) -> list[Check]:
    """Whether each usergroup that the settings name is there and holds somebody."""
    group_ids = settings.policy.group_ids
    if not group_ids:
        return []
    # A token of a whole organisation has to say of which workspace; any other one is of one.
    workspaces = identity.workspaces if identity.installed.is_on_organisation else (None,)
    groups: dict[Any, Mapping[str, Any]] = {}
    try:
        for team_id in workspaces:
            answer = await web.usergroups_list(
                include_disabled=True, include_count=True, include_users=True, team_id=team_id
            )
            listed = part(answer, "usergroups", list)
            groups |= {each.get("id"): each for each in listed if isinstance(each, dict)}
    except SlackError as error:
        return [skipped("usergroups", texts.usergroups_not_told(str(error)))]
    troubles = [
        trouble
        for name, audience in _audiences(settings).items()
        for group_id in sorted(audience.group_ids)
        for trouble in _trouble_of_group(name, group_id, groups.get(group_id))
    ]
    return troubles or [ok("usergroups", texts.usergroups_good(len(group_ids)))]


def _audiences(settings: BotSettings) -> Mapping[str, Audience]:
    policy = settings.policy
    # Whom approvals would concern, if there were any, is told with the settings.
    others = {"PHONEID_TRUSTED": policy.trusted} if policy.needs_approval else {}
    return {"PHONEID_AGENTS": policy.agents, "PHONEID_APPROVERS": policy.approvers, **others}


def _trouble_of_group(name: str, group_id: str, group: Mapping[str, Any] | None) -> Iterator[Check]:
    if group is None:
        yield warning(name, texts.usergroup_unknown(name, group_id), texts.CHECK_GROUP_ID)
    elif group.get("date_delete"):
        yield warning(name, texts.usergroup_disabled(name, group_id), texts.ENABLE_GROUP)
    elif not group.get("users") and not group.get("user_count"):
        yield warning(name, texts.usergroup_empty(name, group_id), texts.FILL_GROUP)


async def check_people(settings: BotSettings, people: People) -> list[Check]:
    """Whether each person that the settings name is an active full member. Not at a start: it may take a minute."""
    named = {name: sorted(audience.user_ids) for name, audience in _audiences(settings).items()}
    everybody = sorted({each for ids in named.values() for each in ids})
    user_ids = everybody[:MOST_PEOPLE]
    if not user_ids:
        return []

    async def ask(user_id: str) -> tuple[str, bool]:
        return user_id, await people.is_full_member(user_id)

    try:
        are_active = dict(await few_at_once(ask, user_ids))
    except SlackError as error:
        return [skipped("people", texts.people_not_told(str(error)))]
    missing = {name: [each for each in ids if are_active.get(each) is False] for name, ids in named.items()}
    troubles = [
        warning(name, texts.not_active(name, ", ".join(ids)), texts.CORRECT_IDS) for name, ids in missing.items() if ids
    ]
    if len(everybody) > len(user_ids):
        return [*troubles, skipped("people", texts.people_not_all(len(user_ids), len(everybody)))]
    return troubles or [ok("people", texts.people_good(len(user_ids)))]


async def check_approvers(settings: BotSettings, people: People, identity: connection.Identity) -> list[Check]:
    """Whether requests would wait for nobody: at all, or in one of an organisation's workspaces."""
    if not settings.policy.needs_approval:
        return []
    name, approvers = "PHONEID_APPROVERS", settings.policy.approvers
    # Where hundreds are named, and the first have left, the start takes a while.
    facts = {"people": len(approvers.user_ids), "usergroups": len(approvers.group_ids)}
    log.info("asking Slack who can approve", extra={"facts": facts})
    places = identity.workspaces if identity.installed.is_on_organisation else {"": ""}
    have_some: dict[str, bool] = {}
    doubts: list[SlackError] = []
    for place, called in places.items():
        try:
            have_some[called] = await people.has_active(approvers, place)
        except SlackError as error:
            doubts.append(error)
    if not any(have_some.values()):
        return [_without_approvers(name, approvers, doubts)]
    without = [called for called, has_some in have_some.items() if not has_some]
    found = [warning(name, terminal.no_approver_in(approvers.ids, each), terminal.APPROVER_THERE) for each in without]
    found += [skipped(name, terminal.approvers_not_told_everywhere(str(doubts[0])))] if doubts else []
    return found or [ok(name, terminal.APPROVERS_THERE)]


def _without_approvers(name: str, approvers: Audience, doubts: list[SlackError]) -> Check:
    for error in doubts:
        is_refused = isinstance(error, SlackRefused)
        return stop(name, terminal.approvers_not_told(approvers.ids, str(error), is_refused=is_refused))
    return stop(name, terminal.no_approver_left(approvers.ids))


async def check_channel(settings: BotSettings, channel: Channel | None) -> list[Check]:
    """Whether others could decide. One that cannot be used otherwise is a warning: the cards go to each approver."""
    return [await _check_channel(channel)] if channel and settings.policy.needs_approval else []


async def _check_channel(channel: Channel) -> Check:
    name, channel_id = "PHONEID_APPROVAL_CHANNEL", channel.id
    trouble = await channel.trouble()
    if trouble is None and await channel.is_org_shared():
        return warning(name, terminal.channel_org_shared(channel_id), terminal.CHANNEL_OF_OUR_OWN)
    if trouble is None:
        return ok(name, terminal.APPROVAL_CHANNEL_THERE)
    said = terminal.approval_channel_unusable(channel_id, trouble)
    if trouble is ChannelTrouble.SCOPE_MISSING:
        return warning(name, said, f"{terminal.SCOPES_REMEDY} {terminal.CARDS_TO_EACH}")
    if trouble is ChannelTrouble.SHARED:
        return stop(name, said, terminal.CHANNEL_OF_OUR_OWN)
    return warning(name, f"{said} {terminal.CARDS_TO_EACH}")
