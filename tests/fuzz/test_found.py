"""The inputs that found something, each with what it found.

Of databases: tests/store/test_damaged.py. Of commands: the examples in tests/entry/test_commands.py. Of exports and of
the quota's state: beside their fuzzing here.
"""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.errors import SettingsError
from bot.health import Health
from bot.settings import LookupSettings, read
from bot.slack.connection import PATH, signed_http
from bot.slack.payloads import Submission, parse
from tests.fuzz.front import HOOKS, TEAM, Front, open_front
from tests.fuzz.test_signed_requests import SECRET, send
from tests.shell import Shell

CLICK = {
    "type": "block_actions",
    "user": {"id": "U0ANA", "team_id": TEAM},
    "team": {"id": TEAM},
    "trigger_id": "1.2",
    "response_url": f"{HOOKS}1",
    "actions": [{"action_id": "older", "block_id": "b", "type": "button", "value": "R-00000000"}],
}


@pytest.fixture
async def front() -> AsyncIterator[Front]:
    async with open_front() as opened:
        yield opened


@pytest.mark.parametrize("half", ["\ud83d", "R-\udc6f"])
async def test_half_a_surrogate_pair_broke_the_database(front: Front, half: str) -> None:
    action = {"action_id": "older", "block_id": "b", "type": "button", "value": half}
    assert await front.give({**CLICK, "actions": [action]})


@pytest.mark.parametrize(("sent", "read_as"), [("a\ud83db", "a\ufffdb"), ("\ud83d\ude00", "\U0001f600")])
def test_half_a_surrogate_pair_in_a_reason_is_a_replacement_character(sent: str, read_as: str) -> None:
    view = {"id": "V1", "hash": "1.a", "state": {"values": {"b": {"reason": {"value": sent}}}}}
    submission = parse(Submission, {"user": {"id": "U0ANA"}, "view": view})
    assert submission.field("reason").text.get_secret_value() == read_as


@pytest.mark.parametrize("odd", [{"channel": 1.5}, {"user": 3}, {"actions": [[]]}, {"view": "x"}, {"team": 7}])
async def test_what_bolt_trips_over_was_a_traceback_in_socket_mode(front: Front, odd: dict[str, object]) -> None:
    await front.give({**CLICK, **odd})


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nX-Odd: \x00\r\n\r\n", id="a header that is none"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", id="a length that is none"),
        pytest.param(
            b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope" % PATH.encode(),
            id="not packed as it says",
        ),
        pytest.param(
            b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n%b"
            % (PATH.encode(), gzip.compress(b"payload={}")[:20]),
            id="half of it",
        ),
    ],
)
async def test_bytes_that_are_no_request_were_a_traceback_that_quotes_them(front: Front, request_bytes: bytes) -> None:
    async with signed_http(
        front.app, signing_secret=SECRET, address=("127.0.0.1", 0), health=Health(SystemClock()), clock=SystemClock()
    ) as port:
        assert await send(port, request_bytes.replace(b"Host: x", b"Host: x\r\nConnection: close")) in (400, 401)
        await front.finish()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "sqlite:///phoneid\0.db"),  # a ValueError out of the file system
        ("PHONEID_CAMS_URL", "https://user:CANARY@example.invalid"),  # shown in the settings, in the log
        ("PHONEID_\x1b]0;gone\x07", "CANARY"),  # echoed to the terminal as it was
        ("PHONEID_" + "X" * 5000, "CANARY"),
    ],
)
def test_a_setting_that_was_believed_or_echoed_is_a_short_sentence(name: str, value: str) -> None:
    keys = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "invented", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "invented"}
    with pytest.raises(SettingsError) as caught:
        read(LookupSettings, {**keys, name: value})
    (mistake,) = caught.value.mistakes
    assert mistake.isprintable()
    assert len(mistake) < 200
    assert "CANARY" not in mistake


async def test_a_database_name_too_long_for_any_file_was_a_traceback(tmp_path: Path) -> None:
    ran = await Shell(tmp_path, {"DATABASE_URL": f"sqlite:///{'9' * 5000}"}).run("log")
    assert ran.status == 2
    assert "There is no database at" in ran.err
    assert "Traceback" not in ran.err
