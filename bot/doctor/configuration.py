"""The settings among themselves: those without an effect, and those that contradict each other."""

from collections.abc import Iterator

from bot.checks import Check, ok, stop, warning
from bot.policy import Audience
from bot.settings import BotSettings, LookupSettings
from bot.texts import doctor as texts

DOCUMENTED_QPS = 10
"""Calls per second that Alibaba Cloud documents for a user."""

ONLY_FOR_APPROVALS = ("PHONEID_TRUSTED", "PHONEID_APPROVAL_TTL", "PHONEID_OPEN_REQUESTS")
ONLY_FOR_HTTP = {
    "SLACK_SIGNING_SECRET": texts.REMOVE_OR_CHOOSE_HTTP,
    "PHONEID_CONNECTIONS": texts.REMOVE_IT,
    "PORT": texts.REMOVE_PORT,
}


ONLY_WITHOUT_KEY = (
    "ALIBABA_CLOUD_ROLE_ARN",
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
    "ALIBABA_CLOUD_ECS_METADATA",
    "ALIBABA_CLOUD_CREDENTIALS_URI",
)


def check_settings(settings: BotSettings) -> list[Check]:
    """What is set, and what of it is set in vain or against something else that is set."""
    shown = settings.shown
    given = {name: shown[name] for name in sorted(shown) if _is_set(settings, name)}
    return [
        ok("settings", texts.in_force(given)),
        *_without_approvals(settings),
        *_without_http(settings),
        *_about_people(settings),
        *_about_account(settings),
    ]


def _is_set(settings: LookupSettings, name: str) -> bool:
    return name.lower() in settings.model_fields_set


def _without_approvals(settings: BotSettings) -> Iterator[Check]:
    if settings.policy.needs_approval:
        return
    for name in ONLY_FOR_APPROVALS:
        if _is_set(settings, name):
            yield warning(name, texts.no_effect(name, texts.APPROVALS_ARE_OFF), texts.REMOVE_OR_SWITCH_ON)
    if _is_set(settings, "PHONEID_APPROVAL"):
        return  # somebody said so: approvers and channel are for alarms
    for name, what in (
        ("PHONEID_APPROVERS", texts.APPROVERS_WITHOUT_APPROVALS),
        ("PHONEID_APPROVAL_CHANNEL", texts.CHANNEL_WITHOUT_APPROVALS),
    ):
        if _is_set(settings, name):
            yield warning(name, what, texts.SAY_WHICH)


def _without_http(settings: BotSettings) -> Iterator[Check]:
    if settings.slack_app_token is None:
        yield from _with_http(settings)
        return
    for name, remedy in ONLY_FOR_HTTP.items():
        if _is_set(settings, name):
            yield warning(name, texts.no_effect(name, texts.SOCKET_MODE_IS_ON), remedy)


def _with_http(settings: BotSettings) -> Iterator[Check]:
    if _is_set(settings, "PHONEID_LINKS"):
        yield warning("PHONEID_LINKS", texts.no_effect("PHONEID_LINKS", texts.HTTP_MODE_IS_ON), texts.REMOVE_IT)
    if settings.port == settings.phoneid_health_port != 0:  # 0: any that is free
        yield stop("PHONEID_HEALTH_PORT", texts.same_port(settings.port), texts.CHOOSE_ANOTHER_PORT)


def _about_people(settings: BotSettings) -> Iterator[Check]:
    policy = settings.policy
    are_agents_known = not policy.agents.is_everyone and not policy.agents.group_ids
    strangers = policy.trusted.user_ids - policy.agents.user_ids if are_agents_known else frozenset()
    if strangers:
        ids = Audience(user_ids=frozenset(strangers)).ids
        yield warning("PHONEID_TRUSTED", texts.trusted_not_agents(ids), texts.ADD_TO_AGENTS)
    if policy.needs_approval and _is_alone(policy.approvers):
        yield warning("PHONEID_APPROVERS", texts.ONLY_APPROVER, texts.NAME_ANOTHER)


def _is_alone(audience: Audience) -> bool:
    return len(audience.user_ids) == 1 and not audience.group_ids


def _about_account(settings: LookupSettings) -> Iterator[Check]:
    key_id, token = settings.alibaba_cloud_access_key_id or "", settings.alibaba_cloud_security_token
    if key_id.startswith("STS.") and token is None:
        yield stop("ALIBABA_CLOUD_SECURITY_TOKEN", texts.TEMPORARY_KEY_ALONE, texts.SET_WHAT_CAME_WITH_IT)
    if key_id.startswith("LTAI") and token is not None:
        yield stop("ALIBABA_CLOUD_SECURITY_TOKEN", texts.LASTING_KEY_WITH_MORE, texts.REMOVE_WHAT_IS_TOO_MUCH)
    for name in ONLY_WITHOUT_KEY if key_id else ():
        if _is_set(settings, name):
            yield warning(name, texts.no_effect(name, texts.KEY_IS_SET), texts.REMOVE_OR_REMOVE_KEY)
    if settings.phoneid_qps > DOCUMENTED_QPS:
        yield warning("PHONEID_QPS", texts.qps_over(settings.phoneid_qps, DOCUMENTED_QPS), texts.SET_QPS)
