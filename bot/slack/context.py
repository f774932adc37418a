"""Somebody doing something in Slack: who, from where, and how to answer them."""

from dataclasses import dataclass, field, replace

from bot.models import Actor, MessageRef, Request
from bot.slack import cards
from bot.slack.payloads import Click, Origin, Shortcut, SlashCommand, Submission
from bot.store.recording import Recording

NOWHERE = Origin()
"""A shortcut comes from no channel, and brings no response URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a payload says of its sender; the window they did it in, if in one."""

    actor: Actor
    origin: Origin = NOWHERE
    trigger_id: str = ""
    """Opens a window, once, for 3 seconds."""
    view_id: str = ""
    """Empty where there is no window."""
    card: MessageRef | None = None
    """The card whose button they clicked, if it was one."""
    submitted_at: float = 0.0
    """When a form was submitted: monotonic seconds."""
    recording: Recording = field(default_factory=Recording, compare=False)
    """Of what they asked for."""

    @classmethod
    def of_command(cls, command: SlashCommand) -> "Context":
        return cls(actor=command.actor, origin=command.origin, trigger_id=command.trigger_id)

    @classmethod
    def of_shortcut(cls, shortcut: Shortcut) -> "Context":
        return cls(actor=shortcut.actor, origin=shortcut.origin, trigger_id=shortcut.trigger_id)

    @classmethod
    def of_click(cls, click: Click) -> "Context":
        view_id = click.view.id if click.view else ""
        card = click.message_ref if click.action.action_id in cards.BUTTONS else None
        return cls(actor=click.actor, origin=click.origin, trigger_id=click.trigger_id, view_id=view_id, card=card)

    @classmethod
    def of_submission(cls, submission: Submission, *, at: float) -> "Context":
        view = submission.view
        return cls(actor=submission.actor, origin=submission.origin, view_id=view.id, submitted_at=at)

    @property
    def workspace(self) -> str:
        """Where they do it: what they ask for belongs to it."""
        return self.origin.team_id

    @property
    def agent(self) -> Actor:
        """Who they are in what they ask for here."""
        return replace(self.actor, team_id=self.workspace or self.actor.team_id)

    def about(self, request: Request) -> "Context":
        """The same in the workspace of a request: a click on a whole organisation does not name it."""
        return self.in_workspace(request.agent.team_id)

    def in_workspace(self, team_id: str) -> "Context":
        """The same in this workspace, where it is known."""
        return replace(self, origin=self.origin.in_workspace(team_id)) if team_id else self
