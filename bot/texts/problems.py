"""What an agent reads when there is no ID: what happened, what to do next, whose turn it is.

Plain text: whoever shows a sentence escapes it for where it is shown. Never put a verification code into one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.models import Lookup, Problem, Side, State


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why there is no ID: what happened, what to do next, whose turn it is."""

    what: str
    next: str
    turn: Side


TURN = {
    Side.AGENT: "Your turn",
    Side.ADMIN: "Your administrator's turn",
    Side.ALIBABA: "Alibaba Cloud's turn",
    Side.US: "The bot's administrator's turn",
}

PROBLEMS: Mapping[Problem, Explanation] = {
    Problem.THROTTLED: Explanation(
        "Alibaba Cloud is taking no more calls for this account right now.",
        "Wait a minute and try again. If it keeps happening, something else is using up the account's calls.",
        Side.ALIBABA,
    ),
    Problem.SERVICE_TROUBLE: Explanation(
        "Alibaba Cloud had a problem of its own; asking again did not help.",
        "Try again in a few minutes.",
        Side.ALIBABA,
    ),
    Problem.NONCE_USED: Explanation(
        "Alibaba Cloud took our request for a repeated one.",
        "Try again. If it happens twice, give the reference to the bot's administrator.",
        Side.US,
    ),
    Problem.TOKEN_EXPIRED: Explanation(
        "The bot's temporary credentials for Alibaba Cloud have run out.",
        "Ask your administrator to renew ALIBABA_CLOUD_SECURITY_TOKEN and its key, then try again.",
        Side.ADMIN,
    ),
    Problem.NOT_SUBSCRIBED: Explanation(
        "The Alibaba Cloud account has not subscribed to Chat App Message Service.",
        "Ask your administrator to activate it in the Alibaba Cloud console, then try again.",
        Side.ADMIN,
    ),
    Problem.NOT_AUTHORIZED: Explanation(
        "The bot's Alibaba Cloud user may not ask for phone number IDs.",
        "Ask your administrator to grant it the action cams:GetPreValidatePhoneId, then try again.",
        Side.ADMIN,
    ),
    Problem.NOT_YOURS: Explanation(
        "This number does not belong to your Alibaba Cloud account.",
        "Check the number. If it is right, it was bought with another account.",
        Side.AGENT,
    ),
    Problem.BAD_NUMBER: Explanation(
        "Alibaba Cloud does not accept this phone number.",
        "Check the number, the country code first, and try again.",
        Side.AGENT,
    ),
    Problem.BAD_REQUEST: Explanation(
        "Alibaba Cloud does not accept the number or the code as it was sent.",
        "Check both and try again.",
        Side.AGENT,
    ),
    Problem.BAD_CREDENTIALS: Explanation(
        "Alibaba Cloud does not accept the bot's credentials.",
        "Ask your administrator to check ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET.",
        Side.ADMIN,
    ),
    Problem.CLOCK_OFF: Explanation(
        "The clock of the bot's machine is more than 15 minutes off, so Alibaba Cloud refuses its requests.",
        "Ask your administrator to set the machine's clock.",
        Side.ADMIN,
    ),
    Problem.UNKNOWN_CODE: Explanation(
        "Alibaba Cloud said no, for a reason it does not document. A wrong or used-up verification code may be one.",
        "Check the number and the code. If it fails twice, give the reference to your administrator.",
        Side.AGENT,
    ),
    Problem.UNREADABLE: Explanation(
        "Alibaba Cloud answered with something that is not an answer.",
        "Try again in a few minutes. If it goes on, give the reference to your administrator.",
        Side.ALIBABA,
    ),
    Problem.NO_ID: Explanation(
        "Alibaba Cloud said OK but sent no ID.",
        "Try again later. If it goes on, your administrator can ask Alibaba Cloud's support with the RequestId.",
        Side.ALIBABA,
    ),
    Problem.NO_ANSWER: Explanation(
        "Alibaba Cloud did not answer; asking again did not help.",
        "Try again in a few minutes.",
        Side.ALIBABA,
    ),
    Problem.NOT_ALLOWED: Explanation(
        "You are not among those who may ask for phone number IDs here.",
        "Ask your administrator to add you to PHONEID_AGENTS.",
        Side.ADMIN,
    ),
    Problem.GUEST: Explanation(
        "Guests of this workspace cannot ask for phone number IDs.",
        "Ask a full member of your team to do it.",
        Side.AGENT,
    ),
    Problem.OUTSIDER: Explanation(
        "Only people of this workspace can ask for phone number IDs.",
        "Ask a member of this workspace to do it.",
        Side.AGENT,
    ),
    Problem.WHO_UNKNOWN: Explanation(
        "Slack did not tell me who you are, so I asked nobody for anything.",
        "Try again in a minute.",
        Side.US,
    ),
    Problem.NOT_AN_APPROVER: Explanation(
        "You are not among those who decide on requests.",
        "Leave it to them; your administrator can add you to PHONEID_APPROVERS.",
        Side.ADMIN,
    ),
    Problem.OWN_REQUEST: Explanation(
        "Nobody decides on their own request.",
        "Somebody else who decides has to do it.",
        Side.AGENT,
    ),
    Problem.NOT_YOUR_REQUEST: Explanation(
        "This request is not yours, or there is none.",
        "Only whoever asked can do that.",
        Side.AGENT,
    ),
    Problem.PROCESS_ENDED: Explanation(
        "The bot was stopped before the answer came.",
        "Try again; you need to enter the code again.",
        Side.AGENT,
    ),
    Problem.INTERNAL: Explanation(
        "Something in the bot broke.",
        "Try again. If it happens twice, give the reference to the bot's administrator.",
        Side.US,
    ),
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
    return PROBLEMS[lookup.result.problem or Problem.INTERNAL]


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
