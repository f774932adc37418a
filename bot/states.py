"""The two state machines, of an approval and of a lookup, as data. Pure.

A new state needs more than its changes here: what it means is in ``bot.models``; that the column takes it, in a step of
``bot.store.schema.STEPS``; its words in ``bot.texts.outcomes``; who may do what in it, in ``bot.policy`` and
``bot.access``; and the pictures in docs/architecture.md, and docs/operations.md, under Metrics. Of a new
problem the state that it ends in is here, the words are in ``bot.texts.problems``, and whether to try again in
``bot.cams.retry``.
"""

from collections.abc import Iterable, Mapping

from bot.models import ApprovalState, Lookup, Problem, State

APPROVAL_TRANSITIONS: Mapping[ApprovalState | None, frozenset[ApprovalState]] = {
    None: frozenset({ApprovalState.NOT_NEEDED, ApprovalState.AWAITING}),
    ApprovalState.NOT_NEEDED: frozenset(),
    ApprovalState.AWAITING: frozenset(
        {ApprovalState.APPROVED, ApprovalState.DENIED, ApprovalState.WITHDRAWN, ApprovalState.EXPIRED}
    ),
    ApprovalState.APPROVED: frozenset({ApprovalState.LAPSED}),
    ApprovalState.DENIED: frozenset(),
    ApprovalState.WITHDRAWN: frozenset(),
    ApprovalState.EXPIRED: frozenset(),
    ApprovalState.LAPSED: frozenset(),
}
"""From each state (``None``: not recorded yet), the states the approval of a request may go to next."""

TRANSITIONS: Mapping[State | None, frozenset[State]] = {
    None: frozenset({State.REJECTED, State.QUEUED, State.HELD}),
    State.HELD: frozenset({State.QUEUED, State.DROPPED}),
    # One that follows another lookup goes from here to wherever that one ends.
    State.QUEUED: frozenset(
        {
            State.CALLING,
            State.ANSWERED,
            State.REFUSED,
            State.FAILED,
            State.INTERRUPTED,
            State.REJECTED,
            State.DROPPED,
        }
    ),
    State.CALLING: frozenset({State.ANSWERED, State.REFUSED, State.FAILED, State.INTERRUPTED}),
    State.ANSWERED: frozenset(),
    State.REFUSED: frozenset(),
    State.FAILED: frozenset(),
    # Its process was taken for dead, and its ID came after all: it is what somebody waits for.
    State.INTERRUPTED: frozenset({State.ANSWERED}),
    State.REJECTED: frozenset(),
    State.DROPPED: frozenset(),
}
"""From each state (``None``: not recorded yet), the states a lookup may go to next."""

FINAL = frozenset({State.ANSWERED, State.REFUSED, State.FAILED, State.INTERRUPTED, State.REJECTED, State.DROPPED})
"""Here a lookup is not worked on any more."""

ENDS_UNUSED = frozenset({ApprovalState.DENIED, ApprovalState.WITHDRAWN, ApprovalState.EXPIRED, ApprovalState.LAPSED})
"""With these the lookups of a request that are still held are dropped."""


STATE_AFTER: Mapping[Problem, State] = {
    # No word from the API about the number, or none that helps.
    Problem.THROTTLED: State.FAILED,
    Problem.SERVICE_TROUBLE: State.FAILED,
    Problem.NO_ANSWER: State.FAILED,
    Problem.NOT_TRUSTED: State.FAILED,
    Problem.HOST_UNKNOWN: State.FAILED,
    Problem.PROXY_REFUSED: State.FAILED,
    Problem.NO_RESOLVER: State.FAILED,
    Problem.NO_CONNECTION: State.FAILED,
    Problem.NO_CREDENTIALS: State.FAILED,
    Problem.UNREADABLE: State.FAILED,
    Problem.NO_ID: State.FAILED,
    Problem.NOT_SENDABLE: State.FAILED,
    Problem.INTERNAL: State.FAILED,
    # The API said no.
    Problem.NONCE_USED: State.REFUSED,
    Problem.TOKEN_EXPIRED: State.REFUSED,
    Problem.NOT_SUBSCRIBED: State.REFUSED,
    Problem.NOT_AUTHORIZED: State.REFUSED,
    Problem.ACCOUNT_BLOCKED: State.REFUSED,
    Problem.NO_SUCH_OPERATION: State.REFUSED,
    Problem.NOT_YOURS: State.REFUSED,
    Problem.BAD_NUMBER: State.REFUSED,
    Problem.BAD_REQUEST: State.REFUSED,
    Problem.BAD_CREDENTIALS: State.REFUSED,
    Problem.CLOCK_OFF: State.REFUSED,
    Problem.UNKNOWN_CODE: State.REFUSED,
    # The process ended.
    Problem.PROCESS_ENDED: State.INTERRUPTED,
    # Its agent stopped the request.
    Problem.STOPPED: State.DROPPED,
    # Nobody was asked.
    Problem.NOT_ALLOWED: State.REJECTED,
    Problem.GUEST: State.REJECTED,
    Problem.OUTSIDER: State.REJECTED,
    Problem.WHO_UNKNOWN: State.REJECTED,
    Problem.SCOPE_MISSING: State.REJECTED,
    Problem.SLACK_FORBIDS: State.REJECTED,
    Problem.NOT_A_MEMBER: State.REJECTED,
    Problem.NOT_AN_APPROVER: State.REJECTED,
    Problem.OWN_REQUEST: State.REJECTED,
    Problem.NOT_YOUR_REQUEST: State.REJECTED,
    Problem.CLOCK_UNSURE: State.REJECTED,
    Problem.TOO_MANY_GUESSES: State.REJECTED,
    Problem.TOO_MANY_GUESSES_OF_AGENT: State.REJECTED,
    Problem.AGENT_MAY_NOT_ASK: State.REJECTED,
    Problem.CARD_OUTDATED: State.REJECTED,
    Problem.TOO_MANY_OPEN: State.REJECTED,
}
"""The state each problem ends a lookup in."""


def is_final(state: State) -> bool:
    """Whether a lookup in this state is not worked on any more."""
    return state in FINAL


def has_ended(lookups: Iterable[Lookup]) -> bool:
    """Whether none of these is worked on any more."""
    return all(is_final(each.state) for each in lookups)


def check_transition(from_state: State | None, to_state: State) -> None:
    """Raise ``ValueError`` when there is no such change: a mistake in our code, never a user's."""
    if to_state not in TRANSITIONS[from_state]:
        raise ValueError(f"no lookup goes from {from_state} to {to_state}")


def check_approval_transition(from_state: ApprovalState | None, to_state: ApprovalState) -> None:
    """The same for the approval of a request."""
    if to_state not in APPROVAL_TRANSITIONS[from_state]:
        raise ValueError(f"no approval goes from {from_state} to {to_state}")
