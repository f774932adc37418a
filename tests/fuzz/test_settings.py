"""Whatever the environment or ``.env`` holds, it is settings, or every mistake is a sentence without the value."""

import os
import re
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from random import Random

import pytest

from bot.cams.transport import open_http
from bot.environment.env_file import parse
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
    "SLACK_SIGNING_SECRET": f"{0xCA:032x}",
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


PIECES = (
    *("'", '"', "=", " ", "\t", "#", " #", "$", "${HOME}", "\\", ";", ":", ",", "_", "-"),
    *("\u00a0", "\u200b", "\u2028", "\x0b", "\0"),
    *("export ", "set ", "PHONEID_AGENTS", "OTHER", "U0ANA", "everyone", "a", "B", "7"),
)
"""What lines of ``.env`` are made of, and what gets into them."""


def soup(chance: Random) -> str:
    return "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 9)))


def test_a_line_is_read_whole_or_named() -> None:
    for number, chance in chances(".env line", usual=3000):
        line = f"{chance.choice(('', 'export ', 'OTHER=', 'PHONEID_AGENTS = '))}{soup(chance)}"
        values, mistakes = parse(f"# a note\n{line}\n")
        where = f"line number {number}: {line!r} {values}"
        if line.strip(" \t") == "" or line.strip(" \t").startswith("#"):
            assert not values, where
        elif mistakes:
            assert [each.split(".env")[0] for each in mistakes] == ["Line 2 of "], where
        else:
            [(name, value)] = values.items()
            assert any(re.fullmatch(form, line, re.IGNORECASE) for form in forms(name, value)), where


def forms(name: str, value: str) -> Iterator[str]:
    """How a line looks that gives a name this value and does nothing else."""
    for quote in ("", "'", '"'):
        written = re.escape(f"{quote}{value}{quote}")
        # Without quotation marks a # begins a comment only behind a blank.
        comment = r"[ \t]*(#.*)?" if quote else r"[ \t]*([ \t]#.*)?"
        yield rf"[ \t]*(export[ \t]+)?{name}[ \t]*=[ \t]*{written}{comment}"


def test_whatever_is_written_as_it_should_be_arrives() -> None:
    for number, chance in chances(".env written", usual=1000):
        value = soup(chance)
        written = [f"{quote}{value}{quote}" for quote in quotes_for(value)]
        if not written:
            continue
        line = f"{chance.choice(('', 'export '))}SOME_NAME{chance.choice(('=', ' = '))}{chance.choice(written)}"
        text = chance.choice(("\n", "\r\n", "\r")).join(("# a note", line, "", "PHONEID_AGENTS=U0ANA"))
        wanted = {"SOME_NAME": value, "PHONEID_AGENTS": "U0ANA"}
        assert parse(text) == (wanted, []), f"value number {number}: {text!r}"


def quotes_for(value: str) -> Iterator[str]:
    if not value.replace("\t", " ").isprintable():
        return
    if "'" not in value:
        yield "'"
    if not {'"', "\\"} & {*value}:
        yield '"'
    if re.fullmatch(r"(?!['\"#])[^ \t;]+", value):
        yield ""


def test_one_slip_never_lets_everyone_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in GOOD:
        monkeypatch.delenv(name, raising=False)
    good = "".join(f"{name}={value}\n" for name, value in GOOD.items() if name != "PHONEID_AGENTS")
    with chdir(tmp_path):
        for number, chance in chances(".env slip", usual=500):
            line = slipped(chance.choice(("PHONEID_AGENTS=U0ANA", "export PHONEID_AGENTS='U0ANA'")), chance)
            Path(".env").write_text(f"{good}{line}\n", encoding="utf-8", newline="")
            try:
                agents = read(BotSettings).phoneid_agents
            except SettingsError:
                continue
            assert not agents.is_everyone or line.lstrip(" \t").startswith("#"), f"slip number {number}: {line!r}"


def slipped(line: str, chance: Random) -> str:
    """With one key too many, missing, wrong, or before its neighbour."""
    at, key = chance.randrange(len(line)), chance.choice([each for each in PIECES if len(each) == 1])
    match chance.randrange(4):
        case 0:
            return line[:at] + line[at + 1 :]
        case 1:
            return line[:at] + key + line[at:]
        case 2:
            return line[:at] + key + line[at + 1 :]
        case _:
            return line[:at] + line[at : at + 2][::-1] + line[at + 2 :]
