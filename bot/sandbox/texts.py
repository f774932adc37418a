"""What the sandbox says on the terminal."""

from collections.abc import Iterable

from pydantic import SecretStr

from bot.sandbox.cams.book import Entry

BOT_ENDED = "The bot ended instead of connecting; its log above says why."


def port_taken(port: int) -> str:
    return f"Port {port} is in use or not allowed. Choose another: --port 0 takes any that is free."


def page_ready(url: str, *, database: str, cams_url: str, has_approvals: bool) -> str:
    then = "Then:       be Lee, look into #approvals, and decide\n" if has_approvals else ""
    return (
        f"A small Slack with the bot in it: {url}\n"
        "If no browser opens, go there.\n"
        "Try there:  /phoneid +86 138 0000 1234 208312\n"
        f"{then}"
        f"Its API:    {cams_url}\n"
        f"Its record: DATABASE_URL=sqlite:///{database} phoneid log\n"
        "Ctrl-C ends it; what it recorded goes with it. The bot's own log follows."
    )


def cams_ready(url: str, access_key_id: str, access_key_secret: SecretStr) -> str:
    # These open nothing but this sandbox; whoever points a client at it needs to see them.
    return (
        f"The local API: {url}\n"
        f"  ALIBABA_CLOUD_ACCESS_KEY_ID={access_key_id}\n"
        f"  ALIBABA_CLOUD_ACCESS_KEY_SECRET={access_key_secret.get_secret_value()}\n"
        f"  PHONEID_CAMS_URL={url}\n"
    )


def book_of_numbers(book: Iterable[Entry]) -> str:
    """The test numbers, one a line."""
    entries = list(book)
    width = max(len(entry.outcome) for entry in entries)
    lines = [f"  {entry.phone:<18} {entry.code:<7} {entry.outcome:<{width}}  {entry.explanation}" for entry in entries]
    return "Test numbers, their codes, and what each shows:\n" + "\n".join(lines) + "\n\nCtrl-C ends it."
