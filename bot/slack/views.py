"""What Slack shows besides the form: a value in, Block Kit out. Owns the ids of its buttons."""

import json
from dataclasses import dataclass
from typing import Any

from bot.models import Lookup, PhoneNumber, State
from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.payloads import Origin
from bot.texts import asking, lists, problems
from bot.tickets import Outlook

NOTICE = "lookup_notice"
OPEN_FORM = "open_form"
OPEN_LIST = "open_list_form"
TRY_AGAIN = "try_again"
SHORTCUT = "get_phone_number_id"

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """A message: ``text`` says everything that matters, for screen readers and notifications. Both are escaped."""

    text: str
    blocks: list[Block]


def progress(origin: Origin, phone: PhoneNumber, outlook: Outlook | None = None) -> View:
    """That a lookup is on its way; with ``outlook`` when its turn will come."""
    waits = [blocks.section(asking.waiting(phone, outlook.place, outlook.seconds))] if outlook else []
    return modal(origin, [blocks.section(asking.asking(phone)), *waits, blocks.context(asking.STILL_ASKING)])


def outcome(origin: Origin, lookup: Lookup) -> View:
    """How a lookup ended, in the window the form was in."""
    if lookup.is_forgotten:
        return trouble(origin, asking.FORGOTTEN)
    again = [blocks.buttons(_again_button(lookup))] if may_try_again(lookup) else []
    return modal(origin, [*_outcome_blocks(lookup), *again])


def may_try_again(lookup: Lookup) -> bool:
    """Whether asking anew could end otherwise: not for whoever may not ask."""
    return lookup.state is not State.REJECTED or lookup.result.wait_until is not None


def refusal(origin: Origin, explanation: problems.Explanation) -> View:
    """Why there is no form for this person."""
    return modal(origin, _explanation_blocks(explanation))


def notice(origin: Origin, sentence: str) -> View:
    """One sentence, with nothing to press."""
    return modal(origin, [blocks.section(sentence)])


def trouble(origin: Origin, sentence: str) -> View:
    return modal(origin, [blocks.section(sentence), blocks.buttons(_open_button())])


def outcome_message(lookup: Lookup) -> Message:
    """How a lookup ended, as a message to its agent alone."""
    if lookup.is_forgotten:
        return sentence(asking.FORGOTTEN, with_form_button=True)
    if lookup.state is State.ANSWERED:
        return Message(blocks.escape(asking.answer(lookup)), _outcome_blocks(lookup))
    again = [blocks.buttons(_again_button(lookup))] if may_try_again(lookup) else []
    return Message(blocks.escape(problems.no_id(lookup)), [*_outcome_blocks(lookup), *again])


def usage(*, is_unreadable: bool = False) -> Message:
    """How to ask. Never quotes what was typed: it may hold a code."""
    lines = "\n".join(f"`{command}` {what}" for command, what in asking.USAGE_LINES)
    first = [blocks.section(asking.USAGE_UNREADABLE)] if is_unreadable else []
    text = f"{asking.USAGE_UNREADABLE} {asking.usage()}" if is_unreadable else asking.usage()
    body = blocks.formatted_section(f"*{asking.USAGE_TITLE}*\n{lines}")
    return Message(
        text,
        [
            *first,
            body,
            blocks.context(asking.USAGE_PRIVATE),
            blocks.buttons(_open_button(is_primary=True), several_button()),
        ],
    )


def sentence(text: str, *, with_form_button: bool = False) -> Message:
    """A plain sentence, with a button that opens the form where that is the next step."""
    button = [blocks.buttons(_open_button())] if with_form_button else []
    return Message(blocks.escape(text), [blocks.section(text), *button])


def modal(origin: Origin, body: list[Block]) -> View:
    """A window that carries where it was opened from."""
    return {
        "type": "modal",
        "callback_id": NOTICE,
        "title": blocks.plain(asking.FORM_TITLE),
        "close": blocks.plain(asking.CLOSE),
        "private_metadata": origin.model_dump_json(),
        "blocks": body,
    }


def _outcome_blocks(lookup: Lookup) -> list[Block]:
    if lookup.state is State.ANSWERED:
        return _answer_blocks(lookup)
    return [
        blocks.header(problems.no_id_heading(lookup)),
        *_explanation_blocks(problems.explain(lookup)),
        blocks.context(problems.reference_line(lookup)),
    ]


def _explanation_blocks(explanation: problems.Explanation) -> list[Block]:
    turn, step = blocks.escape(problems.TURN[explanation.turn]), blocks.escape(explanation.next)
    return [blocks.section(explanation.what), blocks.formatted_section(f"*{turn}:* {step}")]


def _answer_blocks(lookup: Lookup) -> list[Block]:
    phone_number_id = lookup.result.phone_number_id or ""
    return [
        blocks.header(asking.answer_heading(lookup.phone)),
        blocks.preformatted(phone_number_id),
        blocks.section(asking.EMBED_TITLE),
        blocks.preformatted(embedded_signup(phone_number_id)),
        blocks.context(problems.reference_line(lookup)),
    ]


def decider(lookup: Lookup) -> str:
    """Who decided, as Slack's markup for a person; empty when it was nobody in Slack."""
    by = lookup.approval.decided_by if lookup.approval else None
    return f"<@{by.user_id}>" if by and by.user_id.startswith(("U", "W")) else ""


def several_button() -> Block:
    """Opens the form for several numbers."""
    return blocks.button(lists.SEVERAL, action_id=OPEN_LIST, label=lists.SEVERAL_LABEL)


def embedded_signup(phone_number_id: str) -> str:
    """The part of ``extras`` that hands the ID to Meta's Embedded Signup: https://developers.facebook.com/docs/whatsapp/embedded-signup"""
    return f"setup: {{ preVerifiedPhone: {{ ids: [{json.dumps(phone_number_id)}] }} }}"


def _again_button(lookup: Lookup) -> Block:
    if lookup.state is State.ANSWERED:
        return blocks.button(asking.ANOTHER_NUMBER, action_id=OPEN_FORM, label=asking.ANOTHER_NUMBER_LABEL)
    return blocks.button(
        asking.TRY_AGAIN, action_id=TRY_AGAIN, label=asking.TRY_AGAIN_LABEL, value=lookup.id, is_primary=True
    )


def _open_button(*, is_primary: bool = False) -> Block:
    return blocks.button(asking.OPEN_FORM, action_id=OPEN_FORM, label=asking.OPEN_FORM_LABEL, is_primary=is_primary)
