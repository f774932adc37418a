"""What the runs by day and by night share: choices that can be repeated, and reports that arrive."""

import json

import pytest

from tests import amounts


def test_a_report_with_half_of_a_surrogate_pair_can_be_sent(request: pytest.FixtureRequest) -> None:
    sections = [("Captured log call", "what came was \ud83d")]
    report = pytest.TestReport("a", ("a", 1, "a"), {}, "passed", None, "call", sections=sections)
    sent = request.config.hook.pytest_report_to_serializable(config=request.config, report=report)
    assert json.dumps(sent, ensure_ascii=False, default=str).encode()
    assert sent["sections"] == [("Captured log call", "what came was \\ud83d")]


@pytest.mark.more_at_night
def test_some_are_chosen_by_day_and_all_at_night_in_their_order() -> None:
    everything = list(range(100))
    some = amounts.some_of(everything, 5, what="this test")
    assert some == (everything if amounts.IS_NIGHT else sorted(some))
    assert len(some) == (100 if amounts.IS_NIGHT else 5)
    assert some == amounts.some_of(everything, 5, what="this test")


def test_what_is_not_chosen_for_the_day_runs_at_night() -> None:
    cases = amounts.some_each_day(["a", "b", "c"], 1, what="this test")
    assert [each.values for each in cases] == [("a",), ("b",), ("c",)]
    assert [bool(each.marks) for each in cases].count(True) == 2


def test_a_shortened_night_never_does_less_than_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amounts, "SCALE", 0.1)
    assert amounts.scaled(300, least=12) == 30
    assert amounts.scaled(300, least=100) == 100
