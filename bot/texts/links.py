"""What an administrator reads about the bot's connections to Slack, and about other bots with the same tokens."""

from bot.texts.numbers import counted

ROOM = "There is room for this process's connections to Slack."
ONE_LINK = (
    "Until other processes end, this one keeps only one connection to Slack. Commands can be lost for a moment when "
    "Slack replaces it."
)
FEWER = "Set PHONEID_LINKS=1 for all processes, or run fewer of them. In HTTP mode there is no such limit."
_LIMIT = "Slack allows ten connections for an app."


def no_room(links: int) -> str:
    """``links``: how many the other processes keep."""
    return f"The other processes with this database keep {counted(links, 'connection')} to Slack. {_LIMIT}"


def kept(links: int) -> str:
    return f"The processes with this database keep {counted(links, 'connection')} to Slack. {_LIMIT}"


def too_many(links: int) -> str:
    return f"{kept(links)} Processes with only one can lose commands for a moment when Slack replaces it."


NO_RIVALS = "All connections of this app belong to processes with this database."
ANOTHER_DATABASE = (
    "The other connections belong to a bot with another database, or to another program. What Slack sends there is not "
    "in this database, and approvals and limits are not shared. Create a separate Slack app for each bot, or give all "
    "bots the same DATABASE_URL. Stop other programs that use SLACK_APP_TOKEN."
)


def rivals(connections: int, ours: int) -> str:
    """How many websockets Slack counts, and how many of them are ours."""
    return f"Slack counts {connections} connections of this app, but the processes with this database have {ours}."


NONE_UNKNOWN = "In the last 24 hours, people clicked only on requests that are in this database."
OTHER_RECORD = (
    "Another bot uses the same tokens with another database, or this is not the database that was used before. Give "
    "all processes the same DATABASE_URL."
)


def unknown(clicks: int) -> str:
    return f"In the last 24 hours, people clicked {counted(clicks, 'time')} on requests that are not in this database."
