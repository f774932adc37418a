"""The log's questions."""

from sqlite_utils import Database

from bot.models import LogQuery, Lookup
from bot.store import rows


def search(db: Database, query: LogQuery) -> list[Lookup]:
    """Matching lookups, newest first."""
    sql, values = sql_of(query)
    return rows.lookups(db.query(sql, values))


def sql_of(query: LogQuery) -> tuple[str, dict[str, str | float]]:
    """The question in SQL. Only what is asked for is in it, so that each kind of question finds its index."""
    values: dict[str, str | float] = {"limit": -1 if query.limit is None else query.limit}  # below 0: all
    conditions = []
    if query.user_id is not None:
        conditions.append("user_id = :user_id")
        values["user_id"] = query.user_id
    if query.team_id is not None:
        conditions.append("team_id = :team_id")
        values["team_id"] = query.team_id
    if query.phone is not None:
        conditions.append("phone = :phone")
        values["phone"] = query.phone.digits
    if query.since is not None:
        conditions.append("created_at >= :since")
        values["since"] = query.since
    if query.before is not None:
        conditions.append("(created_at, rowid) < (SELECT created_at, rowid FROM lookups WHERE id = :before)")
        values["before"] = query.before
    if query.batch_id is not None:
        conditions.append("batch_id = :batch_id")
        values["batch_id"] = query.batch_id
    where = " AND ".join(conditions) or "TRUE"
    # The row number settles which of two in the same instant is newer.
    sql = f"SELECT * FROM lookups WHERE {where} ORDER BY created_at DESC, rowid DESC LIMIT :limit"  # noqa: S608 - constants only
    return sql, values
