"""Somebody doing something in Slack."""

import asyncio
from dataclasses import dataclass, field

from bot.models import Actor
from bot.slack.payloads import Click, Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who, from where, and the window they did it in, if in one."""

    actor: Actor
    origin: Origin
    trigger_id: str = ""
    """Opens a window, once, for 3 seconds."""
    view_id: str | None = None
    recorded: asyncio.Event = field(default_factory=asyncio.Event, compare=False)
    """Set once what they asked for is in the record, or will not be."""


def of_click(click: Click) -> Visit:
    return Visit(
        actor=click.actor,
        origin=click.origin,
        trigger_id=click.trigger_id,
        view_id=click.view.id if click.view else None,
    )
