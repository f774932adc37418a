"""``phoneid doctor`` in the sandbox: each of many planted mistakes is named with its remedy, and nothing else is."""

import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from pydantic import SecretStr

from bot.app import open_record
from bot.audit import Event
from bot.checks import Check, CheckVerdict
from bot.doctor import machine
from bot.doctor.examination import examine
from bot.doctor.workspace import MOST_PEOPLE
from bot.interfaces import Clock
from bot.sandbox.cams.server import SANDBOX_ACCOUNT
from bot.sandbox.cams.trouble import ApiTrouble
from bot.sandbox.cams.verification import Account
from bot.sandbox.slack.people import UserGroup
from bot.sandbox.slack.trouble import Forced
from bot.sandbox.slack.workspace import Conversation
from bot.settings import BotSettings, RecordSettings, read
from bot.settings import examine as examine_settings
from bot.store import journal
from tests.scenarios.asking import TO_CHANNEL, path_of
from tests.scenarios.scene import QUICK, Scene, open_scene
from tests.values import ANA

pytestmark = pytest.mark.usefixtures("on_file")  # mistakes are planted in it

MEANT = {"PHONEID_CAMS_URL", "SLACK_API_URL"}
"""Calls go to the sandbox, and that is told each time."""


class Planted(NamedTuple):
    """Where a mistake is planted."""

    scene: Scene
    patch: pytest.MonkeyPatch
    folder: Path


Plant = Callable[[Planted], object]


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """What is planted, the names of all checks that are not well then, and words of what to do."""

    plant: Plant = lambda _: None
    names: set[str]
    remedy: str
    settings: Mapping[str, str] = field(default_factory=dict)
    accounts: Sequence[Account] = (SANDBOX_ACCOUNT,)
    ahead: float = 0.0
    """Seconds that this machine's clock is."""


@dataclass(frozen=True)
class Ahead:
    """A clock that is off."""

    clock: Clock
    seconds: float

    def now(self) -> float:
        return self.clock.now() + self.seconds

    def monotonic(self) -> float:
        return self.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self.clock.sleep(seconds)


def without(*names: str) -> Plant:
    return lambda planted: [planted.scene.environment.pop(name) for name in names]


def change(channel: Callable[[Conversation], Conversation]) -> Plant:
    """The approvers' channel becomes this."""

    def plant(planted: Planted) -> None:
        conversations = planted.scene.slack.workspace.conversations
        conversations["C0APPROVALS"] = channel(conversations["C0APPROVALS"])

    return plant


def group(*members: str, is_disabled: bool = False) -> Plant:
    """The usergroup of leads holds these."""
    leads = UserGroup(id="S0LEADS", handle="leads", name="Team leads", members=members, is_disabled=is_disabled)
    return lambda planted: planted.scene.slack.workspace.user_groups.update(S0LEADS=leads)


def refuse(method: str, word: str) -> Plant:
    return lambda planted: planted.scene.slack.forced.update({method: Forced(word)})


def trouble(which: ApiTrouble) -> Plant:
    return lambda planted: setattr(planted.scene.cams, "trouble", which)


def around(name: str, value: str) -> Plant:
    """In the process's environment."""
    return lambda planted: planted.patch.setenv(name, value)


def lacking(*scopes: str) -> Plant:
    return lambda planted: planted.scene.slack.lacking.update(scopes)


def write_env_file(planted: Planted) -> None:
    file = planted.folder / ".env"
    file.write_text("# secrets\n")
    file.chmod(0o644)


def move_token_to_file(planted: Planted) -> None:
    file = planted.folder / "token"
    file.write_text(planted.scene.environment.pop("SLACK_BOT_TOKEN"))
    file.chmod(0o644)
    planted.scene.environment["SLACK_BOT_TOKEN_FILE"] = str(file)


def edit_journal(planted: Planted) -> None:
    with closing(sqlite3.connect(path_of(planted.scene))) as connection, connection:
        connection.execute("DROP TRIGGER journal_keeps_entries") if has_trigger(connection) else None
        connection.execute("UPDATE journal SET user_id = 'U0NOBODY' WHERE seq = 1")


def has_trigger(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'journal_keeps_entries'").fetchall())


def open_to_others(planted: Planted) -> None:
    Path(path_of(planted.scene)).chmod(0o644)


def replace_database(sql: str) -> Plant:
    """Another program's, or another release's."""

    def plant(planted: Planted) -> None:
        if not sql.startswith("UPDATE"):
            for file in planted.folder.glob("phoneid.db*"):
                file.unlink()
        with closing(sqlite3.connect(path_of(planted.scene))) as connection, connection:
            connection.execute(sql)
        Path(path_of(planted.scene)).chmod(0o600)

    return plant


def run_five_processes(planted: Planted) -> None:
    """Each keeps two links, but the last."""
    alive = [(f"process {number}", planted.scene.clock.now(), links) for number, links in enumerate((2, 2, 2, 2, 1))]
    with closing(sqlite3.connect(path_of(planted.scene))) as connection, connection:
        connection.executemany("INSERT INTO processes (name, seen_at, links) VALUES (?, ?, ?)", alive)


def fill_disk(planted: Planted) -> None:
    class Nearly(NamedTuple):
        free: int = 5_000_000

    planted.patch.setattr(shutil, "disk_usage", lambda _: Nearly())


def age_metadata(planted: Planted) -> None:
    planted.patch.setattr(machine, "DATED", dict.fromkeys(machine.DATED, date(2024, 1, 1)))


def listen_as_another_app_without_usergroups(planted: Planted) -> None:
    planted.scene.slack.lacking.add("usergroups:read")
    planted.scene.environment.update(SLACK_APP_TOKEN=planted.scene.slack.other_app_token)


def close_channel(planted: Planted) -> None:
    """It is private, and the app may only read about public ones."""
    change(lambda now: replace(now, is_private=True))(planted)
    planted.scene.slack.lacking.add("groups:read")


KEY = SANDBOX_ACCOUNT.access_key_id
TEMPORARY = replace(SANDBOX_ACCOUNT, security_token=SecretStr("current-token"))
NO_APPROVALS = without("PHONEID_APPROVAL", "PHONEID_APPROVERS", "PHONEID_APPROVAL_CHANNEL")

MISTAKES = {
    # settings
    "one port for two": Mistake(
        plant=without("SLACK_APP_TOKEN"),
        settings={"SLACK_SIGNING_SECRET": "0" * 32, "PORT": "8080", "PHONEID_HEALTH_PORT": "8080"},
        names={"PHONEID_HEALTH_PORT"},
        remedy="to another port",
    ),
    "links without Socket Mode": Mistake(
        plant=without("SLACK_APP_TOKEN"),
        settings={"SLACK_SIGNING_SECRET": "0" * 32, "PHONEID_LINKS": "1"},
        names={"PHONEID_LINKS"},
        remedy="Remove it",
    ),
    "a role beside a key": Mistake(
        settings={"ALIBABA_CLOUD_ECS_METADATA": "phoneid"},
        names={"ALIBABA_CLOUD_ECS_METADATA"},
        remedy="remove the AccessKey settings",
    ),
    "no number": Mistake(settings={"PHONEID_QPS": "many"}, names={"PHONEID_QPS"}, remedy="table of settings"),
    "mistyped name": Mistake(settings={"PHONEID_AGENT": "U0ANA"}, names={"PHONEID_AGENT"}, remedy="PHONEID_AGENTS"),
    "no bot token": Mistake(plant=without("SLACK_BOT_TOKEN"), names={"SLACK_BOT_TOKEN"}, remedy="OAuth & Permissions"),
    "the wrong kind of token": Mistake(
        settings={"SLACK_APP_TOKEN": "xoxb-1"}, names={"SLACK_APP_TOKEN"}, remedy="table of settings"
    ),
    "approvals without approvers": Mistake(
        plant=without("PHONEID_APPROVERS"), names={"PHONEID_APPROVERS"}, remedy="List the Slack IDs of the approvers"
    ),
    "trusted without approvals": Mistake(
        plant=NO_APPROVALS, settings={"PHONEID_TRUSTED": "U0ANA"}, names={"PHONEID_TRUSTED"}, remedy="or remove it"
    ),
    "a time to approve without approvals": Mistake(
        plant=NO_APPROVALS,
        settings={"PHONEID_APPROVAL_TTL": "2h"},
        names={"PHONEID_APPROVAL_TTL"},
        remedy="Set PHONEID_APPROVAL=always",
    ),
    "approvers, and nobody said that approvals are on": Mistake(
        plant=without("PHONEID_APPROVAL", "PHONEID_APPROVAL_CHANNEL"),
        names={"PHONEID_APPROVERS"},
        remedy="Set PHONEID_APPROVAL=always to require approvals",
    ),
    "a channel, and nobody said that approvals are on": Mistake(
        plant=without("PHONEID_APPROVAL", "PHONEID_APPROVERS"),
        names={"PHONEID_APPROVAL_CHANNEL"},
        remedy="Set PHONEID_APPROVAL=always to require approvals",
    ),
    "a port in Socket Mode": Mistake(
        settings={"PORT": "8080"}, names={"PORT"}, remedy="unless your hosting platform sets it"
    ),
    "a signing secret in Socket Mode": Mistake(
        settings={"SLACK_SIGNING_SECRET": "0" * 32}, names={"SLACK_SIGNING_SECRET"}, remedy="remove SLACK_APP_TOKEN"
    ),
    "too many calls": Mistake(settings={"PHONEID_QPS": "50"}, names={"PHONEID_QPS"}, remedy="raised your limit"),
    "a temporary key alone": Mistake(
        settings={"ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.sandbox"},
        accounts=[replace(TEMPORARY, access_key_id="STS.sandbox")],
        names={"ALIBABA_CLOUD_SECURITY_TOKEN"},
        remedy="Set the token that came with the key",
    ),
    "a token beside a lasting key": Mistake(
        settings={"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAIsandbox", "ALIBABA_CLOUD_SECURITY_TOKEN": "a-token"},
        accounts=[replace(SANDBOX_ACCOUNT, access_key_id="LTAIsandbox")],
        names={"ALIBABA_CLOUD_SECURITY_TOKEN"},
        remedy="Remove the token",
    ),
    "one approver": Mistake(
        settings={"PHONEID_APPROVERS": "U0LEE"}, names={"PHONEID_APPROVERS"}, remedy="Add a second approver"
    ),
    "trusted and no agent": Mistake(
        settings={"PHONEID_AGENTS": "U0ANA", "PHONEID_TRUSTED": "U0KIM"},
        names={"PHONEID_TRUSTED"},
        remedy="Add them to PHONEID_AGENTS",
    ),
    "a secret's file that others can read": Mistake(
        plant=move_token_to_file, names={"SLACK_BOT_TOKEN_FILE"}, remedy="chmod 600 /"
    ),
    "secrets that others can read": Mistake(plant=write_env_file, names={".env"}, remedy="chmod 600 /"),
    # network
    "a proxy of another kind": Mistake(
        plant=around("HTTPS_PROXY", "socks5://127.0.0.1:1080"), names={"proxy"}, remedy="http://host:port"
    ),
    "no certificates": Mistake(
        plant=around("SSL_CERT_FILE", "/nowhere"), names={"certificates"}, remedy="Correct it, or remove it"
    ),
    # Slack
    "a revoked token": Mistake(
        plant=refuse("auth.test", "token_revoked"), names={"SLACK_BOT_TOKEN"}, remedy="Install the app again"
    ),
    "another's token": Mistake(
        settings={"SLACK_BOT_TOKEN": "xoxb-nobodys"}, names={"SLACK_BOT_TOKEN"}, remedy="Copy it again"
    ),
    "a wrong app token": Mistake(
        settings={"SLACK_APP_TOKEN": "xapp-1-A0SANDBOX-1-0"}, names={"SLACK_APP_TOKEN"}, remedy="connections:write"
    ),
    "tokens of two apps": Mistake(
        plant=lambda planted: planted.scene.environment.update(SLACK_APP_TOKEN=planted.scene.slack.other_app_token),
        names={"SLACK_APP_TOKEN"},
        remedy="Copy both tokens from the same app's page",
    ),
    "Slack in trouble": Mistake(plant=refuse("auth.test", "fatal_error"), names={"Slack"}, remedy="in a minute"),
    "no users:read": Mistake(plant=lacking("users:read"), names={"scopes"}, remedy="Add these scopes"),
    "no usergroups:read": Mistake(plant=lacking("usergroups:read"), names={"scopes"}, remedy="Add these scopes"),
    "no scope for the channel": Mistake(
        plant=lacking("channels:read", "groups:read"), names={"scopes"}, remedy="Add these scopes"
    ),
    "no scope for a private channel": Mistake(
        plant=close_channel, names={"PHONEID_APPROVAL_CHANNEL"}, remedy="Add these scopes"
    ),
    "no scope, and another app's token": Mistake(
        plant=listen_as_another_app_without_usergroups,
        names={"scopes", "SLACK_APP_TOKEN"},
        remedy="Copy both tokens from the same app's page",
    ),
    "a scope too many": Mistake(
        plant=lambda planted: planted.scene.slack.surplus.add("files:write"), names={"scopes"}, remedy="Remove them"
    ),
    "an agents' usergroup that nobody knows": Mistake(
        settings={"PHONEID_AGENTS": "S0UNKNOWN,U0ANA"}, names={"PHONEID_AGENTS"}, remedy="Copy the ID again"
    ),
    "an agents' usergroup without members": Mistake(
        plant=lambda planted: planted.scene.slack.workspace.user_groups.update(
            S0EMPTY=UserGroup(id="S0EMPTY", handle="empty", name="Empty", members=())
        ),
        settings={"PHONEID_AGENTS": "S0EMPTY,U0ANA"},
        names={"PHONEID_AGENTS"},
        remedy="Add people to it",
    ),
    "an agent who is a guest": Mistake(
        settings={"PHONEID_AGENTS": "U0ANA,U0GUS"}, names={"PHONEID_AGENTS"}, remedy="Correct the IDs"
    ),
    # approvals
    "approvers' usergroup is disabled": Mistake(
        plant=group("U0LEE", "U0KIM", is_disabled=True), names={"PHONEID_APPROVERS"}, remedy="Enable it in Slack"
    ),
    "nobody can approve": Mistake(
        settings={"PHONEID_APPROVERS": "U0GUS,U0IDA"},
        names={"PHONEID_APPROVERS"},
        remedy="Add an approver who is",
    ),
    "an approver who left": Mistake(
        settings={"PHONEID_APPROVERS": "S0LEADS,U0IDA"}, names={"PHONEID_APPROVERS"}, remedy="Correct the IDs"
    ),
    "a channel of two companies": Mistake(
        settings={"PHONEID_APPROVAL_CHANNEL": "C0PARTNER"},
        names={"PHONEID_APPROVAL_CHANNEL"},
        remedy="only this workspace has",
    ),
    "a channel without the bot": Mistake(
        settings={"PHONEID_APPROVAL_CHANNEL": "C0TEAROOM"}, names={"PHONEID_APPROVAL_CHANNEL"}, remedy="Invite the bot"
    ),
    "a channel that is not there": Mistake(
        settings={"PHONEID_APPROVAL_CHANNEL": "C0NOWHERE"},
        names={"PHONEID_APPROVAL_CHANNEL"},
        remedy="check the channel ID",
    ),
    "an archived channel": Mistake(
        plant=change(lambda now: replace(now, is_archived=True)),
        names={"PHONEID_APPROVAL_CHANNEL"},
        remedy="each approver gets every request",
    ),
    # Alibaba Cloud
    "an unknown key": Mistake(
        settings={"ALIBABA_CLOUD_ACCESS_KEY_ID": "Nobodys"},
        names={"ALIBABA_CLOUD_ACCESS_KEY_ID"},
        remedy="Copy the AccessKey ID again",
    ),
    "a disabled key": Mistake(
        accounts=[replace(SANDBOX_ACCOUNT, is_active=False)],
        names={"ALIBABA_CLOUD_ACCESS_KEY_ID"},
        remedy="Enable it in the RAM console",
    ),
    "a wrong secret": Mistake(
        settings={"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong"},
        names={"ALIBABA_CLOUD_ACCESS_KEY_SECRET"},
        remedy="Copy both from the same AccessKey",
    ),
    "an expired token": Mistake(
        accounts=[TEMPORARY],
        settings={"ALIBABA_CLOUD_SECURITY_TOKEN": "older-token"},
        names={"ALIBABA_CLOUD_SECURITY_TOKEN"},
        remedy="Get new temporary credentials",
    ),
    "no token": Mistake(
        accounts=[TEMPORARY], names={"ALIBABA_CLOUD_SECURITY_TOKEN"}, remedy="Get new temporary credentials"
    ),
    "a token of another key": Mistake(
        settings={"ALIBABA_CLOUD_SECURITY_TOKEN": "a-token"},
        names={"ALIBABA_CLOUD_SECURITY_TOKEN"},
        remedy="Get new temporary credentials",
    ),
    "no permission": Mistake(
        plant=trouble(ApiTrouble.FORBIDDEN), names={"permission"}, remedy="cams:GetPreValidatePhoneId"
    ),
    "not subscribed": Mistake(
        plant=trouble(ApiTrouble.UNSUBSCRIBED),
        names={"subscription"},
        remedy="Activate it in the Alibaba Cloud console",
    ),
    "an illegal timestamp": Mistake(plant=trouble(ApiTrouble.CLOCK), names={"clock"}, remedy="Set the machine's clock"),
    "in arrears": Mistake(plant=trouble(ApiTrouble.ARREARS), names={"Alibaba Cloud"}, remedy="bills and notices"),
    "throttled": Mistake(plant=trouble(ApiTrouble.THROTTLED), names={"Alibaba Cloud"}, remedy="in a few minutes"),
    "an internal failure": Mistake(plant=trouble(ApiTrouble.FAILING), names={"Alibaba Cloud"}, remedy="a few minutes"),
    "the API is away": Mistake(plant=trouble(ApiTrouble.DOWN), names={"Alibaba Cloud"}, remedy="a few minutes"),
    "the API hangs": Mistake(plant=trouble(ApiTrouble.HANG), names={"Alibaba Cloud"}, remedy="a few minutes"),
    "nothing listens there": Mistake(
        settings={"PHONEID_CAMS_URL": "http://127.0.0.1:1"}, names={"Alibaba Cloud"}, remedy="Check the network"
    ),
    "another server": Mistake(
        plant=lambda planted: planted.scene.environment.update(PHONEID_CAMS_URL=planted.scene.slack.base_url),
        names=set(),
        remedy="that this is the newest version",
    ),
    # database and machine
    "no folder for the database": Mistake(
        settings={"DATABASE_URL": "sqlite:////nowhere/phoneid.db"}, names={"database"}, remedy="Create the folder"
    ),
    "another program's database": Mistake(
        plant=replace_database("CREATE TABLE songs (title TEXT)"),
        names={"database"},
        remedy="Set DATABASE_URL to the bot's own database",
    ),
    "a newer release's database": Mistake(
        plant=replace_database("UPDATE journal_head SET schema = 999, oldest_writer = 999"),
        names={"database"},
        remedy="the release that wrote this one",
    ),
    "a database that others can open": Mistake(plant=open_to_others, names={"database"}, remedy="chmod 600"),
    "an edited journal": Mistake(plant=edit_journal, names={"journal"}, remedy="phoneid journal verify"),
    "more links than Slack takes": Mistake(
        plant=run_five_processes,
        names={"PHONEID_LINKS"},
        remedy="Set PHONEID_LINKS=1",
    ),
    "a full disk": Mistake(plant=fill_disk, names={"disk"}, remedy="Free some space"),
    "old numbering plans": Mistake(plant=age_metadata, names={"phone data"}, remedy="Install the newest version"),
    # the clock
    "a clock ahead of Slack's": Mistake(ahead=400.0, names={"clock"}, remedy="Set the clock"),
    "a clock far behind": Mistake(ahead=-1200.0, names={"clock"}, remedy="Set the machine's clock"),
}


async def examined(scene: Scene, folder: Path, *, ahead: float = 0.0) -> list[Check]:
    """What the command would show."""
    settings, found = examine_settings(BotSettings, scene.environment)
    found = [*found, *machine.check_env_file(folder / ".env")]
    by_group = await examine(settings, found, clock=Ahead(scene.clock, ahead), waits=QUICK)
    return [each for checks in by_group.values() for each in checks]


async def begin_record(scene: Scene) -> None:
    """As a bot that ran before left it."""
    settings = read(RecordSettings, {"DATABASE_URL": scene.environment["DATABASE_URL"]})
    async with open_record(settings, scene.clock) as record:
        for _ in range(3):
            await record.change(journal.note, Event.STARTED, actor=ANA)


def not_well(checks: list[Check]) -> set[str]:
    return {each.name for each in checks if each.verdict in (CheckVerdict.WARNING, CheckVerdict.STOP)}


async def test_a_fine_set_up_gives_nothing_to_do(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings=TO_CHANNEL) as scene:
        await begin_record(scene)
        checks = await examined(scene, tmp_path)
        assert {each.name for each in checks if each.verdict is not CheckVerdict.OK} == MEANT
        assert list(scene.slack.complaints) == []
    assert all(each.what.endswith(".") for each in checks)
    assert len(scene.cams.calls) == 1


async def test_of_people_whom_nobody_asked_about_nothing_is_said(tmp_path: Path) -> None:
    many = ",".join(["U0ANA", *(f"U0ZZZ{number:03}" for number in range(MOST_PEOPLE + 5))])
    async with open_scene(tmp_path, settings={**TO_CHANNEL, "PHONEID_AGENTS": many}) as scene:
        checks = await examined(scene, tmp_path)
    (of_people,) = [each for each in checks if each.name == "people"]
    assert of_people.verdict is CheckVerdict.SKIPPED
    assert of_people.what.startswith(f"Only the first {MOST_PEOPLE} of the ")


async def test_what_several_find_is_told_once(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings={**TO_CHANNEL, "SLACK_API_URL": "http://127.0.0.1:1/"}) as scene:
        checks = await examined(scene, tmp_path)
    assert len({*checks}) == len(checks)
    assert [each.name for each in checks if each.verdict is CheckVerdict.STOP] == ["Slack"]


def test_at_least_thirty_mistakes_are_planted() -> None:
    assert len(MISTAKES) >= 30


@pytest.mark.parametrize("which", MISTAKES)
async def test_a_planted_mistake_is_named_with_its_remedy_and_nothing_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    mistake = MISTAKES[which]
    async with open_scene(tmp_path, settings={**TO_CHANNEL, **mistake.settings}, accounts=mistake.accounts) as scene:
        if "DATABASE_URL" not in mistake.settings:
            await begin_record(scene)
        mistake.plant(Planted(scene, monkeypatch, tmp_path))
        checks = await examined(scene, tmp_path, ahead=mistake.ahead)
    assert not_well(checks) - MEANT == mistake.names - MEANT
    told = [each for each in checks if each.name in (mistake.names or MEANT) and each.verdict is not CheckVerdict.OK]
    assert any(mistake.remedy in each.remedy for each in told), told
    wrong = [each for each in checks if each.verdict in (CheckVerdict.WARNING, CheckVerdict.STOP)]
    assert [each for each in wrong if not each.remedy] == []
