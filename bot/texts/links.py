"""What an administrator reads about the bot's links to Slack, and about other bots with the same tokens."""

from bot.texts.numbers import counted

ROOM = "There is room for this process's links to Slack."
ONE_LINK = (
    "Until other processes end, this one keeps only one link to Slack. Commands can be lost for a moment when Slack "
    "replaces it."
)
FEWER = "Set PHONEID_LINKS=1 for all processes, or run fewer of them. In HTTP mode there is no such limit."


def no_room(links: int) -> str:
    """``links``: how many the other processes keep."""
    return (
        f"The other processes with this database keep {counted(links, 'link')} to Slack. Slack allows ten links for an "
        "app."
    )


def kept(links: int) -> str:
    return (
        f"The processes with this database keep {counted(links, 'link')} to Slack. Slack allows ten links for an app."
    )


def too_many(links: int) -> str:
    return f"{kept(links)} Processes with only one link can lose commands for a moment when Slack replaces it."


NO_RIVALS = "All connections of this app belong to processes with this database."
ANOTHER_DATABASE = (
    "The other connections belong to a bot with another database. What Slack sends there is not in this database, and "
    "approvals and limits are not shared. Create a separate Slack app for each bot, or give all the same DATABASE_URL."
)


def rivals(connections: int, ours: int) -> str:
    """How many websockets Slack counts, and how many of them are ours."""
    return f"Slack counts {connections} connections of this app, but the processes with this database have {ours}."


NONE_UNKNOWN = "Nobody clicked on a request that is not in this database."
OTHER_RECORD = (
    "Another bot uses the same tokens with another database, or this is not the database that was used before. Give "
    "all processes the same DATABASE_URL."
)


def unknown(clicks: int) -> str:
    return f"In the last 24 hours, people clicked {counted(clicks, 'time')} on requests that are not in this database."
