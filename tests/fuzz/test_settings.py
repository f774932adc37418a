"""Whatever the environment or ``.env`` holds, it is settings, or every mistake is a sentence without the value."""

import os
from contextlib import chdir
from pathlib import Path
from random import Random

import pytest

from bot.app import _credentials
from bot.cams.transport import open_http
from bot.errors import SettingsError
from bot.settings import BotSettings, LookupSettings, RecordSettings, read
from tests.fuzz.amount import BY_CHANCE, chances
from tests.fuzz.front import ENVIRONMENT
from tests.fuzz.odd import odd_text

pytestmark = BY_CHANCE

SECRET = "s3cret-canary"  # in letters that no id has
GOOD = {
    **ENVIRONMENT,
    "SLACK_BOT_TOKEN": f"xoxb-{SECRET}",
    "SLACK_APP_TOKEN": f"xapp-{SECRET}",
    "SLACK_SIGNING_SECRET": SECRET,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
    "ALIBABA_CLOUD_SECURITY_TOKEN": SECRET,
    "PHONEID_CAMS_URL": "https://cams.ap-southeast-1.aliyuncs.com",
    "DATABASE_URL": "sqlite:///phoneid.db",
    "PHONEID_DEFAULT_REGION": "CN",
    "PHONEID_QPS": "10",
    "PHONEID_AGENTS": "everyone",
    "PHONEID_APPROVAL_CHANNEL": "C0TEAMLEADS",
    "PHONEID_APPROVAL_TTL": "24h",
    "PHONEID_LOG_FORMAT": "json",
    "LOG_LEVEL": "DEBUG",
    "PORT": "3000",
}
WORDS = (
    "",
    "0",
    "-1",
    "1e3",
    "9" * 5000,
    "1_000",
    "\u0661\u0660",
    "null",
    "true",
    "http://[::1",
    "https://a:99999999/",
    "https://user:" + SECRET + "@example.invalid/",
    "http://example.invalid/",
    "https://\u0660.invalid",
    "sqlite:///",
    "sqlite:////proc/self/mem",
    "postgres://u:" + SECRET + "@h/d",
    "postgresql://u@h/d?password=" + SECRET,
    "postgresql:///d?host=/run&password=" + SECRET,
    "postgres://" + SECRET + ":a@b@h/d",
    "sqlite:///a\x00b",
    "U0ANA,S0LEADS",
    "u0ana",
    ",",
    "1s",
    "999999d",
)


KEPT_OPEN = ("DATABASE_URL", "ALIBABA_CLOUD_ACCESS_KEY_ID")
"""Settings that are no secrets, and take almost any text: what is pasted there is shown."""


def odd_environment(chance: Random) -> dict[str, str]:
    environment = dict(GOOD)
    for _ in range(chance.choice((1, 1, 2, 5))):
        name = chance.choice([*environment])
        match chance.randrange(6):
            case 0:
                del environment[name]
            case 1:
                environment[f"PHONEID_{odd_text(chance)[:200]}"] = SECRET
            case 2:
                environment[name] = f"{SECRET}{odd_text(chance)}"
            case 3:
                environment[name] = f"{GOOD.get(name, '')}{odd_text(chance)}"
            case _:
                environment[name] = chance.choice((chance.choice(WORDS), odd_text(chance)))
    # What is not UTF-8 comes from the system as halves of surrogate pairs, each for one byte.
    return {from_bytes(name): from_bytes(value) for name, value in environment.items()}


def from_bytes(text: str) -> str:
    return os.fsdecode(text.encode("utf-8", "surrogatepass"))


def check(environment: dict[str, str] | None) -> None:
    is_in_place = environment is not None and not any(_is_kept_open(environment, name) for name in KEPT_OPEN)
    for kind in (RecordSettings, LookupSettings, BotSettings):
        try:
            settings = read(kind, environment)
            shown = f"{settings!r} {settings} {settings.database_name} {_dumped(settings)}" if is_in_place else ""
        except SettingsError as error:
            shown = _as_shown(error)
        assert SECRET not in shown


def _is_kept_open(environment: dict[str, str], name: str) -> bool:
    value = environment.get(name, "")
    may_hold_password = name == "DATABASE_URL" and value.startswith("postgres")
    return SECRET in value and not may_hold_password


def _dumped(settings: RecordSettings) -> str:
    """Everything but the address of the database: whoever opens it needs it as it is."""
    return str(settings.model_dump(exclude={"database_url"}))


def _as_shown(error: SettingsError) -> str:
    assert error.mistakes
    assert all(0 < len(mistake) < 1000 and mistake.isprintable() for mistake in error.mistakes), error.mistakes
    return f"{error!r} {error} {error.mistakes} {error.__cause__!r}"


def test_any_environment_is_settings_or_sentences() -> None:
    check(GOOD)
    for number, chance in chances("environment", usual=500):
        environment = odd_environment(chance)
        try:
            check(environment)
        except Exception as error:
            raise AssertionError(f"environment number {number}: {environment!r:.3000}") from error


async def test_what_passes_can_be_used() -> None:
    for number, chance in chances("environment, in use", usual=60):
        environment = odd_environment(chance)
        try:
            settings = read(BotSettings, environment)
            _credentials(settings)
            await open_http(settings.phoneid_cams_url).aclose()
            assert b"\0" not in os.fsencode(settings.database_name)
        except SettingsError as error:
            is_told = SECRET in _as_shown(error)
            assert not is_told
        except Exception as error:
            raise AssertionError(f"environment number {number}: {environment!r:.3000}") from error


def as_file(chance: Random) -> bytes:
    lines = [
        f"{name}={chance.choice(('', chr(39), chr(34)))}{value}" for name, value in odd_environment(chance).items()
    ]
    content = bytearray("\n".join(lines).encode("utf-8", "surrogateescape"))
    for _ in range(chance.choice((0, 1, 5))):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content)


def test_any_env_file_is_settings_or_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for name in GOOD.keys() & os.environ.keys():
        monkeypatch.delenv(name)
    with chdir(tmp_path):
        for number, chance in chances(".env file", usual=300):
            content = as_file(chance)
            Path(".env").write_bytes(content)
            try:
                check(None)
            except Exception as error:
                raise AssertionError(f"file number {number}: {content[:3000]!r}") from error
    assert SECRET not in caplog.text + "".join(capfd.readouterr())
