"""The folder of copies holds one for each scenario and nothing else."""

from tests.golden.copies import COPIES, path_of
from tests.golden.renew import IN_SLACK
from tests.golden.scenes_terminal import TERMINAL


def test_each_scenario_has_a_copy_and_each_copy_its_scenario() -> None:
    assert {*COPIES.iterdir()} == {path_of(name) for name in (*IN_SLACK, *TERMINAL)}
