"""Whatever bytes come to the HTTP port, signed or not: at the most a refusal and a line in the log, and it goes on."""

import asyncio
import gzip
import hashlib
import hmac
import json
import time
import zlib
from collections import Counter
from random import Random
from typing import Any
from urllib.parse import urlencode

from bot.clock import SystemClock
from bot.health import Health
from bot.slack.connection import PATH, signed_http
from tests.fuzz.amount import ARE_MANY, BY_CHANCE, chances
from tests.fuzz.front import Front, open_front
from tests.fuzz.odd import CODE, mutated, odd_text
from tests.fuzz.payloads import click, command, shortcut, submission

pytestmark = BY_CHANCE

SECRET = "invented"
BOMB = gzip.compress(b"payload=" + b"0" * 20_000_000)
"""Twenty megabytes in twenty kilobytes."""

BODIES = (
    b"payload=" + b"9" * 5000,
    b"payload=" + b"9" * 2_000_000,
    b"payload=%%7B%7D%",
    b"payload={}&payload=[]&command=/phoneid&text=help",
    b"--x\r\nContent-Disposition: form-data; name=payload\r\n\r\n{}\r\n--x--",
)

TYPES = (
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=unheard-of",
    "application/json",
    "application/json; charset=\xff",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "text/plain",
    "",
    "\x00",
    ";;;=",
)


def fields(chance: Random, front: Front) -> dict[str, Any]:
    """The fields of one request's form."""
    if chance.random() < 0.3:
        return command(chance, f"+86 138 0000 1234 {CODE}")
    payload = chance.choice((click(chance, front), submission(chance, front), shortcut(chance)))
    return {"payload": mutated(payload, chance) if chance.random() < 0.7 else payload}


def as_body(chance: Random, form: dict[str, Any]) -> bytes:
    pairs = [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in form.items()]
    if chance.random() < 0.2:
        pairs += [(key, odd_text(chance)) for key, _ in pairs]
    match chance.randrange(12):
        case 0:
            return json.dumps(form).encode()
        case 1:
            levels = chance.choice((100, 1000, 100_000))
            return b"payload=" + b"[" * levels + b"]" * chance.choice((0, levels))
        case 2:
            return chance.randbytes(chance.choice((0, 1, 100, 10_000)))
        case 3:
            return chance.choice(BODIES)
    body = bytearray(urlencode(pairs, errors="surrogatepass").encode())
    for _ in range(chance.choice((0, 0, 0, 1, 10))):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body[: chance.choice((len(body), len(body), chance.randrange(len(body) + 1)))])


def encoded(chance: Random, body: bytes) -> tuple[bytes, list[tuple[str, str]]]:
    """The body as it is sent, and what is said of its encoding, true or not."""
    match chance.randrange(12):
        case 0:
            return gzip.compress(body), [("Content-Encoding", "gzip")]
        case 1:
            return zlib.compress(body), [("Content-Encoding", "deflate")]
        case 2:
            return body, [("Content-Encoding", chance.choice(("gzip", "br", "deflate", "zstd", "x", "identity")))]
        case 3 if chance.random() < 0.3:
            return BOMB, [("Content-Encoding", "gzip")]
    return body, []


def sign(chance: Random, body: bytes, at: float) -> list[tuple[str, str]]:
    stamp = chance.choice((*[f"{int(at)}"] * 8, "", "abc", "9" * 5000, f"{int(at)}.5", "-1", "\xb2"))
    digest = hmac.new(SECRET.encode(), b":".join((b"v0", stamp.encode(), body)), hashlib.sha256).hexdigest()
    signature = chance.choice((*[f"v0={digest}"] * 8, digest, "v0=", "v0=\xe9", odd_text(chance)))
    signed = [("X-Slack-Request-Timestamp", stamp), ("X-Slack-Signature", signature)]
    return signed * chance.choice((1, 1, 1, 1, 2))


def as_request(chance: Random, front: Front) -> bytes:
    plain = as_body(chance, fields(chance, front))
    body, said = encoded(chance, plain)
    length = [("Content-Length", str(len(body)))]
    if chance.random() < 0.04:  # the framing itself lies; most of this ends in aiohttp
        length = [
            chance.choice(
                (("Content-Length", str(len(body) + 5)), ("Content-Length", "-1"), ("Transfer-Encoding", "chunked"))
            )
        ]
    headers = [
        ("Host", "127.0.0.1"),
        ("Connection", "close"),
        ("Content-Type", chance.choice((TYPES[0], TYPES[0], *TYPES))),
        *length,
        *said,
        *sign(chance, chance.choice((plain, body)), time.time()),
        *([(odd_text(chance), odd_text(chance))] if chance.random() < 0.1 else []),
    ]
    verb = chance.choice((*["POST"] * 9, "GET", "PUT", "BREW"))
    path = chance.choice((*[PATH] * 15, f"{PATH}?payload={{", f"{PATH}/", "/%", "/readyz"))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers if "\r" not in value and "\n" not in value)
    return f"{verb} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1", "replace") + body


def is_framing_a_lie(request: bytes) -> bool:
    head, _, body = request.partition(b"\r\n\r\n")
    return b"\r\nContent-Length: %d\r\n" % len(body) not in head + b"\r\n"


async def send(port: int, request: bytes) -> int | None:
    """The answer's status; ``None`` where the connection was closed without any."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        answer = await asyncio.wait_for(reader.read(), 0.5 if is_framing_a_lie(request) else 20)
    except (ConnectionError, TimeoutError):  # it waits for what was announced: nothing is wrong with that
        assert is_framing_a_lie(request) or len(request) > 1_000_000, "no answer"
        return None
    finally:
        writer.close()
    return int(answer.split(b" ", 2)[1]) if answer else None


async def test_any_bytes_are_answered_or_refused() -> None:
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
        answers: Counter[int | None] = Counter()
        for number, chance in chances("signed HTTP request", usual=300):
            front.api.chance = chance
            request = as_request(chance, front)
            try:
                status = await send(port, request)
                await front.finish()
                # That it is not ready, it may say.
                assert status is None or status < 500 or (status == 503 and b"/readyz" in request), status
                answers[status] += 1
            except Exception as error:
                raise AssertionError(f"request number {number}: {request[:3000]!r}") from error
        assert not ARE_MANY or min(answers[200], answers[400], answers[401]) > answers.total() / 100, (
            answers
        )  # else the inputs are all of one kind
        body = urlencode(command(Random(0), "help")).encode()
        assert await send(port, as_plain_request(body)) == 200


def as_plain_request(body: bytes) -> bytes:
    stamp = str(int(time.time()))
    digest = hmac.new(SECRET.encode(), b":".join((b"v0", stamp.encode(), body)), hashlib.sha256).hexdigest()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: {TYPES[0]}\r\nX-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: v0={digest}\r\n\r\n"
    )
    return head.encode() + body
