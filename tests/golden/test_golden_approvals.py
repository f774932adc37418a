"""What everybody sees and what is recorded, for a number somebody has to approve, is as the copies have it."""

from pathlib import Path

import pytest

from tests.golden.comparison import check
from tests.golden.scenes_approvals import APPROVALS


@pytest.mark.parametrize("name", APPROVALS.all)
def test_it_is_as_the_copy_has_it(name: str, tmp_path: Path) -> None:
    check(name, APPROVALS.all[name].copy(tmp_path))
