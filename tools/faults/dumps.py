"""All that a Postgres database holds, as one file in which a code can be looked for."""

from pathlib import Path
from typing import Final

import psycopg

TABLES: Final = """
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"""

# Rows that were overwritten or deleted stand in the files until VACUUM, and values in indexes.
FILES: Final = """
    SELECT pg_relation_filepath(oid) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND pg_relation_filepath(oid) IS NOT NULL ORDER BY 1"""


def dump(url: str, path: Path) -> None:
    """Every table's rows as text, and after them the tables' and indexes' files as they are, where we may read them."""
    with psycopg.connect(url, autocommit=True) as connection, path.open("wb") as file:
        for (table,) in connection.execute(TABLES.encode()).fetchall():
            file.write(f"{table}\n".encode())
            with connection.cursor().copy(f"COPY {table} TO STDOUT".encode()) as rows:
                for chunk in rows:
                    file.write(chunk)
        (may_read,) = connection.execute(b"SELECT pg_has_role('pg_read_server_files', 'MEMBER')").fetchone() or (False,)
        if not may_read:
            return
        connection.execute(b"CHECKPOINT")  # until then the newest rows are in memory only
        for (relation,) in connection.execute(FILES.encode()).fetchall():
            (content,) = connection.execute("SELECT pg_read_binary_file(%s)", [relation]).fetchone() or (b"",)
            file.write(content)
