"""What an administrator reads about a setting's value, ``.env`` and the database's file, before anything is called.

No sentence holds a setting's value, or any text of ``.env``.
"""

NOT_NAME_VALUE = "is not NAME=value, a comment or blank"
UNCLOSED_QUOTE = "opens a quotation mark and does not close it"
AFTER_THE_QUOTE = "goes on after its closing quotation mark"
BACKSLASH_IN_QUOTES = (
    "has a backslash between double quotation marks. Use single ones: everything in them is taken as it is"
)
TWO_SETTINGS = "seems to hold two settings. Write one to a line, or put the value between quotation marks"
INVISIBLE = "holds a character that cannot be seen. Type the line again"


def env_file_unreadable(file: str) -> str:
    return f"{file} cannot be read. It must be a file of text in UTF-8 that this user may read."


def env_file_missing(file: str) -> str:
    return f"There is no {file}, which --env-file names."


def env_file_fine(file: str) -> str:
    return f"{file} can be read, and belongs to its user."


QUOTES = "is given with its quotation marks. Write it without them; docker run --env-file keeps them"
PLACEHOLDER = "is still the placeholder of an example. Write your own value"
REFERENCE = "names another variable, and nothing fills it in. Write the value itself"
NOT_A_SIGNATURES = (
    "is not a signing secret, which has 32 characters, 0-9 and a-f. Copy it again from your app's page at "
    "api.slack.com, Basic Information"
)
IS_THE_ID = "is an AccessKey ID. Write the secret here, and the ID in ALIBABA_CLOUD_ACCESS_KEY_ID"
NOT_TEXT = "holds bytes that are not text. Type it again"
NO_ACCESS_KEY = "holds characters that no AccessKey has. Copy it again"
COPIED_WRONG = "holds characters that no token has. Copy it again, without spaces"

DATABASE_IN_MEMORY = "would keep the record in memory only, and lose it at the end. Write sqlite:///path/to/phoneid.db"
DATABASE_AS_URI = "holds file: inside sqlite:. Write sqlite:///path/to/phoneid.db"
DATABASE_WITH_A_QUERY = "has a question mark, and SQLite's options cannot be set. Write sqlite:///path/to/phoneid.db"
DATABASE_IS_A_FOLDER = "names a folder. Add the file's name, such as sqlite:////var/lib/phoneid/phoneid.db"
DATABASE_UNEXPANDED = (
    "holds ~ or $, which nothing fills in. Write the whole path, such as sqlite:////home/bot/phoneid.db"
)

WHAT_IS_RIGHT = {
    "PORT": "must be a whole number from 0 to 65535",
    "PHONEID_LINKS": "must be a whole number from 1 to 4, such as 2",
    "PHONEID_HEALTH_PORT": "must be a whole number from 0 to 65535, such as 9090",
    "PHONEID_CONNECTIONS": "must be a whole number from 10 to 10000, such as 100",
    "PHONEID_QPS": "must be a whole number from 1 to 1000, such as 10",
    "ALIBABA_CLOUD_ROLE_ARN": "must be a role's name as RAM shows it, such as acs:ram::1234567890:role/phoneid",
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": (
        "must be a provider's name as RAM shows it, such as acs:ram::1234567890:oidc-provider/ack"
    ),
    "PHONEID_OPEN_REQUESTS": "must be a whole number from 1 to 1000, such as 20",
    "PHONEID_APPROVAL": "must be always or never",
    "PHONEID_APPROVAL_CHANNEL": "must be a channel ID such as C012AB3CD, not a name",
    "LOG_LEVEL": "must be DEBUG, INFO, WARNING, ERROR or CRITICAL",
    "PHONEID_LOG_FORMAT": "must be text or json",
}

WHEN_BLANK = {
    "PHONEID_AGENTS": "Write everyone, or the Slack user ids of those who may ask, such as U012AB3CD.",
    "PHONEID_APPROVAL": "Write always or never.",
    "PHONEID_APPROVERS": "List the users and usergroups who decide, such as S012AB3CD, or remove the name.",
    "PHONEID_RETENTION": "Write how long numbers are kept, such as 90d, or remove the name to keep them for ever.",
}
"""Settings of which a blank is a mistake and not the default, which would be looser, and what to write instead."""


def line(number: int, what: str, *, file: str) -> str:
    return f"Line {number} of {file} {what}."


def more_lines(count: int, *, file: str) -> str:
    return f"{count} more lines of {file} are like that."


def given_twice(name: str, first: int, second: int, *, file: str) -> str:
    return f"Lines {first} and {second} of {file} give {name} two values. Leave the right one."


def given_in_two_cases(name: str) -> str:
    return f"The environment gives {name} two values, in capital and in small letters. Leave the right one."


def blank_over_value(name: str, *, file: str) -> str:
    return f"{name} is empty in the environment and has a value in {file}. Remove it from one of them."


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
        f"{file} belongs to {owner}, who could send the bot's secrets elsewhere with it. Run phoneid in another "
        "folder, or make the file your own."
    )


def everybody_writes(file: str) -> str:
    return f"{file} can be changed by every user of this machine: chmod 600 {file}"


def group_writes(file: str) -> str:
    return f"{file} can be changed by its group. If only its owner should: chmod 600 {file}"


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
IS_TOO_LARGE = "it is larger than 10,000 bytes, and no secret is"
IS_NOT_TEXT = "it is not text in UTF-8"
IS_EMPTY = "it is empty"
IS_OPEN_TO_ALL = "every user of this machine can change it"


def elsewhere(name: str, host: str, *, usual: str, source: str | None) -> str:
    """``source``: the file that says so; ``None``: the environment."""
    return f"Calls go to {host} ({name} in {source or 'the environment'}), not to {usual}."


def as_usual(usual: str) -> str:
    return f"Calls go to {usual}."


IF_NOT_MEANT = "If you did not mean that, stop now and remove it."
SLACK = "Slack"
ALIBABA_CLOUD = "Alibaba Cloud"


def new_record(path: str) -> str:
    return f"There is nothing on record yet in {path}: a new record begins. DATABASE_URL says where it is."


def wide_file(path: str, mode: int) -> str:
    return f"Other users of this machine can open {path} (mode {mode:04o})."


def narrow_it(path: str) -> str:
    return f"Close it to them: chmod 600 {path}"


def foreign_file(path: str, owner: str) -> str:
    return f"{path} belongs to {owner}."


SCHEMA_UNREADABLE = (
    "names a schema in a way that cannot be read. Write ?schema=name once, with small letters, digits and underscores, "
    "and no name that begins with pg_"
)
NOT_WRITTEN = "Nothing is written into another user's file. Run phoneid as that user, or name another DATABASE_URL."
NOT_A_FILE = "it is a folder, a device or a pipe, and no file"
