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
from bot.slack.blocks import Block, TextField, View
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
from bot.texts.said import Markup, Plain

LOOKUP_FORMS = (LOOKUP, APPROVAL, LIST, LIST_APPROVAL)
CODES_FORMS = (CODE_OF_ONE, CODES_OF_SEVERAL)

LONGEST = 3000
"""Characters, the most Slack takes in one field: 100 numbers of 15 digits with their codes, as people write them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What a form starts with. There is no way to fill in codes."""

    phones: tuple[PhoneNumber, ...] = ()
    typed: str = ""
    """What is surely a number's, where it is not all of one: no digit of a code is in it."""
    reason: str = ""
    notice: Plain | None = None
    is_several: bool = False
    """Whether it is the form for several numbers."""


EMPTY = Filling()


def build(origin: Origin, filling: Filling = EMPTY, *, approvers: Markup | None = None) -> View:
    """The form, filled in as far as known; with ``approvers`` the one that asks them for approval."""
    is_several, needs_approval = filling.is_several, approvers is not None
    if approvers is None:
        intro = blocks.context(asking.FORM_INTRO.choose(is_several=is_several))
        submit: Plain = asking.FORM_SUBMIT.choose(is_several=is_several)
    else:
        intro = blocks.formatted_context(asking.form_intro(approvers, is_several=is_several))
        submit = asking.FORM_SUBMIT_FOR_APPROVAL
    layout = _fields_for_several if is_several else _fields_for_one
    notice = [blocks.section(filling.notice)] if filling.notice else []
    callback_id = (LIST_APPROVAL if is_several else APPROVAL) if needs_approval else (LIST if is_several else LOOKUP)
    return _form(
        origin,
        [*notice, intro, *layout(filling, needs_approval=needs_approval)],
        callback_id=callback_id,
        title=asking.FORM_TITLE.choose(is_several=is_several),
        submit=submit,
    )


def build_codes(origin: Origin, request: Request) -> View:
    """The form that asks for the codes of an approved request."""
    phones = [each.phone for each in request.lookups]
    if request.is_single:
        field = _code(hint=asking.CODE_HINT, has_focus=True)
    else:
        field = _numbers(phones, hint=asking.NUMBERS_HINT)
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
    field = TextField(
        name=REASON,
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


def lacks(decision: Decision, filled: Filled) -> Plain | None:
    """What a form lacks that was opened before the policy became what it is now, in a sentence."""
    if decision.verdict is Verdict.MAY_WITH_APPROVAL and not filled.reason:
        return asking.CODE_NOT_YET.choose(is_several=filled.is_several)
    if decision.verdict is Verdict.MAY and not all(entry.code for entry in filled.entries):
        return asking.CODE_NEEDED.choose(is_several=filled.is_several)
    return None


def _form(
    origin: Origin,
    body: Sequence[Block | TextField],
    *,
    callback_id: str,
    title: Plain,
    submit: Plain,
    about: dict[str, str] | None = None,
) -> View:
    fresh = secrets.token_hex(4)
    blocks_of_form = [each.block(fresh) if isinstance(each, TextField) else each for each in body]
    return {
        **views.modal(origin, blocks_of_form, title=title),
        "callback_id": callback_id,
        "submit": blocks.plain(submit),
        "close": blocks.plain(asking.FORM_CANCEL),
        "private_metadata": json.dumps({**origin.model_dump(), **(about or {})}),
    }


def _fields_for_one(filling: Filling, *, needs_approval: bool) -> list[Block | TextField]:
    phone = filling.phones[0] if filling.phones else None
    return [
        TextField(
            name=PHONE,
            label=asking.PHONE_LABEL,
            hint=asking.PHONE_HINT,
            placeholder=asking.PHONE_PLACEHOLDER,
            initial=phone.international if phone else filling.typed,
            has_focus=phone is None,
        ),
        _code(
            hint=asking.CODE_HINT_FOR_APPROVAL if needs_approval else asking.CODE_HINT,
            is_optional=needs_approval,
            has_focus=phone is not None and not needs_approval,
        ),
        _reason(filling, needs_approval=needs_approval, has_focus=phone is not None and needs_approval),
        blocks.buttons(buttons.open_list()),
    ]


def _fields_for_several(filling: Filling, *, needs_approval: bool) -> list[Block | TextField]:
    hint = asking.NUMBERS_HINT_FOR_APPROVAL if needs_approval else asking.NUMBERS_HINT
    return [
        _numbers(filling.phones, hint=hint),
        _reason(filling, needs_approval=needs_approval, has_focus=False),
    ]


def _code(*, hint: Plain, has_focus: bool, is_optional: bool = False) -> TextField:
    return TextField(name=CODE, label=asking.CODE_LABEL, hint=hint, is_optional=is_optional, has_focus=has_focus)


def _numbers(phones: Sequence[PhoneNumber], *, hint: Plain) -> TextField:
    return TextField(
        name=NUMBERS,
        label=asking.NUMBERS_LABEL,
        hint=hint,
        placeholder=asking.NUMBERS_PLACEHOLDER,
        initial="\n".join(f"{phone.international} " for phone in phones),  # with a space behind each for its code
        is_multiline=True,
        max_length=LONGEST,
        has_focus=True,
    )


def _reason(filling: Filling, *, needs_approval: bool, has_focus: bool) -> TextField:
    hint = asking.REASON_HINT.choose(is_several=filling.is_several)
    return TextField(
        name=REASON,
        label=asking.REASON_LABEL,
        hint=asking.REASON_HINT_FOR_APPROVAL if needs_approval else hint,
        initial=filling.reason,
        is_optional=not needs_approval,
        is_multiline=True,
        max_length=500,
        has_focus=has_focus,
    )
