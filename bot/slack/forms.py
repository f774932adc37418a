"""The forms: how each is built, and what it becomes when it is submitted.

One number has a field of its own, and one for its code; several are lines of one field, each with its code behind it.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from bot.models import PhoneNumber, Request
from bot.policy import Decision, Verdict
from bot.slack import blocks, buttons, views
from bot.slack.blocks import Block, View
from bot.slack.forms_read import (
    APPROVAL,
    CODE,
    CODE_OF_ONE,
    CODES_OF_SEVERAL,
    DENIAL,
    FOR_APPROVAL,
    LIST,
    LIST_APPROVAL,
    LOOKUP,
    NUMBERS,
    PHONE,
    REASON,
    Filled,
)
from bot.slack.payloads import Origin, Submission
from bot.texts import asking
from bot.texts import requests as texts

LOOKUP_FORMS = (LOOKUP, APPROVAL, LIST, LIST_APPROVAL)
CODES_FORMS = (CODE_OF_ONE, CODES_OF_SEVERAL)

LONGEST = 3000
"""Characters, the most Slack takes in one field: 100 numbers of 15 digits with their codes, as people write them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What a form starts with. There is no way to fill in codes."""

    phones: tuple[PhoneNumber, ...] = ()
    reason: str = ""
    notice: str | None = None
    is_several: bool = False
    """Whether it is the form for several numbers."""


EMPTY = Filling()


def build(origin: Origin, filling: Filling = EMPTY, *, approvers: str | None = None) -> View:
    """The form, filled in as far as known; with ``approvers`` (Slack's markup) the one that asks them for approval."""
    is_several, needs_approval = filling.is_several, approvers is not None
    if approvers is None:
        intro = blocks.context(asking.FORM_INTRO.choose(is_several=is_several))
        submit = asking.FORM_SUBMIT.choose(is_several=is_several)
    else:
        intro = blocks.formatted_context(asking.form_intro(approvers, is_several=is_several))
        submit = asking.FORM_SUBMIT_FOR_APPROVAL
    fresh = secrets.token_hex(4)
    layout = _fields_for_several if is_several else _fields_for_one
    notice = [blocks.section(filling.notice)] if filling.notice else []
    callback_id = (LIST_APPROVAL if is_several else APPROVAL) if needs_approval else (LIST if is_several else LOOKUP)
    return _form(
        origin,
        [*notice, intro, *layout(fresh, filling, needs_approval=needs_approval)],
        callback_id=callback_id,
        title=asking.FORM_TITLE.choose(is_several=is_several),
        submit=submit,
    )


def build_codes(origin: Origin, request: Request) -> View:
    """The form that asks for the codes of an approved request."""
    phones = [each.phone for each in request.lookups]
    fresh = secrets.token_hex(4)
    if request.is_single:
        field = _code(fresh, hint=asking.CODE_HINT, has_focus=True)
    else:
        field = _numbers(fresh, phones, hint=asking.NUMBERS_HINT)
    return _form(
        origin,
        [blocks.section(texts.codes_intro(request)), field],
        callback_id=CODE_OF_ONE if request.is_single else CODES_OF_SEVERAL,
        title=texts.CODE_FORM_TITLE.of(request),
        submit=asking.FORM_SUBMIT.of(request),
        about={"request_id": request.id, "numbers": " ".join(phone.digits for phone in phones)},
    )


def build_denial(origin: Origin, request: Request) -> View:
    """The form that asks an approver for the reason."""
    field = blocks.text_field(
        block_id=f"{REASON}-{secrets.token_hex(4)}",
        action_id=REASON,
        label=texts.DENY_REASON_LABEL,
        hint=texts.DENY_REASON_HINT,
        is_multiline=True,
        max_length=500,
        has_focus=True,
    )
    return _form(
        origin,
        [blocks.context(texts.about_hidden(request)), field],
        callback_id=DENIAL,
        title=texts.DENY_TITLE,
        submit=texts.DENY_SUBMIT,
        about={"request_id": request.id},
    )


def submitted(submission: Submission, filled: Filled) -> View:
    """What a form for numbers or codes becomes at once, before anything is recorded."""
    origin, callback_id = submission.view.origin, submission.view.callback_id
    phones = [entry.phone for entry in filled.entries]
    if callback_id in FOR_APPROVAL:
        return views.notice(origin, asking.asking_for_approval(phones))
    if len(phones) > 1:
        return views.starting(origin, len(phones))
    if callback_id in CODES_FORMS:
        return views.notice(origin, texts.ASKING_NOW)
    return views.waiting(origin, phones[0])


def lacks(decision: Decision, filled: Filled) -> str | None:
    """What a form lacks that was opened before the policy became what it is now, in a sentence."""
    if decision.verdict is Verdict.MAY_WITH_APPROVAL and not filled.reason:
        return code_not_yet(is_several=filled.is_several)
    if decision.verdict is Verdict.MAY and not all(entry.code for entry in filled.entries):
        return asking.CODE_NEEDED.choose(is_several=filled.is_several)
    return None


def code_not_yet(*, is_several: bool) -> str:
    """That an approval is needed first."""
    return asking.CODE_NOT_YET.choose(is_several=is_several)


def _form(
    origin: Origin,
    body: list[Block],
    *,
    callback_id: str,
    title: str,
    submit: str,
    about: dict[str, str] | None = None,
) -> View:
    return {
        **views.modal(origin, body, title=title),
        "callback_id": callback_id,
        "submit": blocks.plain(submit),
        "close": blocks.plain(asking.FORM_CANCEL),
        "private_metadata": json.dumps({**origin.model_dump(), **(about or {})}),
    }


# Slack keeps what was typed in a field whose ids stay the same when a view is updated. A reopened form must not bring a
# code back, so each form's blocks have new ids: ``fresh`` is a part of them.


def _fields_for_one(fresh: str, filling: Filling, *, needs_approval: bool) -> list[Block]:
    phone = filling.phones[0] if filling.phones else None
    return [
        blocks.text_field(
            block_id=f"{PHONE}-{fresh}",
            action_id=PHONE,
            label=asking.PHONE_LABEL,
            hint=asking.PHONE_HINT,
            placeholder=asking.PHONE_PLACEHOLDER,
            initial=phone.international if phone else None,
            has_focus=phone is None,
        ),
        _code(
            fresh,
            hint=asking.CODE_HINT_FOR_APPROVAL if needs_approval else asking.CODE_HINT,
            is_optional=needs_approval,
            has_focus=phone is not None and not needs_approval,
        ),
        _reason(fresh, filling, needs_approval=needs_approval, has_focus=phone is not None and needs_approval),
        blocks.buttons(buttons.open_list()),
    ]


def _fields_for_several(fresh: str, filling: Filling, *, needs_approval: bool) -> list[Block]:
    hint = asking.NUMBERS_HINT_FOR_APPROVAL if needs_approval else asking.NUMBERS_HINT
    return [
        _numbers(fresh, filling.phones, hint=hint),
        _reason(fresh, filling, needs_approval=needs_approval, has_focus=False),
    ]


def _code(fresh: str, *, hint: str, has_focus: bool, is_optional: bool = False) -> Block:
    return blocks.text_field(
        block_id=f"{CODE}-{fresh}",
        action_id=CODE,
        label=asking.CODE_LABEL,
        hint=hint,
        is_optional=is_optional,
        has_focus=has_focus,
    )


def _numbers(fresh: str, phones: Sequence[PhoneNumber], *, hint: str) -> Block:
    return blocks.text_field(
        block_id=f"{NUMBERS}-{fresh}",
        action_id=NUMBERS,
        label=asking.NUMBERS_LABEL,
        hint=hint,
        placeholder=asking.NUMBERS_PLACEHOLDER,
        # With a space behind each, where its code goes.
        initial="\n".join(f"{phone.international} " for phone in phones) or None,
        is_multiline=True,
        max_length=LONGEST,
        has_focus=True,
    )


def _reason(fresh: str, filling: Filling, *, needs_approval: bool, has_focus: bool) -> Block:
    hint = asking.REASON_HINT.choose(is_several=filling.is_several)
    return blocks.text_field(
        block_id=f"{REASON}-{fresh}",
        action_id=REASON,
        label=asking.REASON_LABEL,
        hint=asking.REASON_HINT_FOR_APPROVAL if needs_approval else hint,
        initial=filling.reason,
        is_optional=not needs_approval,
        is_multiline=True,
        max_length=500,
        has_focus=has_focus,
    )
