"""Every harm but a kill: nothing is lost, nothing doubled, nothing leaked, and the agent reads what is decided."""

from pathlib import Path

import pytest

from tests.amounts import IS_NIGHT, some_of
from tools.faults.harms import HARMS, do_all, harms_of
from tools.faults.world import Place

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.more_at_night
async def test_after_every_harm_everything_is_accounted_for(tmp_path: Path, where: str) -> None:
    able = [harm for harm in harms_of(where) if IS_NIGHT or not harm.is_long]
    harms = some_of(able, 2, what=f"harms on {where}")
    tallies = await do_all(Place(tmp_path, where), harms=harms)
    assert {name: tally.complaints for name, tally in tallies.items()} == {harm.name: [] for harm in harms}
    assert all(tally.lookups for tally in tallies.values())


@pytest.mark.parametrize("named", sorted({each for harm in HARMS for each in harm.elsewhere}))
def test_the_tests_that_look_closer_are_there(named: str) -> None:
    path, name = named.split("::")
    assert f"def {name}(" in (ROOT / path).read_text()
