"""``.env``: a line that is passed over may be the one that keeps people out, so none is."""

import os
from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path

import pytest

from bot.checks import Check, CheckVerdict
from bot.environment.env_file import read_env_file
from bot.errors import SettingsError
from bot.settings import BotSettings, RecordSettings, examine, read
from tests.owners import give_away

GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-invented-bot",
    "SLACK_APP_TOKEN": "xapp-invented-app",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI-invented",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "invented-secret",
}
OURS = [name.upper() for name in BotSettings.model_fields]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With the settings that are required in its environment, and no other."""
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def write(folder: Path, content: str | bytes) -> Path:
    file = folder / ".env"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    file.chmod(0o600)
    return file


def settings(folder: Path, content: str | bytes) -> BotSettings:
    write(folder, content)
    with chdir(folder):
        return read(BotSettings)


def refusal(folder: Path, content: str | bytes | None = None) -> tuple[str, ...]:
    if content is not None:
        write(folder, content)
    with chdir(folder), pytest.raises(SettingsError) as caught:
        read(BotSettings)
    return caught.value.mistakes


@pytest.mark.parametrize(
    "line",
    [
        "PHONEID_AGENTS: U0CANARY",
        "PHONEID_AGENTS",
        'PHONEID_AGENTS="U0CANARY',
        "PHONEID_AGENTS='U0CANARY\"",
        "set PHONEID_AGENTS=U0CANARY",
        "$env:PHONEID_AGENTS='U0CANARY'",
        "export PHONEID_AGENTS",
        "export PHONEID_AGENTS U0CANARY",
        "EXPORT PHONEID_AGENTS=U0CANARY",
        "declare -x PHONEID_AGENTS=U0CANARY",
        "- PHONEID_AGENTS=U0CANARY",
        "PHONEID-AGENTS=U0CANARY",
        "PHONEID_AGENTS+=U0CANARY",
        "PHONEID_AGENTS\u00a0=U0CANARY",
        "\u200bPHONEID_AGENTS=U0CANARY",
        "\uff30HONEID_AGENTS=U0CANARY",
        "// PHONEID_AGENTS=U0CANARY",
        "; PHONEID_AGENTS=U0CANARY",
        "[phoneid]",
        '{"PHONEID_AGENTS": "U0CANARY"}',
        "=U0CANARY",
        "OTHER='a' PHONEID_AGENTS=U0CANARY",
        "OTHER=a PHONEID_AGENTS=U0CANARY",
        "OTHER=a; PHONEID_AGENTS=U0CANARY",
        "OTHER=a;PHONEID_AGENTS=U0CANARY",
        "export OTHER=a PHONEID_AGENTS=U0CANARY",
        "ALIBABA_CLOUD_SECURITY_TOKEN=a PHONEID_AGENTS=U0CANARY",
        "DATABASE_URL=sqlite:///phoneid.db\tPHONEID_AGENTS=U0CANARY",
        "# a note\u2028PHONEID_AGENTS=U0CANARY",
        "# a note\x0bPHONEID_AGENTS=U0CANARY",
        "OTHER=a\x85PHONEID_AGENTS=U0CANARY",
        "OTHER=a\0",
        r'OTHER="a\nPHONEID_AGENTS=U0CANARY"',
        "<<<<<<< HEAD",
        "export =PHONEID_AGENTS=U0CANARY",
    ],
)
def test_a_line_that_is_no_setting_stops_the_start_by_its_number_alone(folder: Path, line: str) -> None:
    [said] = refusal(folder, f"PORT=3001\n\n# what follows is odd\n{line}\nPHONEID_APPROVAL=never\n")
    assert said.startswith("Line 4 of .env ")
    assert "CANARY" not in said
    assert "AGENTS" not in said


def test_a_quotation_mark_left_open_does_not_swallow_the_next_lines(folder: Path) -> None:
    said = refusal(folder, 'OTHER="a\nPHONEID_AGENTS=U0ANA\nANOTHER=b"\n')
    assert said == ("Line 1 of .env opens a quotation mark and does not close it.",)


def test_every_odd_line_is_named_but_not_a_thousand(folder: Path) -> None:
    assert [each.split(" of ")[0] for each in refusal(folder, "a\nPORT=1\nb\n")] == ["Line 1", "Line 3"]
    said = refusal(folder, "a\n" * 1000)
    assert (len(said), said[-1]) == (21, "980 more lines of .env have such mistakes.")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("{}=Abc123/+=", "Abc123/+="),
        ("{} = Abc123", "Abc123"),
        ("  export   {}=Abc123  ", "Abc123"),
        ("{}='Abc 123'", "Abc 123"),
        ('{}="Abc 123" # of the RAM user', "Abc 123"),
        ("{}=Abc123 # of the RAM user", "Abc123"),
        ("{}=Abc#123", "Abc#123"),
        ("{}='Abc #123'", "Abc #123"),
        ("{}=Abc=123", "Abc=123"),
        ("{}=a${{HOME}}b", "a${HOME}b"),
        ("{}=${{HOME}}${{PATH}}", "${HOME}${PATH}"),
        ("{}='a${{ALIBABA_CLOUD_ACCESS_KEY_ID}}'", "a${ALIBABA_CLOUD_ACCESS_KEY_ID}"),
        ('{}="a$HOME${{HOME:-b}}"', "a$HOME${HOME:-b}"),
        (r"{}=a\n$\b", r"a\n$\b"),
        (r"{}='a\n\\b'", r"a\n\\b"),
        ("{}=a\"b'c", "a\"b'c"),
        ("\ufeff{}=Abc123", "Abc123"),
        ("{}=Abc123\r", "Abc123"),
        ("# mine\r{}=Abc123\r# over\r", "Abc123"),
    ],
)
def test_a_value_arrives_as_it_is(folder: Path, line: str, value: str) -> None:
    file = write(folder, line.format("SLACK_SIGNING_SECRET") + "\nPHONEID_AGENTS=U0ANA\n")
    assert read_env_file(file).values == {"SLACK_SIGNING_SECRET": value, "PHONEID_AGENTS": "U0ANA"}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PHONEID_AGENT", "PHONEID_AGENTS"),
        ("PHONID_AGENTS", "PHONEID_AGENTS"),
        ("PHONE_ID_AGENTS", "PHONEID_AGENTS"),
        ("AGENTS", "PHONEID_AGENTS"),
        ("approval", "PHONEID_APPROVAL"),
        ("HPONEID_APROVERS", "PHONEID_APPROVERS"),
        ("PHONEID_PORT", "PORT"),
        ("SLACK_SIGNING_SECERT", "SLACK_SIGNING_SECRET"),
        ("DATABASEURL", "DATABASE_URL"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("ALIBABA_CLOUD_SECURITY_TOKENS", "ALIBABA_CLOUD_SECURITY_TOKEN"),
    ],
)
def test_a_name_that_is_nearly_ours_is_named_with_what_was_meant(folder: Path, name: str, meant: str) -> None:
    [said] = refusal(folder, f"{name}=CANARY\n")
    assert said == f"{name.upper()} is not a setting of this version. Did you mean {meant}? Correct it, or remove it."


@pytest.mark.parametrize("line", ["PHONEI=D_AGENTS=", "PHONE=D_AGENTS=", "A=phoneid_agents="])
def test_a_name_broken_by_a_sign_of_equality_is_found(folder: Path, line: str) -> None:
    [said] = refusal(folder, f"{line}U0CANARY\n")
    assert said.endswith("is not a setting of this version. Did you mean PHONEID_AGENTS? Correct it, or remove it.")


def test_names_of_other_programs_are_left_alone(folder: Path) -> None:
    others = "TEST_DATABASE_URL=a\nPOSTGRES_PASSWORD=\nSLACK_USER_TOKEN=b\nPORTS=c=\nPHONE_NUMBER_ID=d\nLANG=e\n"
    assert settings(folder, others).port == 3000


@pytest.mark.parametrize(
    "lines",
    [
        ("PHONEID_AGENTS=U0ANA", "PHONEID_AGENTS=everyone"),
        ("PHONEID_AGENTS=U0ANA", "phoneid_agents=everyone"),
        ("PHONEID_AGENTS=U0ANA", "export PHONEID_AGENTS="),
    ],
)
def test_a_name_with_two_values_is_none(folder: Path, lines: tuple[str, str]) -> None:
    [said] = refusal(folder, f"{lines[0]}\nPORT=3001\n{lines[1]}\n")
    assert said == "Lines 1 and 3 of .env set PHONEID_AGENTS to two different values. Keep the right one."
    assert settings(folder, f"{lines[0]}\n{lines[0]}\n").phoneid_agents.ids == "U0ANA"


@pytest.mark.parametrize("blank", ["", " ", "''", '" "', " # everyone"])
@pytest.mark.parametrize("name", ["AGENTS", "APPROVAL", "APPROVERS", "RETENTION"])
def test_a_blank_that_would_loosen_is_a_mistake(folder: Path, name: str, blank: str) -> None:
    [said] = refusal(folder, f"PHONEID_{name}={blank}\n")
    assert said.startswith(f"PHONEID_{name} is empty. ")


@pytest.mark.parametrize("name", ["AGENTS", "APPROVAL", "APPROVERS", "RETENTION"])
def test_so_is_one_in_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"PHONEID_{name}", " ")
    [said] = refusal(folder, "")
    assert said.startswith(f"PHONEID_{name} is empty. ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PHONEID_APPROVAL", "always"),
        ("PHONEID_AGENTS", "U0ANA"),
        ("PHONEID_TRUSTED", "U0TRU"),
        ("PHONEID_APPROVAL_TTL", "1h"),
        ("PHONEID_RETENTION", "90d"),
        ("DATABASE_URL", "sqlite:///elsewhere.db"),
    ],
)
def test_a_blank_in_the_environment_does_not_take_away_what_the_file_says(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("PHONEID_APPROVERS", "U0LEE")
    monkeypatch.setenv(name, "")
    [said] = refusal(folder, f"{name}={value}\n")
    assert said == f"{name} is empty in the environment but has a value in .env. Remove one of the two."


def test_a_name_in_two_cases_has_one_value(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHONEID_APPROVAL", "always")
    monkeypatch.setenv("phoneid_approval", "never")
    monkeypatch.setenv("PHONEID_APPROVERS", "U0LEE")
    [said] = refusal(folder, "")
    assert "two values for PHONEID_APPROVAL" in said


def test_the_environment_wins_in_any_case(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("phoneid_agents", "U0LEE")
    assert settings(folder, "PHONEID_AGENTS=U0ANA\n").phoneid_agents.ids == "U0LEE"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "all_proxy", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_way_out_that_the_file_cannot_give_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for each in (name.upper(), name.lower()):
        monkeypatch.delenv(each, raising=False)
    [said] = refusal(folder, f"{name}=CANARY\n")
    assert said == f"{name.upper()} has no effect in .env. Set it in the environment, and remove it from .env."
    monkeypatch.setenv(name, "elsewhere")  # a host that reads the same file for its containers gives both
    assert settings(folder, f"{name}=CANARY\n").port == 3000


# --- the file itself ---


def test_no_file_is_no_mistake(folder: Path) -> None:
    with chdir(folder):
        assert read(BotSettings).port == 3000


def make_odd(file: Path, kind: str) -> None:
    match kind:
        case "a folder":
            file.mkdir()
        case "a pipe":
            os.mkfifo(file)
        case "a device":
            file.symlink_to("/dev/zero")
        case "a link to nothing":
            file.symlink_to("nothing")
        case "a link to itself":
            file.symlink_to(".env")
        case "UTF-16":
            file.write_text("PHONEID_AGENTS=U0ANA", encoding="utf-16")
        case "Latin-1":
            file.write_bytes("# für Ana\nPHONEID_AGENTS=U0ANA".encode("latin-1"))
        case "endless":
            file.write_bytes(b"\n" * 1_000_001)


@pytest.mark.parametrize(
    "kind",
    ["a folder", "a pipe", "a device", "a link to nothing", "a link to itself", "UTF-16", "Latin-1", "endless"],
)
@pytest.mark.parametrize("settings_of", [BotSettings, RecordSettings])
def test_what_is_no_file_of_settings_stops_the_start(
    folder: Path, kind: str, settings_of: type[RecordSettings]
) -> None:
    make_odd(folder / ".env", kind)
    with chdir(folder), pytest.raises(SettingsError) as caught:
        read(settings_of)
    assert caught.value.mistakes == (".env cannot be read. It must be a UTF-8 text file that this user can read.",)


@pytest.mark.parametrize("is_link", [False, True])
def test_another_users_file_is_not_believed(folder: Path, monkeypatch: pytest.MonkeyPatch, *, is_link: bool) -> None:
    file = write(folder, "PHONEID_CAMS_URL=http://127.0.0.1:1\n")
    if is_link:  # to a file of ours, where somebody else chose which
        file.rename(folder / "ours")
        file.symlink_to("ours")
    give_away(file, monkeypatch, is_root=os.geteuid() == 0)
    [said] = refusal(folder)
    assert said.startswith(f".env belongs to user {file.lstat().st_uid}, who could use it to send") or os.geteuid() != 0


def test_a_file_that_everybody_can_change_is_not_believed(folder: Path) -> None:
    write(folder, "PORT=3001\n").chmod(0o606)
    assert refusal(folder) == ("Every user of this machine can change .env. Run: chmod 600 .env",)


def checks(folder: Path, mode: int, content: str = "PORT=3001\n") -> dict[str, Check]:
    write(folder, content).chmod(mode)
    with chdir(folder):
        found, made = examine(BotSettings)
    assert found
    return {each.name: each for each in made}


def test_a_file_that_its_group_can_change_is_a_warning(folder: Path) -> None:
    assert checks(folder, 0o660)[".env"].verdict is CheckVerdict.WARNING
    assert checks(folder, 0o644)[".env"].verdict is CheckVerdict.OK


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://127.0.0.1:8080/${ALIBABA_CLOUD_ACCESS_KEY_SECRET}", "127.0.0.1:8080"),
        ("https://cams.example", "cams.example"),
        ("https://cams.ap-southeast-1.aliyuncs.com.example", "cams.ap-southeast-1.aliyuncs.com.example"),
        ("https://bucket.oss-cn-hangzhou.aliyuncs.com", "bucket.oss-cn-hangzhou.aliyuncs.com"),
        ("https://cams.oss-cn-hangzhou.aliyuncs.com", "cams.oss-cn-hangzhou.aliyuncs.com"),
        ("https://c\u0430ms.aliyuncs.com", r"c\u0430ms.aliyuncs.com"),
    ],
)
def test_an_address_that_is_not_alibaba_clouds_is_said(folder: Path, url: str, host: str) -> None:
    check = checks(folder, 0o600, f"PHONEID_CAMS_URL={url}\n")["PHONEID_CAMS_URL"]
    assert check.verdict is CheckVerdict.WARNING
    assert check.what == f"PHONEID_CAMS_URL (in .env) sends the bot's requests to {host} instead of Alibaba Cloud."


@pytest.mark.parametrize(
    "url",
    [
        "https://slack.com.example/api/",
        "http://127.0.0.1:8000/api/",
        "https://slack.example\\.slack.com/api/",  # whose host that is depends on who reads it
        "https://slack.example%2f.slack.com/api/",
    ],
)
def test_so_is_one_that_is_not_slacks(folder: Path, url: str) -> None:
    assert "instead of Slack" in checks(folder, 0o600, f"SLACK_API_URL={url}\n")["SLACK_API_URL"].what


def test_the_usual_addresses_are_no_news(folder: Path) -> None:
    made = checks(folder, 0o600, "PHONEID_CAMS_URL=https://cams.cn-shanghai.aliyuncs.com/\n")
    assert {each.verdict for each in made.values()} == {CheckVerdict.OK}


# --- names that a host puts there ---

OF_A_SERVICE: Mapping[str, str] = {
    "PHONEID_SERVICE_HOST": "10.0.0.11",
    "PHONEID_SERVICE_PORT": "3000",
    "PHONEID_SERVICE_PORT_HTTP": "3000",
    "PHONEID_PORT": "tcp://10.0.0.11:3000",
    "PHONEID_PORT_3000_TCP": "tcp://10.0.0.11:3000",
    "PHONEID_PORT_3000_TCP_PROTO": "tcp",
    "PHONEID_PORT_3000_TCP_PORT": "3000",
    "PHONEID_PORT_3000_TCP_ADDR": "10.0.0.11",
    "PHONEID_HEALTH_SERVICE_HOST": "10.0.0.12",
    "PHONEID_HEALTH_PORT": "tcp://10.0.0.12:8080",
    "PHONEID_HEALTH_PORT_8080_TCP_ADDR": "fd00::12",
    "PHONEID_DNS_PORT_53_UDP": "udp://10.0.0.13:53",
}
OF_A_LINK = {
    "PHONEID_NAME": "/proxy/phoneid",
    "PHONEID_PORT_3000_TCP_START": "tcp://172.17.0.2:3000",
    "PHONEID_ENV_PYTHON_VERSION": "3.12.1",
}


@pytest.mark.parametrize("links", [OF_A_SERVICE, OF_A_LINK, {"PHONEID_PORT": "tcp://[fd00::1]:3000"}])
def test_names_that_a_host_puts_there_are_left_alone(links: Mapping[str, str]) -> None:
    assert read(BotSettings, {**GOOD, **links}).port == 3000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PHONEID_AGENT", "U0ANA"),
        ("PHONEID_PORT", "3000"),
        ("PHONEID_AGENTS_PORT", "U0ANA"),
        ("PHONEID_NAME", "phoneid"),
        ("PHONEID_ENV_AGENTS", "U0ANA"),
        ("PHONEID_SERVICE_PORT", "U0ANA"),
        ("PHONEIDAGENTS", "U0ANA"),
        ("PHONE_ID_AGENTS", "U0ANA"),
        ("phonid_agents", "U0ANA"),
        ("PHONEID_AGENT", ""),
    ],
)
def test_and_what_only_looks_like_one_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name.upper()} is not a setting"):
        read(BotSettings, {**GOOD, name: value})


@pytest.mark.parametrize("name", [*OF_A_SERVICE, "PHONEID_NAME"])
def test_from_a_file_all_of_them_are_refused(folder: Path, name: str) -> None:
    [said] = refusal(folder, f"{name}={({**OF_A_SERVICE, **OF_A_LINK})[name]}\n")
    assert said.startswith((f"{name} is not a setting of this version.", f"{name} must be a whole number"))


def test_other_programs_names_in_the_environment_are_their_own_business() -> None:
    others = {"AGENTS": "a", "APPROVAL": "", "DATABASE_URI": "b", "LOG_FORMAT": "c", "PHONE_NUMBER_ID": "d"}
    assert read(BotSettings, {**GOOD, **others}).policy.agents.is_everyone
