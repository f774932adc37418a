"""What agents and approvers read about a request: receipts, cards, details, what became of it, alarms."""

from collections.abc import Mapping
from enum import StrEnum

from bot.durations import write_duration
from bot.guesses import FREE, REMEMBERED, Alarm, Counts, Suspect
from bot.models import ApprovalState, Request, Through
from bot.texts.numbers import Words, hidden, hidden_subject, numbers, subject
from bot.texts.outcomes import OUTCOMES, stand_of_request


class ChannelTrouble(StrEnum):
    """Why no cards go to the approval channel."""

    SHARED = "shared"
    ARCHIVED = "archived"
    READ_ONLY = "read-only"
    NOT_JOINED = "not joined"
    UNKNOWN = "unknown"
    """There is none of this id, or it is private and the bot is not in it."""
    REFUSES = "refuses"
    """It looks well, but Slack does not let the bot post there."""
    NOT_TOLD = "not told"
    """Slack did not say how it is."""
    SCOPE_MISSING = "scope missing"
    """The bot token may not read about a channel of this kind."""
    NOT_GIVEN = "not given"
    """It is in a workspace of the organization that the app was not added to."""
    ELSEWHERE = "elsewhere"
    """It is of other workspaces of the organization than the request."""


NOBODY_REACHED = "No approver could be reached so far. Tell your administrator if it is urgent."
NOBODY_DECIDES = "At present there is no approver who can decide on your request. Tell your administrator."
CHANNEL_TROUBLES: Mapping[ChannelTrouble, str] = {
    ChannelTrouble.SHARED: "it is shared with another workspace, whose people could see and press the buttons",
    ChannelTrouble.ARCHIVED: "it is archived",
    ChannelTrouble.READ_ONLY: "it is read-only",
    ChannelTrouble.NOT_JOINED: "the bot is not in it. Invite the bot",
    ChannelTrouble.UNKNOWN: "the bot cannot see it. Invite the bot to it, or check the id",
    ChannelTrouble.REFUSES: "Slack does not let the bot post in it",
    ChannelTrouble.NOT_TOLD: "Slack does not tell the bot about it at present",
    ChannelTrouble.SCOPE_MISSING: "the bot lacks a scope (missing_scope): channels:read for a public channel, "
    "groups:read for a private one",
    ChannelTrouble.NOT_GIVEN: "the app was not added to its workspace. Ask an administrator of the organization",
    ChannelTrouble.ELSEWHERE: "it is not in the workspace that the request was made in",
}
"""Why the approval channel cannot be used."""
WITHDRAW = "Withdraw"
WITHDRAW_LABEL = "Withdraw your request; nobody will be asked to decide any more"
WITHDRAW_BESIDE_NUMBER = Words(WITHDRAW, "Withdraw list")
ENTER_CODE = Words("Enter code", "Enter codes")
ENTER_CODE_LABEL = Words("Enter code of the approved request", "Enter codes of the approved numbers")
SHOW_ID = "Show ID"
SHOW_ID_LABEL = "Show ID of the phone number, here and to you only"
TRY_AGAIN = Words("Try again", "Ask again")
TRY_AGAIN_LABEL = Words(
    "Open the form again for this number, without the code",
    "Ask again: a form with these numbers, without their codes",
)
CODE_FORM_TITLE = Words("Verification code", "Verification codes")
ASKING_NOW = "One moment. You will get a direct message; you may close this."
NOT_ENTERED = Words("The code was not used. A message says why.", "The codes were not used. A message says why.")
APPROVE = "Approve"
APPROVE_LABEL = "Approve the request"
APPROVE_CONFIRM_TITLE = "Approve this request?"
APPROVE_CONFIRM_TEXT = Words(
    "The bot then asks Alibaba Cloud for the ID, and the agent alone gets to see it.",
    "For the list as a whole. The bot then asks Alibaba Cloud for the IDs, and the agent alone gets to see them.",
)
APPROVE_CONFIRM_YES = "Approve"
CANCEL = "Cancel"
DENY = "Deny"
DENY_LABEL = "Deny the request with a reason"
DETAILS = "Details"
DETAILS_LABEL = Words("Details: the full number, to you only", "Details: all numbers in full, to you only")
DENY_TITLE = "Deny the request"
DENY_SUBMIT = "Deny"
DENY_REASON_LABEL = "Reason"
DENY_REASON_MISSING = "Enter a reason: the agent needs to know why."
DENY_REASON_HINT = "The agent reads it, and it is kept with the request."
DETAILS_TITLE = "Request"
WINDOW_TOO_LATE = "Slack did not open the window in time. Press the button once more."
REASON_GIVEN = "Reason"
DENIED_BECAUSE = "Reason for the denial"
APPROVED = "Your request was approved."
BY = "Decided by"
NO_REASON = "No reason was given."
TAKEN_AWAY = "This channel is shared with another workspace now, so this request is decided in direct messages."
SEE_BELOW = "How this list ended stands in a newer message below."
NOTHING_TO_STOP = "Nothing is left to stop: what is being asked right now is still waited for."
TOO_LATE = "This list has ended already: there is nothing left to stop."
FORGOTTEN = Words(
    "The number and the ID of this lookup were removed from the record. You can ask again.",
    "The numbers of this list were removed from the record. You can ask for other numbers.",
)

ALARM_HEADING = "Somebody may be guessing codes"
ALARM_NEXT = "Further attempts wait, longer each time, or need approval. Ask them what they need."


def and_more(count: int) -> str:
    """After the names of some of many people."""
    return f"and {count} more"


def forgotten(request: Request) -> str:
    """Of a request whose numbers were forgotten."""
    return FORGOTTEN.of(request)


def receipt(request: Request) -> str:
    return (
        f"Your request for the {_ids(request)} of {subject(request)} awaits approval. "
        f"You will get a direct message as soon as somebody decides. {reference(request)}"
    )


def codes_intro(request: Request) -> str:
    """Above the field for the codes of an approved request."""
    enter = Words("Enter its verification code to get the ID.", "Enter the code behind each number to get the IDs.").of(
        request
    )
    the = Words("The", "Your").of(request)
    return f"{the} request for {subject(request)} is approved. {enter}"


def withdraw_label_beside_number(request: Request) -> str:
    """Of a button beside one number: that it takes back all of them must be said."""
    of_list = f"Withdraw list: your request for all of its {numbers(request.size)}"
    return Words(WITHDRAW_LABEL, of_list).of(request)


def asked_by(name: str) -> str:
    """``name`` is Slack's markup for a person."""
    return f"Asked by {name}"


def reason_given(request: Request) -> str:
    return because(REASON_GIVEN, request.reason or NO_REASON)


def because(label: str, reason: str) -> str:
    """Somebody's reason on one line behind its label, so that none of it can pass for a line of the bot's own.

    Empty where there is none.
    """
    return f"{label}: {' '.join(reason.split())}" if reason else ""


def reference(request: Request) -> str:
    return f"Reference {request.id}"


def expires(date: str) -> str:
    """``date`` is Slack's markup for a date."""
    return f"Expires {date} if nobody decides."


def about(request: Request) -> str:
    return f"Your request for {subject(request)}"


def about_hidden(request: Request) -> str:
    return f"Request for {hidden_subject(request)}"


def decided_heading(request: Request) -> str:
    return f"{_ids(request)} of {hidden_subject(request)}"


def card_heading(request: Request, *, is_reminder: bool) -> str:
    return f"{'Still waiting' if is_reminder else 'Approval needed'}: {decided_heading(request)}"


def sent_directly(channel: str, trouble: ChannelTrouble) -> str:
    """``channel`` is Slack's markup for it."""
    return f"You get this directly because the approval channel {channel} cannot be used: {CHANNEL_TROUBLES[trouble]}."


def asked_lately(request: Request, *, by_agent: int, for_number: int, seconds: float) -> str:
    """How often was asked in the last ``seconds``."""
    span = write_duration(seconds)
    return Words(
        f"Asked in the last {span}: {_times(by_agent)} by this agent, {_times(for_number)} for this number.",
        f"Asked for by this agent in the last {span}: {numbers(by_agent)}.",
    ).of(request)


def refused_lately(request: Request, counts: Counts) -> str:
    """How many codes were refused, for whoever decides; of an agent only what is more than happens to anybody."""
    for_number = Words("for this number", "for one of these numbers").of(request)
    said = [
        f"{counts.of(suspect).refused} {whose}"
        for suspect, whose in ((Suspect.NUMBER, for_number), (Suspect.AGENT, "of this agent"))
        if counts.of(suspect).refused >= (FREE[suspect] if suspect is Suspect.AGENT else 1)
    ]
    return f"Codes refused in the last {write_duration(REMEMBERED)}: {', '.join(said)}." if said else ""


WITHDRAWN_FOR_A_LEAVER = "This request was withdrawn: the person who asked is not in this workspace any more."


def became(request: Request) -> str:
    """What became of a request, for cards and for whoever clicks too late."""
    if request.is_forgotten:
        return forgotten(request)
    by = request.approval.decided_by
    if request.approval.state is ApprovalState.WITHDRAWN and by and by.through is Through.BOT:
        return WITHDRAWN_FOR_A_LEAVER
    return f"This request {OUTCOMES[stand_of_request(request)].became.of(request)}."


def alarm(told: Alarm, name: str) -> str:
    """``name`` is how the agent is shown: escaped, or Slack's markup for a person."""
    span, number = write_duration(told.seconds), hidden(told.lookup.phone)
    if told.suspect is Suspect.NUMBER:
        return f"{told.refused} refused codes for {number} within {span}, the last by {name}."
    return f"{told.refused} refused codes by {name} within {span}, the last for {number}."


def alarm_reference(told: Alarm) -> str:
    return f"Reference {told.lookup.id}"


def _ids(request: Request) -> str:
    return Words("ID", "IDs").of(request)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
