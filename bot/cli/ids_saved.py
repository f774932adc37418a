"""A list's output as somebody saved it: a spreadsheet shortens digits, swaps cells and chooses its own separators.

What a row says is then not to be believed; but its reference finds in the record what was written there.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from bot.audit import LogEntry
from bot.cli.ids import COLUMNS, Row
from bot.models import LookupId, PhoneNumber, Request, RequestId, State
from bot.store import journal, requests
from bot.store.engine import Tx
from bot.store.names import REFERENCE, split_lookup_id
from bot.store.record import Record

_WHOLE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\s*")


_Known = tuple[Request | None, Set[int | None]]
"""A request, and which of its numbers were answered as the journal has it."""


@dataclass(frozen=True, slots=True)
class Saved:
    """One row: as it was written, if it is readable as such, and the reference that it names."""

    line: int
    row: Row | None
    reference: LookupId | None


@dataclass(frozen=True, slots=True)
class Held:
    """What a file holds, after it was held against the record."""

    rows: Mapping[PhoneNumber, Row]
    changed: int
    """Rows that said something else."""
    unknown: Sequence[int]
    """Lines of which nobody knows what they were."""


def read_saved(content: bytes) -> list[Saved]:
    """The rows; a last one that a kill tore is left out. Raises ``ValueError`` for what this command did not write."""
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
    whole, end, last = text.rpartition("\n")
    if _WHOLE.fullmatch(re.split("[,;\t]", last)[-1].strip('"\r')):  # saved without an end of line
        whole, end, last = text, "\n", ""
    lines = (whole + end).removeprefix("\ufeff")
    first, _, rest = lines.partition("\n")
    if first.lower().startswith("sep="):
        first, _, rest = rest.partition("\n")
    separator = max(",;\t", key=first.count)
    headings, *rows = csv.reader(io.StringIO(f"{first}\n{rest}", newline=""), delimiter=separator)
    names = [heading.strip().lower() for heading in headings]
    if not {"phone_number", "reference"} <= set(names):
        raise ValueError("other headings")
    saved = [_saved(line, dict(zip(names, cells, strict=False))) for line, cells in enumerate(rows, 2) if any(cells)]
    if any(each.row is None and each.reference is None for each in saved):
        raise ValueError("a row that nothing is known of")
    return saved


def _saved(line: int, cells: Mapping[str, str]) -> Saved:
    reference = cells.get("reference", "").strip(" '")
    try:
        row = Row.read([cells[name] for name in COLUMNS])
    except (ValueError, KeyError):
        row = None
    return Saved(line, row, LookupId(reference) if re.fullmatch(REFERENCE, reference, re.ASCII) else None)


async def hold_against(record: Record, saved: Sequence[Saved]) -> Held:
    """Each row as the record has it.

    Of a row that the record does not know nothing is believed that would keep its number from being asked.
    """
    known: dict[RequestId, _Known] = {}
    rows: dict[PhoneNumber, Row] = {}
    named: dict[LookupId | None, PhoneNumber] = {}
    changed, unknown = 0, []
    for each in saved:
        row = await _recorded(record, each, known)
        if row and named.setdefault(each.reference, row.phone) != row.phone:  # one that was forgotten, for two numbers
            row = None
        if row is None and each.row and not each.row.is_settled:
            row = each.row
        if row is None:
            unknown.append(each.line)
            continue
        changed += row != each.row
        rows[row.phone] = row
    return Held(rows=rows, changed=changed, unknown=unknown)


async def _recorded(record: Record, saved: Saved, known: dict[RequestId, _Known]) -> Row | None:
    if saved.reference is None:
        return None
    request_id, position = split_lookup_id(saved.reference)
    if request_id not in known:
        known[request_id] = await record.read(_find, request_id)
    request, answered = known[request_id]
    lookup = next((each for each in request.lookups if each.position == position), None) if request else None
    if request is None or lookup is None or (lookup.state is State.ANSWERED and position not in answered):
        return None
    row = Row.of(LogEntry(request, lookup))
    if lookup.is_forgotten:  # only the file still has its number and its ID
        return saved.row and saved.row.corrected_by(row)
    return row


def _find(tx: Tx, request_id: RequestId) -> _Known:
    entries = journal.of_request(tx, request_id)
    answered = {each.position for each in entries if each.to_state == State.ANSWERED}
    return requests.find(tx, request_id), answered
