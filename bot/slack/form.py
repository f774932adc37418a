"""The form: its ids, how it is built, and how a submitted one is read."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import SecretStr

from bot.entry.fields import read_code, read_reason
from bot.entry.numbers import read_phone_number
from bot.entry.secrecy import number_holds, text_holds
from bot.errors import EntryError, EntryMistake
from bot.models import PhoneNumber
from bot.slack import blocks, views
from bot.slack.blocks import Block
from bot.slack.payloads import Origin, Submission
from bot.texts import approvals, asking

CALLBACK = "lookup_form"
APPROVAL_CALLBACK = "approval_form"
"""The same form where somebody must approve: its reason is required, its code may wait."""

PHONE = "phone"
CODE = "code"
REASON = "reason"


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that could be read."""

    phone: PhoneNumber
    code: SecretStr | None
    """``None`` only where the form allows it: the code of a request that awaits approval may come later."""
    reason: str


@dataclass(frozen=True, slots=True)
class Mistakes:
    """A form that could not: a sentence for each block it belongs under."""

    by_block: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What a form starts with. There is no way to fill in a code."""

    phone: PhoneNumber | None = None
    reason: str = ""
    notice: str | None = None


EMPTY = Filling()


def build(origin: Origin, filling: Filling, *, approvers: str | None = None) -> views.View:
    """The form, filled in as far as known; with ``approvers`` (Slack's markup) the one that asks them for approval."""
    # Slack keeps what was typed in a field whose ids stay the same when a view is updated. A reopened form must not
    # bring the code back, so each form's blocks are new ones.
    fresh = secrets.token_hex(4)
    notice = [blocks.section(filling.notice)] if filling.notice else []
    if approvers is None:
        intro, submit, callback = blocks.context(asking.FORM_INTRO), asking.FORM_SUBMIT, CALLBACK
    else:
        intro = blocks.formatted_context(approvals.form_intro(approvers))
        submit, callback = approvals.FORM_SUBMIT, APPROVAL_CALLBACK
    fields = _fields(fresh, filling, needs_approval=approvers is not None)
    return {
        **views.modal(origin, [*notice, intro, *fields, blocks.buttons(views.several_button())]),
        "callback_id": callback,
        "submit": blocks.plain(submit),
        "close": blocks.plain(asking.FORM_CANCEL),
    }


def read(submission: Submission, *, region: str | None) -> Filled | Mistakes:
    """What was filled in, or every mistake in it at once. Raises ``PayloadError`` for a form that is not ours."""
    needs_approval = submission.view.callback_id == APPROVAL_CALLBACK
    readers: dict[str, Callable[[str], Any]] = {
        PHONE: partial(read_phone_number, region=region),
        CODE: _read_code_if_any if needs_approval else read_code,
        REASON: read_reason,
    }
    values: dict[str, Any] = {}
    mistakes: dict[str, str] = {}
    for name, reader in readers.items():
        field = submission.field(name)
        try:
            values[name] = reader(field.text.get_secret_value())
        except EntryError as error:
            mistakes[field.block_id] = asking.ENTRY_MISTAKES[error.mistake]
    if needs_approval and values.get(REASON) == "":
        mistakes[submission.field(REASON).block_id] = asking.ENTRY_MISTAKES[EntryMistake.REASON_MISSING]
    for name, mistake in _misplaced_codes(values):
        mistakes[submission.field(name).block_id] = asking.ENTRY_MISTAKES[mistake]
    return Mistakes(mistakes) if mistakes else Filled(values[PHONE], values[CODE], values[REASON])


def _misplaced_codes(values: dict[str, Any]) -> Iterator[tuple[str, EntryMistake]]:
    code = values.get(CODE)
    if code is None:
        return
    if PHONE in values and number_holds(values[PHONE], code):
        yield PHONE, EntryMistake.NUMBER_HOLDS_CODE
    if text_holds(values.get(REASON, ""), code):
        yield REASON, EntryMistake.REASON_HOLDS_CODE


def _read_code_if_any(text: str) -> SecretStr | None:
    return read_code(text) if text.strip() else None


def _fields(fresh: str, filling: Filling, *, needs_approval: bool) -> list[Block]:
    return [
        blocks.text_field(
            block_id=f"{PHONE}-{fresh}",
            action_id=PHONE,
            label=asking.PHONE_LABEL,
            hint=asking.PHONE_HINT,
            placeholder=asking.PHONE_PLACEHOLDER,
            initial=filling.phone.international if filling.phone else None,
            has_focus=filling.phone is None,
        ),
        blocks.text_field(
            block_id=f"{CODE}-{fresh}",
            action_id=CODE,
            label=asking.CODE_LABEL,
            hint=approvals.CODE_HINT if needs_approval else asking.CODE_HINT,
            is_optional=needs_approval,
            has_focus=filling.phone is not None and not needs_approval,
        ),
        blocks.text_field(
            block_id=f"{REASON}-{fresh}",
            action_id=REASON,
            label=asking.REASON_LABEL,
            hint=approvals.REASON_HINT if needs_approval else asking.REASON_HINT,
            initial=filling.reason,
            is_optional=not needs_approval,
            is_multiline=True,
            max_length=500,
            has_focus=filling.phone is not None and needs_approval,
        ),
    ]
