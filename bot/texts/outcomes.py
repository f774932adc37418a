"""How requests and lookups stand or ended, and what is said of it: one table for states, one for kinds of "no".

Plain text: whoever shows a sentence escapes it for where it is shown. Never put a verification code into one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.models import ApprovalState, Lookup, Problem, Request, Side, State
from bot.policy import ENDS_UNUSED
from bot.texts.numbers import Words

Stand = ApprovalState | State
"""How a lookup stands: as its request's approval until that is used, and as itself from then on."""


class Step(StrEnum):
    """What an agent can do next about a request or a lookup of theirs; there is a button for each."""

    WITHDRAW = "withdraw"
    ENTER_CODE = "enter code"
    SHOW_ID = "show id"
    TRY_AGAIN = "try again"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why there is no ID: what happened, what to do next, whose turn it is."""

    what: str
    next: str
    turn: Side


_NOTHING = Words("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is said of a request or a lookup that stands so."""

    became: Words
    """What became of a request that needed approval, after "This request": for cards and for late clicks."""
    told: Words = _NOTHING
    """To the agent of a request that needed approval; empty where the IDs, or why there are none, are what is told."""
    history: str | None = None
    """Among the agent's earlier lookups; ``None``: what its problem says."""
    row: str = "Not asked."
    """In the table of results, for a number that has neither an ID nor a problem."""
    step: Step | None = None


ASKED_FOR = "was approved and asked for"
"""How it went for each number of several is their agent's to know."""


def _alike(words: str) -> Words:
    return Words(words, words)


OUTCOMES: Mapping[Stand, Outcome] = {
    ApprovalState.NOT_NEEDED: Outcome(
        became=_alike("needs no approval"), history="Waits for its code.", row="Waits for its code."
    ),
    ApprovalState.AWAITING: Outcome(
        became=_alike("is still to be decided"), history="Awaits approval.", row="Awaits approval.", step=Step.WITHDRAW
    ),
    ApprovalState.APPROVED: Outcome(
        became=_alike("was approved"),
        told=Words(
            "Your request was approved. Enter the verification code to get the ID.",
            "Your request was approved. Enter the verification codes to get the IDs.",
        ),
        history="Approved. Enter the verification code to get the ID.",
        row="Approved; its code is needed.",
        step=Step.ENTER_CODE,
    ),
    ApprovalState.DENIED: Outcome(
        became=_alike("was denied"),
        told=_alike("Your request was denied."),
        history="Denied; you got the reason as a direct message.",
        row="Not asked: the request was denied.",
        step=Step.TRY_AGAIN,
    ),
    ApprovalState.WITHDRAWN: Outcome(
        became=_alike("was withdrawn"),
        told=_alike("Your request was withdrawn. Nobody has to decide on it any more."),
        history="Withdrawn by you.",
        row="Not asked: the request was withdrawn.",
        step=Step.TRY_AGAIN,
    ),
    ApprovalState.EXPIRED: Outcome(
        became=_alike("expired before anybody decided"),
        told=_alike("Nobody decided on your request in time, so it expired. You can ask again."),
        history="Expired before anybody decided.",
        row="Not asked: nobody decided in time.",
        step=Step.TRY_AGAIN,
    ),
    ApprovalState.LAPSED: Outcome(
        became=_alike("was approved, and lapsed before it was used"),
        told=_alike("Your approved request was not used in time, so the approval lapsed. You can ask again."),
        history="Approved, and not used in time.",
        row="Not asked: the approval lapsed.",
        step=Step.TRY_AGAIN,
    ),
    State.QUEUED: Outcome(
        became=_alike("was approved and is being asked"),
        history="Waits for its turn to be asked.",
        row="Waits for its turn.",
    ),
    State.CALLING: Outcome(
        became=_alike("was approved and is being asked"), history="Is being asked right now.", row="Being asked."
    ),
    State.ANSWERED: Outcome(
        became=Words("was approved and answered", ASKED_FOR),
        told=Words("Your request was approved. The phone number ID is ready.", ""),
        history="Answered. The ID is there.",
        step=Step.SHOW_ID,
    ),
    State.REFUSED: Outcome(became=Words("was approved; Alibaba Cloud said no", ASKED_FOR), step=Step.TRY_AGAIN),
    State.FAILED: Outcome(became=Words("was approved; there was no answer", ASKED_FOR), step=Step.TRY_AGAIN),
    State.INTERRUPTED: Outcome(
        became=Words("was approved, and broken off when the bot stopped", ASKED_FOR), step=Step.TRY_AGAIN
    ),
    State.REJECTED: Outcome(became=Words("was refused when it was asked", ASKED_FOR), step=Step.TRY_AGAIN),
    State.DROPPED: Outcome(became=Words("was approved, and stopped by its agent", ASKED_FOR), step=Step.TRY_AGAIN),
}
"""A lookup that is held stands as its request's approval; one that was dropped by its agent's order, as itself."""

PROBLEMS: Mapping[Problem, Explanation] = {
    Problem.THROTTLED: Explanation(
        "Alibaba Cloud takes no more calls for this account right now.", "Wait a minute, then try again.", Side.ALIBABA
    ),
    Problem.SERVICE_TROUBLE: Explanation(
        "Alibaba Cloud has a problem of its own. Asking again did not help.",
        "Wait a few minutes, then try again.",
        Side.ALIBABA,
    ),
    Problem.NONCE_USED: Explanation(
        "Alibaba Cloud took the bot's call for a copy of an earlier one.",
        "Try again. If it fails again, give the reference to your administrator.",
        Side.US,
    ),
    Problem.TOKEN_EXPIRED: Explanation(
        "The bot's temporary credentials for Alibaba Cloud have run out.",
        "Ask your administrator to renew ALIBABA_CLOUD_SECURITY_TOKEN and the key that goes with it.",
        Side.ADMIN,
    ),
    Problem.NOT_SUBSCRIBED: Explanation(
        "The Alibaba Cloud account has not subscribed to Chat App Message Service.",
        "Ask your administrator to activate it in the Alibaba Cloud console.",
        Side.ADMIN,
    ),
    Problem.NOT_AUTHORIZED: Explanation(
        "The bot's Alibaba Cloud user is not allowed to ask for phone number IDs.",
        "Ask your administrator to grant that user the action cams:GetPreValidatePhoneId.",
        Side.ADMIN,
    ),
    Problem.NOT_YOURS: Explanation(
        "This number does not belong to the bot's Alibaba Cloud account.",
        "Check the number. If it is right, ask whoever bought it: it is in another account.",
        Side.AGENT,
    ),
    Problem.BAD_NUMBER: Explanation(
        "Alibaba Cloud does not accept this phone number.",
        "Check the number, the country code first. Then try again.",
        Side.AGENT,
    ),
    Problem.BAD_REQUEST: Explanation(
        "Alibaba Cloud does not accept the number or the code.", "Check both, then try again.", Side.AGENT
    ),
    Problem.BAD_CREDENTIALS: Explanation(
        "Alibaba Cloud does not accept the bot's credentials.",
        "Ask your administrator to check the ALIBABA_CLOUD_… settings: the key, its secret and the token.",
        Side.ADMIN,
    ),
    Problem.CLOCK_OFF: Explanation(
        "Alibaba Cloud refuses the bot's calls because of their time. The clock of the bot's machine is wrong.",
        "Ask your administrator to set the machine's clock.",
        Side.ADMIN,
    ),
    Problem.UNKNOWN_CODE: Explanation(
        "Alibaba Cloud said no and gave a reason it does not document. The code may be wrong or used up.",
        "Check the number and the code, then try again. If it fails again, give the reference to your administrator.",
        Side.AGENT,
    ),
    Problem.UNREADABLE: Explanation(
        "Alibaba Cloud sent an answer that the bot cannot read.",
        "Wait a few minutes, then try again. If it fails again, give the reference to your administrator.",
        Side.ALIBABA,
    ),
    Problem.NO_ID: Explanation(
        "Alibaba Cloud said OK but sent no ID.",
        "Wait a few minutes, then try again. If it fails again, give the reference to your administrator.",
        Side.ALIBABA,
    ),
    Problem.NO_ANSWER: Explanation(
        "Alibaba Cloud did not answer. Asking again did not help.", "Wait a few minutes, then try again.", Side.ALIBABA
    ),
    Problem.NOT_SENDABLE: Explanation(
        "The bot could not send the call to Alibaba Cloud.",
        "Give the reference to your administrator. Trying again does not help.",
        Side.US,
    ),
    Problem.NOT_ALLOWED: Explanation(
        "You are not one of the agents who may ask for phone number IDs.",
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
        "Slack did not tell the bot who you are, so nothing was asked.", "Wait a minute, then try again.", Side.US
    ),
    Problem.NOT_AN_APPROVER: Explanation(
        "You are not among those who decide on requests.",
        "Ask your administrator to add you to PHONEID_APPROVERS, if you should decide.",
        Side.ADMIN,
    ),
    Problem.OWN_REQUEST: Explanation(
        "Nobody decides on their own request.", "Somebody else who decides has to do it.", Side.AGENT
    ),
    Problem.NOT_YOUR_REQUEST: Explanation(
        "This request is not yours, or there is none.", "Only whoever asked can do that.", Side.AGENT
    ),
    Problem.AGENT_MAY_NOT_ASK: Explanation(
        "Whoever asked may not ask for IDs any more, or Slack did not say.",
        "Deny the request, or try again in a minute.",
        Side.AGENT,
    ),
    Problem.TOO_MANY_GUESSES: Explanation(
        "Too many verification codes were refused, for this number or of yours.",
        "Find out the right code, wait a while, then try again.",
        Side.AGENT,
    ),
    Problem.PROCESS_ENDED: Explanation(
        "The bot stopped before the answer came.", "Try again, and enter the code again.", Side.AGENT
    ),
    Problem.STOPPED: Explanation(
        "You stopped the list before this number was asked.", "Ask again for it if you need its ID.", Side.AGENT
    ),
    Problem.INTERNAL: Explanation(
        "Something in the bot broke.",
        "Try again. If it breaks again, give the reference to your administrator.",
        Side.US,
    ),
}


def stand_of(request: Request, lookup: Lookup) -> Stand:
    """How one number of a request stands."""
    approval = request.approval.state
    is_unused = lookup.state is State.DROPPED and approval in ENDS_UNUSED
    return approval if is_unused or lookup.state is State.HELD else lookup.state


def stand_of_request(request: Request) -> Stand:
    """How a request stands as a whole: as what is still open; as answered where its numbers ended in several ways."""
    stands = {stand_of(request, each) for each in request.lookups}
    if len(stands) == 1:
        return stands.pop()
    return next(
        (each for each in (State.CALLING, State.QUEUED, request.approval.state) if each in stands), State.ANSWERED
    )


def step_after(request: Request, lookup: Lookup) -> Step | None:
    """What its agent can do next about one number, if anything: whoever may not ask cannot try again."""
    if lookup.is_forgotten or not may_try_again(lookup):
        return None
    return OUTCOMES[stand_of(request, lookup)].step


def may_try_again(lookup: Lookup) -> bool:
    """Whether asking anew could end otherwise: not for whoever may not ask."""
    return lookup.state is not State.REJECTED or lookup.result.wait_until is not None
