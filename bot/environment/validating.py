"""Given values held against a kind of settings: each mistake is one sentence of ours, and quotes no value."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from bot.checks import Check, stop
from bot.environment import values
from bot.texts import settings as texts
from bot.texts import terminal

Kind = TypeVar("Kind", bound=BaseModel)


def names_of(kind: type[BaseModel]) -> frozenset[str]:
    """The names of a kind's settings, as they are written."""
    return frozenset(name.upper() for name in kind.model_fields)


def validate(
    kind: type[Kind], given: Mapping[str, str], unusable: Mapping[str, Check], *, secrets: tuple[str, ...]
) -> tuple[Kind | None, list[Check]]:
    """The settings, if they can be used, and what is wrong with any.

    ``unusable``: settings whose files give no value, and why: it is not said as well that they are missing.
    ``secrets``: how the names of credentials end.
    """
    mistakes = dict(unusable)
    for name in names_of(kind) & given.keys() - unusable.keys():
        try:
            values.check_is_value(given[name], is_secret=name.endswith(secrets))
        except ValueError as error:
            mistakes[name] = _wrong(name, str(error))
    try:
        return kind.model_validate({name.lower(): value for name, value in given.items()}), [*mistakes.values()]
    except ValidationError as error:
        for detail in error.errors():
            name = str(detail["loc"][0]).upper()
            mistakes.setdefault(name, _mistake(name, detail["type"], detail["msg"]))
        return None, [*mistakes.values()]  # pydantic's own text could quote a value


def contradictions(given: Mapping[str, object]) -> Iterator[Check]:
    """What the bot's settings lack, or may not have, together. ``given``: what has a value, by name."""
    if "SLACK_APP_TOKEN" not in given and "SLACK_SIGNING_SECRET" not in given:
        yield stop("SLACK_APP_TOKEN", terminal.SLACK_MODE_MISSING)
    if "SLACK_CLIENT_ID" in given and "SLACK_CLIENT_SECRET" in given:
        # Bolt would switch to its file-based OAuth and ignore the bot token.
        yield stop("SLACK_CLIENT_ID", terminal.SLACK_OAUTH_NOT_WANTED)
    if given.get("PHONEID_APPROVAL") == "always" and "PHONEID_APPROVERS" not in given:
        yield stop("PHONEID_APPROVERS", terminal.APPROVERS_MISSING)


KEY = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
OIDC = ("ALIBABA_CLOUD_ROLE_ARN", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "ALIBABA_CLOUD_OIDC_TOKEN_FILE")
ROLES = ("ALIBABA_CLOUD_ECS_METADATA", "ALIBABA_CLOUD_CREDENTIALS_URI")
"""What each of these kinds of credentials needs; a role's other two need one setting."""


def without_credentials(given: Mapping[str, object]) -> Iterator[Check]:
    """What is missing of an AccessKey or of a role. The first of these counts, as in Alibaba Cloud's own tools."""
    wanted: tuple[str, ...] = KEY
    if not any(name in given for name in KEY):
        if any(name in given for name in OIDC):
            wanted = OIDC
        elif any(name in given for name in ROLES):
            return
    yield from (stop(name, terminal.setting_missing(name)) for name in wanted if name not in given)


def _mistake(name: str, kind: str, message: str) -> Check:
    if kind == "missing":
        return stop(name, terminal.setting_missing(name))
    if kind == "value_error":
        return _wrong(name, message.removeprefix("Value error, "))
    return _wrong(name, texts.WHAT_IS_RIGHT.get(name, texts.NOT_TEXT))


def _wrong(name: str, why: str) -> Check:
    """``why``: what is wrong with its value, and behind a full stop what to write."""
    return stop(name, f"{name} {why}.")
