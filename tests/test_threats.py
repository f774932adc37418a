"""THREATS.md claims nothing without a test, and each test that it names is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
THREATS = (ROOT / "THREATS.md").read_text()

SECTIONS = dict(section.split("\n", 1) for section in THREATS.split("\n## ")[1:])
ROWS = [
    line
    for line in THREATS.splitlines()
    if line.startswith("|") and not line.startswith("|---") and not line.endswith("| shown by |")
]
NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", THREATS)))


def names_in(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("named", NAMED)
def test_each_test_it_names_is_there(named: str) -> None:
    path, name = named.split("::")
    assert name in names_in(ROOT / path)


@pytest.mark.parametrize("row", ROWS)
def test_each_claim_names_its_test(row: str) -> None:
    claim, shown_by = row.strip("| ").rsplit(" | ", 1)
    assert claim.count(" | ") == 1  # what they try, what stops them
    assert re.fullmatch(r"`tests/[\w/]+\.py::test_\w+`(, `tests/[\w/]+\.py::test_\w+`)*", shown_by)


@pytest.mark.parametrize("section", SECTIONS)
def test_whoever_it_is_what_is_not_stopped_is_said(section: str) -> None:
    assert re.search(r"^\| ", SECTIONS[section], re.MULTILINE)
    assert "*Not stopped:*" in SECTIONS[section]


def test_the_readme_leads_to_it() -> None:
    assert "(THREATS.md)" in (ROOT / "README.md").read_text()
