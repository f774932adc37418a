"""The settings: read once from the environment and ``.env``, frozen, every mistake named in one message."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

import phonenumbers
from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from bot.durations import read_duration
from bot.errors import SettingsError
from bot.evidence import settings_digest
from bot.guesses import REMEMBERED
from bot.policy import EVERYONE, NOBODY, Audience, Policy
from bot.texts import terminal

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Hosts that may be spoken to in clear text: what is sent to them does not leave this machine."""

NEVER_BLANK = frozenset({"phoneid_agents"})
"""Settings of which a blank value is a mistake and not the default: an emptied list must not let everyone in."""

_SERVER = re.compile(
    r"postgres(ql)?://([^@/?]*@)?(?P<host_and_name>([\w.,-]|:\d+|\[[0-9A-Fa-f:.]+\])*(/[^@/?]*)?)(\?[^@]*)?"
)
"""A server's address, in which it is certain where a password would end."""

_LONGEST_NAME = 60
"""Characters; twice the longest there is."""

NOT_TOLD = frozenset({"database_url", "log_level", "phoneid_log_format", "alibaba_cloud_access_key_id"})
"""Settings left out of the digest: where the record and the logs are, and the half of the credentials that is no
secret."""

SettingsType = TypeVar("SettingsType", bound="RecordSettings")


def _check_database_url(url: str) -> str:
    # No file's name holds a NUL. What else is wrong with a server's address is found when it is opened, by its driver.
    if not re.fullmatch(r"sqlite:///[^\n\0]+|postgres(ql)?://[^\s\0]+", url):
        raise ValueError(terminal.DATABASE_URL_UNREADABLE)
    return url


def _check_region(region: str | None) -> str | None:
    if region is not None and region.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(terminal.REGION_UNKNOWN)
    return region.upper() if region else None


def _read_audience(listed: object) -> object:
    """``everyone``, or user and usergroup ids."""
    if not isinstance(listed, str):
        return listed
    if not listed:
        raise ValueError(terminal.AGENTS_BLANK)
    if listed == "everyone":
        return EVERYONE
    ids = {each.strip() for each in listed.split(",")} - {""}
    users = frozenset(each for each in ids if re.fullmatch(r"[UW][A-Z0-9]+", each))
    groups = frozenset(each for each in ids if re.fullmatch(r"S[A-Z0-9]+", each))
    if not ids or users | groups != ids:
        raise ValueError(terminal.AUDIENCE_UNREADABLE)
    return Audience(user_ids=users, group_ids=groups)


def _check_not_everyone(audience: Audience) -> Audience:
    if audience.is_everyone:
        raise ValueError(terminal.EVERYONE_NOT_HERE)
    return audience


def _read_duration(text: object) -> object:
    try:
        return read_duration(text) if isinstance(text, str) else text
    except ValueError:
        raise ValueError(terminal.DURATION_UNREADABLE) from None


def _check_retention(seconds: float | None) -> float | None:
    if seconds is not None and seconds < REMEMBERED:
        raise ValueError(terminal.RETENTION_TOO_SHORT)
    return seconds


def _check_http_url(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", url):
        raise ValueError(terminal.URL_UNREADABLE)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(terminal.URL_UNREADABLE) from None
    if parts.scheme != "https" and host not in LOOPBACK:
        raise ValueError(terminal.URL_IN_CLEAR_TEXT)
    if "@" in parts.netloc:
        raise ValueError(terminal.URL_WITH_A_USER)
    return url


def _token(prefix: str) -> AfterValidator:
    def check(token: SecretStr | None) -> SecretStr | None:
        if token is not None and not token.get_secret_value().startswith(prefix):
            raise ValueError(terminal.token_prefix(prefix))
        return token

    return AfterValidator(check)


HttpUrl = Annotated[str, AfterValidator(_check_http_url)]


class RecordSettings(BaseModel):
    """What reading the record needs."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    database_url: Annotated[str, Field(repr=False), AfterValidator(_check_database_url)] = "sqlite:///phoneid.db"
    """A server's address may hold a password: it is neither shown nor logged; ``database_name`` is."""
    phoneid_default_region: Annotated[str | None, AfterValidator(_check_region)] = None
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
        BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value),
    ] = "INFO"
    phoneid_log_format: Literal["text", "json"] | None = None

    @property
    def database_path(self) -> Path | None:
        """The database's file; ``None`` where it is a server's."""
        path = self.database_url.removeprefix("sqlite:///")
        return Path(path) if path != self.database_url else None

    @property
    def database_name(self) -> str:
        """The database as it may be shown: its file, or the server's host and the database's name."""
        if self.database_path:
            return str(self.database_path)
        address = _SERVER.fullmatch(self.database_url)
        return address["host_and_name"] if address else "a server"


class LookupSettings(RecordSettings):
    """What asking the API needs."""

    alibaba_cloud_access_key_id: Annotated[str, Field(min_length=1)]
    alibaba_cloud_access_key_secret: SecretStr
    alibaba_cloud_security_token: SecretStr | None = None
    phoneid_cams_url: HttpUrl = "https://cams.ap-southeast-1.aliyuncs.com"
    phoneid_qps: Annotated[int, Field(ge=1, le=1000)] = 10


class BotSettings(LookupSettings):
    """What running the bot needs."""

    slack_bot_token: Annotated[SecretStr, _token("xoxb-")]
    slack_app_token: Annotated[SecretStr | None, _token("xapp-")] = None
    slack_signing_secret: SecretStr | None = None
    slack_api_url: HttpUrl = "https://slack.com/api/"
    port: Annotated[int, Field(ge=0, le=65535)] = 3000
    phoneid_agents: Annotated[Audience, BeforeValidator(_read_audience)] = EVERYONE
    phoneid_trusted: Annotated[Audience, BeforeValidator(_read_audience), AfterValidator(_check_not_everyone)] = NOBODY
    phoneid_approvers: Annotated[Audience, BeforeValidator(_read_audience), AfterValidator(_check_not_everyone)] = (
        NOBODY
    )
    phoneid_approval: Literal["never", "always"] = "never"
    phoneid_approval_channel: Annotated[str, Field(pattern=r"^[CG][A-Z0-9]+$")] | None = None
    phoneid_approval_ttl: Annotated[float, BeforeValidator(_read_duration)] = 86400.0
    """Seconds."""
    phoneid_retention: Annotated[float | None, BeforeValidator(_read_duration), AfterValidator(_check_retention)] = None
    """Seconds; ``None``: for ever."""

    @property
    def told(self) -> dict[str, str | int | None]:
        """What the journal is told at a start: the policy, and a digest of every setting that is no secret."""
        return {
            "settings": settings_digest(self._in_force),
            "approval": self.phoneid_approval,
            "agents": self.phoneid_agents.ids,
            "trusted": self.phoneid_trusted.ids,
            "approvers": self.phoneid_approvers.ids,
        }

    @property
    def _in_force(self) -> dict[str, str | int | float | None]:
        return {name: _tell(getattr(self, name)) for name in BotSettings.model_fields if name not in NOT_TOLD}

    @property
    def policy(self) -> Policy:
        """Who may ask, who is trusted, who decides."""
        return Policy(
            agents=self.phoneid_agents,
            trusted=self.phoneid_trusted,
            approvers=self.phoneid_approvers,
            needs_approval=self.phoneid_approval == "always",
        )


def _tell(value: Audience | SecretStr | str | float | None) -> str | int | float | None:
    if isinstance(value, SecretStr):
        return "set"
    return value.ids if isinstance(value, Audience) else value


def read(kind: type[SettingsType], environment: Mapping[str, str] | None = None) -> SettingsType:
    """The settings a command needs, from ``environment`` or else from ``.env`` and the process's environment.

    Raises ``SettingsError`` naming every mistake. An empty value counts as not set, but for ``NEVER_BLANK``.
    """
    given = _environment() if environment is None else environment
    stripped = {name.lower(): value.strip() for name, value in given.items()}
    values = {name: value for name, value in stripped.items() if value or name in NEVER_BLANK}
    mistakes = _unknown_names(values) + (_slack_mistakes(values) if issubclass(kind, BotSettings) else [])
    try:
        settings = kind.model_validate(values)
    except ValidationError as error:
        mistakes = [_sentence(detail["loc"], detail["type"], detail["msg"]) for detail in error.errors()] + mistakes
        raise SettingsError(*mistakes) from None  # pydantic's own text could quote a value
    if mistakes:
        raise SettingsError(*mistakes)
    return settings


def _environment() -> dict[str, str]:
    """``.env`` in the current folder, overruled by the process's environment. Raises ``SettingsError``."""
    try:
        from_file = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    except (OSError, UnicodeDecodeError):
        raise SettingsError(terminal.ENV_FILE_UNREADABLE) from None  # the error quotes the file, secrets and all
    return from_file | dict(os.environ)


def _unknown_names(values: Mapping[str, str]) -> list[str]:
    # A mistyped PHONEID_AGENTS would quietly mean "everyone".
    known = {field.validation_alias or name for name, field in BotSettings.model_fields.items()}
    return [
        terminal.setting_unknown(re.sub(r"[^A-Z0-9_]", "?", name.upper())[:_LONGEST_NAME])
        for name in sorted(values)
        if name.startswith("phoneid_") and name not in known
    ]


def _slack_mistakes(values: Mapping[str, str]) -> list[str]:
    mistakes = []
    if "slack_app_token" not in values and "slack_signing_secret" not in values:
        mistakes.append(terminal.SLACK_MODE_MISSING)
    if "slack_client_id" in values and "slack_client_secret" in values:
        # Bolt would switch to its file-based OAuth and ignore the bot token.
        mistakes.append(terminal.SLACK_OAUTH_NOT_WANTED)
    if values.get("phoneid_approval") == "always" and "phoneid_approvers" not in values:
        mistakes.append(terminal.APPROVERS_MISSING)
    return mistakes


def _sentence(location: tuple[int | str, ...], kind: str, message: str) -> str:
    name = str(location[0]).upper()
    if kind == "missing":
        return terminal.setting_missing(name)
    return terminal.setting_wrong(name, message.removeprefix("Value error, "))
