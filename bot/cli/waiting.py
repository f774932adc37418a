"""While a single lookup waits: whoever sits at the terminal sees their place and an estimate, or that it is slow."""

import asyncio
from collections.abc import Callable
from itertools import chain, repeat

from pydantic import SecretStr

from bot.interfaces import Clock
from bot.lookups import Lookups
from bot.models import Lookup, Request
from bot.repeating import while_running
from bot.texts import asking

FIRST_AFTER, THEN_EVERY = 1.0, 3.0
"""Seconds between moments at which something may be said: most lookups are over before the first."""


async def run_telling(
    lookups: Lookups, request: Request, code: SecretStr, *, clock: Clock, tell: Callable[[str], None]
) -> Lookup:
    """Run a request for one number, and tell how long its turn is still away, whenever that has changed.

    The lookup as it ended.
    """
    lookup = request.lookup
    answering = asyncio.create_task(lookups.run(request, lookup, code))
    told = ""
    try:
        async for _ in while_running(answering, chain([FIRST_AFTER], repeat(THEN_EVERY)), clock):
            outlook = lookups.outlook(lookup.id)
            slow = asking.slow(lookup.phone) if lookups.is_slow(lookup.id) else told
            said = asking.waiting(lookup.phone, outlook.place, outlook.seconds) if outlook else slow
            if said != told:
                tell(said)
                told = said
        return await answering
    finally:
        answering.cancel()
