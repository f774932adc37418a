"""What an administrator reads about a setting's value, ``.env`` and the database's file, before anything is called.

No sentence holds a setting's value, or any text of ``.env``.
"""

NOT_NAME_VALUE = "is not NAME=value, a comment or blank"
UNCLOSED_QUOTE = "opens a quotation mark and does not close it"
AFTER_THE_QUOTE = "has text after its closing quotation mark"
BACKSLASH_IN_QUOTES = (
    "has a backslash between double quotation marks. Use single quotation marks: nothing between them is changed"
)
TWO_SETTINGS = "seems to contain two settings. Write one setting per line, or put the value in quotation marks"
INVISIBLE = "contains an invisible character. Type the line again"


def env_file_unreadable(file: str) -> str:
    return f"{file} cannot be read. It must be a UTF-8 text file that this user can read."


def env_file_missing(file: str) -> str:
    return f"--env-file names {file}, but there is no such file."


def env_file_fine(file: str) -> str:
    return f"{file} can be read, and only its owner can change it."


QUOTES = "includes quotation marks. Write it without them: docker run --env-file, for one, does not remove them"
PLACEHOLDER = "is still the placeholder from an example. Set your own value"
REFERENCE = "refers to another variable, which is not filled in. Write the value itself"
NOT_A_SIGNATURES = (
    "is not a signing secret, which has 32 characters, 0-9 and a-f. Copy it again from your app's page at "
    "api.slack.com, Basic Information"
)
IS_THE_ID = "is an AccessKey ID. Write the secret here, and the ID in ALIBABA_CLOUD_ACCESS_KEY_ID"
NOT_TEXT = "contains bytes that are not text. Enter it again"
NO_ACCESS_KEY = "contains characters that no AccessKey has. Copy it again"
COPIED_WRONG = "contains characters that no token has. Copy it again, without spaces"

DATABASE_IN_MEMORY = "would keep all records in memory and lose them at exit. Write sqlite:///path/to/phoneid.db"
DATABASE_AS_URI = "contains file: after sqlite:. Write sqlite:///path/to/phoneid.db"
DATABASE_WITH_A_QUERY = (
    "contains a question mark, but SQLite options are not supported. Write sqlite:///path/to/phoneid.db"
)
DATABASE_IS_A_FOLDER = "names a folder. Add the file's name, such as sqlite:////var/lib/phoneid/phoneid.db"
DATABASE_UNEXPANDED = (
    "contains ~ or $, which is not filled in. Write the whole path, such as sqlite:////home/bot/phoneid.db"
)

WHAT_IS_RIGHT = {
    "PORT": "must be a whole number from 0 to 65535",
    "PHONEID_LINKS": "must be a whole number from 1 to 4, such as 2",
    "PHONEID_HEALTH_PORT": "must be a whole number from 0 to 65535, such as 9090",
    "PHONEID_CONNECTIONS": "must be a whole number from 10 to 10000, such as 100",
    "PHONEID_QPS": "must be a whole number from 1 to 1000, such as 10",
    "ALIBABA_CLOUD_ROLE_ARN": "must be a role's ARN as RAM shows it, such as acs:ram::1234567890:role/phoneid",
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": (
        "must be an identity provider's ARN as RAM shows it, such as acs:ram::1234567890:oidc-provider/ack"
    ),
    "PHONEID_OPEN_REQUESTS": "must be a whole number from 1 to 1000, such as 20",
    "PHONEID_APPROVAL": "must be always or never",
    "PHONEID_APPROVAL_CHANNEL": "must be a channel ID such as C012AB3CD, not a name",
    "LOG_LEVEL": "must be DEBUG, INFO, WARNING, ERROR or CRITICAL",
    "PHONEID_LOG_FORMAT": "must be text or json",
}

WHEN_BLANK = {
    "PHONEID_AGENTS": "Write everyone, or the Slack IDs of the agents, such as U012AB3CD.",
    "PHONEID_APPROVAL": "Write always or never.",
    "PHONEID_APPROVERS": "List the approvers' Slack IDs, such as U012AB3CD or S012AB3CD, or remove the setting.",
    "PHONEID_RETENTION": "Write how long numbers are kept, such as 90d, or remove the setting to keep them for good.",
}
"""Settings of which a blank is a mistake and not the default, which would be looser, and what to write instead."""


def line(number: int, what: str, *, file: str) -> str:
    return f"Line {number} of {file} {what}."


def more_lines(count: int, *, file: str) -> str:
    return f"{count} more lines of {file} have such mistakes."


def given_twice(name: str, first: int, second: int, *, file: str) -> str:
    return f"Lines {first} and {second} of {file} set {name} to two different values. Keep the right one."


def given_in_two_cases(name: str) -> str:
    return f"The environment has two values for {name}, one in uppercase and one in lowercase. Keep the right one."


def blank_over_value(name: str, *, file: str) -> str:
    return f"{name} is empty in the environment but has a value in {file}. Remove one of the two."


def not_from_file(name: str, *, file: str) -> str:
    return f"{name} has no effect in {file}. Set it in the environment, and remove it from {file}."


def blank(name: str) -> str:
    return f"{name} is empty."


def unknown(name: str) -> str:
    return f"{name} is not a setting of this version."


def meant(name: str | None) -> str:
    return f"Did you mean {name}? Correct it, or remove it." if name else "Check its spelling, or remove it."


def foreign_env_file(file: str, owner: str) -> str:
    return (
        f"{file} belongs to {owner}, who could use it to send the bot's secrets elsewhere. Run phoneid in another "
        "folder, or change the file's owner with chown."
    )


def everybody_writes(file: str) -> str:
    return f"Every user of this machine can change {file}. Run: chmod 600 {file}"


def group_writes(file: str) -> str:
    return f"{file} can be changed by its group. If only the owner should be able to, run: chmod 600 {file}"


def both_given(name: str, file_name: str) -> str:
    return f"{name} and {file_name} are both set. Remove one of them."


def secret_file_unusable(file_name: str, why: str) -> str:
    """Never with its path: somebody may have written the secret itself there."""
    return f"The file that {file_name} names cannot be used: {why}."


def secret_file_open(file_name: str) -> str:
    return f"The file that {file_name} names can be read by other users of this machine."


def close_secret_file(path: str) -> str:
    return f"Make it the file of the user that runs the bot, and close it to others: chmod 600 {path}"


IS_NO_FILE = "it is a device or a pipe"
IS_TOO_LARGE = "it is larger than 10,000 bytes, too large for a secret"
IS_NOT_TEXT = "it is not UTF-8 text"
IS_EMPTY = "it is empty"
IS_OPEN_TO_ALL = "every user of this machine can change it"


def elsewhere(name: str, host: str, *, usual: str, source: str | None) -> str:
    """``source``: the file that says so; ``None``: the environment."""
    return f"{name} (in {source or 'the environment'}) sends the bot's requests to {host} instead of {usual}."


def as_usual(usual: str) -> str:
    return f"Requests go to {usual}."


IF_NOT_MEANT = "If this is not intended, stop phoneid now and remove the setting."
SLACK = "Slack"
ALIBABA_CLOUD = "Alibaba Cloud"


def new_record(path: str) -> str:
    return f"{path} has no records yet, so a new database begins. If you expected records, check DATABASE_URL."


def wide_file(path: str, mode: int) -> str:
    return f"Other users of this machine can open {path} (mode {mode:04o})."


def narrow_it(path: str) -> str:
    return f"Run: chmod 600 {path}"


def foreign_file(path: str, owner: str) -> str:
    return f"{path} belongs to {owner}."


SCHEMA_UNREADABLE = (
    "has a ?schema= that cannot be used. Write ?schema=name once; the name can have lowercase letters, digits and "
    "underscores, and cannot begin with pg_"
)
NOT_WRITTEN = "phoneid does not write to another user's file. Run it as that user, or change DATABASE_URL."
NOT_A_FILE = "it is a folder, a device or a pipe, not a file"
