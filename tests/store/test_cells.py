"""Each cell of a row is read as what its column holds; anything else is one error of ours, whoever reads it."""

from typing import Any

import pytest

from bot.errors import RecordDamaged
from bot.models import Problem, State
from bot.store import cells
from bot.store.cells import LATEST, Cells, raw, whole
from bot.store.schema import TABLES
from tests.store.engines import engine_on
from tests.store.processes import Process

RIGHT: dict[str, list[Any]] = {
    "reason": ["", "ticket 7", "\ufffd"],
    "id": ["R-7K3Q9FZ2"],
    "phone": ["12025550105"],
    "state": ["held", State.QUEUED],
    "problem": [None, Problem.NO_ID],
    "asked_at": [0, 1.5, LATEST - 1],
    "expires_at": [None, 1.5],
    "position": [1, 2**40],
    "number": [0, 7],
    "salt": [None, b"", b"salt"],
    "what a statement counts": [None, "", 7],
}
WRONG: dict[str, list[Any]] = {
    "reason": [None, b"", 7, 1.5],
    "id": [None, b"R-7K3Q9FZ2", "R-\ufffd"],
    "phone": [None, "", "+1 202", 12025550105, b"1"],
    "state": [None, "", "gone", b"held", 7],
    "problem": ["", "bad luck", b"", 7],
    "asked_at": [None, "soon", b"", -1, LATEST, float("inf"), float("nan")],
    "expires_at": ["", -1],
    "position": [None, 0, -1, 1.0, "1", b"1"],
    "number": [None, 1.0, "1"],
    "salt": ["salt", 7],
}


@pytest.mark.parametrize(("column", "value"), [(name, value) for name, values in RIGHT.items() for value in values])
def test_what_its_column_holds_is_read_as_it_is(column: str, value: object) -> None:
    assert Cells({column: value})[column] == value
    assert {**Cells({column: value})} == {column: value}


@pytest.mark.parametrize(("column", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_anything_else_is_read_by_nobody(column: str, value: object) -> None:
    row = Cells({"seq": 1, column: value, f"of_{column}": value})
    for read in (
        lambda: row[column],
        lambda: row[f"of_{column}"],
        lambda: {**row},
        lambda: dict(row),
        lambda: row | {},
    ):
        with pytest.raises(RecordDamaged) as caught:
            read()
        assert caught.value.column == column
    assert row["seq"] == 1
    assert raw(row)[column] is value


def test_of_many_rows_those_that_are_whole_are_left(caplog: pytest.LogCaptureFixture) -> None:
    found = [Cells({"request": 1, "position": each}) for each in (1, None, 3)]
    assert whole("lookups", found) == [{"request": 1, "position": 1}, {"request": 1, "position": 3}]
    (facts,) = [vars(record)["facts"] for record in caplog.records]
    assert facts == {"table": "lookups", "request": 1, "position": None, "column": "position"}


def test_a_column_is_read_alike_in_every_table_or_its_name_has_a_reader_of_its_own() -> None:
    kinds: dict[str, set[tuple[str, bool]]] = {}
    for name, kind, filled in cells._COLUMN.findall(TABLES):
        kinds.setdefault(name, set()).add((kind, bool(filled)))
    assert len(kinds) > 60
    assert {name for name, found in kinds.items() if len(found) > 1} <= cells._NAMED.keys()


def test_both_engines_hand_out_cells_and_whoever_checks_them_gets_them_as_they_are(database_url: str) -> None:
    engine = engine_on(database_url)
    engine.open()
    process = Process(engine)
    with engine.reading() as tx:
        for row in (tx.one(ODD), *tx.all(ODD), *tx.stream(ODD)):
            assert row is not None
            with pytest.raises(RecordDamaged):
                row["state"]
        with tx.distrusting():
            assert tx.one(ODD) == {"state": "gone"}
    assert process.column(ODD) == ["gone"]
    engine.close()


ODD = "SELECT 'gone' AS state"
