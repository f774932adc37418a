"""What agents and approvers read about a request: receipts, cards, details, what became of it, alarms."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from bot.guesses import FREE, REMEMBERED, Alarm, Counts, Suspect
from bot.models import ApprovalState, Request, Through
from bot.texts.lengths import length
from bot.texts.numbers import OneOrSeveral, hidden, hidden_subject, numbers, subject
from bot.texts.outcomes import OUTCOMES, stand_of_request
from bot.texts.said import (
    Markup,
    Part,
    Said,
    Text,
    enumerated,
    joined,
    joined_markup,
    mark_up,
    say,
    say_n,
)


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


NOBODY_REACHED = say("No approver could be reached so far. Tell your administrator if it is urgent.")
NOBODY_DECIDES = say("At present there is no approver who can decide on your request. Tell your administrator.")
CHANNEL_TROUBLES: Mapping[ChannelTrouble, Said] = {
    ChannelTrouble.SHARED: say("it is shared with another workspace, whose people could see and press the buttons"),
    ChannelTrouble.ARCHIVED: say("it is archived"),
    ChannelTrouble.READ_ONLY: say("it is read-only"),
    ChannelTrouble.NOT_JOINED: say("the bot is not in it. Invite the bot"),
    ChannelTrouble.UNKNOWN: say("the bot cannot see it. Invite the bot to it, or check the id"),
    ChannelTrouble.REFUSES: say("Slack does not let the bot post in it"),
    ChannelTrouble.NOT_TOLD: say("Slack does not tell the bot about it at present"),
    ChannelTrouble.SCOPE_MISSING: say(
        "the bot lacks a scope (missing_scope): channels:read for a public channel, groups:read for a private one"
    ),
    ChannelTrouble.NOT_GIVEN: say("the app was not added to its workspace. Ask an administrator of the organization"),
    ChannelTrouble.ELSEWHERE: say("it is not in the workspace that the request was made in"),
}
"""Why the approval channel cannot be used."""
WITHDRAW = say("Withdraw")
WITHDRAW_LABEL = say("Withdraw your request; nobody will be asked to decide any more")
WITHDRAW_BESIDE_NUMBER = OneOrSeveral(WITHDRAW, say("Withdraw list"))
ENTER_CODE = OneOrSeveral(say("Enter code"), say("Enter codes"))
ENTER_CODE_LABEL = OneOrSeveral(say("Enter code of the approved request"), say("Enter codes of the approved numbers"))
SHOW_ID = say("Show ID")
SHOW_ID_LABEL = say("Show ID of the phone number, here and to you only")
TRY_AGAIN = OneOrSeveral(say("Try again"), say("Ask again"))
TRY_AGAIN_LABEL = OneOrSeveral(
    say("Open the form again for this number, without the code"),
    say("Ask again: a form with these numbers, without their codes"),
)
CODE_FORM_TITLE = OneOrSeveral(say("Verification code"), say("Verification codes"))
ASKING_NOW = say("One moment. You will get a direct message; you may close this.")
NOT_ENTERED = OneOrSeveral(
    say("The code was not used. A message says why."), say("The codes were not used. A message says why.")
)
APPROVE = say("Approve")
APPROVE_LABEL = say("Approve the request")
APPROVE_CONFIRM_TITLE = say("Approve this request?")
APPROVE_CONFIRM_TEXT = OneOrSeveral(
    say("The bot then asks Alibaba Cloud for the ID, and the agent alone gets to see it."),
    say("For the list as a whole. The bot then asks Alibaba Cloud for the IDs, and the agent alone gets to see them."),
)
APPROVE_CONFIRM_YES = say("Approve")
CANCEL = say("Cancel")
DENY = say("Deny")
DENY_LABEL = say("Deny the request with a reason")
DETAILS = say("Details")
DETAILS_LABEL = OneOrSeveral(
    say("Details: the full number, to you only"), say("Details: all numbers in full, to you only")
)
DENY_TITLE = say("Deny the request")
DENY_SUBMIT = say("Deny")
DENY_REASON_LABEL = say("Reason")
DENY_REASON_MISSING = say("Enter a reason: the agent needs to know why.")
DENY_REASON_HINT = say("The agent reads it, and it is kept with the request.")
DETAILS_TITLE = say("Request")
WINDOW_TOO_LATE = say("Slack did not open the window in time. Press the button once more.")
APPROVED = say("Your request was approved.")
TAKEN_AWAY = say("This channel is shared with another workspace now, so this request is decided in direct messages.")
SEE_BELOW = say("How this list ended stands in a newer message below.")
NOTHING_TO_STOP = say("Nothing is left to stop: what is being asked right now is still waited for.")
TOO_LATE = say("This list has ended already: there is nothing left to stop.")
FORGOTTEN = OneOrSeveral(
    say("The number and the ID of this lookup were removed from the record. You can ask again."),
    say("The numbers of this list were removed from the record. You can ask for other numbers."),
)

ALARM_HEADING = say("Somebody may be guessing codes")
ALARM_NEXT = say("Further attempts wait, longer each time, or need approval. Ask them what they need.")


def and_more(names: Sequence[Markup], count: int) -> Markup:
    """Some of many people."""
    return mark_up("{names} and {count} more", names=joined_markup(*names, separator=", "), count=str(count))


def forgotten(request: Request) -> Said:
    """Of a request whose numbers were forgotten."""
    return FORGOTTEN.of(request)


def receipt(request: Request) -> Text:
    said = OneOrSeveral(
        say(
            "Your request for the ID of {numbers} awaits approval. "
            "You will get a direct message as soon as somebody decides.",
            numbers=subject(request),
        ),
        say(
            "Your request for the IDs of {numbers} awaits approval. "
            "You will get a direct message as soon as somebody decides.",
            numbers=subject(request),
        ),
    ).of(request)
    return joined(said, reference(request))


def codes_intro(request: Request) -> Said:
    """Above the field for the codes of an approved request."""
    return OneOrSeveral(
        say(
            "The request for {numbers} is approved. Enter its verification code to get the ID.",
            numbers=subject(request),
        ),
        say(
            "Your request for {numbers} is approved. Enter the code behind each number to get the IDs.",
            numbers=subject(request),
        ),
    ).of(request)


def withdraw_label_beside_number(request: Request) -> Said:
    """Of a button beside one number: that it takes back all of them must be said."""
    of_list = say("Withdraw list: your request for all of its {numbers}", numbers=numbers(request.size))
    return OneOrSeveral(WITHDRAW_LABEL, of_list).of(request)


def asked_by(name: Markup) -> Markup:
    return mark_up("Asked by {name}", name=name)


def reason_given(request: Request) -> Said:
    reason = one_line(request.reason)
    return say("Reason: {reason}", reason=reason) if reason else say("Reason: No reason was given.")


def denied_because(reason: str) -> Said | None:
    """``None`` where there is no reason."""
    return say("Reason for the denial: {reason}", reason=one_line(reason)) if reason else None


def because(reason: str) -> Said | None:
    """The same for the agent."""
    return say("Reason: {reason}", reason=one_line(reason)) if reason else None


def one_line(reason: str) -> str:
    """Somebody's reason on one line behind its label, so that none of it can pass for a line of the bot's own."""
    return " ".join(reason.split())


def reference(request: Request) -> Said:
    return say("Reference {reference}", reference=request.id)


def expires(date: Markup) -> Markup:
    return mark_up("Expires {date} if nobody decides.", date=date)


def about(request: Request) -> Said:
    return say("Your request for {numbers}", numbers=subject(request))


def about_hidden(request: Request) -> Said:
    return say("Request for {numbers}", numbers=hidden_subject(request))


def decided_heading(request: Request) -> Said:
    of = {"numbers": hidden_subject(request)}
    return OneOrSeveral(say("ID of {numbers}", **of), say("IDs of {numbers}", **of)).of(request)


def card_heading(request: Request, *, is_reminder: bool) -> Said:
    about = decided_heading(request)
    return say("Still waiting: {about}", about=about) if is_reminder else say("Approval needed: {about}", about=about)


def in_short(heading: Said, *said: Part) -> Markup:
    """A message in one line, for screen readers and notifications."""
    return joined_markup(heading, *said, separator=". ")


def sent_directly(channel: Markup, trouble: ChannelTrouble) -> Markup:
    return mark_up(
        "You get this directly because the approval channel {channel} cannot be used: {why}.",
        channel=channel,
        why=CHANNEL_TROUBLES[trouble],
    )


def asked_lately(request: Request, *, by_agent: int, for_number: int, seconds: float) -> Said:
    """How often was asked in the last ``seconds``."""
    span = length(seconds)
    if request.is_single:
        return say(
            "Asked in the last {span}: {by_agent} by this agent, {for_number} for this number.",
            span=span,
            by_agent=_times(by_agent),
            for_number=_times(for_number),
        )
    return say("Asked for by this agent in the last {span}: {numbers}.", span=span, numbers=numbers(by_agent))


def refused_lately(request: Request, counts: Counts) -> Said | None:
    """How many codes were refused, for whoever decides; of an agent only what is more than happens to anybody."""
    of_number, of_agent = (str(counts.of(each).refused) for each in (Suspect.NUMBER, Suspect.AGENT))
    said: list[Said] = []
    if counts.of(Suspect.NUMBER).refused:
        said.append(
            OneOrSeveral(
                say("{count} for this number", count=of_number),
                say("{count} for one of these numbers", count=of_number),
            ).of(request)
        )
    if counts.of(Suspect.AGENT).refused >= FREE[Suspect.AGENT]:
        said.append(say("{count} of this agent", count=of_agent))
    if not said:
        return None
    return say("Codes refused in the last {span}: {counts}.", span=length(REMEMBERED), counts=enumerated(said))


WITHDRAWN_FOR_A_LEAVER = say("This request was withdrawn: the person who asked is not in this workspace any more.")


def became(request: Request) -> Said:
    """What became of a request, for cards and for whoever clicks too late."""
    if request.is_forgotten:
        return forgotten(request)
    by = request.approval.decided_by
    if request.approval.state is ApprovalState.WITHDRAWN and by and by.through is Through.BOT:
        return WITHDRAWN_FOR_A_LEAVER
    return OUTCOMES[stand_of_request(request)].became.of(request)


def decided_by(said: Text, name: Markup) -> Markup:
    return mark_up("{said} Decided by {name}.", said=said, name=name)


def alarm(told: Alarm, name: Part) -> Markup:
    """``name`` is how the agent is shown."""
    about: dict[str, Part] = {
        "count": str(told.refused),
        "number": hidden(told.lookup.phone),
        "span": length(told.seconds),
        "name": name,
    }
    if told.suspect is Suspect.NUMBER:
        return mark_up("{count} refused codes for {number} within {span}, the last by {name}.", **about)
    return mark_up("{count} refused codes by {name} within {span}, the last for {number}.", **about)


def alarm_reference(told: Alarm) -> Said:
    return say("Reference {reference}", reference=told.lookup.id)


def _times(count: int) -> Said:
    return say_n("once", "{n} times", count)
