"""What is given up is not recorded, and of what is being committed nobody can say that it was given up."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from threading import Event

import pytest

from bot.errors import ChangeUnknown, ConnectionCut, StoreUnavailable
from bot.store.engine import Engine, Tx
from bot.store.record import Record, changed
from bot.store.recording import Recording
from tests.store.processes import Process


def add(tx: Tx, name: str = "one") -> str:
    tx.write("INSERT INTO state (name, text) VALUES (:name, '')", name=name)
    return name


def names(engine: Engine) -> list[str]:
    return Process(engine).column("SELECT name FROM state ORDER BY name")


@pytest.fixture
def recording() -> Recording:
    return Recording()


async def test_what_is_not_given_up_is_recorded_and_cannot_be_given_up_any_more(
    record: Record, engine: Engine, recording: Recording
) -> None:
    with recording.awaited():
        assert await record.change(add, name="two") == "two"
    assert not recording.give_up()
    assert names(engine) == ["two"]


async def test_what_is_settled_cannot_be_given_up_whatever_is_changed_after_it(
    record: Record, engine: Engine, recording: Recording
) -> None:
    with recording.awaited():
        await record.change(add)
        recording.settle()

        def add_while_it_is_not_given_up(tx: Tx) -> None:
            assert not recording.give_up()
            add(tx, "two")

        await record.change(add_while_it_is_not_given_up)
    assert names(engine) == ["one", "two"]


async def test_between_two_changes_of_the_same_the_second_can_be_given_up(
    record: Record, engine: Engine, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_record = record._changes.engine
    may_begin, begin = Event(), of_record.changing

    def begin_later() -> AbstractContextManager[Tx]:
        may_begin.wait(10)
        return begin()

    with recording.awaited():
        await record.change(add)
        monkeypatch.setattr(of_record, "changing", begin_later)
        waiting = asyncio.create_task(record.change(add, "two"))
        await asyncio.sleep(0)
    assert recording.give_up()
    may_begin.set()
    with pytest.raises(StoreUnavailable, match="given up"):
        await waiting
    assert names(engine) == ["one"]


def test_a_change_whose_commit_was_cut_off_can_be_given_up_while_the_next_try_waits(
    engine: Engine, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, tries = engine.changing, count(1)

    @contextmanager
    def begin_or_cut() -> Iterator[Tx]:
        nth = next(tries)
        assert nth == 1 or recording.give_up()
        with begin() as tx:
            yield tx
            if nth == 1:
                raise ConnectionCut("cut")

    monkeypatch.setattr(engine, "changing", begin_or_cut)
    with pytest.raises(StoreUnavailable, match="given up"):
        changed(engine, add, recording)
    monkeypatch.undo()
    assert names(engine) == []


async def test_what_was_given_up_before_is_not_begun(record: Record, engine: Engine, recording: Recording) -> None:
    assert recording.give_up()
    with recording.awaited(), pytest.raises(StoreUnavailable, match="given up"):
        await record.change(add)
    assert names(engine) == []


async def test_what_is_given_up_in_its_middle_leaves_nothing(
    record: Record, engine: Engine, recording: Recording
) -> None:
    def add_while_it_is_given_up(tx: Tx) -> None:
        add(tx)
        assert recording.give_up()

    with recording.awaited(), pytest.raises(StoreUnavailable, match="given up"):
        await record.change(add_while_it_is_given_up)
    assert names(engine) == []
    await record.change(add)
    assert names(engine) == ["one"]


def failing(*errors: Exception) -> Callable[[Tx], str]:
    """A change that is cut off so, one time after the other."""
    left = list(errors)

    def add_or_fail(tx: Tx) -> str:
        added = add(tx)
        if left:
            raise left.pop(0)
        return added

    return add_or_fail


def test_a_change_that_is_made_again_can_be_given_up_meanwhile(engine: Engine, recording: Recording) -> None:
    assert changed(engine, failing(ConnectionCut("cut")), recording) == "one"
    other = Recording()

    def cut(tx: Tx) -> None:
        add(tx, "two")
        if not other.give_up():
            pytest.fail("nothing is being committed")
        raise ConnectionCut("cut")

    with pytest.raises(StoreUnavailable, match="given up"):
        changed(engine, cut, other)
    assert names(engine) == ["one"]


@pytest.mark.parametrize("error", [ConnectionCut("cut"), ChangeUnknown("cut")])
def test_a_change_that_was_cut_off_is_made_once_more_and_only_once(engine: Engine, error: StoreUnavailable) -> None:
    with pytest.raises(type(error)):
        changed(engine, failing(error, error))
    assert names(engine) == []
    assert changed(engine, failing(error)) == "one"
    assert names(engine) == ["one"]


def test_a_change_about_which_was_asked_in_vain_is_not_made_again(engine: Engine) -> None:
    def lose(tx: Tx) -> None:
        tx.proven_by("SELECT 1 AS found FROM state")
        raise ChangeUnknown("cut")

    with pytest.raises(ChangeUnknown):
        changed(engine, lose)
