"""``blocks.validate``: what Slack would refuse, without sending it."""

import re
from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.contents import parse_nested
from bot.sandbox.slack.methods import Method, Methods
from bot.sandbox.slack.refusals import Refusal
from bot.sandbox.slack.schema import Faults
from bot.sandbox.slack.validator import Surface, check_message, check_view, is_too_large

_FAULT = re.compile(r"(?P<message>.*) \[json-pointer:(?P<pointer>.*)\]", re.DOTALL)


def table() -> Methods:
    return {"blocks.validate": Method(answer=_validate, arguments=frozenset(_CHECKS))}


def _validate(arguments: JsonObject) -> JsonObject:
    named = [name for name in _CHECKS if name in arguments]
    if len(named) != 1:
        raise Refusal("invalid_arguments", "provide exactly one of blocks, message and view")
    (name,) = named
    faults = _CHECKS[name](parse_nested(arguments[name], error="invalid_json"))
    if faults:
        refusal = Refusal(f"invalid_{name}")
        refusal.faults = [_fault(each) for each in faults]
        raise refusal
    return {}


def _message(message: Any) -> Faults:
    if not isinstance(message, dict):
        return ["must provide an object [json-pointer:]"]
    return check_message(message.get("blocks", []), at="/blocks")


def _view(view: Any) -> Faults:
    faults = check_view(view, surfaces=(Surface.MODAL, Surface.HOME), at="")
    return faults or (["the view is too large [json-pointer:]"] if is_too_large(view) else [])


def _fault(described: str) -> JsonObject:
    read = _FAULT.fullmatch(described)
    assert read, "every fault says where it is"
    return {"pointer": read["pointer"], "code": "failed_constraint", "message": read["message"]}


_CHECKS: dict[str, Callable[[Any], Faults]] = {
    "blocks": lambda blocks: check_message(blocks, at=""),
    "message": _message,
    "view": _view,
}
