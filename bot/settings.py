"""The settings: read once from the environment and ``.env``, frozen, every mistake named in one message."""

import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from bot.checks import Check, Checklist, CheckVerdict, ok, warning
from bot.durations import as_typed
from bot.environment import values
from bot.environment.database_urls import DEFAULT_SCHEMA, split_schema
from bot.environment.env_file import NAME as ENV_FILE
from bot.environment.env_file import EnvFile, read_env_file
from bot.environment.gathering import Gathered, gather
from bot.environment.secret_files import ENDING, read_secret_files
from bot.environment.validating import contradictions, names_of, validate, without_credentials
from bot.evidence import settings_digest
from bot.policy import EVERYONE, NOBODY, Audience, Policy
from bot.texts import settings as texts

_SERVER = re.compile(
    r"postgres(ql)?://([^@/?]*@)?(?P<host_and_name>([\w.,-]|:\d+|\[[0-9A-Fa-f:.]+\])*(/[^@/?]*)?)(\?[^@]*)?"
)
"""A server's address, in which it is certain where a password would end."""

_SECRET = ("_TOKEN", "_SECRET", "_KEY_ID")
"""How the names of credentials end."""

NOT_TOLD = frozenset(
    {"database_url", "log_level", "phoneid_log_format", "phoneid_health_port", "alibaba_cloud_access_key_id"}
)
"""Settings left out of the digest: where the record, the logs and monitors are, and the half of the credentials that is
no secret."""

HIDDEN = "••••••"
_LONG_KEY_ID = 16
"""Characters. Of a shorter one, which Alibaba Cloud did not make, its ends would be too much of it."""

SettingsType = TypeVar("SettingsType", bound="RecordSettings")

Audiences = Annotated[Audience, BeforeValidator(values.read_audience)]
SomePeople = Annotated[Audiences, AfterValidator(values.check_not_everyone)]
Duration = Annotated[float, BeforeValidator(values.read_setting_duration)]
HttpUrl = Annotated[str, AfterValidator(values.check_http_url)]


class RecordSettings(BaseModel):
    """What reading the record needs."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    database_url: Annotated[str, Field(repr=False), AfterValidator(values.check_database_url)] = "sqlite:///phoneid.db"
    """A server's address may hold a password: it is neither shown nor logged; ``database_name`` is."""
    phoneid_default_region: Annotated[str | None, AfterValidator(values.check_region)] = None
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
        """The database as it may be shown: its file's whole path, or the server's host, the database's name and the
        schema if one is named."""
        if self.database_path:
            with suppress(OSError):  # the current folder was removed
                return str(self.database_path.absolute())
            return str(self.database_path)
        url, schema = split_schema(self.database_url)
        address = _SERVER.fullmatch(url)
        name = address["host_and_name"] if address else "a server"
        return name if schema == DEFAULT_SCHEMA else f"{name}, schema {schema}"


class LookupSettings(RecordSettings):
    """What asking the API needs."""

    alibaba_cloud_access_key_id: Annotated[str | None, AfterValidator(values.check_access_key_id)] = None
    alibaba_cloud_access_key_secret: Annotated[SecretStr | None, AfterValidator(values.check_access_key_secret)] = None
    alibaba_cloud_security_token: Annotated[SecretStr | None, AfterValidator(values.check_security_token)] = None
    # Where there is no AccessKey: one of three kinds of roles, by the names that Alibaba Cloud's own tools give them.
    alibaba_cloud_role_arn: Annotated[str, Field(pattern=r"^acs:ram::\d+:role/\S+$")] | None = None
    alibaba_cloud_oidc_provider_arn: Annotated[str, Field(pattern=r"^acs:ram::\d+:oidc-provider/\S+$")] | None = None
    alibaba_cloud_oidc_token_file: str | None = None
    alibaba_cloud_ecs_metadata: str | None = None
    alibaba_cloud_credentials_uri: HttpUrl | None = None
    phoneid_cams_url: HttpUrl = "https://cams.ap-southeast-1.aliyuncs.com"
    phoneid_qps: Annotated[int, Field(ge=1, le=1000)] = 10

    @property
    def role(self) -> dict[str, str] | None:
        """Where temporary credentials come from, as ``bot.cams.credentials`` wants it; ``None``: there is a key."""
        if self.alibaba_cloud_access_key_id is not None:
            return None
        if self.alibaba_cloud_role_arn is not None:
            return {
                "type": "oidc_role_arn",
                "role_arn": self.alibaba_cloud_role_arn,
                "oidc_provider_arn": self.alibaba_cloud_oidc_provider_arn or "",
                "oidc_token_file_path": self.alibaba_cloud_oidc_token_file or "",
                "role_session_name": "phoneid",
            }
        if self.alibaba_cloud_ecs_metadata is not None:
            return {"type": "ecs_ram_role", "role_name": self.alibaba_cloud_ecs_metadata}
        return {"type": "credentials_uri", "credentials_uri": self.alibaba_cloud_credentials_uri or ""}


class BotSettings(LookupSettings):
    """What running the bot needs."""

    slack_bot_token: Annotated[SecretStr, AfterValidator(values.check_token("xoxb-"))]
    slack_app_token: Annotated[SecretStr | None, AfterValidator(values.check_token("xapp-"))] = None
    slack_signing_secret: Annotated[SecretStr | None, AfterValidator(values.check_signing_secret)] = None
    slack_api_url: HttpUrl = "https://slack.com/api/"
    port: Annotated[int, Field(ge=0, le=65535)] = 3000
    phoneid_connections: Annotated[int, Field(ge=10, le=10_000)] = 100
    phoneid_links: Annotated[int, Field(ge=1, le=4)] = 2
    """In Socket Mode: connections to Slack at a time."""
    phoneid_health_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    """Where monitors are answered; ``None``: nowhere but on ``port``, in HTTP mode."""
    phoneid_language: Annotated[str | None, AfterValidator(values.check_language)] = None
    """Of the approval channel, and of whom Slack says nothing; ``None``: the channel's own, else English."""
    phoneid_agents: Audiences = EVERYONE
    phoneid_trusted: SomePeople = NOBODY
    phoneid_approvers: SomePeople = NOBODY
    phoneid_approval: Literal["never", "always"] = "never"
    phoneid_approval_channel: Annotated[str, Field(pattern=r"^[CG][A-Z0-9]+$")] | None = None
    phoneid_approval_ttl: Duration = 86400.0
    """Seconds."""
    phoneid_open_requests: Annotated[int, Field(ge=1, le=1000)] = 20
    phoneid_retention: Annotated[Duration | None, AfterValidator(values.check_retention)] = None
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
    def shown(self) -> dict[str, str | int | None]:
        """Every setting as it may be shown to an administrator, by its name; ``None``: not set."""
        shown = {name.upper(): _show(getattr(self, name)) for name in BotSettings.model_fields}
        key_id = self.alibaba_cloud_access_key_id
        ends = key_id and (f"{key_id[:4]}…{key_id[-4:]}" if len(key_id) >= _LONG_KEY_ID else HIDDEN)
        uri = self.alibaba_cloud_credentials_uri  # a secret may be a part of its path
        return {
            **shown,
            "DATABASE_URL": self.database_name,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": ends,
            "ALIBABA_CLOUD_CREDENTIALS_URI": uri and values.shown_host(uri),
        }

    @property
    def policy(self) -> Policy:
        """Who may ask, who is trusted, who decides."""
        return Policy(
            agents=self.phoneid_agents,
            trusted=self.phoneid_trusted,
            approvers=self.phoneid_approvers,
            needs_approval=self.phoneid_approval == "always",
            open_requests=self.phoneid_open_requests,
        )


def _tell(value: Audience | SecretStr | str | float | None) -> str | int | float | None:
    if isinstance(value, SecretStr):
        return "set"
    return value.ids if isinstance(value, Audience) else value


def _show(value: Audience | SecretStr | str | float | None) -> str | int | None:
    if isinstance(value, SecretStr):
        return HIDDEN
    if isinstance(value, float):  # all of them are lengths of time
        return as_typed(value)
    return value.ids if isinstance(value, Audience) else value


def read(kind: type[SettingsType], environment: Mapping[str, str] | None = None) -> SettingsType:
    """The settings a command needs, from ``environment`` or else from ``.env`` and the process's environment.

    Raises ``SettingsError`` naming every mistake.
    """
    settings, checks = examine(kind, environment)
    Checklist(_pass_over).heed(checks)
    assert settings is not None, "settings that cannot be used stop the start"
    return settings


def examine(
    kind: type[SettingsType], environment: Mapping[str, str] | None = None, *, env_file: Path | None = None
) -> tuple[SettingsType | None, list[Check]]:
    """As ``read``, with all that was found; without settings where a check says stop.

    ``env_file`` is read in the place of ``.env``, and has to be there.
    """
    file = _read_file(env_file) if environment is None else EnvFile()
    if any(each.verdict is CheckVerdict.STOP for each in file.checks):
        return None, list(file.checks)  # what else would be said may be wrong: half of the file is not known
    gathered = _gather(kind, file, os.environ if environment is None else environment)
    given, unusable, open_files = read_secret_files(gathered.values, _secrets(kind))
    settings, mistakes = validate(kind, given, unusable, secrets=_SECRET)
    checks = [*file.checks, *gathered.checks, *mistakes, *open_files]
    if issubclass(kind, LookupSettings):
        checks += without_credentials({**given, **unusable})
    if issubclass(kind, BotSettings):
        checks += contradictions({**given, **unusable})
    if settings is None or any(each.verdict is CheckVerdict.STOP for each in checks):
        return None, checks
    return settings, [*checks, *_addresses(settings, file, gathered.from_file)]


class Origin(StrEnum):
    """Where a setting's value comes from."""

    ENVIRONMENT = "environment"
    ENV_FILE = ".env"
    SECRET_FILE = "file"  # noqa: S105 - not a password
    DEFAULT = "default"


def origins(*, env_file: Path | None = None) -> dict[str, Origin]:
    """Where the value of each setting comes from, by its name."""
    given = _gather(BotSettings, _read_file(env_file), os.environ)

    def origin(name: str) -> Origin:
        if name + ENDING in given.values:
            return Origin.SECRET_FILE
        if name not in given.values:
            return Origin.DEFAULT
        return Origin.ENV_FILE if name in given.from_file else Origin.ENVIRONMENT

    return {name.upper(): origin(name.upper()) for name in BotSettings.model_fields}


def mistakes_of(name: str, value: str) -> list[Check]:
    """What is wrong with one setting's value, whatever the others are."""
    return [each for each in validate(BotSettings, {name: value}, {}, secrets=_SECRET)[1] if each.name == name]


def _read_file(path: Path | None) -> EnvFile:
    return read_env_file(path or Path(ENV_FILE), must_be_there=path is not None)


def _gather(kind: type[RecordSettings], file: EnvFile, environment: Mapping[str, str]) -> Gathered:
    files = {name + ENDING for name in _secrets(BotSettings)}
    return gather(file, environment, names_of(BotSettings) | files, names_of(kind))


def _pass_over(_warning: Check) -> None:
    """Warnings are for whoever asks for them with ``examine``."""


def _secrets(kind: type[RecordSettings]) -> frozenset[str]:
    """The names of what may stand in files of its own."""
    return frozenset(name for name in names_of(kind) if name.endswith(_SECRET) or name == "DATABASE_URL")


def _addresses(settings: RecordSettings, file: EnvFile, from_file: Collection[str]) -> Iterator[Check]:
    """Where secrets and codes are sent. Whoever planted an address that is nobody's would read them there."""
    asked = []
    if isinstance(settings, LookupSettings):
        url = settings.phoneid_cams_url
        asked.append(("PHONEID_CAMS_URL", url, texts.ALIBABA_CLOUD, values.is_alibaba_clouds(url)))
    if isinstance(settings, BotSettings):
        url = settings.slack_api_url
        asked.append(("SLACK_API_URL", url, texts.SLACK, values.is_slacks(url)))
    for name, url, usual, is_usual in asked:
        if is_usual:
            yield ok(name, texts.as_usual(usual))
        else:
            host = values.shown_host(url)
            what = texts.elsewhere(name, host, usual=usual, source=file.name if name in from_file else None)
            yield warning(name, what, texts.IF_NOT_MEANT)
