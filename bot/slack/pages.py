"""What people look up: how to ask, what they may do, their own earlier lookups, a request in full."""

from collections.abc import Sequence

from bot.audit import LogEntry
from bot.models import Request
from bot.policy import Audience, Decision, Rule, Verdict
from bot.slack import blocks, buttons, views
from bot.slack.blocks import Block, Message, View
from bot.slack.payloads import Origin
from bot.texts import history as texts
from bot.texts import permissions, problems, usage
from bot.texts import requests as request_texts
from bot.texts.numbers import international, subject
from bot.texts.problems import PROBLEMS
from bot.texts.said import Markup, Part, Plain, Said, escaped, joined, joined_markup, mark_up

PAGE = 10
"""Lookups on one page of the history: what fits a screen or two. Slack takes 50 blocks."""


def help_page(
    decision: Decision, *, approvers: Audience, wait: float | None = None, is_unreadable: bool = False
) -> Message:
    """How to ask, for somebody about whom this is decided; or why they cannot, and what they can do instead.

    ``wait``: for how long (seconds) they cannot. Never quotes what was typed: it may hold a code.
    """
    said = [blocks.section(usage.NO_NUMBER)] if is_unreadable else []
    if decision.problem:
        explanation = PROBLEMS[decision.problem] if wait is None else problems.too_many_guesses(wait, decision.problem)
        has_history = decision.rule is not Rule.NOT_A_MEMBER
        lines = _under_title(usage.OTHERWISE, usage.commands_without_asking(has_history=has_history))
        body = [*views.explained(explanation), blocks.formatted_section(lines)]
        text = joined_markup(problems.in_full(explanation), lines, separator="\n")
    else:
        needs_approval = decision.verdict is Verdict.MAY_WITH_APPROVAL
        title = usage.title(needs_approval=needs_approval)
        lines = _under_title(title, usage.commands(needs_approval=needs_approval))
        about = usage.approval_needed(views.names(approvers)) if needs_approval else escaped(usage.PRIVATE)
        body = [
            blocks.formatted_section(lines),
            blocks.formatted_context(about),
            blocks.buttons(buttons.open_form(is_primary=True), buttons.open_list()),
        ]
        text = joined_markup(lines, about, separator="\n")
    first = escaped(usage.NO_NUMBER) if is_unreadable else ""
    return Message(joined_markup(first, text, separator="\n"), [*said, *body])


def _under_title(title: Said, lines: Sequence[Markup]) -> Markup:
    return joined_markup(mark_up("*{title}*", title=title), *lines, separator="\n")


def why(decision: Decision, *, is_approver: bool, approvers: Audience, wait: float | None = None) -> Message:
    """What somebody can do here, and why. ``wait``: for how long (seconds) they may not."""
    said: list[Part] = [*permissions.what_you_can_do(decision, is_approver=is_approver, wait=wait)]
    if decision.verdict is Verdict.MAY_WITH_APPROVAL:
        said.append(permissions.your_approvers(views.names(approvers)))
    text = joined_markup(*said, separator="\n")
    return Message(text, [blocks.formatted_section(text)])


def details(origin: Origin, request: Request) -> View:
    """All numbers in full, for an approver's eyes."""
    phones = [international(each.phone) for each in request.lookups]
    about = [
        blocks.formatted_section(request_texts.asked_by(blocks.person(request.agent.user_id))),
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
    return Message(joined_markup(title, *(_aloud(each) for each in shown), separator="\n"), body)


def _entry(entry: LogEntry) -> Block:
    button = buttons.after_lookup(entry.request, entry.lookup)
    block = blocks.formatted_section(joined_markup(_heading(entry), *_became(entry), separator="\n"))
    return {**block, "accessory": button} if button else block


def _aloud(entry: LogEntry) -> Markup:
    # A heading ends in no full stop, so it needs air behind it in every language.
    return joined_markup(_heading(entry), joined(*_became(entry)), separator=" ")


def _heading(entry: LogEntry) -> Markup:
    number, at = international(entry.lookup.phone), blocks.date(entry.lookup.asked_at)
    return mark_up("*{number}* · {at}", number=number, at=at)


def _became(entry: LogEntry) -> tuple[Plain, Plain]:
    # No reasons, neither the agent's nor an approver's: formatted text is no place for what people typed.
    return texts.became(entry.request, entry.lookup), texts.reference(entry.request, entry.lookup)
