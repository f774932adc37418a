"""What works for the people in Slack, put together: each part is given what it needs from here."""

from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.approvals import Approvals
from bot.interfaces import Clock, Store
from bot.lists import Lists
from bot.lookups import Lookups
from bot.policy import Policy
from bot.slack.alarms import Alarms
from bot.slack.cards import Cards
from bot.slack.errands import Errands
from bot.slack.history import History
from bot.slack.jobs import Jobs
from bot.slack.list_errands import ListErrands
from bot.slack.list_runs import ListRuns
from bot.slack.people import People
from bot.slack.replies import Replies
from bot.slack.requests import Requests
from bot.slack.windows import Windows
from bot.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What people's wishes are handed to, and the work that this makes."""

    errands: Errands
    list_errands: ListErrands
    requests: Requests
    alarms: Alarms
    history: History
    jobs: Jobs


def open_front(
    client: AsyncWebClient,
    *,
    store: Store,
    lookups: Lookups,
    people: People,
    policy: Policy,
    channel_id: str | None,
    seconds: float,
    settling: tuple[float, ...],
    clock: Clock,
) -> Front:
    """``channel_id`` is where cards go, ``seconds`` how long a decision is waited for, ``settling`` a window's."""
    vault = Vault(clock)
    approvals = Approvals(store=store, lookups=lookups, vault=vault, policy=policy, seconds=seconds, clock=clock)
    lists = Lists(store=store, lookups=lookups, approvals=approvals, vault=vault, seconds=seconds, clock=clock)
    cards = Cards(
        client,
        store=store,
        approvals=approvals,
        people=people,
        approvers=policy.approvers,
        channel_id=channel_id,
        clock=clock,
    )
    return arrange(
        store=store,
        approvals=approvals,
        lists=lists,
        cards=cards,
        replies=Replies(client, clock=clock),
        lookups=lookups,
        people=people,
        policy=policy,
        settling=settling,
        clock=clock,
    )


def arrange(
    *,
    store: Store,
    approvals: Approvals,
    lists: Lists,
    cards: Cards,
    replies: Replies,
    lookups: Lookups,
    people: People,
    policy: Policy,
    settling: tuple[float, ...],
    clock: Clock,
) -> Front:
    """The parts that speak to people, over those that know what to say."""
    windows = Windows(replies, clock=clock, settled_after=settling)
    alarms = Alarms(store=store, cards=cards, replies=replies)
    history = History(store=store, people=people, replies=replies, policy=policy)
    runs = ListRuns(lists=lists, replies=replies, windows=windows, clock=clock)
    requests = Requests(
        approvals=approvals,
        lookups=lookups,
        lists=lists,
        runs=runs,
        cards=cards,
        people=people,
        replies=replies,
        policy=policy,
    )
    errands = Errands(
        lookups=lookups, requests=requests, people=people, replies=replies, windows=windows, policy=policy, clock=clock
    )
    list_errands = ListErrands(
        lists=lists,
        lookups=lookups,
        runs=runs,
        requests=requests,
        errands=errands,
        people=people,
        replies=replies,
        windows=windows,
        policy=policy,
        clock=clock,
    )
    return Front(
        errands=errands, list_errands=list_errands, requests=requests, alarms=alarms, history=history, jobs=Jobs()
    )
