"""A list's progress in a log file: enough lines to see it move, few enough to read."""

import pytest

from bot.cli.progress import ProgressLines
from bot.models import State


def told(capsys: pytest.CaptureFixture[str], *, of: int, seconds_each: float) -> list[str]:
    """What stands in the log after a list whose results came evenly."""
    now = [0.0]
    lines = ProgressLines(of, monotonic=lambda: now[0])
    for done in range(1, of + 1):
        now[0] += seconds_each
        lines.tell({State.ANSWERED: done - 1, State.REFUSED: 1})
    return capsys.readouterr().err.splitlines()


def test_each_tenth_has_its_line_and_the_end_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, of=400, seconds_each=0.1)
    assert [line.split()[0] for line in lines] == [str(tenth * 40) for tenth in range(1, 10)]
    assert lines[0] == "40 of 400 looked up: 39 answered, 1 refused"


def test_a_short_list_is_not_talked_about(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, of=6, seconds_each=0.1) == []


def test_a_slow_list_says_that_it_moves(capsys: pytest.CaptureFixture[str]) -> None:
    assert [line.split()[0] for line in told(capsys, of=100, seconds_each=3.0)][:4] == ["4", "8", "10", "14"]
