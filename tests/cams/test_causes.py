"""Why no answer came: certificates, resolvers, proxies, connections; each told, and tried again only where it helps."""

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from bot.cams.client import CamsClient
from bot.cams.signing import Credentials
from bot.cams.transport import open_http
from bot.clock import SystemClock
from bot.errors import ApiError
from bot.logs import NoPayloads
from bot.models import PhoneNumber, Problem
from bot.sandbox.cams.server import LocalCams
from bot.texts.problems import Side
from tests.certificates import company, server_side
from tests.clocks import SteppingClock
from tests.english import PROBLEMS
from tests.slack import wires

if TYPE_CHECKING:
    from tests.cams.conftest import FakeTurns

__all__ = ["company"]

PHONE = PhoneNumber("8613800001234")
PASSWORD = "62947105"

Fail = Callable[[str], Awaitable[tuple[ApiError, int]]]


@pytest.fixture
async def fail(credentials: Credentials, turns: "FakeTurns", code: SecretStr, caplog: pytest.LogCaptureFixture) -> Fail:
    """Ask at an address where it fails: the error, and after how many tries. The log has its cause and no password."""
    caplog.set_level(logging.DEBUG)

    async def ask(url: str) -> tuple[ApiError, int]:
        async with open_http(url) as http:
            client = CamsClient(http, credentials=lambda: credentials, clock=SteppingClock())
            with pytest.raises(ApiError) as caught:
                await client.get_phone_number_id(PHONE, code, turn=turns.turn)
        facts = [vars(each)["facts"] for each in caplog.records if each.getMessage() == "call returned no ID"]
        assert [each["cause"] for each in facts] == [caught.value.cause] * len(turns.errors)
        logged = [f"{each.getMessage()} {vars(each)}" for each in caplog.records if NoPayloads().filter(each)]
        assert PASSWORD not in "".join(logged)
        return caught.value, len(turns.errors)

    return ask


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


NAMED = {
    Problem.NOT_TRUSTED: "certificate",
    Problem.HOST_UNKNOWN: "does not know the address",
    Problem.NO_RESOLVER: "DNS",
    Problem.PROXY_REFUSED: "proxy",
    Problem.NO_CONNECTION: "refused or cut",
}
"""The cause, as people read it."""


def told(error: ApiError) -> tuple[Problem, str]:
    """The kind, for the administrator, and the cause for the log."""
    assert PROBLEMS[error.problem].turn is Side.ADMIN
    assert NAMED[error.problem] in PROBLEMS[error.problem].what
    return error.problem, error.cause


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize(
    ("certificate", "is_trusted", "cause"),
    [
        ("server", False, "unable to get local issuer certificate"),
        ("nobody", True, "self-signed certificate"),
        ("server", True, "IP address mismatch"),
    ],
)
async def test_a_certificate_that_is_not_trusted_is_tried_once(
    *, certificate: str, is_trusted: bool, cause: str, fail: Fail, company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(company / "ca.pem"))
    async with wires.listening(wires.hang_up, tls=server_side(company, certificate)) as port:
        error, tries = await fail(f"https://127.0.0.1:{port}")
    assert told(error)[0] is Problem.NOT_TRUSTED
    assert error.cause.startswith(f"certificate not trusted: {cause}")
    assert tries == 1


async def test_a_server_without_tls_is_tried_once(fail: Fail) -> None:
    async with wires.listening(wires.babble) as port:
        error, tries = await fail(f"https://127.0.0.1:{port}")
    assert (told(error), tries) == ((Problem.NOT_TRUSTED, "no TLS: WRONG_VERSION_NUMBER"), 1)


@pytest.mark.parametrize(
    ("number", "problem", "cause", "tries"),
    [
        (socket.EAI_NONAME, Problem.HOST_UNKNOWN, "the host's name is not known", 1),
        (socket.EAI_FAIL, Problem.HOST_UNKNOWN, "the host's name is not known", 1),
        (-5, Problem.HOST_UNKNOWN, "the host's name is not known", 1),  # no address of this name
        (socket.EAI_AGAIN, Problem.NO_RESOLVER, "the DNS does not respond", 3),
    ],
)
async def test_a_name_is_tried_again_only_while_the_resolver_may_come_back(
    *, number: int, problem: Problem, cause: str, tries: int, fail: Fail, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(*_: Any, **__: Any) -> None:
        raise socket.gaierror(number, "said by the resolver")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    error, counted = await fail("https://cams.example")
    assert (told(error), counted) == ((problem, cause), tries)


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (errno.ECONNREFUSED, "connection refused"),
        (errno.ENETUNREACH, "network is unreachable"),
        (errno.EHOSTUNREACH, "no route to host"),
    ],
)
async def test_a_connection_that_is_refused_keeps_its_tries(
    number: int, cause: str, fail: Fail, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def connect(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", connect)
    error, tries = await fail("https://127.0.0.1:9")
    assert (told(error), tries) == ((Problem.NO_CONNECTION, cause), 3)


async def test_a_handshake_that_is_cut_keeps_its_tries(fail: Fail) -> None:
    async def cut(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async with wires.listening(cut) as port:
        error, tries = await fail(f"https://127.0.0.1:{port}")
    assert (told(error)[0], tries) == (Problem.NO_CONNECTION, 3)


@pytest.mark.parametrize(
    ("answer", "problem", "tries"),
    [
        (f"407 {PASSWORD}", Problem.PROXY_REFUSED, 1),
        ("403 Forbidden", Problem.PROXY_REFUSED, 1),
        ("502 Bad Gateway", Problem.NO_CONNECTION, 3),
        ("503 Later", Problem.NO_CONNECTION, 3),
    ],
)
async def test_what_a_proxy_says_no_with(
    *, answer: str, problem: Problem, tries: int, fail: Fail, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()

    async with wires.listening(refuse) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"ana:{PASSWORD}@127.0.0.1:{port}")
        error, counted = await fail("https://cams.example")
    assert (told(error), counted) == ((problem, f"the proxy answered {answer[:3]}"), tries)


async def test_a_proxy_that_is_away_keeps_its_tries(fail: Fail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"ana:{PASSWORD}@127.0.0.1:{free_port()}")
    error, tries = await fail("https://cams.example")
    assert (told(error), tries) == ((Problem.NO_CONNECTION, "connection refused"), 3)


@pytest.mark.parametrize(("seconds", "calls"), [(0.1, 1), (0.45, 2)])
async def test_a_second_try_waits_longer_for_an_api_that_is_slow_now(
    *, seconds: float, calls: int, credentials: Credentials, turns: "FakeTurns", code: SecretStr
) -> None:
    """Ten seconds and eleven, on a scale of one to twenty-five."""
    api = LocalCams(latency_back=lambda: seconds)
    await api.start()
    async with open_http(api.url, read_seconds=0.4) as http:
        client = CamsClient(http, credentials=lambda: credentials, clock=SystemClock(), chance=lambda: 0.0)
        await client.get_phone_number_id(PHONE, code, turn=turns.turn)
    assert len(api.calls) == calls
    await api.stop()
