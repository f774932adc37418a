"""Both engines, for the tools that make databases of their own."""

import pytest

from tests.store.engines import do_without_postgres
from tools.databases import ON_POSTGRES, ON_SQLITE, is_postgres, why_not


@pytest.fixture(params=[ON_SQLITE, ON_POSTGRES])
def where(request: pytest.FixtureRequest) -> str:
    """Where a database is made: on each engine in turn."""
    chosen = str(request.param)
    if is_postgres(chosen) and (reason := why_not(chosen)):
        do_without_postgres(reason)
    return chosen
