"""The text that processes share, for a process that has it to itself; ``tests.store.test_state`` has the database's."""

import pytest

from bot.quota.cells import MemoryCell


async def test_it_is_empty_at_first_and_then_what_was_thought() -> None:
    cell = MemoryCell()
    assert await cell.change(lambda text: (f"{text}one", text)) == ""
    assert await cell.change(lambda text: (f"{text} two", text)) == "one"
    assert await cell.change(lambda text: (text, text)) == "one two"


async def test_what_thinking_raises_comes_out_and_changes_nothing() -> None:
    def fail(text: str) -> tuple[str, None]:
        raise KeyError(text)

    cell = MemoryCell()
    await cell.change(lambda _: ("kept", None))
    with pytest.raises(KeyError, match="kept"):
        await cell.change(fail)
    assert await cell.change(lambda text: (text, text)) == "kept"
