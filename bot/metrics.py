"""What is counted and measured in this process, for Prometheus. No label names a person, a number or a request.

What is recorded is counted where it is recorded: each entry of the journal that this process writes, once it is
committed. Over all processes on one database the counters add up to what the journal has gained.
"""

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from bot.audit import Event
from bot.cams.transport import release
from bot.errors import ApiError
from bot.interfaces import Clock, Quota
from bot.models import ApprovalState, Problem
from bot.quota.turns import Turns
from bot.states import APPROVAL_TRANSITIONS, FINAL, STATE_AFTER
from bot.store.backlog import Backlog
from bot.store.engine import Noted
from bot.store.schema import SCHEMA
from bot.tickets import Call, Lane, Ticket

WAITS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
CALLS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
ACKNOWLEDGEMENTS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 5.0)
"""Bounds of the histograms, in seconds. Slack waits 3 for an acknowledgement."""

NO_PROBLEM = "none"
"""The problem of what ended without one."""


class Metrics:
    """Everything, in a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # they double what is sent, for nothing
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._count_records()
        self._measure()
        self._look_around()

    def _count_records(self) -> None:
        self._requests = self._counter("requests", "Requests recorded, by whether they need approval.", "approval")
        self._decisions = self._counter("decisions", "Ends of the wait for an approval or for its use.", "outcome")
        self._lookups = self._counter("lookups", "Lookups that ended, by how and why.", "outcome", "problem")
        self._unknown = self._counter("unknown_requests", "Clicks on requests that this database never had.")
        for approval in APPROVAL_TRANSITIONS[None]:
            self._requests.labels(approval)
        for outcome in ApprovalState:
            if outcome not in APPROVAL_TRANSITIONS[None]:
                self._decisions.labels(outcome)
        # From the start: of a counter that appears with its first event, rate() does not see that one.
        for state in FINAL:
            self._lookups.labels(state, NO_PROBLEM)
        for problem, state in STATE_AFTER.items():
            self._lookups.labels(state, problem)

    def _measure(self) -> None:
        self.waits = self._histogram("wait_seconds", "Waits for a turn at the API.", WAITS, "lane")
        self.calls = self._histogram("api_seconds", "Calls to Alibaba Cloud, each attempt.", CALLS)
        self.throttled = self._counter("api_throttled", "Calls that Alibaba Cloud throttled.")
        self.acknowledgements = self._histogram(
            "acknowledgement_seconds", "From a payload of Slack's to its acknowledgement.", ACKNOWLEDGEMENTS
        )
        self.slack_errors = self._counter("slack_errors", "Calls to Slack that failed, by its word for it.", "code")
        for lane in Lane:
            self.waits.labels(lane)

    def _look_around(self) -> None:
        self.queue = self._gauge("queue_length", "Calls that wait for their turn in this process.", "lane")
        self.slots = self._gauge("slots_used", "Calls under way in this process.")
        self.limit = self._gauge("slots_limit", "Calls per second of the account.")
        self._links = self._gauge("slack_links", "Links to Slack that are connected; in HTTP mode 0.")
        self._links_wanted = self._gauge("slack_links_wanted", "Links to Slack that are wanted; in HTTP mode 0.")
        self.ready = self._gauge("ready", "Whether this process is ready, as /readyz says.")
        self._foreign = self._gauge("foreign_connections", "Connections of this app that are not ours.")
        self._build = self._gauge("build_info", "Always 1.", "version", "schema", "engine")
        self._awaiting = self._gauge("approvals_pending", "Requests that wait for a decision, in the database.")
        self._outbox = self._gauge("outbox_rows", "What is to be said in Slack, in the database.", "kind")
        self._oldest = self._gauge("outbox_oldest_seconds", "For how long the oldest of it is overdue, at the least.")

    def tell_build(self, *, engine: str) -> None:
        """Show which release this is, and on which kind of database."""
        self._build.labels(release(), SCHEMA, engine).set(1)

    def recorded(self, entries: Sequence[Noted]) -> None:
        """Count what a change has written into the journal. From any thread."""
        for each in entries:
            if each.event is Event.FORBIDDEN and "reference" in each.facts:
                self._unknown.inc()
            if each.to_state is None:
                continue
            if each.position is not None:
                if each.to_state in FINAL:
                    self._lookups.labels(each.to_state, each.facts.get("problem") or NO_PROBLEM).inc()
            elif each.event is Event.ASKED:
                self._requests.labels(each.to_state).inc()
            else:
                self._decisions.labels(each.to_state).inc()

    def slack_failed(self, code: str) -> None:
        """Count a call to Slack that failed. ``code``: one of the few words under which errors are counted."""
        self.slack_errors.labels(code).inc()

    def watch_links(self, connected: Callable[[], float], *, wanted: int, foreign: Callable[[], float]) -> None:
        """Show how many links there are whenever it is asked, of how many, and how many connections are not ours."""
        self._links.set_function(connected)
        self._links_wanted.set(wanted)
        self._foreign.set_function(foreign)

    def waits_in_record(self, found: Backlog | None) -> None:
        """Show what waits in the database; ``None``: it cannot be asked."""
        self._awaiting.set(math.nan if found is None else found.awaiting)
        self._oldest.set(math.nan if found is None else found.oldest)
        self._outbox.clear()
        for kind, rows in found.unsaid.items() if found else ():
            self._outbox.labels(kind).set(rows)

    def _counter(self, name: str, documentation: str, *labels: str) -> Counter:
        return Counter(f"phoneid_{name}", documentation, labels, registry=self.registry)

    def _gauge(self, name: str, documentation: str, *labels: str) -> Gauge:
        return Gauge(f"phoneid_{name}", documentation, labels, registry=self.registry)

    def _histogram(self, name: str, documentation: str, bounds: Sequence[float], *labels: str) -> Histogram:
        return Histogram(f"phoneid_{name}", documentation, labels, registry=self.registry, buckets=bounds)

    def measuring(self, turns: Turns, *, limit: int, clock: Clock) -> Quota:
        """The same turns, measured from now on. ``limit``: calls per second."""
        for lane in Lane:
            self.queue.labels(lane).set_function(partial(turns.waiting, lane))
        self.slots.set_function(lambda: turns.under_way)
        self.limit.set(limit)
        return MeasuredQuota(turns, self, clock)


class MeasuredQuota:
    """A quota, as ``bot.interfaces.Quota``, of which it is measured how long turns are waited for and take."""

    def __init__(self, quota: Quota, metrics: Metrics, clock: Clock) -> None:
        self._quota = quota
        self._metrics = metrics
        self._clock = clock
        self.outlook = quota.outlook

    @asynccontextmanager
    async def turn(self, ticket: Ticket, *, before: Callable[[], Awaitable[None]]) -> AsyncIterator[Call]:
        asked_at = self._clock.monotonic()
        async with self._quota.turn(ticket, before=before) as call:
            began_at = self._clock.monotonic()
            self._metrics.waits.labels(ticket.lane).observe(began_at - asked_at)
            try:
                yield call
            except ApiError as error:
                if error.problem is Problem.THROTTLED:
                    self._metrics.throttled.inc()
                raise
            finally:
                self._metrics.calls.observe(self._clock.monotonic() - began_at)


def route(metrics: Metrics, look: Callable[[], Awaitable[None]]) -> web.RouteDef:
    """``/metrics``. ``look`` brings up to date what is only known by asking."""

    async def answer(request: web.Request) -> web.Response:
        await look()
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(metrics.registry), headers={"Content-Type": content_type})

    return web.get("/metrics", answer)
