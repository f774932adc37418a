"""What people look up: how to ask, what they may do, their own earlier lookups, a request in full."""

from collections.abc import Sequence

from bot.audit import LogEntry
from bot.models import Request
from bot.policy import Audience, Decision, Verdict
from bot.slack import blocks, buttons, views
from bot.slack.blocks import Block, Message, View
from bot.slack.payloads import Origin
from bot.texts import asking, permissions, problems
from bot.texts import history as texts
from bot.texts import requests as request_texts
from bot.texts.numbers import subject

PAGE = 10
"""Lookups on one page of the history: what fits a screen or two. Slack takes 50 blocks."""


def usage(*, is_unreadable: bool = False) -> Message:
    """How to ask. Never quotes what was typed: it may hold a code."""
    lines = "\n".join(f"`{command}` {what}" for command, what in asking.USAGE_LINES)
    first = [blocks.section(asking.USAGE_UNREADABLE)] if is_unreadable else []
    text = f"{asking.USAGE_UNREADABLE} {asking.usage()}" if is_unreadable else asking.usage()
    body = [
        *first,
        blocks.formatted_section(f"*{asking.USAGE_TITLE}*\n{lines}"),
        blocks.context(asking.USAGE_PRIVATE),
        blocks.buttons(buttons.open_form(is_primary=True), buttons.open_list()),
    ]
    return Message(text, body)


def why(decision: Decision, *, is_approver: bool, approvers: Audience, wait: float | None = None) -> Message:
    """What the policy means for one person, and which rule says so. ``wait``: for how long (seconds) they may not."""
    said = [blocks.escape(line) for line in permissions.what_the_policy_means(decision, is_approver=is_approver)]
    if decision.verdict is Verdict.MAY_WITH_APPROVAL:
        said.append(permissions.decided_by(views.names(approvers)))
    if wait is not None:
        said.append(blocks.escape(problems.too_many_guesses(wait).next))
    return Message("\n".join(said), [blocks.formatted_section("\n".join(said))])


def details(origin: Origin, request: Request) -> View:
    """All numbers in full, for an approver's eyes."""
    phones = [each.phone.international for each in request.lookups]
    about = [
        blocks.formatted_section(request_texts.asked_by(f"<@{request.agent.user_id}>")),
        blocks.section(request_texts.reason_given(request)),
    ]
    listed = [] if request.is_single else views.boxes(phones)
    body = [
        blocks.header(subject(request)),
        *about,
        *listed,
        blocks.context(request_texts.reference(request)),
    ]
    return views.modal(origin, body, title=request_texts.DETAILS_TITLE)


def history(found: Sequence[LogEntry], *, is_first: bool) -> Message:
    """Up to ``PAGE`` lookups, newest first; one more found means that there are older ones."""
    if not found:
        return views.sentence(texts.EMPTY if is_first else texts.NOTHING_OLDER, with_form_button=is_first)
    shown = found[:PAGE]
    title = texts.TITLE if is_first else texts.OLDER_TITLE
    older = [blocks.buttons(buttons.older(shown[-1].lookup))] if len(found) > PAGE else []
    body = [blocks.header(title), *(_entry(each) for each in shown), blocks.context(texts.PRIVATE), *older]
    return Message("\n".join([f"{title}:", *(_line(each, separator=" ") for each in shown)]), body)


def _entry(entry: LogEntry) -> Block:
    button = buttons.after_lookup(entry.request, entry.lookup)
    block = blocks.formatted_section(_line(entry, separator="\n"))
    return {**block, "accessory": button} if button else block


def _line(entry: LogEntry, *, separator: str) -> str:
    # No reasons, neither the agent's nor an approver's: formatted text is no place for what people typed.
    request, lookup = entry.request, entry.lookup
    heading = f"*{blocks.escape(lookup.phone.international)}* · {blocks.date(lookup.asked_at)}"
    said = (texts.became(request, lookup), texts.reference(request, lookup))
    return separator.join([heading, *(blocks.escape(each) for each in said)])
