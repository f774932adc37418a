"""Where an account's state is when one process has the account to itself."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class MemoryCell:
    """A text in memory, as ``bot.interfaces.Cell``."""

    def __init__(self) -> None:
        self._text = ""

    async def change(self, think: Callable[[str], tuple[str, T]]) -> T:
        self._text, told = think(self._text)
        return told
