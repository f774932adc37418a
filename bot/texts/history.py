"""What an agent reads about their own earlier lookups.

Plain text: whoever shows a sentence escapes it for where it is shown. Never put a verification code into one.
"""

from collections.abc import Mapping

from bot.models import Lookup, State
from bot.texts import problems

TITLE = "Your latest lookups"
OLDER_TITLE = "Your earlier lookups"
PRIVATE = "Only you see this. Showing an ID again asks nobody for it, and is recorded."
EMPTY = "You have not asked for an ID here yet. Open the form to get your first one."
NOTHING_OLDER = "There is nothing older."
FORGOTTEN = "The number and the ID were forgotten, as your administrator has decided."
OLDER = "Older"
OLDER_LABEL = "Older: show your lookups before these"

BECAME: Mapping[State, str] = {
    State.AWAITING: "Awaits approval.",
    State.APPROVED: "Approved. Enter the verification code to get the ID.",
    State.DENIED: "Denied; you got the reason as a direct message.",
    State.WITHDRAWN: "Withdrawn by you.",
    State.EXPIRED: "Expired before anybody decided.",
    State.LAPSED: "Approved, and not used in time.",
    State.QUEUED: "Waits for its turn to be asked.",
    State.CALLING: "Is being asked right now.",
    State.ANSWERED: "Answered. The ID is there.",
}
"""What became of a lookup; where there is no ID for a reason of its own, the reason's words are used instead."""


def became(lookup: Lookup) -> str:
    if lookup.is_forgotten:
        return FORGOTTEN
    return BECAME.get(lookup.state) or problems.explain(lookup).what


def reference(lookup: Lookup) -> str:
    place = f" · number {lookup.place.number} of {lookup.place.of} in a list" if lookup.place else ""
    return f"Reference {lookup.id}{place}"
