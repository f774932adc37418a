"""What Slack shows besides the form: a value in, Block Kit out. Owns the ids of its buttons."""

import json
from dataclasses import dataclass
from typing import Any

from bot import texts
from bot.models import Lookup, PhoneNumber, State
from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.payloads import Origin

NOTICE = "lookup_notice"
OPEN_FORM = "open_form"
TRY_AGAIN = "try_again"
SHORTCUT = "get_phone_number_id"

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """A message: ``text`` says everything that matters, for screen readers and notifications. Both are escaped."""

    text: str
    blocks: list[Block]


def progress(origin: Origin, phone: PhoneNumber) -> View:
    return modal(origin, [blocks.section(texts.asking(phone)), blocks.context(texts.STILL_ASKING)])


def outcome(origin: Origin, lookup: Lookup) -> View:
    """How a lookup ended, in the window the form was in."""
    again = [] if lookup.state is State.REJECTED else [blocks.buttons(_again_button(lookup))]
    return modal(origin, [*_outcome_blocks(lookup), *again])


def refusal(origin: Origin, explanation: texts.Explanation) -> View:
    """Why there is no form for this person."""
    return modal(origin, _explanation_blocks(explanation))


def trouble(origin: Origin, sentence: str) -> View:
    return modal(origin, [blocks.section(sentence), blocks.buttons(_open_button())])


def outcome_message(lookup: Lookup) -> Message:
    """How a lookup ended, as a message to its agent alone."""
    if lookup.state is State.ANSWERED:
        return Message(blocks.escape(texts.answer(lookup)), _outcome_blocks(lookup))
    again = [] if lookup.state is State.REJECTED else [blocks.buttons(_again_button(lookup))]
    return Message(blocks.escape(texts.no_id(lookup)), [*_outcome_blocks(lookup), *again])


def usage(*, is_unreadable: bool = False) -> Message:
    """How to ask. Never quotes what was typed: it may hold a code."""
    lines = "\n".join(f"`{command}` {what}" for command, what in texts.USAGE_LINES)
    first = [blocks.section(texts.USAGE_UNREADABLE)] if is_unreadable else []
    text = f"{texts.USAGE_UNREADABLE} {texts.usage()}" if is_unreadable else texts.usage()
    body = blocks.formatted_section(f"*{texts.USAGE_TITLE}*\n{lines}")
    return Message(
        text, [*first, body, blocks.context(texts.USAGE_PRIVATE), blocks.buttons(_open_button(is_primary=True))]
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
        "title": blocks.plain(texts.FORM_TITLE),
        "close": blocks.plain(texts.CLOSE),
        "private_metadata": origin.model_dump_json(),
        "blocks": body,
    }


def _outcome_blocks(lookup: Lookup) -> list[Block]:
    if lookup.state is State.ANSWERED:
        return _answer_blocks(lookup)
    return [
        blocks.header(texts.no_id_heading(lookup)),
        *_explanation_blocks(texts.explain(lookup)),
        blocks.context(texts.reference_line(lookup)),
    ]


def _explanation_blocks(explanation: texts.Explanation) -> list[Block]:
    turn, step = blocks.escape(texts.TURN[explanation.turn]), blocks.escape(explanation.next)
    return [blocks.section(explanation.what), blocks.formatted_section(f"*{turn}:* {step}")]


def _answer_blocks(lookup: Lookup) -> list[Block]:
    phone_number_id = lookup.result.phone_number_id or ""
    return [
        blocks.header(texts.answer_heading(lookup.phone)),
        blocks.preformatted(phone_number_id),
        blocks.section(texts.EMBED_TITLE),
        blocks.preformatted(embedded_signup(phone_number_id)),
        blocks.context(texts.reference_line(lookup)),
    ]


def embedded_signup(phone_number_id: str) -> str:
    """The part of ``extras`` that hands the ID to Meta's Embedded Signup: https://developers.facebook.com/docs/whatsapp/embedded-signup"""
    return f"setup: {{ preVerifiedPhone: {{ ids: [{json.dumps(phone_number_id)}] }} }}"


def _again_button(lookup: Lookup) -> Block:
    if lookup.state is State.ANSWERED:
        return blocks.button(texts.ANOTHER_NUMBER, action_id=OPEN_FORM, label=texts.ANOTHER_NUMBER_LABEL)
    return blocks.button(
        texts.TRY_AGAIN, action_id=TRY_AGAIN, label=texts.TRY_AGAIN_LABEL, value=lookup.id, is_primary=True
    )


def _open_button(*, is_primary: bool = False) -> Block:
    return blocks.button(texts.OPEN_FORM, action_id=OPEN_FORM, label=texts.OPEN_FORM_LABEL, is_primary=is_primary)
