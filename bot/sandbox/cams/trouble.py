"""Troubles that can be switched on for the whole local API, whatever it is asked."""

from enum import StrEnum

from bot.sandbox.cams.answers import THROTTLED_BY_PRODUCT, Close, Hang, Reply, Slow

SLOW_SECONDS = 3.0


class ApiTrouble(StrEnum):
    NONE = "none"
    SLOW = "slow"
    DOWN = "down"
    THROTTLED = "throttled"
    HANG = "hang"

    @property
    def label(self) -> str:
        """For the page's switch."""
        return _LABELS[self]


_LABELS = {
    ApiTrouble.NONE: "Works",
    ApiTrouble.SLOW: "Slow: answers after 3 seconds",
    ApiTrouble.DOWN: "Down: closes each connection without an answer",
    ApiTrouble.THROTTLED: "Throttled: over its limit at each call",
    ApiTrouble.HANG: "Hangs: takes each request and never answers",
}

_OVERRULING: dict[ApiTrouble, Reply] = {
    ApiTrouble.DOWN: Close(),
    ApiTrouble.THROTTLED: THROTTLED_BY_PRODUCT,
    ApiTrouble.HANG: Hang(),
}


def overruling_reply(trouble: ApiTrouble) -> Reply | None:
    """What every request gets in this trouble; ``None`` where the request still decides."""
    return _OVERRULING.get(trouble)


def slowed(reply: Reply, trouble: ApiTrouble) -> Reply:
    return Slow(seconds=SLOW_SECONDS, then=reply) if trouble is ApiTrouble.SLOW else reply
