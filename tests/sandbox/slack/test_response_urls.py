"""Response URLs: five answers in thirty minutes, to one person, anywhere."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.slack.server import LocalSlack

Build = Callable[..., dict[str, Any]]
RunApp = Callable[[], Awaitable[object]]
Answer = tuple[int, str]


@pytest.fixture
async def urls(app: AsyncApp, connect: RunApp) -> list[str]:
    """The response URLs the app was given, for ``/ask`` and for the button ``press``."""
    given: list[str] = []

    @app.command("/ask")
    @app.action("press")
    async def note(ack: Any, body: dict[str, Any]) -> None:
        given.append(body["response_url"])
        await ack()

    await connect()
    return given


@pytest.fixture
def answer(session: aiohttp.ClientSession, urls: list[str]) -> Callable[..., Awaitable[Answer]]:
    """Answers to the newest response URL with the official client; gives status and body."""

    async def send(text: str = "answer", **reply: Any) -> Answer:
        response = await AsyncWebhookClient(urls[-1], session=session).send_dict({"text": text, **reply})
        return response.status_code, response.body

    return send


EXPIRED = (404, "expired_url")
USED = (404, "used_url")


async def test_five_answers_and_no_more(slack: LocalSlack, answer: Any) -> None:
    ana = slack.human("Ana")
    await ana.runs("tea-room", "/ask")
    assert [await answer() for _ in range(5)] == [(200, "ok")] * 5
    assert await answer() == USED
    assert len(ana.sees("tea-room")) == 5


async def test_thirty_minutes_and_no_longer(slack: LocalSlack, answer: Any, clock: Any) -> None:
    await slack.human("Ana").runs("support", "/ask")
    clock.time += 30 * 60
    assert await answer() == (200, "ok")
    clock.time += 0.001
    assert await answer() == EXPIRED


async def test_a_url_nobody_was_given_is_expired(slack: LocalSlack, urls: list[str], answer: Any) -> None:
    urls.append(f"{slack.base_url}/commands/0123")
    assert await answer() == EXPIRED


@pytest.mark.parametrize(
    ("reply", "seen_by_lee"),
    [
        pytest.param({}, [], id="as it is"),
        pytest.param({"response_type": "ephemeral"}, [], id="ephemeral"),
        pytest.param({"response_type": "in_channel"}, ["answer"], id="in_channel"),
    ],
)
async def test_an_answer_is_for_one_person_unless_said_otherwise(
    slack: LocalSlack, answer: Any, reply: dict[str, Any], seen_by_lee: list[str]
) -> None:
    await slack.human("Ana").runs("tea-room", "/ask")
    assert await answer(**reply) == (200, "ok")
    assert [message.text for message in slack.human("Ana").sees("tea-room")] == ["answer"]
    assert [message.text for message in slack.human("Lee").sees("tea-room")] == seen_by_lee


async def test_an_answer_reaches_a_direct_message_between_people(slack: LocalSlack, answer: Any) -> None:
    between_people = slack.workspace.dm("U0ANA", "U0LEE").id
    await slack.human("Ana").runs(between_people, "/ask")
    await answer()
    assert [message.text for message in slack.human("Ana").sees(between_people)] == ["answer"]
    assert slack.human("Lee").sees(between_people) == []


async def test_what_slack_cannot_show_is_refused_and_uses_the_url(slack: LocalSlack, answer: Any) -> None:
    await slack.human("Ana").runs("support", "/ask")
    status, body = await answer(blocks=[{"type": "sektion"}])
    assert (status, body) == (400, "invalid_blocks")
    assert "unsupported type: sektion [json-pointer:/blocks/0/type]" in slack.complaints[0]
    assert await answer(text="") == (400, "no_text")
    assert [await answer() for _ in range(4)] == [(200, "ok")] * 3 + [USED]


async def test_a_body_that_is_no_json_is_refused(
    slack: LocalSlack, urls: list[str], session: aiohttp.ClientSession
) -> None:
    await slack.human("Ana").runs("support", "/ask")
    async with session.post(urls[-1], data="{", headers={"Content-Type": "application/json"}) as response:
        assert (response.status, await response.text()) == (400, "invalid_payload")


async def test_a_command_has_no_original_to_replace(slack: LocalSlack, answer: Any) -> None:
    await slack.human("Ana").runs("support", "/ask")
    await answer(replace_original=True)
    await answer(text="second", replace_original=True)
    assert [message.text for message in slack.human("Ana").sees("support")] == ["answer", "second"]
    assert slack.complaints == ["response_url: a command has no original message to replace or delete"] * 2


async def test_a_field_slack_does_not_know_is_a_complaint(slack: LocalSlack, answer: Any) -> None:
    await slack.human("Ana").runs("support", "/ask")
    await answer(colour="red")
    await answer(response_type="loud")
    assert slack.complaints == ["response_url: unknown field colour", "response_url: unknown response_type"]


@pytest.fixture(params=["a lasting message", "an ephemeral message"])
async def pressed(
    request: pytest.FixtureRequest, slack: LocalSlack, client: AsyncWebClient, urls: list[str], button: Build
) -> str:
    """Ana pressed a button in a message; gives its ``ts``."""
    row = {"type": "actions", "elements": [button()]}
    if request.param == "a lasting message":
        posted = await client.chat_postMessage(channel="C0SUPPORT", text="press", blocks=[row])
    else:
        posted = await client.chat_postEphemeral(channel="C0SUPPORT", user="U0ANA", text="press", blocks=[row])
    await slack.human("Ana").clicks("Press")
    return str(posted.get("ts") or posted["message_ts"])


async def test_a_click_may_replace_its_message(slack: LocalSlack, answer: Any, pressed: str) -> None:
    assert await answer(replace_original=True) == (200, "ok")
    (message,) = slack.human("Ana").sees("support")
    assert (message.ts, message.text, message.blocks) == (pressed, "answer", None)


async def test_a_click_may_delete_its_message(slack: LocalSlack, answer: Any, pressed: str) -> None:
    assert await answer(delete_original=True) == (200, "ok")
    assert slack.human("Ana").sees("support") == []
    assert await answer(replace_original=True) == (400, "message_not_found")


async def test_a_click_leaves_its_message_alone_unless_told(slack: LocalSlack, answer: Any, pressed: str) -> None:
    await answer()
    assert [message.text for message in slack.human("Ana").sees("support")] == ["press", "answer"]
    assert slack.complaints == []
