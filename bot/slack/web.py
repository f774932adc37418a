"""Slack's Web API, its errors translated once.

Whatever the SDK, the HTTP client or a proxy makes of a call that fails, it leaves here as a ``SlackError``. Mistakes of
ours (a wrong argument) stay what they are.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import SlackBusy, SlackError, SlackUnreachable
from bot.interfaces import Clock
from bot.network import Network
from bot.slack.failures import (
    FOREIGN_ERRORS,
    RESPONSE_URL,
    AnswerTooLong,
    answered,
    counted_as,
    not_taken,
    unanswered,
)
from bot.timekeeping import Witness

T = TypeVar("T")
SlackErrorType = TypeVar("SlackErrorType", bound=SlackError)

AWAITED = frozenset({"conversations.info", "views.open", "views.update", RESPONSE_URL})
"""What somebody looks at a screen for, and what has another way if it does not work: not waited for long."""

SOON = 2.5
"""Seconds that each of these may take, pauses among them: within five, people must read something."""

WAITED_OUT = frozenset({"conversations.info", "users.info", "usergroups.users.list", "views.open"})
"""What is tried once more if Slack wants to be left alone for a moment: whoever asks would be turned away at once."""

MOMENT = 2.0
"""Seconds, at most, of such a pause."""

LARGEST = 4 * 2**20
"""Bytes of an answer, unpacked. A usergroup of ten thousand is a thirtieth of that."""


class Answer(aiohttp.ClientResponse):
    """An answer that is read up to a length: aiohttp unpacks, and the SDK reads, whatever comes."""

    async def read(self) -> bytes:
        """The body, unpacked. Raises ``AnswerTooLong``."""
        if self._body is None:
            try:
                self._body = await self._read_up_to(LARGEST)
            except BaseException:
                self.close()
                raise
        return await super().read()

    async def _read_up_to(self, most: int) -> bytes:
        body = bytearray()
        async for piece in self.content.iter_any():
            body += piece
            if len(body) > most:
                raise AnswerTooLong
        return bytes(body)


class Web(AsyncWebClient):
    """Slack's Web API over one shared session. Every method ends in ``api_call``, so this is the one place to fail."""

    def __init__(
        self,
        *,
        token: str,
        base_url: str,
        session: aiohttp.ClientSession,
        network: Network,
        clock: Clock,
        seconds: float,
    ) -> None:
        """``seconds`` is how long an answer is waited for."""
        # No retry: it would send a message twice, and use up the 3 seconds of a trigger id.
        super().__init__(token=token, base_url=base_url, session=session, ssl=network.trust, retry_handlers=[])
        self.proxy = network.proxy_for(self.base_url)  # the SDK has read the environment in its own manner
        self.network = network
        self._http = session
        self.clock = clock
        self._seconds = seconds
        self._closed_until: dict[tuple[str, str], float] = {}
        self.witness = Witness(clock)
        self.count: Callable[[str], object] = _count_nothing
        """Given the word for each call that failed; what is not even sent is none."""

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        """Call a method. Raises ``SlackError``; while Slack wants to be left alone, without asking it."""
        try:
            # The client's own timeout counts only in sessions that the client itself opens.
            async with asyncio.timeout(self._seconds_for(api_method)):
                try:
                    return await self._call(api_method, **arguments)
                except SlackBusy as busy:
                    if api_method not in WAITED_OUT or busy.retry_after > MOMENT:
                        raise
                    await self.clock.sleep(busy.retry_after)
                return await self._call(api_method, **arguments)
        except TimeoutError as error:
            raise self.counted(unanswered(api_method, error)) from None

    async def respond(self, response_url: str, body: Mapping[str, Any]) -> None:
        """Answer where somebody typed or clicked. Raises ``SlackError``.

        The SDK's client for this takes no status for a failure, and opens a session of its own.
        """
        if not (_SLACKS_OWN.fullmatch(response_url) or _is_of(response_url, self.base_url)):
            raise SlackUnreachable(RESPONSE_URL, "no address of Slack's", arrived=False)
        try:
            async with (
                asyncio.timeout(self._seconds_for(RESPONSE_URL)),
                self._http.post(
                    response_url,
                    json=dict(body),
                    proxy=self.network.proxy_for(response_url),
                    ssl=self.network.trust,
                    allow_redirects=False,
                ) as answer,
            ):
                text = await answer.read()
        except FOREIGN_ERRORS as error:
            raise self.counted(unanswered(RESPONSE_URL, error)) from None
        if failure := not_taken(answer.status, text, answer.headers):
            raise self.counted(failure)

    async def connect(self, url: str, *, heartbeat: float, closing: float) -> aiohttp.ClientWebSocketResponse:
        """Open a websocket, whose other end must answer a ping every ``heartbeat`` seconds. Raises as aiohttp does."""
        timeout = aiohttp.ClientWSTimeout(ws_close=closing)
        proxy, trust = self.network.proxy_for(url), self.network.trust
        return await self._http.ws_connect(url, heartbeat=heartbeat, timeout=timeout, proxy=proxy, ssl=trust)

    def counted(self, error: SlackErrorType) -> SlackErrorType:
        """The error, once it is counted."""
        self.count(counted_as(error))
        return error

    async def _call(self, method: str, **arguments: Any) -> AsyncSlackResponse:
        closing = _closing_of(method, arguments)
        self._check_open(method, closing)
        try:
            answer = await super().api_call(method, **arguments)
            self.witness.note(answer.headers.get("Date"))
            if isinstance(answer.data, dict):
                return answer
            failure = answered(method, answer)  # bytes, which the SDK takes for an archive and for success
        except SlackApiError as error:
            self.witness.note(error.response.headers.get("Date"))
            failure = answered(method, error.response)
        except FOREIGN_ERRORS as error:
            failure = unanswered(method, error)
        if isinstance(failure, SlackBusy):
            self._close(closing, failure.retry_after)
        raise self.counted(failure)

    def _seconds_for(self, method: str) -> float:
        return min(self._seconds, SOON) if method in AWAITED else self._seconds

    def _check_open(self, method: str, closing: tuple[str, str]) -> None:
        rest = self._closed_until.get(closing, 0.0) - self.clock.monotonic()
        if rest > 0:
            raise SlackBusy(method, rest)

    def _close(self, closing: tuple[str, str], seconds: float) -> None:
        now = self.clock.monotonic()
        for open_again in [each for each, until in self._closed_until.items() if until <= now]:
            del self._closed_until[open_again]
        self._closed_until[closing] = now + seconds


def part(answer: AsyncSlackResponse, name: str, kind: type[T]) -> T:
    """What an answer holds under a name. Raises ``SlackUnreachable`` where it does not: then it is not Slack's."""
    data = answer.data
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, kind):
        method = answer.api_url.rpartition("/")[2]
        raise SlackUnreachable(method, f"malformed answer (no {name})", arrived=True)
    return value


def _closing_of(method: str, arguments: Mapping[str, Any]) -> tuple[str, str]:
    """What Slack closes together: a method, and of those that send messages each channel for itself."""
    if not method.startswith("chat."):
        return method, ""
    sent = arguments.get("json") or arguments.get("params") or arguments.get("data") or {}
    return method, str(sent.get("channel", ""))


def _count_nothing(_: str) -> None:
    """Where nobody asks how often."""


_SLACKS_OWN = re.compile(r"https://(?:[a-z0-9-]+\.)*slack(?:-gov)?\.com/[!-~]*", re.IGNORECASE)
"""No user, no port and no backslash before the path: readers of URLs disagree about what host these leave."""


def _is_of(url: str, base_url: str) -> bool:
    """Whether an address is the configured Slack's: a local one, or a gateway."""
    scheme, _, rest = base_url.partition("://")
    return re.fullmatch(re.escape(f"{scheme}://{rest.partition('/')[0]}/") + "[!-~]*", url) is not None
