"""Every value of the bot's that can hold a secret hides it, however it is printed, dumped or copied."""

import ast
import copy
import dataclasses
import importlib
import inspect
import json
import pkgutil
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic import BaseModel, SecretBytes, SecretStr

import bot
from bot.cams.transport import Reply
from bot.entry.records import Record
from bot.settings import BotSettings
from tests.canaries import CANARY, found_in

BOT = Path(bot.__file__).parent

MODULES = [
    importlib.import_module(each.name)
    for each in pkgutil.walk_packages([str(BOT)], "bot.")
    if not each.name.startswith("bot.sandbox") and each.name != "bot.__main__"
]

VALUES = [
    each
    for module in MODULES
    for each in vars(module).values()
    if inspect.isclass(each)
    and each.__module__ == module.__name__
    and (dataclasses.is_dataclass(each) or issubclass(each, BaseModel) or hasattr(each, "_fields"))
]
"""Dataclasses, pydantic models and named tuples."""


def hints_of(value: type) -> dict[str, Any]:
    hints = get_type_hints(value)
    if issubclass(value, BaseModel):
        return {name: hints[name] for name in value.model_fields}
    if dataclasses.is_dataclass(value):
        return {each.name: hints[each.name] for each in dataclasses.fields(value)}
    return hints


def holds_secret(hint: Any, within: tuple[Any, ...] = ()) -> bool:
    """``within``: the values that hold it, one of which it may be again, as a sentence that has sentences in it."""
    if hint in (SecretStr, SecretBytes):
        return True
    if hint in within:
        return False
    inner = [*get_args(hint), *(hints_of(hint).values() if hint in VALUES else ())]
    return any(holds_secret(each, (*within, hint)) for each in inner)


HOLDERS = [value for value in VALUES if any(map(holds_secret, hints_of(value).values()))]


SIMPLE = {
    SecretStr: SecretStr(CANARY),
    SecretBytes: SecretBytes(CANARY.encode()),
    str: "1",
    int: 1,
    float: 1.0,
    bool: True,
}


def make(hint: Any) -> Any:
    """Something of this type; every secret in it is the canary."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return make(next(each for each in arguments if each is not NoneType))
    if origin in (dict, list, tuple, frozenset):
        inside = [*map(make, arguments[:2])] if origin is dict else make(arguments[0])
        return origin([inside])
    if inspect.isclass(hint) and issubclass(hint, Enum):
        return next(iter(hint))
    return build(hint) if hint in VALUES else SIMPLE.get(hint)


def build(value: type) -> Any:
    made = {name: make(hint) for name, hint in hints_of(value).items()}
    # Past the validators: what a token must begin with is not the matter here.
    return value.model_construct(**made) if issubclass(value, BaseModel) else value(**made)


def test_those_that_hold_a_secret_are_found() -> None:
    assert {"BotSettings", "Credentials", "Typed", "Line", "Filled", "SlashCommand", "Submission", "FormField"} <= {
        each.__name__ for each in HOLDERS
    }


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda each: f"{each.__module__}.{each.__name__}")
def test_a_secret_is_hidden(holder: type) -> None:
    made = build(holder)
    shown = [repr(made), str(made), f"{made}", f"{[made]!r}", repr(copy.copy(made)), repr(copy.deepcopy(made))]
    if isinstance(made, BaseModel):
        shown += [repr(made.model_dump()), made.model_dump_json(), repr(made.model_copy()), repr(list(made))]
    elif dataclasses.is_dataclass(made) and not isinstance(made, type):
        shown += [repr(dataclasses.asdict(made)), json.dumps(dataclasses.asdict(made), default=str)]
    assert "**" in "".join(shown)  # there was something to hide
    assert found_in("\n".join(shown).encode()) == []


@pytest.mark.parametrize("holder", [Reply(status=200, headers={}, body=CANARY.encode()), Record(1, [CANARY])])
def test_what_came_from_elsewhere_is_not_printed(holder: object) -> None:
    assert found_in(f"{holder!r} {holder}".encode()) == []


def test_the_settings_of_a_start_name_every_secret_and_show_none() -> None:
    told = build(BotSettings)
    assert found_in(f"{told.told} {told}".encode()) == []
    assert str(told).count("SecretStr('**********')") == 5


def test_nothing_is_pickled() -> None:
    """Pickle is the one thing that would write a secret value's content."""
    imported = {
        name.partition(".")[0]
        for path in BOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not imported & {"pickle", "shelve", "marshal", "multiprocessing", "dill"}
