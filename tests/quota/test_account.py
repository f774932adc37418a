"""The account's state, where time, settings or hands have been at it."""

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.quota.account import Account, Rules, read, wait
from bot.quota.grants import LEAD, Ending, Grant, Later, ask, ended, given_back, renewed
from bot.quota.order import Demand
from bot.quota.slots import LATEST_ARRIVAL, WINDOW
from bot.tickets import Lane

RULES = Rules(2)
ANAS = Demand(interactive={"ana": 5})


def asked(account: Account, now: float, *, rules: Rules = RULES, holder: str = "call") -> tuple[Account, Grant | Later]:
    return ask(account, ANAS, process="p", holder=holder, now=now, rules=rules)


def granted(account: Account, now: float, *, rules: Rules = RULES, holder: str = "call") -> tuple[Account, Grant]:
    account, grant = asked(account, now, rules=rules, holder=holder)
    assert isinstance(grant, Grant)
    return account, grant


def answered(account: Account, grant: Grant, now: float) -> Account:
    ending = Ending(granted_at=now - 0.1, ended_at=now, was_answered=True)
    return ended(account, grant, ending, now=now, rules=RULES)


def test_it_is_the_same_after_it_was_kept() -> None:
    account, grant = granted(Account(), 1000.0)
    account = answered(account, grant, 1000.2)
    assert read(account.model_dump_json()) == account


def test_a_slot_is_given_a_little_before_it_is_free() -> None:
    account, first = granted(Account(), 1000.0, rules=Rules(1))
    account = answered(account, first, 1000.2)
    _, later = asked(account, 1000.3, rules=Rules(1))
    assert isinstance(later, Later)
    assert later.at == pytest.approx(1001.2 - LEAD)
    _, second = granted(account, 1001.2 - LEAD + 0.001, rules=Rules(1))
    assert second.starts_at == pytest.approx(1001.2)


@pytest.mark.parametrize("text", ["", "null", "{}", "[]", "no JSON", '{"slots": 7}', '{"slots": [{"ended_at": "x"}]}'])
def test_what_cannot_be_read_is_taken_for_calls_that_just_ended(text: str) -> None:
    account, outcome = asked(read(text), 1000.0)
    if text in ("", "{}"):
        assert isinstance(outcome, Grant)
    else:
        assert outcome == Later(1000.0 + WINDOW + LATEST_ARRIVAL - LEAD)
        assert len(account.slots) == 2


def test_a_machine_that_started_anew_waits_once_and_goes_on() -> None:
    before, _ = granted(Account(), 50_000.0)
    account, outcome = asked(before, 12.0)
    assert outcome == Later(12.0 + WINDOW + LATEST_ARRIVAL - LEAD)
    _, grant = granted(account, 12.0 + WINDOW + LATEST_ARRIVAL)
    assert grant.starts_at == 12.0 + WINDOW + LATEST_ARRIVAL


def test_processes_with_other_limits_keep_to_their_own() -> None:
    account, first = granted(Account(), 1000.0, rules=Rules(1))
    _, later = asked(account, 1000.0, rules=Rules(1))
    assert isinstance(later, Later)
    _, second = granted(account, 1000.0, rules=Rules(3))
    assert second.number != first.number


def test_a_slot_whose_lease_ran_out_is_not_given_back_by_its_old_holder() -> None:
    account, old = granted(Account(), 1000.0, rules=Rules(1), holder="old")
    account, new = granted(account, 1007.0, rules=Rules(1), holder="new")
    assert old.number == new.number
    late = answered(account, old, 1008.0)
    assert late.slots[new.number].holder == "new"
    assert given_back(account, old, now=1008.0, rules=Rules(1)).slots[new.number].holder == "new"
    assert renewed(account, [old], now=1008.0, rules=Rules(1)).slots[new.number].holder == "new"


def test_looking_without_a_change_leaves_the_account_as_it_is() -> None:
    account, grant = granted(Account(), 1000.0, rules=Rules(1))
    account, _ = asked(account, 1000.01, rules=Rules(1))
    again, later = asked(account, 1000.02, rules=Rules(1))
    assert isinstance(later, Later)
    assert again == account
    assert grant.number == 0


def test_lists_do_not_fill_the_state_with_agents_of_the_past() -> None:
    account = Account()
    for number in range(50):
        demand = Demand(bulk={f"agent {number}": 1})
        account, outcome = ask(account, demand, process="p", holder="h", now=1000.0 + 10 * number, rules=RULES)
        assert isinstance(outcome, Grant)
        assert outcome.party.lane is Lane.BULK
        account = answered(account, outcome, 1000.1 + 10 * number)
    assert len(account.served) <= 1
    assert len(account.model_dump_json()) < 2000


@pytest.mark.parametrize(
    "edit",
    [
        {"pace": {"resumes_at": 1e12}},
        {"pace": {"fewer": 9, "changed_at": 1e12}},
        {"pace": {"fewer": -1000000000}},
        {"pace": {"fewer": 1000000000}},
        {"demands": {"gone": {"interactive": {"zed": 1}, "seen_at": 1e30}}},
        {"lists_since": 1e12},
        {"round_trips": [1e400]},
        {"round_trips": [1e308] * 20},
        {"paced_at": 1e12},
        {"slots": [{"holder": "x", "held_until": 1e12}] * 2},
        {"slots": [{"ended_at": 1e12}] * 2},
    ],
)
def test_a_time_that_cannot_be_blocks_nobody(edit: dict[str, object]) -> None:
    _, outcome = asked(read(json.dumps(edit)), 1000.0)
    assert outcome == Later(1000.0 + WINDOW + LATEST_ARRIVAL - LEAD)


@settings(suppress_health_check=[HealthCheck.too_slow])  # once per machine, text() writes a table of all characters
@given(
    edit=st.dictionaries(
        st.sampled_from(sorted(Account.model_fields)),
        st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "x"]) | st.lists(st.integers()),
    ),
    now=st.floats(0, 1e6),
)
def test_a_state_edited_by_hand_neither_breaks_nor_blocks_for_ever(edit: dict[str, object], now: float) -> None:
    account = read(json.dumps(edit))
    for _ in range(100):
        account, outcome = asked(account, now)
        if isinstance(outcome, Grant):
            break
        assert math.isfinite(outcome.at)
        now = max(outcome.at, now) + 0.001
    assert isinstance(outcome, Grant)
    assert math.isfinite(wait(account, 3, now=now, rules=RULES))
