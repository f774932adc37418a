"""An agent's own lookups, a page at a time: ``/phoneid history``."""

from collections.abc import Sequence

from bot.interfaces import Store
from bot.models import Actor, LogQuery, Lookup, LookupId, State
from bot.policy import Policy, Rule, decide
from bot.slack import approval_views, blocks, views
from bot.slack.blocks import Block
from bot.slack.people import People
from bot.slack.replies import Replies
from bot.slack.views import Message
from bot.slack.visits import Visit
from bot.texts import approvals, asking, problems
from bot.texts import history as texts

OLDER = "older"

PAGE = 10
"""Lookups: what fits a screen or two. Slack takes 50 blocks."""


class History:
    """Tells agents what became of their own lookups. The IDs are behind buttons: showing one is recorded."""

    def __init__(self, *, store: Store, people: People, replies: Replies, policy: Policy) -> None:
        self._store = store
        self._people = people
        self._replies = replies
        self._policy = policy

    async def show(self, visit: Visit) -> None:
        """The latest."""
        await self._tell(visit, await self._page(visit.actor, None))

    async def show_older(self, visit: Visit, than: LookupId) -> None:
        """Those before a lookup of theirs."""
        last = await self._store.find(than)
        agent = (visit.actor.team_id, visit.actor.user_id)
        if last is None or (last.agent.team_id, last.agent.user_id) != agent:
            await self._tell(visit, views.sentence(asking.GONE, with_form_button=True))
            return
        await self._tell(visit, await self._page(visit.actor, than))

    async def _page(self, actor: Actor, before: LookupId | None) -> Message:
        # Whoever was an agent may look back; guests and other workspaces' people may not, as ever.
        decision = decide(actor, await self._people.standing(actor), self._policy)
        if decision.rule is Rule.NOT_A_MEMBER and decision.problem:
            explanation = problems.PROBLEMS[decision.problem]
            return views.sentence(f"{explanation.what} {explanation.next}")
        query = LogQuery(limit=PAGE + 1, user_id=actor.user_id, team_id=actor.team_id, before=before)
        return page(await self._store.search(query), is_first=before is None)

    async def _tell(self, visit: Visit, message: Message) -> None:
        await self._replies.tell(visit.actor.user_id, message, response_url=visit.origin.response_url)


def page(found: Sequence[Lookup], *, is_first: bool) -> Message:
    """Up to ``PAGE`` lookups, newest first; one more found means that there are older ones."""
    if not found:
        return views.sentence(texts.EMPTY if is_first else texts.NOTHING_OLDER, with_form_button=is_first)
    shown = found[:PAGE]
    title = texts.TITLE if is_first else texts.OLDER_TITLE
    older = [blocks.buttons(_older_button(shown[-1]))] if len(found) > PAGE else []
    body = [blocks.header(title), *(_entry(lookup) for lookup in shown), blocks.context(texts.PRIVATE), *older]
    return Message("\n".join([f"{title}:", *(_line(lookup, separator=" ") for lookup in shown)]), body)


def _entry(lookup: Lookup) -> Block:
    button = None if lookup.is_forgotten else _button(lookup)
    entry = blocks.formatted_section(_line(lookup, separator="\n"))
    return {**entry, "accessory": button} if button else entry


def _line(lookup: Lookup, *, separator: str) -> str:
    # No reasons, neither the agent's nor an approver's: formatted text is no place for what people typed.
    heading = f"*{blocks.escape(lookup.phone.international)}* · {blocks.date(lookup.created_at)}"
    return separator.join([heading, blocks.escape(texts.became(lookup)), blocks.escape(texts.reference(lookup))])


def _button(lookup: Lookup) -> Block | None:
    """What can be done about a lookup, if anything."""
    match lookup.state:
        case State.ANSWERED:
            return blocks.button(
                approvals.SHOW_ID, action_id=approval_views.SHOW_ID, label=approvals.SHOW_ID_LABEL, value=lookup.id
            )
        case State.APPROVED:
            return approval_views.code_button(lookup)
        case State.AWAITING:
            return _withdraw_button(lookup)
        case State.QUEUED | State.CALLING:
            return None
    if not views.may_try_again(lookup):
        return None
    return blocks.button(asking.TRY_AGAIN, action_id=views.TRY_AGAIN, label=asking.TRY_AGAIN_LABEL, value=lookup.id)


def _withdraw_button(lookup: Lookup) -> Block:
    """Stands beside one number: that it takes back the whole list must be said."""
    words, label = approvals.WITHDRAW, approvals.WITHDRAW_LABEL
    if lookup.place:
        words, label = approvals.WITHDRAW_LIST, approvals.withdraw_list_label(lookup.place.of)
    return blocks.button(words, action_id=approval_views.WITHDRAW, label=label, value=lookup.id)


def _older_button(last: Lookup) -> Block:
    return blocks.button(texts.OLDER, action_id=OLDER, label=texts.OLDER_LABEL, value=last.id)
