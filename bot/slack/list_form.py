"""The form for several numbers: its ids, how it is built, and how a submitted one is read."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from bot.entry.fields import read_reason
from bot.entry.lines import WHOLE, Lines, Listed, read_lines
from bot.entry.secrecy import text_holds
from bot.errors import EntryError, EntryMistake
from bot.models import Lookup, PhoneNumber
from bot.slack import blocks, views
from bot.slack.blocks import Block
from bot.slack.form import Mistakes
from bot.slack.payloads import Origin, Submission
from bot.texts import approvals, asking
from bot.texts import lists as texts

CALLBACK = "list_form"
APPROVAL_CALLBACK = "list_approval_form"
"""The same form where somebody must approve: its reason is required, its codes may wait."""
CODES_CALLBACK = "list_codes_form"
"""Asks for the codes of an approved list: its numbers are these and no others."""

NUMBERS = "numbers"
REASON = "reason"

LONGEST = 3000
"""Characters, the most Slack takes in one field: 100 numbers of 15 digits with their codes, as people write them."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that could be read."""

    listed: tuple[Listed, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What a form starts with. There is no way to fill in codes."""

    phones: Sequence[PhoneNumber] = ()
    reason: str = ""
    notice: str | None = None


EMPTY = Filling()


def build(origin: Origin, filling: Filling, *, approvers: str | None = None) -> views.View:
    """The form, filled in as far as known; with ``approvers`` (Slack's markup) the one that asks them for approval."""
    notice = [blocks.section(filling.notice)] if filling.notice else []
    if approvers is None:
        intro, submit, callback = blocks.context(texts.FORM_INTRO), texts.FORM_SUBMIT, CALLBACK
    else:
        intro = blocks.formatted_context(texts.form_intro(approvers))
        submit, callback = approvals.FORM_SUBMIT, APPROVAL_CALLBACK
    needs_approval = approvers is not None
    hint = texts.NUMBERS_HINT_WAIT if needs_approval else texts.NUMBERS_HINT
    body = [*notice, intro, _numbers(filling.phones, hint=hint), _reason(filling.reason, needs_approval=needs_approval)]
    return _form(origin, body, callback=callback, title=texts.FORM_TITLE, submit=submit)


def build_codes(origin: Origin, listed: Sequence[Lookup]) -> views.View:
    """The form that asks for the codes of an approved list."""
    phones = [each.phone for each in listed]
    body = [blocks.section(texts.codes_intro(len(listed))), _numbers(phones, hint=texts.NUMBERS_HINT)]
    about = {"lookup_id": listed[0].id, "numbers": " ".join(phone.digits for phone in phones)}
    return {
        **_form(origin, body, callback=CODES_CALLBACK, title=texts.CODES_TITLE, submit=texts.FORM_SUBMIT),
        "private_metadata": json.dumps({**origin.model_dump(), **about}),
    }


def read(submission: Submission, *, region: str | None) -> Filled | Mistakes:
    """What was filled in, or every mistake in it at once. Raises ``PayloadError`` for a form that is not ours."""
    callback = submission.view.callback_id
    numbers = submission.field(NUMBERS)
    lines = read_lines(numbers.text.get_secret_value(), region=region, needs_codes=callback != APPROVAL_CALLBACK)
    by_line = dict(lines.mistakes)
    if callback == CODES_CALLBACK:
        by_line |= _differences(lines, expected=submission.view.numbers)
    elif lines.codes:  # some alone would be of no use after the approval: all are asked for then
        by_line |= {each.line: EntryMistake.CODES_FOR_SOME for each in lines.listed if each.code is None}
    mistakes = {numbers.block_id: texts.mistakes(by_line)} if by_line else {}
    reason = ""
    if callback != CODES_CALLBACK:
        field = submission.field(REASON)
        try:
            reason = _read_reason(field.text.get_secret_value(), lines, is_required=callback == APPROVAL_CALLBACK)
        except EntryError as error:
            mistakes[field.block_id] = asking.ENTRY_MISTAKES[error.mistake]
    return Mistakes(mistakes) if mistakes else Filled(lines.listed, reason)


def _read_reason(text: str, lines: Lines, *, is_required: bool) -> str:
    reason = read_reason(text)
    if is_required and not reason:
        raise EntryError(EntryMistake.REASON_MISSING)
    if any(text_holds(reason, code) for code in lines.codes):
        raise EntryError(EntryMistake.REASON_HOLDS_CODE)
    return reason


def _differences(lines: Lines, *, expected: Sequence[str]) -> dict[int, EntryMistake]:
    """Where the lines are not those of the approved numbers, in any order."""
    strange = {
        each.line: EntryMistake.NUMBER_NOT_APPROVED for each in lines.listed if each.phone.digits not in expected
    }
    is_whole = lines.mistakes or set(expected) <= {each.phone.digits for each in lines.listed}
    return strange if is_whole else {WHOLE: EntryMistake.NUMBERS_LEFT_OUT, **strange}


def _form(origin: Origin, body: list[Block], *, callback: str, title: str, submit: str) -> views.View:
    return {
        **views.modal(origin, body),
        "callback_id": callback,
        "title": blocks.plain(title),
        "submit": blocks.plain(submit),
        "close": blocks.plain(asking.FORM_CANCEL),
    }


def _numbers(phones: Sequence[PhoneNumber], *, hint: str) -> Block:
    return blocks.text_field(
        # A new id for each form: Slack would carry what was typed, codes among it, over to a reopened one.
        block_id=f"{NUMBERS}-{secrets.token_hex(4)}",
        action_id=NUMBERS,
        label=texts.NUMBERS_LABEL,
        hint=hint,
        placeholder=texts.NUMBERS_PLACEHOLDER,
        # With a space behind each, where its code goes.
        initial="\n".join(f"{phone.international} " for phone in phones) or None,
        is_multiline=True,
        max_length=LONGEST,
        has_focus=True,
    )


def _reason(reason: str, *, needs_approval: bool) -> Block:
    return blocks.text_field(
        block_id=f"{REASON}-{secrets.token_hex(4)}",
        action_id=REASON,
        label=asking.REASON_LABEL,
        hint=approvals.REASON_HINT if needs_approval else texts.REASON_HINT,
        initial=reason,
        is_optional=not needs_approval,
        is_multiline=True,
        max_length=500,
    )
