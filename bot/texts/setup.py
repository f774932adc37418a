"""What an administrator reads while they set the bot up: ``phoneid init``, ``config`` and ``manifest``."""

NO_TERMINAL = (
    "phoneid init asks questions, and needs a terminal for that. Without one, write the settings into .env yourself "
    "(.env.example is a template), or put them into the environment."
)

WHERE = {
    "SLACK_BOT_TOKEN": (
        "The bot token, xoxb-…: at https://api.slack.com/apps choose your app, then Install App or OAuth & Permissions."
    ),
    "SLACK_APP_TOKEN": (
        "The app-level token, xapp-…, for Socket Mode: Basic Information, App-Level Tokens, with the scope "
        "connections:write. Press Enter to receive requests over HTTP instead."
    ),
    "SLACK_SIGNING_SECRET": "The signing secret, 32 characters: Basic Information, App Credentials.",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": (
        "The AccessKey ID of the RAM user that may call cams:GetPreValidatePhoneId: RAM console, Users, the user, "
        "AccessKey."
    ),
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "The secret of this AccessKey, which the console showed once, when it was made.",
    "DATABASE_URL": "The database. It is not shown while you type, because it may hold a password.",
    "PHONEID_DEFAULT_REGION": (
        "The country of numbers without + and country code, two letters such as CN. Press Enter to require the country "
        "code."
    ),
    "PHONEID_AGENTS": (
        "Who can get IDs: everyone (each full member of the workspace), or Slack ids of users (U…) and usergroups "
        "(S…), separated by commas."
    ),
    "PHONEID_APPROVAL": "Whether each request needs the approval of another person: always or never.",
    "PHONEID_APPROVERS": (
        "The approvers: Slack ids of users (profile, three dots, Copy member ID) and usergroups, separated by commas."
    ),
    "PHONEID_APPROVAL_CHANNEL": (
        "The id of the channel for requests (at the end of the channel's details). Press Enter to send each approver a "
        "direct message."
    ),
}
"""By the settings' names, in the order in which they are asked for."""


def question(name: str, *, default: str) -> str:
    return f"{name} [{default}]" if default else name


def needed(name: str) -> str:
    return f"{name} cannot be left out."


def not_for_a_file(name: str) -> str:
    return f"{name} holds characters that no line of such a file can hold. Set it in the environment instead."


def replace(file: str) -> str:
    return f"{file} already exists. Replace it? All that is in it will be lost"


def left_alone(file: str) -> str:
    return f"{file} was left as it is."


def not_written(file: str, why: str) -> str:
    return f"{file} cannot be written: {why}."


HEADER = "# Written by phoneid init. It holds secrets. The README lists every setting."


def written(file: str) -> str:
    return f"Wrote {file}, which only you can read. Next: phoneid doctor, then phoneid run"


def not_found_again(file: str) -> str:
    return f"{file} was made by another program meanwhile. Nothing was written."


URL_NOT_FOR_SLACK = "Write the address at which Slack reaches the bot, such as https://phoneid.example.com."


def sources(setting: str, value: str | float | None, source: str, *, widths: tuple[int, int]) -> str:
    """One line of a table."""
    name, width = widths
    return f"{setting:<{name}}  {'' if value is None else value!s:<{width}}  {source}"
