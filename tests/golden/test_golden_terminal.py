"""What the command line prints is as the copies have it."""

import asyncio
from pathlib import Path

import pytest

from tests.golden.comparison import check
from tests.golden.scenes_terminal import TERMINAL
from tests.golden.shell import open_shell


@pytest.fixture(scope="module")
def now(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | BaseException]:
    """The scenarios that were chosen, played side by side: the demo's story mostly waits."""
    chosen = [name for name in TERMINAL for item in request.session.items if item.name == f"{compare.__name__}[{name}]"]

    async def play_all() -> list[str | BaseException]:
        folders: list[Path] = [tmp_path_factory.mktemp(name) for name in chosen]
        async with open_shell() as shell:
            plays = (TERMINAL[name].copy(folder, shell) for name, folder in zip(chosen, folders, strict=True))
            return await asyncio.gather(*plays, return_exceptions=True)

    return dict(zip(chosen, asyncio.run(play_all()), strict=True))


@pytest.mark.parametrize("name", TERMINAL)
def test_it_is_as_the_copy_has_it(name: str, now: dict[str, str | BaseException]) -> None:
    played = now[name]
    if isinstance(played, BaseException):
        raise played
    check(name, played)


compare = test_it_is_as_the_copy_has_it
