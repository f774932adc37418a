"""What was typed into a submitted form, or every mistake in it at once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import SecretStr

from bot.entry.fields import is_blank, read_code, read_reason
from bot.entry.lines import WHOLE, Lines, read_lines
from bot.entry.numbers import read_phone_number
from bot.entry.secrecy import approved_with_code, stands_alone, text_holds, what_is_wrong
from bot.errors import EntryError, EntryMistake
from bot.models import PhoneNumber
from bot.slack.payloads import Submission
from bot.texts import asking, requests
from bot.texts.said import Plain

T = TypeVar("T")

LOOKUP = "lookup_form"
APPROVAL = "approval_form"
"""The same form where somebody must approve: its reason is required, its code may wait."""
LIST = "list_form"
LIST_APPROVAL = "list_approval_form"
CODE_OF_ONE = "code_form"
"""Asks for the code of an approved request."""
CODES_OF_SEVERAL = "list_codes_form"
"""Asks for the codes of an approved request: its numbers are these and no others."""
DENIAL = "denial_form"

FOR_APPROVAL = frozenset({APPROVAL, LIST_APPROVAL})
FOR_SEVERAL = frozenset({LIST, LIST_APPROVAL, CODES_OF_SEVERAL})

PHONE = "phone"
CODE = "code"
NUMBERS = "numbers"
REASON = "reason"


@dataclass(frozen=True, slots=True)
class Entry:
    """One number as it was filled in."""

    phone: PhoneNumber
    code: SecretStr | None
    """``None`` only where the form allows it: the code of a request that awaits approval may come later."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that could be read."""

    entries: tuple[Entry, ...]
    reason: str = ""
    is_several: bool = False
    """Whether it was the form for several numbers, however many were entered."""


@dataclass(frozen=True, slots=True)
class Mistakes:
    """A form that could not: a sentence for each block it belongs under."""

    by_block: dict[str, Plain]


def read(submission: Submission, *, region: str | None) -> Filled | Mistakes:
    """What was asked for. Raises ``PayloadError`` for a form that is not ours."""
    form, needs_approval = _Form(submission), submission.view.callback_id in FOR_APPROVAL
    is_several = submission.view.callback_id in FOR_SEVERAL
    read_entries = _read_lines if is_several else _read_fields
    entries, codes = read_entries(form, region=region, needs_codes=not needs_approval)
    reason = ""
    with form.noting(REASON):
        reason = read_reason(form.text(REASON))
        if needs_approval and not reason:
            raise EntryError(EntryMistake.REASON_MISSING)
        if any(text_holds(reason, code) for code in codes):
            raise EntryError(EntryMistake.REASON_HOLDS_CODE)
    return form.outcome(Filled(entries, reason, is_several))


def read_codes(submission: Submission, *, region: str | None) -> Filled | Mistakes:
    """The codes of an approved request's numbers, each with its number. Raises ``PayloadError`` as above."""
    form, approved = _Form(submission), submission.view.numbers
    if submission.view.callback_id in FOR_SEVERAL:
        lines = read_lines(form.text(NUMBERS), region=region, approved=approved)
        form.note(
            NUMBERS, asking.mistakes({**lines.mistakes, **_differences(lines, approved=approved)}, lines.repeated)
        )
        return form.outcome(Filled(_entries(lines), is_several=True))
    code = None
    with form.noting(CODE):
        code = read_code(form.text(CODE))
        if len(approved) != 1:  # the form was tampered with
            raise EntryError(EntryMistake.NUMBER_NOT_APPROVED)
        # A number that was recorded with the code behind it is no mistake of this form: it is forgotten.
        if not approved_with_code(approved[0], code, approved) and (mistake := what_is_wrong(approved[0], code)):
            raise EntryError(mistake)
    return form.outcome(Filled(tuple(Entry(phone, code) for phone in approved)))


def read_denial(submission: Submission) -> str | Mistakes:
    """The reason that the agent will read. Raises ``PayloadError`` as above."""
    form, reason = _Form(submission), ""
    with form.noting(REASON):
        reason = read_reason(form.text(REASON))
        form.note(REASON, None if reason else requests.DENY_REASON_MISSING)
    return form.outcome(reason)


@dataclass(frozen=True, slots=True)
class _Form:
    """A submitted form, and the mistakes found in it until now."""

    submission: Submission
    by_block: dict[str, Plain] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.submission.field(name).text.get_secret_value()

    def note(self, name: str, sentence: Plain | None) -> None:
        """What is wrong with a field; ``None`` where nothing is."""
        if sentence is not None:
            self.by_block[self.submission.field(name).block_id] = sentence

    @contextmanager
    def noting(self, name: str) -> Iterator[None]:
        """The block reads this field; what is wrong with it is noted, and reading goes on with the next."""
        try:
            yield
        except EntryError as error:
            self.note(name, asking.ENTRY_MISTAKES[error.mistake])

    def outcome(self, read: T) -> T | Mistakes:
        return Mistakes(self.by_block) if self.by_block else read


def _read_fields(
    form: _Form, *, region: str | None, needs_codes: bool
) -> tuple[tuple[Entry, ...], Sequence[SecretStr]]:
    code: SecretStr | None = None
    entries: tuple[Entry, ...] = ()
    with form.noting(CODE):
        typed = form.text(CODE)
        code = read_code(typed) if needs_codes or not is_blank(typed) else None
    with form.noting(PHONE):
        phone = read_phone_number(form.text(PHONE), region=region)
        if not needs_codes and code is None and not stands_alone(phone, form.text(PHONE), region):
            raise EntryError(EntryMistake.NUMBER_UNCERTAIN)
        entries = (Entry(phone, code),)
        if code and (mistake := what_is_wrong(phone, code)):
            form.note(CODE if mistake is EntryMistake.CODE_IS_NUMBER else PHONE, asking.ENTRY_MISTAKES[mistake])
    return entries, [code] if code else []


def _read_lines(form: _Form, *, region: str | None, needs_codes: bool) -> tuple[tuple[Entry, ...], Sequence[SecretStr]]:
    lines = read_lines(form.text(NUMBERS), region=region, needs_codes=needs_codes)
    by_line = dict(lines.mistakes)
    if lines.codes:  # some alone would be of no use after the approval: all are asked for then
        by_line |= {each.line: EntryMistake.CODES_FOR_SOME for each in lines.listed if each.code is None}
    form.note(NUMBERS, asking.mistakes(by_line, lines.repeated))
    return _entries(lines), lines.codes


def _entries(lines: Lines) -> tuple[Entry, ...]:
    return tuple(Entry(each.phone, each.code) for each in lines.listed)


def _differences(lines: Lines, *, approved: Sequence[PhoneNumber]) -> dict[int, EntryMistake]:
    """Where the lines are not those of the approved numbers, in any order."""
    strange = {each.line: EntryMistake.NUMBER_NOT_APPROVED for each in lines.listed if each.phone not in approved}
    is_whole = lines.mistakes or set(approved) <= {each.phone for each in lines.listed}
    return strange if is_whole else {WHOLE: EntryMistake.NUMBERS_LEFT_OUT, **strange}
