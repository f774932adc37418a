"""The quota of the bot, as the bot opens it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot import app
from bot.interfaces import Quota
from bot.sandbox.cams.server import SANDBOX_ACCOUNT
from bot.settings import LookupSettings, read


@asynccontextmanager
async def open_quota(path: Path, qps: int) -> AsyncIterator[Quota]:
    """``qps`` calls a second for all processes that open it at ``path``."""
    settings = read(
        LookupSettings,
        {
            "DATABASE_URL": f"sqlite:///{path}",
            "PHONEID_QPS": str(qps),
            "ALIBABA_CLOUD_ACCESS_KEY_ID": SANDBOX_ACCOUNT.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SANDBOX_ACCOUNT.access_key_secret.get_secret_value(),
        },
    )
    async with app.open_record(settings), app.open_quota(settings) as quota:  # the record has the schema made
        yield quota
