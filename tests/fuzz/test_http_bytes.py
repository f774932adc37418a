"""Whatever bytes come to the HTTP port without a signature, in whatever pieces: they are refused, and nothing runs."""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from random import Random

from bot.clock import SystemClock
from bot.health import Health
from bot.slack.connection import PATH, signed_http
from tests.fuzz.amount import ARE_MANY, BY_CHANCE, chances
from tests.fuzz.front import open_front
from tests.fuzz.odd import CODE, odd_text
from tests.fuzz.test_signed_requests import SECRET

pytestmark = BY_CHANCE

FORM = f"command=%2Fphoneid&text=%2B8613800001234+{CODE}&user_id=U0ANA&team_id=T0SANDBOX&trigger_id=1.2".encode()

METHODS = (b"GET", b"HEAD", b"OPTIONS", b"CONNECT", b"TRACE", b"PRI", b"post", b"\x16\x03\x01", b"")
TARGETS = (
    b"/healthz",
    b"/readyz",
    b"/",
    b"*",
    b"http://x" + PATH.encode(),
    b"//slack//events",
    b"/slack/%65vents",
    b"/slack/events/../events",
    b"/slack/events?" + FORM,
    b"/" + b"a" * 9000,
    b"/\xff\x00",
)
VERSIONS = (b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.1 ", b"http/1.1", b"")
ENDS = (b"\n", b"\r", b"\r\r\n", b"\n\r")
NOISE = (
    b"Host:",
    b"Host: y\r\nHost: z",
    b"Connection: keep-alive",
    b"Connection: close, upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA",
    b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk",
    b"Expect: 100-continue",
    b"Expect: the unexpected",
    b"Content-Type: application/x-www-form-urlencoded",
    b"Content-Type: multipart/form-data; boundary=",
    b"Content-Encoding: gzip",
    b"X-Slack-Signature: v0=" + b"0" * 64,
    b"X-Slack-Request-Timestamp: 1800000000",
    b"X-Slack-Request-Timestamp:",
    b"Cookie: d=" + CODE.encode(),
    b"X-Forwarded-For: 127.0.0.1\r\nX-Original-URL: /readyz\r\nX-HTTP-Method-Override: PUT",
    b" folded: line",
    b"No colon",
    b": no name",
    b"Na me: x",
    b"X: \x00",
    b"X: " + b"y" * 9000,
    b"X-\xff: \xff",
    *(b"X-%d: y" % number for number in range(3)),
)


KINDS_OF_CHUNKED = (b"xchunked", b"chunked, identity", b"\x0bchunked", b"identity", b"gzip, chunked", b"")
LENGTHS = (b"-1", b"+3", b"0x10", b"1_0", b"9" * 30, b"", b"3, 3", b"\xb2", b"1 2", b"03")


def framing(chance: Random, body: bytes) -> tuple[list[bytes], bytes]:
    """What is said of the body's length, true or not, and the body as it is sent."""
    length, in_chunks = b"Content-Length: %d" % len(body), b"Transfer-Encoding: chunked"
    if chance.random() < 0.6:
        return chance.choice((([length], body), ([in_chunks], chunked(chance, body))))
    return chance.choice(
        (
            ([], body),
            ([length, in_chunks], chunked(chance, body)),
            ([b"Transfer-Encoding: " + chance.choice(KINDS_OF_CHUNKED)], chance.choice((body, chunked(chance, body)))),
            ([b"Content-Length: " + chance.choice(LENGTHS)], body),
            ([length, b"Content-Length: %d" % chance.randrange(999)], body),
            ([b"Content-Length: %d" % max(0, len(body) + chance.randint(-9, 9))], body),
        )
    )


SIZES = (b"-1", b"+5", b"0x5", b"f" * 20, b"", b"5;x=" + b"y" * 99, b" 5", b"5\n")
LAST_CHUNKS = (b"0\r\nX: y\r\n\r\n", b"0\n\n", b"", b"00000\r\n\r\n")


def chunked(chance: Random, body: bytes) -> bytes:
    size = mostly(chance, b"%x" % len(body), SIZES)
    return size + b"\r\n" + body + b"\r\n" + mostly(chance, b"0\r\n\r\n", LAST_CHUNKS)


def mostly(chance: Random, usual: bytes, odd: Sequence[bytes]) -> bytes:
    return usual if chance.random() < 0.85 else chance.choice(odd)


def one_request(chance: Random) -> bytes:
    body = chance.choice(
        (
            FORM,
            FORM,
            b"",
            b"ssl_check=1",
            b"{}",
            chance.randbytes(99),
            odd_text(chance)[:999].encode("utf-8", "replace"),
        )
    )
    said, sent = framing(chance, body)
    usual = [b"Host: x", *([b"Connection: close"] if chance.random() < 0.8 else [])]
    headers = [*said, *chance.sample(NOISE, chance.choice((0, 0, 1, 1, 4))), *usual]
    if chance.random() < 0.02:
        headers += [b"X: y"] * 5000
    chance.shuffle(headers)
    first = (
        mostly(chance, b"POST", METHODS),
        mostly(chance, PATH.encode(), TARGETS),
        mostly(chance, b"HTTP/1.1", VERSIONS),
    )
    return mostly(chance, b"\r\n", ENDS).join([b" ".join(first), *headers, b"", b""]) + sent


def some_bytes(chance: Random) -> bytes:
    """One request or several, one behind the other; a few bytes of it may be other ones, gone, or doubled."""
    sent = bytearray(b"".join(one_request(chance) for _ in range(chance.choice((1, 1, 1, 2, 3)))))
    for _ in range(chance.choice((0, 0, 0, 1, 5))):
        at = chance.randrange(len(sent))
        match chance.randrange(3):
            case 0:
                sent[at] = chance.randrange(256)
            case 1:
                del sent[at : at + chance.choice((1, 20))]
            case _:
                sent[at:at] = sent[at : at + chance.choice((1, 20))]
    return bytes(sent[: chance.choice((len(sent), len(sent), chance.randrange(len(sent) + 1)))])


PATIENCE = 0.1
"""Seconds."""


async def answers_to(port: int, sent: bytes, chance: Random) -> list[int]:
    """The statuses of all answers, until the connection ends or nothing more comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = b""
    try:
        with suppress(ConnectionError):
            while sent:
                size = chance.choice((len(sent), len(sent), 1 + chance.randrange(len(sent))))
                writer.write(sent[:size])
                await writer.drain()
                sent = sent[size:]
            async with asyncio.timeout(PATIENCE) as patience:
                while more := await reader.read(65536):
                    heard += more
                    patience.reschedule(asyncio.get_running_loop().time() + PATIENCE)
    except TimeoutError:  # it waits for what was announced, or for the next request
        pass
    finally:
        writer.close()
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", heard)]


async def test_any_bytes_without_a_signature_run_nothing() -> None:
    async with (
        open_front() as front,
        signed_http(
            front.app,
            signing_secret=SECRET,
            address=("127.0.0.1", 0),
            health=Health(SystemClock()),
            clock=SystemClock(),
        ) as port,
    ):
        seen: Counter[int | None] = Counter()
        for number, chance in chances("HTTP bytes", usual=300):
            sent = some_bytes(chance)
            try:
                statuses = await answers_to(port, sent, chance)
                said = await front.finish()
                assert said == [("ack", {})], "somebody was told something"
                assert not any(status >= 500 for status in statuses), statuses
                seen.update(statuses)
                seen[None] += not statuses
            except Exception as error:
                raise AssertionError(f"bytes number {number}: {sent[:3000]!r}") from error
        async with asyncio.timeout(20):
            while await answers_to(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", Random(0)) != [200]:
                pass
        assert not ARE_MANY or min(seen[200], seen[400], seen[401], seen[404], seen[None]) > seen.total() / 200, seen
