"""``phoneid doctor --views``: every view and message goes to Slack's validator, and what it refuses is named."""

import ast
import inspect
from collections.abc import AsyncIterator
from types import ModuleType

import pytest

from bot.checks import CheckVerdict
from bot.clock import SystemClock
from bot.doctor import specimens, validation
from bot.doctor.specimens import specimens as all_specimens
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.trouble import Forced
from bot.slack import cards, forms, pages, views
from bot.slack.blocks import Message
from bot.slack.connection import open_web
from bot.slack.web import Web
from bot.texts.language import names

MADE_OF_OTHERS = {"modal", "submitted"}
"""What the others are made of, and what one of them is called by."""


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    local = LocalSlack()
    await local.start()
    yield local
    await local.stop()


@pytest.fixture
async def web(slack: LocalSlack) -> AsyncIterator[Web]:
    async with open_web(token=slack.bot_token, base_url=slack.api_url, clock=SystemClock()) as opened:
        yield opened


@pytest.mark.parametrize("module", [views, forms, cards, pages], ids=lambda module: module.__name__)
def test_every_function_that_makes_a_view_or_a_message_is_among_the_specimens(module: ModuleType) -> None:
    makers = {
        node.name
        for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.FunctionDef) and node.returns and ast.unparse(node.returns) in ("View", "Message")
        if not node.name.startswith("_")
    }
    room = module.__name__.rpartition(".")[2]
    used = {
        node.func.attr
        for node in ast.walk(ast.parse(inspect.getsource(specimens)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == room
    }
    assert makers
    assert makers - used - MADE_OF_OTHERS == set()


async def test_slack_takes_all_of_them(web: Web, slack: LocalSlack) -> None:
    (check,) = await validation.validate(web)
    assert check.verdict is CheckVerdict.OK
    sent = [each.title for each in slack.inspector.entries()]
    assert sent == ["blocks.validate"] * len(all_specimens()) * len(names())
    assert list(slack.complaints) == []


async def test_what_slack_would_refuse_is_named_with_where_and_why(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    long = views.sentence("x" * 3001)
    found = {"fine": views.sentence("x"), "message": long, "view": {"type": "modal", "blocks": long.blocks}}
    monkeypatch.setattr(validation, "specimens", lambda: found)
    message, view, *_in_other_languages = await validation.validate(web)
    assert (message.name, message.verdict) == ("message, en", CheckVerdict.STOP)
    assert "/blocks/0/text/text: must be less than 3001 characters" in message.what
    assert (view.name, view.verdict) == ("view, en", CheckVerdict.STOP)
    assert "missing required field: title" in view.what


async def test_a_slack_that_does_not_validate_is_named_to_who_asked(web: Web, slack: LocalSlack) -> None:
    slack.forced["blocks.validate"] = Forced("unknown_method")
    (check,) = await validation.validate(web)
    assert check.verdict is CheckVerdict.WARNING
    assert check.remedy
    assert "unknown_method" in check.what


async def test_a_pause_that_slack_wants_is_made(web: Web, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "specimens", lambda: {"one": views.sentence("x")})
    slack.forced["blocks.validate"] = Forced("ratelimited", retry_after=1)
    (check,) = await validation.validate(web)
    assert check.verdict is CheckVerdict.OK


def test_no_specimen_is_of_a_real_person_or_number() -> None:
    for name, each in all_specimens().items():
        shown = str(each.blocks) if isinstance(each, Message) else str(each)
        assert "U0ANA" not in shown, name
