"""Modals: opened within three seconds, one stack per person, updates guarded by a hash, answers to submissions."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.interfaces import Clock
from bot.sandbox.slack.acknowledgements import TROUBLE
from bot.sandbox.slack.forms import REQUIRED, NotOnScreen
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
    clock.pass_time(3.0)
    await client.views_open(trigger_id=in_time, view=modal(field()))
    clock.pass_time(0.001)
    assert await refused(client.views_open(trigger_id=too_late, view=modal(field()))) == "expired_trigger_id"
    assert await refused(client.views_open(trigger_id="1.2.3", view=modal(field()))) == "invalid_trigger_id"


async def test_a_refused_view_does_not_use_up_the_trigger_id(
    slack: LocalSlack, client: AsyncWebClient, trigger: Any, modal: Build, field: Build
) -> None:
    trigger_id = await trigger()
    with pytest.raises(SlackApiError) as caught:
        await client.views_open(trigger_id=trigger_id, view=modal(field(), title=None))
    assert caught.value.response["error"] == "invalid_arguments"
    assert caught.value.response["response_metadata"] == {
        "messages": ["[ERROR] must provide an object [json-pointer:/view/title]"]
    }
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


class Form:
    """A modal open for Ana whose submissions are acknowledged as the test says."""

    def __init__(self, human: Human) -> None:
        self.human = human
        self.acknowledgement: dict[str, Any] = {}
        self.bodies: list[dict[str, Any]] = []


@pytest.fixture
async def form(
    slack: LocalSlack, app: AsyncApp, client: AsyncWebClient, run_app: RunApp, modal: Build, field: Build
) -> Form:
    opened = Form(slack.human("Ana"))

    @app.view("form")
    async def submit(ack: Any, body: dict[str, Any]) -> None:
        opened.bodies.append(body)
        await ack(**opened.acknowledgement)

    @app.shortcut("ask")
    async def ask(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        view = modal(field(), field("more", optional=True), private_metadata="kept")
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    await run_app()
    await opened.human.uses_shortcut("ask")
    await opened.human.until(lambda: opened.human.modal)
    return opened


async def test_a_submission_carries_the_view_with_every_field(slack: LocalSlack, form: Form) -> None:
    form.human.fills(block_id="what", text="this")
    before = form.human.modal
    assert before is not None
    await form.human.submits()
    (body,) = form.bodies
    assert body["view"].pop("state") == {
        "values": {
            "what": {"entry": {"type": "plain_text_input", "value": "this"}},
            "more": {"entry": {"type": "plain_text_input", "value": None}},
        }
    }
    assert (body["view"]["id"], body["view"]["hash"]) == (before.id, before.hash)
    assert (body["view"]["private_metadata"], body["view"]["callback_id"]) == ("kept", "form")
    assert body.pop("view")["team_id"] == "T0SANDBOX"
    assert body.pop("token")
    assert body.pop("trigger_id")
    assert body == {
        "type": "view_submission",
        "team": {"id": "T0SANDBOX", "domain": "sandbox"},
        "user": {"id": "U0ANA", "username": "ana", "name": "ana", "team_id": "T0SANDBOX"},
        "api_app_id": "A0SANDBOX",
        "response_urls": [],
        "is_enterprise_install": False,
        "enterprise": None,
    }
    assert form.human.modal is None
    assert slack.complaints == []


async def test_a_form_with_an_empty_required_field_is_not_sent(form: Form) -> None:
    await form.human.submits()
    assert form.human.modal is not None
    assert form.human.modal.errors == {"what": REQUIRED}
    assert form.bodies == []


async def test_errors_stand_under_their_fields_until_the_next_try(slack: LocalSlack, form: Form) -> None:
    form.acknowledgement = {"response_action": "errors", "errors": {"what": "No."}}
    form.human.fills(block_id="what", text="wrong")
    await form.human.submits()
    assert form.human.modal is not None
    assert form.human.modal.errors == {"what": "No."}
    assert form.human.modal.value("what") == "wrong"
    form.acknowledgement = {}
    await form.human.submits()
    assert form.human.modal is None
    assert slack.complaints == []


async def test_an_update_replaces_the_view_in_place(form: Form, modal: Build, field: Build) -> None:
    form.acknowledgement = {"response_action": "update", "view": modal(field(), callback_id="second")}
    form.human.fills(block_id="what", text="kept")
    before = form.human.modal
    await form.human.submits()
    after = form.human.modal
    assert before is not None
    assert after is not None
    assert (after.id, after.callback_id, after.value("what")) == (before.id, "second", "kept")
    assert after.hash != before.hash


async def test_a_push_covers_the_view_and_clear_takes_all_away(form: Form, modal: Build, field: Build) -> None:
    form.acknowledgement = {"response_action": "push", "view": modal(field())}
    form.human.fills(block_id="what", text="this")
    await form.human.submits()
    top = form.human.modal
    assert top is not None
    assert top.previous_view_id == top.root_view_id
    form.acknowledgement = {"response_action": "clear"}
    form.human.fills(block_id="what", text="this")
    await form.human.submits()
    assert form.human.modal is None


async def test_an_empty_acknowledgement_closes_the_top_view_only(form: Form, modal: Build, field: Build) -> None:
    form.acknowledgement = {"response_action": "push", "view": modal(field(), callback_id="form")}
    form.human.fills(block_id="what", text="this")
    await form.human.submits()
    form.acknowledgement = {}
    form.human.fills(block_id="what", text="that")
    await form.human.submits()
    assert form.human.modal is not None
    assert form.human.modal.previous_view_id is None


NOT_UNDERSTOOD = {
    "errors for a block that is not there": {"response_action": "errors", "errors": {"nowhere": "No."}},
    "an error that is no text": {"response_action": "errors", "errors": {"what": ["No."]}},
    "an error that says nothing": {"response_action": "errors", "errors": {"what": ""}},
    "an update without a view": {"response_action": "update"},
    "an update Slack refuses": {"response_action": "update", "view": {"type": "modal", "blocks": []}},
    "an unknown action": {"response_action": "explode"},
    "a message": {"text": "thanks"},
}


@pytest.mark.parametrize("acknowledgement", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD)
async def test_an_acknowledgement_slack_does_not_understand_is_trouble_and_a_complaint(
    slack: LocalSlack, form: Form, acknowledgement: dict[str, Any]
) -> None:
    form.acknowledgement = acknowledgement
    form.human.fills(block_id="what", text="typed")
    await form.human.submits()
    assert form.human.modal is not None
    assert (form.human.modal.notice, form.human.modal.is_submitting) == (TROUBLE, False)
    assert form.human.modal.value("what") == "typed"
    assert slack.complaints


async def test_a_submission_nobody_answers_leaves_the_form_as_it_was(
    slack: LocalSlack, form: Form, app: AsyncApp
) -> None:
    form.human.fills(block_id="what", text="typed")
    form.acknowledgement = {"response_action": "errors"}  # Bolt raises before it acknowledges
    await form.human.submits()
    assert form.human.modal is not None
    assert (form.human.modal.notice, form.human.modal.value("what")) == (TROUBLE, "typed")


async def test_a_form_cannot_be_sent_twice_or_changed_while_it_is_sent(form: Form) -> None:
    form.human.fills(block_id="what", text="typed")
    sending = asyncio.create_task(form.human.submits())
    await form.human.until(lambda: form.human.modal and form.human.modal.is_submitting)
    with pytest.raises(NotOnScreen):
        await form.human.submits()
    with pytest.raises(NotOnScreen):
        form.human.fills(block_id="what", text="changed")
    await sending
    assert len(form.bodies) == 1


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


async def test_clear_on_close_takes_the_whole_stack_away(
    slack: LocalSlack, form: Form, modal: Build, field: Build
) -> None:
    form.acknowledgement = {"response_action": "push", "view": modal(field(), clear_on_close=True)}
    form.human.fills(block_id="what", text="this")
    await form.human.submits()
    await form.human.closes()
    assert form.human.modal is None


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
