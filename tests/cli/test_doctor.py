"""``phoneid doctor`` as somebody types it: what is shown, to people and to programs, and with which exit code."""

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import click
import pytest

from bot.checks import Check, ok, skipped, stop, warning
from bot.cli.doctor import exit_code, lines, showing_what_is_checked
from bot.models import MASK
from bot.sandbox.cams.server import SANDBOX_ACCOUNT
from bot.texts import doctor as texts
from tests.scenarios.scene import Scene, open_scene
from tests.shell import QuickShell

WELL, WORTH_A_LOOK, WRONG = (
    ok("a", "A is fine."),
    warning("b", "B is odd.", "Look."),
    stop("c", "C is wrong.", "Mend it."),
)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as opened:
        yield opened


@pytest.fixture
def shell(scene: Scene, tmp_path: Path) -> QuickShell:
    return QuickShell(tmp_path, scene.environment)


async def test_each_group_says_what_was_looked_at_what_was_found_and_what_to_do(shell: QuickShell) -> None:
    ran = await shell.run("doctor", PHONEID_TRUSTED="U0ANA")
    assert (ran.status, ran.err) == (1, "")
    shown = ran.out.splitlines()
    assert [each for each in shown if each and not each.startswith(" ")] == [
        "Settings",
        "Network",
        "Slack",
        "Alibaba Cloud",
        "Database",
        "Machine",
        "The bot can start, with 3 warnings.",
    ]
    at = next(index for index, each in enumerate(shown) if "PHONEID_TRUSTED has no effect" in each)
    assert shown[at].split()[0] == "warning"
    assert shown[at + 1].strip() == f"{texts.WHAT_TO_DO} {texts.REMOVE_OR_SWITCH_ON}"


async def test_it_begins_no_record_and_looks_nothing_up(shell: QuickShell, scene: Scene) -> None:
    ran = await shell.run("doctor")
    assert "There is no database" in ran.out
    assert (await shell.run("log")).status == 2  # nor is there any now
    (call,) = scene.cams.calls
    assert (call.phone, call.api_code) == ("14155550100", "Unknown.ResourceOwnerId")


async def test_an_empty_database_is_left_empty_and_a_start_begins_there(shell: QuickShell, scene: Scene) -> None:
    file = shell.folder / "phoneid.db"
    file.touch(mode=0o600)
    ran = await shell.run("doctor")
    assert ran.status == 1
    assert "There is no database" in ran.out
    assert file.stat().st_size == 0
    assert [call.api_code for call in scene.cams.calls] == ["Unknown.ResourceOwnerId"]


async def test_beside_a_record_it_makes_one_call_in_its_turn_and_leaves_the_journal_alone(
    shell: QuickShell, scene: Scene
) -> None:
    await shell.run("lookup", "+8613800001234", typed="208312\n")
    before = await shell.run("journal", "head")
    assert (await shell.run("doctor")).status == 1
    assert [each.phone for each in scene.cams.calls] == ["8613800001234", "14155550100"]
    assert (await shell.run("journal", "head")).out == before.out
    assert (await shell.run("log", "--json")).out.count('"reference"') == 1


async def test_a_program_reads_the_same_as_json_without_a_secret(shell: QuickShell, scene: Scene) -> None:
    ran = await shell.run("doctor", "--json", PHONEID_QPS="50")
    told = json.loads(ran.out)
    assert told.keys() == {"version", "exit_code", "settings", "checks"}
    assert (told["exit_code"], ran.status) == (1, 1)
    assert {each for check in told["checks"] for each in check} == {"group", "name", "verdict", "what", "remedy"}
    assert {each["verdict"] for each in told["checks"]} == {"ok", "warning"}
    assert told["settings"]["SLACK_BOT_TOKEN"] == MASK
    assert told["settings"]["PHONEID_QPS"] == 50
    secrets = [scene.slack.bot_token, scene.slack.app_token, SANDBOX_ACCOUNT.access_key_secret.get_secret_value()]
    assert not [each for each in secrets if each in ran.out]


async def test_what_stops_a_start_is_exit_code_2_and_the_rest_is_told_all_the_same(
    shell: QuickShell, scene: Scene
) -> None:
    scene.slack.lacking.add("commands")
    ran = await shell.run("doctor", ALIBABA_CLOUD_ACCESS_KEY_ID="Nobodys")
    assert ran.status == 2
    assert "lacks scopes that these settings need: commands" in ran.out
    assert "Alibaba Cloud does not know ALIBABA_CLOUD_ACCESS_KEY_ID" in ran.out
    assert ran.out.splitlines()[-1] == "The bot cannot start: 2 errors to fix first, 2 warnings."


async def test_settings_that_cannot_be_used_are_told_and_the_rest_is_passed_over(shell: QuickShell) -> None:
    ran = await shell.run("doctor", PHONEID_QPS="many", PHONEID_APPROVAL="perhaps")
    assert ran.status == 2
    assert "PHONEID_QPS must be a whole number" in ran.out
    assert "PHONEID_APPROVAL must be always or never" in ran.out
    assert texts.WITHOUT_SETTINGS in ran.out


@pytest.mark.parametrize(
    ("checks", "code"),
    [
        ([WELL, skipped("d", "D was not asked.")], 0),
        ([WELL, WORTH_A_LOOK], 1),
        ([WRONG, WORTH_A_LOOK, WELL], 2),
        ([], 0),
    ],
)
def test_the_exit_code_is_the_worst_verdict(checks: list[Check], code: int) -> None:
    assert exit_code(checks) == code


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ([WELL], "Everything is fine."),
        ([WELL, skipped("d", "D was not asked.")], "No errors were found, but 1 check was not made."),
        ([WORTH_A_LOOK, skipped("d", "D was not asked.")], "The bot can start, with 1 warning, 1 not checked."),
        ([WRONG, skipped("d", "D was not asked.")], "The bot cannot start: 1 error to fix first, 1 not checked."),
    ],
)
def test_what_was_not_found_out_is_not_well(checks: list[Check], said: str) -> None:
    assert [*lines({"Group": checks})][-1] == said


def test_a_name_is_not_said_twice() -> None:
    twice, once = warning("PORT", "PORT has no effect.", "Remove it."), ok("disk", "The disk is fine.")
    shown = [click.unstyle(each).split(maxsplit=1) for each in lines({"Group": [twice, once]})]
    assert shown[1] == ["warning", "PORT has no effect."]
    assert shown[3] == ["ok", "disk: The disk is fine."]


def test_lines_fit_the_terminal_and_are_whole_elsewhere() -> None:
    long = warning("settings", "These are set: " + ", ".join(f"NAME_{each}=value" for each in range(40)), "Look. " * 30)
    fitting = [click.unstyle(each) for each in lines({"Group": [long]}, width=60)]
    assert max(map(len, fitting)) <= 60
    whole = [click.unstyle(each) for each in lines({"Group": [long]})]
    assert " ".join(fitting).split() == " ".join(whole).split()
    assert len(whole) == 5  # group, what, what to do, blank, summary
    assert {len(each) - len(each.lstrip()) for each in fitting[2:-2]} == {15}


def test_who_waits_at_a_terminal_reads_what_is_being_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with showing_what_is_checked() as tell:
        tell(("Slack",))
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with showing_what_is_checked() as tell:
        tell(("Slack", "Database"))
    out, err = capsys.readouterr()
    assert (out, err.split("\r\x1b[2K")) == ("", ["", "Checking Slack, Database …", ""])


def test_colours_are_left_out_where_nobody_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = "\n".join(lines({"Group": [WELL, WORTH_A_LOOK, WRONG]}))
    assert click.unstyle(coloured) != coloured
    assert [each.split()[0] for each in coloured.splitlines()[1:6] if "\x1b" in each] == [
        "\x1b[32mok",
        "\x1b[33mwarning",
        "\x1b[31mstop",
    ]
    monkeypatch.setenv("NO_COLOR", "1")
    plain = "\n".join(lines({"Group": [WELL, WORTH_A_LOOK, WRONG]}))
    assert plain == click.unstyle(coloured)
