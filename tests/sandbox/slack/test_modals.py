"""Modals: opened within three seconds, one stack per person, updates guarded by a hash, clicks with their view."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.interfaces import Clock
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.server import LocalSlack

Build = Callable[..., dict[str, Any]]
RunApp = Callable[[], Awaitable[object]]


@pytest.fixture
async def trigger(slack: LocalSlack, app: AsyncApp, connect: RunApp) -> Callable[..., Awaitable[str]]:
    """A fresh trigger id of somebody's ``/ask``."""
    bodies: list[dict[str, Any]] = []

    @app.command("/ask")
    async def ask(ack: Any, body: dict[str, Any]) -> None:
        bodies.append(body)
        await ack()

    await connect()

    async def issue(human: Human | None = None) -> str:
        await (human or slack.human("Ana")).runs("support", "/ask")
        return str(bodies[-1]["trigger_id"])

    return issue


async def refused(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_trigger_id_opens_one_modal_for_its_user(
    slack: LocalSlack, client: AsyncWebClient, trigger: Any, modal: Build, field: Build
) -> None:
    trigger_id = await trigger()
    opened = await client.views_open(trigger_id=trigger_id, view=modal(field(), private_metadata="mine"))
    ana = slack.human("Ana")
    assert ana.modal is not None
    assert opened["view"] == {
        "id": ana.modal.id,
        "team_id": "T0SANDBOX",
        **modal(field(), private_metadata="mine"),
        "close": None,
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "state": {"values": {"what": {"entry": {"type": "plain_text_input", "value": None}}}},
        "hash": ana.modal.hash,
        "previous_view_id": None,
        "root_view_id": ana.modal.id,
        "app_id": "A0SANDBOX",
        "app_installed_team_id": "T0SANDBOX",
        "bot_id": "B0BOT",
    }
    assert slack.human("Lee").modal is None
    assert await refused(client.views_open(trigger_id=trigger_id, view=modal(field()))) == "exchanged_trigger_id"


async def test_a_trigger_id_lives_three_seconds(
    client: AsyncWebClient, trigger: Any, modal: Build, field: Build, clock: Any
) -> None:
    in_time, too_late = await trigger(), await trigger()
    clock.time += 3.0
    await client.views_open(trigger_id=in_time, view=modal(field()))
    clock.time += 0.001
    assert await refused(client.views_open(trigger_id=too_late, view=modal(field()))) == "expired_trigger_id"
    assert await refused(client.views_open(trigger_id="1.2.3", view=modal(field()))) == "invalid_trigger_id"


async def test_a_refused_view_does_not_use_up_the_trigger_id(
    slack: LocalSlack, client: AsyncWebClient, trigger: Any, modal: Build, field: Build
) -> None:
    trigger_id = await trigger()
    with pytest.raises(SlackApiError) as caught:
        await client.views_open(trigger_id=trigger_id, view=modal(field(), title=None))
    assert caught.value.response["error"] == "invalid_arguments"
    assert "errors" not in caught.value.response.data
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] failed to match all allowed schemas [json-pointer:/view]",
        "[ERROR] must provide an object [json-pointer:/view/title]",
    ]
    assert slack.complaints == ["views.open: must provide an object [json-pointer:/view/title]"]
    await client.views_open(trigger_id=trigger_id, view=modal(field()))


async def test_a_view_may_come_as_json_text(
    client: AsyncWebClient, slack: LocalSlack, trigger: Any, modal: Build, field: Build
) -> None:
    trigger_id = await trigger()
    await client.api_call(
        "views.open", data={"trigger_id": trigger_id, "view": str(web.json_response(modal(field())).text)}
    )
    assert slack.human("Ana").modal
    assert await refused(client.api_call("views.open", data={"trigger_id": "1", "view": "{"})) == "invalid_arguments"


async def test_people_have_stacks_of_their_own(
    slack: LocalSlack, client: AsyncWebClient, trigger: Any, modal: Build, field: Build
) -> None:
    ana, lee = slack.human("Ana"), slack.human("Lee")
    await client.views_open(trigger_id=await trigger(ana), view=modal(field(), callback_id="anas"))
    await client.views_open(trigger_id=await trigger(lee), view=modal(field(), callback_id="lees"))
    assert ana.modal is not None
    assert lee.modal is not None
    assert (ana.modal.callback_id, lee.modal.callback_id) == ("anas", "lees")
    await lee.closes()
    assert (ana.modal is None, lee.modal is None) == (False, True)


async def test_an_update_keeps_what_was_typed_and_refuses_an_old_hash(
    slack: LocalSlack, client: AsyncWebClient, trigger: Any, modal: Build, field: Build
) -> None:
    ana = slack.human("Ana")
    opened = (await client.views_open(trigger_id=await trigger(), view=modal(field())))["view"]
    ana.fills(block_id="what", text="typed")
    updated = modal(field(), field("more"))
    first = await client.views_update(view_id=opened["id"], hash=opened["hash"], view=updated)
    assert first["view"]["state"]["values"]["what"]["entry"]["value"] == "typed"
    assert first["view"]["hash"] != opened["hash"]
    stale = client.views_update(view_id=opened["id"], hash=opened["hash"], view=updated)
    assert await refused(stale) == "hash_conflict"
    await client.views_update(view_id=opened["id"], view=modal(field("renamed")))
    assert ana.modal is not None
    assert ana.modal.value("renamed") is None


async def test_a_view_that_was_closed_cannot_be_updated(
    slack: LocalSlack, client: AsyncWebClient, trigger: Any, modal: Build, field: Build
) -> None:
    opened = (await client.views_open(trigger_id=await trigger(), view=modal(field())))["view"]
    await slack.human("Ana").closes()
    assert await refused(client.views_update(view_id=opened["id"], view=modal(field()))) == "not_found"
    assert await refused(client.api_call("views.update", json={"view": modal(field())})) == "invalid_arguments"


async def test_an_external_id_finds_a_view_and_is_unique(
    slack: LocalSlack, client: AsyncWebClient, trigger: Any, modal: Build, field: Build
) -> None:
    mine = modal(field(), external_id="mine")
    await client.views_open(trigger_id=await trigger(), view=mine)
    await client.views_update(external_id="mine", view={**mine, "callback_id": "changed"})
    lees = await trigger(slack.human("Lee"))
    assert await refused(client.views_open(trigger_id=lees, view=mine)) == "duplicate_external_id"
    assert await refused(client.views_update(external_id="yours", view=mine)) == "not_found"


async def test_a_stack_is_three_high(
    slack: LocalSlack, client: AsyncWebClient, app: AsyncApp, trigger: Any, modal: Build, field: Build, button: Build
) -> None:
    clicks: list[dict[str, Any]] = []

    @app.action("press")
    async def press(ack: Any, body: dict[str, Any]) -> None:
        clicks.append(body)
        await ack()

    pressable = modal({"type": "actions", "block_id": "row", "elements": [button()]})
    assert await refused(client.views_push(trigger_id=await trigger(), view=pressable)) == "invalid_trigger_id"
    root = (await client.views_open(trigger_id=await trigger(), view=pressable))["view"]
    for _ in range(2):
        await slack.human("Ana").clicks("Press")
        pushed = (await client.views_push(trigger_id=clicks[-1]["trigger_id"], view=pressable))["view"]
    assert pushed["root_view_id"] == root["id"]
    assert pushed["previous_view_id"] not in (root["id"], pushed["id"])
    await slack.human("Ana").clicks("Press")
    assert await refused(client.views_push(trigger_id=clicks[-1]["trigger_id"], view=pressable)) == "push_limit_reached"


async def test_closing_tells_the_app_only_when_it_asked(
    slack: LocalSlack, client: AsyncWebClient, app: AsyncApp, trigger: Any, modal: Build, field: Build
) -> None:
    closed = []

    @app.view_closed("form")
    async def close(ack: Any, body: dict[str, Any]) -> None:
        closed.append((body["type"], body["is_cleared"], body["view"]["id"]))
        await ack()

    ana = slack.human("Ana")
    await client.views_open(trigger_id=await trigger(), view=modal(field()))
    await ana.closes()
    opened = await client.views_open(trigger_id=await trigger(), view=modal(field(), notify_on_close=True))
    await ana.closes()
    assert closed == [("view_closed", False, opened["view"]["id"])]


async def test_a_click_in_a_modal_carries_the_view_and_no_channel(
    slack: LocalSlack, client: AsyncWebClient, app: AsyncApp, trigger: Any, modal: Build, field: Build, button: Build
) -> None:
    bodies = []

    @app.action("press")
    async def press(ack: Any, body: dict[str, Any]) -> None:
        bodies.append(body)
        await ack()

    row = {"type": "actions", "block_id": "row", "elements": [button(value="7", style="primary")]}
    await client.views_open(trigger_id=await trigger(), view=modal(field(), row))
    ana = slack.human("Ana")
    ana.fills(block_id="what", text="typed")
    await ana.clicks("Press")
    (body,) = bodies
    assert ana.modal is not None
    assert body["container"] == {"type": "view", "view_id": ana.modal.id}
    assert body["view"]["state"]["values"]["what"]["entry"]["value"] == "typed"
    assert body.keys().isdisjoint({"channel", "message", "response_url", "response_urls"})
    (action,) = body["actions"]
    assert action.pop("action_ts")
    assert action == {
        "type": "button",
        "action_id": "press",
        "block_id": "row",
        "text": {"type": "plain_text", "text": "Press"},
        "value": "7",
        "style": "primary",
    }


async def test_a_field_reports_itself_only_when_it_dispatches(
    slack: LocalSlack, client: AsyncWebClient, app: AsyncApp, trigger: Any, modal: Build, field: Build
) -> None:
    option = {"text": {"type": "plain_text", "text": "One"}, "value": "1"}
    select = {"type": "static_select", "options": [option]}
    actions = []

    @app.action("pick")
    async def pick(ack: Any, body: dict[str, Any]) -> None:
        actions.append(body["actions"][0]["selected_option"])
        await ack()

    silent = field("silent", element=None) | {"element": {**select, "action_id": "silent"}}
    telling = field("telling", dispatch_action=True) | {"element": {**select, "action_id": "pick"}}
    await client.views_open(trigger_id=await trigger(), view=modal(silent, telling))
    ana = slack.human("Ana")
    await ana.selects("silent", "1")
    assert actions == []
    await ana.selects("pick", "One")
    assert actions == [option]
    assert ana.modal is not None
    assert (ana.modal.value("silent"), ana.modal.value("telling")) == (option, option)


async def test_the_home_tab_is_published_per_person_and_its_buttons_work(
    slack: LocalSlack, client: AsyncWebClient, app: AsyncApp, connect: RunApp, button: Build
) -> None:
    bodies, opened = [], []

    @app.event("app_home_opened")
    async def open_home(event: dict[str, Any]) -> None:
        opened.append((event["user"], event["tab"]))

    @app.action("press")
    async def press(ack: Any, body: dict[str, Any]) -> None:
        bodies.append(body)
        await ack()

    await connect()
    home = {"type": "home", "blocks": [{"type": "actions", "block_id": "row", "elements": [button()]}]}
    await client.views_publish(user_id="U0ANA", view=home)
    ana = slack.human("Ana")
    await ana.opens_home()
    assert opened == [("U0ANA", "home")]
    await ana.clicks("Press", at_home=True)
    assert ana.home is not None
    assert bodies[0]["container"] == {"type": "view", "view_id": ana.home.id}
    assert bodies[0]["view"]["type"] == "home"
    assert slack.human("Lee").home is None
    stale = client.views_publish(user_id="U0ANA", view=home, hash="0.0")
    assert await refused(stale) == "hash_conflict"


async def test_a_home_needs_its_tab_switched_on(clock: Clock, session: Any) -> None:
    declared: dict[str, Any] = {"display_information": {"name": "Helper"}}
    slack = LocalSlack(manifest=Manifest.parse(declared), clock=clock)
    await slack.start()
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    assert await refused(client.views_publish(user_id="U0ANA", view=home)) == "not_enabled"
    await slack.stop()
