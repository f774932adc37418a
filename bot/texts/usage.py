"""Help in Slack: what its reader can do here, and how. ``/phoneid help``."""

from collections.abc import Sequence

from bot.texts.asking import COMMAND
from bot.texts.said import Markup, Said, mark_up, say

GET_ID = say("How to get a phone number ID")
REQUEST_ID = say("How to request a phone number ID")
OTHERWISE = say("What you can do here")
PRIVATE = say("Only you can see the answer. The code is never stored.")
NO_NUMBER = say("The bot found no phone number in what you typed. Nothing was looked up.")

_PHONE = "+86 138 0000 1234"

_FORM = mark_up("`{command}` opens a form.", command=COMMAND)
_FILLED_IN = mark_up("`{command}` opens the form with this number.", command=f"{COMMAND} {_PHONE}")
_AT_ONCE = mark_up(
    "`{command}` gets the ID at once: type the number, then its verification code.",
    command=f"{COMMAND} {_PHONE} 208312",
)
_LIST = mark_up("`{command}` opens a form for several numbers.", command=f"{COMMAND} list")
_HISTORY = mark_up("`{command}` shows your latest lookups, with a button for each ID.", command=f"{COMMAND} history")
_WHY = mark_up("`{command}` shows what you can do here, and why.", command=f"{COMMAND} why")
_HELP = mark_up("`{command}` shows this help.", command=f"{COMMAND} help")


def commands(*, needs_approval: bool) -> Sequence[Markup]:
    """For somebody who can ask."""
    asking = [_FORM, _FILLED_IN, _LIST] if needs_approval else [_FORM, _FILLED_IN, _AT_ONCE, _LIST]
    return [*asking, _HISTORY, _WHY, _HELP]


def commands_without_asking(*, has_history: bool) -> Sequence[Markup]:
    """For somebody who cannot."""
    return [_HISTORY, _WHY, _HELP] if has_history else [_WHY, _HELP]


def title(*, needs_approval: bool) -> Said:
    return REQUEST_ID if needs_approval else GET_ID


def approval_needed(approvers: Markup) -> Markup:
    return mark_up("Each request needs approval by {approvers}. Only you can see the answer.", approvers=approvers)
