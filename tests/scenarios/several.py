"""Several bots on one database, and a say in which of them gets what Slack sends."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.app import Waits
from bot.sandbox.cams.book import BOOK, Entry
from tests.scenarios.asking import TO_EACH, finish
from tests.scenarios.scene import QUICK, Scene, open_scene, with_bot


@dataclass(frozen=True, kw_only=True)
class Several:
    """A scene with some bots in it, over HTTP: each payload goes where a test says."""

    scene: Scene
    bots: list[Scene]
    """The scene, as each of the bots is in it."""

    def turn_to(self, number: int) -> None:
        """From now on everything goes to this one."""
        bot = self.bots[number].bot
        assert bot
        self.scene.slack.request_url = f"http://127.0.0.1:{bot.port}/slack/events"

    async def finish(self) -> None:
        """Wait until all have done what they were asked for."""
        for each in self.bots:
            await finish(each)


@asynccontextmanager
async def open_several(
    tmp_path: Path,
    count: int = 2,
    *,
    waits: Waits = QUICK,
    book: Sequence[Entry] = BOOK,
    settings: Mapping[str, str] = TO_EACH,
) -> AsyncIterator[Several]:
    """So many bots, with approvals unless others are the settings; at the end Slack has nothing to complain about."""
    async with open_scene(tmp_path, is_http=True, book=book, settings=settings) as scene:
        async with AsyncExitStack() as stack:
            bots = [await stack.enter_async_context(with_bot(scene, waits=waits)) for _ in range(count)]
            yield Several(scene=scene, bots=bots)
        assert list(scene.slack.complaints) == []
