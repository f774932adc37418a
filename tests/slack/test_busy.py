"""Slack is left alone for as long as it asks, each method and each channel for itself."""

from collections.abc import Awaitable, Callable

import pytest

from bot.errors import SlackBusy
from bot.slack.connection import open_web
from bot.slack.web import Web
from tests.clocks import SteppingClock
from tests.slack.conftest import Answers
from tests.slack.failures import TOKEN, check_clean, refusal

pytestmark = pytest.mark.usefixtures("no_secret_logged")


async def busy(web: Web, channel: str = "") -> SlackBusy:
    with pytest.raises(SlackBusy) as caught:
        await (web.chat_postMessage(channel=channel, text="x") if channel else web.auth_test())
    check_clean(caught.value, web.base_url)
    return caught.value


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("300", 300.0),
        ("1.5", 1.5),
        ("0", 1.0),
        ("-5", 1.0),
        ("1e9", 3600.0),
        ("", 30.0),
        (None, 30.0),
        ("inf", 30.0),
        ("nan", 30.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 30.0),
    ],
)
async def test_slack_says_how_long_it_wants_to_be_left_alone(
    web: Web, answers: Answers, header: str | None, seconds: float
) -> None:
    answers.become(
        429, "application/json", refusal("ratelimited"), headers={} if header is None else {"Retry-After": header}
    )
    assert (await busy(web)).retry_after == seconds


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        pytest.param(200, "application/json", refusal("ratelimited"), id="in a word alone"),
        pytest.param(200, "application/json", refusal("rate_limited"), id="in another word"),
        pytest.param(429, "application/json", refusal("user_not_found"), id="in the status alone"),
        pytest.param(429, "text/html", "<html>Too many</html>", id="by a proxy's page"),
        pytest.param(429, "application/json", "{", id="in broken JSON"),
    ],
)
async def test_slack_is_busy_however_it_says_so(
    web: Web, answers: Answers, status: int, content_type: str, body: str
) -> None:
    answers.become(status, content_type, body, headers={"Retry-After": "7"})
    assert (await busy(web)).retry_after == 7.0


async def test_slack_is_asked_once_until_its_time_is_over(web: Web, answers: Answers, clock: SteppingClock) -> None:
    answers.become(429, "application/json", refusal("ratelimited"), headers={"Retry-After": "300"})
    assert [(await busy(web)).retry_after for _ in range(100)] == [300.0] * 100
    clock.time += 299
    assert (await busy(web)).retry_after == 1.0
    assert answers.called == ["auth.test"]
    answers.become(200, "application/json", '{"ok": true}')
    clock.time += 1
    await web.auth_test()
    assert answers.called == ["auth.test"] * 2
    assert clock.naps == []


async def test_only_the_method_that_is_closed_is_left_alone(web: Web, answers: Answers) -> None:
    answers.become(429, "application/json", refusal("ratelimited"), headers={"Retry-After": "300"})
    await busy(web)
    answers.become(200, "application/json", '{"ok": true}')
    await web.usergroups_users_list(usergroup="S0LEADS")
    await busy(web)
    assert answers.called == ["auth.test", "usergroups.users.list"]


async def test_each_channel_is_closed_for_itself(web: Web, answers: Answers) -> None:
    answers.become(429, "application/json", refusal("ratelimited"), headers={"Retry-After": "300"})
    for channel in ("C0ONE", "C0ONE", "C0TWO", "C0TWO"):
        await busy(web, channel)
    assert answers.called == ["chat.postMessage"] * 2
    answers.become(200, "application/json", '{"ok": true}')
    await web.chat_update(channel="C0ONE", ts="1.0", text="x")


async def test_what_is_open_again_is_not_remembered(web: Web, answers: Answers, clock: SteppingClock) -> None:
    answers.become(429, "application/json", refusal("ratelimited"), headers={"Retry-After": "10"})
    for number in range(5):
        await busy(web, f"C{number}")
        clock.time += 10
    assert len(web._closed_until) == 1


ASKED_FIRST: dict[str, Callable[[Web], Awaitable[object]]] = {
    "users.info": lambda web: web.users_info(user="U0ANA"),
    "usergroups.users.list": lambda web: web.usergroups_users_list(usergroup="S0LEADS"),
    "conversations.info": lambda web: web.conversations_info(channel="C0LEADS"),
    "views.open": lambda web: web.views_open(trigger_id="1.2.3", view={}),
}
"""What somebody would be turned away for, or get no form for, if Slack were not asked again."""


@pytest.mark.parametrize("method", ASKED_FIRST)
async def test_a_moment_is_waited_out_by_whoever_would_be_turned_away(
    base_url: str, answers: Answers, method: str
) -> None:
    def good_again() -> None:
        answers.become(200, "application/json", '{"ok": true}')

    clock = SteppingClock(on_nap=good_again)
    async with open_web(token=TOKEN, base_url=base_url, clock=clock) as web:
        answers.become(429, "application/json", refusal("ratelimited"), headers={"Retry-After": "2"})
        await ASKED_FIRST[method](web)
    assert clock.naps == [2.0]
    assert answers.called == [method] * 2


@pytest.mark.parametrize(("seconds", "naps"), [("2", [2.0]), ("2.1", []), ("300", [])])
async def test_a_moment_is_waited_out_once_and_minutes_are_not(
    web: Web, answers: Answers, clock: SteppingClock, seconds: str, naps: list[float]
) -> None:
    answers.become(429, "application/json", refusal("ratelimited"), headers={"Retry-After": seconds})
    with pytest.raises(SlackBusy):
        await web.users_info(user="U0ANA")
    assert clock.naps == naps
    assert len(answers.called) == 1 + len(naps)


async def test_the_rest_of_a_pause_is_a_moment_too(web: Web, answers: Answers, clock: SteppingClock) -> None:
    answers.become(429, "application/json", refusal("ratelimited"), headers={"Retry-After": "300"})
    with pytest.raises(SlackBusy):
        await web.users_info(user="U0ANA")
    answers.become(200, "application/json", '{"ok": true}')
    clock.time += 299
    await web.users_info(user="U0ANA")
    assert clock.naps == [1.0]
