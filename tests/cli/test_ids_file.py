"""The file of a list's IDs: whole whatever happens, its owner's own, and harmless to open."""

import csv
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.audit import LogEntry
from bot.cli.arguments import CannotStart
from bot.cli.ids import COLUMNS, HEADINGS, Row
from bot.cli.ids_file import lock_alone, open_ids_file
from bot.models import (
    NOT_NEEDED,
    Actor,
    Lookup,
    LookupId,
    PhoneNumber,
    Problem,
    Request,
    RequestId,
    Result,
    State,
    Through,
)
from tests.owners import give_away

REQUEST = Request(
    id=RequestId("R-7K3Q9FZ2"),
    agent=Actor(team_id="host", user_id="ana", through=Through.COMMAND_LINE),
    reason="",
    channel_id="",
    asked_at=1_770_000_000.0,
    size=40,
    approval=NOT_NEEDED,
    lookups=(),
)
ANSWERED = Lookup(
    id=LookupId("R-7K3Q9FZ2/17"),
    position=17,
    phone=PhoneNumber("8613800001234"),
    asked_at=1_770_000_000.0,
    state=State.ANSWERED,
    updated_at=1_770_000_001.0,
    result=Result(phone_number_id="920155500012345", api_code="OK", request_id="R"),
)


def ended(problem: Problem, state: State, phone: str = "12025550101") -> Lookup:
    result = Result(problem=problem, api_code="Some.Code")
    return replace(ANSWERED, phone=PhoneNumber(phone), state=state, result=result)


def row(lookup: Lookup) -> Row:
    return Row.of(LogEntry(REQUEST, lookup))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ids.csv"


def phones(path: Path) -> list[str]:
    with path.open(newline="") as file:
        return [each["phone_number"] for each in csv.DictReader(file)]


def test_a_row_is_on_the_disk_at_once_and_found_again(path: Path) -> None:
    with open_ids_file(str(path)) as ids:
        ids.add(row(ANSWERED))
        assert phones(path) == ["8613800001234"]
    with open_ids_file(str(path)) as ids:
        assert dict(ids.earlier) == {ANSWERED.phone: row(ANSWERED)}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r="])
def test_no_cell_is_a_formula_or_goes_over_lines(start: str) -> None:
    result = Result(phone_number_id=f"{start}HYPERLINK(1)", api_code="a\r\nb")
    cells = dict(zip(COLUMNS, row(replace(ANSWERED, result=result)).cells, strict=True))
    assert cells["phone_number_id"].startswith("'")
    assert cells["api_code"] == "a b"
    assert row(replace(ANSWERED, result=result)).as_line().count(b"\n") == 1


@pytest.mark.parametrize("torn", range(1, len(row(ANSWERED).as_line().strip())))
def test_a_row_that_a_kill_tore_is_dropped_wherever_it_tore(path: Path, torn: int) -> None:
    other = row(ended(Problem.NOT_YOURS, State.REFUSED))
    path.write_bytes(HEADINGS + other.as_line() + row(ANSWERED).as_line()[:torn])
    with open_ids_file(str(path)) as ids:
        assert list(ids.earlier) == [other.phone]
        ids.add(row(ANSWERED))
    assert phones(path) == ["12025550101", "8613800001234"]


@pytest.mark.parametrize("content", [b"", HEADINGS[:1], HEADINGS[:-1], HEADINGS])
def test_a_file_without_a_row_is_as_good_as_new(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with open_ids_file(str(path)) as ids:
        ids.add(row(ANSWERED))
    assert path.read_bytes() == HEADINGS + row(ANSWERED).as_line()


@pytest.mark.parametrize(
    "content",
    [
        b"phone_number,code\r\n8613800001234,208312\r\n",
        b"something",
        b"\xff\xfe\r\n",
        HEADINGS + b"8613800001234,1\r\n",
        HEADINGS + b"8.6138E+12,1,answered,,,,,,\r\n",
        HEADINGS + b"8613800001234,1,well,,,,,,\r\n",
    ],
)
def test_a_file_of_somebody_else_is_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(CannotStart, match="already exists"), open_ids_file(str(path)):
        pytest.fail("it is open")
    assert path.read_bytes() == content


def test_a_file_that_an_editor_saved_is_still_ours(path: Path) -> None:
    ours = HEADINGS + row(ANSWERED).as_line()
    path.write_bytes(b"\xef\xbb\xbf" + ours.replace(b"\r\n", b"\n"))
    with open_ids_file(str(path)) as ids:
        assert list(ids.earlier) == [ANSWERED.phone]


def test_at_the_end_each_number_has_its_last_row_in_the_lists_order_and_others_stay(path: Path) -> None:
    failed, answered = ended(Problem.NO_ANSWER, State.FAILED, "8613800001234"), ANSWERED
    elsewhere = ended(Problem.NOT_YOURS, State.REFUSED, "12025550199")
    first = ended(Problem.NOT_YOURS, State.REFUSED)
    with open_ids_file(str(path)) as ids:
        for lookup in (elsewhere, failed, answered, first):
            ids.add(row(lookup))
        ids.finish([first.phone, answered.phone])
    assert path.read_bytes() == HEADINGS + b"".join(row(each).as_line() for each in (first, answered, elsewhere))
    assert [each.name for each in path.parent.iterdir()] == ["ids.csv"]


def test_a_link_is_followed_and_who_may_read_stays_as_it_was(path: Path) -> None:
    target = path.parent / "target.csv"
    target.touch(mode=0o640)
    target.chmod(0o640)
    path.symlink_to(target)
    with open_ids_file(str(path)) as ids:
        ids.add(row(ANSWERED))
        ids.finish([ANSWERED.phone])
    assert path.is_symlink()
    assert phones(target) == ["8613800001234"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def give_to_another(path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, *, is_root: bool = False) -> Path:
    """An output that is somebody else's, or is behind a link of theirs: the path whose they are."""
    theirs = path.parent / "theirs.csv" if kind == "link to theirs" else path
    if kind == "their link":  # to a file of ours, where somebody else chose which
        (path.parent / "ours.csv").touch()
        path.symlink_to(path.parent / "ours.csv")
    else:
        theirs.write_bytes(HEADINGS if kind == "headings" else b"")
    if kind == "link to theirs":
        path.symlink_to(theirs)
    give_away(theirs, monkeypatch, is_root=is_root)
    return theirs


@pytest.mark.parametrize("kind", ["empty", "headings", "link to theirs", "their link"])
def test_another_users_file_is_not_written(path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    theirs = give_to_another(path, monkeypatch, kind)
    before = path.read_bytes()
    with pytest.raises(CannotStart, match=f"{theirs} belongs to .*another name for --output"), open_ids_file(str(path)):
        pytest.fail("it is open")
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", ["empty", "headings", "link to theirs", "their link"])
def test_root_writes_it_and_is_told_whose_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    theirs = give_to_another(path, monkeypatch, kind, is_root=True)
    with open_ids_file(str(path)) as ids:
        ids.add(row(ANSWERED))
    assert phones(path) == ["8613800001234"]
    assert f"Warning: {theirs} belongs to user 4711.\n" in capsys.readouterr().err


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o666, 0o600])
def test_one_that_others_can_open_is_named_with_its_mode(
    path: Path, capsys: pytest.CaptureFixture[str], mode: int
) -> None:
    path.touch()
    path.chmod(mode)
    with open_ids_file(str(path)) as ids:
        ids.add(row(ANSWERED))
    said = f"Warning: Other users of this machine can open {path} (mode 0{mode:o}). Run: chmod 600 {path}\n"
    assert capsys.readouterr().err == ("" if mode == 0o600 else said)


def test_behind_a_link_to_nothing_the_file_is_its_users_alone(path: Path) -> None:
    path.symlink_to(path.parent / "new.csv")
    with open_ids_file(str(path)) as ids:
        ids.add(row(ANSWERED))
    assert stat.S_IMODE((path.parent / "new.csv").stat().st_mode) == 0o600


def test_a_link_to_itself_is_a_sentence(path: Path) -> None:
    path.symlink_to(path)
    with pytest.raises(CannotStart, match="Cannot write the output"), open_ids_file(str(path)):
        pytest.fail("it is open")


def test_a_file_is_one_runs_at_a_time(path: Path) -> None:
    with (
        open_ids_file(str(path)),
        pytest.raises(CannotStart, match="Another phoneid lookup is writing"),
        open_ids_file(str(path)),
    ):
        pytest.fail("it is open twice")
    with open_ids_file(str(path)):
        pass


def test_a_file_that_another_run_replaced_as_its_last_act_is_not_written_where_nobody_sees_it(path: Path) -> None:
    path.touch()
    others_last_act = [row(ended(Problem.NOT_YOURS, State.REFUSED))]

    def lock(descriptor: int) -> None:
        if others_last_act:
            (path.parent / "new").write_bytes(HEADINGS + others_last_act.pop().as_line())
            (path.parent / "new").replace(path)
        lock_alone(descriptor)

    with open_ids_file(str(path), lock=lock) as ids:
        ids.add(row(ANSWERED))
    assert phones(path) == ["12025550101", "8613800001234"]


@contextmanager
def full_disk(size: int = len(HEADINGS + row(ANSWERED).as_line()) + 10) -> Iterator[None]:
    """No file can be longer than a row and a bit. No fixture: pytest's own output may go to a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_no_half_row(path: Path) -> None:
    with full_disk(), open_ids_file(str(path)) as ids:
        ids.add(row(ANSWERED))
        with pytest.raises(OSError, match="too large"):
            ids.add(row(ended(Problem.NOT_YOURS, State.REFUSED)))
    assert path.read_bytes() == HEADINGS + row(ANSWERED).as_line()


@pytest.mark.parametrize("before", [b"", HEADINGS + row(ANSWERED).as_line()])
def test_a_disk_that_is_full_already_is_refused_before_anything_is_asked(path: Path, before: bytes) -> None:
    path.write_bytes(before)
    full = pytest.raises(CannotStart, match=r"Cannot write the output .*: File too large")
    with full_disk(len(before) + 10), full, open_ids_file(str(path)):
        pytest.fail("it is open")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "lookup",
    [
        ANSWERED,
        ended(Problem.NOT_YOURS, State.REFUSED),
        ended(Problem.UNKNOWN_CODE, State.REFUSED),
    ],
)
def test_what_the_number_or_its_code_was_refused_for_is_settled(lookup: Lookup) -> None:
    assert row(lookup).is_settled


@pytest.mark.parametrize(
    "lookup",
    [
        ended(Problem.BAD_CREDENTIALS, State.REFUSED),
        ended(Problem.NONCE_USED, State.REFUSED),
        ended(Problem.NO_ANSWER, State.FAILED),
        ended(Problem.TOO_MANY_GUESSES, State.REJECTED),
        ended(Problem.PROCESS_ENDED, State.INTERRUPTED),
    ],
)
def test_what_asking_again_could_change_is_not_settled(lookup: Lookup) -> None:
    assert not row(lookup).is_settled


def test_what_has_to_wait_says_until_when(path: Path) -> None:
    result = Result(problem=Problem.TOO_MANY_GUESSES, wait_until=1_770_000_061.0)  # 02:41:01
    with open_ids_file(str(path)) as ids:
        ids.add(row(replace(ANSWERED, state=State.REJECTED, result=result)))
    with path.open(newline="") as file:
        (found,) = csv.DictReader(file)
    assert found["why"].endswith("Run the same command again after 2026-02-02 02:42 UTC.")
