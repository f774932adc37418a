"""What the bot runs with: its release and Python, its phone number data, who else can read ``.env``."""

import platform
import stat
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bot.checks import Check, ok, skipped, warning
from bot.environment.env_file import NAME as ENV_FILE
from bot.interfaces import Clock
from bot.texts import doctor as texts

DATED = {"9.0.42": date(2026, 10, 27)}
"""When the release of phonenumberslite that this version is made with came out: it does not say so itself."""

OLD_AFTER = 12
"""Months, in which some numbering plans have changed."""

_DAYS_IN_MONTH = 30.44


def release() -> str:
    """This version."""
    try:
        return version("phoneid-bot")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "0"


def check_version() -> list[Check]:
    return [ok("version", texts.version(release(), platform.python_version()))]


def check_metadata(clock: Clock, *, of: str | None = None) -> list[Check]:
    """How old the numbering plans are by which numbers are read. ``of``: the version of the data, or else ours."""
    name, data = "phone data", of or version("phonenumberslite")
    if data not in DATED:
        return [skipped(name, texts.metadata_undated(data))]
    days = (datetime.fromtimestamp(clock.now(), UTC).date() - DATED[data]).days
    months = max(0, int(days / _DAYS_IN_MONTH))
    if months > OLD_AFTER:
        return [warning(name, texts.metadata_old(data, months), texts.UPDATE)]
    return [ok(name, texts.metadata_fresh(data, months))]


def check_env_file(path: Path | None) -> list[Check]:
    """Whether others can read the secrets in it; ``None``: the one in this folder."""
    path = path or Path(ENV_FILE)
    try:
        mode = path.stat().st_mode
    except OSError:
        return []  # there is none, or it was told when it was read
    is_wide = stat.S_ISREG(mode) and mode & stat.S_IROTH  # a group may be the bot's own
    return [warning(ENV_FILE, texts.env_file_readable(str(path)), texts.close_env_file(str(path)))] if is_wide else []
