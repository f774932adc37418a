"""How requests and lookups stand or ended, and what is said of it: one table for all states."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.models import ApprovalState, Lookup, Problem, Request, State
from bot.states import ENDS_UNUSED
from bot.texts.numbers import OneOrSeveral
from bot.texts.problems import PROBLEMS, Side
from bot.texts.said import Said, say

Stand = ApprovalState | State
"""How a lookup stands: as its request's approval until that is used, and as itself from then on."""


class Step(StrEnum):
    """What an agent can do next about a request or a lookup of theirs; there is a button for each."""

    WITHDRAW = "withdraw"
    ENTER_CODE = "enter code"
    SHOW_ID = "show id"
    TRY_AGAIN = "try again"


NOT_ASKED = say("Not looked up.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is said of a request or a lookup that stands so. Who decided on it is said before."""

    became: OneOrSeveral | None = None
    """What became of a request that needed approval: for cards and for late clicks; ``None`` where the decision is all
    there is to say."""
    told: Said | None = None
    """To the agent of a request that needed approval; ``None`` where the ID, or why there is none, is what is told."""
    told_of_several: Said | None = None
    """The same of a request for several numbers."""
    history: Said | None = None
    """Among the agent's earlier lookups; ``None``: what its problem says."""
    row: Said = NOT_ASKED
    """In the table of results, for a number that has neither an ID nor a problem."""
    step: Step | None = None

    def told_to_agent(self, request: Request) -> Said | None:
        return self.told if request.is_single else self.told_of_several


ASKED_FOR = say("The agent has the results.")
"""How it went for each number of several is their agent's to know."""


def _alike(said: Said) -> OneOrSeveral:
    return OneOrSeveral(said, said)


LOOKING_UP = OneOrSeveral(say("The ID is being looked up."), say("The IDs are being looked up."))

OUTCOMES: Mapping[Stand, Outcome] = {
    ApprovalState.NOT_NEEDED: Outcome(
        became=_alike(say("This request needs no approval.")),
        history=say("Waiting for its code."),
        row=say("Waiting for its code."),
    ),
    ApprovalState.AWAITING: Outcome(
        became=_alike(say("This request is waiting for approval.")),
        history=say("Waiting for approval."),
        row=say("Waiting for approval."),
        step=Step.WITHDRAW,
    ),
    ApprovalState.APPROVED: Outcome(
        told=say("Enter the verification code to get the ID."),
        told_of_several=say("Enter the verification codes to get the IDs."),
        history=say("Approved. Enter the verification code to get the ID."),
        row=say("Approved. Waiting for its code."),
        step=Step.ENTER_CODE,
    ),
    ApprovalState.DENIED: Outcome(
        told=say("Nothing was looked up."),
        told_of_several=say("Nothing was looked up."),
        history=say("Denied. The reason is in your direct messages."),
        row=say("Not looked up: the request was denied."),
        step=Step.TRY_AGAIN,
    ),
    ApprovalState.WITHDRAWN: Outcome(
        told=say("You withdrew this request."),
        told_of_several=say("You withdrew this request."),
        history=say("You withdrew this request."),
        row=say("Not looked up: the request was withdrawn."),
        step=Step.TRY_AGAIN,
    ),
    ApprovalState.EXPIRED: Outcome(
        became=_alike(say("Nobody decided in time, so this request expired.")),
        told=say("Nobody decided in time, so your request expired. You can make it again."),
        told_of_several=say("Nobody decided in time, so your request expired. You can make it again."),
        history=say("Expired: nobody decided in time."),
        row=say("Not looked up: nobody decided in time."),
        step=Step.TRY_AGAIN,
    ),
    ApprovalState.LAPSED: Outcome(
        became=OneOrSeveral(
            say("The approval expired because no code was entered in time."),
            say("The approval expired because no codes were entered in time."),
        ),
        told=say("The approval expired because no code was entered in time. You can make the request again."),
        told_of_several=say(
            "The approval expired because no codes were entered in time. You can make the request again."
        ),
        history=say("The approval expired because no code was entered in time."),
        row=say("Not looked up: the approval expired."),
        step=Step.TRY_AGAIN,
    ),
    State.QUEUED: Outcome(
        became=LOOKING_UP,
        history=say("Waiting to be looked up."),
        row=say("Waiting to be looked up."),
    ),
    State.CALLING: Outcome(
        became=LOOKING_UP,
        history=say("Being looked up right now."),
        row=say("Being looked up right now."),
    ),
    State.ANSWERED: Outcome(
        became=OneOrSeveral(say("The agent has the ID."), ASKED_FOR),
        told=say("The phone number ID is ready."),
        history=say("ID found."),
        step=Step.SHOW_ID,
    ),
    State.REFUSED: Outcome(became=OneOrSeveral(say("Alibaba Cloud returned no ID."), ASKED_FOR), step=Step.TRY_AGAIN),
    State.FAILED: Outcome(
        became=OneOrSeveral(say("The lookup failed: there is no ID."), ASKED_FOR), step=Step.TRY_AGAIN
    ),
    State.INTERRUPTED: Outcome(
        became=OneOrSeveral(say("The bot stopped before the answer came."), ASKED_FOR), step=Step.TRY_AGAIN
    ),
    State.REJECTED: Outcome(
        became=OneOrSeveral(say("The bot did not allow the lookup."), ASKED_FOR), step=Step.TRY_AGAIN
    ),
    State.DROPPED: Outcome(
        became=OneOrSeveral(say("The agent stopped the lookup."), say("The agent stopped the list.")),
        step=Step.TRY_AGAIN,
    ),
}
"""A lookup that is held stands as its request's approval; one that was dropped by its agent's order, as itself."""


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


def helps_to_try_again(lookup: Lookup) -> bool:
    """Whether the agent can change how it ends: not where an administrator has to act first, or they have to wait."""
    is_for_admin = PROBLEMS[lookup.result.problem or Problem.INTERNAL].turn is Side.ADMIN
    return not is_for_admin and lookup.result.wait_until is None


def may_try_again(lookup: Lookup) -> bool:
    """Whether asking anew could end otherwise: not for whoever may not ask."""
    return lookup.state is not State.REJECTED or lookup.result.wait_until is not None
