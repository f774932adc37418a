"""Codes that wait for an approval: in memory only, as secret values, never longer than the approval itself."""

from collections.abc import Collection

from pydantic import SecretStr

from bot.interfaces import Clock
from bot.models import LookupId


class Vault:
    """One process's codes. They are gone with the process, and then their agents are asked for them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: dict[LookupId, tuple[float, SecretStr]] = {}

    def __len__(self) -> int:
        return len(self._codes)

    @property
    def lookup_ids(self) -> list[LookupId]:
        """Whose codes are kept."""
        return [*self._codes]

    def keep(self, lookup_id: LookupId, code: SecretStr, *, until: float) -> None:
        """Keep a code until then (Unix seconds) at the longest."""
        self.forget_expired()
        self._codes[lookup_id] = (until, code)

    def take(self, lookup_id: LookupId) -> SecretStr | None:
        """The code, once; it is not kept any more."""
        self.forget_expired()
        _, code = self._codes.pop(lookup_id, (0.0, None))
        return code

    def take_all(self, lookup_ids: Collection[LookupId]) -> dict[LookupId, SecretStr] | None:
        """The codes of all of these, once; ``None`` where one is not there, and the others are kept on."""
        self.forget_expired()
        if not self._codes.keys() >= set(lookup_ids):
            return None
        return {each: self._codes.pop(each)[1] for each in lookup_ids}

    def forget_expired(self) -> None:
        now = self._clock.now()
        self._codes = {each: kept for each, kept in self._codes.items() if kept[0] > now}
