"""``NAME_FILE``: a secret stands in a file of its own, and what is wrong with that file is told by its name."""

import os
from contextlib import chdir
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.checks import CheckVerdict
from bot.errors import SettingsError
from bot.settings import BotSettings, LookupSettings, RecordSettings, examine, read

GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-invented-bot",
    "SLACK_APP_TOKEN": "xapp-invented-app",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI-invented",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "invented-secret",
}
SECRETS = {
    **GOOD,
    "SLACK_SIGNING_SECRET": "0" * 32,
    "ALIBABA_CLOUD_SECURITY_TOKEN": "invented-sts",
    "DATABASE_URL": "postgresql://bot:CANARY@db/phoneid",
}
NAME = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
WITHOUT = {name: value for name, value in GOOD.items() if name != NAME}


def refusal(environment: dict[str, str], kind: type[RecordSettings] = BotSettings) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read(kind, environment)
    assert "CANARY" not in str(caught.value)
    return caught.value.mistakes


def test_every_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    environment = {}
    for name, value in SECRETS.items():
        (tmp_path / name).write_text(f"{value}\n")
        environment[f"{name}_FILE"] = str(tmp_path / name)
    settings = read(BotSettings, environment)
    assert settings == read(BotSettings, SECRETS)
    assert settings.database_url == SECRETS["DATABASE_URL"]


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_one_end_of_line_is_no_part_of_the_secret(tmp_path: Path, end: str) -> None:
    (tmp_path / "secret").write_bytes(f"Abc123/+={end}".encode())
    settings = read(LookupSettings, {**WITHOUT, f"{NAME}_FILE": str(tmp_path / "secret")})
    assert settings.alibaba_cloud_access_key_secret == SecretStr("Abc123/+=")


def test_a_file_of_settings_may_name_the_secrets_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "secret").write_text("Abc123")
    lines = [f"{name}={value}\n" for name, value in WITHOUT.items()]
    (tmp_path / ".env").write_text("".join([*lines, f"{NAME}_FILE=secret\n"]))
    with chdir(tmp_path):
        assert read(LookupSettings).alibaba_cloud_access_key_secret == SecretStr("Abc123")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"CANARY\n\n", f"{NAME} contains characters that no AccessKey has. Copy it again."),
        (b" CANARY", f"{NAME} contains characters that no AccessKey has. Copy it again."),
        (b"'CANARY'", f"{NAME} includes quotation marks."),
        (b"changeme\n", f"{NAME} is still the placeholder from an example."),
        (b"${CANARY}", f"{NAME} refers to another variable"),
        (b"", f"The file that {NAME}_FILE names cannot be used: it is empty."),
        (b"\n", f"The file that {NAME}_FILE names cannot be used: it is empty."),
        (b"CANARY\xff", f"The file that {NAME}_FILE names cannot be used: it is not UTF-8 text."),
        (b"x" * 10_001, f"The file that {NAME}_FILE names cannot be used: it is larger than 10,000 bytes"),
    ],
)
def test_what_a_file_holds_is_checked_like_any_value(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "secret").write_bytes(content)
    [said] = refusal({**WITHOUT, f"{NAME}_FILE": str(tmp_path / "secret")})
    assert said.startswith(why)


@pytest.mark.parametrize(
    ("mode", "is_named"), [(0o600, False), (0o400, False), (0o440, False), (0o640, False), (0o444, True), (0o644, True)]
)
def test_a_file_that_others_can_read_is_named_with_what_to_do(tmp_path: Path, mode: int, *, is_named: bool) -> None:
    secret = tmp_path / "secret"
    secret.write_text("Abc123")
    secret.chmod(mode)
    settings, checks = examine(LookupSettings, {**WITHOUT, f"{NAME}_FILE": str(secret)})
    assert settings is not None
    found = [(each.name, each.verdict, each.sentence) for each in checks if each.verdict is not CheckVerdict.OK]
    sentence = (
        f"The file that {NAME}_FILE names can be read by other users of this machine. Make it the file of the user "
        f"that runs the bot, and close it to others: chmod 600 {secret}"
    )
    assert found == ([(f"{NAME}_FILE", CheckVerdict.WARNING, sentence)] if is_named else [])


@pytest.mark.parametrize(
    ("flag", "device", "is_named"),
    [(os.ST_RDONLY, 1, False), (os.ST_RDONLY, 0, True), (0, 1, True)],
    ids=["a container's secret", "all is read-only to a unit", "another disk"],
)
def test_a_mount_of_its_own_that_nobody_can_write_is_a_containers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: int, device: int, *, is_named: bool
) -> None:
    """Docker and Kubernetes hand secrets over so, as root's and with the mode 0444 or 0644."""
    secret = tmp_path / "secret"
    secret.write_text("Abc123")
    secret.chmod(0o444)
    of_root, of_file, of_mount = Path("/").stat().st_dev, os.fstat, os.fstatvfs

    def stat_there(descriptor: int) -> os.stat_result:
        st_dev = 2
        return os.stat_result([*of_file(descriptor)[:st_dev], of_root + device, *of_file(descriptor)[st_dev + 1 :]])

    def mounted_there(descriptor: int) -> os.statvfs_result:
        f_flag = 8
        return os.statvfs_result([*of_mount(descriptor)[:f_flag], flag, *of_mount(descriptor)[f_flag + 1 :]])

    monkeypatch.setattr(os, "fstat", stat_there)
    monkeypatch.setattr(os, "fstatvfs", mounted_there)
    settings, checks = examine(LookupSettings, {**WITHOUT, f"{NAME}_FILE": str(secret)})
    assert settings is not None
    assert [each.name for each in checks if each.verdict is CheckVerdict.WARNING] == [f"{NAME}_FILE"] * is_named


def make_odd(file: Path, kind: str) -> None:
    match kind:
        case "a folder":
            file.mkdir()
        case "a pipe":
            os.mkfifo(file)
        case "a device":
            file.symlink_to("/dev/zero")
        case "for everybody to change":
            file.write_text("CANARY")
            file.chmod(0o666)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("nothing", "No such file or directory"),
        ("a folder", "Is a directory"),
        ("a pipe", "it is a device or a pipe"),
        ("a device", "it is a device or a pipe"),
        ("for everybody to change", "every user of this machine can change it"),
    ],
)
@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "DATABASE_URL"])
def test_a_file_that_gives_nothing_is_the_one_mistake(tmp_path: Path, name: str, kind: str, why: str) -> None:
    make_odd(tmp_path / "CANARY", kind)
    rest = {each: value for each, value in GOOD.items() if each != name}
    said = refusal({**rest, f"{name}_FILE": str(tmp_path / "CANARY")})
    assert said == (f"The file that {name}_FILE names cannot be used: {why}.",)


def test_a_secret_written_in_the_place_of_its_file_is_not_repeated() -> None:
    assert refusal({**WITHOUT, f"{NAME}_FILE": "CANARY\0"}) == (
        f"The file that {NAME}_FILE names cannot be used: No such file or directory.",
    )


def test_a_secret_and_its_file_contradict_each_other(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(GOOD[NAME])
    [said] = refusal({**GOOD, f"{NAME}_FILE": str(tmp_path / "secret")})
    assert said == f"{NAME} and {NAME}_FILE are both set. Remove one of them."


def test_a_command_reads_no_file_that_it_has_no_use_for() -> None:
    assert read(RecordSettings, {"SLACK_BOT_TOKEN_FILE": "/no/such/file"}).log_level == "INFO"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("DATABSE_URL_FILE", "DATABASE_URL_FILE"),
        ("DATABASE_URL_FIEL", "DATABASE_URL_FILE"),
        ("SLACK_BOT_TOKN_FILE", "SLACK_BOT_TOKEN_FILE"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRETS_FILE", "ALIBABA_CLOUD_ACCESS_KEY_SECRET_FILE"),
    ],
)
def test_a_misspelt_name_of_a_file_is_refused_from_the_environment_too(name: str, meant: str) -> None:
    [said] = refusal({**GOOD, name: "/run/secrets/CANARY"})
    assert said == f"{name} is not a setting of this version. Did you mean {meant}? Correct it, or remove it."


@pytest.mark.parametrize(
    "name",
    [
        # Of Alibaba Cloud's own programs, and of others that get their secrets in the same manner.
        "ALIBABA_CLOUD_CREDENTIALS_FILE",
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
        "POSTGRES_PASSWORD_FILE",
        "SLACK_WEBHOOK_URL_FILE",
        "DATABASE_PASSWORD_FILE",
    ],
)
def test_files_of_other_programs_are_left_alone(name: str) -> None:
    assert read(BotSettings, {**GOOD, name: "/run/secrets/other"}).port == 3000


@pytest.mark.parametrize("name", ["PHONEID_AGENTS_FILE", "PHONEID_APPROVERS_FILE"])
def test_only_secrets_may_stand_in_files(name: str) -> None:
    [said] = refusal({**GOOD, name: "/etc/agents"})
    assert said.startswith(f"{name} is not a setting of this version.")
