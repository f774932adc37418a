"""Both engines, for the tools that make databases of their own."""

import pytest

from tests.amounts import some_each_day
from tests.store.engines import do_without_postgres
from tools.databases import ON_POSTGRES, ON_SQLITE, is_postgres, why_not


@pytest.fixture(params=some_each_day([ON_SQLITE, ON_POSTGRES], 1, what="engine of the tools"))
def where(request: pytest.FixtureRequest) -> str:
    """Where a database is made: on the one engine or the other each day, on both at night."""
    chosen = str(request.param)
    need(chosen)
    return chosen


def need(where: str) -> None:
    """Leave the test out where no such database can be made; in CI it fails."""
    if is_postgres(where) and (reason := why_not(where)):
        do_without_postgres(reason)
