"""The README tells the truth, in few words: its settings and commands are the ones there are."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bot.cli.main import phoneid
from bot.settings import BotSettings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()


def rows_after(heading: str) -> list[str]:
    """The first cells of the table after a heading."""
    section = README.split(f"\n{heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| `([^`|]+)", section, re.MULTILINE)


def test_every_setting_is_in_the_table_and_nothing_else_is() -> None:
    names = {(field.validation_alias or name) for name, field in BotSettings.model_fields.items()}
    assert {name.lower() for name in rows_after("## Settings")} == names


def test_every_setting_is_in_the_example_file() -> None:
    named = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    assert named == set(rows_after("## Settings"))


def test_the_defaults_in_the_table_are_those_of_the_code() -> None:
    for name, field in BotSettings.model_fields.items():
        row = next(line for line in README.splitlines() if line.startswith(f"| `{name.upper()}`"))
        if isinstance(field.default, str | int) and not isinstance(field.default, bool):
            assert f"`{field.default}`" in row, row


def test_every_command_is_in_the_table_with_its_options() -> None:
    told = {row.split()[1]: row for row in rows_after("## Commands")}
    assert set(told) == set(phoneid.commands)
    section = README.split("\n## Commands\n", 1)[1].split("\n## ", 1)[0]
    for name, command in phoneid.commands.items():
        row = next(line for line in section.splitlines() if line.startswith(f"| `phoneid {name}"))
        parameters = [each for one in (command, *getattr(command, "commands", {}).values()) for each in one.params]
        options = {option for parameter in parameters for option in parameter.opts if option.startswith("--")}
        assert set(re.findall(r"--[a-z-]+", row.split(" | ")[0].split("` |")[0])) == options - {"--help"}


def test_the_commands_are_in_the_order_of_the_help() -> None:
    text = CliRunner().invoke(phoneid, ["--help"]).output
    helped = re.findall(r"^  ([a-z][a-z-]+)  +[A-Z]", text, re.MULTILINE)
    assert [row.split()[1] for row in rows_after("## Commands")] == helped


def test_every_command_of_a_group_is_in_its_row() -> None:
    groups = {name: command.commands for name, command in phoneid.commands.items() if isinstance(command, click.Group)}
    assert groups
    for name, commands in groups.items():
        for each in commands:
            assert f"`phoneid {name} {each}" in README


def test_it_is_read_in_a_few_minutes() -> None:
    assert len(README.split()) <= 1700


def test_programs_find_the_demo_in_one_line_to_which_they_can_add() -> None:
    """They take the first block under the heading, and run it with ``--script``."""
    section = README.split("\n## Try it\n", 1)[1].split("\n## ", 1)[0]
    block = section.split("```sh\n", 1)[1].split("```", 1)[0]
    assert re.fullmatch(r".* && \.venv/bin/phoneid demo\n", block)


@pytest.mark.parametrize(("name", "end"), [("test command", "pytest"), ("nightly command", "pytest -m nightly")])
def test_ci_finds_both_test_commands(name: str, end: str) -> None:
    command = README.split(f"<!-- {name} -->\n```sh\n", 1)[1].split("\n```", 1)[0]
    assert command.endswith(f".venv/bin/{end}")


def test_the_tabs_that_it_names_are_those_of_the_page() -> None:
    script = (ROOT / "bot" / "sandbox" / "page" / "static" / "inspector.js").read_text()
    (told,) = re.findall(r"three tabs: (.*?)\.", " ".join(README.split()))
    assert re.findall(r"\*(\w+)\*", told) == re.findall(r'name: "(\w+)", panel', script)
