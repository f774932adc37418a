"""The documents name only what there is: files, headings, commands with their options, and exit codes."""

import re
import tomllib
from pathlib import Path

import click
import pytest
import yaml
from babel.messages.pofile import read_po

from bot.cli import arguments
from bot.cli.main import phoneid
from bot.entry import lines, table
from bot.entry.command import TypedKind, read_command
from bot.environment.secret_files import ENDING
from bot.settings import BotSettings
from bot.texts import using_ids
from bot.texts.language import CATALOGUES, ENGLISH, Languages
from tools import catalogues
from tools.bench.__main__ import PARTS
from tools.bench.__main__ import main as bench
from tools.faults.__main__ import main as faults

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
HISTORY = ROOT / "CHANGELOG.md"
"""It tells of earlier releases, too."""
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]

RELEASE = re.compile(r"^## \[(\d+)\.(\d+)\.(\d+)\]", re.MULTILINE)

COMMAND = re.compile(r"(?:^|bin/|`|\| )phoneid (?:--env-file \S+ )?([a-z][a-z-]*)([^`\n|]*)", re.MULTILINE)
"""``phoneid`` with a command of it and what follows: in a line of its own, in quotation, or behind a pipe."""


def headings_of(path: Path) -> set[str]:
    """As links name them: in small letters, without punctuation, words joined by hyphens."""
    without_code = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", without_code, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


LINKS = [
    pytest.param(path, link, id=f"{path.name} {link}")
    for path in DOCUMENTS
    for link in sorted(set(re.findall(r"\]\(([^):]+)\)", path.read_text())))
]


@pytest.mark.parametrize(("path", "link"), LINKS)
def test_every_file_and_heading_that_is_linked_is_there(path: Path, link: str) -> None:
    file, _, heading = link.partition("#")
    target = path.parent / file if file else path
    assert target.exists()
    assert not heading or heading in headings_of(target)


@pytest.mark.parametrize("path", [each for each in DOCUMENTS if each != HISTORY], ids=lambda path: path.name)
def test_every_command_that_is_named_is_there_with_its_options(path: Path) -> None:
    for name, rest in COMMAND.findall(path.read_text()):
        assert name in phoneid.commands, name
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) <= options_of(phoneid.commands[name]), rest


def test_a_build_of_what_is_not_released_yet_has_a_version_of_its_own() -> None:
    """Else nobody could tell it from the last release, say in ``phoneid_build_info`` or beside a database."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    version = tuple(map(int, project["version"].split(".")))
    unreleased, _, released = HISTORY.read_text().partition("## [Unreleased]")[2].partition("\n## [")
    last = tuple(map(int, RELEASE.findall("## [" + released)[0]))
    assert version > last if unreleased.strip() else version == last


def test_the_commands_are_found() -> None:
    found = COMMAND.findall(
        "echo 1 | phoneid lookup -\nbin/phoneid run --host 0.0.0.0\n`phoneid log --csv`, a phoneid bot"
    )
    assert found == [("lookup", " -"), ("run", " --host 0.0.0.0"), ("log", " --csv")]


@pytest.mark.parametrize("name", ["README.md", "docs/agents.md", "manifest.yaml"])
def test_every_word_after_the_slash_command_is_told(name: str) -> None:
    words = {kind for kind in TypedKind if read_command(kind.value, region=None).kind is kind}
    text = (ROOT / name).read_text()
    missing = {kind for kind in words - {TypedKind.UNREADABLE} if not re.search(rf"\b{kind.value}\b", text)}
    assert TypedKind.HISTORY in words
    assert not missing


def options_of(command: click.Command) -> set[str]:
    every = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
    return {"--help", *(option for each in every for parameter in each.params for option in parameter.opts)}


def test_the_measurements_are_repeated_with_options_that_there_are() -> None:
    page = (ROOT / "docs" / "measurements.md").read_text()
    assert set(re.findall(r"`(--[a-z]+)", page)) <= options_of(bench) | options_of(faults)
    assert f"`--only {','.join(PARTS)}`" in page


def test_the_exit_codes_are_those_of_the_command_line() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text()
    assert f"{arguments.EXIT_NO_ID}, there is no ID; {arguments.EXIT_CANNOT_START}, it could not start" in page


@pytest.mark.parametrize("path", [each for each in DOCUMENTS if each != HISTORY], ids=lambda path: path.name)
def test_every_setting_that_is_named_is_one(path: Path) -> None:
    named = set(re.findall(r"\b(?:PHONEID|SLACK|ALIBABA_CLOUD)_[A-Z_]+[A-Z]\b", path.read_text()))
    settings = {name.upper() for name in BotSettings.model_fields}
    assert named <= settings | {f"{name}{ENDING}" for name in settings} | NO_SETTINGS


NO_SETTINGS = {
    "PHONEID_TEST_POSTGRES",  # the tests'
    "PHONEID_SERVICE_HOST",  # what a host names by itself
    "PHONEID_PORT",
    "ALIBABA_CLOUD_STS_REGION",  # read by Alibaba Cloud's own package
}


def test_how_many_numbers_are_taken_at_once_is_told_rightly() -> None:
    agents, terminal = ((ROOT / "docs" / name).read_text() for name in ("agents.md", "command-line.md"))
    assert f"takes {lines.MOST} numbers" in README.read_text()
    assert f"up to {lines.MOST} numbers" in agents
    assert f"最多 {lines.MOST} 个号码" in agents
    assert f"Up to {table.MOST_NUMBERS:,} numbers" in " ".join(terminal.split())


AGENTS_IN_ENGLISH, AGENTS_IN_CHINESE = (ROOT / "docs" / "agents.md").read_text().split("\n# ")
SHORTCUT = yaml.safe_load((ROOT / "manifest.yaml").read_text())["features"]["shortcuts"][0]["name"]


def test_what_agents_are_to_click_is_called_so() -> None:
    labels = set(re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", AGENTS_IN_ENGLISH))
    assert "Show ID" in labels
    assert labels <= {each.english for each in catalogues.sentences()} | {SHORTCUT.split(" · ")[0]}


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("zh_Hans.po")), ids=lambda path: path.stem)
def test_what_agents_are_to_click_is_called_so_in_chinese(path: Path) -> None:
    with path.open("rb") as file:
        said = {each.string for each in read_po(file) if isinstance(each.string, str)}
    labels = set(re.findall(r"“([^”]+)”", AGENTS_IN_CHINESE))
    assert labels <= said | {SHORTCUT.split(" · ")[1]}


def test_the_page_for_agents_links_to_the_pages_that_the_bot_does() -> None:
    link = r"https://[^\s|)>]+"
    follows = using_ids.what_follows()
    english, chinese = ENGLISH.markup(follows), Languages.read().nearest("zh-CN").markup(follows)
    assert set(re.findall(link, english)) == set(re.findall(link, AGENTS_IN_ENGLISH))
    assert set(re.findall(link, chinese)) == set(re.findall(link, AGENTS_IN_CHINESE))


def test_the_chinese_half_of_the_page_for_agents_is_set_as_chinese_is() -> None:
    prose = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", "`", AGENTS_IN_CHINESE, flags=re.DOTALL)
    assert "您" not in prose
    assert not re.search(r"(?<!申)请", prose)
    assert not re.findall(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]", prose)  # a space between
    assert not re.findall(r"[\u4e00-\u9fff] ?[,.:;?!()]", prose)  # full-width punctuation
    assert not re.findall(r"[，。：；？！]\*\*[\u4e00-\u9fff]", prose)  # Markdown does not end bold there
