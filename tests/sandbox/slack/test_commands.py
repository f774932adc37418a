"""Slash commands: what the app gets, and what the user sees of its acknowledgement."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp

from bot.sandbox.slack.delivery import Outcome
from bot.sandbox.slack.forms import NotOnScreen
from bot.sandbox.slack.people import SLACKBOT_ID
from bot.sandbox.slack.server import LocalSlack

RunApp = Callable[[], Awaitable[object]]


def answer_with(app: AsyncApp, **acknowledgement: Any) -> list[dict[str, Any]]:
    """Let the app acknowledge ``/ask`` so; gives the list its payloads will be in."""
    bodies: list[dict[str, Any]] = []

    @app.command("/ask")
    async def ask(ack: Any, body: dict[str, Any]) -> None:
        bodies.append(body)
        await ack(**acknowledgement)

    return bodies


async def test_the_app_gets_every_field(slack: LocalSlack, app: AsyncApp, run_app: RunApp) -> None:
    bodies = answer_with(app)
    await run_app()
    await slack.human("Gus").runs("support", "/ask  <it> & *that*  ")
    (body,) = bodies
    assert body.pop("token") == slack.credentials.verification_token.get_secret_value()
    assert body.pop("response_url").startswith(f"{slack.base_url}/commands/")
    assert body.pop("trigger_id")
    assert body == {
        "team_id": "T0SANDBOX",
        "team_domain": "sandbox",
        "channel_id": "C0SUPPORT",
        "channel_name": "support",
        "user_id": "U0GUS",
        "user_name": "gus",
        "command": "/ask",
        "text": "<it> & *that*",
        "api_app_id": "A0SANDBOX",
        "is_enterprise_install": "false",
    }
    assert slack.complaints == []


async def test_an_empty_acknowledgement_shows_nothing(slack: LocalSlack, app: AsyncApp, run_app: RunApp) -> None:
    answer_with(app)
    await run_app()
    ana = slack.human("Ana")
    await ana.runs("support", "/ask")
    assert ana.sees("support") == []
    assert slack.deliveries[-1].outcome is Outcome.ACKNOWLEDGED


async def test_text_in_the_acknowledgement_is_for_one_person(slack: LocalSlack, app: AsyncApp, run_app: RunApp) -> None:
    answer_with(app, text="only you")
    await run_app()
    ana = slack.human("Ana")
    await ana.runs("support", "/ask")
    (message,) = ana.sees("support")
    assert (message.text, message.is_ephemeral, message.is_app) == ("only you", True, True)
    assert slack.human("Lee").sees("support") == []


async def test_in_channel_alone_shows_everybody_what_was_typed(
    slack: LocalSlack, app: AsyncApp, run_app: RunApp
) -> None:
    answer_with(app, response_type="in_channel")
    await run_app()
    await slack.human("Ana").runs("support", "/ask a secret")
    (message,) = slack.human("Lee").sees("support")
    assert (message.user_id, message.text) == ("U0ANA", "/ask a secret")


async def test_in_channel_with_text_shows_both(slack: LocalSlack, app: AsyncApp, run_app: RunApp) -> None:
    answer_with(app, response_type="in_channel", text="all of you")
    await run_app()
    await slack.human("Ana").runs("support", "/ask")
    assert [message.text for message in slack.human("Lee").sees("support")] == ["/ask", "all of you"]


async def test_blocks_slack_refuses_fail_the_command_and_are_a_complaint(
    slack: LocalSlack, app: AsyncApp, run_app: RunApp
) -> None:
    answer_with(app, text="words", blocks=[{"type": "sektion"}])
    await run_app()
    ana = slack.human("Ana")
    await ana.runs("support", "/ask")
    assert [message.text for message in ana.sees("support")] == ['/ask failed with the error "dispatch_failed"']
    assert "unsupported type: sektion" in slack.complaints[0]


async def test_an_acknowledgement_that_is_no_object_fails_the_command(slack: LocalSlack, serve_raw: Any) -> None:
    await serve_raw(lambda: web.json_response(["no", "object"]))
    ana = slack.human("Ana")
    await ana.runs("support", "/ask")
    assert [message.text for message in ana.sees("support")] == ['/ask failed with the error "dispatch_failed"']
    assert slack.complaints == ["acknowledgement of a command: not an object"]


@pytest.fixture
async def serve_raw(slack: LocalSlack) -> Any:
    """Serves a request URL that always answers with what the test gives."""
    runners: list[web.AppRunner] = []

    async def serve(answer: Callable[[], web.Response]) -> None:
        async def handle(_request: web.Request) -> web.Response:
            return answer()

        raw = web.Application()
        raw.router.add_post("/slack/events", handle)
        runner = web.AppRunner(raw, access_log=None)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"

    yield serve
    for runner in runners:
        await runner.cleanup()


async def test_plain_text_from_http_is_shown_as_text(slack: LocalSlack, serve_raw: Any) -> None:
    await serve_raw(lambda: web.Response(text="just text"))
    ana = slack.human("Ana")
    await ana.runs("support", "/ask")
    assert [message.text for message in ana.sees("support")] == ["just text"]


@pytest.mark.parametrize("status", [201, 302, 401, 404, 500])
async def test_any_other_status_than_200_is_a_failure(slack: LocalSlack, serve_raw: Any, status: int) -> None:
    await serve_raw(lambda: web.Response(status=status, headers={"Location": "/slack/events"}))
    ana = slack.human("Ana")
    await ana.runs("support", "/ask")
    (notice,) = ana.sees("support")
    assert (notice.user_id, notice.name, notice.is_ephemeral) == (SLACKBOT_ID, "Slackbot", True)
    assert notice.text == '/ask failed with the error "dispatch_failed"'
    assert slack.deliveries[-1].outcome is Outcome.REFUSED


async def test_a_command_nobody_declared_is_not_valid(slack: LocalSlack) -> None:
    ana = slack.human("Ana")
    await ana.runs("support", "/nothing here")
    (notice,) = ana.sees("support")
    assert (notice.user_id, notice.text) == (SLACKBOT_ID, "/nothing is not a valid command.")
    assert slack.deliveries == []


async def test_somebody_from_another_workspace_has_no_command(slack: LocalSlack) -> None:
    olu = slack.human("Olu")
    await olu.runs("partner", "/ask")
    assert [message.text for message in olu.sees("partner")] == ["/ask is not a valid command."]
    assert slack.deliveries == []


async def test_a_command_works_where_the_app_is_not_a_member(slack: LocalSlack, app: AsyncApp, run_app: RunApp) -> None:
    bodies = answer_with(app, text="here too")
    await run_app()
    ana = slack.human("Ana")
    between_people = slack.workspace.dm("U0ANA", "U0LEE").id
    await ana.runs("tea-room", "/ask")
    await ana.runs(between_people, "/ask")
    assert [message.text for message in ana.sees("tea-room") + ana.sees(between_people)] == ["here too"] * 2
    assert [body["channel_name"] for body in bodies] == ["tea-room", "directmessage"]


async def test_mentions_arrive_as_ids_only_where_the_manifest_says_so(
    slack: LocalSlack, app: AsyncApp, run_app: RunApp
) -> None:
    texts = []

    @app.command("/escaped")
    @app.command("/ask")
    async def listen(ack: Any, body: dict[str, Any]) -> None:
        texts.append(body["text"])
        await ack()

    await run_app()
    await slack.human("Ana").runs("support", "/ask @lee in #support")
    await slack.human("Ana").runs("support", "/escaped @lee in #support, not @nobody")
    assert texts == ["@lee in #support", "<@U0LEE|lee> in <#C0SUPPORT|support>, not @nobody"]
    texts.clear()
    await slack.human("Ana").runs("support", "/ask R&D +86 138 0000 1234")
    await slack.human("Ana").runs("support", "/escaped R&D +86 138 0000 1234")
    assert texts == ["R&D +86 138 0000 1234", "R&amp;D <tel:+8613800001234|+86 138 0000 1234>"]


async def test_nothing_can_be_typed_where_the_manifest_makes_messages_read_only() -> None:
    slack = LocalSlack()
    ana = slack.human("Ana")
    with pytest.raises(NotOnScreen, match="turned off"):
        await ana.runs(ana.dm, "/phoneid")
    with pytest.raises(NotOnScreen, match="turned off"):
        await ana.says(ana.dm, "hello")
