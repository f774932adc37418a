"""What an administrator reads from ``phoneid doctor``, and from a start about what it looks at too.

Codes of Alibaba Cloud's that stop a start stand here by themselves; all others mean what ``bot.cams.failures`` says.
"""

from collections.abc import Mapping
from typing import NamedTuple

from bot.models import Problem

SETTINGS, NETWORK, SLACK, APPROVALS, ACCOUNT, DATABASE, MACHINE, VIEWS = (
    "Settings",
    "Network",
    "Slack",
    "Approvals",
    "Alibaba Cloud",
    "Database",
    "Machine",
    "Views",
)
"""The groups, in their order."""

WHAT_TO_DO = "What to do:"


class About(NamedTuple):
    """What a ``Code`` of Alibaba Cloud's says about the account: the setting or thing, what is wrong, what to do."""

    name: str
    what: str
    remedy: str


_KEY_ID, _KEY_SECRET, _TOKEN = (
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
)

_NO_PERMISSION = (
    "permission",
    "The AccessKey's user is not allowed to look up phone number IDs",
    "In the RAM console, grant that user the action cams:GetPreValidatePhoneId.",
)
_NO_SUBSCRIPTION = (
    "subscription",
    "The Alibaba Cloud account has not subscribed to Chat App Message Service",
    "Activate it in the Alibaba Cloud console.",
)
_WRONG_SECRET = (
    _KEY_SECRET,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET does not belong to ALIBABA_CLOUD_ACCESS_KEY_ID",
    "Copy both from the same AccessKey, or create a new one in the RAM console: a secret is shown only once.",
)
_CLOCK = (
    "clock",
    "Alibaba Cloud refuses calls with this machine's time",
    "Set the machine's clock, and keep it right with NTP.",
)
_RENEW = "Set ALIBABA_CLOUD_SECURITY_TOKEN and the AccessKey to those of one new set of temporary credentials."

_ABOUT_ACCOUNT: Mapping[str, tuple[str, str, str]] = {
    "InvalidAccessKeyId.NotFound": (
        _KEY_ID,
        "Alibaba Cloud does not know ALIBABA_CLOUD_ACCESS_KEY_ID",
        "Copy the AccessKey ID again from the RAM console, or create a new AccessKey there.",
    ),
    "InvalidAccessKeyId.Inactive": (
        _KEY_ID,
        "The AccessKey in ALIBABA_CLOUD_ACCESS_KEY_ID is disabled",
        "Enable it in the RAM console, or create a new AccessKey there.",
    ),
    "SignatureDoesNotMatch": _WRONG_SECRET,
    "InvalidSecurityToken.Expired": (_TOKEN, "ALIBABA_CLOUD_SECURITY_TOKEN has expired", _RENEW),
    "InvalidSecurityToken.": (_TOKEN, "ALIBABA_CLOUD_SECURITY_TOKEN does not belong to this AccessKey", _RENEW),
    "MissingSecurityToken": (
        _TOKEN,
        "This AccessKey is a temporary one and needs ALIBABA_CLOUD_SECURITY_TOKEN",
        _RENEW,
    ),
    "InvalidTimeStamp.": _CLOCK,
    "IllegalTimestamp": _CLOCK,
    "Forbidden.RAM": _NO_PERMISSION,
    "Ram.PermissionDeny": _NO_PERMISSION,
    "NoPermission": _NO_PERMISSION,
    "Authentication.NoAuth": _NO_PERMISSION,
    "Product.Unsubscript": _NO_SUBSCRIPTION,
    "Forbidden.Unsubscribed": _NO_SUBSCRIPTION,
}
"""By a ``Code`` or, with a full stop at its end, by its beginning: those that are documented to be about key, clock,
permission or subscription, and no others, because they stop the start."""


def about_account(code: str) -> About | None:
    """What a ``Code`` says about the account; ``None``: not certainly anything."""
    beginning = f"{code.partition('.')[0]}."
    found = _ABOUT_ACCOUNT.get(code) or _ABOUT_ACCOUNT.get(beginning)
    if found is None:
        return None
    name, what, remedy = found
    return About(name, f"{what} ({code}).", remedy)


ACCOUNT_GOOD = "Alibaba Cloud accepts the AccessKey and lets it look up phone number IDs."


def answered(code: str | None) -> str:
    said = f" ({code})" if code else ""
    return f"Alibaba Cloud answers{said}, but the AccessKey could not be checked further. The first lookup will tell."


_LATER = "Check again in a few minutes."
_ADDRESS = "Check PHONEID_CAMS_URL, and that this version is the newest."

WHY_NOT_FURTHER: Mapping[Problem, tuple[str, str, str]] = {
    Problem.THROTTLED: (ACCOUNT, "it takes no more calls for this account at present", _LATER),
    Problem.SERVICE_TROUBLE: (ACCOUNT, "it has an internal error", _LATER),
    Problem.NONCE_USED: (ACCOUNT, "it took the call for a copy", _LATER),
    Problem.ACCOUNT_BLOCKED: (
        ACCOUNT,
        "it does not serve this account: a bill, a risk check or a verification is open",
        "Look at the account's bills and notices in the Alibaba Cloud console.",
    ),
    Problem.NO_SUCH_OPERATION: ("PHONEID_CAMS_URL", "it does not offer this lookup at that address", _ADDRESS),
    Problem.UNREADABLE: ("PHONEID_CAMS_URL", "what answers at that address is not its API", _ADDRESS),
    Problem.NOT_AUTHORIZED: (*_NO_PERMISSION[:1], "it does not allow the call", _NO_PERMISSION[2]),
    Problem.NOT_SUBSCRIBED: (*_NO_SUBSCRIPTION[:1], "the account seems not to be subscribed", _NO_SUBSCRIPTION[2]),
    Problem.BAD_CREDENTIALS: (
        _KEY_ID,
        "it does not accept the credentials",
        "Check the ALIBABA_CLOUD_… settings: the AccessKey ID, its secret and the token.",
    ),
    Problem.TOKEN_EXPIRED: (_TOKEN, "the temporary credentials have expired", _RENEW),
    Problem.CLOCK_OFF: (_CLOCK[0], "it does not accept the call's time", _CLOCK[2]),
    Problem.NO_ANSWER: (ACCOUNT, "it did not answer in time", _LATER),
    Problem.NO_CONNECTION: (
        ACCOUNT,
        "no connection",
        "Check the network, the firewall, and what HTTPS_PROXY and PHONEID_CAMS_URL say.",
    ),
    Problem.NO_CREDENTIALS: (
        ACCOUNT,
        "there are no credentials for the role now",
        "Check the network to the service that gives them, and the role's ALIBABA_CLOUD_… settings.",
    ),
    Problem.NO_RESOLVER: (ACCOUNT, "the machine's DNS does not respond", "Check the machine's DNS."),
    Problem.HOST_UNKNOWN: (
        "PHONEID_CAMS_URL",
        "the machine's DNS knows no such host",
        "Check PHONEID_CAMS_URL, HTTPS_PROXY and the machine's DNS.",
    ),
    Problem.NOT_TRUSTED: (
        "certificates",
        "what answers has no certificate that this machine trusts",
        "Check PHONEID_CAMS_URL and whether a proxy is in between. Name its certificate authority in SSL_CERT_FILE.",
    ),
    Problem.PROXY_REFUSED: (
        "proxy",
        "the proxy does not let the bot through",
        "Check HTTPS_PROXY, the bot's login there, and NO_PROXY.",
    ),
    Problem.NOT_SENDABLE: ("PHONEID_CAMS_URL", "the call cannot be sent there", _ADDRESS),
}
"""What was looked at, why nothing more is known, what to do."""


def not_further(why: str, said: str) -> str:
    """``said``: the API's Code, or the cause on the wire, neither of which quotes a secret."""
    return f"Alibaba Cloud could not be checked further: {why}{f' ({said})' if said else ''}."


# --- the settings among themselves ---


def no_effect(name: str, because: str) -> str:
    return f"{name} has no effect: {because}."


APPROVALS_ARE_OFF = "approvals are off (PHONEID_APPROVAL is never)"
SOCKET_MODE_IS_ON = "SLACK_APP_TOKEN is set, so payloads come through Socket Mode"
HTTP_MODE_IS_ON = "SLACK_APP_TOKEN is not set, so payloads come as signed requests, without links"
KEY_IS_SET = "ALIBABA_CLOUD_ACCESS_KEY_ID is set, and no role is taken on beside a key"
REMOVE_OR_REMOVE_KEY = "Remove it; for a role in place of the key, remove the AccessKey settings instead."
CHOOSE_ANOTHER_PORT = "Set PHONEID_HEALTH_PORT to another port, or remove it: PORT answers monitors, too."
REMOVE_OR_SWITCH_ON = "Set PHONEID_APPROVAL=always, or remove it."
REMOVE_OR_CHOOSE_HTTP = "Remove it; for signed requests over HTTP, remove SLACK_APP_TOKEN instead."
REMOVE_IT = "Remove it."
REMOVE_PORT = "Remove it, unless your host sets it by itself."

APPROVERS_WITHOUT_APPROVALS = (
    "PHONEID_APPROVERS is set but PHONEID_APPROVAL is not: no request needs an approval, and approvers only get alarms."
)
CHANNEL_WITHOUT_APPROVALS = (
    "PHONEID_APPROVAL_CHANNEL is set but PHONEID_APPROVAL is not: no request needs an approval, and the channel only "
    "gets alarms."
)
SAY_WHICH = "Set PHONEID_APPROVAL=always to require approvals, or PHONEID_APPROVAL=never if alarms are all you want."
ONLY_APPROVER = (
    "PHONEID_APPROVERS is one person, and nobody can approve their own request: that person's requests will expire."
)
NAME_ANOTHER = "Add a second approver."


def trusted_not_agents(ids: str) -> str:
    return f"PHONEID_TRUSTED names {ids}, not in PHONEID_AGENTS: they cannot request IDs at all."


ADD_TO_AGENTS = "Add them to PHONEID_AGENTS, or remove them from PHONEID_TRUSTED."


def same_port(port: int) -> str:
    return f"PHONEID_HEALTH_PORT and PORT are both {port}: only one of the two can listen there."


def qps_over(qps: int, most: int) -> str:
    return (
        f"PHONEID_QPS is {qps}, over the {most} calls per second that Alibaba Cloud documents: calls may be throttled."
    )


SET_QPS = "Remove it, unless Alibaba Cloud has raised your limit."
TEMPORARY_KEY_ALONE = (
    "ALIBABA_CLOUD_ACCESS_KEY_ID is a temporary one (STS.…), and ALIBABA_CLOUD_SECURITY_TOKEN is missing."
)
SET_WHAT_CAME_WITH_IT = "Set the token that came with the key."
LASTING_KEY_WITH_MORE = (
    "ALIBABA_CLOUD_SECURITY_TOKEN is set, but ALIBABA_CLOUD_ACCESS_KEY_ID is a permanent AccessKey (LTAI…), which has "
    "no token."
)
REMOVE_WHAT_IS_TOO_MUCH = "Remove the token, or set the AccessKey ID and secret that came with it."


def in_force(given: Mapping[str, object]) -> str:
    """What is set, a secret shown as such."""
    listed = ", ".join(f"{name}={value}" for name, value in given.items())
    return f"{listed}. The others have their defaults."


CORRECT_SETTING = "Correct it: the README's table of settings says what it takes."


def env_file_readable(path: str) -> str:
    return f"{path} holds secrets and can be read by other users of this machine."


def close_env_file(path: str) -> str:
    return f"Close it to them: chmod 600 {path}"


# --- Slack ---

SAME_APP = "Both tokens are of the same Slack app."
APP_NOT_TOLD = "Slack does not say which app the tokens are of."
TOKENS_OF_ONE_APP = "Copy both tokens from the same app's page at api.slack.com."


def other_app(app_token: str, bot_token: str) -> str:
    """The ids of the apps."""
    return (
        f"SLACK_APP_TOKEN is of the Slack app {app_token} and SLACK_BOT_TOKEN of {bot_token}: the bot would get the "
        "commands of one app and answer as the other."
    )


SOCKET_MODE = "Payloads come through Socket Mode."


def signed_http(port: int, path: str) -> str:
    return (
        f"Payloads come as signed requests to port {port}. Whether the URLs in the app lead there ({path}) shows with "
        "the first command."
    )


def usergroup_unknown(name: str, group_id: str) -> str:
    return f"{name} names the usergroup {group_id}, which this workspace does not have."


def usergroup_disabled(name: str, group_id: str) -> str:
    return f"{name} names the usergroup {group_id}, which is disabled: it counts as empty."


def usergroup_empty(name: str, group_id: str) -> str:
    return f"{name} names the usergroup {group_id}, which nobody is in."


CHECK_GROUP_ID = "Copy the id again: open the usergroup in Slack, then the three dots, then Copy group ID."
ENABLE_GROUP = "Enable it in Slack, or name another."
FILL_GROUP = "Add people to it in Slack, or name another."


def usergroups_good(count: int) -> str:
    return f"Usergroups that the settings name: {count}. All of them have members."


def usergroups_not_told(reason: str) -> str:
    return f"Slack does not tell about usergroups at present ({reason})."


def not_active(name: str, ids: str) -> str:
    return f"{name} names {ids}: not an active full member of this workspace."


CORRECT_IDS = "Correct the ids (Copy member ID in the profile), or remove them."


def people_good(count: int) -> str:
    return f"People that the settings name: {count}. All of them are active full members."


def people_not_all(count: int, of: int) -> str:
    return f"{count} of the {of} people that the settings name were asked about, and no more."


def people_not_told(reason: str) -> str:
    return f"Slack does not tell about people at present ({reason})."


# --- the database and the machine ---


def no_record_yet(path: str) -> str:
    return f"There is no record at {path} yet. The first start begins one."


def folder_unusable(path: str) -> str:
    return f"No record can be made at {path}: its folder is missing or may not be written."


MAKE_FOLDER = "Make the folder and give it to the bot's user, or name another file in DATABASE_URL."


def database_works(name: str, engine: str, schema: int) -> str:
    return f"{name} can be read and written. Engine {engine}, schema {schema}."


def database_not_writable(name: str, why: str) -> str:
    return f"{name} cannot be written: {why}."


def database_older(name: str, schema: int, ours: int) -> str:
    return f"{name} was written by an older release: its schema is {schema}, this release's is {ours}."


MIGRATE = "Run phoneid migrate of this release as the tables' owner, then start the bot."


def rights_missing(name: str, rights: str) -> str:
    return f"The role that DATABASE_URL names may not do in {name} what the bot does: {rights}."


GIVE_RIGHTS = "Grant it these rights as the tables' owner: docs/operations.md, under Postgres, has the statements."

ROLE_ONLY_ADDS = "The role that DATABASE_URL names can add to the journal, and cannot change what is in it."
ROLE_OWNS_JOURNAL = (
    "The role that DATABASE_URL names owns the journal or is a superuser: it could take its triggers away and then "
    "change entries."
)
USE_TWO_ROLES = (
    "Let the bot run as a second role, which owns nothing: docs/operations.md, under Postgres, has the statements."
)
ROLE_MAY_CHANGE_JOURNAL = (
    "The role that DATABASE_URL names has the right to change or remove entries of the journal; only the triggers "
    "stop it."
)
CLOSE_JOURNAL = (
    "As the tables' owner, REVOKE UPDATE, DELETE, TRUNCATE ON journal from that role: docs/operations.md, under "
    "Postgres."
)

CHECK_DATABASE = "Check who holds it, its owner and mode, and the free space of its disk."


def chain_whole(entries: int, seq: int) -> str:
    return f"The newest {entries} journal entries are whole, up to number {seq}. phoneid journal verify checks all."


def chain_broken(seq: int) -> str:
    return f"The journal is not whole at entry {seq}: it was changed by other hands, or by a damaged disk."


VERIFY_AND_RESTORE = "Keep a copy as evidence, run phoneid journal verify, and restore the last good backup."


def disk_free(free: str, path: str) -> str:
    return f"{free} are free on the disk of {path}."


def disk_nearly_full(free: str, path: str) -> str:
    return f"Only {free} are free on the disk of {path}: once it is full, nothing can be recorded or looked up."


FREE_DISK = "Free some space, or move the database to a larger disk."


def megabytes(count: int) -> str:
    return f"{count // 1_000_000:,} MB"


def _months(count: int) -> str:
    return "1 month" if count == 1 else f"{count} months"


def metadata_fresh(version: str, months: int) -> str:
    return f"Phone number data {version}, {_months(months)} old."


def metadata_old(version: str, months: int) -> str:
    return f"The phone number data {version} is {_months(months)} old: numbers of newer ranges are taken for mistakes."


def metadata_undated(version: str) -> str:
    return f"Phone number data {version}, of a date that this version does not know."


UPDATE = "Install the newest version of phoneid-bot."


def version(release: str, python: str) -> str:
    return f"phoneid-bot {release} on Python {python}."


# --- the views ---


def views_valid(count: int) -> str:
    return f"Slack would take all {count} views and messages, in their longest forms."


def views_not_validated(reason: str, count: int, of: int) -> str:
    return f"Slack validated {count} of {of} views and messages, then no more ({reason})."


def view_refused(why: str) -> str:
    return f"Slack would refuse this: {why or 'without a reason'}."


REPORT_VIEW = "Install the newest version of phoneid-bot. If it is the newest, report this."

# --- a real lookup ---

LIVE_ALONE = "--live makes a lookup instead of the checks: leave out --json and --views."
LIVE_REASON = "phoneid doctor --live"
LIVE_ANSWERED = "Alibaba Cloud returned an ID. phoneid log shows it."


def live_recorded(path: str) -> str:
    return f"What was sent and answered is in {path}, without code, key, signature, ID and the middle of the number."


def live_not_written(path: str, why: str) -> str:
    return f"{path} cannot be written: {why}. The lookup is on record: phoneid log"


NOTHING_TO_RECORD = "There was no answer to write down."

# --- the examination itself ---


def not_looked_at(because: str) -> str:
    return f"Not checked: {because}."


WITHOUT_SLACK = "Slack could not be asked who the bot is"
WITHOUT_DATABASE = "the database cannot be used"
WITHOUT_SCHEMA = "the database has to be brought to this release's schema first"
WITHOUT_SCOPES = "the scopes have to be right first"
WITHOUT_SETTINGS = "the settings have to be right first"


def took_too_long(seconds: float) -> str:
    return f"This was given up after {seconds:.0f} seconds without an answer."


def broke(error: str) -> str:
    """``error`` is the name of its kind."""
    return f"This could not be checked: something in the bot broke ({error})."


CHECK_AGAIN = "Check again in a few minutes. If it stays so, report it with the output of phoneid doctor --json."
REPORT_IT = "Report it with the output of phoneid doctor --json."


def summary(stops: int, warnings: int, unchecked: int) -> str:
    not_checked = f", {unchecked} not checked" if unchecked else ""
    if stops:
        more = f", {warnings} more to look at" if warnings else ""
        return f"The bot would not start: {stops} to mend first{more}{not_checked}."
    if warnings:
        return f"The bot starts. {warnings} to look at{not_checked}."
    return f"Nothing wrong was found; {unchecked} not checked." if unchecked else "All is well."
