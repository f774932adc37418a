"""Whatever the API answers, the client gives an ID that can be shown or raises ``ApiError``, and no echo of a code."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bot.cams.client import CamsClient
from bot.cams.signing import Credentials
from bot.cams.transport import open_http
from bot.errors import ApiError
from bot.models import PhoneNumber, Problem, Result
from bot.tickets import Call
from tests.clocks import SteppingClock
from tests.fuzz.amount import ARE_MANY, BY_CHANCE, chances
from tests.fuzz.listening import Heard, listening
from tests.fuzz.odd import CODE, mutated, odd_text

pytestmark = BY_CHANCE

PHONE = PhoneNumber("8613800001234")
KEYS = Credentials(access_key_id="invented", access_key_secret=SecretStr("K3YSECRETQ"))
ANSWER = {
    "Code": "OK",
    "Message": "OK",
    "RequestId": "90E63D28-E31D-1EB2-8939-A94866411B2O",
    "Data": {"PhoneNumberId": "920155500012345"},
}
LARGE = b'{"Code": "OK", "Message": "' + b"x" * 10_000_000 + b'"}'
CODES = ("OK", "Throttling.User", "System.LimitControl", "InternalError", "Product.Unsubscript", "SignatureNonceUsed")


@asynccontextmanager
async def turn() -> AsyncIterator[Call]:
    yield Call()


def as_body(chance: Random) -> bytes:
    match chance.randrange(10):
        case 0:
            return chance.randbytes(chance.randint(0, 300))
        case 1:
            levels = chance.choice((50, 3000, 100_000))
            return chance.choice((b'{"Data":', b"[")) * levels + chance.choice((b"", b"}" * levels))
        case 2:
            return chance.choice((b"", b"null", b"[]", b'"OK"', b"{", b"<html>OK</html>", b"\xff\xfe{\x00}\x00"))
        case 3 if chance.random() < 0.1:
            return LARGE
    answer: Any = {**ANSWER, "Code": chance.choice(("OK", "OK", "OK", *CODES, odd_text(chance)))}
    if chance.random() < 0.4:  # an echo, more or less hidden
        answer["Message"] = f"{odd_text(chance)}{chance.choice((CODE, '-'.join(CODE), CODE.lower()))} is wrong"
        answer[chance.choice(("Code", "RequestId", "AccessDeniedDetail"))] = CODE
    body = json.dumps(mutated(answer, chance) if chance.random() < 0.5 else answer, ensure_ascii=chance.random() < 0.5)
    written = bytearray(body.encode("utf-8", "surrogatepass"))
    for _ in range(chance.choice((0, 0, 0, 1, 5))):
        written[chance.randrange(len(written))] = chance.randrange(256)
    return bytes(written[: len(written) if chance.random() < 0.85 else chance.randrange(len(written) + 1)])


ECHOING = (
    *("set-cookie", "set-cookie", "set-cookie2", "location", "content-location", "refresh", "link", "alt-svc", "date"),
    *("x-acs-request-id", "x-acs-retry-after", "retry-after", "www-authenticate", "proxy-authenticate", "etag", CODE),
    *("strict-transport-security", "connection", "upgrade", "trailer", "content-type", "content-length"),
)


def as_headers(chance: Random) -> list[tuple[str, str]]:
    hints = ("0", "-1", "1500", "9" * 12, "9" * 5000, "1e9", "NaN", "\u0661\u0662", " 7 ", "", "0x10", odd_text(chance))
    types = ("application/json", "text/html", "application/json; charset=utf-16", "", odd_text(chance))
    headers = [("content-type", chance.choice(types)), ("x-acs-retry-after", chance.choice(hints))]
    if chance.random() < 0.4:  # an echo, or what would come back with the next call
        name = chance.choice(ECHOING)
        headers.append((name, chance.choice((CODE, f"c={CODE}", f"c={CODE}; Path=/; Max-Age=999", f"//x.test/{CODE}"))))
    if chance.random() < 0.1:
        odd = chance.choice(("X" * 9000, "X-\xff", "x y", ":", odd_text(chance)))
        headers += [(odd, odd_text(chance)[:9000])] * chance.choice((1, 300))
    if chance.random() < 0.2:
        headers.append(("content-encoding", chance.choice(("gzip", "br", "deflate", "x"))))
    return [
        (name.encode("latin-1", "replace").decode("latin-1"), value.encode("latin-1", "replace").decode("latin-1"))
        for name, value in headers * chance.choice((1, 2))
    ]


class OddWire(httpx.AsyncBaseTransport):
    def __init__(self, chance: Random) -> None:
        self._chance = chance

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        status = self._chance.choice((*[200] * 12, 204, 302, 400, 403, 429, 500, 503, 599, 999))
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in as_headers(self._chance)]
        return httpx.Response(status, headers=headers, content=None, stream=httpx.ByteStream(as_body(self._chance)))


async def ask(http: httpx.AsyncClient, heard: Heard) -> Problem | None:
    """Which problem there was. Fails if what comes back is no clean answer, or if the code or a key is anywhere."""
    clock = SteppingClock()
    client = CamsClient(http, credentials=lambda: KEYS, clock=clock, chance=lambda: 0.5, exchange_seconds=2.0)
    try:
        outcome: Result | ApiError = await client.get_phone_number_id(PHONE, SecretStr(CODE), turn=turn)
    except ApiError as error:
        outcome = error
    written, records = heard.take()
    said = f"{written} {outcome} {outcome!r} {vars(outcome) if isinstance(outcome, ApiError) else ''}".upper()
    assert CODE not in said
    assert "K3YSECRETQ" not in said
    assert not any(record.exc_info for record in records), written
    assert sum(clock.naps) < 21, "nobody waits that long"
    if isinstance(outcome, ApiError):
        assert outcome.retry_after is None or 0 < outcome.retry_after < 1e10
        return outcome.problem
    assert outcome.phone_number_id
    assert outcome.phone_number_id.isprintable()
    assert len(outcome.phone_number_id) <= 128
    return None


async def test_any_answer_is_an_id_or_a_known_no() -> None:
    outcomes: Counter[Problem | None] = Counter()
    with listening() as heard:
        for number, chance in chances("API answer", usual=800):
            async with httpx.AsyncClient(transport=OddWire(chance), base_url="http://cams.test") as http:
                try:
                    outcomes[await ask(http, heard)] += 1
                except Exception as error:
                    raise AssertionError(f"answer number {number}") from error
    assert (
        not ARE_MANY
        or min(outcomes[None], outcomes[Problem.UNREADABLE], outcomes[Problem.UNKNOWN_CODE]) > outcomes.total() / 200
    ), outcomes


def as_wire(chance: Random) -> bytes:
    """An answer with everything around it, as it goes over the wire."""
    body = as_body(chance)
    length = chance.choice((*[str(len(body))] * 6, str(len(body) + 9), "-1", "9" * 30, ""))
    framing = chance.choice((*[f"Content-Length: {length}"] * 6, "Transfer-Encoding: chunked", "Connection: close"))
    head = "".join(f"{name}: {value}\r\n" for name, value in as_headers(chance))
    start = chance.choice((*["HTTP/1.1 200 OK"] * 6, "HTTP/1.1 429 x", "HTTP/9 200", "HTTP/1.1 99999", "", "\x00" * 70))
    wire = bytearray(f"{start}\r\n{framing}\r\n{head}\r\n".encode("latin-1") + body)
    if chance.random() < 0.2:
        wire[chance.randrange(min(len(wire), 200))] = chance.randrange(256)
    return bytes(wire[: chance.choice((len(wire), len(wire), len(wire), chance.randrange(len(wire) + 1)))])


@pytest.fixture
async def wire() -> AsyncIterator[tuple[str, list[bytes], list[bytes]]]:
    """A server that answers each request with the bytes in the list, and hangs up: its URL, and the heads it got."""
    answer, heads = [b""], list[bytes]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            heads.append(head)
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
            writer.write(answer[0])
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):  # the client has seen enough
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield f"http://{host}:{port}", answer, heads
    server.close()
    await server.wait_closed()


async def test_any_bytes_on_the_wire_are_an_id_or_a_known_no(wire: tuple[str, list[bytes], list[bytes]]) -> None:
    url, answer, heads = wire
    with listening() as heard:
        async with open_http(url, read_seconds=1.0) as http:
            for number, chance in chances("API wire", usual=100):
                answer[0] = as_wire(chance)
                try:
                    await ask(http, heard)
                    said = b"".join(heads).upper()
                    assert CODE.encode() not in said, "what was sent once comes back in the head"
                    assert b"COOKIE" not in said
                    heads.clear()
                except Exception as error:
                    raise AssertionError(f"wire number {number}: {answer[0][:3000]!r}") from error
