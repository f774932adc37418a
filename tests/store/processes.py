"""Processes that share a database, as tests use them: each has an engine, and a name that is its own."""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from bot.store.cells import raw
from bot.store.engine import Engine, Row, Tx, Value

P = ParamSpec("P")
T = TypeVar("T")


class Process:
    """One process on a database, as ``bot.store.record.Record``, without its threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def change(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self.engine.changing() as tx:
            return fn(tx, *args, **kwargs)

    def read(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self.engine.reading() as tx:
            return fn(tx, *args, **kwargs)

    def rows(self, sql: str, /, **values: Value) -> list[Row]:
        """What stands in the tables."""
        with self.engine.reading() as tx:
            return [raw(row) for row in tx.all(sql, **values)]

    def column(self, sql: str, /, **values: Value) -> list[Any]:
        """The first column of what stands there."""
        return [next(iter(row.values())) for row in self.rows(sql, **values)]


StartProcess = Callable[[str], Process]
