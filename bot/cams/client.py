"""The API as the use cases know it: a number and its code in, an ID or an ``ApiError`` out."""

import logging
import math
import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import httpx
from pydantic import SecretBytes, SecretStr

from bot.cams.protocol import decipher, request_body
from bot.cams.retry import Stop, decide
from bot.cams.signing import Acs3Auth, Credentials, new_nonce
from bot.cams.transport import EXCHANGE_SECONDS, Stopwatch, exchange
from bot.errors import ApiError
from bot.interfaces import Clock
from bot.models import PhoneNumber, Result
from bot.tickets import Call

log = logging.getLogger("bot.cams")


class CamsClient:
    """``GetPreValidatePhoneId`` over HTTP, as ``bot.interfaces.PhoneIdApi``.

    ``http`` is from ``bot.cams.transport.open_http`` and stays its opener's to close. ``credentials`` is asked at each
    attempt and must answer at once. ``chance`` gives numbers in 0..1.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        credentials: Callable[[], Credentials],
        clock: Clock,
        chance: Callable[[], float] = random.random,
        nonce: Callable[[], str] = new_nonce,
        exchange_seconds: float = EXCHANGE_SECONDS,
    ) -> None:
        self._http = http
        self._auth = Acs3Auth(credentials=credentials, clock=clock, nonce=nonce)
        self._clock = clock
        self._chance = chance
        self._exchange_seconds = exchange_seconds

    async def get_phone_number_id(
        self, phone: PhoneNumber, code: SecretStr, *, turn: Callable[[], AbstractAsyncContextManager[Call]]
    ) -> Result:
        """The ID of a pre-validated number, asked for again as ``bot.cams.retry`` allows.

        Raises ``ApiError``, the last attempt's. It passes through ``turn``, so the quota sees each throttled call.
        """
        body = request_body(phone, code)
        first_at = math.inf
        attempt = 0
        while True:
            attempt += 1
            try:
                async with turn() as call:
                    first_at = min(first_at, self._clock.monotonic())
                    return await self._ask(body, code, call, attempt=attempt)
            except ApiError as error:
                elapsed = self._clock.monotonic() - first_at
                decision = decide(error, attempt=attempt, elapsed=elapsed, chance=self._chance())
                if isinstance(decision, Stop):
                    log.info("no more retries", extra={"facts": {"attempt": attempt, "reason": decision.value}})
                    raise
            # Outside the turn: whoever waits holds no slot.
            await self._clock.sleep(decision)

    async def _ask(self, body: SecretBytes, code: SecretStr, call: Call, *, attempt: int) -> Result:
        """One attempt: one signed request on the wire."""
        started = self._clock.monotonic()
        try:
            reply = await exchange(
                self._http,
                body,
                auth=self._auth,
                seconds=self._exchange_seconds,
                is_again=attempt > 1,
                stopwatch=Stopwatch(self._clock, call),
            )
            result = decipher(status=reply.status, headers=reply.headers, body=reply.body, code=code)
        except ApiError as error:
            self._log(error.result, attempt=attempt, started=started, cause=error.cause)
            raise
        self._log(result, attempt=attempt, started=started)
        return result

    def _log(self, result: Result, *, attempt: int, started: float, cause: str = "") -> None:
        # Neither the ID nor Alibaba's Message, which is free text and may name accounts and numbers.
        facts = {
            "attempt": attempt,
            "problem": result.problem,
            "api_code": result.api_code,
            "request_id": result.request_id,
            "http_status": result.http_status,
            "milliseconds": round((self._clock.monotonic() - started) * 1000),
            "cause": cause or None,
        }
        level, event = (logging.WARNING, "call returned no ID") if result.problem else (logging.INFO, "call answered")
        log.log(level, event, extra={"facts": {name: value for name, value in facts.items() if value is not None}})
