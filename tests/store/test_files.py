"""What is said of a database's files before they are used, and whose are not written."""

import os
from pathlib import Path

import pytest

from bot.checks import CheckVerdict
from bot.store.files import check_files
from tests.owners import give_away


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "phoneid.db"
    file.touch(0o600)
    return file


def test_a_file_of_its_users_alone_is_fine(path: Path) -> None:
    assert [*check_files(path, writes=True)] == []
    assert [*check_files(path.with_name("new.db"), writes=True)] == []


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o666, 0o777])
@pytest.mark.parametrize("beside", ["", "-wal", "-shm", "-journal"])
def test_one_that_others_can_open_is_named_and_left_as_it_is(path: Path, mode: int, beside: str) -> None:
    file = path.with_name(path.name + beside)
    file.touch()
    file.chmod(mode)
    path.chmod(mode if not beside else 0o600)
    [check] = [each for each in check_files(path, writes=True) if str(file) + " " in each.what]
    assert check.verdict is CheckVerdict.WARNING
    assert check.sentence.startswith(f"Other users of this machine can open {file} (mode 0{mode:o}). ")
    assert file.stat().st_mode & 0o777 == mode


def test_a_path_from_here_is_told_as_a_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    path.chmod(0o644)
    [check] = check_files(Path("phoneid.db"), writes=False)
    assert f" {path} " in check.what


@pytest.mark.parametrize(
    ("writes", "is_root", "verdict"),
    [
        (True, False, CheckVerdict.STOP),
        (False, False, CheckVerdict.WARNING),
        (True, True, CheckVerdict.WARNING),
    ],
)
@pytest.mark.parametrize("beside", ["", "-wal", "-shm", "-journal"])
def test_another_users_file_is_not_written(
    path: Path, monkeypatch: pytest.MonkeyPatch, *, writes: bool, is_root: bool, verdict: CheckVerdict, beside: str
) -> None:
    file = path.with_name(path.name + beside)  # what somebody plants there, SQLite writes into the database
    file.touch(0o600)
    give_away(file, monkeypatch, is_root=is_root)
    [check] = [each for each in check_files(path, writes=writes) if f"{file} belongs" in each.what]
    assert check.verdict is verdict


def test_where_another_users_link_leads_nothing_is_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = path.with_name("link.db")
    link.symlink_to(path.with_name("chosen by them.db"))
    give_away(link, monkeypatch, is_root=False)
    assert [check.verdict for check in check_files(link, writes=True)] == [CheckVerdict.STOP]


def test_roots_file_may_be_used_by_whoever_can(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if path.stat().st_uid != 0:
        pytest.skip("only root has a file of root's at hand")
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert [*check_files(path, writes=True)] == []
