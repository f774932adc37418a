"""Opening, updating and closing views, for the Web API and for acknowledgements alike."""

from dataclasses import replace
from random import Random
from typing import Any

from bot.interfaces import Clock
from bot.sandbox.slack import blockkit
from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.complaints import Complaints
from bot.sandbox.slack.forms import initial_values
from bot.sandbox.slack.refusals import Refusal
from bot.sandbox.slack.validator import Surface, check_view, is_too_large
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Workspace

HIGHEST_STACK = 3


class Modals:
    """The views of everybody's client. Every verb raises ``Refusal`` when Slack would not do it."""

    def __init__(self, *, workspace: Workspace, clock: Clock, random: Random, complaints: Complaints) -> None:
        self._workspace = workspace
        self._clock = clock
        self._random = random
        self._complaints = complaints

    def check(self, content: Any, *, surfaces: tuple[Surface, ...], where: str, view_id: str = "") -> JsonObject:
        """The view, when Slack would take it; ``view_id`` is the view it is to replace."""
        faults = check_view(content, surfaces=surfaces)
        if faults:
            self._complaints.note(f"{where}: {'; '.join(faults)}")
            raise Refusal("invalid_arguments", "failed to match all allowed schemas [json-pointer:/view]", *faults)
        checked: JsonObject = content
        if is_too_large(checked):
            self._complaints.note(f"{where}: the view is too large")
            raise Refusal("view_too_large")
        other = self._workspace.find_view(external_id=checked.get("external_id", ""))
        if other is not None and other.id != view_id:
            raise Refusal("duplicate_external_id")
        return checked

    def open(self, user_id: str, content: JsonObject) -> View:
        """A new stack with this view alone; what was open is gone."""
        view = self._make(user_id, content)
        self._workspace.set_modals(user_id, [view])
        return view

    def push(self, user_id: str, content: JsonObject) -> View:
        stack = self._workspace.modals(user_id)
        if not stack:
            raise Refusal("invalid_trigger_id")
        if len(stack) >= HIGHEST_STACK:
            raise Refusal("push_limit_reached")
        view = self._make(user_id, content, below=stack[-1])
        self._workspace.set_modals(user_id, [*stack, view])
        return view

    def update(self, view: View, content: JsonObject) -> View:
        """The view with other content; fields that kept their ids keep what was typed."""
        named = self._name(content)
        updated = replace(
            view,
            content=named,
            hash=self._new_hash(),
            values=initial_values(named["blocks"], before=view.values),
            errors={},
            notice=None,
        )
        self._workspace.put_view(updated)
        return updated

    def publish(self, user_id: str, content: JsonObject) -> View:
        before = self._workspace.home(user_id)
        if before is not None:
            return self.update(before, content)
        view = self._make(user_id, content)
        self._workspace.put_view(view)
        return view

    def close(self, view: View) -> None:
        """Take one view off its stack."""
        left = [each for each in self._workspace.modals(view.user_id) if each.id != view.id]
        self._workspace.set_modals(view.user_id, left)

    def clear(self, user_id: str) -> None:
        self._workspace.set_modals(user_id, [])

    def _make(self, user_id: str, content: JsonObject, *, below: View | None = None) -> View:
        view_id = f"V0{self._random.getrandbits(40):010X}"
        named = self._name(content)
        return View(
            id=view_id,
            user_id=user_id,
            content=named,
            hash=self._new_hash(),
            root_view_id=below.root_view_id if below else view_id,
            previous_view_id=below.id if below else None,
            values=initial_values(named["blocks"]),
        )

    def _name(self, content: JsonObject) -> JsonObject:
        return {**content, "blocks": blockkit.with_ids(content["blocks"], self._random)}

    def _new_hash(self) -> str:
        return f"{int(self._clock.now())}.{self._random.getrandbits(32):08x}"
