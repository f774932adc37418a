"""``docs/architecture.md`` is a map of what there is: every room, both state machines, and every name. So is
``CONTRIBUTING.md``, of what checks what.
"""

import ast
import re
from pathlib import Path

import pytest

from bot.models import ApprovalState, State
from bot.states import APPROVAL_TRANSITIONS, TRANSITIONS
from tests.test_house import ROWS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def section(heading: str) -> str:
    return PAGE.split(f"\n{heading}\n", 1)[1].split("\n## ", 1)[0]


def test_every_room_is_on_the_map_once() -> None:
    cells = re.findall(r"^\| (`[^|]+) \|", section("## The map"), re.MULTILINE)
    assert sorted(room for cell in cells for room in re.findall(r"`(\w+)`", cell)) == sorted(
        set().union(*ROWS) - {"__main__"}
    )


def test_every_room_that_a_request_passes_through_is_there() -> None:
    flow = section("## One request, from top to bottom").split("```", 2)[1]
    rooms = re.findall(r"(?:──▶ |├─ |└─ |^ {10})([a-z]+(?:/[a-z]+)?)/? ", flow, re.MULTILINE)
    assert len(rooms) > 10
    for room in rooms:
        assert (ROOT / "bot" / room).is_dir() or (ROOT / "bot" / f"{room}.py").exists(), room


@pytest.mark.parametrize(
    ("picture", "kind", "transitions"),
    [("The approval of a request:", ApprovalState, APPROVAL_TRANSITIONS), ("A lookup:", State, TRANSITIONS)],
)
def test_the_state_machines_are_those_of_the_code(
    picture: str, kind: type[ApprovalState] | type[State], transitions: dict[object, frozenset[object]]
) -> None:
    drawn = PAGE.split(f"\n{picture}\n", 1)[1].split("```", 2)[1]
    arrows = re.findall(r"^    (\[\*\]|\w+) --> (\w+)", drawn, re.MULTILINE)
    named = {(None if before == "[*]" else kind(words(before)), kind(words(after))) for before, after in arrows}
    assert len(named) == len(arrows)
    assert named == {(before, after) for before, afters in transitions.items() for after in afters}


def words(name: str) -> str:
    return name.replace("_", " ")


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`((?:bot|tests|tools)/[^`*]+)`", PAGE + CONTRIBUTING))))
def test_everything_it_names_is_there(named: str) -> None:
    path, _, name = named.partition("::")
    assert (ROOT / path).exists()
    assert not name or name in names_in(ROOT / path)


def names_in(path: Path) -> set[str]:
    """What a module defines at its top."""
    found = set[str]()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found
