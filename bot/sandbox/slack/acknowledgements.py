"""What the bot's acknowledgements do to what the user sees."""

from dataclasses import replace
from typing import Any

from bot.sandbox.slack import blockkit
from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.complaints import Complaints
from bot.sandbox.slack.modals import Modals
from bot.sandbox.slack.people import Person
from bot.sandbox.slack.refusals import Refusal
from bot.sandbox.slack.replies import Replies
from bot.sandbox.slack.response_urls import ResponseUrl
from bot.sandbox.slack.validator import Surface
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Workspace

TROUBLE = "We had some trouble connecting. Try again?"


class Acknowledgements:
    """Reads what an acknowledgement carries. What Slack could not understand becomes a complaint."""

    def __init__(self, *, workspace: Workspace, modals: Modals, replies: Replies, complaints: Complaints) -> None:
        self._workspace = workspace
        self._modals = modals
        self._replies = replies
        self._complaints = complaints

    def of_command(self, person: Person, channel_id: str, line: str, response: Any) -> bool:
        """Show what came with it; ``in_channel`` also shows everybody what was typed. False: not understood."""
        if response is None:
            return True
        if not isinstance(response, dict):
            self._complaints.note("acknowledgement of a command: not an object")
            return False
        if response.get("response_type") == "in_channel":
            self._workspace.post(channel_id, user_id=person.id, text=line)
        if not response.get("text") and not response.get("blocks"):
            return True
        to = ResponseUrl(user_id=person.id, channel_id=channel_id, message_ts=None, issued_at=0.0)
        try:
            self._replies.post(response, to=to, where="acknowledgement of a command")
        except Refusal:
            return False
        return True

    def of_click(self, response: Any) -> None:
        """Slack ignores what comes with it."""
        if response is not None:
            self._complaints.note("acknowledgement of an interaction: Slack ignores a body here")

    def of_submission(self, view: View, response: Any) -> None:
        """Close, replace, cover or mark the submitted view. A view that was closed meanwhile stays closed."""
        try:
            self._answer_submission(view, response)
        except Refusal as refusal:
            self._complaints.note(f"acknowledgement of a submission: {refusal}")
            self.show_trouble(view.id)

    def _answer_submission(self, view: View, response: Any) -> None:
        if response is None:
            self._modals.close(view)
            return
        action = response.get("response_action") if isinstance(response, dict) else None
        match action:
            case "errors":
                self._workspace.put_view(replace(view, errors=_read_errors(view, response)))
            case "update":
                self._modals.update(view, self._read_view(response, view_id=view.id))
            case "push":
                self._modals.push(view.user_id, self._read_view(response))
            case "clear":
                self._modals.clear(view.user_id)
            case _:
                raise Refusal("unknown response_action")

    def show_trouble(self, view_id: str) -> None:
        """Slack's own words on a modal whose submission or click led nowhere."""
        view = self._workspace.find_view(view_id=view_id)
        if view is not None:
            self._workspace.put_view(replace(view, is_submitting=False, notice=TROUBLE))

    def _read_view(self, response: JsonObject, *, view_id: str = "") -> JsonObject:
        content = response.get("view")
        return self._modals.check(content, surfaces=(Surface.MODAL,), where="acknowledgement", view_id=view_id)


def _read_errors(view: View, response: JsonObject) -> dict[str, str]:
    errors = response.get("errors")
    inputs = {placed.block_id for placed in blockkit.interactive_elements(view.blocks) if placed.is_input}
    if not isinstance(errors, dict) or not errors:
        raise Refusal("errors are missing")
    if not all(isinstance(sentence, str) and sentence for sentence in errors.values()):
        raise Refusal("every error is a sentence")
    if not errors.keys() <= inputs:
        raise Refusal(f"errors for blocks that are no inputs: {', '.join(sorted(errors.keys() - inputs))}")
    return dict(errors)
