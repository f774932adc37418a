"""What everybody sees and what is recorded, for one number where nobody has to approve, is as the copies have it."""

from pathlib import Path

import pytest

from tests.golden.comparison import check
from tests.golden.scenes_alone import ALONE


@pytest.mark.parametrize("name", ALONE.all)
def test_it_is_as_the_copy_has_it(name: str, tmp_path: Path) -> None:
    check(name, ALONE.all[name].copy(tmp_path))
