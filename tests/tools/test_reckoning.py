"""The reckoning sees what it is there to see: a run that finds nothing wrong must not be one that looks at nothing."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.audit import Event, JournalEntry
from bot.models import ApprovalState, Problem, Request, Result, State
from bot.sandbox.inspector import Inspector, Wire
from tests.canaries import CANARY
from tests.english import views
from tests.tools.conftest import need
from tests.values import ANA, decided, phones, request
from tools.databases import ON_POSTGRES, connect, new_database
from tools.faults import leaks
from tools.faults.dumps import dump
from tools.faults.numbers import id_of
from tools.faults.reckoning import Recorded, Told
from tools.faults.tally import Tally, render, total

(PHONE,) = phones(1)
ANSWERED = request([PHONE], State.ANSWERED, result=Result(phone_number_id=id_of(PHONE.digits)))
INTERRUPTED = request([PHONE], State.INTERRUPTED, result=Result(problem=Problem.PROCESS_ENDED))
CALLING = request([PHONE], State.CALLING)
APPROVED = replace(ANSWERED, approval=decided(ApprovalState.APPROVED))
DENIED = request([PHONE], State.DROPPED, approval=decided(ApprovalState.DENIED, reason="not today"))
TOLD, TOLD_OTHERWISE = views.outcome_message(ANSWERED).text, views.outcome_message(INTERRUPTED).text


def path(*states: str, position: int | None = 1) -> list[JournalEntry]:
    """Entries that lead from one of these states to the next."""
    return [
        JournalEntry(
            seq=seq,
            at=1.0,
            event=Event.MOVED,
            request=ANSWERED.id,
            position=position,
            from_state=before,
            to_state=state,
            actor=ANA,
            facts={},
        )
        for seq, (before, state) in enumerate(zip([None, *states], states, strict=False), start=1)
    ]


ASKED = path(ApprovalState.NOT_NEEDED, position=None)
WHOLE = path(State.QUEUED, State.CALLING, State.ANSWERED)


@pytest.mark.parametrize(
    ("recorded", "entries", "lost", "doubled"),
    [
        pytest.param(ANSWERED, [*ASKED, *WHOLE], 0, 0, id="as it should be"),
        pytest.param(CALLING, [*ASKED, *WHOLE[:2]], 1, 0, id="runs still"),
        pytest.param(ANSWERED, [*ASKED, *WHOLE[:2]], 1, 1, id="its end is not in the journal"),
        pytest.param(ANSWERED, [*ASKED, *WHOLE, WHOLE[-1]], 0, 1, id="answered twice"),
        pytest.param(
            ANSWERED,
            [*ASKED, *path(State.QUEUED, State.CALLING, State.FAILED, State.ANSWERED)],
            0,
            1,
            id="ended in two ways",
        ),
        pytest.param(
            ANSWERED,
            [*ASKED, *path(State.QUEUED, State.CALLING, State.INTERRUPTED, State.ANSWERED)],
            0,
            0,
            id="its ID came late",
        ),
        pytest.param(INTERRUPTED, [*ASKED, *WHOLE], 1, 1, id="ended otherwise than the journal says"),
        pytest.param(ANSWERED, WHOLE, 1, 1, id="the request is not in the journal"),
        pytest.param(
            replace(DENIED, approval=decided(ApprovalState.APPROVED)),
            [
                *path(ApprovalState.AWAITING, ApprovalState.DENIED, ApprovalState.APPROVED, position=None),
                *path(State.HELD, State.DROPPED),
            ],
            0,
            1,
            id="decided twice",
        ),
    ],
)
def test_the_record_is_compared_with_the_journal(
    recorded: Request, entries: Sequence[JournalEntry], lost: int, doubled: int
) -> None:
    found = Recorded(recorded, entries)
    assert (len([*found.lost()]), len([*found.doubled()])) == (lost, doubled)


def test_an_id_of_another_number_is_seen() -> None:
    other = request([PHONE], State.ANSWERED, result=Result(phone_number_id=id_of("12025550199")))
    assert [[*Recorded(each, ()).wrong()] for each in (ANSWERED, other)] == [
        [],
        [f"{other.id} has {other.lookup.result.phone_number_id}"],
    ]


@pytest.mark.parametrize(
    ("recorded", "seen", "untold", "contradicted"),
    [
        pytest.param(ANSWERED, [TOLD], 0, 0, id="told"),
        pytest.param(ANSWERED, [TOLD, TOLD], 0, 0, id="told the same twice"),
        pytest.param(ANSWERED, [], 1, 0, id="not told"),
        pytest.param(ANSWERED, [TOLD_OTHERWISE], 1, 1, id="told what is not so"),
        pytest.param(ANSWERED, [TOLD_OTHERWISE, TOLD], 0, 1, id="told one thing and then another"),
        pytest.param(CALLING, [], 0, 0, id="runs still"),
        pytest.param(DENIED, [views.receipt(DENIED).text, views.ended(DENIED).text], 0, 0, id="denied"),
        pytest.param(DENIED, [views.receipt(DENIED).text], 1, 0, id="denied and not told"),
        pytest.param(DENIED, [views.ended(APPROVED).text], 1, 1, id="denied and told that there is an ID"),
    ],
)
def test_what_an_agent_read_is_compared_with_how_it_ended(
    recorded: Request, seen: list[str], untold: int, contradicted: int
) -> None:
    told = Told(Recorded(recorded, ()), seen)
    assert (len([*told.untold()]), len([*told.contradictions()])) == (untold, contradicted)


def test_an_interruption_before_a_late_id_is_no_contradiction() -> None:
    late = path(State.QUEUED, State.CALLING, State.INTERRUPTED, State.ANSWERED)
    assert [*Told(Recorded(ANSWERED, late), [TOLD_OTHERWISE, TOLD]).contradictions()] == []


@pytest.mark.parametrize("before", [0, leaks.CHUNK - 3], ids=["at the beginning", "between two reads"])
def test_a_code_in_a_file_is_found_wherever_it_is(tmp_path: Path, before: int) -> None:
    folder = tmp_path / "below"
    folder.mkdir()
    (folder / "bots.log").write_bytes(b"x" * before + CANARY.encode() + b"y" * 10)
    assert [*leaks.leaks_in(tmp_path)] == ["raw in bots.log"]


@pytest.mark.parametrize("is_deleted", [False, True], ids=["in a row", "in a deleted row"])
async def test_a_code_in_a_postgres_database_is_found(tmp_path: Path, is_deleted: bool) -> None:  # noqa: FBT001 - a case
    need(ON_POSTGRES)
    async with new_database(ON_POSTGRES, tmp_path) as url:
        with closing(connect(url)) as database:
            database.execute("CREATE TABLE t (text TEXT)")
            database.execute(f"INSERT INTO t VALUES ('before {CANARY} after')")
            if is_deleted:
                database.execute("DELETE FROM t")
        dump(url, tmp_path / "phoneid.dump")
    assert [*leaks.leaks_in(tmp_path)] == ["raw in phoneid.dump"]


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
