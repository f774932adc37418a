"""What is looked at before the bot works, by group: the start goes by it, and ``phoneid doctor`` shows all of it.

To have something else looked at, write a function that takes a ``Case`` and returns ``Check`` values (``bot.checks``:
what was looked at, the verdict, what was found, what to do; its sentences go into ``bot.texts.doctor``), and add a
``Part`` with it to ``PARTS``, in the group where a reader looks for it. With ``is_quick`` the start goes by it, too:
then it must be over in moments, ask nobody about each of many things, and say *stop* only where the bot cannot work.
``case.slack`` and ``case.record`` may be used as they are: where they are missing, the part is passed over in words.
Each part runs beside the others, for ``seconds`` at most, and none needs to know of another.
``tests/scenarios/test_doctor.py`` wants a planted mistake that it finds.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from bot.app import PATIENT, Waits
from bot.checks import Check, Checklist, CheckVerdict, skipped, warning
from bot.clock import SystemClock
from bot.doctor import alibaba, configuration, database, machine, validation, workspace
from bot.errors import PhoneIdError, SettingsError, StoreError
from bot.interfaces import Clock
from bot.settings import BotSettings
from bot.slack import connection
from bot.slack.channel import Channel
from bot.slack.links import check_kept
from bot.slack.people import People
from bot.slack.rivals import check_clicks
from bot.slack.web import Web
from bot.store.glance import glance
from bot.store.processes import links_of_others
from bot.store.record import Record
from bot.store.schema import SCHEMA
from bot.texts import doctor as texts

log = logging.getLogger(__name__)

Tell = Callable[[Sequence[str]], None]
"""Is called with the groups that are still being looked at, whenever these have changed."""

LONGEST = 15.0
"""Seconds that a part may take, if it does not say otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Slack, once it has said who the bot is."""

    web: Web
    identity: connection.Identity
    people: People
    channel: Channel | None
    """Of approvals."""


class NotThere(Exception):
    """What a part needs could not be had; the text says why, and another check says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is examined."""

    settings: BotSettings
    clock: Clock
    waits: Waits
    workspace: Workspace | None
    database: Record | None
    begins: bool = False
    """Whether there is no record yet, and a start begins one."""

    @property
    def slack(self) -> Workspace:
        """Raises ``NotThere``."""
        if self.workspace is None:
            raise NotThere(texts.WITHOUT_SLACK)
        return self.workspace

    @property
    def record(self) -> Record:
        """Raises ``NotThere``."""
        if self.database is None:
            raise NotThere(texts.WITHOUT_DATABASE)
        return self.database


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something that is looked at."""

    group: str
    look: Callable[[Case], Awaitable[list[Check]]]
    is_quick: bool = True
    """Whether a start looks too."""
    seconds: float = LONGEST


async def _settings(case: Case) -> list[Check]:
    return configuration.check_settings(case.settings)


async def _app(case: Case) -> list[Check]:
    return await workspace.check_app(case.settings, case.slack.web, case.slack.identity)


async def _usergroups(case: Case) -> list[Check]:
    return await workspace.check_usergroups(case.settings, case.slack.web, case.slack.identity)


async def _people(case: Case) -> list[Check]:
    return await workspace.check_people(case.settings, case.slack.people)


async def _approvals(case: Case) -> list[Check]:
    found = await workspace.check_approvers(case.settings, case.slack.people, case.slack.identity)
    return [*found, *await workspace.check_channel(case.settings, case.slack.channel)]


async def _account(case: Case) -> list[Check]:
    url = database.IN_MEMORY  # where nothing was ever recorded, nobody shares the turns
    if not case.begins:
        url = case.settings.database_url
        if (await case.record.read(glance, most=0)).schema < SCHEMA:
            raise NotThere(texts.WITHOUT_SCHEMA)  # to share turns there would migrate it
    return await alibaba.check_account(case.settings, case.clock, waits=case.waits, database_url=url)


async def _database(case: Case) -> list[Check]:
    if case.begins:
        return []
    return await database.check_database(case.settings, case.record)


async def _processes(case: Case) -> list[Check]:
    if case.begins or (await case.record.read(glance, most=0)).schema < SCHEMA:
        return []
    of_clicks = await check_clicks(case.record, now=case.clock.now())
    return [of_clicks, check_kept(await case.record.read(links_of_others))]


async def _machine(case: Case) -> list[Check]:
    return [*machine.check_version(), *database.check_disk(case.settings), *machine.check_metadata(case.clock)]


async def _views(case: Case) -> list[Check]:
    return await validation.validate(case.slack.web)


PARTS: Sequence[Part] = (
    Part(group=texts.SETTINGS, look=_settings),
    Part(group=texts.SLACK, look=_app),
    Part(group=texts.SLACK, look=_usergroups),
    # A start looks at these by itself, once it is one of the processes.
    Part(group=texts.SLACK, look=_processes, is_quick=False),
    Part(group=texts.SLACK, look=_people, is_quick=False, seconds=60.0),
    # Where hundreds are named and the first have left, each is asked about, as the start always has.
    Part(group=texts.APPROVALS, look=_approvals, seconds=600.0),
    Part(group=texts.ACCOUNT, look=_account),
    Part(group=texts.DATABASE, look=_database),
    Part(group=texts.MACHINE, look=_machine),
)
"""In the order in which they are told."""

VIEWS = Part(group=texts.VIEWS, look=_views, is_quick=False, seconds=3600.0)
"""Only for who asks for it: Slack wants pauses between so many questions."""

GROUPS = (
    texts.SETTINGS,
    texts.NETWORK,
    texts.SLACK,
    texts.APPROVALS,
    texts.ACCOUNT,
    texts.DATABASE,
    texts.MACHINE,
    texts.VIEWS,
)


async def heed_quick(case: Case, checks: Checklist) -> None:
    """For a start: look at all that is quick, then go on or end with every mistake. Raises ``SettingsError``."""
    by_group = await _look(case, [each for each in PARTS if each.is_quick])
    checks.heed(each for found in by_group.values() for each in found)


async def examine(
    settings: BotSettings | None,
    found: Iterable[Check],
    *,
    clock: Clock | None = None,
    waits: Waits = PATIENT,
    parts: Sequence[Part] = PARTS,
    tell: Tell = lambda _groups: None,
) -> Mapping[str, list[Check]]:
    """Look at these parts, whatever comes of it: the checks by group. ``found`` is what was found in the settings."""
    clock = clock or SystemClock()
    by_group: dict[str, list[Check]] = {group: [] for group in GROUPS}
    by_group[texts.SETTINGS] += [
        # A start says them in one line, and what a setting takes is what there is to do.
        replace(each, remedy=texts.CORRECT_SETTING) if each.verdict is CheckVerdict.STOP and not each.remedy else each
        for each in found
    ]
    if settings is None:
        by_group[texts.SLACK].append(skipped(texts.SLACK, texts.not_looked_at(texts.WITHOUT_SETTINGS)))
        by_group[texts.MACHINE] += [*machine.check_version(), *machine.check_metadata(clock)]
        return by_group
    tell((texts.NETWORK, texts.SLACK, texts.DATABASE))
    async with AsyncExitStack() as stack:
        of_network, of_database = (Checklist(_say_nothing) for _ in range(2))
        web = await _open_web(settings, clock, waits, of_network, stack)
        opening = database.open_to_check(settings, clock, waits=waits, checks=of_database)
        (there, of_tokens), record = await asyncio.gather(
            _open_workspace(settings, web, stack), stack.enter_async_context(opening)
        )
        by_group[texts.NETWORK] += of_network.made
        by_group[texts.SLACK] += of_tokens
        begins = record is None and all(each.verdict is not CheckVerdict.STOP for each in of_database.made)
        # That it can be opened is told with what it holds.
        by_group[texts.DATABASE] += [each for each in of_database.made if begins or each.verdict is not CheckVerdict.OK]
        case = Case(settings=settings, clock=clock, waits=waits, workspace=there, database=record, begins=begins)
        looked = await _look(case, parts, tell)
        if any(each.name == "scopes" and each.verdict is CheckVerdict.STOP for each in of_tokens):
            looked = _without_scopes(looked)
        for group, checks in looked.items():
            by_group[group] += checks
    # What several find that depend on one thing is told once.
    return {group: [*dict.fromkeys(checks)] for group, checks in by_group.items()}


_MISSING_SCOPE = "missing_scope"
"""Slack's word, which every sentence holds that tells its answer."""


def _without_scopes(looked: Mapping[str, list[Check]]) -> Mapping[str, list[Check]]:
    """What Slack does not tell for want of a scope is no second mistake."""
    return {
        group: [
            skipped(group, texts.not_looked_at(texts.WITHOUT_SCOPES)) if _MISSING_SCOPE in each.what else each
            for each in checks
        ]
        for group, checks in looked.items()
    }


def _say_nothing(_warning: Check) -> None:
    """It is shown with the others."""


async def _open_web(
    settings: BotSettings, clock: Clock, waits: Waits, checks: Checklist, stack: AsyncExitStack
) -> Web | None:
    token = settings.slack_bot_token.get_secret_value()
    opening = connection.open_web(
        token=token, base_url=settings.slack_api_url, clock=clock, seconds=waits.slack, checks=checks
    )
    try:
        return await stack.enter_async_context(opening)
    except SettingsError:  # it is among the checks
        return None


async def _open_workspace(
    settings: BotSettings, web: Web | None, stack: AsyncExitStack
) -> tuple[Workspace | None, list[Check]]:
    if web is None:
        return None, []
    identity, found = await workspace.examine_tokens(settings, web)
    if identity is None:
        return None, found
    return open_workspace(settings, web, identity, stack), found


def open_workspace(settings: BotSettings, web: Web, identity: connection.Identity, stack: AsyncExitStack) -> Workspace:
    """What the bot knows of people and of the approval channel; ``stack`` ends it."""
    people = People(web, installed=identity.installed, clock=web.clock, group_ids=settings.policy.group_ids)
    stack.push_async_callback(people.aclose)
    channel = None
    if settings.phoneid_approval_channel:
        channel = Channel(settings.phoneid_approval_channel, web, installed=identity.installed, clock=web.clock)
        stack.push_async_callback(channel.aclose)
    return Workspace(web=web, identity=identity, people=people, channel=channel)


async def _look(case: Case, parts: Sequence[Part], tell: Tell = lambda _groups: None) -> Mapping[str, list[Check]]:
    """What these parts found, by group."""
    left = [part.group for part in parts]

    async def look(part: Part) -> list[Check]:
        checks = await _look_at(case, part)
        left.remove(part.group)
        tell([*dict.fromkeys(left)])
        return checks

    tell([*dict.fromkeys(left)])
    found = await asyncio.gather(*map(look, parts))
    by_group: defaultdict[str, list[Check]] = defaultdict(list)
    for part, checks in zip(parts, found, strict=True):
        by_group[part.group] += checks
    return by_group


async def _look_at(case: Case, part: Part) -> list[Check]:
    """No part ends the others, however it ends."""
    try:
        async with asyncio.timeout(part.seconds):
            return await part.look(case)
    except NotThere as missing:
        return [skipped(part.group, texts.not_looked_at(str(missing)))]
    except SettingsError:  # proxy or certificates, which the network's group tells
        return [skipped(part.group, texts.not_looked_at(texts.WITHOUT_SETTINGS))]
    except PhoneIdError as error:  # what it stands on failed meanwhile, and the check of that says why
        why = texts.WITHOUT_DATABASE if isinstance(error, StoreError) else str(error)
        return [skipped(part.group, texts.not_looked_at(why))]
    except TimeoutError:
        return [warning(part.group, texts.took_too_long(part.seconds), texts.CHECK_AGAIN)]
    except Exception as error:
        log.exception("check failed", extra={"facts": {"group": part.group}})
        return [warning(part.group, texts.broke(type(error).__name__), texts.REPORT_IT)]
