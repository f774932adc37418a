"""Whatever stands on the command line, in a list or in an output file: a result, or sentences and an exit code."""

import asyncio
import io
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import pytest

from bot.cli.ids import HEADINGS
from bot.cli.main import main
from tests.fuzz import recorded
from tests.fuzz.amount import ARE_MANY, BY_CHANCE, chances
from tests.fuzz.listening import listening
from tests.fuzz.odd import CODE, odd_text

pytestmark = BY_CHANCE

KEY = "S3CRETCANARY"
ANSWER = b'{"Code": "Unknown.ResourceOwnerId", "Message": "' + CODE.encode() + b'", "RequestId": "=1+1"}'


class Refusing(BaseHTTPRequestHandler):
    """The API, which knows nobody's number."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(403)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def api() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path: Path, api: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the commands run, with a database of some lookups."""
    for name, value in {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "invented",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": KEY,
        "PHONEID_CAMS_URL": api,
        "PHONEID_QPS": "1000",
        "PHONEID_DEFAULT_REGION": "CN",
    }.items():
        monkeypatch.setenv(name, value)
    asyncio.run(recorded.record(tmp_path / "phoneid.db"))
    with chdir(tmp_path), listening():  # and leaves no handler of a command's behind
        yield tmp_path


def run(arguments: list[str], typed: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """The exit code and all that is printed, as ``phoneid`` is run; what is raised beside them is a traceback."""
    out, err = (
        io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors=errors) for errors in ("strict", "backslashreplace")
    )
    monkeypatch.setattr(sys, "argv", ["phoneid", *arguments])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed), encoding="utf-8"))
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main()
            status = 0
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
    out.flush()
    err.flush()
    return status, (out.buffer.getvalue() + err.buffer.getvalue()).decode()


def odd_argument(chance: Random) -> str:
    """As the system hands it over: any bytes but NUL, each that is no UTF-8 as half a surrogate pair."""
    return os.fsdecode(odd_text(chance)[:2000].encode("utf-8", "surrogatepass").replace(b"\0", b""))


WORDS = (
    "log",
    "lookup",
    "why",
    "verify",
    "head",
    "--since-head",
    "--yes",
    "--limit",
    "--agent",
    "--phone",
    "--request",
    "--since",
    "--json",
    "--csv",
    "--reason",
    "--file",
    "--output",
    "--again",
    "-",
    "--",
    "-h",
    "+86 138 0000 1234",
    "U0ANA",
    "7d",
    "2026-11-01",
    "0001-01-01",
    "9999-12-31",
    "R-00000000",
    "list.csv",
    "ids.csv",
    "phoneid.db",
    ".",
    "/dev/null",
    "--limit=5",
    "--since=1h",
    "--version",
)


def odd_arguments(chance: Random) -> list[str]:
    command = chance.choice((["log"], ["log"], ["lookup"], ["why"], ["journal"], ["forget"], []))
    more = [
        chance.choice(WORDS) if chance.random() < 0.7 else odd_argument(chance) for _ in range(chance.randint(0, 4))
    ]
    return [each for each in command + more if each not in ("run", "demo", "cams")]  # these go on and on


def check(status: int, said: str) -> None:
    assert status in (0, 1, 2)
    assert "Traceback" not in said
    assert said.strip() or status == 0, "no words"
    assert CODE not in said.upper()
    assert KEY not in said


def test_any_arguments(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statuses: Counter[int] = Counter()
    for number, chance in chances("command-line arguments", usual=150):
        arguments, typed = odd_arguments(chance), chance.choice((b"", f"{CODE}\n".encode(), chance.randbytes(9)))
        try:
            status, said = run(arguments, typed, monkeypatch)
            check(status, said)
            statuses[status] += 1
        except Exception as error:
            raise AssertionError(f"arguments number {number}: {arguments!r:.3000}") from error
    assert not ARE_MANY or min(statuses[0], statuses[2]) > statuses.total() / 50, statuses


def odd_list(chance: Random) -> bytes:
    rows = [f"+1202555{chance.randrange(10**4):04},{CODE}" for _ in range(chance.randint(0, 3))]
    rows += [odd_text(chance)[:500] for _ in range(chance.choice((0, 0, 1, 3)))]
    chance.shuffle(rows)
    heading = chance.choice(
        (
            [],
            ["phone_number,code"],
            ["code,phone_number,reason"],
            ["number;code"],
            ["sep=;", "Numbers", "PhoneNumber;VerifyCode"],
        )
    )
    content = bytearray(
        chance.choice(("\n", "\r\n")).join(heading + rows).encode(chance.choice(("utf-8", "utf-16")), "replace")
    )
    for _ in range(chance.choice((0, 0, 0, 1, 5)) if content else 0):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content)


def odd_output(chance: Random) -> bytes:
    rows = [
        b"12025550100,,refused,not yours,Why,Code,R,R-00000001,2026-01-01T00:00:00Z\r\n",
        chance.randbytes(20),
        odd_text(chance).encode("utf-8", "replace"),
    ]
    return b"".join([HEADINGS, *chance.sample(rows, chance.randrange(3))])[
        : chance.choice((10**6, chance.randrange(200)))
    ]


def test_any_list_and_any_output_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a list's cells mean is fuzzed in tests/entry/test_tables.py; here the command as a whole is."""
    statuses: Counter[int] = Counter()
    for number, chance in chances("list and output file", usual=40):
        content, before = odd_list(chance), odd_output(chance)
        Path("list.csv").write_bytes(content)
        Path("ids.csv").write_bytes(before)
        try:
            status, said = run(["lookup", "--file", "list.csv", "--output", "ids.csv"], b"", monkeypatch)
            check(
                status,
                said
                + Path("ids.csv").read_bytes().decode(errors="replace").replace(before.decode(errors="replace"), ""),
            )
            statuses[status] += 1
        except Exception as error:
            raise AssertionError(f"list number {number}: {content!r:.2000} {before!r:.1000}") from error
    assert not ARE_MANY or min(statuses[1], statuses[2]) > statuses.total() / 50, statuses
