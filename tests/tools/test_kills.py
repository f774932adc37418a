"""``kill -9`` at a random moment, a few times; at night, and by ``python -m tools.faults``, 300 times."""

import sys
from pathlib import Path

import pytest

from tests.amounts import choose, each_day, scaled
from tools.faults import kills
from tools.faults.world import Place

KILLS = each_day(2, at_night=scaled(300, least=12))


@pytest.mark.nightly  # a tool of ours; what the bot does when it is killed has tests of its own each day
async def test_after_kills_everything_is_accounted_for(tmp_path: Path, where: str) -> None:
    seed = choose(f"kills on {where}").getrandbits(32)
    tally = await kills.run(Place(tmp_path, where, seed), kills=KILLS, say=_say, lists=0)
    assert tally.complaints == []
    assert tally.lookups > KILLS


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
