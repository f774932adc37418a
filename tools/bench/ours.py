"""The bot on each engine, and its quota as the bot opens it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bot import app
from bot.interfaces import Quota
from bot.sandbox.cams.server import SANDBOX_ACCOUNT
from bot.settings import LookupSettings, read
from tools.databases import ON_POSTGRES, ON_SQLITE

OURS: Mapping[str, str] = {"ours on SQLite": ON_SQLITE, "ours on Postgres": ON_POSTGRES}
"""Where the database of each is: see ``tools.databases``."""


@asynccontextmanager
async def open_quota(url: str, qps: int) -> AsyncIterator[Quota]:
    """``qps`` calls a second for all processes that open it in that database."""
    settings = read(
        LookupSettings,
        {
            "DATABASE_URL": url,
            "PHONEID_QPS": str(qps),
            "ALIBABA_CLOUD_ACCESS_KEY_ID": SANDBOX_ACCOUNT.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SANDBOX_ACCOUNT.access_key_secret.get_secret_value(),
        },
    )
    async with app.open_record(settings), app.open_quota(settings) as quota:  # the record has the schema made
        yield quota
