"""What an administrator reads about the bot's links to Slack, and about other bots with the same tokens."""

from bot.texts.numbers import counted

ROOM = "There is room for this process's links to Slack."
ONE_LINK = (
    "Until other processes end, this one keeps a single link to Slack: commands may be lost for a moment when Slack "
    "replaces it."
)
FEWER = "Set PHONEID_LINKS=1 for all processes, or run fewer of them; in HTTP mode there is no such limit."


def no_room(links: int) -> str:
    """``links``: how many the other processes keep."""
    return f"The other processes on this database keep {counted(links, 'link')} to Slack, which allows an app ten."


def kept(links: int) -> str:
    return f"The processes on this database keep {counted(links, 'link')} to Slack, which allows an app ten."


def too_many(links: int) -> str:
    return f"{kept(links)} Of some processes commands may be lost for a moment when Slack replaces their one link."


NO_RIVALS = "Slack counts no connections of this app but those of the processes on this database."
ANOTHER_DATABASE = (
    "Whatever Slack gives to those is not in this database, and their approvals and limits are not shared. Give each "
    "bot an app of its own in Slack, or the same DATABASE_URL to all."
)


def rivals(connections: int, ours: int) -> str:
    """How many websockets Slack counts, and how many of them are ours."""
    return f"Slack counts {connections} connections of this app, and the processes on this database have {ours}."


NONE_UNKNOWN = "Nobody clicked on a request that this database never had."
OTHER_RECORD = (
    "Another bot uses the same tokens with another database, or this database is not the one that was used before. "
    "Give all processes the same DATABASE_URL."
)


def unknown(clicks: int) -> str:
    return f"In the last 24 hours people clicked {counted(clicks, 'time')} on requests that this database never had."
