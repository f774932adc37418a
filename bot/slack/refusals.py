"""What Slack itself said when a call failed, if it said anything."""

from slack_sdk.errors import SlackApiError


def reason_of(error: SlackApiError) -> str | None:
    """Slack's own word for its refusal. ``None`` when no answer of Slack's came: a proxy's page, a broken body.

    The SDK raises the same error for both. What it carries is then a response whose data is text, a response
    without data, or a plain dict; indexing any of them would raise in the middle of handling the error.
    """
    data = error.response if isinstance(error.response, dict) else getattr(error.response, "data", None)
    reason = data.get("error") if isinstance(data, dict) else None
    return reason if isinstance(reason, str) else None


_PASSING = frozenset({"ratelimited", "rate_limited", "request_timeout", "service_unavailable"})


def is_passing(reason: str) -> bool:
    """Whether Slack's word speaks of Slack's own state now, and not of what was sent: the same may work soon."""
    return reason in _PASSING or reason.endswith("_error")  # internal_error, fatal_error
