"""What the settings' values have to look like. Each check raises ``ValueError`` with a sentence's end for one that does
not, and never quotes it."""

import re
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

import httpx
import phonenumbers
from pydantic import SecretStr

from bot.durations import read_duration
from bot.environment.database_urls import split_schema
from bot.guesses import REMEMBERED
from bot.policy import EVERYONE, Audience
from bot.texts import settings as texts
from bot.texts import terminal
from bot.texts.language import names as language_names
from bot.texts.language import nearest

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Hosts that may be spoken to in clear text: what is sent to them does not leave this machine."""

_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
_REFERENCE = re.compile(r"\$\w+|\$\{\w+\}|%\w+%|\{\{.*\}\}|\$\(.*\)")
_GAP = re.compile(r"<[^<>]*>|\u2026|\.\.\.")
_EXAMPLE = re.compile(
    r"(?:.*[-_])?(?:your|my)[-_ ].*|(?:xox[a-z]-|xapp-)?(?:x{3,}|\*{3,}|changeme|change[-_ ]me|todo|tbd|secret)", re.I
)

SLACK_USER = r"[UW][A-Z0-9]+"
"""A Slack user id, as a pattern."""


def check_is_value(value: str, *, is_secret: bool) -> None:
    """Whether it is a value at all, and not what a file, a program or an example made of one."""
    if value[:1] in _QUOTES or value[-1:] in _QUOTES:
        raise ValueError(texts.QUOTES)
    if _REFERENCE.fullmatch(value):
        raise ValueError(texts.REFERENCE)
    if _GAP.search(value) or (is_secret and _EXAMPLE.fullmatch(value)):
        raise ValueError(texts.PLACEHOLDER)


def check_database_url(url: str) -> str:
    # No file's name holds a NUL. What else is wrong with a server's address is found when it is opened, by its driver.
    if url.startswith("sqlite:"):
        _check_database_path(url)
    if not re.fullmatch(r"sqlite:///[^\n\0]+|postgres(ql)?://[^\s\0]+", url):
        raise ValueError(terminal.DATABASE_URL_UNREADABLE)
    if not url.startswith("sqlite:"):
        split_schema(url)
    return url


def _check_database_path(url: str) -> None:
    path = re.sub(r"sqlite:/*", "", url)
    wrong = {
        texts.DATABASE_IN_MEMORY: ":memory:" in path or "mode=memory" in path,
        texts.DATABASE_AS_URI: path.startswith("file:"),
        texts.DATABASE_WITH_A_QUERY: "?" in path,
        texts.DATABASE_UNEXPANDED: re.search(r"(^|/)~|\$", path),
        texts.DATABASE_IS_A_FOLDER: re.fullmatch(r"sqlite:/{3,}(.*[/\\])?\.{0,2}", url),
    }
    for sentence, is_wrong in wrong.items():
        if is_wrong:
            raise ValueError(sentence)


def check_region(region: str | None) -> str | None:
    if region is not None and region.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(terminal.REGION_UNKNOWN)
    return region.upper() if region else None


def check_language(name: str | None) -> str | None:
    """The name of a language that there is a catalogue for, however it is written: ``zh-CN``, ``zh_Hans``, ``en``."""
    if name is None:
        return None
    found = nearest(name, among=language_names())
    if found is None:
        raise ValueError(terminal.language_unknown(language_names()))
    return found


def read_audience(listed: object) -> object:
    """``everyone``, or user and usergroup ids."""
    if not isinstance(listed, str):
        return listed
    if listed == "everyone":
        return EVERYONE
    ids = {each.strip() for each in listed.split(",")} - {""}
    users = frozenset(each for each in ids if re.fullmatch(SLACK_USER, each))
    groups = frozenset(each for each in ids if re.fullmatch(r"S[A-Z0-9]+", each))
    if not ids or users | groups != ids:
        raise ValueError(terminal.AUDIENCE_UNREADABLE)
    return Audience(user_ids=users, group_ids=groups)


def check_not_everyone(audience: Audience) -> Audience:
    if audience.is_everyone:
        raise ValueError(terminal.EVERYONE_NOT_HERE)
    return audience


def read_setting_duration(text: object) -> object:
    try:
        return read_duration(text) if isinstance(text, str) else text
    except ValueError:
        raise ValueError(terminal.DURATION_UNREADABLE) from None


def check_retention(seconds: float | None) -> float | None:
    if seconds is not None and seconds < REMEMBERED:
        raise ValueError(terminal.RETENTION_TOO_SHORT)
    return seconds


def check_http_url(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", url):
        raise ValueError(terminal.URL_UNREADABLE)
    parts = _split(url)
    try:
        httpx.URL(url)
    except httpx.InvalidURL:
        raise ValueError(terminal.URL_UNREADABLE) from None
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ValueError(terminal.URL_IN_CLEAR_TEXT)
    if "@" in parts.netloc:
        raise ValueError(terminal.URL_WITH_A_USER)
    return url


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(terminal.URL_UNREADABLE) from None
    return parts


def check_token(prefix: str) -> Callable[[SecretStr | None], SecretStr | None]:
    """Whether a token of Slack's is of the kind that starts so."""

    def check(token: SecretStr | None) -> SecretStr | None:
        value = token.get_secret_value() if token else prefix + "0"
        if not value.startswith(prefix):
            raise ValueError(terminal.token_prefix(prefix))
        if not re.fullmatch(r"[A-Za-z0-9_-]+", value.removeprefix(prefix)):
            raise ValueError(texts.COPIED_WRONG)
        return token

    return check


def check_signing_secret(secret: SecretStr | None) -> SecretStr | None:
    if secret and not re.fullmatch(r"[0-9a-f]{32}", secret.get_secret_value()):
        raise ValueError(texts.NOT_A_SIGNATURES)
    return secret


def check_access_key_id(key_id: str) -> str:
    _check_sendable(key_id)
    if "," in key_id:  # it would end the ID in the Authorization header
        raise ValueError(texts.NO_ACCESS_KEY)
    return key_id


def check_access_key_secret(secret: SecretStr) -> SecretStr:
    _check_sendable(secret.get_secret_value())
    if re.fullmatch(r"LTAI\w{12,20}", secret.get_secret_value()):  # what is sent as the ID is sent as it is
        raise ValueError(texts.IS_THE_ID)
    return secret


def check_security_token(token: SecretStr | None) -> SecretStr | None:
    if token:
        _check_sendable(token.get_secret_value())
    return token


def _check_sendable(value: str) -> None:
    # The HTTP library's own error for what a header cannot carry would quote the header.
    if not re.fullmatch(r"[!-~]+", value):
        raise ValueError(texts.NO_ACCESS_KEY)


def shown_host(url: str) -> str:
    """The host of a URL that was checked, in letters that cannot be taken for others."""
    return _split(url).netloc.encode("ascii", "backslashreplace").decode()


def is_alibaba_clouds(url: str) -> bool:
    # Not every name below aliyuncs.com is theirs to answer: buckets and functions of their customers have such names.
    return re.fullmatch(r"cams(-vpc)?(\.[a-z]{2}-[a-z]+(-\d)?)?\.aliyuncs\.com", _split(url).hostname or "") is not None


def is_slacks(url: str) -> bool:
    return re.fullmatch(r"([a-z0-9-]+\.)*(slack|slack-gov)\.com", _split(url).hostname or "") is not None
