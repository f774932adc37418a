"""Every payload gets its acknowledgement, and everybody gets words: also when it cannot be handled."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest

from bot import logs
from bot.logs import QUIET_BELOW
from bot.slack import buttons, forms_read
from bot.slack.app import NAME, build_app
from bot.slack.context import Context
from bot.slack.listeners.boundary import RECORDED_WITHIN, Boundary, broken_message, broken_view, late_message
from bot.slack.web import Web
from tests.doubles import Doing
from tests.english import asking, cards, english, forms, usage, views
from tests.slack.conftest import IDENTITY, TEAM_ID, Answers
from tests.slack.workplace import RESPONSE_URL, Acks, Bot, Workplace, workplace
from tests.world import ANA

__all__ = ["bot", "workplace"]

WHO: dict[str, Any] = {"user": {"id": "U0ANA", "team_id": TEAM_ID}, "team": {"id": TEAM_ID}}
COMMAND: dict[str, Any] = {
    "command": "/phoneid",
    "text": "",
    "user_id": "U0ANA",
    "team_id": TEAM_ID,
    "channel_id": "C0SUPPORT",
    "trigger_id": "1.2.a",
    "response_url": RESPONSE_URL,
}
CLICK: dict[str, Any] = {
    **WHO,
    "type": "block_actions",
    "trigger_id": "1.2.b",
    "actions": [{"action_id": buttons.OPEN_FORM, "block_id": "b", "type": "button"}],
    "response_url": RESPONSE_URL,
}
SHORTCUT: dict[str, Any] = {**WHO, "trigger_id": "1.2.c"}
VIEW: dict[str, Any] = {"type": "modal", "id": "V1", "hash": "1.a", "callback_id": forms_read.LOOKUP}
SUBMISSION: dict[str, Any] = {**WHO, "view": {**VIEW, "state": {"values": {}}}}


@pytest.fixture
async def bot(workplace: Workplace) -> Bot:
    return await workplace.open()


async def deliver(bot: Bot, listener: str, body: dict[str, Any]) -> Acks:
    """One payload to one listener, and all the work that follows from it."""
    acks = Acks(bot.messenger)
    commands, submissions, actions = bot.listens
    await {
        "command": commands.on_command,
        "shortcut": commands.on_shortcut,
        "lookup": submissions.on_numbers,
        "codes": submissions.on_numbers,
        "denial": submissions.on_denial,
        "click": actions.on_click,
    }[listener](acks, body)
    await bot.settle()
    return acks


def boundary(bot: Bot) -> Boundary:
    return bot.listens[2]._boundary


# --- the acknowledgement ---


@pytest.mark.virtual_time
@pytest.mark.parametrize(("listener", "body"), [("command", COMMAND), ("shortcut", SHORTCUT), ("click", CLICK)])
async def test_a_payload_is_acknowledged_before_its_work_starts(bot: Bot, listener: str, body: dict[str, Any]) -> None:
    acked: list[bool] = []
    acks = Acks(bot.messenger)

    async def note(_: Doing) -> None:
        acked.append(acks.is_given.is_set())

    bot.messenger.before = note
    commands, _, actions = bot.listens
    listen = {"command": commands.on_command, "shortcut": commands.on_shortcut, "click": actions.on_click}[listener]
    await listen(acks, body)
    await bot.settle()
    assert acked == [True]
    assert acks.given == [{}]
    assert bot.messenger.said == []


@pytest.mark.virtual_time
async def test_how_to_ask_is_said_in_the_acknowledgement(bot: Bot) -> None:
    for text in ("help", "gibberish"):
        (ack,) = (await deliver(bot, "command", {**COMMAND, "text": text})).given
        assert ack["response_type"] == "ephemeral"
        assert usage.REQUEST_ID in ack["text"]
    assert bot.messenger.calls == []


@pytest.mark.virtual_time
async def test_what_was_asked_for_is_recorded_before_slack_has_our_word_and_need_not_be_answered(bot: Bot) -> None:
    acks, context = Acks(bot.messenger), Context(actor=ANA)
    acks_when_recorded: list[int] = []

    async def work() -> None:
        await asyncio.sleep(0.1)
        acks_when_recorded.append(len(acks.given))
        context.recording.settle()
        await acks.is_given.wait()  # the API takes its time

    await boundary(bot).start_recorded(acks, context, work(), late=late_message)
    await bot.settle()
    assert acks_when_recorded == [0]
    assert acks.given == [{}]


@pytest.mark.virtual_time
@pytest.mark.parametrize(
    ("seconds", "held_up", "says"),
    [(0.1, 0.1, ""), (60.0, RECORDED_WITHIN, "Nothing was recorded")],
    ids=["is over", "takes long"],
)
async def test_what_is_never_recorded_holds_up_no_acknowledgement(
    bot: Bot, seconds: float, held_up: float, says: str
) -> None:
    acks, started_at = Acks(bot.messenger), asyncio.get_running_loop().time()
    await boundary(bot).start_recorded(acks, Context(actor=ANA), asyncio.sleep(seconds), late=late_message)
    assert asyncio.get_running_loop().time() - started_at == pytest.approx(held_up)
    (ack,) = acks.given
    assert says in (english(ack["text"]) if ack else "")
    assert bool(says) == bool(ack)
    await bot.settle()
    assert asyncio.get_running_loop().time() - started_at == pytest.approx(held_up)  # nothing goes on


# --- what cannot be handled ---


@pytest.mark.virtual_time
@pytest.mark.parametrize(("listener", "body"), [("shortcut", SHORTCUT), ("click", CLICK)])
async def test_what_has_a_wrong_shape_is_acknowledged_and_its_sender_told(
    bot: Bot, listener: str, body: dict[str, Any]
) -> None:
    acks = await deliver(bot, listener, {**body, "trigger_id": ["of another kind"]})
    assert acks.given == [{}]
    (said,) = bot.messenger.said
    assert said.place == body.get("response_url", "U0ANA")
    assert said.text.startswith("Something in the bot broke")


@pytest.mark.virtual_time
@pytest.mark.parametrize("listener", ["command", "lookup", "codes", "denial"])
async def test_a_broken_command_and_a_broken_submission_say_so_in_their_acknowledgement(
    bot: Bot, listener: str
) -> None:
    (ack,) = (await deliver(bot, listener, {"user_id": ["U0ANA"]} if listener == "command" else WHO)).given
    if listener == "command":
        assert ack["response_type"] == "ephemeral"
        assert "Something in the bot broke" in ack["text"]
    else:
        assert ack["response_action"] == "update"
        assert "Something in the bot broke" in str(ack["view"])
    assert bot.messenger.said == []


@pytest.mark.virtual_time
async def test_a_form_without_our_fields_is_a_wrong_shape(bot: Bot) -> None:
    (ack,) = (await deliver(bot, "lookup", SUBMISSION)).given
    assert "Something in the bot broke" in str(ack["view"])


@pytest.mark.virtual_time
@pytest.mark.parametrize("broken", [None, broken_message, broken_view], ids=["a click", "a command", "a form"])
async def test_a_mistake_of_ours_is_acknowledged_and_said_and_logged_with_its_place(
    bot: Bot, caplog: pytest.LogCaptureFixture, broken: Callable[[str], dict[str, Any]] | None
) -> None:
    acks = Acks(bot.messenger)
    async with boundary(bot).payload(acks, CLICK, broken=broken):
        raise ZeroDivisionError
    await bot.settle()
    (ack,) = acks.given
    said = [each.text for each in bot.messenger.said]
    assert "Something in the bot broke" in str(ack if broken else said)
    assert len(said) == (0 if broken else 1)
    (record,) = [each for each in caplog.records if each.getMessage() == "payload not handled"]
    assert record.exc_info


@pytest.mark.virtual_time
@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param({"user": {"id": "U0ANA"}, "actions": 7}, ["U0ANA"], id="the person"),
        pytest.param({"response_url": RESPONSE_URL}, [RESPONSE_URL], id="the place"),
        pytest.param({"user": ["U0ANA"]}, [], id="neither"),
    ],
)
async def test_the_sender_is_told_by_whatever_the_payload_still_says(
    bot: Bot, body: dict[str, Any], told: list[str]
) -> None:
    acks = await deliver(bot, "click", body)
    assert acks.given == [{}]
    assert [said.place for said in bot.messenger.said] == told


@pytest.mark.virtual_time
@pytest.mark.parametrize("is_broken", [False, True], ids=["refused", "broken"])
async def test_a_sender_who_cannot_be_told_is_in_the_log(
    bot: Bot, caplog: pytest.LogCaptureFixture, *, is_broken: bool
) -> None:
    async def breaks(_: Doing) -> None:
        raise ZeroDivisionError

    bot.messenger.fail(Doing.POST)
    bot.messenger.before = breaks if is_broken else None
    await deliver(bot, "click", {"user": {"id": "U0ANA"}, "actions": "none"})
    events = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert events == ["payload not handled", "job failed" if is_broken else "message to user failed"]


@pytest.mark.virtual_time
async def test_work_that_breaks_is_told_with_the_reference_that_the_log_has(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    async def breaks(doing: Doing) -> None:
        if doing is Doing.OPEN_VIEW:
            raise ZeroDivisionError

    bot.messenger.before = breaks
    await deliver(bot, "click", CLICK)
    (record,) = [each for each in caplog.records if each.getMessage() == "job failed"]
    (said,) = bot.messenger.said
    assert vars(record)["facts"]["reference"] in said.text


# --- who listens for what ---


def test_every_button_has_its_listener() -> None:
    ids = {
        *(value for name, value in vars(buttons).items() if name.isupper() and isinstance(value, str)),
        *(cards.APPROVE, cards.DENY, cards.DETAILS),
    }
    assert ids == IDS_LISTENED_FOR


IDS_LISTENED_FOR = {
    "approve",
    "deny",
    "details",
    "enter_code",
    "list_results",
    "list_stop",
    "older",
    "open_form",
    "open_list_form",
    "show_id",
    "try_again",
    "withdraw",
}
"""As messages that were sent before carry them: whoever presses an old button gets what it says."""


async def dispatch(bot: Bot, web: Web, body: dict[str, Any]) -> tuple[int, str]:
    """One payload through the whole Bolt app, as Socket Mode would."""
    app = build_app(web, bot.parts.listeners, signing_secret="invented", identity=IDENTITY)
    response = await asyncio.wait_for(app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=body)), 3)
    await bot.settle()
    return response.status, str(response.body)


@pytest.mark.parametrize(
    "body",
    [
        COMMAND,
        {**SHORTCUT, "type": "shortcut", "callback_id": views.SHORTCUT},
        *(
            {**SUBMISSION, "type": "view_submission", "view": {**SUBMISSION["view"], "callback_id": callback_id}}
            for callback_id in (*forms.LOOKUP_FORMS, *forms.CODES_FORMS, forms_read.DENIAL)
        ),
        *(
            {**CLICK, "actions": [{"action_id": action_id, "block_id": "b", "type": "button"}]}
            for action_id in (*sorted(IDS_LISTENED_FOR), "a_button_that_is_gone")
        ),
    ],
    ids=lambda body: str(body.get("command") or body["type"]),
)
async def test_the_first_payload_is_acknowledged_without_asking_slack_anything(
    bot: Bot, web: Web, answers: Answers, body: dict[str, Any]
) -> None:
    answers.become(429, "application/json", '{"ok": false, "error": "ratelimited"}')
    status, _ = await dispatch(bot, web, body)
    assert status == 200
    assert answers.called == []
    is_form = body.get("type") == "view_submission"
    assert is_form or bot.messenger.calls  # somebody listened, and did something


CODE_TYPED = "208312"

UNKNOWN: dict[str, tuple[dict[str, Any], str]] = {
    "an old shortcut": ({**SHORTCUT, "type": "shortcut", "callback_id": "get_waid"}, asking.NOT_KNOWN),
    "a message shortcut": (
        {**SHORTCUT, "type": "message_action", "callback_id": "look_up", "message": {"text": CODE_TYPED}},
        asking.NOT_KNOWN,
    ),
    "an old step": (
        {**WHO, "type": "workflow_step_edit", "callback_id": "step", "workflow_step": {}},
        asking.NOT_KNOWN,
    ),
    "an old form": (
        {
            **SUBMISSION,
            "type": "view_submission",
            "view": {**VIEW, "callback_id": "waid_form", "state": {"values": {}}},
        },
        "",
    ),
    "a closed form": ({**WHO, "type": "view_closed", "view": VIEW}, ""),
    "a menu's choices": (
        {**WHO, "type": "block_suggestion", "action_id": "a", "block_id": "b", "value": CODE_TYPED},
        "",
    ),
    "an event": (
        {"type": "event_callback", "event": {"type": "app_home_opened", "user": "U0ANA"}, "event_id": "Ev1"},
        "",
    ),
    "a step that runs": ({"type": "event_callback", "event": {"type": "function_executed"}, "event_id": "Ev2"}, ""),
    "too many events": ({"type": "app_rate_limited", "team_id": TEAM_ID}, ""),
}
"""Payloads of other manifests, and what whoever waits is told."""


@pytest.mark.parametrize(("body", "told"), UNKNOWN.values(), ids=UNKNOWN)
async def test_what_nobody_listens_for_is_acknowledged_told_and_logged_once_an_hour(
    bot: Bot,
    web: Web,
    body: dict[str, Any],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(3):
        status, acknowledgement = await dispatch(bot, web, body)
        assert status == 200
    assert [each.text for each in bot.messenger.said] == ([told] * 3 if told else [])
    assert (asking.FORM_OUTDATED in acknowledgement) is (body["type"] == "view_submission")
    logged = [record for record in caplog.records if record.getMessage() == "unknown kind of payload"]
    assert len(logged) == 1
    assert CODE_TYPED not in repr([vars(record) for record in caplog.records])
    monkeypatch.setattr(logs, "HOUR", 0.0)  # an hour later: Bolt and Slack are real here, and their time is, too
    await dispatch(bot, web, body)
    assert caplog.messages.count("unknown kind of payload") == 2


def event(number: int, kind: str = "tokens_revoked", **facts: Any) -> dict[str, Any]:
    return {"type": "event_callback", "event_id": f"Ev{number}", "event": {"type": kind, **facts}}


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ([event(1, tokens={"oauth": [], "bot": ["U0BOT"]})], 1),
        ([event(1, tokens={"oauth": ["U0ANA"], "bot": ["U0OTHER", "U0BOT"]})], 1),
        ([event(1, "app_uninstalled")], 1),
        ([event(1, tokens={"oauth": ["U0ANA"], "bot": []})], 0),
        ([event(1, tokens={"oauth": ["U0BOT"]})], 0),  # no bot's token
        ([event(1, tokens={"oauth": None, "bot": None})], 0),
        ([event(1, tokens=None)], 0),
        ([event(1, tokens={"bot": ["U0OTHER"]})], 0),
        # Slack repeats what was acknowledged late; over Socket Mode Bolt hides which try it is.
        ([event(1, tokens={"bot": ["U0BOT"]})] * 3, 1),
        ([{**event(1, "app_uninstalled"), "retry_attempt": number} for number in range(3)], 1),
        ([event(1, "app_uninstalled"), event(2, tokens={"bot": ["U0BOT"]})], 2),
    ],
)
async def test_slack_is_asked_about_our_token_once_for_each_event_about_it(
    workplace: Workplace, bot: Bot, web: Web, told: list[dict[str, Any]], asked: int
) -> None:
    app = build_app(web, bot.parts.listeners, signing_secret="invented", identity=IDENTITY)
    for body in told:
        response = await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=body))
        assert response.status == 200
        for _ in range(9):  # Bolt acknowledges an event before it calls who listens
            await asyncio.sleep(0)
        await bot.settle()
    assert workplace.token.asked == asked
    assert bot.messenger.said == []


@pytest.mark.parametrize("name", ["/waid", "/phone-id", "/PHONEID", "/\u96fb\u8a71"])
async def test_a_command_under_another_name_is_served(
    bot: Bot, web: Web, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        status, _ = await dispatch(bot, web, {**COMMAND, "command": name})
        assert status == 200
    assert len(bot.messenger.opened) == 2
    assert caplog.messages.count("unknown kind of payload") == 1


async def test_what_bolt_logs_for_our_app_is_known_to_hold_payloads(bot: Bot, web: Web) -> None:
    await dispatch(bot, web, COMMAND)
    for name, made in logging.Logger.manager.loggerDict.items():
        if isinstance(made, logging.Logger) and name.partition(":")[0] in (NAME, "slack_bolt"):
            assert name.startswith(tuple(QUIET_BELOW))
    assert {NAME, f"{NAME}:on_command"} <= logging.Logger.manager.loggerDict.keys()
