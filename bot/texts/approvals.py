"""What agents and approvers read about approvals.

Plain text: whoever shows a sentence escapes it for where it is shown. Never put a verification code into one.
"""

from collections.abc import Mapping

from bot.durations import write_duration
from bot.guesses import FREE, REMEMBERED, Suspect, Tally
from bot.models import A_FORGOTTEN_NUMBER, FORGOTTEN, Lookup, PhoneNumber, State
from bot.policy import Decision, Rule, Verdict
from bot.texts import lists

# --- asking -----------------------------------------------------------------------------------------------------------

FORM_SUBMIT = "Ask for approval"
REASON_HINT = "Shown to whoever decides, and kept with the request. Please no code here."
CODE_HINT = "May wait: you will be asked for it after the approval. If you enter it now, it stays in memory until then."
CODE_NOT_YET = "An approval is needed first. Add a reason; you may enter the code again now, or after the approval."


def form_intro(approvers: str) -> str:
    return f"This needs approval by {approvers}. Only you will see the answer; the code is shown to nobody."


def receipt(lookup: Lookup) -> str:
    return (
        f"Your request for {_ids(lookup, lookup.phone.international)} awaits approval. "
        f"You will get a direct message as soon as somebody decides. {reference(lookup)}"
    )


def asking_for_approval(phone: PhoneNumber) -> str:
    return f"Asking for approval of your request for {phone.international} …"


def asking_for_approval_of(count: int) -> str:
    return f"Asking for approval of your request for {lists.numbers(count)} …"


NOBODY_REACHED = (
    "I could not reach anybody who decides. I will try once more later; tell your administrator if it is urgent."
)
WITHDRAW = "Withdraw"
WITHDRAW_LABEL = "Withdraw your request; nobody will be asked to decide any more"
WITHDRAW_LIST = "Withdraw list"


def withdraw_list_label(count: int) -> str:
    return f"Withdraw list: your request for all of its {lists.numbers(count)}"


ENTER_CODE = "Enter code"
ENTER_CODE_LABEL = "Enter code of the approved request"
ENTER_CODES = "Enter codes"
ENTER_CODES_LABEL = "Enter codes of the approved numbers"
SHOW_ID = "Show ID"
SHOW_ID_LABEL = "Show ID of the phone number, here and to you only"
CODE_FORM_TITLE = "Verification code"


def code_form_intro(phone: PhoneNumber) -> str:
    return f"The request for {phone.international} is approved. Enter its verification code to get the ID."


ASKING_NOW = "One moment. You will get a direct message; you may close this."
NOT_ENTERED = "The code was not used. A message says why."

# --- deciding ---------------------------------------------------------------------------------------------------------

APPROVE = "Approve"
APPROVE_LABEL = "Approve the request"
APPROVE_CONFIRM_TITLE = "Approve this request?"
APPROVE_CONFIRM_TEXT = "The bot then asks Alibaba Cloud for the ID, and the agent alone gets to see it."
APPROVE_CONFIRM_YES = "Approve"
CANCEL = "Cancel"
DENY = "Deny"
DENY_LABEL = "Deny the request with a reason"
DETAILS = "Details"
DETAILS_LABEL = "Details: the full number, to you only"
DENY_TITLE = "Deny the request"
DENY_SUBMIT = "Deny"
DENY_REASON_LABEL = "Reason"
DENY_REASON_MISSING = "Enter a reason: the agent needs to know why."
DENY_REASON_HINT = "The agent reads it, and it is kept with the request."
DETAILS_TITLE = "Request"


def asked_by(name: str) -> str:
    """``name`` is Slack's markup for a person."""
    return f"Asked by {name}"


def reference(lookup: Lookup) -> str:
    return f"Reference {lookup.place.batch_id if lookup.place else lookup.id}"


def expires(date: str) -> str:
    """``date`` is Slack's markup for a date."""
    return f"Expires {date} if nobody decides."


def about(lookup: Lookup) -> str:
    return f"Your request for {_subject(lookup, lookup.phone.international)}"


def about_hidden(lookup: Lookup) -> str:
    return f"Request for {_subject(lookup, hidden(lookup.phone))}"


def _ids(lookup: Lookup, one: str) -> str:
    return f"the {'IDs' if lookup.place else 'ID'} of {_subject(lookup, one)}"


def _subject(lookup: Lookup, one: str) -> str:
    """What a request is for: one number, as the caller writes it, or so many."""
    return lists.numbers(lookup.place.of) if lookup.place else one


def hidden(phone: PhoneNumber) -> str:
    """A number with its middle hidden, at least half of it: ``+861•••••1234``."""
    if phone == FORGOTTEN:
        return A_FORGOTTEN_NUMBER
    digits = phone.digits
    head, tail = (3, 4) if len(digits) >= 13 else (2, 3)
    return f"+{digits[:head]}•••••{digits[-tail:]}" if len(digits) > 9 else f"+{digits[:2]}•••••"


def card_heading(lookup: Lookup) -> str:
    return f"Approval needed: {decided_heading(lookup)}"


def reminder_heading(lookup: Lookup) -> str:
    return f"Still waiting: {decided_heading(lookup)}"


def asked_lately(lookup: Lookup, by_agent: int, for_number: int, seconds: float) -> str:
    span = write_duration(seconds)
    if lookup.place:
        return lists.asked_lately(by_agent, span)
    return f"Asked in the last {span}: {_times(by_agent)} by this agent, {_times(for_number)} for this number."


def refused_lately(lookup: Lookup, tally: Tally) -> str:
    """How many codes were refused, for whoever decides; empty when it is no more than happens to anybody."""
    for_number = "for one of these numbers" if lookup.place else "for this number"
    counts = [
        f"{tally.of(suspect).refused} {whose}"
        for suspect, whose in ((Suspect.NUMBER, for_number), (Suspect.AGENT, "of this agent"))
        if tally.of(suspect).refused >= FREE[suspect]
    ]
    return f"Codes refused in the last {write_duration(REMEMBERED)}: {', '.join(counts)}." if counts else ""


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


# --- decided ----------------------------------------------------------------------------------------------------------

OUTCOMES: Mapping[State, str] = {
    State.REJECTED: "was refused when it was asked",
    State.AWAITING: "is still to be decided",
    State.APPROVED: "was approved",
    State.DENIED: "was denied",
    State.WITHDRAWN: "was withdrawn",
    State.EXPIRED: "expired before anybody decided",
    State.LAPSED: "was approved, and lapsed before it was used",
    State.QUEUED: "was approved and is being asked",
    State.CALLING: "was approved and is being asked",
    State.ANSWERED: "was approved and answered",
    State.REFUSED: "was approved; Alibaba Cloud said no",
    State.FAILED: "was approved; there was no answer",
    State.INTERRUPTED: "was approved, and broken off when the bot stopped",
}
"""What became of a request for one number, after "This request"."""

ASKED = frozenset({State.ANSWERED, State.REFUSED, State.FAILED, State.INTERRUPTED})
ASKED_LIST = "was approved and asked for"
"""How it went for each number of a list is its agent's to know."""


def decided_heading(lookup: Lookup) -> str:
    return _ids(lookup, hidden(lookup.phone)).removeprefix("the ")


def outcome(lookup: Lookup) -> str:
    """What became of a request, after "This request"."""
    # The guess guard rejects single numbers of an approved list while the others are asked.
    is_asked = lookup.place is not None and lookup.approval is not None and lookup.state in {*ASKED, State.REJECTED}
    return ASKED_LIST if is_asked else OUTCOMES[lookup.state]


def no_button(outcome: str) -> str:
    return f"This request {outcome}."


TOLD_APPROVED = "Your request was approved."
TOLD_ENTER_CODES = "Enter the verification codes to get the IDs."
TOLD_ENTER_CODE = "Enter the verification code to get the ID."
TOLD_ANSWERED = "The phone number ID is ready."
TOLD_DENIED = "Your request was denied."
TOLD_EXPIRED = "Nobody decided on your request in time, so it expired. You can ask again."
TOLD_LAPSED = "Your approved request was not used in time, so the approval lapsed. You can ask again."
TOLD_WITHDRAWN = "Your request was withdrawn. Nobody has to decide on it any more."
AGENT_MAY_NOT_ASK = (
    "Whoever asked may not ask for IDs any more, or Slack did not say. Deny the request, or try again in a minute."
)
WINDOW_TOO_LATE = "Slack did not open the window in time. Press the button once more."
REASON_GIVEN = "Reason"
DENIED_BECAUSE = "Reason for the denial"
BY = "Decided by"
NO_REASON = "No reason was given."

# --- /phoneid why -----------------------------------------------------------------------------------------------------

RULES: Mapping[Rule, str] = {
    Rule.COMMAND_LINE: "Whoever runs the command line holds the account's credentials.",
    Rule.NOT_A_MEMBER: "Only full members of this workspace may ask.",
    Rule.NOT_AN_AGENT: "PHONEID_AGENTS does not name this person or a usergroup they are in.",
    Rule.NO_APPROVALS: "PHONEID_APPROVAL is never: no request needs approval.",
    Rule.TRUSTED: "PHONEID_TRUSTED names this person or a usergroup they are in.",
    Rule.APPROVALS: "PHONEID_APPROVAL is always.",
    Rule.GUESSES: f"Too many verification codes were refused in the last {write_duration(REMEMBERED)}.",
}
VERDICTS: Mapping[Verdict, str] = {
    Verdict.MAY: "May ask, without approval.",
    Verdict.MAY_WITH_APPROVAL: "May ask; somebody must approve each request.",
    Verdict.MAY_NOT: "May not ask.",
}
MAY_DECIDE = "May decide on other people's requests: PHONEID_APPROVERS names them or a usergroup they are in."
MAY_NOT_DECIDE = "May not decide on requests."


def what_the_policy_means(decision: Decision, *, is_approver: bool) -> list[str]:
    """For one person: may they ask, which rule says so, may they decide. ``is_approver``: the settings name them."""
    may_decide = is_approver and decision.rule is not Rule.NOT_A_MEMBER  # guests never, whoever names them
    return [VERDICTS[decision.verdict], RULES[decision.rule], MAY_DECIDE if may_decide else MAY_NOT_DECIDE]


def decided_by(approvers: str) -> str:
    return f"Requests are decided by {approvers}; nobody decides on their own."
