"""What monitors read: whether the bot is ready, and what of it is not. Strangers may read it: it names nobody."""

ALIVE = "alive"
READY, NOT_READY = "ready", "not ready"

BOT, DATABASE, SCHEMA, SLACK = "bot", "database", "schema", "Slack"

STARTING, STOPPING = "starting", "stopping"
GOOD = "ok"
UNUSABLE = "cannot be used"
SILENT = "does not respond"
TAKEN_OVER = "taken over by a newer release"
REFUSED = "does not accept the bot token"
BY_HTTP = "ok (signed requests)"


def links(connected: int, wanted: int) -> str:
    """``wanted``: how many connections this process keeps to Slack."""
    return f"{connected} of {wanted} connections open"


NO_PORT = (
    "The bot's health port is not known. Set PHONEID_HEALTH_PORT. Only in HTTP mode, without SLACK_APP_TOKEN, PORT is "
    "used instead."
)


def is_no_port(name: str) -> str:
    return f"{name} is not a port. Write a whole number from 1 to 65535, such as 8081."


def any_port(name: str) -> str:
    return f"{name} is 0: the bot listens on any free port, which only its log names. Set a port, such as 8081."


def said(port: int, answer: str) -> str:
    """``answer``: as ``/readyz`` gave it, a line for each part."""
    first, *parts = answer.splitlines() or [""]
    return f"The bot on port {port} says: {first}" + (f" ({'; '.join(parts)})." if parts else ".")


def silent(port: int, why: str) -> str:
    return f"The bot does not respond on port {port}: {why}."
