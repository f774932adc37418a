"""What everybody sees and what is recorded, for several numbers at once, is as the copies have it."""

from pathlib import Path

import pytest

from tests.golden.comparison import check
from tests.golden.scenes_lists import LISTS


@pytest.mark.parametrize("name", LISTS.all)
def test_it_is_as_the_copy_has_it(name: str, tmp_path: Path) -> None:
    check(name, LISTS.all[name].copy(tmp_path))
