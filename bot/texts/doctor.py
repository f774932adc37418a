"""What an administrator reads from ``phoneid doctor``, and from a start about what it looks at too.

Codes of Alibaba Cloud's that stop a start stand here by themselves; all others mean what ``bot.cams.failures`` says.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bot.models import Problem
from bot.texts.numbers import counted

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
    "Alibaba Cloud rejects calls with this machine's time",
    "Set the machine's clock, and keep it correct with NTP.",
)
_RENEW = "Get new temporary credentials, and set the AccessKey ID, its secret and ALIBABA_CLOUD_SECURITY_TOKEN to them."

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
        "This AccessKey is temporary and needs ALIBABA_CLOUD_SECURITY_TOKEN",
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


ACCOUNT_GOOD = "Alibaba Cloud accepts the AccessKey and allows it to look up phone number IDs."


def answered(code: str | None) -> str:
    said = f" ({code})" if code else ""
    return (
        f"Alibaba Cloud responds{said}, but the AccessKey could not be checked further. The first lookup will show "
        "whether it works."
    )


_LATER = "Check again in a few minutes."
_ADDRESS = "Check PHONEID_CAMS_URL, and that this is the newest version."

WHY_NOT_FURTHER: Mapping[Problem, tuple[str, str, str]] = {
    Problem.THROTTLED: (ACCOUNT, "it is throttling this account", _LATER),
    Problem.SERVICE_TROUBLE: (ACCOUNT, "it has an internal error", _LATER),
    Problem.NONCE_USED: (ACCOUNT, "it rejected the call as a duplicate", _LATER),
    Problem.ACCOUNT_BLOCKED: (
        ACCOUNT,
        "the account is blocked, because of an unpaid bill, a risk check or an open verification",
        "Look at the account's bills and notices in the Alibaba Cloud console.",
    ),
    Problem.NO_SUCH_OPERATION: ("PHONEID_CAMS_URL", "the server at that address does not offer this lookup", _ADDRESS),
    Problem.UNREADABLE: ("PHONEID_CAMS_URL", "the server at that address is not the Alibaba Cloud API", _ADDRESS),
    Problem.NOT_AUTHORIZED: (*_NO_PERMISSION[:1], "it does not allow the call", _NO_PERMISSION[2]),
    Problem.NOT_SUBSCRIBED: (
        *_NO_SUBSCRIPTION[:1],
        "the account does not seem to be subscribed to Chat App Message Service",
        _NO_SUBSCRIPTION[2],
    ),
    Problem.BAD_CREDENTIALS: (
        _KEY_ID,
        "it does not accept the credentials",
        "Check the ALIBABA_CLOUD_… settings: the AccessKey ID, its secret and the token.",
    ),
    Problem.TOKEN_EXPIRED: (_TOKEN, "the temporary credentials have expired", _RENEW),
    Problem.CLOCK_OFF: (_CLOCK[0], "it does not accept the call's time", _CLOCK[2]),
    Problem.NO_ANSWER: (ACCOUNT, "it did not respond in time", _LATER),
    Problem.NO_CONNECTION: (
        ACCOUNT,
        "the bot could not connect",
        "Check the network, the firewall, HTTPS_PROXY and PHONEID_CAMS_URL.",
    ),
    Problem.NO_CREDENTIALS: (
        ACCOUNT,
        "the role has no credentials at the moment",
        "Check the network to the credentials service, and the role's ALIBABA_CLOUD_… settings.",
    ),
    Problem.NO_RESOLVER: (ACCOUNT, "the machine's DNS does not respond", "Check the machine's DNS."),
    Problem.HOST_UNKNOWN: (
        "PHONEID_CAMS_URL",
        "the machine's DNS does not know the host",
        "Check PHONEID_CAMS_URL, HTTPS_PROXY and the machine's DNS.",
    ),
    Problem.NOT_TRUSTED: (
        "certificates",
        "this machine does not trust the server's certificate",
        "Check PHONEID_CAMS_URL. If a proxy opens TLS, put its certificate authority into SSL_CERT_FILE.",
    ),
    Problem.PROXY_REFUSED: (
        "proxy",
        "the proxy refused the connection",
        "Check HTTPS_PROXY, the login for the proxy, and NO_PROXY.",
    ),
    Problem.NOT_SENDABLE: ("PHONEID_CAMS_URL", "the call cannot be sent to that address", _ADDRESS),
}
"""What was looked at, why nothing more is known, what to do."""


def not_further(why: str, said: str) -> str:
    """``said``: the API's Code, or the cause on the wire, neither of which quotes a secret."""
    return f"Alibaba Cloud could not be checked: {why}{f' ({said})' if said else ''}."


# --- the settings among themselves ---


def no_effect(name: str, because: str) -> str:
    return f"{name} has no effect: {because}."


APPROVALS_ARE_OFF = "approvals are off (PHONEID_APPROVAL is never)"
SOCKET_MODE_IS_ON = "SLACK_APP_TOKEN is set, so the bot uses Socket Mode"
HTTP_MODE_IS_ON = "SLACK_APP_TOKEN is not set, so the bot receives signed requests over HTTP and keeps no connections"
KEY_IS_SET = "ALIBABA_CLOUD_ACCESS_KEY_ID is set, and with a key the bot does not use a role"
REMOVE_OR_REMOVE_KEY = "Remove it. To use the role instead of the key, remove the AccessKey settings."
CHOOSE_ANOTHER_PORT = "Set PHONEID_HEALTH_PORT to another port, or remove it: monitors can use PORT as well."
REMOVE_OR_SWITCH_ON = "Set PHONEID_APPROVAL=always, or remove it."
REMOVE_OR_CHOOSE_HTTP = "Remove it. To receive signed requests over HTTP, remove SLACK_APP_TOKEN instead."
REMOVE_IT = "Remove it."
REMOVE_PORT = "Remove it, unless your hosting platform sets it."

APPROVERS_WITHOUT_APPROVALS = (
    "PHONEID_APPROVERS is set but PHONEID_APPROVAL is not: no request needs an approval, and approvers only get alerts."
)
CHANNEL_WITHOUT_APPROVALS = (
    "PHONEID_APPROVAL_CHANNEL is set but PHONEID_APPROVAL is not: no request needs an approval, and the channel only "
    "gets alerts."
)
SAY_WHICH = "Set PHONEID_APPROVAL=always to require approvals, or PHONEID_APPROVAL=never if you only want alerts."
ONLY_APPROVER = (
    "PHONEID_APPROVERS has only one person. Nobody can approve their own request, so that person's requests will "
    "expire."
)
NAME_ANOTHER = "Add a second approver."


def trusted_not_agents(ids: str) -> str:
    return f"PHONEID_TRUSTED names {ids}, but PHONEID_AGENTS does not: they cannot request IDs."


ADD_TO_AGENTS = "Add them to PHONEID_AGENTS, or remove them from PHONEID_TRUSTED."


def same_port(port: int) -> str:
    return f"PHONEID_HEALTH_PORT and PORT are both {port}, but they must be different."


def qps_over(qps: int, most: int) -> str:
    return (
        f"PHONEID_QPS is {qps}, more than the {most} calls per second that Alibaba Cloud documents: calls can be "
        "throttled."
    )


SET_QPS = "Remove it, unless Alibaba Cloud has raised your limit."
TEMPORARY_KEY_ALONE = "ALIBABA_CLOUD_ACCESS_KEY_ID is temporary (STS.…), but ALIBABA_CLOUD_SECURITY_TOKEN is missing."
SET_WHAT_CAME_WITH_IT = "Set the token that came with the key."
LASTING_KEY_WITH_MORE = (
    "ALIBABA_CLOUD_SECURITY_TOKEN is set, but ALIBABA_CLOUD_ACCESS_KEY_ID is a permanent AccessKey (LTAI…), which has "
    "no token."
)
REMOVE_WHAT_IS_TOO_MUCH = "Remove the token, or set the AccessKey ID and secret that came with it."


def in_force(given: Mapping[str, object]) -> str:
    """What is set, a secret shown as such."""
    listed = ", ".join(f"{name}={value}" for name, value in given.items())
    return f"These are set: {listed}. All others have their defaults."


CORRECT_SETTING = "Correct it. The README's table of settings lists the allowed values."


def env_file_readable(path: str) -> str:
    return f"{path} contains secrets and can be read by other users of this machine."


def close_env_file(path: str) -> str:
    return f"Run: chmod 600 {path}"


# --- Slack ---

SAME_APP = "Both tokens belong to the same Slack app."
APP_NOT_TOLD = "Slack did not report which app the tokens belong to."
TOKENS_OF_ONE_APP = "Copy both tokens from the same app's page at api.slack.com."


def other_app(app_token: str, bot_token: str) -> str:
    """The ids of the apps."""
    return (
        f"SLACK_APP_TOKEN belongs to the Slack app {app_token}, but SLACK_BOT_TOKEN belongs to {bot_token}. The bot "
        "would receive one app's commands and answer as the other app."
    )


SOCKET_MODE = "The bot uses Socket Mode."


def signed_http(port: int, path: str) -> str:
    return (
        f"The bot receives signed requests on port {port}. The first command will show whether the URLs in the app "
        f"({path}) lead there."
    )


def usergroup_unknown(name: str, group_id: str) -> str:
    return f"{name} names the usergroup {group_id}, which does not exist in this workspace."


def usergroup_disabled(name: str, group_id: str) -> str:
    return f"{name} names the usergroup {group_id}, which is disabled and counts as empty."


def usergroup_empty(name: str, group_id: str) -> str:
    return f"{name} names the usergroup {group_id}, which has no members."


CHECK_GROUP_ID = "Copy the ID again: open the usergroup in Slack, then the three dots, then Copy group ID."
ENABLE_GROUP = "Enable it in Slack, or use another usergroup."
FILL_GROUP = "Add people to it in Slack, or use another usergroup."


def usergroups_good(count: int) -> str:
    which = "The usergroup in the settings has" if count == 1 else f"All {count} usergroups in the settings have"
    return f"{which} members."


def usergroups_not_told(reason: str) -> str:
    return f"Slack did not report the usergroups ({reason})."


def not_active(name: str, ids: str) -> str:
    who = "who are not active full members" if "," in ids else "who is not an active full member"
    return f"{name} names {ids}, {who} of this workspace."


CORRECT_IDS = "Correct the IDs (Copy member ID in the profile), or remove them."


def people_good(count: int) -> str:
    if count == 1:
        return "The person in the settings is an active full member."
    return f"All {count} people in the settings are active full members."


def people_not_all(count: int, of: int) -> str:
    return f"Only the first {count} of the {of} people in the settings were checked."


def people_not_told(reason: str) -> str:
    return f"Slack did not report who the people in the settings are ({reason})."


# --- the database and the machine ---


def no_record_yet(path: str) -> str:
    return f"There is no database at {path} yet. The first start creates it."


def folder_unusable(path: str) -> str:
    return f"The database {path} cannot be created: its folder is missing or not writable."


MAKE_FOLDER = "Create the folder and make the bot's user its owner, or set DATABASE_URL to another file."


def database_works(name: str, engine: str, schema: int) -> str:
    return f"{name} can be read and written. Its engine is {engine}, its schema is {schema}."


def database_not_writable(name: str, why: str) -> str:
    return f"The bot cannot write to {name}: {why}."


def database_older(name: str, schema: int, ours: int) -> str:
    return f"{name} was written by an older release: its schema is {schema}, but this release uses {ours}."


MIGRATE = "Run this release's phoneid migrate as the tables' owner, then start the bot."


def rights_missing(name: str, rights: str) -> str:
    return f"The database user in DATABASE_URL lacks these rights in {name}: {rights}."


GIVE_RIGHTS = "Grant these rights as the tables' owner: see Postgres in docs/operations.md for the statements."

ROLE_ONLY_ADDS = "The database user in DATABASE_URL can add to the journal but cannot change its entries."
ROLE_OWNS_JOURNAL = (
    "The database user in DATABASE_URL owns the journal or is a superuser, so it could remove the triggers and then "
    "change entries."
)
USE_TWO_ROLES = (
    "Let the bot use a second database user that owns nothing: see Postgres in docs/operations.md for the statements."
)
ROLE_MAY_CHANGE_JOURNAL = (
    "The database user in DATABASE_URL has the right to change or remove journal entries; only the triggers prevent it."
)
CLOSE_JOURNAL = (
    "As the tables' owner, REVOKE UPDATE, DELETE, TRUNCATE ON journal from this user: see Postgres in "
    "docs/operations.md."
)

CHECK_DATABASE = "Check which programs use it, its owner and mode, and the free space on its disk."


def chain_whole(entries: int, seq: int) -> str:
    if not entries:
        return "The journal has no entries yet."
    return (
        f"The journal is intact in its last {counted(entries, 'entry', 'entries')}, up to number {seq}. "
        "phoneid journal verify checks all entries."
    )


def chain_broken(seq: int) -> str:
    return f"The journal is broken at entry {seq}: it was changed outside the bot, or the disk is damaged."


VERIFY_AND_RESTORE = "Keep a copy as evidence, run phoneid journal verify, and restore the last good backup."


def disk_free(free: str, path: str) -> str:
    return f"The disk of {path} has {free} free."


def disk_nearly_full(free: str, path: str) -> str:
    return f"The disk of {path} has only {free} free. Once it is full, nothing can be recorded or looked up."


FREE_DISK = "Free some space, or move the database to a larger disk."


def megabytes(count: int) -> str:
    return f"{count // 1_000_000:,} MB"


def _months(count: int) -> str:
    return "1 month" if count == 1 else f"{count} months"


def metadata_fresh(version: str, months: int) -> str:
    return f"The phone number data {version} is {_months(months)} old."


def metadata_old(version: str, months: int) -> str:
    return f"The phone number data {version} is {_months(months)} old: numbers from newer ranges look wrong to it."


def metadata_undated(version: str) -> str:
    return f"The phone number data is {version}. Its age is not known."


UPDATE = "Install the newest version of phoneid-bot."


def version(release: str, python: str) -> str:
    return f"This is phoneid-bot {release} on Python {python}."


# --- the views ---


def views_valid(count: int) -> str:
    return f"Slack accepts all {count} views and messages, in their longest forms."


def views_not_validated(reason: str, count: int, of: int) -> str:
    return f"Slack validated {count} of {of} views and messages and then stopped ({reason})."


def view_refused(why: str) -> str:
    return f"Slack would not accept this: {why or 'it gave no reason'}."


REPORT_VIEW = "Install the newest version of phoneid-bot. If you have it already, please report this."

# --- a real lookup ---

LIVE_ALONE = "--live makes a lookup instead of the checks, so it cannot be used with --json or --views."
LIVE_REASON = "phoneid doctor --live"
LIVE_ANSWERED = "Alibaba Cloud returned an ID. phoneid log shows it."


def live_recorded(path: str) -> str:
    return (
        f"The request and the answer are in {path}, without the code, key, signature, ID and the middle of the number."
    )


def live_not_written(path: str, why: str) -> str:
    return f"Cannot write {path}: {why}. The lookup is on record: phoneid log"


NOTHING_TO_RECORD = "There was no answer, so no file was written."

# --- the examination itself ---


def not_looked_at(because: str) -> str:
    return f"This could not be checked: {because}."


WITHOUT_SLACK = "Slack did not report who the bot is"
WITHOUT_DATABASE = "the database cannot be used"
WITHOUT_SCHEMA = "the database must be migrated first"
WITHOUT_SCOPES = "the scopes must be corrected first"
WITHOUT_SETTINGS = "the settings must be corrected first"


def took_too_long(seconds: float) -> str:
    return f"There was no answer within {seconds:.0f} seconds."


def broke(error: str) -> str:
    """``error`` is the name of its kind."""
    return f"This could not be checked because of an error in the bot ({error})."


CHECK_AGAIN = "Check again in a few minutes. If this continues, report it with the output of phoneid doctor --json."
REPORT_IT = "Report it with the output of phoneid doctor --json."


def checking(groups: Sequence[str]) -> str:
    return f"Checking {', '.join(groups)} …"


def summary(stops: int, warnings: int, unchecked: int) -> str:
    not_checked = f", {unchecked} not checked" if unchecked else ""
    if stops:
        more = f", {counted(warnings, 'warning')}" if warnings else ""
        return f"The bot cannot start: {counted(stops, 'error')} to fix first{more}{not_checked}."
    if warnings:
        return f"The bot can start, with {counted(warnings, 'warning')}{not_checked}."
    if unchecked:
        return f"No errors were found, but {counted(unchecked, 'check was', 'checks were')} not made."
    return "Everything is fine."
