"""Codes that wait: in memory only, given out once, and never kept longer than their approval."""

import pytest
from pydantic import SecretStr

from bot.models import LookupId
from bot.vault import Vault
from tests.clocks import START, SteppingClock

A, B = LookupId("L-AAAAAAAA"), LookupId("L-BBBBBBBB")
CODE = SecretStr("208312")


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def vault(clock: SteppingClock) -> Vault:
    return Vault(clock)


def test_a_code_is_given_out_once(vault: Vault) -> None:
    vault.keep(A, CODE, until=START + 60)
    assert vault.take(A) == CODE
    assert vault.take(A) is None
    assert len(vault) == 0


def test_each_lookup_has_its_own_code(vault: Vault) -> None:
    vault.keep(A, CODE, until=START + 60)
    assert vault.take(B) is None
    assert vault.take(A) == CODE


def test_a_code_is_gone_the_moment_its_approval_ends(vault: Vault, clock: SteppingClock) -> None:
    vault.keep(A, CODE, until=START + 60)
    clock.time += 60
    assert vault.take(A) is None


@pytest.mark.parametrize("touch", ["forget", "keep", "take"])
def test_whatever_touches_the_vault_empties_it_of_what_ran_out(vault: Vault, clock: SteppingClock, touch: str) -> None:
    vault.keep(A, CODE, until=START + 60)
    clock.time += 61
    if touch == "forget":
        vault.forget_expired()
    elif touch == "keep":
        vault.keep(B, CODE, until=START + 600)
        vault.take(B)
    else:
        vault.take(B)
    assert len(vault) == 0


def test_what_still_waits_survives_what_ran_out(vault: Vault, clock: SteppingClock) -> None:
    vault.keep(A, CODE, until=START + 60)
    vault.keep(B, CODE, until=START + 600)
    clock.time += 61
    vault.forget_expired()
    assert len(vault) == 1
    assert vault.take(B) == CODE


def test_a_vault_shows_no_code(vault: Vault) -> None:
    vault.keep(A, CODE, until=START + 60)
    assert "208312" not in repr(vault) + str(vars(vault))
