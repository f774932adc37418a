"""The form: its ids, how it is built, and how a submitted one is read."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import SecretStr

from bot.entry.fields import read_code, read_reason
from bot.entry.numbers import read_phone_number
from bot.errors import EntryError
from bot.models import PhoneNumber
from bot.slack import blocks, views
from bot.slack.blocks import Block
from bot.slack.payloads import Origin, Submission
from bot.texts import asking

CALLBACK = "lookup_form"
PHONE = "phone"
CODE = "code"
REASON = "reason"


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that could be read."""

    phone: PhoneNumber
    code: SecretStr
    reason: str


@dataclass(frozen=True, slots=True)
class Mistakes:
    """A form that could not: a sentence for each block it belongs under."""

    by_block: dict[str, str]


def build(
    origin: Origin, *, phone: PhoneNumber | None = None, reason: str = "", notice: str | None = None
) -> views.View:
    """The form, filled in as far as known. There is no way to fill in a code."""
    # Slack keeps what was typed in a field whose ids stay the same when a view is updated. A reopened form must not
    # bring the code back, so each form's blocks are new ones.
    fresh = secrets.token_hex(4)
    intro = [blocks.section(notice)] if notice else []
    return {
        **views.modal(origin, [*intro, blocks.context(asking.FORM_INTRO), *_fields(fresh, phone, reason)]),
        "callback_id": CALLBACK,
        "submit": blocks.plain(asking.FORM_SUBMIT),
        "close": blocks.plain(asking.FORM_CANCEL),
    }


def read(submission: Submission, *, region: str | None) -> Filled | Mistakes:
    """What was filled in, or every mistake in it at once. Raises ``PayloadError`` for a form that is not ours."""
    readers: dict[str, Callable[[str], Any]] = {
        PHONE: partial(read_phone_number, region=region),
        CODE: read_code,
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
    return Mistakes(mistakes) if mistakes else Filled(values[PHONE], values[CODE], values[REASON])


def _fields(fresh: str, phone: PhoneNumber | None, reason: str) -> list[Block]:
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
        blocks.text_field(
            block_id=f"{CODE}-{fresh}",
            action_id=CODE,
            label=asking.CODE_LABEL,
            hint=asking.CODE_HINT,
            has_focus=phone is not None,
        ),
        blocks.text_field(
            block_id=f"{REASON}-{fresh}",
            action_id=REASON,
            label=asking.REASON_LABEL,
            hint=asking.REASON_HINT,
            initial=reason,
            is_optional=True,
            is_multiline=True,
            max_length=500,
        ),
    ]
