"""The verification code shows nowhere: not in an error, not in what it is chained to, not in a log at DEBUG."""

import asyncio
import json
import logging
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import httpx
import pytest
from pydantic import SecretStr

from bot.cams.client import CamsClient
from bot.cams.signing import Credentials
from bot.cams.transport import open_http
from bot.errors import ApiError
from bot.logs import NoPayloads, TextFormatter
from bot.models import PhoneNumber, Problem
from bot.sandbox.cams.book import BOOK, Entry
from bot.sandbox.cams.server import LocalCams
from bot.sandbox.cams.trouble import ApiTrouble
from tests.canaries import CANARY, found_in
from tests.clocks import SteppingClock

if TYPE_CHECKING:
    from tests.cams.conftest import FakeTurns

MakeClient = Callable[[httpx.AsyncBaseTransport], CamsClient]

HAPPY = next(entry for entry in BOOK if entry.digits == "8613800001234")


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def everything_said(error: BaseException | None, caplog: pytest.LogCaptureFixture) -> str:
    shown = [f"{link!r} {link} {link.args} {vars(link)}" for link in chain(error)]
    if error is not None:
        shown.extend(traceback.format_exception(error))
    records = [record for record in caplog.records if NoPayloads().filter(record)]
    return "\n".join([*shown, *(f"{TextFormatter().format(record)} {vars(record).get('facts')}" for record in records)])


def assert_silent(error: BaseException | None, caplog: pytest.LogCaptureFixture, *secrets: str) -> None:
    said = everything_said(error, caplog)
    assert "bot.cams" in said  # nothing was looked at otherwise
    assert found_in(said.encode(), secrets) == []
    for secret in secrets:
        # Written independently of the bot's own masking: anything but letters and digits may part the characters.
        assert not re.search(r"[^0-9A-Za-z\n]{0,3}".join(map(re.escape, secret)), said)


def respond(status: int, answer: object, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """As it comes from a wire: to be read."""
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(json.dumps(answer).encode()))


async def ask(client: CamsClient, entry: Entry, code: str, turns: "FakeTurns") -> BaseException | None:
    try:
        await client.get_phone_number_id(PhoneNumber(entry.digits), SecretStr(code), turn=turns.turn)
    except ApiError as error:
        return error
    return None


@pytest.fixture(autouse=True)
def _log_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@pytest.mark.parametrize("entry", BOOK, ids=lambda entry: entry.outcome)
async def test_for_every_number_of_the_book(
    entry: Entry,
    client: CamsClient,
    credentials: Credentials,
    turns: "FakeTurns",
    caplog: pytest.LogCaptureFixture,
) -> None:
    error = await ask(client, entry, entry.code, turns)
    assert_silent(error, caplog, entry.code, credentials.access_key_secret.get_secret_value())


@pytest.mark.parametrize("trouble", list(ApiTrouble))
async def test_in_every_trouble(
    trouble: ApiTrouble, api: LocalCams, client: CamsClient, turns: "FakeTurns", caplog: pytest.LogCaptureFixture
) -> None:
    api.trouble = trouble
    assert_silent(await ask(client, HAPPY, HAPPY.code, turns), caplog, HAPPY.code)


async def test_for_a_wrong_code(client: CamsClient, turns: "FakeTurns", caplog: pytest.LogCaptureFixture) -> None:
    assert_silent(await ask(client, HAPPY, "755193", turns), caplog, "755193")


@pytest.mark.parametrize(
    "body",
    [
        b'{"Code": "Bad.208312", "Message": "208312", "RequestId": "208312"}',
        b'{"Code": "OK", "Message": "208-312", "RequestId": "x-208 312", "Data": {"Echo": "208312"}}',
        b'{"Code": "Bad", "Message": "208312',  # cut off: the parser's own error would quote it
        b'{"Code": 208312, "Message": 208312}',
        b"208312",
        b"<html>VerifyCode=208312</html>",
        b" " * (2 * 1024 * 1024) + b"208312",
    ],
    ids=lambda body: body.strip()[:30].decode(),
)
@pytest.mark.parametrize("status", [200, 400, 500])
async def test_for_every_echo(
    status: int, body: bytes, client_of: MakeClient, turns: "FakeTurns", caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(httpx.MockTransport(lambda _request: httpx.Response(status, stream=httpx.ByteStream(body))))
    error = await ask(client, HAPPY, "208312", turns)
    assert isinstance(error, ApiError)
    assert error.problem is not Problem.NO_ANSWER  # it was read
    assert_silent(error, caplog, "208312")


@pytest.mark.parametrize("status", [200, 400, 429, 500])
@pytest.mark.parametrize("name", ["Code", "Message", "RequestId", "AccessDeniedDetail", "Data", "Anything"])
@pytest.mark.parametrize("wrapped", [lambda echo: echo, lambda echo: {"PhoneNumberId": echo}, lambda echo: [echo]])
@pytest.mark.parametrize("echo", [CANARY, f"x {CANARY} y", f"７３０１９２８４ {CANARY[:4]}-{CANARY[4:]}"])
async def test_for_an_echo_in_every_field(
    status: int,
    name: str,
    wrapped: Callable[[str], object],
    echo: str,
    client_of: MakeClient,
    turns: "FakeTurns",
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = {"Code": "Some.Code", "Message": "no", "RequestId": "r-1", name: wrapped(echo)}
    client = client_of(httpx.MockTransport(lambda _: respond(status, answer)))
    error = await ask(client, HAPPY, CANARY, turns)
    assert isinstance(error, ApiError)
    assert error.problem is not Problem.NOT_SENDABLE  # it was read
    assert_silent(error, caplog, CANARY)


async def test_for_an_echo_in_every_header(
    client_of: MakeClient, turns: "FakeTurns", caplog: pytest.LogCaptureFixture
) -> None:
    names = (
        "retry-after",
        "x-acs-request-id",
        "location",
        "set-cookie",
        "content-encoding",
        "date",
    )
    for name in names:
        said = {"Code": "Throttling.User", "Message": "no"}
        client = client_of(httpx.MockTransport(lambda _, name=name, said=said: respond(429, said, {name: CANARY})))
        error = await ask(client, HAPPY, CANARY, turns)
        assert isinstance(error, ApiError)
        assert error.problem is Problem.THROTTLED
        assert_silent(error, caplog, CANARY)


@pytest.mark.parametrize("echo", [CANARY, f" {CANARY} ", f"{CANARY[:4]}-{CANARY[4:]}", "７３０１９２８４"])
async def test_an_id_that_is_the_code_is_none(
    echo: str, client_of: MakeClient, turns: "FakeTurns", caplog: pytest.LogCaptureFixture
) -> None:
    answer = {"Code": "OK", "RequestId": "r-1", "Data": {"PhoneNumberId": echo}}
    client = client_of(httpx.MockTransport(lambda _: respond(200, answer)))
    error = await ask(client, HAPPY, CANARY, turns)
    assert isinstance(error, ApiError)
    assert error.problem is Problem.NO_ID
    assert_silent(error, caplog, CANARY)


@pytest.mark.parametrize(
    "answer",
    [
        f"{CANARY} {CANARY}\r\n\r\n",
        f"HTTP/1.1 200 {CANARY}\r\n{CANARY}\r\n\r\n",
        f"HTTP/1.1 200 {CANARY}\r\nContent-Length: {CANARY}z\r\n\r\n",
        f"HTTP/1.1 400 {CANARY}\r\nTransfer-Encoding: {CANARY}\r\n\r\n",
        f"HTTP/1.1 400 no\r\nTransfer-Encoding: chunked\r\n\r\n{CANARY}z\r\n",
        f"HTTP/1.1 302 no\r\nLocation: http://{CANARY}.invalid/{CANARY}\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_for_an_answer_that_is_no_http(
    answer: str, credentials: Credentials, turns: "FakeTurns", caplog: pytest.LogCaptureFixture
) -> None:
    """As a proxy in between may answer, with what it was sent in its words."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(CANARY.encode())
        writer.write(answer.encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with open_http(f"http://127.0.0.1:{port}") as http:
            client = CamsClient(http, credentials=lambda: credentials, clock=SteppingClock())
            error = await ask(client, HAPPY, CANARY, turns)
    assert isinstance(error, ApiError)
    assert_silent(error, caplog, CANARY)


async def test_the_bots_own_log_holds_no_number_and_no_message_of_the_api(
    client: CamsClient, turns: "FakeTurns", caplog: pytest.LogCaptureFixture
) -> None:
    for entry in BOOK:
        await ask(client, entry, entry.code, turns)
    logged = "\n".join(
        f"{record.getMessage()} {vars(record)['facts']}" for record in caplog.records if record.name == "bot.cams"
    )
    assert "problem" in logged
    for entry in BOOK:
        assert entry.digits not in logged
    for word in ("authorized to perform", "used before", "flow control", "AuthPrincipal", "1000000000000001"):
        assert word not in logged


@pytest.mark.parametrize("trouble", [ApiTrouble.DOWN, ApiTrouble.THROTTLED, ApiTrouble.HANG])
async def test_no_variable_of_the_bots_own_frames_shows_the_code(
    trouble: ApiTrouble, api: LocalCams, client: CamsClient, turns: "FakeTurns"
) -> None:
    """Error reporters send the variables of each frame along."""
    api.trouble = trouble
    error = await ask(client, HAPPY, HAPPY.code, turns)
    assert error is not None
    frames = [
        frame
        for link in chain(error)
        for frame, _line in traceback.walk_tb(link.__traceback__)
        if str(frame.f_globals["__name__"]).startswith("bot.")
    ]
    assert frames
    for frame in frames:
        assert HAPPY.code not in repr(frame.f_locals)
