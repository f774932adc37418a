"""Codes that wait for an approval: in memory only, as secret values, never longer than the approval itself."""

from collections.abc import Mapping

from pydantic import SecretStr

from bot.interfaces import Clock
from bot.models import RequestId

Codes = Mapping[int, SecretStr]
"""The codes of a request's numbers, by position."""


class PendingCodes:
    """One process's codes. They are gone with the process, and then their agents are asked for them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: dict[RequestId, tuple[float, Codes]] = {}

    @property
    def request_ids(self) -> list[RequestId]:
        """Whose codes are kept."""
        return [*self._codes]

    def keep(self, request_id: RequestId, codes: Codes, *, until: float) -> None:
        """Keep a request's codes until then (Unix seconds) at the longest."""
        self.forget_expired()
        self._codes[request_id] = (until, codes)

    def find(self, request_id: RequestId) -> Codes | None:
        """A request's codes; ``None`` where there are none."""
        self.forget_expired()
        _, codes = self._codes.get(request_id, (0.0, None))
        return codes

    def forget(self, request_id: RequestId) -> None:
        """Keep a request's codes no longer: they are used, or never will be."""
        self._codes.pop(request_id, None)

    def forget_expired(self) -> None:
        now = self._clock.now()
        self._codes = {each: kept for each, kept in self._codes.items() if kept[0] > now}
