"""A small language for shapes of JSON: each check notes what is wrong, and where, in the words Slack uses."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Faults = list[str]
Check = Callable[[Any, str, Faults], None]
"""Takes a value and its JSON pointer, and adds to the faults."""

_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
_MARKUP = re.compile(r"<(?:[@#!]|https?:|mailto:|tel:)[^<>]*>")


def note(faults: Faults, problem: str, at: str) -> None:
    faults.append(f"{problem} [json-pointer:{at}]")


def escaped(text: str, *, is_mrkdwn: bool = False) -> str:
    """The text as Slack stores it: ``&``, ``<``, ``>`` as entities, but for what is markup or an entity already."""
    if not is_mrkdwn:
        return _BARE_AMPERSAND.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")
    pieces, end = [], 0
    for markup in _MARKUP.finditer(text):
        pieces += [escaped(text[end : markup.start()]), markup.group()]
        end = markup.end()
    return "".join([*pieces, escaped(text[end:])])


@dataclass(frozen=True, slots=True)
class Shape:
    """An object with these keys and no others."""

    required: Mapping[str, Check]
    optional: Mapping[str, Check] = field(default_factory=dict)

    def __call__(self, value: Any, at: str, faults: Faults) -> None:
        if not isinstance(value, dict):
            note(faults, "must provide an object", at)
            return
        for name in self.required:
            if name not in value:
                note(faults, f"missing required field: {name}", at)
        for name, part in value.items():
            check = self.required.get(name) or self.optional.get(name)
            if check is None:
                note(faults, f"invalid additional property: {name}", at)
            else:
                check(part, f"{at}/{name}", faults)


@dataclass(frozen=True, slots=True)
class ByType:
    """An object whose ``type`` says which shape it has."""

    shapes: Mapping[str, Check]

    def __call__(self, value: Any, at: str, faults: Faults) -> None:
        if not isinstance(value, dict):
            note(faults, "must provide an object", at)
        elif not isinstance(value.get("type"), str):
            note(faults, "missing required field: type", at)
        elif value["type"] not in self.shapes:
            note(faults, f"unsupported type: {value['type']}", f"{at}/type")
        else:
            self.shapes[value["type"]](value, at, faults)


@dataclass(frozen=True, slots=True)
class Every:
    """All of several checks; those after the first look only at what the first found sound."""

    checks: tuple[Check, ...]

    def __call__(self, value: Any, at: str, faults: Faults) -> None:
        for check in self.checks:
            before = len(faults)
            check(value, at, faults)
            if len(faults) > before:
                return


def string(longest: int | None = None, *, shortest: int = 0) -> Check:
    def check(value: Any, at: str, faults: Faults) -> None:
        if not isinstance(value, str):
            note(faults, "must provide a string", at)
        elif len(value) < shortest:
            note(faults, f"must be more than {shortest - 1} characters", at)
        elif longest is not None and len(value) > longest:
            note(faults, f"must be less than {longest + 1} characters", at)

    return check


def boolean(value: Any, at: str, faults: Faults) -> None:
    if not isinstance(value, bool):
        note(faults, "must provide a boolean", at)


def integer(smallest: int, largest: int) -> Check:
    def check(value: Any, at: str, faults: Faults) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            note(faults, "must provide an integer", at)
        elif not smallest <= value <= largest:
            note(faults, f"must be between {smallest} and {largest}", at)

    return check


def one_of(*values: str) -> Check:
    def check(value: Any, at: str, faults: Faults) -> None:
        if value not in values:
            note(faults, f"value must be one of: {', '.join(values)}", at)

    return check


def url(longest: int = 3000) -> Check:
    def check(value: Any, at: str, faults: Faults) -> None:
        string(longest, shortest=1)(value, at, faults)
        if isinstance(value, str) and not value.startswith(("https://", "http://")):
            note(faults, "must be a valid url", at)

    return check


def items(check_item: Check, *, most: int, fewest: int = 1) -> Check:
    def check(value: Any, at: str, faults: Faults) -> None:
        if not isinstance(value, list):
            note(faults, "must provide an array", at)
            return
        if len(value) > most:
            note(faults, f"no more than {most} items allowed", at)
        if len(value) < fewest:
            note(faults, f"no less than {fewest} items allowed", at)
        for index, item in enumerate(value):
            check_item(item, f"{at}/{index}", faults)

    return check


def text(longest: int, *, kinds: tuple[str, ...] = ("plain_text",)) -> Check:
    """A text object; its length counts as Slack stores it."""

    def length(value: Any, at: str, faults: Faults) -> None:
        stored = escaped(value["text"], is_mrkdwn=value["type"] == "mrkdwn")
        string(longest, shortest=1)(stored, f"{at}/text", faults)

    shapes = {
        "plain_text": Shape({"type": string(), "text": string()}, {"emoji": boolean}),
        "mrkdwn": Shape({"type": string(), "text": string()}, {"verbatim": boolean}),
    }
    return Every((ByType({kind: shapes[kind] for kind in kinds}), length))
