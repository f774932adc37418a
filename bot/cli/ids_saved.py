"""A list's output as somebody saved it: a spreadsheet shortens digits, swaps cells and chooses its own separators.

What a row says is then not to be believed; but its reference finds in the record what was written there.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.audit import LogEntry
from bot.cli.ids import COLUMNS, Row
from bot.models import LookupId, PhoneNumber, Request, RequestId
from bot.store import requests
from bot.store.names import split_lookup_id
from bot.store.record import Record

_REFERENCE = re.compile(r"R-[0-9A-Z]{8}(/[1-9]\d{0,4})?")
_WHOLE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\s*")


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
    return Saved(line, row, LookupId(reference) if _REFERENCE.fullmatch(reference) else None)


async def hold_against(record: Record, saved: Sequence[Saved]) -> Held:
    """Each row as the record has it. One that the record does not know stays as it is, if it can be read."""
    known: dict[RequestId, Request | None] = {}
    rows: dict[PhoneNumber, Row] = {}
    changed, unknown = 0, []
    for each in saved:
        row = await _recorded(record, each.reference, known) or each.row
        if row is None:
            unknown.append(each.line)
            continue
        changed += row != each.row
        rows[row.phone] = row
    return Held(rows=rows, changed=changed, unknown=unknown)


async def _recorded(record: Record, reference: LookupId | None, known: dict[RequestId, Request | None]) -> Row | None:
    if reference is None:
        return None
    request_id, position = split_lookup_id(reference)
    if request_id not in known:
        known[request_id] = await record.read(requests.find, request_id)
    request = known[request_id]
    found = [each for each in request.lookups if each.position == position] if request else []
    if request is None or not found or found[0].is_forgotten:
        return None
    return Row.of(LogEntry(request, found[0]))
