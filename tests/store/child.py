"""A process of its own, for races and for being killed: ``python -m tests.store.child URL WHAT``."""

import sys
import time

from bot.store.engine import Engine, Tx
from bot.store.record import changed
from tests.store.engines import engine_on

TIMES = 50

COUNT = """
    INSERT INTO state (name, text) VALUES ('count', :text) ON CONFLICT (name) DO UPDATE SET text = excluded.text"""


def wait_for_the_start() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()


def count(engine: Engine) -> None:
    """Reads a number and writes the next one, over and over: what happens in between would be lost."""
    for _ in range(TIMES):
        with engine.changing() as tx:
            row = tx.one("SELECT text FROM state WHERE name = 'count'")
            tx.write(COUNT, text=str(int(row["text"]) + 1 if row else 1))


def hang(engine: Engine) -> None:
    """Stays in the middle of a change until it is killed."""
    with engine.changing() as tx:
        tx.run(COUNT, text="half")
        wait_for_the_start()
        time.sleep(60)


def pause(engine: Engine, where: str) -> None:
    """Makes one change, and waits once before it or in its middle: somebody has it stopped there."""
    pauses = [where]

    def change(tx: Tx) -> None:
        tx.write("INSERT INTO state (name, text) VALUES ('made', '')")
        if pauses == ["asked"]:
            tx.one("SELECT text FROM state")
        if pauses and pauses.pop() != "queueing":
            wait_for_the_start()

    if where == "queueing":
        wait_for_the_start()
    changed(engine, change)


def main(url: str, what: str, where: str = "") -> None:
    engine = engine_on(url, process=f"child that does {what}")
    if what == "count":
        wait_for_the_start()
    engine.open()
    if what == "count":
        count(engine)
    elif what == "pause":
        pause(engine, where)
    else:
        hang(engine)
    engine.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
