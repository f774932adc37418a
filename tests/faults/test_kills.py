"""``kill -9`` at a random moment, a few times; ``python -m tests.faults`` does it 300 times."""

import secrets
import sys
from pathlib import Path

from tests.faults import kills

KILLS = 12


async def test_after_kills_everything_is_accounted_for(tmp_path: Path) -> None:
    seed = secrets.randbits(32)
    sys.stdout.write(f"seed {seed}\n")
    tally = await kills.run(tmp_path, kills=KILLS, seed=seed, say=_say, lists=0)
    assert tally.complaints == []
    assert tally.lookups > KILLS


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
