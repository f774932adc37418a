"""``views.*``: modals and the home tab."""

from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.contents import parse_nested
from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.methods import Method, Methods, required
from bot.sandbox.slack.modals import Modals
from bot.sandbox.slack.objects import view_json
from bot.sandbox.slack.refusals import Refusal
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.validator import Surface
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Workspace


class ViewMethods:
    """Opens, updates, pushes and publishes views in one workspace."""

    def __init__(self, *, workspace: Workspace, modals: Modals, triggers: Triggers, manifest: Manifest) -> None:
        self._workspace = workspace
        self._modals = modals
        self._triggers = triggers
        self._manifest = manifest

    def table(self) -> Methods:
        opening = frozenset({"trigger_id", "view"})
        return {
            "views.open": Method(answer=self.open, arguments=opening),
            "views.push": Method(answer=self.push, arguments=opening),
            "views.update": Method(answer=self.update, arguments=frozenset({"view", "view_id", "external_id", "hash"})),
            "views.publish": Method(answer=self.publish, arguments=frozenset({"user_id", "view", "hash"})),
        }

    def open(self, arguments: JsonObject) -> JsonObject:
        content = self._read_view(arguments, "views.open")
        trigger = self._triggers.exchange(required(arguments, "trigger_id"))
        return {"view": view_json(self._modals.open(trigger.user_id, content))}

    def push(self, arguments: JsonObject) -> JsonObject:
        content = self._read_view(arguments, "views.push")
        trigger = self._triggers.exchange(required(arguments, "trigger_id"))
        if trigger.view_id is None:
            raise Refusal("invalid_trigger_id")
        return {"view": view_json(self._modals.push(trigger.user_id, content))}

    def update(self, arguments: JsonObject) -> JsonObject:
        view = self._find(arguments)
        content = self._read_view(arguments, "views.update", surface=Surface(view.content["type"]), view_id=view.id)
        _check_hash(view, arguments)
        return {"view": view_json(self._modals.update(view, content))}

    def publish(self, arguments: JsonObject) -> JsonObject:
        user_id = required(arguments, "user_id")
        if user_id not in self._workspace.people:
            raise Refusal("invalid_arguments", "invalid `user_id` [json-pointer:/user_id]")
        if not self._manifest.has_home:
            raise Refusal("not_enabled")
        home = self._workspace.home(user_id)
        content = self._read_view(arguments, "views.publish", surface=Surface.HOME, view_id=home.id if home else "")
        if home is not None:
            _check_hash(home, arguments)
        return {"view": view_json(self._modals.publish(user_id, content))}

    def _find(self, arguments: JsonObject) -> View:
        named = {name: required(arguments, name) for name in ("view_id", "external_id") if name in arguments}
        if not named:
            raise Refusal("invalid_arguments", "missing required field: view_id [json-pointer:/view_id]")
        view = self._workspace.find_view(**named)
        if view is None:
            raise Refusal("not_found")
        return view

    def _read_view(
        self, arguments: JsonObject, where: str, *, surface: Surface = Surface.MODAL, view_id: str = ""
    ) -> JsonObject:
        content = parse_nested(arguments.get("view"), error="invalid_arguments")
        return self._modals.check(content, surfaces=(surface,), where=where, view_id=view_id)


def _check_hash(view: View, arguments: JsonObject) -> None:
    if arguments.get("hash", view.hash) != view.hash:
        raise Refusal("hash_conflict")
