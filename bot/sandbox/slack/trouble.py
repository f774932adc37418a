"""What can be wrong with Slack, as a switch."""

from dataclasses import dataclass
from enum import StrEnum


class SlackTrouble(StrEnum):
    """How Slack answers the bot's requests."""

    NONE = "none"
    RATE_LIMITED = "rate_limited"
    UNREACHABLE = "unreachable"
    HANG = "hang"
    PAGE = "page"
    PLAIN = "plain"

    @property
    def label(self) -> str:
        """For a person who picks one."""
        return {
            SlackTrouble.NONE: "Works",
            SlackTrouble.RATE_LIMITED: "Rate limit: answers HTTP 429",
            SlackTrouble.UNREACHABLE: "Unreachable: closes every connection",
            SlackTrouble.HANG: "Hangs: accepts requests and never answers",
            SlackTrouble.PAGE: "Proxy error: HTTP 502 with a page",
            SlackTrouble.PLAIN: "Proxy error: HTTP 503 with a line of text",
        }[self]


@dataclass(frozen=True, slots=True)
class Forced:
    """What one method answers, on demand: an error word, and for how many seconds it wants to be left alone."""

    error: str = ""
    retry_after: int | None = None
    """Seconds from the first such answer on; then the method works again."""
    hangs: bool = False
    """Whether it takes each request and never answers."""
