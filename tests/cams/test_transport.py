"""The wire: httpx's errors as ours, and answers that do not end."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import SecretBytes, SecretStr

from bot.cams.client import CamsClient
from bot.cams.protocol import MAX_BODY_BYTES
from bot.cams.signing import Acs3Auth, Credentials
from bot.cams.transport import FOREIGN_ERRORS, Stopwatch, exchange, open_http
from bot.errors import ApiError
from bot.models import PhoneNumber, Problem
from bot.sandbox.cams.server import LocalCams
from bot.tickets import Call
from tests.clocks import SteppingClock

if TYPE_CHECKING:
    from tests.cams.conftest import FakeTurns

PHONE = PhoneNumber("12025550101")

HTTPX_ERRORS = [value for value in vars(httpx).values() if inspect.isclass(value) and issubclass(value, Exception)]
LASTING = {
    httpx.HTTPError,
    httpx.RequestError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.DecodingError,
    httpx.TooManyRedirects,
    httpx.HTTPStatusError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    httpx.StreamError,
    httpx.StreamConsumed,
    httpx.StreamClosed,
    httpx.ResponseNotRead,
    httpx.RequestNotRead,
}

UNCONNECTED: Mapping[type[Exception], Problem] = {
    httpx.ConnectError: Problem.NO_CONNECTION,
    httpx.ProxyError: Problem.PROXY_REFUSED,
}

MakeClient = Callable[[httpx.AsyncBaseTransport], CamsClient]


def instance(kind: type[Exception]) -> Exception:
    if kind is httpx.HTTPStatusError:
        request = httpx.Request("POST", "http://cams.test")
        return httpx.HTTPStatusError("boom", request=request, response=httpx.Response(500, request=request))
    return kind() if "message" not in inspect.signature(kind).parameters else kind("boom")


class Endless(httpx.AsyncByteStream):
    """A body that goes on for as long as somebody reads it."""

    def __init__(self) -> None:
        self.given = 0
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.given += 65536
            yield b" " * 65536

    async def aclose(self) -> None:
        self.is_closed = True


class Trickle(httpx.AsyncByteStream):
    """A body that gives a byte now and then, so that no read is ever late."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.01)
            yield b" "


def test_httpx_exports_errors_to_be_tested() -> None:
    assert len(HTTPX_ERRORS) > 25
    assert all(issubclass(kind, FOREIGN_ERRORS) for kind in HTTPX_ERRORS)


@pytest.mark.parametrize("kind", HTTPX_ERRORS, ids=lambda kind: kind.__name__)
async def test_no_error_of_httpx_gets_through(
    kind: type[Exception], client_of: MakeClient, turns: "FakeTurns", code: SecretStr
) -> None:
    raised = instance(kind)

    def refuse(_request: httpx.Request) -> httpx.Response:
        raise raised

    with pytest.raises(ApiError) as caught:
        await client_of(httpx.MockTransport(refuse)).get_phone_number_id(PHONE, code, turn=turns.turn)

    error = caught.value
    # What was not sent, or would not be, is not told as an Alibaba Cloud that does not answer.
    told = Problem.NOT_SENDABLE if kind in LASTING else Problem.NO_ANSWER
    told = UNCONNECTED.get(kind, told)
    # What a server sent that speaks no HTTP is quoted there, and may echo the code.
    cause = None if kind is httpx.RemoteProtocolError else raised
    assert (error.problem, error.__cause__) == (told, cause)
    may_retry = kind not in LASTING | {httpx.ProxyError}
    assert len(turns.errors) == (3 if may_retry else 1)


async def test_of_an_endless_body_little_more_than_the_limit_is_read(
    client_of: MakeClient, turns: "FakeTurns", code: SecretStr
) -> None:
    body = Endless()
    client = client_of(httpx.MockTransport(lambda _request: httpx.Response(200, stream=body)))

    with pytest.raises(ApiError) as caught:
        await client.get_phone_number_id(PHONE, code, turn=turns.turn)

    assert (caught.value.problem, caught.value.http_status) == (Problem.UNREADABLE, 200)
    assert body.given <= MAX_BODY_BYTES + 65536
    assert body.is_closed
    assert len(turns.errors) == 1


async def test_a_body_that_trickles_is_no_answer(client_of: MakeClient, turns: "FakeTurns", code: SecretStr) -> None:
    client = client_of(httpx.MockTransport(lambda _request: httpx.Response(200, stream=Trickle())))
    with pytest.raises(ApiError) as caught:
        await client.get_phone_number_id(PHONE, code, turn=turns.turn)
    assert caught.value.problem is Problem.NO_ANSWER


async def test_a_compressed_body_nobody_asked_for_is_not_unpacked(
    client_of: MakeClient, turns: "FakeTurns", code: SecretStr
) -> None:
    asked: list[str] = []

    def compress(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["accept-encoding"])
        stream = httpx.ByteStream(b"\x1f\x8b not really")
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=stream)

    with pytest.raises(ApiError) as caught:
        await client_of(httpx.MockTransport(compress)).get_phone_number_id(PHONE, code, turn=turns.turn)
    assert (caught.value.problem, asked) == (Problem.UNREADABLE, ["identity"])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(
    credentials: Credentials, turns: "FakeTurns", code: SecretStr, status: int
) -> None:
    asked: list[str] = []

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        head = f"HTTP/1.1 {status} x\r\nLocation: {url}/elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())
        writer.close()

    async with await asyncio.start_server(redirect, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with open_http(url) as http:
            client = CamsClient(http, credentials=lambda: credentials, clock=SteppingClock())
            with pytest.raises(ApiError) as caught:
                await client.get_phone_number_id(PHONE, code, turn=turns.turn)
    assert (caught.value.problem, len(asked)) == (Problem.UNREADABLE, 1)


@pytest.mark.parametrize(
    "cookie", ["c=208312", "c=208312; Path=/", "c=208312; Domain=127.0.0.1", "c=208312; Max-Age=99999", "c=1, d=2"]
)
async def test_no_cookie_is_kept_or_sent(cookie: str) -> None:
    sent: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent.append((await reader.readuntil(b"\r\n\r\n")).decode())
        answer = f"HTTP/1.1 200 OK\r\nSet-Cookie: {cookie}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        writer.write(answer.encode())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, open_http(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as http:
        for _ in range(2):
            await http.post("/")
        assert len(http.cookies) == 0
    assert len(sent) == 2
    assert not any("cookie" in head.lower() for head in sent)


class TestOpenHttp:
    async def test_connections_are_kept_named_and_bounded(self) -> None:
        async with open_http("https://cams.test") as http:
            assert http.headers["user-agent"].startswith("phoneid-bot/")
            assert http.timeout == httpx.Timeout(connect=5, read=10, write=10, pool=5)
            assert not http.follow_redirects

    async def test_one_connection_serves_one_call_after_another(
        self, api: LocalCams, clock: SteppingClock, credentials: Credentials
    ) -> None:
        connections: list[str] = []

        async def note(name: str, _info: object) -> None:
            if name == "connection.connect_tcp.complete":
                connections.append(name)

        auth = Acs3Auth(credentials=lambda: credentials, clock=clock)
        async with open_http(api.url) as http:
            for _ in range(3):
                request = http.build_request("POST", "/", extensions={"trace": note})
                await http.send(request, auth=auth)
        assert len(connections) == 1

    async def test_no_proxy_stands_before_the_loopback(
        self, monkeypatch: pytest.MonkeyPatch, api: LocalCams, client: CamsClient
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # the discard port: nobody answers there
        monkeypatch.delenv("NO_PROXY", raising=False)
        async with open_http(api.url) as http:
            assert (await http.post("/")).status_code == 400

    async def test_no_proxy_stands_before_the_loopback_of_ipv6(
        self, monkeypatch: pytest.MonkeyPatch, api: LocalCams
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", api.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        async with open_http("http://[::1]:9") as http:  # the discard port: nobody answers there
            with pytest.raises(httpx.ConnectError):
                await http.post("/")


async def test_a_request_that_comes_too_late_for_its_slot_is_not_sent(
    clock: SteppingClock, credentials: Credentials
) -> None:
    api = LocalCams()
    await api.start()
    auth, call = Acs3Auth(credentials=lambda: credentials, clock=clock), Call(leaves_before=clock.monotonic() - 0.1)
    async with open_http(api.url) as http:
        with pytest.raises(ApiError) as caught:
            await exchange(http, SecretBytes(b"a=b"), auth=auth, stopwatch=Stopwatch(clock, call))
        assert api.calls == []
        answered = Call()
        await exchange(http, SecretBytes(b"a=b"), auth=auth, stopwatch=Stopwatch(clock, answered))
    await api.stop()
    assert (caught.value.problem, caught.value.http_status) == (Problem.NO_ANSWER, None)
    assert len(api.calls) == 1


async def test_a_round_trip_is_measured_without_the_time_to_connect(
    clock: SteppingClock, credentials: Credentials
) -> None:
    heard: list[tuple[str, float]] = []

    class Listening(Stopwatch):
        async def __call__(self, event: str, facts: Mapping[str, Any]) -> None:
            clock.time += 1.0  # each thing that happens on the wire takes a second
            heard.append((event, clock.time))
            await super().__call__(event, facts)

    api = LocalCams()
    await api.start()
    call = Call()
    async with open_http(api.url) as http:
        auth = Acs3Auth(credentials=lambda: credentials, clock=clock)
        await exchange(http, SecretBytes(b"a=b"), auth=auth, stopwatch=Listening(clock, call))
    await api.stop()
    times = dict(heard)
    assert times["connection.connect_tcp.started"] < times["http11.send_request_headers.started"] == call.sent_at
    assert call.answered_at == times["http11.receive_response_headers.complete"]
