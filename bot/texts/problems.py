"""What an agent reads when there is no ID.

Plain text: whoever shows a sentence escapes it for where it is shown. Never put a verification code into one.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from bot.durations import write_duration
from bot.models import Lookup, Problem, Side, State
from bot.texts.outcomes import PROBLEMS, Explanation

TURN: Mapping[Side, str] = {
    Side.AGENT: "Your turn",
    Side.ADMIN: "Your administrator's turn",
    Side.ALIBABA: "Alibaba Cloud's turn",
    Side.US: "The bot's turn",
}


def no_id_heading(lookup: Lookup) -> str:
    if lookup.state is State.REJECTED:
        return "Not asked"
    return f"No ID for {lookup.phone.international}"


def no_id(lookup: Lookup) -> str:
    """The whole of it as one text, for screen readers and notifications."""
    explanation = explain(lookup)
    return (
        f"{no_id_heading(lookup)}. {explanation.what} {TURN[explanation.turn]}: {explanation.next} "
        f"{reference_line(lookup)}."
    )


def explain(lookup: Lookup) -> Explanation:
    if lookup.result.wait_until is not None:
        return too_many_guesses(lookup.result.wait_until - lookup.updated_at)
    return PROBLEMS[lookup.result.problem or Problem.INTERNAL]


def too_many_guesses(seconds: float) -> Explanation:
    """For whoever has to wait so long before the next code."""
    what_next = f"Find out the right code, wait {whole_minutes(seconds)}, then try again."
    return replace(PROBLEMS[Problem.TOO_MANY_GUESSES], next=what_next)


def whole_minutes(seconds: float) -> str:
    # Rounded up: whoever comes back in time must not be sent away once more.
    return write_duration(math.ceil(seconds / 60) * 60)


def reference_line(lookup: Lookup) -> str:
    """What to quote when asking for help: our reference, and the API's own where it gave any."""
    result = lookup.result
    parts = [f"Reference {lookup.id}"]
    if result.request_id:
        parts.append(f"RequestId {result.request_id}")
    if result.api_code and result.api_code != "OK":
        parts.append(f"Code {result.api_code}")
    elif result.problem in (Problem.UNREADABLE, Problem.SERVICE_TROUBLE) and result.http_status:
        parts.append(f"HTTP {result.http_status}")
    return " · ".join(parts)
