"""What works for the people in Slack, put together: each part is given what it needs from here."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.access import Access
from bot.interfaces import Clock, Timekeeper
from bot.lookups import Lookups
from bot.metrics import Metrics
from bot.outbox import Outbox
from bot.policy import Policy
from bot.requests import Requests
from bot.slack.app import Listeners
from bot.slack.approvers import Approvers
from bot.slack.asking import Asking
from bot.slack.bot_token import BotToken
from bot.slack.channel import Channel
from bot.slack.conversation import Conversation
from bot.slack.deciding import Deciding
from bot.slack.jobs import Jobs
from bot.slack.listeners.actions import Actions
from bot.slack.listeners.boundary import Boundary
from bot.slack.listeners.commands import Commands
from bot.slack.listeners.events import Events
from bot.slack.listeners.submissions import Submissions
from bot.slack.listeners.unknown import Unknown
from bot.slack.messenger import Messenger
from bot.slack.notices import Notices
from bot.slack.people import People
from bot.slack.readers import Readers
from bot.slack.runner import Runner
from bot.slack.showing import Showing
from bot.slack.windows import Windows
from bot.store.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What all of them stand on."""

    record: Record
    lookups: Lookups
    messenger: Messenger
    readers: Readers
    people: People
    token: BotToken
    channel: Channel | None
    """Where cards go; without one each approver gets a direct message."""
    policy: Policy
    region: str | None
    """Where national numbers are from, if they may be typed."""
    approval_seconds: float
    """How long a decision is waited for, and again how long an approval is good for."""
    settling: Sequence[float]
    """Seconds after a submission at which its window is updated."""
    clock: Clock
    time: Timekeeper
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the app listens with, and what it does besides."""

    listeners: tuple[Listeners, ...]
    requests: Requests
    asking: Asking
    outbox: Outbox
    notices: Notices
    jobs: Jobs


def build_parts(base: Base) -> Parts:
    """Put them together."""
    record, lookups, messenger, policy, clock = base.record, base.lookups, base.messenger, base.policy, base.clock
    access = Access(record=record, people=base.people, policy=policy, clock=clock, time=base.time)
    requests = Requests(record=record, lookups=lookups, access=access, seconds=base.approval_seconds, clock=clock)
    approvers = Approvers(
        people=base.people, messenger=messenger, audience=policy.approvers, channel=base.channel, clock=clock
    )
    notices = Notices(record=record, access=access, requests=requests, messenger=messenger, approvers=approvers)
    outbox = Outbox(record, notices.by_kind, time=base.time)
    windows = Windows(messenger, clock=clock, settled_after=tuple(base.settling))
    say = Conversation(access=access, outbox=outbox, messenger=messenger, windows=windows, policy=policy, clock=clock)
    runner = Runner(
        requests=requests, lookups=lookups, record=record, messenger=messenger, token=base.token, clock=clock
    )
    asking = Asking(access=access, requests=requests, runner=runner, outbox=outbox, notices=notices, conversation=say)
    deciding = Deciding(access=access, requests=requests, asking=asking, outbox=outbox, conversation=say)
    showing = Showing(record=record, access=access, requests=requests, conversation=say, policy=policy, clock=clock)
    jobs = Jobs()
    boundary = Boundary(jobs, say, base.readers, clock=clock, metrics=base.metrics)
    unknown = Unknown(boundary, clock)
    listeners = (
        Commands(boundary, asking=asking, showing=showing, conversation=say, unknown=unknown, region=base.region),
        Submissions(boundary, asking=asking, deciding=deciding, region=base.region, clock=clock),
        Actions(boundary, deciding=deciding, showing=showing, conversation=say),
        Events(boundary, jobs, base.token),
        unknown,
    )
    return Parts(listeners=listeners, requests=requests, asking=asking, outbox=outbox, notices=notices, jobs=jobs)
