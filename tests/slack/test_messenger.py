"""Showing and telling: tried once, and what became of it is told apart."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web as http

from bot.errors import SlackBusy, SlackRefused, SlackUnreachable
from bot.models import MessageRef
from bot.slack import blocks
from bot.slack.blocks import Message
from bot.slack.messenger import Messenger, Shown
from bot.slack.web import Web
from bot.texts.said import slacks
from tests.doubles import EnglishReaders
from tests.slack.conftest import NOT_SLACK, Answers
from tests.slack.failures import refusal

pytestmark = pytest.mark.usefixtures("no_secret_logged")

MESSAGE = Message(slacks("There is news."), [blocks.section("There is news.")])
VIEW = {"type": "modal", "callback_id": "x", "title": blocks.plain("X"), "blocks": []}
POSTED = MessageRef("D0ANA", "1.5")
TAKEN = json.dumps({"ok": True, "channel": POSTED.channel_id, "ts": POSTED.ts})

TRY_LATER = [
    *NOT_SLACK,
    pytest.param(429, "application/json", refusal("ratelimited"), id="too busy"),
    pytest.param(200, "application/json", refusal("fatal_error"), id="in trouble"),
    pytest.param(200, "application/json", refusal("token_revoked"), id="a token that is refused"),
]

Update = Callable[[Messenger], Awaitable[Shown]]


async def update_message(messenger: Messenger) -> Shown:
    return await messenger.update(POSTED, MESSAGE)


async def update_view(messenger: Messenger) -> Shown:
    return await messenger.update_view("V0FORM", VIEW, reader="U0ANA")


EACH_UPDATE = pytest.mark.parametrize("update", [update_message, update_view], ids=["message", "window"])


@pytest.fixture
def messenger(web: Web) -> Messenger:
    return Messenger(web, EnglishReaders())


class Slack:
    """Takes everything, and keeps it: what was sent, by where to."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.answers_responses = 200

    async def take(self, request: http.Request) -> http.Response:
        self.got.append((request.path, await request.json()))
        if request.path == "/reply":
            return http.Response(status=self.answers_responses, text="ok")
        return http.Response(text=TAKEN, content_type="application/json")


@pytest.fixture
async def slack(web: Web) -> AsyncIterator[Slack]:
    taking = Slack()
    web_app = http.Application()
    web_app.router.add_route("*", "/{any:.*}", taking.take)
    runner = http.AppRunner(web_app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await http.TCPSite(runner, "127.0.0.1", 0).start()
    web.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield taking
    await runner.cleanup()


# --- one way each ---


async def test_a_direct_message_goes_to_a_user_id_without_previews(messenger: Messenger, slack: Slack) -> None:
    assert await messenger.post("U0ANA", MESSAGE) == POSTED
    ((path, sent),) = slack.got
    assert path == "/chat.postMessage"
    assert sent == {
        "channel": "U0ANA",
        "text": "There is news.",
        "blocks": MESSAGE.blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


async def test_an_update_names_the_message_and_reads_no_formatting_into_it(messenger: Messenger, slack: Slack) -> None:
    assert await messenger.update(POSTED, MESSAGE) is Shown.YES
    ((path, sent),) = slack.got
    assert path == "/chat.update"
    assert sent == {
        "channel": "D0ANA",
        "ts": "1.5",
        "text": "There is news.",
        "blocks": MESSAGE.blocks,
        "parse": "none",
    }


async def test_a_reply_is_for_their_eyes_only_and_replaces_nothing(
    messenger: Messenger, slack: Slack, web: Web
) -> None:
    assert await messenger.respond(f"{web.base_url}reply", MESSAGE, reader="U0ANA") is Shown.YES
    assert slack.got == [
        (
            "/reply",
            {
                "text": "There is news.",
                "blocks": MESSAGE.blocks,
                "response_type": "ephemeral",
                "replace_original": False,
            },
        )
    ]


async def test_a_window_is_opened_and_updated(messenger: Messenger, slack: Slack) -> None:
    await messenger.open_view("123.trigger", VIEW, reader="U0ANA")
    assert await messenger.update_view("V0FORM", VIEW, reader="U0ANA") is Shown.YES
    opened, updated = slack.got
    assert opened == ("/views.open", {"trigger_id": "123.trigger", "view": VIEW})
    assert updated == ("/views.update", {"view_id": "V0FORM", "view": VIEW})


# --- when Slack does not take it ---


async def test_a_window_that_does_not_open_is_an_error(messenger: Messenger, answers: Answers) -> None:
    answers.become(200, "application/json", refusal("expired_trigger_id"))
    with pytest.raises(SlackRefused, match=r"^views\.open: expired_trigger_id$"):
        await messenger.open_view("123.trigger", VIEW, reader="U0ANA")
    answers.become(502, "text/html", "<html>")
    with pytest.raises(SlackUnreachable):
        await messenger.open_view("123.trigger", VIEW, reader="U0ANA")
    answers.become(429, "application/json", refusal("ratelimited"))
    with pytest.raises(SlackBusy):
        await messenger.open_view("123.trigger", VIEW, reader="U0ANA")
    assert answers.called == ["views.open"] * 3


@EACH_UPDATE
@pytest.mark.parametrize("word", ["not_found", "message_not_found", "channel_not_found", "cant_update_message"])
async def test_what_is_not_there_any_more_is_gone(
    messenger: Messenger, answers: Answers, update: Update, word: str
) -> None:
    answers.become(200, "application/json", refusal(word))
    assert await update(messenger) is Shown.GONE
    assert len(answers.called) == 1


@EACH_UPDATE
@pytest.mark.parametrize(("status", "content_type", "body"), TRY_LATER)
async def test_what_could_not_be_shown_may_be_there_still(
    messenger: Messenger, answers: Answers, update: Update, status: int, content_type: str, body: str | bytes
) -> None:
    answers.become(status, content_type, body)
    assert await update(messenger) is Shown.NOT_NOW
    assert len(answers.called) == 1


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        *TRY_LATER,
        pytest.param(200, "application/json", refusal("missing_scope", needed="chat:write"), id="a missing scope"),
        *(
            pytest.param(200, "application/json", refusal(word), id=word)
            for word in ("accesslimited", "ekm_access_denied", "team_access_not_granted", "enterprise_is_restricted")
        ),
        pytest.param(200, "application/json", '{"ok": true}', id="an answer about no message"),
    ],
)
async def test_a_message_that_was_not_taken_is_told_as_that_and_not_sent_again(
    messenger: Messenger, answers: Answers, status: int, content_type: str, body: str | bytes
) -> None:
    answers.become(status, content_type, body)
    assert await messenger.post("U0ANA", MESSAGE) is Shown.NOT_NOW
    assert await messenger.tell("U0ANA", MESSAGE) is Shown.NOT_NOW
    # While Slack is too busy, the second is not even tried.
    assert set(answers.called) == {"chat.postMessage"}
    assert len(answers.called) == (1 if status == 429 else 2)


@pytest.mark.parametrize("word", ["channel_not_found", "messages_tab_disabled", "is_archived", "restricted_action"])
async def test_a_refusal_that_cannot_pass_is_final(messenger: Messenger, answers: Answers, word: str) -> None:
    answers.become(200, "application/json", refusal(word))
    assert await messenger.post("U0ANA", MESSAGE) is Shown.GONE
    assert await messenger.tell("U0ANA", MESSAGE) is Shown.GONE


# --- one way or the other ---


async def test_whoever_can_be_answered_where_they_asked_gets_no_direct_message(
    messenger: Messenger, slack: Slack, web: Web
) -> None:
    assert await messenger.tell("U0ANA", MESSAGE, response_url=f"{web.base_url}reply") is Shown.YES
    assert [path for path, _ in slack.got] == ["/reply"]


async def test_whoever_cannot_be_answered_there_gets_a_direct_message(
    messenger: Messenger, slack: Slack, web: Web
) -> None:
    slack.answers_responses = 404
    assert await messenger.tell("U0ANA", MESSAGE, response_url=f"{web.base_url}reply") is Shown.YES
    assert [path for path, _ in slack.got] == ["/reply", "/chat.postMessage"]


async def test_whoever_asked_nowhere_gets_a_direct_message(messenger: Messenger, slack: Slack) -> None:
    assert await messenger.tell("U0ANA", MESSAGE) is Shown.YES
    assert [path for path, _ in slack.got] == ["/chat.postMessage"]


async def test_a_response_url_in_clear_text_costs_only_the_reply(messenger: Messenger, slack: Slack) -> None:
    assert await messenger.tell("U0ANA", MESSAGE, response_url="http://slack.example/reply") is Shown.YES
    assert [path for path, _ in slack.got] == ["/chat.postMessage"]
