"""Every view and message that the bot can emit, in its longest form, for whoever validates them.

A test finds each function of the modules below that makes one, and wants it here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

from bot.audit import LogEntry
from bot.guesses import Alarm, Counts, Guesses, Suspect
from bot.models import (
    NOT_NEEDED,
    Actor,
    Approval,
    ApprovalState,
    Lookup,
    LookupId,
    PhoneNumber,
    Problem,
    Request,
    RequestId,
    Result,
    State,
    Through,
)
from bot.policy import Audience, Decision, Rule, Verdict
from bot.progress import Progress
from bot.recent import RecentCounts
from bot.slack import cards, forms, pages, views
from bot.slack.blocks import Message, View
from bot.slack.payloads import Origin
from bot.states import STATE_AFTER
from bot.texts.language import in_english
from bot.texts.problems import PROBLEMS, Explanation
from bot.texts.requests import ChannelTrouble
from bot.tickets import Outlook

Specimen = Message | View

MOST_NUMBERS, LONGEST_REASON, LONGEST_ID = 100, 500, 128

AT = 1_800_000_000.0
"""Unix seconds: when everything in them happened."""

REASON = ("&<> " * LONGEST_REASON)[:LONGEST_REASON].strip()
"""As long as a reason may be, of what becomes longest when it is escaped."""

AGENT = Actor(team_id="T0000000000", user_id="U0000000000", through=Through.SLACK)
APPROVER = Actor(team_id="T0000000000", user_id="U0000000001", through=Through.SLACK)
ORIGIN = Origin(channel_id="C0000000000", response_url="https://hooks.slack.com/commands/" + "0" * 120)
PEOPLE = Audience(
    user_ids=frozenset(f"U{number:010}" for number in range(800)),
    group_ids=frozenset(f"S{number:010}" for number in range(50)),
)
RESULT = Result(
    phone_number_id="W" * LONGEST_ID,
    api_code="W" * 100,
    request_id="0" * 36,
    http_status=400,
    attempts=3,
    milliseconds=1,
)
COUNTS = RecentCounts(
    by_agent=10_000,
    for_number=10_000,
    refused=Counts(for_number=Guesses(refused=10_000), by_agent=Guesses(refused=10_000)),
    at=AT,
)


def specimens() -> Mapping[str, Specimen]:
    """All of them by name, each a ``Message`` or a ``View``."""
    return dict([*_plain(), *_forms(), *_cards(), *_pages(), *_outcomes()])


def _request(count: int, state: State, approval: Approval = NOT_NEEDED, *, problem: Problem | None = None) -> Request:
    name = RequestId("R-00000000")
    result = RESULT if state is State.ANSWERED else replace(RESULT, phone_number_id=None, problem=problem)
    lookups = tuple(
        Lookup(
            id=LookupId(name if count == 1 else f"{name}/{position}"),
            position=position,
            phone=PhoneNumber(f"{861380000000000 + position}"),
            asked_at=AT,
            state=state,
            updated_at=AT,
            result=result,
        )
        for position in range(1, count + 1)
    )
    return Request(
        id=name,
        agent=AGENT,
        reason=REASON,
        channel_id=ORIGIN.channel_id,
        asked_at=AT,
        size=count,
        approval=approval,
        lookups=lookups,
    )


def _approval(state: ApprovalState) -> Approval:
    decided = {} if state is ApprovalState.AWAITING else {"decided_by": APPROVER, "decided_at": AT, "reason": REASON}
    return Approval(state=state, expires_at=AT, **decided)  # type: ignore[arg-type]  # each of its own type


WAITING = _approval(ApprovalState.AWAITING)
APPROVED = _approval(ApprovalState.APPROVED)

_ENDS = (ApprovalState.DENIED, ApprovalState.WITHDRAWN, ApprovalState.EXPIRED, ApprovalState.LAPSED)


def _plain() -> Iterator[tuple[str, Specimen]]:
    phone, outlook = PhoneNumber("8" * 15), Outlook(place=10_000, seconds=100_000.0)
    yield "views.notice", views.notice(ORIGIN, REASON)
    yield "views.trouble", views.trouble(ORIGIN, REASON)
    yield "views.sentence", views.sentence(REASON, with_form_button=True)
    yield "views.waiting", views.waiting(ORIGIN, phone, outlook)
    yield "views.waiting, slow", views.waiting(ORIGIN, phone, is_slow=True)
    yield "views.starting", views.starting(ORIGIN, MOST_NUMBERS)
    yield "views.refusal", views.refusal(ORIGIN, max(PROBLEMS.values(), key=_length))


def _forms() -> Iterator[tuple[str, Specimen]]:
    some = _request(1, State.HELD, APPROVED), _request(MOST_NUMBERS, State.HELD, APPROVED)
    for request, approvers in product(some, (None, views.names(PEOPLE))):
        phones = tuple(each.phone for each in request.lookups)
        filling = forms.Filling(phones=phones, reason=REASON, notice=REASON, is_several=not request.is_single)
        name = f"forms.build, {request.size} numbers, {'approval' if approvers else 'none'}"
        yield name, forms.build(ORIGIN, filling, approvers=approvers)
    for request in some:
        yield f"forms.build_codes, {request.size}", forms.build_codes(ORIGIN, request)
        yield f"forms.build_denial, {request.size}", forms.build_denial(ORIGIN, request)


def _cards() -> Iterator[tuple[str, Specimen]]:
    for count in (1, MOST_NUMBERS):
        waiting = _request(count, State.HELD, WAITING)
        card = cards.card(waiting, COUNTS, is_reminder=True)
        yield f"cards.card, {count}", card
        for trouble in ChannelTrouble:
            yield f"cards.sent_directly, {count}, {trouble}", cards.sent_directly(card, "C0000000000", trouble)
        for state in _ENDS:
            ended = _request(count, State.DROPPED, _approval(state))
            yield f"cards.decided_card, {count}, {state}", cards.decided_card(ended)
            yield f"views.ended, {count}, {state}", views.ended(ended)
            yield f"views.became, {count}, {state}", views.became(ended)
        yield f"views.receipt, {count}", views.receipt(waiting)
        yield f"views.receipt_window, {count}", views.receipt_window(ORIGIN, waiting)
        yield f"views.wait, {count}", views.wait(_request(count, State.HELD, APPROVED), 100_000.0)
    yield "cards.taken_away", cards.taken_away()
    for suspect in Suspect:
        suspicious = _request(1, State.REFUSED)
        alarm = Alarm(
            entry=1, request=suspicious, lookup=suspicious.lookup, suspect=suspect, refused=10_000, seconds=100_000.0
        )
        yield f"cards.alarm_message, {suspect}", cards.alarm_message(alarm)


def _pages() -> Iterator[tuple[str, Specimen]]:
    for verdict in Verdict:
        decision = Decision(verdict, Rule.GUESSES, Problem.TOO_MANY_GUESSES if verdict is Verdict.MAY_NOT else None)
        helped = pages.help_page(decision, approvers=PEOPLE, wait=100_000.0, is_unreadable=True)
        yield f"pages.help_page, {verdict}", helped
        said = pages.why(decision, is_approver=True, approvers=PEOPLE, wait=100_000.0)
        yield f"pages.why, {verdict}", said
    several = _request(MOST_NUMBERS, State.ANSWERED, APPROVED)
    yield "pages.details", pages.details(ORIGIN, _request(1, State.HELD, WAITING))
    yield "pages.details, several", pages.details(ORIGIN, several)
    yield "pages.history, nothing", pages.history([], is_first=True)
    for state in (State.ANSWERED, State.REFUSED, State.HELD):
        request = _request(pages.PAGE + 1, state, APPROVED, problem=Problem.UNKNOWN_CODE)
        found = [LogEntry(request, each) for each in request.lookups]
        yield f"pages.history, {state}", pages.history(found, is_first=False)


def _outcomes() -> Iterator[tuple[str, Specimen]]:
    longest = {
        state: max(
            (each for each in STATE_AFTER if STATE_AFTER[each] is state), key=lambda each: _length(PROBLEMS[each])
        )
        for state in set(STATE_AFTER.values())
    }
    kinds = [(State.ANSWERED, None), *sorted(longest.items())]
    for count, (state, problem), approval in product((1, MOST_NUMBERS), kinds, (NOT_NEEDED, APPROVED)):
        request = _request(count, state, approval, problem=problem)
        name = f"{count}, {state}, {approval.state}"
        yield f"views.outcome, {name}", views.outcome(ORIGIN, request)
        yield f"views.outcome_message, {name}", views.outcome_message(request)
        yield f"views.lookup_outcome, {name}", views.lookup_outcome(ORIGIN, request.lookup)
    for state in (State.QUEUED, State.CALLING, State.ANSWERED):
        now = Progress(request=_request(MOST_NUMBERS, state, APPROVED), seconds=100_000.0, is_slow=True)
        yield f"views.progress, {state}", views.progress(ORIGIN, now)
        yield f"views.progress_message, {state}", views.progress_message(now)
        yield f"views.used, {state}", views.used(ORIGIN, now.request)
    yield "views.used, nothing", views.used(ORIGIN, None)


def _length(explanation: Explanation) -> int:
    return len(in_english(explanation.what)) + len(in_english(explanation.next))
