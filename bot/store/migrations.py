"""A database's way to this release's schema: the steps it has not taken yet, in one transaction."""

from collections.abc import Callable

from sqlite_utils import Database, Migrations

from bot.errors import SchemaUnknown
from bot.store.connection import changing
from bot.store.steps import STEPS

SET = "phoneid-bot"
"""Our name among other users of sqlite-utils' migrations."""


def migrate(db: Database, steps: tuple[Callable[[Database], None], ...] = STEPS) -> None:
    """Bring the database to this release's schema, all or nothing.

    Raises ``SchemaUnknown`` and changes nothing if it was written by a newer release or by another program.
    """
    migrations = Migrations(SET)
    for step in steps:
        migrations(name=step.__name__)(step)
    with changing(db):  # of two processes starting at once, the second waits here and finds the work done
        _check_ours(db, migrations, known={step.__name__ for step in steps})
        migrations.apply(db)


def _check_ours(db: Database, migrations: Migrations, *, known: set[str]) -> None:
    applied = {migration.name for migration in migrations.applied(db)}
    if unknown := applied - known:
        raise SchemaUnknown(f"the database was written by a newer release: it has {', '.join(sorted(unknown))}")
    if not applied and (tables := [name for name in db.table_names() if not name.startswith("sqlite_")]):
        raise SchemaUnknown(f"the database belongs to another program: it has {', '.join(sorted(tables))}")
