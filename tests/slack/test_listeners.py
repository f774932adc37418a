"""Every payload gets its acknowledgement, and everybody gets words: also when it cannot be handled."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.logs import QUIET_BELOW
from bot.slack import form, views
from bot.slack.approval_desk import ApprovalDesk
from bot.slack.desk import Desk, Reaction
from bot.slack.jobs import Job, Jobs
from bot.slack.list_desk import ListDesk
from bot.slack.listeners import NAME, Ack, Body, Listeners, build_app
from bot.slack.views import Message
from tests.clocks import SteppingClock
from tests.slack.conftest import IDENTITY, TEAM_ID, Answers

WHO: dict[str, Any] = {"user": {"id": "U0ANA", "team_id": TEAM_ID}, "team": {"id": TEAM_ID}}
COMMAND: dict[str, Any] = {
    "command": "/phoneid",
    "text": "help",
    "user_id": "U0ANA",
    "team_id": TEAM_ID,
    "channel_id": "C0SUPPORT",
    "trigger_id": "1.2.a",
    "response_url": "https://hooks.invalid/commands/1",
}
CLICK: dict[str, Any] = {
    **WHO,
    "type": "block_actions",
    "trigger_id": "1.2.b",
    "actions": [{"action_id": "try_again", "block_id": "b", "type": "button"}],
    "response_url": "https://hooks.invalid/actions/1",
}
SHORTCUT: dict[str, Any] = {**WHO, "trigger_id": "1.2.c"}
SUBMISSION: dict[str, Any] = {**WHO, "view": {"type": "modal", "id": "V1", "hash": "1.a", "state": {"values": {}}}}


class ReadyDesk(Desk):
    """Reacts to everything in one way."""

    def __init__(self, react: Callable[[], Reaction]) -> None:
        self._react = react

    def on_command(self, _: object) -> Reaction:
        return self._react()

    def on_shortcut(self, _: object) -> Reaction:
        return self._react()

    def on_submission(self, _: object) -> Reaction:
        return self._react()

    def on_open_form(self, _: object) -> Reaction:
        return self._react()

    def on_try_again(self, _: object) -> Reaction:
        return self._react()

    def on_older(self, _: object) -> Reaction:
        return self._react()

    def on_unknown_click(self, _: object) -> Reaction:
        return self._react()


class ReadyApprovalDesk(ApprovalDesk):
    """Reacts to everything in one way."""

    def __init__(self, react: Callable[[], Reaction]) -> None:
        self._ready = react

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("on_"):
            return lambda _: self._ready()
        return super().__getattribute__(name)


class ReadyListDesk(ListDesk):
    """Reacts to everything in one way."""

    def __init__(self, react: Callable[[], Reaction]) -> None:
        self._ready = react

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("on_"):
            return lambda _: self._ready()
        return super().__getattribute__(name)


def break_down() -> NoReturn:
    raise RuntimeError("a mistake of ours")


@dataclass
class Slack:
    """Takes acknowledgements and messages."""

    takes_messages: Callable[[], bool] = lambda: True
    acks: list[dict[str, Any]] = field(default_factory=list)
    told: list[tuple[str, str, str]] = field(default_factory=list)
    acked: asyncio.Event = field(default_factory=asyncio.Event)

    async def ack(self, **response: Any) -> None:
        self.acks.append(response)
        self.acked.set()

    async def tell(self, user_id: str, message: Message, *, response_url: str) -> bool:
        self.told.append((user_id, message.text, response_url))
        return self.takes_messages()


async def deliver(slack: Slack, listener: str, body: Body, *, react: Callable[[], Reaction] = Reaction) -> None:
    """One payload to one listener, and all the work that follows from it."""
    jobs = Jobs()
    listen: Callable[[Ack, Body], Any] = getattr(
        Listeners(ReadyDesk(react), ReadyApprovalDesk(react), ReadyListDesk(react), jobs, tell=slack.tell), listener
    )
    await listen(slack.ack, body)
    assert await jobs.drain(5)


EVERY_LISTENER = [
    ("command", COMMAND),
    ("shortcut", SHORTCUT),
    ("submission", SUBMISSION),
    ("list_submission", SUBMISSION),
    ("open_form", CLICK),
    ("try_again", CLICK),
    ("older", CLICK),
    ("unknown_click", CLICK),
]
QUIET_LISTENERS = [each for each in EVERY_LISTENER if each[0] not in ("command", "submission", "list_submission")]
"""Those whose acknowledgement can show nothing."""


@pytest.mark.parametrize(("listener", "body"), EVERY_LISTENER)
async def test_a_payload_is_acknowledged_before_its_work_starts(listener: str, body: Body) -> None:
    slack, acked_before_work = Slack(), []

    async def work() -> None:
        acked_before_work.append(list(slack.acks))

    async def tell_broken(_error: Exception, _reference: str) -> None:
        raise AssertionError("nothing broke")

    await deliver(slack, listener, body, react=lambda: Reaction(ack={"text": "seen"}, job=Job(work, tell_broken)))
    assert acked_before_work == [[{"text": "seen"}]]
    assert slack.told == []


async def never_broken(_error: Exception, _reference: str) -> None:
    raise AssertionError("nothing broke")


async def test_what_was_asked_for_is_recorded_before_slack_has_our_word_and_need_not_be_answered() -> None:
    slack, recorded = Slack(), asyncio.Event()
    acks_when_recorded: list[int] = []

    async def work() -> None:
        await asyncio.sleep(0)
        acks_when_recorded.append(len(slack.acks))
        recorded.set()
        await slack.acked.wait()  # the API takes its time

    await deliver(slack, "command", COMMAND, react=lambda: Reaction({}, Job(work, never_broken), recorded))
    assert acks_when_recorded == [0]
    assert slack.acks == [{}]


@pytest.mark.parametrize("is_slow", [False, True], ids=["is over", "takes long"])
async def test_what_is_never_recorded_holds_up_no_acknowledgement(*, is_slow: bool) -> None:
    slack = Slack()

    async def work() -> None:
        if is_slow:  # somebody holds the database
            await slack.acked.wait()

    async with asyncio.timeout(3.0):  # or Slack gives up
        await deliver(slack, "command", COMMAND, react=lambda: Reaction({}, Job(work, never_broken), asyncio.Event()))
    assert slack.acks == [{}]


@pytest.mark.parametrize(("listener", "body"), QUIET_LISTENERS)
@pytest.mark.parametrize("lacks", [True, False], ids=["a wrong shape", "a mistake of ours"])
async def test_what_cannot_be_handled_is_acknowledged_and_its_sender_told(
    listener: str, body: dict[str, Any], *, lacks: bool
) -> None:
    slack = Slack()
    sent = {name: value for name, value in body.items() if name != "trigger_id"} if lacks else body
    await deliver(slack, listener, sent, react=break_down)
    assert slack.acks == [{}]
    ((user_id, text, response_url),) = slack.told
    assert (user_id, response_url) == ("U0ANA", body.get("response_url", ""))
    assert text.startswith("Something in the bot broke")


@pytest.mark.parametrize("react", [break_down, Reaction], ids=["a mistake of ours", "a wrong shape"])
async def test_a_broken_command_and_a_broken_submission_say_so_in_their_acknowledgement(
    react: Callable[[], Reaction],
) -> None:
    slack = Slack()
    wrong = react is Reaction
    await deliver(slack, "command", {"user_id": ["U0ANA"]} if wrong else COMMAND, react=react)
    await deliver(slack, "submission", WHO if wrong else SUBMISSION, react=react)
    message, update = slack.acks
    assert message["response_type"] == "ephemeral"
    assert "Something in the bot broke" in message["text"]
    assert update["response_action"] == "update"
    assert "Something in the bot broke" in str(update["view"])
    assert slack.told == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param({"user": {"id": "U0ANA"}}, [("U0ANA", "")], id="the person"),
        pytest.param({"response_url": "https://hooks.invalid/1"}, [("", "https://hooks.invalid/1")], id="the place"),
        pytest.param({"user": ["U0ANA"]}, [], id="neither"),
    ],
)
async def test_the_sender_is_told_by_whatever_the_payload_still_says(body: Body, told: list[tuple[str, str]]) -> None:
    slack = Slack()
    await deliver(slack, "try_again", body)
    assert slack.acks == [{}]
    assert [(user_id, response_url) for user_id, _, response_url in slack.told] == told


@pytest.mark.parametrize("takes_messages", [lambda: False, break_down], ids=["refused", "broken"])
async def test_a_sender_who_cannot_be_told_is_in_the_log(
    takes_messages: Callable[[], bool], caplog: pytest.LogCaptureFixture
) -> None:
    await deliver(Slack(takes_messages=takes_messages), "try_again", {"user": {"id": "U0ANA"}})
    events = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert events[0] == "payload not handled"
    assert len(events) == 2


async def dispatch(app_client: AsyncWebClient, clock: SteppingClock, body: dict[str, Any]) -> tuple[int, str]:
    """One payload through the whole Bolt app, as Socket Mode would."""
    ready = ReadyDesk(lambda: Reaction(ack={"text": "seen"}))
    app = build_app(
        ready,
        ReadyApprovalDesk(lambda: Reaction(ack={"text": "seen"})),
        ReadyListDesk(lambda: Reaction(ack={"text": "seen"})),
        Jobs(),
        client=app_client,
        signing_secret="invented",
        clock=clock,
        identity=IDENTITY,
    )
    response = await asyncio.wait_for(app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=body)), 3)
    return response.status, str(response.body)


@pytest.mark.parametrize(
    "body",
    [
        COMMAND,
        {**SHORTCUT, "type": "shortcut", "callback_id": views.SHORTCUT},
        {**SUBMISSION, "type": "view_submission", "view": {**SUBMISSION["view"], "callback_id": form.CALLBACK}},
        CLICK,
        {**CLICK, "actions": [{"action_id": "a_button_that_is_gone", "block_id": "b", "type": "button"}]},
    ],
    ids=["command", "shortcut", "submission", "click", "unknown click"],
)
async def test_the_first_payload_is_acknowledged_without_asking_slack_anything(
    client: AsyncWebClient, answers: Answers, clock: SteppingClock, body: dict[str, Any]
) -> None:
    answers.become(429, "application/json", '{"ok": false, "error": "ratelimited"}')
    status, said = await dispatch(client, clock, body)
    assert status == 200
    assert "seen" in said
    assert answers.called == []


async def test_what_bolt_logs_for_our_app_is_known_to_hold_payloads(
    client: AsyncWebClient, clock: SteppingClock
) -> None:
    await dispatch(client, clock, COMMAND)
    for name, made in logging.Logger.manager.loggerDict.items():
        if isinstance(made, logging.Logger) and name.partition(":")[0] in (NAME, "slack_bolt"):
            assert name.startswith(tuple(QUIET_BELOW))
    assert {NAME, f"{NAME}:command", f"{NAME}:refuse"} <= logging.Logger.manager.loggerDict.keys()
