"""The double of the text that processes share; ``tests.store.test_state`` has the real one."""

import pytest

from bot.interfaces import Reading
from tests.quotas import MemoryState


async def test_it_is_empty_at_first_and_then_what_was_thought() -> None:
    state = MemoryState()
    assert await state.change(lambda text, _: (f"{text}one", text)) == ""
    assert await state.change(lambda text, _: (f"{text} two", text)) == "one"
    assert await state.change(lambda text, _: (text, text)) == "one two"


async def test_what_thinking_raises_comes_out_and_changes_nothing() -> None:
    def fail(text: str, _: Reading) -> tuple[str, None]:
        raise KeyError(text)

    state = MemoryState()
    await state.change(lambda *_: ("kept", None))
    with pytest.raises(KeyError, match="kept"):
        await state.change(fail)
    assert await state.change(lambda text, _: (text, text)) == "kept"
