"""One method of the Web API: what it takes, what it needs, what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.refusals import Refusal


def _nothing_more(_arguments: JsonObject) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method. ``answer`` takes its arguments, gives what stands beside ``"ok": true``, or raises ``Refusal``."""

    answer: Callable[[JsonObject], JsonObject]
    arguments: frozenset[str] = frozenset()
    """Those the sandbox knows; another one is a complaint."""
    scopes: tuple[str, ...] = ()
    """Any one of them is enough; none are needed when empty."""
    scopes_for: Callable[[JsonObject], tuple[str, ...]] = _nothing_more
    """What these very arguments need besides; any one of them is enough."""
    takes_app_token: bool = False


Methods = Mapping[str, Method]


def required(arguments: JsonObject, name: str) -> str:
    """An argument that must be there, as text."""
    value = arguments.get(name)
    if not isinstance(value, str) or not value:
        raise Refusal("invalid_arguments", f"missing required field: {name} [json-pointer:/{name}]")
    return value
