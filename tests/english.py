"""What the bot says, as an English reader reads it: its modules of texts and views, with every result in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import wraps
from types import FunctionType, ModuleType
from typing import Any

from bot.slack import cards as _cards
from bot.slack import forms as _forms
from bot.slack import pages as _pages
from bot.slack import views as _views
from bot.slack.blocks import Block, Message
from bot.texts import asking as _asking
from bot.texts import history as _history
from bot.texts import lengths as _lengths
from bot.texts import numbers as _numbers
from bot.texts import outcomes as _outcomes
from bot.texts import permissions as _permissions
from bot.texts import problems as _problems
from bot.texts import requests as _requests
from bot.texts import results as _results
from bot.texts import usage as _usage
from bot.texts.language import ENGLISH
from bot.texts.numbers import OneOrSeveral
from bot.texts.outcomes import Outcome
from bot.texts.problems import Explanation
from bot.texts.said import Markup, Text, slacks


@dataclass(frozen=True, slots=True)
class Read:
    """A message, as it is read."""

    text: str
    blocks: list[Block]


def english(value: Any) -> Any:
    """A value of the bot's with all that is said in it in English."""
    said: Any = value
    match value:
        case Text() | Markup():
            said = ENGLISH.of(value)
        case Message():
            said = Read(ENGLISH.markup(value.text), ENGLISH.of(value.blocks))
        case OneOrSeveral():
            said = _Either(english(value.one), english(value.several))
        case Explanation() | Outcome():
            said = replace(value, **{each.name: english(getattr(value, each.name)) for each in fields(value)})
        case Mapping():
            said = {key: english(each) for key, each in value.items()}
        case list():
            said = [english(each) for each in value]
        case tuple() if not hasattr(value, "_fields"):
            said = tuple(english(each) for each in value)
    return said


class _Either(OneOrSeveral):
    """The two are text here."""


class _InEnglish:
    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._module, name)
        return _in_english(value) if isinstance(value, FunctionType) else english(value)


def _in_english(say: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(say)
    def said(*args: Any, **kwargs: Any) -> Any:
        given = {name: _as_markup(each) for name, each in kwargs.items()}
        return english(say(*(_as_markup(each) for each in args), **given))

    return said


def _as_markup(value: Any) -> Any:
    """What a test writes as ``<@U0ANA>`` is Slack's own markup."""
    is_slacks = isinstance(value, str) and value.startswith("<")
    return slacks(value) if is_slacks else value


asking = _InEnglish(_asking)
cards = _InEnglish(_cards)
forms = _InEnglish(_forms)
history = _InEnglish(_history)
lengths = _InEnglish(_lengths)
numbers = _InEnglish(_numbers)
outcomes = _InEnglish(_outcomes)
pages = _InEnglish(_pages)
permissions = _InEnglish(_permissions)
problems = _InEnglish(_problems)
requests = _InEnglish(_requests)
results = _InEnglish(_results)
usage = _InEnglish(_usage)
views = _InEnglish(_views)

ASKED_FOR = english(_outcomes.ASKED_FOR)
ENTRY_MISTAKES = english(_asking.ENTRY_MISTAKES)
OUTCOMES = english(_outcomes.OUTCOMES)
PROBLEMS = english(_problems.PROBLEMS)
