"""One call to find out how the account stands with Alibaba Cloud. It is made once, whatever comes of it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from bot.cams.protocol import decipher, request_body
from bot.cams.signing import Acs3Auth
from bot.cams.transport import Stopwatch, exchange
from bot.errors import ApiError
from bot.interfaces import Clock
from bot.models import PhoneNumber, Problem
from bot.tickets import Call

NOBODYS = PhoneNumber("14155550100")
"""The North American plan keeps 555-0100 to 555-0199 for fiction: no account can have it. It is written as a number
is, so that it is looked at as far as any other, behind the key, the signature, the clock, the permission and the limit,
which the gateway looks at before the operation."""

NO_CODE = SecretStr("XXXXXX")
"""Every code that Alibaba Cloud shows is digits. Half of this one stands in no error's name, for what seems to repeat a
code is not believed (``bot.cams.echoes``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the call was told."""

    problem: Problem | None
    """``None``: there was an ID, which is not kept."""
    code: str | None = None
    """The API's ``Code``."""
    cause: str = ""
    """Why there is no answer."""
    date: str | None = None
    """When the answer was given, as its header says."""


async def probe(
    http: httpx.AsyncClient,
    *,
    auth: Acs3Auth,
    clock: Clock,
    turn: Callable[[], AbstractAsyncContextManager[Call]],
    seconds: float,
) -> Told:
    """Ask for the ID of a number that nobody has. It passes through ``turn``, so that the quota sees the answer.

    ``seconds`` is how long the answer is waited for.
    """
    date = None
    try:
        async with turn() as call:
            body, stopwatch = request_body(NOBODYS, NO_CODE), Stopwatch(clock, call)
            reply = await exchange(http, body, auth=auth, seconds=seconds, stopwatch=stopwatch)
            date = reply.headers.get("date")
            result = decipher(status=reply.status, headers=reply.headers, body=reply.body, code=NO_CODE)
    except ApiError as error:
        return Told(problem=error.problem, code=error.code, cause=error.cause, date=date)
    return Told(problem=None, code=result.api_code, date=date)
