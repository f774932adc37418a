"""A process that is stopped in the middle of a change holds up the others for a moment, and loses nothing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.store.engine import Engine, Tx
from bot.store.record import changed
from tests.amounts import some_each_day
from tests.store.engines import engine_on, postgres, wait_until

ROOT = Path(__file__).parent.parent.parent

LONGEST = 1.5
"""Seconds."""

WAITS_FOR_THE_LOCK = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.fixture
def start(postgres_url: str) -> Iterator[Callable[[str], "subprocess.Popen[str]"]]:
    """Starts processes that pause in a change."""
    children: list[subprocess.Popen[str]] = []

    def start_one(where: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.store.child", postgres_url, "pause", where]
        child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        children.append(child)
        return child

    yield start_one
    for child in children:
        child.send_signal(signal.SIGCONT)  # nothing happens to one that has ended
        child.kill()
        child.communicate()


def add_other(tx: Tx) -> None:
    tx.write("INSERT INTO state (name, text) VALUES ('other', '')")


def tell(child: "subprocess.Popen[str]") -> None:
    assert child.stdin
    child.stdin.write("go\n")
    child.stdin.flush()


def stop(child: "subprocess.Popen[str]", engine: Engine, where: str, url: str) -> None:
    """Stop it at that point."""
    assert child.stdout
    if where != "queueing":
        assert child.stdout.readline() == "ready\n"
        os.kill(child.pid, signal.SIGSTOP)
        return
    assert child.stdout.readline() == "ready\n"
    with engine.changing():
        tell(child)
        wait_until(WAITS_FOR_THE_LOCK, url)
        os.kill(child.pid, signal.SIGSTOP)  # and while it is, the lock becomes its own


@pytest.mark.parametrize("where", some_each_day(["asked", "unsent", "queueing"], 1, what="stopped"))
def test_a_process_that_is_stopped_inside_a_change_holds_up_others_for_a_moment_and_makes_it_when_it_goes_on(
    postgres_url: str, start: Callable[[str], "subprocess.Popen[str]"], where: str
) -> None:
    with closing(engine_on(postgres_url)) as engine:
        engine.open()
        child = start(where)
        stop(child, engine, where, postgres_url)
        began = time.monotonic()
        changed(engine, add_other)
        assert time.monotonic() - began < LONGEST
    assert postgres("SELECT name FROM state", postgres_url) == [("other",)]
    os.kill(child.pid, signal.SIGCONT)
    if where != "queueing":
        tell(child)
    assert child.wait(timeout=30) == 0
    assert sorted(postgres("SELECT name FROM state", postgres_url)) == [("made",), ("other",)]
