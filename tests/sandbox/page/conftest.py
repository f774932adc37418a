from collections.abc import AsyncIterator

import pytest

from tests.sandbox.page.site import FakeBot, FakeSlack, Site, serve


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serve(FakeSlack(), FakeBot()) as served:
        yield served
