"""Codes that wait: in memory only, one request's at a time, and never kept longer than their approval."""

import pytest
from pydantic import SecretStr

from bot.models import RequestId
from bot.pending_codes import PendingCodes
from tests.clocks import START, SteppingClock

A, B = RequestId("R-AAAAAAAA"), RequestId("R-BBBBBBBB")
CODES = {1: SecretStr("208312"), 2: SecretStr("208313")}


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def pending(clock: SteppingClock) -> PendingCodes:
    return PendingCodes(clock)


def test_codes_are_there_until_they_are_forgotten(pending: PendingCodes) -> None:
    pending.keep(A, CODES, until=START + 60)
    assert pending.find(A) == CODES
    pending.forget(A)
    assert pending.find(A) is None
    assert pending.request_ids == []
    pending.forget(A)  # twice does no harm: two may find out that they are not needed


def test_each_request_has_its_own_codes(pending: PendingCodes) -> None:
    pending.keep(A, CODES, until=START + 60)
    assert pending.find(B) is None
    pending.forget(B)
    assert pending.find(A) == CODES


def test_codes_are_gone_the_moment_their_approval_ends(pending: PendingCodes, clock: SteppingClock) -> None:
    pending.keep(A, CODES, until=START + 60)
    clock.time += 60
    assert pending.find(A) is None


@pytest.mark.parametrize("touch", ["forget_expired", "keep", "find"])
def test_whatever_touches_them_forgets_what_ran_out(pending: PendingCodes, clock: SteppingClock, touch: str) -> None:
    pending.keep(A, CODES, until=START + 60)
    clock.time += 61
    if touch == "forget_expired":
        pending.forget_expired()
    elif touch == "keep":
        pending.keep(B, CODES, until=START + 600)
    else:
        pending.find(B)
    assert A not in pending.request_ids


def test_what_still_waits_survives_what_ran_out(pending: PendingCodes, clock: SteppingClock) -> None:
    pending.keep(A, CODES, until=START + 60)
    pending.keep(B, CODES, until=START + 600)
    clock.time += 61
    pending.forget_expired()
    assert pending.request_ids == [B]
    assert pending.find(B) == CODES


def test_printing_shows_no_code(pending: PendingCodes) -> None:
    pending.keep(A, CODES, until=START + 60)
    assert "20831" not in repr(pending) + str(vars(pending))
