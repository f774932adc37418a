"""Alibaba Cloud, for tests of what is not the call: answers as a test says, as ``bot.interfaces.PhoneIdApi``."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from pydantic import SecretStr

from bot.errors import ApiError
from bot.models import PhoneNumber, Problem, Result
from bot.tickets import Call


class FakeApi:
    """Knows every number, unless a test says otherwise. While it is closed, calls are held."""

    def __init__(self) -> None:
        self.called: list[tuple[PhoneNumber, str]] = []
        """Each call's number and code, as they came."""
        self.problems: dict[PhoneNumber, Problem] = {}
        self.wrong_codes: set[str] = set()
        self.takes = 0.0
        """Seconds from a call to its answer."""
        self.attempts = 1
        """How many turns each call needs."""
        self.mistake: Exception | None = None
        """What every call breaks with."""
        self.held: set[PhoneNumber] | None = None
        """The numbers whose calls are held while it is closed; ``None``: all."""
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def get_phone_number_id(
        self, phone: PhoneNumber, code: SecretStr, *, turn: Callable[[], AbstractAsyncContextManager[Call]]
    ) -> Result:
        for _ in range(self.attempts):
            async with turn():
                self.called.append((phone, code.get_secret_value()))
                if self.held is None or phone in self.held:
                    await self.is_open.wait()
                await asyncio.sleep(self.takes)
        if self.mistake:
            raise self.mistake
        problem = Problem.UNKNOWN_CODE if code.get_secret_value() in self.wrong_codes else self.problems.get(phone)
        if problem:
            raise ApiError(problem, code="Some.Code", request_id="A-2", http_status=400)
        return Result(phone_number_id=id_of(phone), api_code="OK", request_id="A-1", http_status=200)


def id_of(phone: PhoneNumber) -> str:
    """The ID that the fake has for a number."""
    return f"id-{phone.digits}"
