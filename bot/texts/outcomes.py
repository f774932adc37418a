"""How requests and lookups stand or ended, and what is said of it: one table for all states."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.models import ApprovalState, Lookup, Request, State
from bot.states import ENDS_UNUSED
from bot.texts.numbers import OneOrSeveral
from bot.texts.said import Said, say

Stand = ApprovalState | State
"""How a lookup stands: as its request's approval until that is used, and as itself from then on."""


class Step(StrEnum):
    """What an agent can do next about a request or a lookup of theirs; there is a button for each."""

    WITHDRAW = "withdraw"
    ENTER_CODE = "enter code"
    SHOW_ID = "show id"
    TRY_AGAIN = "try again"


NOT_ASKED = say("Not asked.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is said of a request or a lookup that stands so."""

    became: OneOrSeveral
    """What became of a request that needed approval: for cards and for late clicks."""
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


ASKED_FOR = say("This request was approved and asked for.")
"""How it went for each number of several is their agent's to know."""


def _alike(said: Said) -> OneOrSeveral:
    return OneOrSeveral(said, said)


OUTCOMES: Mapping[Stand, Outcome] = {
    ApprovalState.NOT_NEEDED: Outcome(
        became=_alike(say("This request needs no approval.")),
        history=say("Waits for its code."),
        row=say("Waits for its code."),
    ),
    ApprovalState.AWAITING: Outcome(
        became=_alike(say("This request is still to be decided.")),
        history=say("Awaits approval."),
        row=say("Awaits approval."),
        step=Step.WITHDRAW,
    ),
    ApprovalState.APPROVED: Outcome(
        became=_alike(say("This request was approved.")),
        told=say("Your request was approved. Enter the verification code to get the ID."),
        told_of_several=say("Your request was approved. Enter the verification codes to get the IDs."),
        history=say("Approved. Enter the verification code to get the ID."),
        row=say("Approved; its code is needed."),
        step=Step.ENTER_CODE,
    ),
    ApprovalState.DENIED: Outcome(
        became=_alike(say("This request was denied.")),
        told=say("Your request was denied."),
        told_of_several=say("Your request was denied."),
        history=say("Denied; you got the reason as a direct message."),
        row=say("Not asked: the request was denied."),
        step=Step.TRY_AGAIN,
    ),
    ApprovalState.WITHDRAWN: Outcome(
        became=_alike(say("This request was withdrawn.")),
        told=say("Your request was withdrawn. Nobody has to decide on it any more."),
        told_of_several=say("Your request was withdrawn. Nobody has to decide on it any more."),
        history=say("Withdrawn by you."),
        row=say("Not asked: the request was withdrawn."),
        step=Step.TRY_AGAIN,
    ),
    ApprovalState.EXPIRED: Outcome(
        became=_alike(say("This request expired before anybody decided.")),
        told=say("Nobody decided on your request in time, so it expired. You can ask again."),
        told_of_several=say("Nobody decided on your request in time, so it expired. You can ask again."),
        history=say("Expired before anybody decided."),
        row=say("Not asked: nobody decided in time."),
        step=Step.TRY_AGAIN,
    ),
    ApprovalState.LAPSED: Outcome(
        became=_alike(say("This request was approved, and lapsed before it was used.")),
        told=say("Your approved request was not used in time, so the approval lapsed. You can ask again."),
        told_of_several=say("Your approved request was not used in time, so the approval lapsed. You can ask again."),
        history=say("Approved, and not used in time."),
        row=say("Not asked: the approval lapsed."),
        step=Step.TRY_AGAIN,
    ),
    State.QUEUED: Outcome(
        became=_alike(say("This request was approved and is being asked.")),
        history=say("Waits for its turn to be asked."),
        row=say("Waits for its turn."),
    ),
    State.CALLING: Outcome(
        became=_alike(say("This request was approved and is being asked.")),
        history=say("Is being asked right now."),
        row=say("Being asked."),
    ),
    State.ANSWERED: Outcome(
        became=OneOrSeveral(say("This request was approved and answered."), ASKED_FOR),
        told=say("Your request was approved. The phone number ID is ready."),
        history=say("Answered. The ID is there."),
        step=Step.SHOW_ID,
    ),
    State.REFUSED: Outcome(
        became=OneOrSeveral(say("This request was approved; Alibaba Cloud said no."), ASKED_FOR), step=Step.TRY_AGAIN
    ),
    State.FAILED: Outcome(
        became=OneOrSeveral(say("This request was approved; there was no answer."), ASKED_FOR), step=Step.TRY_AGAIN
    ),
    State.INTERRUPTED: Outcome(
        became=OneOrSeveral(say("This request was approved, and broken off when the bot stopped."), ASKED_FOR),
        step=Step.TRY_AGAIN,
    ),
    State.REJECTED: Outcome(
        became=OneOrSeveral(say("This request was refused when it was asked."), ASKED_FOR), step=Step.TRY_AGAIN
    ),
    State.DROPPED: Outcome(
        became=OneOrSeveral(say("This request was approved, and stopped by its agent."), ASKED_FOR), step=Step.TRY_AGAIN
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


def may_try_again(lookup: Lookup) -> bool:
    """Whether asking anew could end otherwise: not for whoever may not ask."""
    return lookup.state is not State.REJECTED or lookup.result.wait_until is not None
