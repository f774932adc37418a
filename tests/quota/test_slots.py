"""The slots by themselves."""

import pytest

from bot.quota.slots import LATEST_ARRIVAL, Full, Slot, Slots


def _take(slots: Slots, now: float) -> Slot:
    slot = slots.take(now)
    assert not isinstance(slot, Full)
    return slot


def test_there_are_as_many_slots_as_calls_per_second() -> None:
    slots = Slots(10)
    assert len({_take(slots, 0.0) for _ in range(10)}) == 10
    assert isinstance(slots.take(0.0), Full)


def test_a_slot_rests_a_second_after_its_call_ended() -> None:
    slots = Slots(1)
    slots.release(_take(slots, 0.0), 0.25, was_answered=True)
    assert slots.take(1.0) == Full(1.25)
    assert slots.take(1.249) == Full(1.25)
    _take(slots, 1.25)


def test_a_slot_rests_longer_after_a_call_without_an_answer() -> None:
    slots = Slots(1)
    slots.release(_take(slots, 0.0), 10.0, was_answered=False)
    later = 11.0 + LATEST_ARRIVAL
    assert slots.take(later - 1.5) == Full(later - 0.5)  # ask again: by then another could have been given back
    assert slots.take(later - 0.25) == Full(later)
    _take(slots, later)


def test_the_time_to_ask_again_is_never_after_a_slot_is_free() -> None:
    slots = Slots(2)
    held, given_back = _take(slots, 0.0), _take(slots, 0.0)
    slots.release(given_back, 0.0, was_answered=False)
    asked = slots.take(0.5)
    assert isinstance(asked, Full)
    slots.release(held, 0.5, was_answered=True)  # at the very next instant
    assert asked == Full(1.5)
    assert _take(slots, 1.5) == held


def test_no_slots_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="slots"):
        Slots(0)
