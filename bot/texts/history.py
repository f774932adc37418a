"""What an agent reads about their own earlier lookups: ``/phoneid history``."""

from bot.models import Lookup, Request
from bot.texts import problems
from bot.texts.outcomes import OUTCOMES, stand_of

TITLE = "Your latest lookups"
OLDER_TITLE = "Your earlier lookups"
PRIVATE = "Only you see this. Showing an ID again asks nobody for it, and is recorded."
EMPTY = "You have not asked for an ID here yet. Open the form to get your first one."
NOTHING_OLDER = "There is nothing older."
FORGOTTEN = "The number and the ID were removed from the record."
OLDER = "Older"
OLDER_LABEL = "Older: show your lookups before these"


def became(request: Request, lookup: Lookup) -> str:
    """What became of one number; where there is no ID for a reason of its own, the reason's words are used."""
    if lookup.is_forgotten:
        return FORGOTTEN
    return OUTCOMES[stand_of(request, lookup)].history or problems.explain(lookup).what


def reference(request: Request, lookup: Lookup) -> str:
    place = "" if request.is_single else f" · number {lookup.position} of {request.size} in a list"
    return f"Reference {lookup.id}{place}"
