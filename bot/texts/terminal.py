"""What an administrator reads at a start that fails or warns, and from the commands that have no module of their own.

A setting's value and ``.env`` as such are in ``settings``; what ``init`` and ``config`` say, in ``setup``; a list of
numbers, in ``command_line``; databases that are copied or migrated, in ``databases``; and what only the doctor says, in
``doctor``.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.audit import LogQuery
from bot.texts.language import in_english
from bot.texts.requests import CHANNEL_TROUBLES, ChannelTrouble

_WHERE_TO_GET = {
    "SLACK_BOT_TOKEN": "the bot token (xoxb-…) from your app's page at api.slack.com, OAuth & Permissions",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "the AccessKey ID of the RAM user that can call cams:GetPreValidatePhoneId",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "the AccessKey secret that belongs to ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ROLE_ARN": "the ARN of the RAM role that the bot's service account can assume",
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "the ARN of the cluster's identity provider in RAM",
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "the file in which the cluster keeps the service account's token",
}

HELP_EPILOG = (
    "phoneid COMMAND --help explains a command. To have your shell complete commands and options, put "
    'eval "$(_PHONEID_COMPLETE=bash_source phoneid)" into ~/.bashrc; for zsh write zsh_source.'
)
SETTINGS_HEADING = "phoneid cannot start:"
ACCESS_LOST_HEADING = "phoneid cannot continue:"
DATABASE_URL_UNREADABLE = (
    "is not a database that this version can use. Write sqlite:///path/to/phoneid.db or postgresql://user@host/name"
)
REGION_UNKNOWN = "is not a country. Write two letters, such as CN or GB"
AUDIENCE_UNREADABLE = (
    "must be a comma-separated list of Slack IDs of users (such as U012AB3CD) and usergroups (such as S012AB3CD). "
    "Only PHONEID_AGENTS can be everyone"
)
EVERYONE_NOT_HERE = "cannot be everyone. List Slack IDs of users (such as U012AB3CD) and usergroups (such as S012AB3CD)"
DURATION_UNREADABLE = "is not a length of time. Write a number and a unit (m, h or d), such as 24h or 7d"
RETENTION_TOO_SHORT = (
    "is too short: wrong codes are counted for a day, and forgetting a number resets its count. Write 24h or more"
)
APPROVERS_MISSING = (
    "PHONEID_APPROVAL is always, but PHONEID_APPROVERS is not set. List the Slack IDs of the approvers there."
)
URL_UNREADABLE = "is not a URL. Write it with https://"
URL_WITH_A_USER = "contains a user name or a password, which the log would show. Write it without"
URL_IN_CLEAR_TEXT = (
    "must start with https://, because secrets are sent there. Only an address on this machine can start with http://"
)
SLACK_MODE_MISSING = (
    "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is missing. Set SLACK_APP_TOKEN (xapp-…, with the scope "
    "connections:write) for Socket Mode, or SLACK_SIGNING_SECRET to receive signed requests on PORT."
)
SLACK_OAUTH_NOT_WANTED = (
    "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET are set. Remove them: with both set, Slack's library would ignore "
    "SLACK_BOT_TOKEN."
)
CERTIFICATES_UNUSABLE = "SSL_CERT_FILE or SSL_CERT_DIR does not name readable certificates. Correct it, or remove it."


def language_unknown(names: Sequence[str]) -> str:
    return f"is not one of the bot's languages. Write one of these: {', '.join(names)}"


def proxy_unusable(name: str) -> str:
    """``name`` is the variable that holds it."""
    return f"{name} is not a usable proxy address. Write it as http://host:port; SOCKS is not supported."


def settings_footer(name: str, path: str, *, is_there: bool) -> str:
    found = f"from {path}" if is_there else f"from {name}, but {path} does not exist"
    return f"Settings are read from the environment and {found}. The README lists all settings."


def no_websocket(why: str, *, is_too_many: bool) -> str:
    """After a minute in which no websocket could be opened. ``why``: as the last try ended."""
    if is_too_many:
        return (
            "Other programs use all ten connections that Slack allows for this app. Stop those that are not needed, or "
            "set PHONEID_LINKS=1 for each process."
        )
    return (
        f"Slack gives addresses for Socket Mode, but no connection to them can be opened: {why}. If this continues, a "
        "firewall or a proxy is blocking websockets (wss://, port 443)."
    )


def token_prefix(prefix: str) -> str:
    return f"does not start with {prefix}, so it is a different kind of token"


def role_unusable(why: str) -> str:
    return f"The bot could not get credentials for the role: {why}."


ROLE_PACKAGE_MISSING = (
    "the package that fetches them is not installed. In a clone of this release, run pip install '.[alibaba]'"
)
ROLE_SETTINGS_UNUSABLE = (
    "the package that fetches them cannot use the settings. Check ALIBABA_CLOUD_ROLE_ARN with the two OIDC settings, "
    "or ALIBABA_CLOUD_ECS_METADATA, or ALIBABA_CLOUD_CREDENTIALS_URI"
)
ROLE_FILE_UNREADABLE = "the token file cannot be read. Check ALIBABA_CLOUD_OIDC_TOKEN_FILE"
ROLE_SERVICE_AWAY = "the credentials service cannot be reached"
ROLE_ANSWER_UNUSABLE = "the credentials service gave an answer that cannot be used"


def role_service_failed(status: int) -> str:
    return f"the credentials service answered HTTP {status}"


def role_refused(status: int) -> str:
    return (
        f"the credentials service refused (HTTP {status}). Check the role's ALIBABA_CLOUD_… settings and its trust "
        "policy"
    )


def setting_missing(name: str) -> str:
    what = _WHERE_TO_GET.get(name)
    return f"{name} is missing. It is {what}." if what else f"{name} is missing."


_NOT_THE_TOKEN = {
    "accesslimited": "access from this network is restricted. Ask a workspace administrator to allow this address",
    "access_denied": "an administrator does not allow it. Ask a workspace administrator",
    "deprecated_endpoint": "Slack no longer offers what this version calls. Install a newer version",
    "ekm_access_denied": "the organization's encryption keys are not available. Ask the administrators of the keys",
    "enterprise_is_restricted": "this is not allowed in an Enterprise organization. Ask one of its administrators",
    "method_deprecated": "Slack no longer offers what this version calls. Install a newer version",
    "no_permission": "an administrator does not allow it. Ask a workspace administrator",
    "org_login_required": "the workspace is being moved to an Enterprise organization. Ask its administrator",
    "team_access_not_granted": "the app has no access to this workspace. Ask an administrator of the organization",
    "team_disabled": "the workspace was closed. Ask a workspace administrator",
    "token_expired": "the app uses token rotation, which this version does not support. Create the app again",
    "two_factor_setup_required": "the person who installed the app has to set up two-factor authentication first",
}
"""What is wrong, and who can help, where Slack refuses the bot whatever its token is."""

_INSTALL_AGAIN = frozenset({"account_inactive", "token_revoked", "user_removed_from_team"})


def bot_token_refused(reason: str) -> str:
    if reason in _NOT_THE_TOKEN:
        return f"Slack does not serve the bot ({reason}): {_NOT_THE_TOKEN[reason]}."
    if reason in _INSTALL_AGAIN:
        return (
            f"Slack no longer accepts SLACK_BOT_TOKEN ({reason}): the app was removed from the workspace, or its token "
            "was revoked. Install the app again and copy its new token from OAuth & Permissions."
        )
    return f"Slack does not accept SLACK_BOT_TOKEN ({reason}). Copy it again from OAuth & Permissions."


def token_good(name: str) -> str:
    return f"Slack accepts {name}."


def bot_token_good(bot: str, team: str) -> str:
    """Who the bot is, and in which workspace; empty where Slack did not say."""
    return f"Slack accepts SLACK_BOT_TOKEN. The bot is {bot or 'unnamed'} in the workspace {team or '(no name)'}."


def app_token_refused(reason: str) -> str:
    if reason in _NOT_THE_TOKEN:
        return f"Slack does not serve the bot ({reason}): {_NOT_THE_TOKEN[reason]}."
    return (
        f"Slack does not accept SLACK_APP_TOKEN ({reason}). Generate an app-level token with the scope "
        "connections:write, and turn on Socket Mode."
    )


def slack_unreachable(url: str, cause: str) -> str:
    remedy = "Check the network, HTTPS_PROXY, SSL_CERT_FILE and SLACK_API_URL."
    return f"Slack does not respond at {url}: {cause}. {remedy}"


def scopes_missing(names: str) -> str:
    return f"SLACK_BOT_TOKEN lacks scopes that these settings need: {names}."


SCOPES_REMEDY = "Add these scopes under OAuth & Permissions, install the app again, and copy its token."
SCOPES_THERE = "SLACK_BOT_TOKEN has all scopes that these settings need."
SCOPES_NOT_TOLD = "Slack did not report which scopes SLACK_BOT_TOKEN has."


def scopes_beyond(names: str) -> str:
    return f"SLACK_BOT_TOKEN has scopes that this version does not use: {names}."


SCOPES_BEYOND_REMEDY = "Remove them under OAuth & Permissions, install the app again, and copy its token."
SLACKS = "Slack's"
ALIBABA_CLOUDS = "Alibaba Cloud's"


def clock_off(seconds: float, whose: str) -> str:
    way = "ahead of" if seconds > 0 else "behind"
    return f"This machine's clock is {abs(seconds):.0f} seconds {way} {whose}."


def clock_right(whose: str) -> str:
    return f"This machine's clock agrees with {whose}."


def clock_not_told(whose: str) -> str:
    return f"The clock could not be compared: {whose} answer has no date."


CLOCK_REMEDY = (
    "Set the clock. If it is more than 5 minutes off, Slack's signed requests are rejected; if it is more than 15 "
    "minutes off, Alibaba Cloud rejects calls."
)
NO_PROXY_USED = "No proxy is set. The bot connects to Alibaba Cloud and Slack directly."
CERTIFICATES_THERE = "Trusted certificates were found."


def proxy_used(name: str) -> str:
    return f"The bot connects to Alibaba Cloud and Slack through the proxy in {name}, unless NO_PROXY lists them."


def slack_not_now(reason: str) -> str:
    return (
        f"Slack is not available now ({reason}). This does not mean that the settings are wrong: start again in a "
        "minute."
    )


NO_WORKSPACES = "The app is installed in an organization, but in none of its workspaces."
GIVE_WORKSPACES = "Ask an administrator of the organization to add it to the workspaces that should use it."


def database_unusable(name: str, why: str) -> str:
    """Neither holds a password."""
    reason = " ".join(why.split())
    return f"DATABASE_URL ({name}): {reason if reason.endswith('?') else reason + '.'}"


NAME_OUR_DATABASE = "Set DATABASE_URL to the bot's own database, or use the release that wrote this one."
CHECK_FILE = (
    "Check that DATABASE_URL names the bot's own file, that the bot can write to it, and that its disk is not full."
)
CHECK_SERVER = (
    "Check that the server is running and can be reached from here, and that DATABASE_URL has the right host, database "
    "and user."
)
MAY_NOT_CREATE = (
    "the database is empty, and this database user cannot create tables in it. Run phoneid migrate as the user that "
    "should own the tables: see Postgres in docs/operations.md"
)


def right_missing(said: str) -> str:
    """``said`` is the server's own word for it."""
    return (
        f"{said}. This database user lacks a right: see Postgres in docs/operations.md for the rights that the bot "
        "needs. Run phoneid migrate as the tables' owner"
    )


def database_busy(said: str) -> str:
    """``said`` is the engine's own word for it."""
    return (
        f"{said}. Another program is writing to it: try again in a minute. If this continues, stop the program that "
        "locks it, such as a backup, a database browser or a suspended phoneid command"
    )


def no_schema(name: str) -> str:
    return f"the database has no schema {name}. Run CREATE SCHEMA {name}, or correct the name after ?schema="


def may_not_use(name: str) -> str:
    return (
        f"this database user cannot use the schema {name}. Grant the right as the schema's owner (GRANT USAGE ON "
        f"SCHEMA {name} TO the user), or correct the name after ?schema="
    )


MAY_NOT_VACUUM = (
    "this database user cannot VACUUM the tables, so forgotten data stays in dead rows until the server or the tables' "
    "owner removes it. Run phoneid forget as the tables' owner, or grant this user the right: see Forgetting on "
    "Postgres in docs/operations.md"
)


def no_approver_left(ids: str) -> str:
    return (
        f"PHONEID_APPROVAL is always, but nobody in PHONEID_APPROVERS ({ids}) is an active full member of this "
        "workspace. Add an approver who is."
    )


def no_approver_in(ids: str, workspace: str) -> str:
    return (
        f"Nobody in PHONEID_APPROVERS ({ids}) is an active full member of {workspace}, so nobody can approve its "
        "requests."
    )


APPROVER_THERE = "Add an approver who is a member of that workspace."


def approvers_not_told_everywhere(reason: str) -> str:
    return f"Slack did not report the approvers of every workspace ({reason})."


def approvers_not_told(ids: str, reason: str, *, is_refused: bool) -> str:
    then = "ask an administrator of the workspace" if is_refused else "start again in a minute"
    return (
        f"PHONEID_APPROVAL is always, but Slack did not report whether anybody in PHONEID_APPROVERS ({ids}) is an "
        f"active full member of this workspace ({reason}). This does not mean that the settings are wrong: {then}."
    )


APPROVERS_THERE = "At least one of PHONEID_APPROVERS is an active full member of this workspace."
APPROVAL_CHANNEL_THERE = "The bot can post requests in PHONEID_APPROVAL_CHANNEL."
CHANNEL_OF_OUR_OWN = "Choose a channel that only this workspace has."


def channel_org_shared(channel_id: str) -> str:
    return (
        f"PHONEID_APPROVAL_CHANNEL {channel_id} is shared within the organization: members of its other workspaces can "
        "read who made each request, why, and parts of the number."
    )


CARDS_TO_EACH = "Until this is fixed, each approver gets every request as a direct message."


def database_good(name: str) -> str:
    return f"The database {name} works."


def approval_channel_unusable(channel_id: str, trouble: ChannelTrouble) -> str:
    return f"PHONEID_APPROVAL_CHANNEL {channel_id} cannot be used: {in_english(CHANNEL_TROUBLES[trouble])}."


def port_taken(host: str, port: int, setting: str) -> str:
    return f"The bot cannot listen on {host}:{port}: the port is in use or not allowed. Choose another {setting}."


CLOSED = "it is closed"
FULL = "its disk is full"


def stdout_unusable(why: str) -> str:
    return f"Cannot write to standard output: {why}."


STOPPED = "Stopped."
NUMBER, REASON, CODE = "number", "reason", "code"
"""What can be a line of standard input."""
WAITING_FOR_LIST = "Waiting for the list."


def did_not_come(what: str) -> str:
    return f"Standard input ended without a {what}. Enter it in a terminal, or send it through a pipe."


def waiting_for(what: str) -> str:
    return f"Waiting for the {what} on standard input."


def to_be_found(request_id: str) -> str:
    return f" The result is on record: phoneid log --request {request_id}"


AGENT_UNREADABLE = (
    "This is not a user ID. Write it as phoneid log shows it: a Slack user ID such as U012AB3CD, or a user of the "
    "command line such as 1000 (ana)."
)
REFERENCE_UNREADABLE = "This is not a reference. Write it as phoneid log shows it, such as R-7K3Q9FZ2 or R-7K3Q9FZ2/17."
SINCE_UNREADABLE = "This is not a time. Write 90m, 24h, 7d, or a date such as 2026-11-01."


def nothing_found(query: LogQuery) -> str:
    """With what was looked for, so that a slip in it is seen."""
    since = None if query.since is None else datetime.fromtimestamp(query.since, UTC)
    filters = {
        "agent": query.user_id,
        "number": query.phone and query.phone.international,
        "reference": query.request_id,
        "since": since and f"{since:%Y-%m-%d %H:%M} UTC",
    }
    asked = ", ".join(f"{name} {value}" for name, value in filters.items() if value is not None)
    return f"No lookups match {asked}." if asked else "No lookups are on record yet."


WARNING = "Warning:"


def command_failed(what: str) -> str:
    return f"phoneid: {what}"


REASON_NOT_TEXT = "The reason contains bytes that are not text in this terminal's encoding."

FORMAT_ONCE = "Use either --json or --csv, not both."
USER_UNREADABLE = (
    "USER must be a Slack user ID such as U012AB3CD. To find it, open the person's profile in Slack, then the three "
    "dots, then Copy member ID."
)


def user_unknown(user_id: str) -> str:
    return f"{user_id} is not an active full member of this workspace."


def user_not_told(user_id: str) -> str:
    return f"Slack did not report who {user_id} is. The line above has the reason."


def no_database(path: str) -> str:
    return f"There is no database at {path}. Set DATABASE_URL to the database that the bot uses."
