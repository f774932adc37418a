"""What is given up is not recorded, and of what is being committed nobody can say that it was given up."""

from collections.abc import Callable

import pytest

from bot.errors import ChangeUnknown, ConnectionCut, StoreUnavailable
from bot.store.engine import Engine, Tx
from bot.store.record import Record, changed
from bot.store.recording import Recording, guarded
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
    assert await record.change(guarded(add, recording), name="two") == "two"
    assert not recording.give_up()
    assert names(engine) == ["two"]


async def test_what_was_given_up_before_is_not_begun(record: Record, engine: Engine, recording: Recording) -> None:
    assert recording.give_up()
    with pytest.raises(StoreUnavailable, match="given up"):
        await record.change(guarded(add, recording))
    assert names(engine) == []


async def test_what_is_given_up_in_its_middle_leaves_nothing(
    record: Record, engine: Engine, recording: Recording
) -> None:
    def add_while_it_is_given_up(tx: Tx) -> None:
        add(tx)
        assert recording.give_up()

    with pytest.raises(StoreUnavailable, match="given up"):
        await record.change(guarded(add_while_it_is_given_up, recording))
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
    work = guarded(failing(ConnectionCut("cut")), recording)
    assert changed(engine, work) == "one"
    other = Recording()

    def cut(tx: Tx) -> None:
        add(tx, "two")
        if not other.give_up():
            pytest.fail("nothing is being committed")
        raise ConnectionCut("cut")

    with pytest.raises(StoreUnavailable, match="given up"):
        changed(engine, guarded(cut, other))
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
