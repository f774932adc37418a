"""A code waits in one process; what another process does with its request ends the waiting there, too."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from bot.approvals import Approvals
from bot.models import Actor
from bot.policy import Action
from bot.vault import Vault
from tests.office import ANA, CODE, HOUR, LEE, POLICY, Office, open_office


@dataclass(frozen=True)
class Processes:
    """Two, on one database."""

    here: Office
    elsewhere: Office


@pytest.fixture
async def processes() -> AsyncIterator[Processes]:
    async with open_office() as here:
        vault = Vault(here.clock)
        approvals = Approvals(
            store=here.store, lookups=here.lookups, vault=vault, policy=POLICY, seconds=HOUR, clock=here.clock
        )
        yield Processes(here, replace(here, approvals=approvals, vault=vault))


@pytest.mark.parametrize(("action", "actor"), [(Action.DENY, LEE), (Action.WITHDRAW, ANA)])
async def test_a_code_is_forgotten_when_its_request_ended_elsewhere(
    processes: Processes, action: Action, actor: Actor
) -> None:
    here, elsewhere = processes.here, processes.elsewhere
    lookup = await here.ask()
    await elsewhere.do(action, lookup.id, actor)
    await here.approvals.expire()
    assert len(here.vault) == 0


async def test_a_code_is_forgotten_when_it_was_entered_again_elsewhere(processes: Processes) -> None:
    here, elsewhere = processes.here, processes.elsewhere
    lookup = await elsewhere.do(Action.APPROVE, (await here.ask()).id)
    assert await elsewhere.approvals.use(lookup) is None
    assert await elsewhere.approvals.use(lookup, CODE)
    await here.approvals.expire()
    assert len(here.vault) == 0


@pytest.mark.parametrize("is_approved", [False, True])
async def test_a_code_stays_as_long_as_it_may_be_needed(processes: Processes, *, is_approved: bool) -> None:
    here = processes.here
    lookup = await here.ask()
    if is_approved:
        lookup = await here.do(Action.APPROVE, lookup.id)
    await here.approvals.expire()
    assert len(here.vault) == 1
