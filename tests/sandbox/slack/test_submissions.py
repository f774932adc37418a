"""Submitting a modal: what is sent, and what the answers in the acknowledgement do to the form."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.acknowledgements import TROUBLE
from bot.sandbox.slack.forms import REQUIRED, NotOnScreen
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.server import LocalSlack

Build = Callable[..., dict[str, Any]]
RunApp = Callable[[], Awaitable[object]]


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


async def test_clear_on_close_takes_the_whole_stack_away(
    slack: LocalSlack, form: Form, modal: Build, field: Build
) -> None:
    form.acknowledgement = {"response_action": "push", "view": modal(field(), clear_on_close=True)}
    form.human.fills(block_id="what", text="this")
    await form.human.submits()
    await form.human.closes()
    assert form.human.modal is None
