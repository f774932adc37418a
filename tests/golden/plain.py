"""Normalising: what differs from run to run gets a name, and what nobody sees is left out."""

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.sandbox.cams.book import BOOK

UNSEEN = frozenset(
    {
        "action_id",
        "block_id",
        "callback_id",
        "channel",  # the place a call is listed under says it
        "emoji",
        "external_id",
        "hash",
        "private_metadata",
        "token",
        "trigger_id",
        "ts",
        "value",
        "view_id",
    }
)
"""Ids and addresses by which the bot, or Slack, finds things again: no person reads them, and they may be renamed."""

VARYING = frozenset({"milliseconds"})
"""Facts and columns that are measured."""

_PATTERNS = (
    (re.compile(r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b"), "REQUEST-ID"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "HASH"),
    (re.compile(rf"\b{os.getuid()} \(operator\)"), "1000 (operator)"),
    (re.compile(r"<!date\^\d+\^"), "<!date^TIME^"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|\+00:00| UTC)?"), "TIME"),
    (re.compile(r"\b(127\.0\.0\.1|localhost):\d+"), r"\1:PORT"),
    (re.compile(r"^\d+ of \d+ asked: .*\n", re.MULTILINE), ""),  # progress, told where a list takes over a second
)

_REFERENCE = re.compile(r"\b[A-Z]-[0-9A-Z]{8}\b")

WRONG_CODES = tuple(f"90{number:04}" for number in range(20))
"""Codes that no number of the book has."""


def _code_names() -> dict[str, str]:
    names = {each.code: f"(code of {each.phone})" for each in BOOK}
    return names | {code: f"(wrong code {number})" for number, code in enumerate(WRONG_CODES, start=1)}


_CODES = _code_names()
_CODE = re.compile("|".join(_CODES))


class Plain:
    """Makes one copy plain. Names are given in the order in which things first appear, so one is used for one copy."""

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        """``names``: what else to rename, whole words only: the machine, its user, the folder."""
        self._references: dict[str, str] = {}
        self._names = {name: to for name, to in (names or {}).items() if name}

    def text(self, written: str) -> str:
        for name, to in self._names.items():
            written = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", to, written)
        for pattern, to in _PATTERNS:
            written = pattern.sub(to, written)
        written = _CODE.sub(lambda found: _CODES[found[0]], written)
        return _REFERENCE.sub(lambda found: self._number(found[0]), written)

    def value(self, node: Any) -> Any:
        """Any JSON value, made plain all through."""
        if isinstance(node, str):
            return self.text(node)
        if isinstance(node, list | tuple):
            return [self.value(each) for each in node]
        if isinstance(node, dict):
            return {self.text(str(key)): _measured(key, self.value(each)) for key, each in node.items()}
        return node

    def _number(self, reference: str) -> str:
        return self._references.setdefault(reference, f"REF-{len(self._references) + 1}")


def _measured(key: object, value: Any) -> Any:
    return "MEASURED" if key in VARYING and isinstance(value, int) else value


def seen(node: Any) -> Any:
    """Blocks, views and messages as a person gets them: text objects become their text, and what is unseen is gone."""
    if isinstance(node, list):
        return [seen(each) for each in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "plain_text" and isinstance(node.get("text"), str):
        return node["text"]
    if node.get("type") == "mrkdwn":
        return {"mrkdwn": node["text"], **_seen_items(node, but={"type", "text"})}
    return _seen_items(node, but=set())


def _seen_items(node: Mapping[str, Any], *, but: Iterable[str]) -> dict[str, Any]:
    left_out = UNSEEN | set(but)
    return {key: seen(_parsed(value)) for key, value in node.items() if key not in left_out}


def _parsed(value: Any) -> Any:
    """The SDK sends some arguments as JSON in a string."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def plain_csv(written: str) -> str:
    """CSV without what is measured."""
    if not written:
        return ""
    heading, *rows = csv.reader(io.StringIO(written))
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(heading)
    for row in rows:
        cells = zip(heading, row, strict=True)
        writer.writerow(["MEASURED" if name in VARYING and cell else cell for name, cell in cells])
    return lines.getvalue()


def plain_table(written: str) -> str:
    """A table without the width of its columns: a name in it is as long as the machine has it."""
    return re.sub(r"(?<=\S) {2,}", "  ", written)
