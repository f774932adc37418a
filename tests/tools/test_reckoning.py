"""The reckoning sees what it is there to see: a run that finds nothing wrong must not be one that looks at nothing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.models import Actor, Event, JournalEntry, Lookup, LookupId, PhoneNumber, Problem, Result, State, Through
from bot.sandbox.inspector import Inspector, Wire
from bot.slack import views
from tests.canaries import CANARY
from tools.faults import leaks
from tools.faults.reckoning import Request, doubled_of, lost_of
from tools.faults.tally import Tally, render, total

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
ANSWERED = Lookup(
    id=LookupId("L-00000001"),
    state=State.ANSWERED,
    agent=ANA,
    phone=PhoneNumber("12025550115"),
    reason="",
    channel_id="C0SUPPORT",
    created_at=1.0,
    updated_at=2.0,
    result=Result(phone_number_id="920155500012345"),
)
INTERRUPTED = replace(ANSWERED, state=State.INTERRUPTED, result=Result(problem=Problem.PROCESS_ENDED))
TOLD, TOLD_OTHERWISE = views.outcome_message(ANSWERED).text, views.outcome_message(INTERRUPTED).text


def entries(*states: State) -> list[JournalEntry]:
    return [
        JournalEntry(
            seq=seq,
            at=1.0,
            event=Event.MOVED,
            lookup_id=ANSWERED.id,
            from_state=None,
            to_state=state,
            actor=ANA,
            facts={},
        )
        for seq, state in enumerate(states)
    ]


WHOLE = entries(State.QUEUED, State.CALLING, State.ANSWERED)


@pytest.mark.parametrize(
    ("lookup", "journal", "lost", "doubled"),
    [
        pytest.param(ANSWERED, WHOLE, 0, 0, id="as it should be"),
        pytest.param(replace(ANSWERED, state=State.CALLING), WHOLE[:2], 1, 0, id="runs still"),
        pytest.param(ANSWERED, WHOLE[:2], 1, 0, id="its end is not in the journal"),
        pytest.param(ANSWERED, [*WHOLE, WHOLE[-1]], 0, 1, id="answered twice"),
        pytest.param(ANSWERED, entries(State.QUEUED, State.INTERRUPTED, State.ANSWERED), 0, 1, id="ended twice"),
        pytest.param(INTERRUPTED, WHOLE, 1, 1, id="ended otherwise than the journal says"),
    ],
)
def test_the_record_is_compared_with_the_journal(
    lookup: Lookup, journal: Sequence[JournalEntry], lost: int, doubled: int
) -> None:
    assert (len([*lost_of(lookup, journal)]), len([*doubled_of(lookup, journal)])) == (lost, doubled)


@pytest.mark.parametrize(
    ("seen", "untold", "contradicted"),
    [
        pytest.param([TOLD], 0, 0, id="told"),
        pytest.param([TOLD, TOLD], 0, 0, id="told the same twice"),
        pytest.param([], 1, 0, id="not told"),
        pytest.param([TOLD_OTHERWISE], 1, 1, id="told what is not so"),
        pytest.param([TOLD_OTHERWISE, TOLD], 0, 1, id="told one thing and then another"),
    ],
)
def test_what_an_agent_read_is_compared_with_how_it_ended(seen: list[str], untold: int, contradicted: int) -> None:
    request = Request([ANSWERED], seen)
    assert (len([*request.untold()]), len([*request.contradictions()])) == (untold, contradicted)


@pytest.mark.parametrize("before", [0, leaks.CHUNK - 3], ids=["at the beginning", "between two reads"])
def test_a_code_in_a_file_is_found_wherever_it_is(tmp_path: Path, before: int) -> None:
    folder = tmp_path / "below"
    folder.mkdir()
    (folder / "bots.log").write_bytes(b"x" * before + CANARY.encode() + b"y" * 10)
    assert [*leaks.leaks_in(tmp_path)] == ["raw in bots.log"]


def test_a_code_that_was_said_to_slack_is_heard() -> None:
    inspector = Inspector()
    listener = leaks.Listener(inspector)
    for wire in Wire:
        inspector.record(wire, wire.value, at=1.0, request={"text": CANARY}, response={"text": "ok"})
    listener.listen()
    listener.listen()  # each is heard once
    assert listener.found == [f"raw in {Wire.BOT_TO_SLACK.value}"]


def test_several_times_are_one_row() -> None:
    once = Tally(times=1, lookups=2, lost=["a"], doubled=["b"], leaked=["c"], notes=["d"])
    assert total([once, once]) == Tally(
        times=2, lookups=4, lost=["a"] * 2, doubled=["b"] * 2, leaked=["c"] * 2, notes=["d"] * 2
    )
    assert not total([once]).is_clean


def test_the_table_is_markdown_and_lines_up() -> None:
    lines = render([("disk full", Tally(times=1, lookups=20)), ("kill -9", Tally(times=300, lookups=1, lost=["x"]))])
    first, rule, *rows = lines.splitlines()
    assert rule == "|---|--:|--:|--:|--:|--:|"
    assert {len(row) for row in rows} == {len(first)}
    assert rows[1].split() == ["|", "kill", "-9", "|", "300", "|", "1", "|", "1", "|", "0", "|", "0", "|"]
