"""The cards approvers decide on, and alarms: a value in, Block Kit out. Owns the ids of the cards' buttons."""

from bot.guesses import Alarm
from bot.models import Actor, Request, Through
from bot.recent import LATELY, RecentCounts
from bot.slack import blocks, views
from bot.slack.blocks import Block, Message
from bot.texts import requests as texts
from bot.texts.requests import ChannelTrouble
from bot.texts.said import Markup, Part, escaped, joined, joined_markup, say, slacks

APPROVE = "approve"
DENY = "deny"
DETAILS = "details"
BUTTONS = (APPROVE, DENY, DETAILS)


def card(request: Request, recent: RecentCounts, *, is_reminder: bool = False) -> Message:
    """What approvers decide on. The reason is somebody's text: plain in the blocks, escaped in the fallback."""
    heading, asked_by = texts.card_heading(request, is_reminder=is_reminder), _asked_by(request)
    refused = texts.refused_lately(request, recent.refused)
    lately = texts.asked_lately(request, by_agent=recent.by_agent, for_number=recent.for_number, seconds=LATELY)
    reason = texts.reason_given(request)
    expires_at = blocks.date(request.approval.expires_at or request.asked_at, is_in_numbers=True)
    body = [
        blocks.header(heading),
        blocks.formatted_section(asked_by),
        blocks.section(reason),
        *([blocks.section(refused)] if refused else []),
        blocks.formatted_context(texts.expires(expires_at)),
        blocks.context(joined(lately, texts.reference(request))),
        blocks.buttons(*_buttons(request)),
    ]
    return Message(texts.in_short(heading, asked_by, reason), body)


def decided_card(request: Request) -> Message:
    """The card after it was decided, or ended otherwise: what became of it, by whom and why, and no buttons."""
    heading, became = texts.decided_heading(request), views.became(request).text
    because = texts.denied_because(request.approval.reason)
    body = [
        blocks.header(heading),
        blocks.formatted_section(_asked_by(request)),
        blocks.section(texts.reason_given(request)),
        blocks.formatted_section(became),
        *([blocks.section(because)] if because else []),
        blocks.context(texts.reference(request)),
    ]
    return Message(texts.in_short(heading, became), body)


def taken_away() -> Message:
    """What is left in a channel that people outside the organization see: nothing of the request, and no buttons."""
    return Message(escaped(texts.TAKEN_AWAY), [blocks.section(texts.TAKEN_AWAY)])


def sent_directly(message: Message, channel_id: str, trouble: ChannelTrouble) -> Message:
    """The same message for one person, who reads why it is not in the channel."""
    why = texts.sent_directly(slacks(f"<#{channel_id}>"), trouble)
    return Message(joined_markup(message.text, why), [*message.blocks, blocks.formatted_context(why)])


def alarm_message(alarm: Alarm) -> Message:
    """Who, how often and how fast; the number with its middle hidden."""
    said, reference = texts.alarm(alarm, _name(alarm.request.agent)), texts.alarm_reference(alarm)
    body = [
        blocks.header(texts.ALARM_HEADING),
        blocks.formatted_section(said),
        blocks.section(texts.ALARM_NEXT),
        blocks.context(reference),
    ]
    return Message(texts.in_short(texts.ALARM_HEADING, joined_markup(said, texts.ALARM_NEXT, reference)), body)


def _asked_by(request: Request) -> Markup:
    return texts.asked_by(blocks.person(request.agent.user_id))


def _name(agent: Actor) -> Part:
    if agent.through is Through.SLACK:
        return blocks.person(agent.user_id)
    return say("{user} on {machine}", user=agent.user_id, machine=agent.team_id)


def _buttons(request: Request) -> list[Block]:
    approve = blocks.button(
        texts.APPROVE, action_id=APPROVE, label=texts.APPROVE_LABEL, value=request.id, is_primary=True
    )
    approve["confirm"] = {
        "title": blocks.plain(texts.APPROVE_CONFIRM_TITLE),
        "text": blocks.mrkdwn(texts.confirmation(request, blocks.person(request.agent.user_id))),
        "confirm": blocks.plain(texts.APPROVE_CONFIRM_YES),
        "deny": blocks.plain(texts.CANCEL),
    }
    return [
        approve,
        blocks.button(texts.DENY, action_id=DENY, label=texts.DENY_LABEL, value=request.id),
        blocks.button(texts.DETAILS, action_id=DETAILS, label=texts.DETAILS_LABEL.of(request), value=request.id),
    ]
