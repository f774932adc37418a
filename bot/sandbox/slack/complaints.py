"""What a correct bot never does, noted where it did it."""

import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Complaints(list[str]):
    """Sentences about the bot's mistakes. Tests assert it empty; each is also an error in the log."""

    def __init__(self, *, on_change: Callable[[], None]) -> None:
        super().__init__()
        self._on_change = on_change

    def note(self, complaint: str) -> None:
        logger.error("sandbox.slack.complaint: %s", complaint)
        self.append(complaint)
        self._on_change()
