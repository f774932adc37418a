"""The files in deploy/ name only commands, options, settings and files that there are."""

import re
import subprocess
from pathlib import Path
from shutil import which
from typing import Any

import click
import pytest
import yaml

from bot.cli.arguments import EXIT_CANNOT_START
from bot.cli.doctor import EXIT_WARNINGS
from bot.cli.main import phoneid
from bot.environment.secret_files import ENDING
from bot.settings import BotSettings, read
from tests.test_secret_files import SECRETS

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
UNIT = (DEPLOY / "phoneid.service").read_text()
DOCTOR = (DEPLOY / "phoneid-doctor.service").read_text()
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
PROCFILE = (ROOT / "Procfile").read_text()

POD, MIGRATING = (
    yaml.safe_load((DEPLOY / name).read_text())["spec"]["template"]["spec"]
    for name in ("kubernetes.yaml", "kubernetes-migrate.yaml")
)
(CONTAINER,) = POD["containers"]
(MIGRATOR,) = MIGRATING["containers"]
BY_KUBERNETES = {each["name"]: each["value"] for each in CONTAINER["env"]}

SETTINGS = {name.upper() for name in BotSettings.model_fields}
FILES = {f"{name}{ENDING}" for name in SECRETS}


def check_command(words: list[str]) -> None:
    """That ``phoneid`` takes these arguments; nothing is run."""
    with phoneid.make_context("phoneid", list(words), resilient_parsing=False) as context:
        name, command, rest = phoneid.resolve_command(context, [*context._protected_args, *context.args])
        assert command, name
        command.make_context(name, rest, parent=context)


def commands_in_dockerfile() -> list[list[str]]:
    listed = re.findall(r"^(ENTRYPOINT|CMD|HEALTHCHECK .*CMD) \[(.*)\]$", DOCKERFILE, re.MULTILINE)
    words = {kind.split()[0]: re.findall(r'"([^"]+)"', line) for kind, line in listed}
    assert words["ENTRYPOINT"] == ["phoneid"]
    return [words["CMD"], words["HEALTHCHECK"][1:]]


COMMANDS = [
    *commands_in_dockerfile(),
    *(line.split()[1:] for line in re.findall(r"^\w+: (phoneid .*)$", PROCFILE, re.MULTILINE)),
    CONTAINER["args"],
    MIGRATOR["args"],
    *(re.findall(r"^ExecStart=\S+/phoneid (.*)$", each, re.MULTILINE)[0].split() for each in (UNIT, DOCTOR)),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_is_there(words: list[str]) -> None:
    check_command(words)


def test_a_command_that_is_not_there_would_be_noticed() -> None:
    with pytest.raises(click.UsageError):
        check_command(["runs"])


def test_every_setting_is_there() -> None:
    set_by_compose = set(SERVICES["phoneid"]["environment"])
    set_by_unit = set(re.findall(r"^Environment=([A-Z_]+)=", UNIT + DOCTOR, re.MULTILINE))
    set_by_image = set(re.findall(r"([A-Z_]+)=", " ".join(re.findall(r"^ENV (.*)$", DOCKERFILE, re.MULTILINE))))
    set_by_compose |= set(BY_KUBERNETES)
    of_python = {"PATH", "HOME", "PYTHONDONTWRITEBYTECODE"}
    assert set_by_compose | set_by_unit | (set_by_image - of_python) <= SETTINGS | FILES


def test_what_they_set_is_enough_for_a_start(tmp_path: Path) -> None:
    for name, value in SECRETS.items():
        (tmp_path / name.lower()).write_text(f"{value}\n")
    for environment in (
        SERVICES["phoneid"]["environment"],
        dict(re.findall(r"^Environment=([A-Z_]+)=(.*)$", UNIT, re.MULTILINE)),
        BY_KUBERNETES,
    ):
        here = {
            name: re.sub(r"^(/run/secrets/phoneid|/run/secrets|%d)/", f"{tmp_path}/", value)
            for name, value in environment.items()
        }
        assert read(BotSettings, here).slack_app_token


def test_every_secret_that_is_named_is_handed_over() -> None:
    for service in SERVICES.values():
        named = {Path(value).name for name, value in service["environment"].items() if name.endswith(ENDING)}
        assert named == set(service["secrets"])
        assert named <= set(COMPOSE["secrets"])
    loaded = dict(re.findall(r"^LoadCredential=(\w+):(\S+)$", UNIT, re.MULTILINE))
    assert set(loaded) == set(re.findall(r"=%d/(\w+)$", UNIT, re.MULTILINE))


def after_its_command(unit: str) -> list[str]:
    """What a unit says of the process once it is started: its user, its secrets, what it may do."""
    return unit[unit.index("\nUser=") :].partition("\n[Install]")[0].split("\n")


def test_the_doctor_has_the_secrets_and_the_rights_that_the_bot_has() -> None:
    assert after_its_command(DOCTOR) == after_its_command(UNIT)
    assert "LoadCredential=slack_bot_token:/etc/phoneid/secrets/slack_bot_token" in after_its_command(DOCTOR)


def test_the_doctors_unit_fails_only_where_the_bot_would_not_start() -> None:
    assert re.findall(r"^SuccessExitStatus=(.*)$", DOCTOR, re.MULTILINE) == [str(EXIT_WARNINGS)]
    assert EXIT_CANNOT_START != EXIT_WARNINGS


def test_the_secret_of_kubernetes_has_the_files_that_are_named_and_no_other() -> None:
    head = (DEPLOY / "kubernetes.yaml").read_text().split("apiVersion")[0]
    handed_over = {Path(each).name for each in re.findall(r"--from-file=(\S+)", head)}
    assert handed_over == {Path(value).name for name, value in BY_KUBERNETES.items() if name.endswith(ENDING)}


def test_the_job_that_migrates_may_do_no_more_than_the_bot_and_has_the_databases_secret_alone() -> None:
    assert MIGRATING["securityContext"] == POD["securityContext"]
    assert MIGRATOR["securityContext"] == CONTAINER["securityContext"]
    assert MIGRATOR["volumeMounts"] == CONTAINER["volumeMounts"]
    assert MIGRATOR["image"] == CONTAINER["image"]
    assert [each["name"] for each in MIGRATOR["env"]] == [f"DATABASE_URL{ENDING}"]
    bots, its = (each["volumes"][0]["secret"]["secretName"] for each in (POD, MIGRATING))
    assert bots != its


def test_every_file_that_is_copied_is_there_and_reaches_the_builder() -> None:
    allowed = set(re.findall(r"^!(.+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE))
    for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name
            assert name in allowed
    assert COMPOSE["services"]["phoneid"]["build"] == {"context": "..", "dockerfile": "deploy/Dockerfile"}


def test_what_kubernetes_asks_is_answered() -> None:
    """Each probe's path is one of those that monitors are answered at, on the port that is set."""
    answered = set(re.findall(r'web\.get\("(/\w+)"', (ROOT / "bot" / "health.py").read_text()))
    for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        assert path in answered
        assert CONTAINER[probe]["httpGet"] == {"path": path, "port": int(BY_KUBERNETES["PHONEID_HEALTH_PORT"])}


def test_nothing_runs_with_more_rights_than_it_needs() -> None:
    for service in SERVICES.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert POD["securityContext"]["runAsUser"] == 10001
    assert "cap_add" not in SERVICES["phoneid"]
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)


def test_a_start_that_fails_is_not_repeated_for_ever() -> None:
    numbers = {
        name: int(value) for name, value in re.findall(r"^(RestartSec|StartLimitBurst)=(\d+)$", UNIT, re.MULTILINE)
    }
    minutes = int(re.findall(r"^StartLimitIntervalSec=(\d+)min$", UNIT, re.MULTILINE)[0])
    assert numbers["RestartSec"] * numbers["StartLimitBurst"] < minutes * 60 / 2


@pytest.mark.skipif(not which("systemd-analyze"), reason="no systemd here")
@pytest.mark.parametrize("text", [UNIT, DOCTOR], ids=["bot", "doctor"])
def test_systemd_takes_the_unit(tmp_path: Path, text: str) -> None:
    unit = tmp_path / "phoneid.service"
    unit.write_text(text.replace("/opt/phoneid/bin/phoneid", "/bin/true"))
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=60, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
