"""What Slack shows of lists besides the form: a value in, Block Kit out. Owns the ids of its buttons."""

from collections.abc import Iterator, Sequence

from bot.lists import Progress
from bot.models import Lookup, State
from bot.slack import blocks, views
from bot.slack.blocks import Block
from bot.slack.payloads import Origin
from bot.slack.views import Message, View
from bot.texts import approvals
from bot.texts import lists as texts

LIST_AGAIN = "list_again"
STOP = "list_stop"
SHOW_RESULTS = "list_results"

LONGEST_TABLE = 2900
"""Characters in one fixed-width box; a longer table goes on in the next."""


def starting(origin: Origin, count: int) -> View:
    """The window of a list that is on its way into the record."""
    return _window(
        origin, [blocks.section(texts.asking_for(count)), _bar(0, count), blocks.context(texts.STAYS_RUNNING)]
    )


def progress(origin: Origin, now: Progress) -> View:
    """The window of a running list: how far it is, and what came until now."""
    body = [*_progress_blocks(now), blocks.context(texts.STAYS_RUNNING), *_stop(now), *_table(now.ended)]
    return _window(origin, body)


def progress_message(now: Progress) -> Message:
    """The message that follows a running list. Messages stay: no ID is in it."""
    text = texts.progress_text(len(now.answered), len(now.ended), len(now.listed), now.seconds)
    body = [*_approved(now.listed), *_progress_blocks(now), blocks.context(texts.ONLY_YOURS), *_stop(now)]
    return Message(blocks.escape(text), body)


def results(origin: Origin, listed: Sequence[Lookup]) -> View:
    """What became of each number, in a window."""
    return _window(
        origin,
        [
            blocks.section(_said(listed)),
            blocks.buttons(*_again(listed), _another_button()),  # above the table, which may be long
            blocks.context(texts.COPY_HINT),
            *_table(listed),
            blocks.context(approvals.reference(listed[0])),
        ],
        title=texts.RESULTS_TITLE,
    )


def done_message(listed: Sequence[Lookup]) -> Message:
    """That a list has ended. Messages stay: its IDs are behind a button."""
    show = blocks.button(
        texts.SHOW_RESULTS,
        action_id=SHOW_RESULTS,
        label=texts.SHOW_RESULTS_LABEL,
        value=listed[0].id,
        is_primary=True,
    )
    said = texts.done(listed)
    body = [
        *_approved(listed),
        blocks.section(said),
        blocks.context(approvals.reference(listed[0])),
        blocks.buttons(show, *_again(listed)),
    ]
    return Message(blocks.escape(f"{said} {approvals.reference(listed[0])}"), body)


def details(origin: Origin, listed: Sequence[Lookup]) -> View:
    """All numbers in full, for an approver's eyes."""
    first = listed[0]
    return _window(
        origin,
        [
            blocks.header(texts.numbers(len(listed))),
            blocks.formatted_section(approvals.asked_by(f"<@{first.agent.user_id}>")),
            blocks.section(f"{approvals.REASON_GIVEN}: {reason_of(listed) or approvals.NO_REASON}"),
            *_boxes([each.phone.international for each in listed]),
            blocks.context(approvals.reference(first)),
        ],
        title=approvals.DETAILS_TITLE,
    )


def reason_of(listed: Sequence[Lookup]) -> str:
    """The reason a list was given: it is the same for each number, but with a forgotten one it is forgotten too."""
    return next((each.reason for each in listed if each.reason), "")


def again_button(lookup: Lookup, *, is_whole: bool = False) -> Block:
    """Opens the form with the numbers of a list that have no ID; ``is_whole`` where none was asked for."""
    words, label = (texts.ASK_WHOLE, texts.ASK_WHOLE_LABEL) if is_whole else (texts.ASK_AGAIN, texts.ASK_AGAIN_LABEL)
    return blocks.button(words, action_id=LIST_AGAIN, label=label, value=lookup.id)


def _said(listed: Sequence[Lookup]) -> str:
    now = Progress(listed=listed)
    return texts.done(listed) if now.is_over else texts.so_far(len(now.answered), len(now.ended), None)


def _approved(listed: Sequence[Lookup]) -> list[Block]:
    """That a list which needed approval has it, and whose."""
    by = views.decider(listed[0])
    return [blocks.formatted_section(f"{approvals.TOLD_APPROVED} {approvals.BY} {by}.")] if by else []


def _progress_blocks(now: Progress) -> list[Block]:
    return [
        blocks.section(texts.asking_for(len(now.listed))),
        _bar(len(now.ended), len(now.listed)),
        blocks.section(texts.so_far(len(now.answered), len(now.ended), now.seconds)),
        *([blocks.section(texts.STOPPING)] if now.is_stopped else []),
    ]


def _bar(done: int, of: int) -> Block:
    return blocks.section(texts.bar(done, of))


def _stop(now: Progress) -> list[Block]:
    if not now.has_stoppable:
        return []
    button = blocks.button(texts.STOP, action_id=STOP, label=texts.STOP_LABEL, value=now.listed[0].id)
    return [blocks.buttons(button)]


def _again(listed: Sequence[Lookup]) -> list[Block]:
    is_any_left = any(each.state is not State.ANSWERED and not each.is_forgotten for each in listed)
    return [again_button(listed[0])] if is_any_left else []


def _another_button() -> Block:
    return blocks.button(texts.ANOTHER, action_id=views.OPEN_LIST, label=texts.ANOTHER_LABEL)


def _table(listed: Sequence[Lookup]) -> list[Block]:
    return _boxes([texts.row(each) for each in listed])


def _boxes(lines: Sequence[str]) -> list[Block]:
    return [blocks.preformatted(box) for box in _pack(lines)]


def _pack(lines: Sequence[str]) -> Iterator[str]:
    """The lines in as few boxes as hold them."""
    box: list[str] = []
    for line in lines:
        if box and len("\n".join([*box, line])) > LONGEST_TABLE:
            yield "\n".join(box)
            box = []
        box.append(line)
    if box:
        yield "\n".join(box)


def _window(origin: Origin, body: list[Block], *, title: str = texts.FORM_TITLE) -> View:
    return {**views.modal(origin, body), "title": blocks.plain(title)}
