"""What Slack shows besides the forms and the cards: a value in, Block Kit out."""

import json
from collections.abc import Sequence

from bot.guesses import Chance
from bot.models import ApprovalState, Lookup, PhoneNumber, Problem, Request, State
from bot.policy import Audience
from bot.progress import Progress
from bot.slack import blocks, buttons
from bot.slack.blocks import Block, Message, View
from bot.slack.payloads import Origin
from bot.states import FINAL, has_ended
from bot.texts import asking, problems, results, using_ids
from bot.texts import requests as texts
from bot.texts.language import in_english
from bot.texts.outcomes import OUTCOMES, helps_to_try_again, may_try_again, stand_of_request
from bot.texts.problems import Explanation
from bot.texts.said import Markup, Plain, Said, enumerated_markup, escaped, joined, joined_markup, row, slacks
from bot.tickets import Outlook

NOTICE = "lookup_notice"
SHORTCUT = "get_phone_number_id"

LONGEST_BOX = 2900
"""Characters in one fixed-width box; what is longer goes on in the next."""


def modal(origin: Origin, body: list[Block], *, title: Plain = asking.FORM_TITLE.one) -> View:
    """A window that carries where it was opened from."""
    return {
        "type": "modal",
        "callback_id": NOTICE,
        "title": blocks.plain(title),
        "close": blocks.plain(asking.CLOSE),
        "private_metadata": origin.model_dump_json(),
        "blocks": body,
    }


def notice(origin: Origin, sentence: Plain) -> View:
    """One sentence, with nothing to press."""
    return modal(origin, [blocks.section(sentence)])


def trouble(origin: Origin, sentence: Plain) -> View:
    """One sentence, and the way to try anew."""
    return modal(origin, [blocks.section(sentence), blocks.buttons(buttons.open_form(is_primary=True))])


def refusal(origin: Origin, explanation: Explanation) -> View:
    """Why there is no form for this person."""
    return modal(origin, explained(explanation))


def explained(explanation: Explanation) -> list[Block]:
    """What happened, and what to do next."""
    return [blocks.section(explanation.what), blocks.formatted_section(problems.what_next(explanation))]


def sentence(text: Plain, *, with_form_button: bool = False) -> Message:
    """A plain sentence, with a button that opens the form where that is the next step."""
    button = [blocks.buttons(buttons.open_form(is_primary=True))] if with_form_button else []
    return Message(escaped(text), [blocks.section(text), *button])


MOST_NAMED = 20
"""People and usergroups in one sentence; Slack takes no block of more than 3,000 characters."""


def names(audience: Audience) -> Markup:
    """The people and usergroups of an audience: everybody reads names there. Not all of hundreds."""
    people = [blocks.person(user_id) for user_id in sorted(audience.user_ids)]
    groups = [slacks(f"<!subteam^{group_id}>") for group_id in sorted(audience.group_ids)]
    named = [*groups, *people]
    more = len(named) - MOST_NAMED
    return enumerated_markup(named) if more <= 0 else texts.and_more(named[:MOST_NAMED], more)


def receipt(request: Request) -> Message:
    """That a request waits for approval now, with the way to take it back."""
    said = texts.receipt(request)
    return Message(escaped(said), [blocks.section(said), blocks.buttons(buttons.withdraw(request))])


def receipt_window(origin: Origin, request: Request) -> View:
    return modal(origin, receipt(request).blocks)


def has_ended_message(request: Request) -> bool:
    """Whether ``ended`` has words for it; otherwise its outcome is what there is to say."""
    return request.approval.state is not ApprovalState.NOT_NEEDED and bool(_told(request))


def ended(request: Request) -> Message:
    """What became of a request that needed approval, for its agent. IDs are behind buttons: messages stay."""
    what, about = _ended(request), texts.about(request)
    because = texts.because(request.approval.reason)
    button = buttons.after_request(request)
    body = [
        blocks.header(about),
        blocks.formatted_section(what),
        *([blocks.section(because)] if because else []),
        blocks.context(texts.reference(request)),
        *([blocks.buttons(button)] if button else []),
    ]
    return Message(texts.in_short(about, what, because or "", texts.reference(request)), body)


def _ended(request: Request) -> Markup:
    if texts.is_withdrawn_for_a_leaver(request):
        return escaped(texts.WITHDRAWN_FOR_A_LEAVER)
    told = _told(request) or ""
    if request.approval.state is ApprovalState.WITHDRAWN:  # they know that they did
        return escaped(told)
    return joined_markup(texts.decided(request, decider(request)), told)


def became(request: Request) -> Message:
    """What became of a request, for cards and for somebody whose click came too late."""
    said = texts.became(request, decider(request))
    return Message(said, [blocks.formatted_section(said)])


def decider(request: Request) -> Markup | None:
    """Who decided; ``None`` when it was nobody in Slack."""
    by = request.approval.decided_by
    return blocks.person(by.user_id) if by and by.user_id.startswith(("U", "W")) else None


def wait(request: Request, seconds: float, problem: Problem = Problem.TOO_MANY_GUESSES) -> Message:
    """That an approved request can be used only later, with the way to do so then. ``problem``: whose wait it is."""
    explain = problems.too_many_guesses if request.is_single else problems.list_waits
    said = problems.in_full(explain(seconds, problem))
    return Message(escaped(said), [blocks.section(said), blocks.buttons(buttons.enter_code(request))])


def boxes(lines: Sequence[Plain]) -> list[Block]:
    """Lines to copy, in as few fixed-width boxes as hold them."""
    packed: list[list[Plain]] = []
    room = 0
    for line in lines:
        length = len(in_english(line)) + 1  # a language that needs more room than English is found by its test
        if not packed or length > room:
            packed.append([])
            room = LONGEST_BOX
        packed[-1].append(line)
        room -= length
    return [blocks.preformatted(row(*box, separator="\n")) for box in packed]


def waiting(origin: Origin, phone: PhoneNumber, outlook: Outlook | None = None, *, is_slow: bool = False) -> View:
    """The window of one number that is on its way; with ``outlook`` when its turn will come."""
    if outlook:  # beside "looking up", "in about 3 seconds" would contradict it
        said = [asking.waiting(phone, outlook.place, outlook.seconds)]
    else:
        said = [asking.asking(phone), *([asking.slow(phone)] if is_slow else [])]
    return modal(origin, [*map(blocks.section, said), blocks.context(asking.STILL_ASKING)])


def starting(origin: Origin, count: int) -> View:
    """The window of several numbers that are on their way into the record."""
    body = [
        *(blocks.section(said) for said in (results.asking_for(count), results.bar(0, count))),
        blocks.context(results.STAYS_RUNNING),
    ]
    return modal(origin, body, title=asking.FORM_TITLE.several)


def progress(origin: Origin, now: Progress) -> View:
    """The window of several numbers while they run: how far they are, and what came until now."""
    body = [*_progress(now), blocks.context(results.STAYS_RUNNING), *_stop(now), *_table(now.request, now.ended)]
    return modal(origin, body, title=asking.FORM_TITLE.several)


def progress_message(now: Progress) -> Message:
    """The message that follows several numbers while they run. Messages stay: no ID is in it."""
    text = results.progress_text(len(now.answered), len(now.ended), now.request.size, now.seconds)
    body = [*_approved(now.request), *_progress(now), blocks.context(results.ONLY_YOURS), *_stop(now)]
    return Message(escaped(text), body)


def outcome(origin: Origin, request: Request, chance: Chance | None = None) -> View:
    """How a request ended, in a window: the answer for one number, a table for several. ``chance``: what is left for
    one number after a wrong code, where that is known.
    """
    if request.is_single:
        return lookup_outcome(origin, request.lookup, chance)
    if _is_rejected(request):
        return refusal(origin, problems.explain(request.lookup))
    now = Progress(request=request)
    so_far = results.so_far(len(now.answered), len(now.ended), None)
    body = [
        blocks.section(results.done(request) if now.is_over else so_far),
        blocks.buttons(*_rest(request, is_window=True), buttons.another_list()),  # above the table, which may be long
        blocks.context(results.COPY_HINT),
        *_table(request, request.lookups),
        *_for_embedded_signup(_ids(request)),
        blocks.context(texts.reference(request)),
    ]
    return modal(origin, body, title=results.RESULTS_TITLE)


def outcome_message(request: Request, chance: Chance | None = None) -> Message:
    """How a request ended, as a message to its agent alone. The IDs of several numbers are behind a button."""
    if request.is_single or (_is_rejected(request) and request.lookup.result.wait_until is None):
        return _lookup_message(request.lookup, chance)
    said = results.done(request)
    body = [
        *_approved(request),
        blocks.section(said),
        blocks.context(texts.reference(request)),
        blocks.buttons(buttons.show_results(request), *_rest(request)),
    ]
    return Message(escaped(joined(said, texts.reference(request))), body)


def lookup_outcome(origin: Origin, lookup: Lookup, chance: Chance | None = None) -> View:
    """How one lookup ended, in a window."""
    if lookup.is_forgotten:
        return trouble(origin, texts.FORGOTTEN.one)
    if lookup.state is State.ANSWERED:
        return modal(origin, [*_answer(lookup), blocks.buttons(buttons.another_number())])
    return modal(origin, _no_id(lookup, problems.explain(lookup, chance)))


def used(origin: Origin, request: Request | None) -> View:
    """What to show when codes could not be used: how their request stands, if it is theirs and they were before."""
    if request is None:
        return notice(origin, texts.NOT_ENTERED.one)
    if request.is_any(State.HELD):
        return notice(origin, texts.NOT_ENTERED.of(request))
    if request.is_single and stand_of_request(request) not in FINAL:
        return modal(origin, became(request).blocks)
    return outcome(origin, request) if has_ended(request.lookups) else progress(origin, Progress(request=request))


def _lookup_message(lookup: Lookup, chance: Chance | None) -> Message:
    if lookup.is_forgotten:
        return sentence(texts.FORGOTTEN.one, with_form_button=True)
    if lookup.state is State.ANSWERED:
        return Message(escaped(asking.answer(lookup)), _answer(lookup))
    explanation = problems.explain(lookup, chance)
    return Message(escaped(problems.no_id(lookup, explanation)), _no_id(lookup, explanation))


def _answer(lookup: Lookup) -> list[Block]:
    phone_number_id = lookup.result.phone_number_id or ""
    return [
        blocks.header(asking.answer_heading(lookup.phone)),
        blocks.preformatted(phone_number_id),
        *_for_embedded_signup([phone_number_id]),
        blocks.context(problems.reference_line(lookup)),
    ]


def _ids(request: Request) -> list[str]:
    return [each.result.phone_number_id for each in request.answered if each.result.phone_number_id]


def _for_embedded_signup(ids: Sequence[str]) -> list[Block]:
    """What to paste there, and what to know about IDs."""
    if not ids:
        return []
    what, follows = using_ids.WHAT_IT_IS.choose(is_several=len(ids) > 1), using_ids.what_follows()
    return [
        blocks.section(asking.EMBED_TITLE),
        *boxes(embedded_signup(ids)),
        blocks.context(what),
        blocks.formatted_context(follows),
    ]


def _no_id(lookup: Lookup, explanation: Explanation) -> list[Block]:
    button = buttons.try_again(lookup, is_primary=helps_to_try_again(lookup))
    again = [blocks.buttons(button)] if may_try_again(lookup) else []
    return [
        blocks.header(problems.no_id_heading(lookup)),
        *explained(explanation),
        blocks.context(problems.reference_line(lookup)),
        *again,
    ]


def embedded_signup(ids: Sequence[str]) -> list[str]:
    """The part of ``extras`` that hands IDs to Meta's Embedded Signup: https://developers.facebook.com/docs/whatsapp/embedded-signup"""
    *earlier, last = map(json.dumps, ids)
    opening, closing = "setup: { preVerifiedPhone: { ids: [", "] } }"
    if not earlier:
        return [f"{opening}{last}{closing}"]
    return [opening, *(f"  {each}," for each in earlier), f"  {last}", closing]


def _told(request: Request) -> Said | None:
    return OUTCOMES[stand_of_request(request)].told_to_agent(request)


def _is_rejected(request: Request) -> bool:
    """Whether nobody was asked for any number, for one and the same reason."""
    is_alike = len({each.result for each in request.lookups}) == 1
    return request.is_all(State.REJECTED) and is_alike


def _approved(request: Request) -> list[Block]:
    """That a request which needed approval has it, and whose."""
    by = decider(request)
    return [blocks.formatted_section(joined_markup(texts.decided(request, by)))] if by else []


def _progress(now: Progress) -> list[Block]:
    return [
        blocks.section(results.asking_for(now.request.size)),
        blocks.section(results.bar(len(now.ended), now.request.size)),
        blocks.section(results.so_far(len(now.answered), len(now.ended), now.seconds)),
        *([blocks.section(results.STOPPING)] if now.is_stopped else []),
        *([blocks.section(results.SLOW)] if now.is_slow else []),
    ]


def _stop(now: Progress) -> list[Block]:
    return [blocks.buttons(buttons.stop(now.request))] if now.has_stoppable else []


def _rest(request: Request, *, is_window: bool = False) -> list[Block]:
    """The way to try those again that have no ID; below a message the results come first."""
    left = [each for each in request.lookups if each.state is not State.ANSWERED and not each.is_forgotten]
    is_primary = is_window and any(map(helps_to_try_again, left))
    return [buttons.ask_again_for_rest(request, is_primary=is_primary)] if left else []


def _table(request: Request, lookups: Sequence[Lookup]) -> list[Block]:
    return boxes([results.table_row(request, each) for each in lookups])
