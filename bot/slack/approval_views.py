"""What agents and approvers see of approvals, besides the cards: receipts, forms, what became of a request."""

import json
import secrets

from bot.models import Lookup, State
from bot.policy import Circle, Decision, Verdict
from bot.slack import blocks, list_views, views
from bot.slack.blocks import Block
from bot.slack.payloads import Origin
from bot.slack.views import Message, View
from bot.texts import approvals as texts
from bot.texts import asking, problems

WITHDRAW = "withdraw"
ENTER_CODE = "enter_code"
ENTER_CODES = "enter_codes"
SHOW_ID = "show_id"
DENIAL = "denial_form"
CODE_FORM = "code_form"
REASON = "reason"
CODE = "code"


def receipt(lookup: Lookup) -> Message:
    """That the request waits now, with the way to take it back."""
    return Message(
        blocks.escape(texts.receipt(lookup)),
        [blocks.section(texts.receipt(lookup)), blocks.buttons(_withdraw_button(lookup))],
    )


def receipt_window(origin: Origin, lookup: Lookup) -> View:
    return views.modal(origin, receipt(lookup).blocks)


def used_window(origin: Origin, lookup: Lookup | None) -> View:
    """How a request stands whose code was entered in this window, if it is theirs."""
    if lookup is None or lookup.state is State.APPROVED:
        return views.notice(origin, texts.NOT_ENTERED)
    if lookup.state in texts.ASKED or lookup.state is State.REJECTED:
        return views.outcome(origin, lookup)
    return views.notice(origin, texts.no_button(texts.outcome(lookup)))


def ended(lookup: Lookup) -> Message:
    """What became of a request that needed approval, for its agent. The ID is behind a button: messages stay."""
    what, again = _TOLD[lookup.state]
    if lookup.place and lookup.state is State.APPROVED:
        what = f"{texts.TOLD_APPROVED} {texts.TOLD_ENTER_CODES}"
    reason = lookup.approval.reason if lookup.approval else ""
    by = "" if lookup.state is State.WITHDRAWN else views.decider(lookup)  # they know that they did
    body = [
        blocks.header(texts.about(lookup)),
        blocks.formatted_section(blocks.escape(what) + (f" {texts.BY} {by}." if by else "")),
        *([blocks.section(f"{texts.REASON_GIVEN}: {reason}")] if reason else []),
        blocks.context(texts.reference(lookup)),
        *again(lookup),
    ]
    text = f"{texts.about(lookup)}: {what}" + (f" {texts.REASON_GIVEN}: {reason}" if reason else "")
    return Message(blocks.escape(f"{text} {texts.reference(lookup)}"), body)


def has_ended_message(lookup: Lookup) -> bool:
    """Whether ``ended`` has words for it; otherwise what the API said is what there is to say."""
    return lookup.approval is not None and lookup.state in _TOLD


def outcome(lookup: Lookup) -> Message:
    """What has become of a request, for somebody whose click came too late."""
    if lookup.is_forgotten:
        return views.sentence(asking.FORGOTTEN)
    return became(lookup)


def became(lookup: Lookup) -> Message:
    """What has become of a request."""
    by = views.decider(lookup)
    words = blocks.escape(texts.no_button(texts.outcome(lookup)))
    said = f"{words} {texts.BY} {by}." if by else words
    return Message(said, [blocks.formatted_section(said)])


def wait(lookup: Lookup, seconds: float) -> Message:
    """That an approved request can be used only later, with the way to do so then."""
    said = problems.too_many_guesses(seconds)
    words = f"{said.what} {said.next}"
    return Message(blocks.escape(words), [blocks.section(words), *_code_button(lookup)])


def denial_form(origin: Origin, lookup: Lookup) -> View:
    field = blocks.text_field(
        block_id=f"{REASON}-{secrets.token_hex(4)}",
        action_id=REASON,
        label=texts.DENY_REASON_LABEL,
        hint=texts.DENY_REASON_HINT,
        is_multiline=True,
        max_length=500,
        has_focus=True,
    )
    return {
        **views.modal(origin, [blocks.context(texts.about_hidden(lookup)), field]),
        "callback_id": DENIAL,
        "title": blocks.plain(texts.DENY_TITLE),
        "submit": blocks.plain(texts.DENY_SUBMIT),
        "close": blocks.plain(texts.CANCEL),
        "private_metadata": json.dumps({**origin.model_dump(), "lookup_id": lookup.id}),
    }


def code_form(origin: Origin, lookup: Lookup) -> View:
    field = blocks.text_field(
        block_id=f"{CODE}-{secrets.token_hex(4)}",
        action_id=CODE,
        label=asking.CODE_LABEL,
        hint=asking.CODE_HINT,
        has_focus=True,
    )
    return {
        **views.modal(origin, [blocks.section(texts.code_form_intro(lookup.phone)), field]),
        "callback_id": CODE_FORM,
        "title": blocks.plain(texts.CODE_FORM_TITLE),
        "submit": blocks.plain(asking.FORM_SUBMIT),
        "close": blocks.plain(asking.FORM_CANCEL),
        "private_metadata": json.dumps({**origin.model_dump(), "lookup_id": lookup.id}),
    }


def details(origin: Origin, lookup: Lookup) -> View:
    """The full number, for an approver's eyes."""
    return {
        **views.modal(
            origin,
            [
                blocks.header(lookup.phone.international),
                blocks.formatted_section(texts.asked_by(f"<@{lookup.agent.user_id}>")),
                blocks.section(f"{texts.REASON_GIVEN}: {lookup.reason or texts.NO_REASON}"),
                blocks.context(texts.reference(lookup)),
            ],
        ),
        "title": blocks.plain(texts.DETAILS_TITLE),
    }


def why(decision: Decision, *, may_decide: bool, approvers: Circle, wait: float | None = None) -> Message:
    """What the policy means for one person, and which rule says so. ``wait``: for how long (seconds) they may not."""
    said = [blocks.escape(line) for line in texts.what_the_policy_means(decision, is_approver=may_decide)]
    if decision.verdict is Verdict.MAY_WITH_APPROVAL:
        said.append(texts.decided_by(names(approvers)))
    if wait is not None:
        said.append(blocks.escape(problems.too_many_guesses(wait).next))
    return Message("\n".join(said), [blocks.formatted_section("\n".join(said))])


def names(circle: Circle) -> str:
    """The people and usergroups of a circle, as Slack's markup: everybody reads names there."""
    people = [f"<@{user_id}>" for user_id in sorted(circle.user_ids)]
    groups = [f"<!subteam^{group_id}>" for group_id in sorted(circle.group_ids)]
    return ", ".join([*groups, *people])


def _withdraw_button(lookup: Lookup) -> Block:
    return blocks.button(texts.WITHDRAW, action_id=WITHDRAW, label=texts.WITHDRAW_LABEL, value=lookup.id)


def _show_button(lookup: Lookup) -> list[Block]:
    button = blocks.button(
        texts.SHOW_ID, action_id=SHOW_ID, label=texts.SHOW_ID_LABEL, value=lookup.id, is_primary=True
    )
    return [blocks.buttons(button)]


def code_button(lookup: Lookup) -> Block:
    """Asks for the code of an approved request, or for all codes of the list it stands in."""
    words, label, action_id = texts.ENTER_CODE, texts.ENTER_CODE_LABEL, ENTER_CODE
    if lookup.place:
        words, label, action_id = texts.ENTER_CODES, texts.ENTER_CODES_LABEL, ENTER_CODES
    return blocks.button(words, action_id=action_id, label=label, value=lookup.id, is_primary=True)


def _code_button(lookup: Lookup) -> list[Block]:
    return [blocks.buttons(code_button(lookup))]


def _again_button(lookup: Lookup) -> list[Block]:
    if lookup.place:
        return [blocks.buttons(list_views.again_button(lookup, is_whole=True))]
    button = blocks.button(asking.TRY_AGAIN, action_id=views.TRY_AGAIN, label=asking.TRY_AGAIN_LABEL, value=lookup.id)
    return [blocks.buttons(button)]


_TOLD = {
    State.APPROVED: (f"{texts.TOLD_APPROVED} {texts.TOLD_ENTER_CODE}", _code_button),
    State.ANSWERED: (f"{texts.TOLD_APPROVED} {texts.TOLD_ANSWERED}", _show_button),
    State.DENIED: (texts.TOLD_DENIED, _again_button),
    State.WITHDRAWN: (texts.TOLD_WITHDRAWN, _again_button),
    State.EXPIRED: (texts.TOLD_EXPIRED, _again_button),
    State.LAPSED: (texts.TOLD_LAPSED, _again_button),
}
