"""What an administrator reads while they set the bot up: ``phoneid init``, ``config`` and ``manifest``."""

NO_TERMINAL = (
    "phoneid init asks questions, so it needs a terminal. Without a terminal, write the settings into .env yourself "
    "(.env.example is a template) or set them in the environment."
)

WHERE = {
    "SLACK_BOT_TOKEN": (
        "The bot token (xoxb-…). At https://api.slack.com/apps choose your app, then Install App or OAuth & "
        "Permissions."
    ),
    "SLACK_APP_TOKEN": (
        "The app-level token (xapp-…) for Socket Mode. Generate it under Basic Information, App-Level Tokens, with the "
        "scope connections:write. Press Enter to receive requests over HTTP instead."
    ),
    "SLACK_SIGNING_SECRET": "The signing secret (32 characters). It is under Basic Information, App Credentials.",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": (
        "The AccessKey ID of the RAM user that can call cams:GetPreValidatePhoneId. In the RAM console: Users, the "
        "user, AccessKey."
    ),
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "The secret of this AccessKey. The console shows it only when it is created.",
    "DATABASE_URL": "The database. What you type is hidden, because the address can contain a password.",
    "PHONEID_DEFAULT_REGION": (
        "The country of numbers that are entered without a country code, in two letters such as CN. Press Enter to "
        "require the country code."
    ),
    "PHONEID_AGENTS": (
        "Who can get IDs: everyone (all full members of the workspace), or Slack IDs of users (U…) and usergroups "
        "(S…), separated by commas."
    ),
    "PHONEID_APPROVAL": "Whether each request needs another person's approval: always or never.",
    "PHONEID_APPROVERS": (
        "The approvers: Slack IDs of users (profile, three dots, Copy member ID) and usergroups, separated by commas."
    ),
    "PHONEID_APPROVAL_CHANNEL": (
        "The ID of the channel for requests (it is at the end of the channel's details). Press Enter to send requests "
        "to each approver as direct messages."
    ),
}
"""By the settings' names, in the order in which they are asked for."""


def question(name: str, *, default: str) -> str:
    return f"{name} [{default}]" if default else name


def needed(name: str) -> str:
    return f"{name} is required."


def not_for_a_file(name: str) -> str:
    return f"{name} contains characters that cannot be written into such a file. Set it in the environment instead."


def replace(file: str) -> str:
    return f"{file} already exists. Replace it and lose its content?"


def left_alone(file: str) -> str:
    return f"{file} was not changed."


def not_written(file: str, why: str) -> str:
    return f"{file} cannot be written: {why}."


HEADER = "# Written by phoneid init. This file contains secrets. The README lists all settings."


def written(file: str) -> str:
    return f"The settings are in {file}, which only you can read. Next, run phoneid doctor, then phoneid run."


def not_found_again(file: str) -> str:
    return f"Another program has created {file} in the meantime. Nothing was written."


URL_NOT_FOR_SLACK = "Give the address at which Slack reaches the bot, such as https://phoneid.example.com."


def sources(setting: str, value: str | float | None, source: str, *, widths: tuple[int, int]) -> str:
    """One line of a table."""
    name, width = widths
    return f"{setting:<{name}}  {'' if value is None else value!s:<{width}}  {source}"
