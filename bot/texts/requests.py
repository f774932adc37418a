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
    enumerated_markup,
    escaped,
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


NOBODY_REACHED = say("The bot could not reach an approver yet. If it is urgent, tell your administrator.")
NOBODY_DECIDES = say("No approver can decide on your request at present. Tell your administrator.")
CHANNEL_TROUBLES: Mapping[ChannelTrouble, Said] = {
    ChannelTrouble.SHARED: say("it is shared with another workspace, whose members could use the buttons"),
    ChannelTrouble.ARCHIVED: say("it is archived"),
    ChannelTrouble.READ_ONLY: say("it is read-only"),
    ChannelTrouble.NOT_JOINED: say("the bot is not a member. Invite the bot"),
    ChannelTrouble.UNKNOWN: say("the bot cannot see it. Invite the bot, or check the channel ID"),
    ChannelTrouble.REFUSES: say("Slack does not let the bot post in it"),
    ChannelTrouble.NOT_TOLD: say("Slack did not respond when the bot checked it"),
    ChannelTrouble.SCOPE_MISSING: say(
        "the bot lacks a scope (missing_scope): channels:read for a public channel, groups:read for a private one"
    ),
    ChannelTrouble.NOT_GIVEN: say("the app was not added to its workspace. Ask an administrator of the organization"),
    ChannelTrouble.ELSEWHERE: say("it is not in the workspace that the request comes from"),
}
"""Why the approval channel cannot be used."""
WITHDRAW = say("Withdraw")
WITHDRAW_LABEL = say("Withdraw your request, so that nobody decides on it")
WITHDRAW_BESIDE_NUMBER = OneOrSeveral(WITHDRAW, say("Withdraw list"))
ENTER_CODE = OneOrSeveral(say("Enter code"), say("Enter codes"))
ENTER_CODE_LABEL = OneOrSeveral(say("Enter code for the approved request"), say("Enter codes for the approved numbers"))
SHOW_ID = say("Show ID")
SHOW_ID_LABEL = say("Show ID of the phone number, here and to you only")
TRY_AGAIN = OneOrSeveral(say("Try again"), say("Try again"))
TRY_AGAIN_LABEL = OneOrSeveral(
    say("Try again: open the form with this number, without the code"),
    say("Try again: open the form with these numbers, without the codes"),
)
CODE_FORM_TITLE = OneOrSeveral(say("Verification code"), say("Verification codes"))
ASKING_NOW = say("One moment. You will get a direct message. You can close this window.")
NOT_ENTERED = OneOrSeveral(
    say("The code was not used. See the new message for the reason."),
    say("The codes were not used. See the new message for the reason."),
)
APPROVE = say("Approve")
APPROVE_LABEL = say("Approve the request")
APPROVE_CONFIRM_TITLE = say("Approve this request?")
APPROVE_CONFIRM_YES = say("Approve")
CANCEL = say("Cancel")
DENY = say("Deny")
DENY_LABEL = say("Deny the request with a reason")
DETAILS = say("Details")
DETAILS_LABEL = OneOrSeveral(
    say("Details: show the full number, to you only"), say("Details: show all numbers in full, to you only")
)
DENY_TITLE = say("Deny the request")
DENY_SUBMIT = say("Deny")
DENY_REASON_LABEL = say("Reason")
DENY_REASON_MISSING = say("Enter a reason: the agent needs to know why.")
DENY_REASON_HINT = say("The agent will see this, and it is stored with the request.")
DETAILS_TITLE = say("Request")
WINDOW_TOO_LATE = say("Slack did not open the window in time. Press the button again.")
TAKEN_AWAY = say("This channel is now shared with another workspace, so this request was moved to direct messages.")
SEE_BELOW = say("See the newer message below for the result.")
NOTHING_TO_STOP = say("There is nothing left to stop: the last lookups are already running.")
TOO_LATE = say("This list has already ended.")
FORGOTTEN = OneOrSeveral(
    say("The number and the ID of this lookup were removed from the record. You can look it up again."),
    say("The numbers of this list were removed from the record. You can look up other numbers."),
)

ALARM_HEADING = say("Possible code guessing")
ALARM_NEXT = say("Further attempts are delayed more and more, or need approval. Please check with this person.")


def and_more(names: Sequence[Markup], count: int) -> Markup:
    """Some of many people."""
    return mark_up("{names} and {count} more", names=enumerated_markup(names), count=str(count))


def forgotten(request: Request) -> Said:
    """Of a request whose numbers were forgotten."""
    return FORGOTTEN.of(request)


def receipt(request: Request) -> Text:
    said = say(
        "Your request for {numbers} is waiting for approval. You will get a direct message when it is decided.",
        numbers=subject(request),
    )
    return joined(said, reference(request))


def codes_intro(request: Request) -> Said:
    """Above the field for the codes of an approved request."""
    return OneOrSeveral(
        say(
            "Your request for {numbers} is approved. Enter the verification code to get the ID.",
            numbers=subject(request),
        ),
        say(
            "Your request for {numbers} is approved. Enter each code after its number to get the IDs.",
            numbers=subject(request),
        ),
    ).of(request)


def withdraw_label_beside_number(request: Request) -> Said:
    """Of a button beside one number: that it takes back all of them must be said."""
    of_list = say("Withdraw list: withdraw your request for all {numbers}", numbers=numbers(request.size))
    return OneOrSeveral(WITHDRAW_LABEL, of_list).of(request)


def asked_by(name: Markup) -> Markup:
    return mark_up("Requested by {name}", name=name)


def reason_given(request: Request) -> Said:
    reason = one_line(request.reason)
    return say("Reason: {reason}", reason=reason) if reason else say("Reason: none given")


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
    return mark_up("This request expires if nobody decides by {date}.", date=date)


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


def in_short(*said: Part) -> Markup:
    """A message as one text, for screen readers and notifications."""
    return joined_markup(*said, separator="\n")


def sent_directly(channel: Markup, trouble: ChannelTrouble) -> Markup:
    return mark_up(
        "You get this as a direct message because the approval channel {channel} cannot be used: {why}.",
        channel=channel,
        why=CHANNEL_TROUBLES[trouble],
    )


def asked_lately(request: Request, *, by_agent: int, for_number: int, seconds: float) -> Text:
    """How many lookups there were in the last ``seconds``, this request's included."""
    span = length(seconds)
    return joined(
        say_n(
            "{n} lookup requested by this agent in the last {span}.",
            "{n} lookups requested by this agent in the last {span}.",
            by_agent,
            span=span,
        ),
        _of_number(for_number, span) if request.is_single else "",
        say("This request is included."),
    )


def _of_number(count: int, span: Said) -> Said:
    return say_n(
        "{n} lookup requested for this number in the last {span}.",
        "{n} lookups requested for this number in the last {span}.",
        count,
        span=span,
    )


def refused_lately(request: Request, counts: Counts) -> Text | None:
    """How many wrong codes there were, for an approver; of an agent only what is more than happens to anybody."""
    span = length(REMEMBERED)
    for_number, by_agent = counts.of(Suspect.NUMBER).refused, counts.of(Suspect.AGENT).refused
    said: list[Said] = []
    if for_number and request.is_single:
        said.append(
            say_n(
                "{n} wrong code for this number in the last {span}.",
                "{n} wrong codes for this number in the last {span}.",
                for_number,
                span=span,
            )
        )
    elif for_number:
        said.append(
            say_n(
                "{n} wrong code for one of these numbers in the last {span}.",
                "{n} wrong codes for one of these numbers in the last {span}.",
                for_number,
                span=span,
            )
        )
    if by_agent >= FREE[Suspect.AGENT]:
        said.append(
            say_n(
                "This agent entered {n} wrong code in the last {span}.",
                "This agent entered {n} wrong codes in the last {span}.",
                by_agent,
                span=span,
            )
        )
    return joined(*said) if said else None


WITHDRAWN_FOR_A_LEAVER = say("This request was withdrawn because the person who made it has left this workspace.")


def became(request: Request, decider: Markup | None) -> Markup:
    """What became of a request, for cards and for an approver who clicks too late. ``decider``: who decided."""
    if request.is_forgotten:
        return escaped(forgotten(request))
    if is_withdrawn_for_a_leaver(request):
        return escaped(WITHDRAWN_FOR_A_LEAVER)
    after = OUTCOMES[stand_of_request(request)].became
    return joined_markup(decided(request, decider), after.of(request) if after else "")


def is_withdrawn_for_a_leaver(request: Request) -> bool:
    """Whether the bot took it back, not its agent."""
    by = request.approval.decided_by
    return request.approval.state is ApprovalState.WITHDRAWN and by is not None and by.through is Through.BOT


def decided(request: Request, decider: Markup | None) -> Part:
    """How it was decided, and by whom where that is somebody in Slack; empty where it was not."""
    match request.approval.state:
        case ApprovalState.APPROVED | ApprovalState.LAPSED:
            return mark_up("Approved by {name}.", name=decider) if decider else say("Approved.")
        case ApprovalState.DENIED:
            return mark_up("Denied by {name}.", name=decider) if decider else say("Denied.")
        case ApprovalState.WITHDRAWN:
            return mark_up("Withdrawn by {name}.", name=decider) if decider else say("Withdrawn.")
    return ""


def confirmation(request: Request, name: Markup) -> Markup:
    """Before an approval counts: whose request it is, and for which number."""
    about = hidden_subject(request)
    if request.is_single:
        return mark_up("{name} can then get the ID of {number}. Only {name} will see it.", name=name, number=about)
    return mark_up(
        "This approves the whole list. {name} can then get the IDs of {numbers}. Only {name} will see them.",
        name=name,
        numbers=about,
    )


def alarm(told: Alarm, name: Part) -> Markup:
    """``name`` is how the agent is shown."""
    about: dict[str, Part] = {
        "count": str(told.refused),
        "number": hidden(told.lookup.phone),
        "span": length(told.seconds),
        "name": name,
    }
    if told.suspect is Suspect.NUMBER:
        return mark_up("{count} wrong codes for {number} within {span}. {name} entered the last one.", **about)
    return mark_up("{name} entered {count} wrong codes within {span}. The last one was for {number}.", **about)


def alarm_reference(told: Alarm) -> Said:
    return say("Reference {reference}", reference=told.lookup.id)
