"""What the sandbox says on the terminal."""

from collections.abc import Iterable

from pydantic import SecretStr

from bot.sandbox.cams.book import Entry

BOT_ENDED = "The bot stopped instead of connecting. Its log above shows why."


def port_taken(port: int) -> str:
    return f"Port {port} is in use or not allowed. Choose another one; --port 0 picks a free one."


def page_ready(url: str, *, database: str, cams_url: str, has_approvals: bool) -> str:
    then = "Then choose Lee at the top, open #approvals, and approve the request.\n" if has_approvals else ""
    return (
        f"Open {url} (a simulated Slack).\n"
        "Try /phoneid +86 138 0000 1234 208312 there.\n"
        f"{then}"
        f"The simulated Alibaba Cloud API: {cams_url}\n"
        f"The log of lookups: DATABASE_URL=sqlite:///{database} phoneid log\n"
        "Stop with Ctrl-C; the demo's data is deleted. The bot's log follows."
    )


def cams_ready(url: str, access_key_id: str, access_key_secret: SecretStr) -> str:
    # These open nothing but this sandbox; whoever points a client at it needs to see them.
    return (
        f"The simulated Alibaba Cloud API: {url}\n"
        f"  ALIBABA_CLOUD_ACCESS_KEY_ID={access_key_id}\n"
        f"  ALIBABA_CLOUD_ACCESS_KEY_SECRET={access_key_secret.get_secret_value()}\n"
        f"  PHONEID_CAMS_URL={url}\n"
    )


def book_of_numbers(book: Iterable[Entry]) -> str:
    """The test numbers, one a line."""
    entries = list(book)
    width = max(len(entry.outcome) for entry in entries)
    lines = [f"  {entry.phone:<18} {entry.code:<7} {entry.outcome:<{width}}  {entry.explanation}" for entry in entries]
    return "Test numbers, their codes, and what each shows:\n" + "\n".join(lines) + "\n\nStop with Ctrl-C."
