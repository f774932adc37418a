"""Logs: an event and its facts on one line, no library's payloads, no forged lines."""

import asyncio
import gc
import json
import logging
import os
import re
import select
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from aiohttp.http_exceptions import BadHttpMessage
from pydantic import SecretStr

from bot import logs
from bot.errors import PhoneIdError, SettingsError, SlackBusy, StoreUnavailable
from bot.logs import CLOSING, HOUR, MOST_TOLD_APART, Hourly, TextFormatter, Unblocked
from tests.canaries import CANARY, found_in
from tests.clocks import SteppingClock


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def log_everything() -> None:
    """The worst case: every logger there is set to DEBUG after ours was configured."""
    for name in list(logging.Logger.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.DEBUG)


def test_text_gives_the_event_first_and_facts_as_fields(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="INFO", log_format="text")
    logging.getLogger("bot.x").info("lookup ended", extra={"facts": {"lookup": "L-1", "state": "no answer"}})
    line = capsys.readouterr().err
    assert line.endswith('INFO bot.x lookup ended lookup=L-1 state="no answer"\n')


def test_json_gives_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="INFO", log_format="json")
    logging.getLogger("bot.x").info("lookup ended", extra={"facts": {"lookup": "L-1"}})
    event = json.loads(capsys.readouterr().err)
    assert event["event"] == "lookup ended"
    assert event["lookup"] == "L-1"
    assert event["level"] == "INFO"


def test_without_a_terminal_the_default_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="INFO", log_format=None)
    logging.getLogger("bot.x").info("started")
    assert json.loads(capsys.readouterr().err)["event"] == "started"


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize(
    "evil", ["a\nINFO bot.x lookup ended", "a\r\nb", "a\x1b[31mb", "a\u2028b"], ids=["newline", "crlf", "escape", "ls"]
)
def test_a_value_cannot_forge_a_line(log_format: logs.LogFormat, evil: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="INFO", log_format=log_format)
    logging.getLogger("bot.x").info("said %s", evil, extra={"facts": {"field": evil}})
    written = capsys.readouterr().err
    assert written.count("\n") == 1
    assert "\x1b" not in written
    assert "\r" not in written


@pytest.mark.parametrize(
    "name",
    [
        "slack_sdk.web.async_base_client",
        "slack_bolt.AsyncApp",
        "phoneid:command",  # Bolt's, for each of our listeners
        "httpcore.http11",
        "aiohttp.client",
        "asyncio",
    ],
)
def test_debug_lines_of_libraries_never_get_out(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger(name)
    before = logger.level
    logs.configure(level="DEBUG", log_format="text")
    log_everything()
    logger.debug("body: CANARY")
    logger.error("trouble")
    logger.setLevel(before)
    written = capsys.readouterr().err
    assert "CANARY" not in written
    assert "trouble" in written


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("slack_bolt", logging.WARNING),
        ("slack_bolt.RequestVerification", logging.INFO),
        ("slack_sdk.webhook", logging.INFO),
        ("httpx", logging.INFO),
    ],
)
def test_what_libraries_quote_above_debug_never_gets_out(
    name: str, level: int, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(level="DEBUG", log_format="text")
    logging.getLogger(name).log(level, "quoted: CANARY")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_request_that_cannot_be_parsed_is_told_by_its_error_alone(
    log_format: logs.LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(level="DEBUG", log_format=log_format)
    error = BadHttpMessage("Bad status line CANARY")
    logging.getLogger("aiohttp.server").error("Error handling request from %s", "127.0.0.1", exc_info=error)
    written = capsys.readouterr().err
    assert "BadHttpMessage" in written
    assert "CANARY" not in written


def test_a_failure_of_ours_in_the_web_server_keeps_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="DEBUG", log_format="text")
    logging.getLogger("aiohttp.server").error("Error handling request", exc_info=KeyError("ours"))
    assert "KeyError: 'ours'" in capsys.readouterr().err


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize(
    "error",
    [StoreUnavailable("the disk is full"), SlackBusy("users.info", 300.0), SettingsError("the port is taken")],
    ids=type,
)
def test_what_we_raise_on_purpose_is_a_fact_and_no_traceback(
    log_format: logs.LogFormat, error: PhoneIdError, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(level="DEBUG", log_format=log_format)
    try:
        raise error
    except PhoneIdError:
        logging.getLogger("bot.x").exception("outcome not recorded", extra={"facts": {"lookup": "L-1"}})
    written = capsys.readouterr().err
    assert "Traceback" not in written
    assert str(error) in written
    assert "L-1" in written


def test_a_mistake_of_ours_has_its_traceback_also_while_handling_what_is_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure(level="DEBUG", log_format="text")
    try:
        try:
            raise StoreUnavailable("the disk is full")
        except StoreUnavailable:
            raise KeyError("ours") from None
    except KeyError:
        logging.getLogger("bot.x").exception("job failed")
    assert "KeyError: 'ours'" in capsys.readouterr().err


def test_our_own_debug_lines_do_get_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="DEBUG", log_format="text")
    logging.getLogger("bot.lookups").debug("looked")
    assert "looked" in capsys.readouterr().err


async def test_what_nobody_waited_for_is_told_without_its_variables(capsys: pytest.CaptureFixture[str]) -> None:
    async def lose(code: SecretStr) -> None:
        typed = code.get_secret_value()
        raise KeyError(len(typed))

    def fail(code: SecretStr) -> None:
        raise KeyError(len(code))

    logs.configure(level="DEBUG", log_format="text")
    loop = asyncio.get_running_loop()
    loop.set_debug(True)  # it then tells of each callback with its arguments
    loop.call_soon(fail, SecretStr(CANARY))
    task = asyncio.create_task(lose(SecretStr(CANARY)))
    await asyncio.wait({task})
    del task
    gc.collect()
    loop.set_debug(False)
    written = capsys.readouterr().err
    assert "Task exception was never retrieved" in written
    assert "Exception in callback" in written
    assert found_in(written.encode()) == []


# --- nobody reads it ---


@pytest.fixture
def unread() -> Iterator[tuple[Unblocked, int]]:
    """A log into a pipe, after 30,000 lines that nobody has read; and the pipe's other end."""
    reading, writing = os.pipe()
    handler = Unblocked(writing, most_waiting=100_000)
    handler.setFormatter(TextFormatter())
    logging.getLogger().handlers[:] = [handler]
    logging.getLogger().setLevel("INFO")
    for number in range(30_000):
        logging.getLogger("bot.x").info("lookup ended", extra={"facts": {"number": number}})
    yield handler, reading
    os.close(reading)
    handler.close()
    os.close(writing)


def test_a_log_that_nobody_reads_lets_the_process_end(unread: tuple[Unblocked, int]) -> None:
    began = time.monotonic()
    unread[0].close()
    assert time.monotonic() - began < 5 * CLOSING


def test_what_was_dropped_is_counted_in_the_next_line(unread: tuple[Unblocked, int]) -> None:
    read = b""
    while b"and more" not in read:
        logging.getLogger("bot.x").info("and more")
        if select.select([unread[1]], [], [], 0.05)[0]:
            read += os.read(unread[1], 100_000)
    dropped = re.findall(rb"WARNING bot.logs log lines dropped: nobody read them count=(\d+)\n", read)
    assert sum(map(int, dropped)) >= 30_000 - read.count(b"lookup ended") > 0


def test_what_is_read_is_all_there(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="INFO", log_format="text")
    (handler,) = logging.getLogger().handlers
    for number in range(1000):
        logging.getLogger("bot.x").info("ended", extra={"facts": {"number": number}})
    handler.close()
    assert capfd.readouterr().err.count("number=") == 1000


@pytest.mark.parametrize("is_closed_by", ["whoever reads", "somebody else"])
def test_a_log_that_is_closed_ends_nothing(is_closed_by: str) -> None:
    reading, writing = os.pipe()
    handler = Unblocked(writing)
    handler.setFormatter(TextFormatter())
    os.close(reading)
    if is_closed_by == "somebody else":
        os.close(writing)
    for _ in range(10):
        handler.handle(logging.makeLogRecord({"name": "bot.x", "msg": "ended"}))
    handler.close()


def test_a_line_that_cannot_be_formatted_is_named_and_quotes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="INFO", log_format="text")
    (handler,) = logging.getLogger().handlers
    logging.getLogger("bot.x").info("%d", "CANARY")
    handler.close()
    written = capfd.readouterr().err
    assert "log line unreadable logger=bot.x error=TypeError" in written
    assert "CANARY" not in written
    assert "Traceback" not in written


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize(
    ("quoted", "secret"),
    [
        ("url='wss://wss-primary.slack.com/link/?ticket=d1-CANARY&app_id=1'", "d1-CANARY"),
        ("Cannot connect to proxy http://bot:CANARY@proxy.example:3128/", "CANARY"),
        ("http://CANARY@proxy.example", "CANARY"),
        ("Bearer xoxb-1-CANARY", "1-CANARY"),
        ("xapp-1-CANARY", "1-CANARY"),
        ("POST https://hooks.slack.com/commands/T1/CANARY", "CANARY"),
    ],
)
def test_what_errors_of_libraries_quote_is_masked_in_tracebacks_too(
    log_format: logs.LogFormat, quoted: str, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(level="DEBUG", log_format=log_format)
    logger = logging.getLogger("bot.x")
    try:
        raise RuntimeError(quoted)
    except RuntimeError as error:
        logger.exception("job failed", extra={"facts": {"error": error}})
        logger.error("said %s", quoted)
    written = capsys.readouterr().err
    assert "job failed" in written
    assert secret not in written
    assert "bot:" not in written


def test_what_nothing_catches_is_logged_and_masked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    logs.configure(level="INFO", log_format="text")
    logs.take_uncaught()
    try:
        raise KeyError("?ticket=CANARY")
    except KeyError:
        sys.excepthook(*sys.exc_info())
    thread = threading.Thread(target=os.environ.__getitem__, args=["?ticket=CANARY"], name="t1")
    thread.start()
    thread.join()
    written = capsys.readouterr().err
    assert written.count("\nKeyError: ") == 2
    assert "thread crashed thread=t1" in written
    assert "CANARY" not in written


def test_of_what_happens_often_some_lines_are_logged_and_then_how_many_were_not() -> None:
    now = 1000.0
    seldom = logs.Seldom(most=2)

    def line(event: str) -> object:
        record = logging.makeLogRecord({"msg": event, "created": now, "facts": {"why": "x"}})
        return seldom.filter(record) and vars(record)["facts"]

    assert [line("refused") for _ in range(5)] == [{"why": "x"}, {"why": "x"}, False, False, False]
    assert line("another") == {"why": "x"}
    now += 60
    assert line("refused") == {"why": "x", "left_out": 3}
    now += 60
    assert line("refused") == {"why": "x"}


def test_a_thing_that_goes_on_is_one_line_an_hour_and_another_thing_has_its_own(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, log = SteppingClock(), logging.getLogger("bot.x")
    hourly = Hourly(clock)
    for seconds in (0, HOUR / 2, HOUR / 2 - 1, 1):
        clock.time += seconds
        for why in ("archived", "read only"):
            hourly.log(log, logging.WARNING, "channel unusable", why=why)
    assert [vars(each)["facts"]["why"] for each in caplog.records] == ["archived", "read only"] * 2


def test_of_things_named_from_outside_only_so_many_are_remembered(caplog: pytest.LogCaptureFixture) -> None:
    hourly = Hourly(SteppingClock())
    for number in range(10 * MOST_TOLD_APART):
        hourly.log(logging.getLogger("bot.x"), logging.WARNING, "unknown", name=f"n{number}")
    assert len(hourly._logged_at) <= MOST_TOLD_APART
    assert len(caplog.records) == 10 * MOST_TOLD_APART
