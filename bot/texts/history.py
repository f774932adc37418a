"""What an agent reads about their own earlier lookups: ``/phoneid history``."""

from bot.models import Lookup, Request
from bot.texts import problems
from bot.texts.outcomes import OUTCOMES, stand_of
from bot.texts.said import Said, Text, say

TITLE = say("Your latest lookups")
OLDER_TITLE = say("Your earlier lookups")
PRIVATE = say("Only you see this. Showing an ID again makes no new request, but it is logged.")
EMPTY = say("You have not looked up a number here yet. Open the form to get your first ID.")
NOTHING_OLDER = say("There are no earlier lookups.")
FORGOTTEN = say("The number and the ID were removed from the record.")
OLDER = say("Older")
OLDER_LABEL = say("Older: show your lookups before these")


def became(request: Request, lookup: Lookup) -> Text:
    """What became of one number; where there is no ID for a reason of its own, the reason's words are used."""
    if lookup.is_forgotten:
        return FORGOTTEN
    return OUTCOMES[stand_of(request, lookup)].history or problems.explain(lookup).what


def reference(request: Request, lookup: Lookup) -> Said:
    if request.is_single:
        return say("Reference {reference}", reference=lookup.id)
    return say(
        "Reference {reference} · Number {position} of {size} in a list",
        reference=lookup.id,
        position=str(lookup.position),
        size=str(request.size),
    )
