"""Whether Alibaba Cloud accepts the AccessKey and lets it ask, told by one call that cannot succeed.

Only what is known to be about the key, the clock, the permission or the subscription stops a start: any other answer
may be about the call, which nobody made before, and an API that is away comes back.
"""

from contextlib import AsyncExitStack
from functools import partial

from bot.app import Waits, open_credentials, open_quota
from bot.cams.probe import Told, probe
from bot.cams.signing import Acs3Auth
from bot.cams.transport import open_http
from bot.checks import Check, clock_beside, ok, skipped, stop, warning
from bot.errors import SettingsError
from bot.interfaces import Clock
from bot.models import LookupId, Problem
from bot.settings import LookupSettings
from bot.texts import doctor as texts
from bot.texts import terminal
from bot.tickets import Ticket

NAME = texts.ACCOUNT

ANSWERS_WITHIN = 5.0
"""Seconds: a start waits for it."""

TICKET = Ticket(lookup_id=LookupId("doctor"), agent="doctor")
"""Takes a turn like any other; it is no lookup, and none is recorded."""

OF_THE_OPERATION = frozenset({Problem.NOT_YOURS})
"""What is said only once the number was looked at, and so whoever asks may ask."""


async def check_account(settings: LookupSettings, clock: Clock, *, waits: Waits, database_url: str) -> list[Check]:
    """Make the call. ``database_url``: where the turns are shared with the account's other processes."""
    sharing = settings.model_copy(update={"database_url": database_url})
    seconds = min(ANSWERS_WITHIN, waits.api_reading)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(open_http(settings.phoneid_cams_url, read_seconds=seconds))
        try:
            credentials = await stack.enter_async_context(open_credentials(settings, clock))
        except SettingsError as error:  # of a role
            return [stop(NAME, str(error))]
        quota = await stack.enter_async_context(open_quota(sharing, clock, waits=waits))
        auth = Acs3Auth(credentials=credentials, clock=clock)
        turn = partial(quota.turn, TICKET, before=_nothing)
        told = await probe(http, auth=auth, clock=clock, turn=turn, seconds=seconds)
    found = understood(told)
    if told.date is None or found.name == "clock":
        return [found]
    return [found, clock_beside(told.date, now=clock.now(), whose=terminal.ALIBABA_CLOUDS)]


def understood(told: Told) -> Check:
    """What an answer says about the account."""
    if told.code and (known := texts.about_account(told.code)):
        return stop(known.name, known.what, known.remedy)
    if told.problem in OF_THE_OPERATION:
        return ok(NAME, texts.ACCOUNT_GOOD)
    if told.problem is None or told.problem not in texts.WHY_NOT_FURTHER:
        return skipped(NAME, texts.answered(told.code))
    name, why, remedy = texts.WHY_NOT_FURTHER[told.problem]
    return warning(name, texts.not_further(why, told.code or told.cause), remedy)


async def _nothing() -> None:
    """What has to be done before this call leaves."""
