"""The way out of this machine: one reading of proxies and of what is trusted, for both halves and for websockets."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import aiohttp
import certifi
import pytest
from aiohttp import web as http

from bot import network
from bot.cams.transport import open_http
from bot.checks import Checklist, CheckVerdict
from bot.errors import SettingsError
from bot.network import Network
from bot.slack.connection import open_web
from tests.certificates import company, server_side
from tests.clocks import SteppingClock

__all__ = ["company"]

API, SLACK = "https://cams.ap-southeast-1.aliyuncs.com", "https://slack.com/api/"
SOCKET = "wss://wss-primary.slack.com/link/?ticket=1"
PROXY = "http://proxy.corp.example:3128"
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _certificates_are_read_anew() -> None:
    """Otherwise a process reads them once."""
    network._trusted.cache_clear()


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": PROXY}, PROXY),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other:1"}, PROXY),  # as curl and httpx have it
        ({"ALL_PROXY": PROXY}, PROXY),
        ({"all_proxy": PROXY, "HTTPS_PROXY": ""}, PROXY),
        ({"HTTPS_PROXY": "  ", "https_proxy": ""}, None),
        ({"HTTP_PROXY": PROXY}, None),  # for clear text, which leaves no machine
        ({"HTTPS_PROXY": "proxy.corp.example:3128"}, PROXY),  # the scheme is missing
        ({"HTTPS_PROXY": f" {PROXY}/ "}, PROXY),
        ({"HTTPS_PROXY": "HTTP://proxy.corp.example:3128"}, PROXY),
        ({"HTTPS_PROXY": "https://proxy.corp.example"}, "https://proxy.corp.example"),
        ({"HTTPS_PROXY": "[fd00::1]:3128"}, "http://[fd00::1]:3128"),
        ({"HTTPS_PROXY": "ana:p@ss/w#rd?@proxy:1"}, "http://ana:p%40ss%2Fw%23rd%3F@proxy:1"),
        ({"HTTPS_PROXY": "http://ana:p%40ss@proxy:1"}, "http://ana:p%40ss@proxy:1"),
        ({"HTTPS_PROXY": "http://ana@corp.example:secret@proxy:1"}, "http://ana%40corp.example:secret@proxy:1"),
        ({"HTTPS_PROXY": "http://ana@proxy:1"}, "http://ana@proxy:1"),
        # A kind that is not used here does no harm.
        ({"HTTPS_PROXY": PROXY, "ALL_PROXY": "socks5://127.0.0.1:1080"}, PROXY),
    ],
)
def test_the_proxy_of_everything_that_leaves_the_machine(environment: Mapping[str, str], proxy: str | None) -> None:
    network = Network.read(environment)
    assert [network.proxy_for(url) for url in (API, SLACK, SOCKET)] == [proxy] * 3


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_past"),
    [
        ("slack.com", SLACK, True),
        ("slack.com", SOCKET, True),  # with its subdomains
        (".slack.com", SOCKET, True),
        ("*.slack.com", SOCKET, True),
        ("SLACK.com.", SLACK, True),
        ("https://slack.com", SLACK, True),
        ("slack.com:443", SLACK, True),
        ("slack.com:443", SOCKET, True),
        ("slack.com:8443", SLACK, False),
        ("lack.com", SLACK, False),
        ("com.evil", SLACK, False),
        (".example, slack.com\t.internal", SLACK, True),  # commas or blanks
        ("*", SLACK, True),
        ("10.0.0.0/8", "https://10.1.2.3/", True),
        ("10.0.0.0/8", "https://11.1.2.3/", False),
        ("10.1.2.3", "https://10.1.2.3:8443/", True),
        ("10.1.2.3:443", "https://10.1.2.3:8443/", False),
        ("fd00::/8", "https://[fd00::7]/", True),
        ("[fd00::7]", "https://[fd00::7]/", True),
        ("[fd00::7]:443", "https://[fd00::7]/", True),
        ("fd00::7", "https://[fd00::8]/", False),
        ("é.internal", "https://api.xn--9ca.internal/", True),
        # What makes no sense is survived, and what stands beside it counts.
        ("[::1], :, ::, 10.0.0.0/99, http://, [, ]:1, a..b, %, slack.com", SLACK, True),
        ("[::1], :, ::, 10.0.0.0/99, http://, [, ]:1, a..b, %, " + "x" * 300 + ":" + "9" * 5000, SLACK, False),
        # This machine itself is never behind a proxy.
        ("", "https://localhost:8443/", True),
        ("", "https://127.0.0.2/", True),
        ("", "https://[::1]:8443/", True),
        ("", "http://127.0.0.1:3000/api/", True),
        ("", "wss://sub.localhost/", True),
        ("", "http://[::1/api", True),  # no URL
        ("", "https://slack.com:port/", True),
    ],
)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_who_is_spoken_to_straight(no_proxy: str, url: str, name: str, *, is_past: bool) -> None:
    network = Network.read({"HTTPS_PROXY": PROXY, name: no_proxy})
    assert network.proxy_for(url) == (None if is_past else PROXY)


def test_no_file_gets_the_keys_that_open_what_was_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    for given in ({}, {"SSL_CERT_FILE": certifi.where()}):
        assert Network.read(given).trust.keylog_filename is None


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    "value",
    [
        "socks5://ana:{}@proxy:1080",
        "ftp://ana:{}@proxy",
        "non sense {}",
        "ana:{}@[:9",
        "http://ana:{}@proxy:port",
        "http://ana:{}@proxy:99999",
        "http://ana:{}@",
        "http://ana:{}@proxy:1 http://other",
        '"http://ana:{}@proxy:1"',
        "http://ana:{}@pröxy..:1",
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is not a usable proxy address") as caught:
        Network.read({name: value.format("62947105")})
    assert "62947105" not in str(caught.value)


def test_no_password_is_in_the_representation() -> None:
    assert "62947105" not in repr(Network.read({"HTTPS_PROXY": "http://ana:62947105@proxy:1"}))


# --- what is trusted ---


def authorities(environment: Mapping[str, str]) -> list[str]:
    trusted = Network.read(environment).trust.get_ca_certs()
    return [str(dict(pair[0] for pair in each["subject"]).get("commonName")) for each in trusted]  # type: ignore[misc]


def test_a_company_trusts_its_own_authority(company: Path) -> None:
    assert authorities({"SSL_CERT_FILE": str(company / "ca.pem")}) == ["company"]


def test_without_a_word_the_system_is_trusted(monkeypatch: pytest.MonkeyPatch, company: Path) -> None:
    assert len(authorities({"SSL_CERT_FILE": " "})) > 10
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):  # as OpenSSL sees a system that has none
        monkeypatch.setenv(name, str(company / "none"))
    assert len(authorities({})) > 10


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("place", ["none", "ca.key", ""])
def test_certificates_that_are_none_are_named(company: Path, name: str, place: str) -> None:
    """OpenSSL takes an empty folder in silence, and trusts nobody from then on."""
    with pytest.raises(SettingsError, match="SSL_CERT_FILE or SSL_CERT_DIR"):
        Network.read({name: str(company / place)})


def test_a_folder_of_certificates_is_one(company: Path) -> None:
    (company / "folder").mkdir(exist_ok=True)
    (company / "folder" / "0123abcd.0").write_bytes((company / "ca.pem").read_bytes())
    assert Network.read({"SSL_CERT_DIR": str(company / "folder")}).trust.verify_mode is ssl.CERT_REQUIRED


# --- both halves, and websockets ---


class Tunnels:
    """A proxy that tunnels to one server, whatever host is asked for."""

    def __init__(self, port: int) -> None:
        self.heads: list[str] = []
        self._port = port

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
    except OSError:
        pass
    finally:
        writer.close()


async def answer(request: http.Request) -> http.StreamResponse:
    if request.path != "/link":
        return http.json_response({"ok": True, "Code": "OK"})
    socket = http.WebSocketResponse()
    await socket.prepare(request)
    await socket.send_str("hello")
    return socket


@asynccontextmanager
async def behind_a_proxy(company: Path) -> AsyncIterator[tuple[int, Tunnels]]:
    """The proxy's port. Behind it is a server that the company vouches for."""
    app = http.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = http.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await http.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_side(company)).start()
    tunnels = Tunnels(runner.addresses[0][1])
    async with await asyncio.start_server(tunnels.take, "127.0.0.1", 0) as server:
        yield int(server.sockets[0].getsockname()[1]), tunnels
    await runner.cleanup()


async def test_both_halves_and_websockets_take_the_same_way(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    async with behind_a_proxy(company) as (port, tunnels):
        monkeypatch.setenv("HTTPS_PROXY", f"ana:p@ss@127.0.0.1:{port}")
        monkeypatch.setenv("NO_PROXY", "[::1], fd00::/8, é.internal")
        monkeypatch.setenv("SSL_CERT_FILE", str(company / "ca.pem"))
        async with open_http("https://cams.example") as api:
            assert (await api.post("/")).json()["Code"] == "OK"
        async with open_web(token="xoxb-1", base_url="https://slack.example/api/", clock=SteppingClock()) as slack:
            assert (await slack.auth_test())["ok"]
            await slack.respond("https://slack.example/commands/1", {"text": "hello"})
            url, network = "wss://slack.example/link", slack.network
            async with (
                aiohttp.ClientSession() as session,
                session.ws_connect(url, proxy=network.proxy_for(url), ssl=network.trust) as socket,
            ):
                assert (await socket.receive()).data == "hello"
    assert {head.split(" ")[1] for head in tunnels.heads} == {"cams.example:443", "slack.example:443"}
    assert len(tunnels.heads) == 3  # the websocket's is one of its own
    logins = {line for head in tunnels.heads for line in head.splitlines() if line.lower().startswith("proxy-auth")}
    assert {line.partition(": ")[2] for line in logins} == {"Basic YW5hOnBAc3M="}


@pytest.mark.parametrize(
    ("environment", "verdicts"),
    [
        ({}, [CheckVerdict.OK, CheckVerdict.OK]),
        ({"HTTPS_PROXY": PROXY}, [CheckVerdict.OK, CheckVerdict.OK]),
        ({"HTTPS_PROXY": "socks5://ana:62947105@proxy"}, [CheckVerdict.STOP, CheckVerdict.OK]),
        ({"SSL_CERT_FILE": "/nowhere"}, [CheckVerdict.OK, CheckVerdict.STOP]),
        ({"ALL_PROXY": "non sense", "SSL_CERT_DIR": "/nowhere"}, [CheckVerdict.STOP, CheckVerdict.STOP]),
    ],
)
def test_both_are_checks_with_words(environment: dict[str, str], verdicts: list[CheckVerdict]) -> None:
    checklist = Checklist()
    with nullcontext() if CheckVerdict.STOP not in verdicts else pytest.raises(SettingsError):
        Network.read(environment, checks=checklist)
    checks = checklist.made
    assert [(each.name, each.verdict) for each in checks] == [*zip(("proxy", "certificates"), verdicts, strict=True)]
    assert all(each.what.endswith(".") and "62947105" not in each.sentence for each in checks)
